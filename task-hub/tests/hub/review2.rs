//! What waits is not forgotten, and what has ended is not in the way of what begins.

use std::sync::Arc;
use std::time::Duration;

use durable_task::wire::proto::TraceContext;
use durable_task::wire::proto::history_event::EventType;
use durable_task::{ClientError, ExecutionId, InstanceState, StartRequest, Status};
use task_hub::store::Store;
use task_hub::store::memory::MemoryStore;

use crate::support::script::{self, activity, again, child, complete, fail};
use crate::support::{Bench, ScriptedWorker, id};

/// Lets the hub go on until this holds.
async fn comes_to(what: &str, reached: impl Fn() -> bool) {
    for _ in 0..100_000 {
        if reached() {
            return;
        }
        tokio::task::yield_now().await;
    }
    panic!("it does not come to this: {what}");
}

/// Lets the hub go on until an instance has ended.
async fn ends(bench: &Bench, instance: &str) -> InstanceState {
    for _ in 0..20_000 {
        let state = bench.state(instance).await;
        if state.status.is_terminal() {
            return state;
        }
        tokio::task::yield_now().await;
    }
    panic!(
        "`{instance}` does not end: {:?}",
        bench.state(instance).await
    );
}

/// `low` calls an activity, `mid` calls the instance `low`.
fn two_levels() -> ScriptedWorker {
    ScriptedWorker::new()
        .cold()
        .activity("work")
        .orchestrator("low", |events| {
            let mut actions = vec![activity("work", "")];
            let failed = events
                .iter()
                .any(|event| matches!(event.event_type, Some(EventType::TaskFailed(_))));
            if let Some(result) = script::results(events).first() {
                actions.push(if failed {
                    fail(result)
                } else {
                    complete(result)
                });
            }
            actions
        })
        .orchestrator("mid", |events| {
            let mut actions = vec![child("low", "low", "")];
            match script::children(events).first() {
                Some(Ok(result)) => actions.push(complete(result)),
                Some(Err(problem)) => actions.push(fail(problem)),
                None => {}
            }
            actions
        })
}

async fn failed_mid() -> Bench {
    let bench = Bench::memory(two_levels()).await;
    bench.start("mid", "mid", "").await;
    bench.worker.started().await.fail("no");
    assert_eq!(bench.ended("mid").await.status, Status::Failed);
    bench
}

