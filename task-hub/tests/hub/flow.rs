//! What orchestrations and entities do, from the start to the end.

use std::time::Duration;

use durable_task::wire::proto::history_event::EventType;
use durable_task::{EntityId, Failure, Status, Timestamp};

use crate::support::script::{self, activity, again, call, child, complete, event, lock, unlock};
use crate::support::{Bench, Done, ScriptedWorker, id};

/// Runs as many activities, one after the other, as its input says.
pub fn sequence() -> ScriptedWorker {
    ScriptedWorker::new()
        .activity("work")
        .orchestrator("sequence", |events| {
            let steps: usize = script::input(events).parse().unwrap();
            let done = script::results(events).len();
            let mut actions: Vec<_> = (0..steps.min(done + 1))
                .map(|step| activity("work", &step.to_string()))
                .collect();
            if done == steps {
                actions.push(complete(&done.to_string()));
            }
            actions
        })
}

pub fn counter(state: Option<String>, operation: &str, input: Option<&str>) -> Done {
    let value: i64 = state.as_deref().map_or(0, |state| state.parse().unwrap());
    match operation {
        "add" => {
            let value = value + input.unwrap_or("1").parse::<i64>().unwrap();
            Done::with(Some(value.to_string()), value.to_string())
        }
        "get" => Done::with(state, value.to_string()),
        "delete" => Done::with(None, "null"),
        _ => Done {
            state,
            result: Err(Failure::new("NoOperation", operation)),
            actions: Vec::new(),
        },
    }
}

#[tokio::test]
async fn a_sequence_runs_to_its_end() {
    let bench = Bench::memory(sequence().echo()).await;
    bench.start("sequence", "a", "5").await;
    bench.completes("a", "5").await;
    assert_eq!(bench.hub.stats().activities_started, 5);
    let history = bench.client.history(&id("a")).await.unwrap();
    let scheduled: Vec<i32> = history
        .iter()
        .filter(|event| matches!(event.event_type, Some(EventType::TaskScheduled(_))))
        .map(|event| event.event_id)
        .collect();
    assert_eq!(scheduled, [0, 1, 2, 3, 4]);
}

#[tokio::test]
async fn a_first_and_second_episode_have_the_rows_of_durable_task() {
    let bench = Bench::memory(sequence()).await;
    bench.start("sequence", "a", "1").await;
    bench.worker.started().await.complete("1");
    bench.completes("a", "1").await;
    let history = bench.client.history(&id("a")).await.unwrap();
    let kinds: Vec<&str> = history
        .iter()
        .map(|event| match event.event_type.as_ref().unwrap() {
            EventType::OrchestratorStarted(_) => "OrchestratorStarted",
            EventType::ExecutionStarted(_) => "ExecutionStarted",
            EventType::TaskScheduled(_) => "TaskScheduled",
            EventType::OrchestratorCompleted(_) => "OrchestratorCompleted",
            EventType::TaskCompleted(_) => "TaskCompleted",
            EventType::ExecutionCompleted(_) => "ExecutionCompleted",
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(
        kinds,
        [
            "OrchestratorStarted",
            "ExecutionStarted",
            "TaskScheduled",
            "OrchestratorCompleted",
            "OrchestratorStarted",
            "TaskCompleted",
            "ExecutionCompleted",
            "OrchestratorCompleted",
        ]
    );
    assert!(history.iter().all(|event| event.timestamp.is_some()));
}

#[tokio::test]
async fn cold_and_warm_workers_get_the_same_history() {
    for cold in [false, true] {
        let worker = if cold {
            sequence().cold().echo()
        } else {
            sequence().echo()
        };
        let bench = Bench::memory(worker).await;
        bench.start("sequence", "a", "4").await;
        bench.completes("a", "4").await;
        let requests = bench.worker.requests();
        assert_eq!(requests.len(), 5);
        for (index, (request, warm)) in requests.iter().enumerate() {
            assert_eq!(*warm, !cold && index > 0);
            assert_eq!(request.past_events.is_empty(), index == 0 || !cold);
        }
    }
}

#[tokio::test]
async fn a_worker_that_lost_a_session_gets_the_history() {
    let bench = Bench::memory(sequence()).await;
    bench.start("sequence", "a", "2").await;
    bench.worker.started().await.complete("1");
    let second = bench.worker.started().await;
    bench.worker.forget_sessions();
    second.complete("2");
    bench.completes("a", "2").await;
    let requests = bench.worker.requests();
    let (asked, warm) = &requests[2];
    assert!(*warm && asked.past_events.is_empty());
    let (again, warm) = &requests[3];
    assert!(!*warm && !again.past_events.is_empty());
    assert_eq!(asked.new_events, again.new_events);
}

#[tokio::test]
async fn a_failed_activity_comes_back_as_a_failure() {
    let bench = Bench::memory(sequence()).await;
    bench.start("sequence", "a", "1").await;
    bench.worker.started().await.fail("no");
    bench.completes("a", "1").await;
    let history = bench.client.history(&id("a")).await.unwrap();
    assert!(
        history
            .iter()
            .any(|event| matches!(event.event_type, Some(EventType::TaskFailed(_))))
    );
}

#[tokio::test]
async fn events_reach_the_orchestration_in_their_order() {
    let worker = ScriptedWorker::new().orchestrator("listen", |events| {
        let got = script::raised(events, "go");
        if got.len() == 3 {
            vec![complete(&got.join(","))]
        } else {
            Vec::new()
        }
    });
    let bench = Bench::memory(worker).await;
    bench.start("listen", "a", "").await;
    for input in ["1", "2", "3"] {
        bench.raise("a", "go", input).await;
    }
    bench.completes("a", "1,2,3").await;
    let late = bench.client.raise_event(&id("a"), "go", None).await;
    assert_eq!(late, Ok(()), "an event to an ended instance is dropped");
}

#[tokio::test]
async fn children_answer_their_parents() {
    let worker = ScriptedWorker::new()
        .orchestrator("parent", |events| {
            let mut actions = vec![child("c1", "child", "1"), child("", "child", "bad")];
            let ended = script::children(events);
            if ended.len() == 2 {
                actions.push(complete(&format!("{ended:?}")));
            }
            actions
        })
        .orchestrator("child", |events| match script::input(events).as_str() {
            "bad" => vec![script::fail("no")],
            input => vec![complete(input)],
        });
    let bench = Bench::memory(worker).await;
    bench.start("parent", "p", "").await;
    bench.completes("p", "[Ok(\"1\"), Err(\"no\")]").await;
    let first = bench.state("c1").await;
    assert_eq!(first.parent, Some(id("p")));
    assert_eq!(bench.commits(), 1, "all of it ran ahead of the store");
}

#[tokio::test]
async fn a_child_with_the_id_of_a_live_instance_fails_its_parent_s_task() {
    let worker = ScriptedWorker::new()
        .orchestrator("parent", |events| {
            let mut actions = vec![child("busy", "wait", "")];
            if let Some(ended) = script::children(events).first() {
                actions.push(complete(&ended.clone().unwrap_err()));
            }
            actions
        })
        .orchestrator("wait", |_| Vec::new());
    let bench = Bench::memory(worker).await;
    bench.start("wait", "busy", "").await;
    bench.start("parent", "p", "").await;
    let message = "orchestration `busy` exists already and has not ended";
    bench.completes("p", message).await;
}

#[tokio::test]
async fn a_durable_timer_fires_when_its_time_has_come() {
    let worker = ScriptedWorker::new().orchestrator("sleep", |events| {
        let at = Timestamp::parse("2026-01-01T00:01:00Z").unwrap();
        let mut actions = vec![script::timer(at)];
        if script::fired(events) == 1 {
            actions.push(complete("awake"));
        }
        actions
    });
    let bench = Bench::memory(worker).await;
    bench.start("sleep", "a", "").await;
    bench.runtime.advance(Duration::from_secs(59));
    bench.start("sleep", "b", "").await;
    assert_eq!(bench.state("a").await.status, Status::Running);
    bench.runtime.advance(Duration::from_secs(1));
    bench.completes("a", "awake").await;
    bench.completes("b", "awake").await;
}

#[tokio::test]
async fn a_timer_is_never_early_on_a_clock_that_is_set_back_or_jumps() {
    let worker = ScriptedWorker::new().orchestrator("sleep", |events| {
        let at = Timestamp::parse("2026-01-01T00:01:00Z").unwrap();
        let mut actions = vec![script::timer(at)];
        if script::fired(events) == 1 {
            actions.push(complete("awake"));
        }
        actions
    });
    let bench = Bench::memory(worker).await;
    bench.start("sleep", "a", "").await;
    bench.runtime.sleeping(1).await;
    bench.runtime.advance(Duration::from_secs(50));
    // A day back: the timer waits for its time, not for how long it was to be.
    let day = Duration::from_hours(24);
    bench.runtime.set_back(day);
    for _ in 0..24 * 60 {
        bench.runtime.advance(Duration::from_mins(1));
        bench.start_and_forget().await;
    }
    assert_eq!(bench.state("a").await.status, Status::Running);
    bench.runtime.sleeping(1).await;
    bench.runtime.advance(Duration::from_hours(1_000));
    bench.completes("a", "awake").await;
}

#[tokio::test]
async fn entities_keep_state_and_answer_calls() {
    let worker = ScriptedWorker::new()
        .entity("counter", true, |state, asked| {
            counter(state, &asked.operation, asked.input.as_deref())
        })
        .orchestrator("count", |events| {
            let mut actions = vec![
                call("@counter@a", "1", "add", "5"),
                call("@counter@a", "2", "add", "2"),
                call("@counter@a", "3", "nonsense", ""),
            ];
            let replies = script::replies(events);
            if replies.len() == 3 {
                actions.push(complete(&replies.join(",")));
            }
            actions
        });
    let bench = Bench::memory(worker).await;
    bench.start("count", "a", "").await;
    bench.completes("a", "5,7,nonsense").await;
    let entity = EntityId::new("counter", "a").unwrap();
    let got = bench
        .client
        .get_entity(&entity, true)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(got.state.as_deref(), Some("7"));
    let sent = bench
        .client
        .signal_entity(&entity, "delete", None, None)
        .await;
    assert_eq!(sent, Ok(()));
    assert_eq!(bench.client.get_entity(&entity, true).await.unwrap(), None);
}

#[tokio::test]
async fn a_lock_admits_one_orchestration_at_a_time_in_order() {
    let worker = ScriptedWorker::new()
        .activity("work")
        .entity("counter", true, |state, asked| {
            counter(state, &asked.operation, asked.input.as_deref())
        })
        .orchestrator("turn", |events| {
            let section = script::input(events);
            let mut actions = vec![lock(&section, &["@counter@b", "@counter@a"])];
            let replies = script::replies(events);
            if !replies.is_empty() {
                actions.push(activity("work", &section));
            }
            if !script::results(events).is_empty() {
                actions.push(call("@counter@a", &section, "add", "1"));
            }
            if replies.len() == 2 {
                actions.push(unlock(&section, "@counter@a"));
                actions.push(unlock(&section, "@counter@b"));
                actions.push(complete(&replies[1]));
            }
            actions
        });
    let bench = Bench::memory(worker).await;
    for turn in ["t1", "t2", "t3"] {
        bench.start("turn", turn, turn).await;
    }
    let entity = EntityId::new("counter", "b").unwrap();
    for (turn, output) in [("t1", "1"), ("t2", "2"), ("t3", "3")] {
        let started = bench.worker.started().await;
        assert_eq!(started.request.input.as_deref(), Some(turn));
        assert_eq!(bench.worker.started_count(), 0, "the others wait");
        let locked = bench.client.get_entity(&entity, false).await.unwrap();
        // The last entity of the set is locked by the same holder, or just being passed on.
        assert!(locked.unwrap().locked_by.is_some());
        started.complete("done");
        bench.completes(turn, output).await;
    }
    assert_eq!(bench.client.get_entity(&entity, false).await.unwrap(), None);
}

#[tokio::test]
async fn continue_as_new_begins_again_with_what_it_carries_over() {
    let worker = ScriptedWorker::new().orchestrator("loop", |events| {
        let round: u32 = script::input(events).parse().unwrap();
        let carried = script::raised(events, "keep");
        if round == 3 {
            return vec![complete(&carried.join(","))];
        }
        let mut carry: Vec<_> = events
            .iter()
            .filter(|event| matches!(event.event_type, Some(EventType::EventRaised(_))))
            .cloned()
            .collect();
        carry.push(durable_task::wire::proto::HistoryEvent {
            event_id: -1,
            timestamp: None,
            event_type: Some(EventType::EventRaised(
                durable_task::wire::proto::EventRaisedEvent {
                    name: String::from("keep"),
                    input: Some(round.to_string()),
                },
            )),
        });
        vec![again(&(round + 1).to_string(), carry)]
    });
    let bench = Bench::memory(worker).await;
    bench.start("loop", "a", "0").await;
    bench.completes("a", "0,1,2").await;
    assert_eq!(bench.commits(), 1);
    assert_eq!(bench.state("a").await.input.as_deref(), Some("3"));
    let history = bench.client.history(&id("a")).await.unwrap();
    assert_eq!(
        script::input(&history),
        "3",
        "only the last generation is kept"
    );
}

#[tokio::test]
async fn a_signal_of_an_orchestration_comes_when_it_is_due() {
    let at = Timestamp::parse("2026-01-01T00:00:10Z");
    let worker = ScriptedWorker::new()
        .entity("counter", true, |state, asked| {
            counter(state, &asked.operation, asked.input.as_deref())
        })
        .orchestrator("poke", move |_| {
            vec![
                script::signal("@counter@a", "add", "1", None),
                script::signal("@counter@a", "add", "10", at),
                complete("sent"),
            ]
        });
    let bench = Bench::memory(worker).await;
    bench.start("poke", "p", "").await;
    bench.completes("p", "sent").await;
    let entity = EntityId::new("counter", "a").unwrap();
    let state = async || {
        let found = bench.client.get_entity(&entity, true).await;
        found.unwrap().unwrap().state.unwrap()
    };
    assert_eq!(state().await, "1");
    bench.runtime.advance(Duration::from_secs(10));
    let add = bench.client.signal_entity(&entity, "add", None, None);
    add.await.unwrap();
    assert_eq!(state().await, "12");
}

#[tokio::test]
async fn orchestrations_send_each_other_events() {
    let worker = ScriptedWorker::new()
        .orchestrator("ping", |events| {
            let mut actions = vec![event("pong", "ping", "1")];
            if let Some(answer) = script::raised(events, "pong").first() {
                actions.push(complete(answer));
            }
            actions
        })
        .orchestrator("pong", |events| {
            match script::raised(events, "ping").first() {
                Some(ball) => vec![event("ping", "pong", ball), complete("bye")],
                None => Vec::new(),
            }
        });
    let bench = Bench::memory(worker).await;
    bench.start("pong", "pong", "").await;
    bench.start("ping", "ping", "").await;
    bench.completes("ping", "1").await;
    bench.completes("pong", "\"bye\"".trim_matches('"')).await;
}