#[tokio::test]
async fn each_generation_belongs_to_the_trace_of_the_start() {
    let trace = TraceContext {
        trace_parent: String::from("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
        trace_state: Some(String::from("a=b")),
        ..TraceContext::default()
    };
    for in_file in [false, true] {
        let worker =
            ScriptedWorker::new().cold().orchestrator("loop", |events| {
                match script::input(events).as_str() {
                    "3" => vec![complete("3")],
                    _ if script::raised(events, "go").is_empty() => Vec::new(),
                    "1" => vec![again("2", Vec::new())],
                    _ => vec![again("3", Vec::new())],
                }
            });
        let (bench, _folder) = if in_file {
            let (bench, folder) = Bench::file(worker).await;
            (bench, Some(folder))
        } else {
            (Bench::memory(worker).await, None)
        };
        let mut request = StartRequest::new("loop", id("a")).input_json("1");
        request.trace_context = Some(trace.clone());
        bench.client.start(request).await.unwrap();
        // Between its generations it is not in memory.
        bench.raise("a", "go", "").await;
        bench.start_and_forget().await;
        bench.raise("a", "go", "").await;
        bench.completes("a", "3").await;
        let requests = bench.worker.requests();
        let starts = requests.iter().flat_map(|(request, _)| &request.new_events);
        let traces: Vec<_> = starts
            .filter_map(|event| match &event.event_type {
                Some(EventType::ExecutionStarted(start)) => {
                    Some(start.parent_trace_context.clone())
                }
                _ => None,
            })
            .collect();
        assert_eq!(traces, vec![Some(trace.clone()); 3], "in a file: {in_file}");
    }
}

#[tokio::test]
async fn a_rewound_parent_does_not_wait_for_an_instance_that_is_no_child_of_it_any_more() {
    let bench = failed_mid().await;
    bench.client.restart(&id("low"), false).await.unwrap();
    let running = bench.worker.started().await;
    bench.client.rewind(&id("mid"), None).await.unwrap();
    let failed = ends(&bench, "mid").await;
    let failure = failed.failure.unwrap();
    assert!(failure.message.contains("exists already"), "{failure:?}");
    running.complete("1");
    bench.completes("low", "1").await;
    // What has ended is replaced, as with any start.
    bench.client.rewind(&id("mid"), None).await.unwrap();
    bench.worker.started().await.complete("2");
    assert_eq!(ends(&bench, "mid").await.output.as_deref(), Some("2"));
    assert_eq!(bench.state("low").await.parent, Some(id("mid")));
}

#[tokio::test]
async fn a_rewound_parent_takes_no_child_from_another() {
    let bench = failed_mid().await;
    bench.start("mid", "other", "").await;
    let running = bench.worker.started().await;
    bench.client.rewind(&id("mid"), None).await.unwrap();
    assert_eq!(ends(&bench, "mid").await.status, Status::Failed);
    running.complete("5");
    assert_eq!(ends(&bench, "other").await.output.as_deref(), Some("5"));
}

#[tokio::test]
async fn a_child_that_is_being_rewound_answers_its_parent_that_is_rewound_too() {
    let store = Arc::new(MemoryStore::new());
    let bench = Bench::on(Arc::clone(&store) as Arc<dyn Store>, two_levels()).await;
    bench.start("mid", "above", "").await;
    let running = bench.worker.started().await;
    store.faults().hold();
    running.fail("no");
    store.faults().commit_is_held().await;
    let (low, mid) = (id("low"), id("above"));
    let orders = async {
        tokio::join!(
            bench.client.rewind(&low, None),
            bench.client.rewind(&mid, None),
            async {
                bench.start_and_forget().await;
                store.faults().release();
            }
        )
    };
    let (one, two, ()) = orders.await;
    one.unwrap();
    two.unwrap();
    bench.worker.started().await.complete("7");
    assert_eq!(ends(&bench, "above").await.output.as_deref(), Some("7"));
}

#[tokio::test]
async fn who_asks_to_rewind_what_is_replaced_meanwhile_is_told() {
    let store = Arc::new(MemoryStore::new());
    let worker = two_levels();
    let bench = Bench::on(Arc::clone(&store) as Arc<dyn Store>, worker).await;
    bench.start("low", "a", "").await;
    let running = bench.worker.started().await;
    store.faults().hold();
    running.fail("no");
    store.faults().commit_is_held().await;
    let a = id("a");
    let mut request = StartRequest::new("low", a.clone());
    request.replaceable = vec![Status::Failed];
    let (rewound, started, ()) = tokio::join!(
        bench.client.rewind(&a, None),
        bench.client.start(request),
        async {
            bench.start_and_forget().await;
            store.faults().release();
        }
    );
    started.unwrap();
    let refused = rewound.unwrap_err();
    assert!(
        matches!(
            refused,
            ClientError::InvalidState {
                operation: "rewound",
                ..
            }
        ),
        "{refused:?}"
    );
    bench.worker.started().await.complete("1");
    bench.completes("a", "1").await;
}

#[tokio::test]
async fn what_replaces_an_instance_does_not_wait_for_the_worker_that_still_has_the_old_one() {
    let bench = Bench::memory(ScriptedWorker::new().orchestrator("parent", |events| {
        let mut actions = vec![child("c", "kid", "2")];
        if let Some(Ok(result)) = script::children(events).first() {
            actions.push(complete(result));
        }
        actions
    }))
    .await;
    let kid = ScriptedWorker::new()
        .remote()
        .orchestrator("kid", |events| vec![complete(&script::input(events))]);
    kid.hold();
    let (kid, _) = bench.attach(kid);
    bench.start("kid", "c", "1").await;
    kid.held(1).await;
    bench.client.terminate(&id("c"), None, false).await.unwrap();
    bench.start("parent", "p", "").await;
    comes_to("the new one is handed over", || kid.held_count() == 2).await;
    drop(kid.take_held());
    kid.release();
    assert_eq!(ends(&bench, "p").await.output.as_deref(), Some("2"));
    assert_eq!(bench.hub.parked(), []);
}

#[tokio::test]
async fn what_waits_for_a_full_worker_is_not_in_the_way_of_what_waits_in_the_store() {
    let bench = Bench::memory(ScriptedWorker::new()).await;
    for number in 0..200 {
        bench.start("slow", &format!("a{number:03}"), "").await;
    }
    bench.start("fast", "z", "").await;
    let slow = ScriptedWorker::new()
        .remote()
        .at_once(1, 1, 1)
        .orchestrator("slow", |_| vec![complete("1")]);
    slow.hold();
    let (slow, _) = bench.attach(slow);
    bench.attach(ScriptedWorker::new().orchestrator("fast", |_| vec![complete("2")]));
    assert_eq!(ends(&bench, "z").await.output.as_deref(), Some("2"));
    assert_eq!(slow.held_count(), 1);
    slow.release();
    for number in 0..200 {
        ends(&bench, &format!("a{number:03}")).await;
    }
}

#[tokio::test]
async fn a_version_with_which_no_episode_has_ended_is_not_decided() {
    for remote in [true, false] {
        let bench = Bench::memory(ScriptedWorker::new()).await;
        let old = ScriptedWorker::new().version("job", "1.0", |_| vec![complete("old")]);
        let old = if remote { old.remote() } else { old.cold() };
        old.hold();
        let (old, attachment) = bench.attach(old);
        let request = StartRequest {
            execution_id: Some(ExecutionId::new("e")),
            ..StartRequest::new("job", id("a")).input_json("1")
        };
        tokio::join!(
            async { drop(bench.client.start(request).await.unwrap()) },
            async {
                old.held(1).await;
                attachment.detach();
                let new = ScriptedWorker::new().version("job", "2.0", |events| {
                    vec![complete(&script::input(events))]
                });
                bench.attach(new);
                assert_eq!(old.vanish(), 1);
            }
        );
        let state = ends(&bench, "a").await;
        assert_eq!(state.output.as_deref(), Some("1"), "remote: {remote}");
        assert_eq!(state.version, "2.0");
    }
}

#[tokio::test]
async fn what_ends_while_it_is_listed_is_listed_once() {
    let bench = Bench::memory(ScriptedWorker::new().orchestrator("wait", |events| {
        let go = script::raised(events, "go");
        go.first().map(|go| complete(go)).into_iter().collect()
    }))
    .await;
    let second = Duration::from_secs(1);
    for instance in ["a", "b", "c", "d"] {
        bench.start("wait", instance, "").await;
    }
    for instance in ["d", "b"] {
        bench.runtime.advance(second);
        bench.raise(instance, "go", "1").await;
        bench.completes(instance, "1").await;
    }
    let mut ids = Vec::new();
    let mut token = None;
    let any = (None, None);
    for more in ["a", "c", ""] {
        let page = bench
            .hub
            .ended(&[], any, 1, token.as_deref())
            .await
            .unwrap();
        ids.extend(page.items.iter().map(ToString::to_string));
        token = page.next;
        if !more.is_empty() {
            bench.runtime.advance(second);
            bench.raise(more, "go", "1").await;
            bench.completes(more, "1").await;
        }
    }
    let rest = bench
        .hub
        .ended(&[], any, 9, token.as_deref())
        .await
        .unwrap();
    ids.extend(rest.items.iter().map(ToString::to_string));
    assert_eq!(rest.next, None);
    assert_eq!(ids, ["d", "b", "a", "c"], "in the order of their ends");
    let ended = bench.state("b").await.completed_at.unwrap();
    for (within, expected) in [
        ((Some(ended), None), vec!["b", "a", "c"]),
        ((None, Some(ended)), vec!["d"]),
    ] {
        let page = bench
            .hub
            .ended(&[Status::Completed], within, 9, None)
            .await
            .unwrap();
        assert_eq!(page.items, expected.into_iter().map(id).collect::<Vec<_>>());
    }
    let failed = bench
        .hub
        .ended(&[Status::Failed], any, 9, None)
        .await
        .unwrap();
    assert_eq!(failed.items, []);
}
