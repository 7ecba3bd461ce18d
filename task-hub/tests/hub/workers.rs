//! Several workers at one hub, in the process and outside of it.

use std::sync::Arc;
use std::time::Duration;

use durable_task::wire::proto::operation_result::ResultType;
use durable_task::wire::proto::{
    ActivityResponse, EntityBatchResult, OperationResult, OperationResultSuccess,
    OrchestratorResponse,
};
use durable_task::{EntityId, StartRequest, Status, WorkAnswer};
use task_hub::{AttachError, Concurrency, Hub, HubOptions, ParkedReason, WorkKind};

use crate::flow::{counter, sequence};
use crate::support::script::{self, activity, call, complete};
use crate::support::{Bench, Done, ScriptedWorker, id};

/// Runs one activity of the name that is its input.
fn one_of() -> ScriptedWorker {
    ScriptedWorker::new().orchestrator("one", |events| {
        let mut actions = vec![activity(&script::input(events), "")];
        if let Some(result) = script::results(events).first() {
            actions.push(complete(result));
        }
        actions
    })
}

fn counting() -> ScriptedWorker {
    ScriptedWorker::new().entity("counter", true, |state, asked| {
        counter(state, &asked.operation, asked.input.as_deref())
    })
}

#[tokio::test]
async fn an_item_goes_to_the_worker_that_has_code_for_it() {
    let bench = Bench::memory(one_of()).await;
    let (work, _) = bench.attach(ScriptedWorker::new().activity("work"));
    let (play, _) = bench.attach(ScriptedWorker::new().activity("play"));
    bench.start("one", "a", "work").await;
    bench.start("one", "b", "play").await;
    play.started().await.complete("played");
    work.started().await.complete("worked");
    bench.completes("a", "worked").await;
    bench.completes("b", "played").await;
}

#[tokio::test]
async fn what_no_worker_takes_waits_until_one_comes_and_holds_up_no_other() {
    let bench = Bench::memory(one_of()).await;
    let (work, attachment) = bench.attach(ScriptedWorker::new().activity("work"));
    bench.start("one", "a", "play").await;
    bench.start("one", "b", "work").await;
    bench.start("none", "c", "").await;
    work.started().await.complete("1");
    bench.completes("b", "1").await;
    assert!(bench.state("c").await.parked);
    let (play, _) = bench.attach(
        ScriptedWorker::new()
            .activity("play")
            .orchestrator("none", |_| vec![complete("some")]),
    );
    play.started().await.complete("2");
    bench.completes("a", "2").await;
    bench.completes("c", "some").await;
    assert!(!bench.state("c").await.parked);
    attachment.detach();
    attachment.detach();
    bench.start("one", "d", "work").await;
    bench.start_and_forget().await;
    assert_eq!(work.started_count(), 0, "it is gone");
    let (again, _) = bench.attach(ScriptedWorker::new().activity("work"));
    again.started().await.complete("3");
    bench.completes("d", "3").await;
}

/// With fifty instances and fifty activities that wait for code, what each attachment reads again.
#[tokio::test]
async fn only_a_worker_with_new_code_makes_the_hub_look_at_what_waits() {
    let bench = Bench::memory(one_of()).await;
    for number in 0..50 {
        bench.start("none", &format!("n{number}"), "").await;
        bench.start("one", &format!("o{number}"), "play").await;
    }
    let loaded = async || {
        for _ in 0..1_000 {
            tokio::task::yield_now().await;
        }
        bench.hub.stats().instances_loaded
    };
    assert_eq!(bench.hub.stats().parked, 100);
    let before = loaded().await;
    // What the first one has is here already.
    let _same = bench.attach(one_of());
    assert_eq!(loaded().await, before);
    assert_eq!(bench.hub.stats().parked, 100, "it still waits");
    let _new = bench.attach(ScriptedWorker::new().activity("work"));
    let searched = loaded().await;
    assert_eq!(searched, before + 50, "it might have been code for them");
    let both = one_of().activity("work");
    let _covered_by_two = bench.attach(both);
    assert_eq!(loaded().await, searched);

    let code = || ScriptedWorker::new().orchestrator("none", |_| vec![complete("1")]);
    let (first, attachment) = bench.attach(code());
    bench.completes("n49", "1").await;
    let given = first.requests().len();
    assert_eq!(given, 50, "all that waited");
    // A name that was covered and is not any more.
    attachment.detach();
    bench.start("none", "last", "").await;
    bench.start_and_forget().await;
    let _again = bench.attach(code());
    bench.completes("last", "1").await;
    let (play, _) = bench.attach(ScriptedWorker::new().activity("play").echo());
    bench.completes("o49", "\"done\"").await;
    assert_eq!(play.started_count(), 0);
}

#[tokio::test]
async fn a_full_worker_holds_up_no_other() {
    let bench = Bench::memory(one_of()).await;
    let (slow, _) = bench.attach(ScriptedWorker::new().activity("slow").at_once(1, 1, 1));
    let (fast, _) = bench.attach(ScriptedWorker::new().activity("fast").echo());
    for number in 0..100 {
        bench.start("one", &format!("s{number}"), "slow").await;
    }
    for number in 0..10 {
        bench.start("one", &format!("f{number}"), "fast").await;
    }
    for number in 0..10 {
        bench.completes(&format!("f{number}"), "\"done\"").await;
    }
    assert_eq!(slow.started_count(), 1);
    assert_eq!(fast.started_count(), 0);
}

#[tokio::test]
async fn workers_with_the_same_code_share_it() {
    let bench = Bench::memory(one_of()).await;
    let workers = [1, 2, 3].map(|_| bench.attach(ScriptedWorker::new().activity("work")).0);
    for number in 0..9 {
        bench.start("one", &format!("a{number}"), "work").await;
    }
    for worker in &workers {
        assert_eq!(worker.started_count(), 3);
    }
}

#[tokio::test]
async fn a_session_stays_with_its_worker() {
    let bench = Bench::memory(sequence().echo()).await;
    let (other, _) = bench.attach(sequence().echo());
    for number in 0..10 {
        bench.start("sequence", &format!("a{number}"), "5").await;
    }
    for number in 0..10 {
        bench.completes(&format!("a{number}"), "5").await;
    }
    assert_eq!(bench.hub.stats().histories_loaded, 0);
    let counts = [bench.worker.requests().len(), other.requests().len()];
    assert_eq!(counts, [30, 30]);
}

#[tokio::test]
async fn another_worker_gets_the_history_of_a_session_whose_worker_is_gone() {
    let bench = Bench::memory(sequence()).await;
    bench.start("sequence", "a", "3").await;
    bench.worker.started().await.complete("1");
    let held = bench.worker.started().await;
    let (other, _) = bench.attach(sequence().echo());
    bench.attachment.detach();
    // It may still answer what it has.
    held.complete("2");
    bench.completes("a", "3").await;
    let requests = other.requests();
    assert!(!requests[0].1 && !requests[0].0.past_events.is_empty());
    assert!(requests[1].1, "it has the session now");
}

#[tokio::test]
async fn what_a_detached_worker_drops_goes_to_another_one_at_once() {
    let bench = Bench::memory(sequence().remote()).await;
    bench.start("sequence", "a", "1").await;
    let first = bench.worker.started().await;
    let key = first.key();
    bench.worker.put_back(first);
    let (other, _) = bench.attach(sequence().remote());
    bench.attachment.detach();
    assert_eq!(bench.worker.vanish(), 1);
    // The clock stands still: nothing waits for a delay.
    let again = other.started().await;
    assert_eq!(again.key(), key);
    other.hold();
    again.complete("1");
    other.held(1).await;
    let (third, attachment) = bench.attach(sequence().remote());
    third.hold();
    let last = bench.attach(sequence().remote());
    // A full or a lost worker makes room in the same way.
    attachment.detach();
    other.release();
    bench.completes("a", "1").await;
    drop(last);
}

#[tokio::test]
async fn an_episode_whose_worker_vanishes_runs_again_elsewhere() {
    for remote in [false, true] {
        let worker = || {
            if remote {
                sequence().echo().remote()
            } else {
                sequence().echo()
            }
        };
        let bench = Bench::memory(worker()).await;
        bench.worker.hold();
        let client = Arc::clone(&bench.client);
        let request = StartRequest::new("sequence", id("a")).input_json("1");
        let started = tokio::spawn(async move { client.start(request).await });
        bench.worker.held(1).await;
        let (other, _) = bench.attach(worker());
        bench.attachment.detach();
        assert_eq!(bench.worker.vanish(), 1);
        started.await.unwrap().unwrap();
        bench.completes("a", "1").await;
        assert_eq!(other.requests().len(), 2);
    }
}

#[tokio::test]
async fn a_worker_that_changes_gets_what_it_can_run_now() {
    let bench = Bench::memory(one_of()).await;
    bench.start("one", "a", "work").await;
    let (work, attachment) = bench.attach(ScriptedWorker::new());
    bench.start_and_forget().await;
    assert_eq!(work.started_count(), 0);
    work.takes_everything();
    attachment.update();
    work.started().await.complete("1");
    bench.completes("a", "1").await;
}

#[tokio::test]
async fn a_hub_takes_many_workers_but_not_any_number() {
    let bench = Bench::memory(one_of()).await;
    let worker = Arc::new(ScriptedWorker::new());
    let attach = || bench.hub.attach(Arc::clone(&worker) as Arc<_>);
    let attached: Vec<_> = (1..Hub::WORKERS_MAX).map(|_| attach().unwrap()).collect();
    let error = attach().unwrap_err();
    assert_eq!(error, AttachError::TooMany);
    assert!(error.to_string().contains("1000"), "{error}");
    attached[0].detach();
    attach().unwrap();
    bench.hub.shutdown(Duration::ZERO).await;
    assert_eq!(attach().unwrap_err(), AttachError::Closed);
}

#[tokio::test]
async fn a_step_of_a_remote_worker_is_two_commits() {
    let bench = Bench::memory(sequence().remote()).await;
    bench.start("sequence", "a", "20").await;
    let mut activity = bench.worker.started().await;
    bench.has_made(2, "the start, and the first answer").await;
    for step in 1..20 {
        activity.complete("1");
        activity = bench.worker.started().await;
        bench.has_made(2 + step * 2, "arrival and answer").await;
    }
    activity.complete("1");
    bench.completes("a", "20").await;
    bench.has_made(42, "arrival and answer").await;
    for (request, warm) in bench.worker.requests() {
        assert!(!warm);
        assert!(request.execution_id.is_some());
    }
}

#[tokio::test]
async fn a_remote_worker_sees_nothing_that_is_not_durable() {
    let worker = ScriptedWorker::new()
        .orchestrator("count", |events| {
            let mut actions = vec![call("@counter@a", "1", "add", "5")];
            let replies = script::replies(events);
            actions.extend(replies.first().map(|reply| complete(reply)));
            actions
        })
        .entity("counter", true, |state, asked| {
            counter(state, &asked.operation, asked.input.as_deref())
        })
        .remote();
    let bench = Bench::memory(worker).await;
    bench.start("count", "a", "").await;
    bench.completes("a", "5").await;
    bench.has_made(4, "start, call, reply, and the end").await;
}

#[tokio::test]
async fn operations_for_a_remote_worker_come_together() {
    let bench = Bench::memory(counting().remote()).await;
    let entity = EntityId::new("counter", "a").unwrap();
    bench.worker.hold();
    let add = || bench.client.signal_entity(&entity, "add", None, None);
    add().await.unwrap();
    bench.worker.held(1).await;
    for _ in 0..5 {
        add().await.unwrap();
    }
    bench.worker.release();
    bench.has_made(8, "six signals, two batches").await;
    let batches = bench.worker.batches();
    let sizes: Vec<_> = batches.iter().map(|batch| batch.operations.len()).collect();
    assert_eq!(sizes, [1, 5]);
}

#[tokio::test]
async fn a_slow_remote_worker_holds_up_no_commit() {
    let bench = Bench::memory(sequence().remote()).await;
    bench.worker.hold();
    bench.start("sequence", "a", "0").await;
    bench.worker.held(1).await;
    // The clock stands still: a commit that waited would never close.
    bench.start("sequence", "b", "0").await;
    bench.worker.held(2).await;
    assert_eq!(bench.state("b").await.status, Status::Pending);
    bench.worker.release();
    bench.completes("a", "0").await;
    bench.completes("b", "0").await;
}

#[tokio::test]
async fn local_and_remote_workers_work_one_instance() {
    let bench = Bench::memory(sequence().echo().at_once(1, 1, 1)).await;
    let (remote, _) = bench.attach(sequence().echo().remote().at_once(1, 1, 1));
    let (counter, _) = bench.attach(counting().remote());
    let entity = EntityId::new("counter", "a").unwrap();
    for number in 0..50 {
        bench.start("sequence", &format!("a{number}"), "5").await;
        let add = bench.client.signal_entity(&entity, "add", None, None);
        add.await.unwrap();
    }
    for number in 0..50 {
        bench.completes(&format!("a{number}"), "5").await;
    }
    assert!(!remote.requests().is_empty() && !bench.worker.requests().is_empty());
    let count: usize = counter.batches().iter().map(|b| b.operations.len()).sum();
    assert_eq!(count, 50);
}

#[tokio::test]
async fn much_that_is_new_comes_in_parts_to_a_remote_worker() {
    let worker = ScriptedWorker::new().orchestrator("listen", |events| {
        let got = script::raised(events, "go").len();
        (got == 5).then(|| complete("5")).into_iter().collect()
    });
    let bench = Bench::memory(worker.remote()).await;
    bench.worker.hold();
    bench.start("listen", "a", "").await;
    bench.worker.held(1).await;
    let large = format!("\"{}\"", "x".repeat(500 * 1024));
    for _ in 0..5 {
        bench.raise("a", "go", &large).await;
    }
    bench.worker.release();
    bench.completes("a", "5").await;
    let requests = bench.worker.requests();
    let raised = requests
        .iter()
        .map(|(request, _)| script::raised(&request.new_events, "go").len());
    assert_eq!(raised.collect::<Vec<_>>(), [0, 2, 2, 1]);
}

#[tokio::test]
async fn an_answer_is_kept_when_it_is_durable_and_a_late_one_changes_nothing() {
    let bench = Bench::memory(sequence().remote()).await;
    bench.start("sequence", "a", "1").await;
    let activity = bench.worker.started().await;
    let commits = bench.commits();
    let answer = WorkAnswer::Activity(ActivityResponse {
        result: Some(String::from("1")),
        ..ActivityResponse::default()
    });
    bench.worker.hold();
    activity.completer.complete_durably(answer).await.unwrap();
    assert_eq!(bench.commits(), commits + 1);
    bench.worker.held(1).await;
    let item = bench.worker.take_held();
    bench.client.terminate(&id("a"), None, false).await.unwrap();
    let commits = bench.commits();
    let late = WorkAnswer::Orchestrator {
        response: OrchestratorResponse::default(),
        warm: false,
    };
    item.completer.complete_durably(late).await.unwrap();
    assert_eq!(bench.commits(), commits);
    assert_eq!(bench.state("a").await.status, Status::Terminated);
}

#[tokio::test]
async fn an_asynchronous_entity_in_the_process_gets_one_operation_at_a_time() {
    let worker = ScriptedWorker::new().entity("log", false, |_, _| Done::with(None, "1"));
    let bench = Bench::memory(worker).await;
    let entity = EntityId::new("log", "a").unwrap();
    bench.worker.hold();
    for _ in 0..3 {
        let signal = bench.client.signal_entity(&entity, "add", None, None);
        signal.await.unwrap();
    }
    bench.worker.held(1).await;
    bench.worker.release();
    bench.has_made(6, "a signal and a batch each").await;
    let batches = bench.worker.batches();
    assert!(batches.iter().all(|batch| batch.operations.len() == 1));
}

/// Starts as many activities at once as its input says, of the name of the instance.
fn fan() -> ScriptedWorker {
    ScriptedWorker::new().orchestrator("fan", |events| {
        let input = script::input(events);
        let (name, width) = input.split_once(' ').unwrap();
        let width: usize = width.parse().unwrap();
        let mut actions: Vec<_> = (0..width)
            .map(|task| activity(name, &task.to_string()))
            .collect();
        if script::results(events).len() == width {
            actions.push(complete("all"));
        }
        actions
    })
}

#[tokio::test]
async fn a_wide_fan_out_starves_no_other_instance() {
    let bench = Bench::memory(fan()).await;
    let (work, _) = bench.attach(ScriptedWorker::new().activity("work").at_once(1, 4, 1));
    bench.start("fan", "wide", "work 10000").await;
    bench.start("fan", "b", "work 3").await;
    bench.start("fan", "c", "work 3").await;
    // Of all that it is given, at most a few of the wide one come before those of the others.
    let mut wide = 0;
    let mut others = 0;
    while others < 6 {
        let started = work.started().await;
        let is_wide = started.key().starts_with("wide");
        wide += usize::from(is_wide);
        others += usize::from(!is_wide);
        started.complete("1");
    }
    bench.completes("b", "all").await;
    bench.completes("c", "all").await;
    assert!(wide < 20, "{wide} came before");
}

#[tokio::test]
async fn a_name_has_its_limit_and_holds_up_no_other() {
    let options = HubOptions::memory().concurrency(Concurrency::default().activity("work", 2));
    let worker = fan().activity("work").activity("play");
    let bench = Bench::open(options, worker).await;
    bench.start("fan", "a", "work 5").await;
    bench.start("fan", "b", "play 5").await;
    let mut names = Vec::new();
    let mut held = Vec::new();
    for _ in 0..7 {
        let started = bench.worker.started().await;
        names.push(started.request.name.clone());
        held.push(started);
    }
    bench.start_and_forget().await;
    assert_eq!(bench.worker.started_count(), 0);
    assert_eq!(names.iter().filter(|name| *name == "work").count(), 2);
    assert_eq!(bench.hub.stats().name_limits_hit, 1);
    for started in held {
        started.complete("1");
    }
    bench.completes("b", "all").await;
    for _ in 0..3 {
        bench.worker.started().await.complete("1");
    }
    bench.completes("a", "all").await;
}

#[tokio::test]
async fn episodes_and_batches_have_limits_by_name_too() {
    for remote in [false, true] {
        let concurrency = Concurrency::default()
            .orchestration("sequence", 2)
            .entity("counter", 1);
        let worker = sequence().entity("counter", true, |state, asked| {
            counter(state, &asked.operation, asked.input.as_deref())
        });
        let worker = if remote { worker.remote() } else { worker };
        let options = HubOptions::memory().concurrency(concurrency);
        let bench = Arc::new(Bench::open(options, worker).await);
        bench.worker.hold();
        let tasks: Vec<_> = (0..5)
            .map(|number| {
                let bench = Arc::clone(&bench);
                tokio::spawn(async move {
                    bench.start("sequence", &format!("a{number}"), "0").await;
                    let entity = EntityId::new("counter", number.to_string()).unwrap();
                    let add = bench.client.signal_entity(&entity, "add", None, None);
                    add.await.unwrap();
                })
            })
            .collect();
        bench.worker.held(2).await;
        if !remote {
            bench.runtime.sleeping(1).await;
            bench.runtime.advance(Duration::from_millis(2));
        }
        bench.worker.held(3).await;
        bench.start_and_forget().await;
        assert_eq!(bench.worker.held_count(), 3, "two episodes, one batch");
        bench.worker.release();
        for number in 0..5 {
            bench.completes(&format!("a{number}"), "0").await;
        }
        for task in tasks {
            task.await.unwrap();
        }
        assert!(bench.hub.stats().name_limits_hit >= 2);
    }
}

#[tokio::test]
async fn what_waits_for_code_is_shown_until_code_comes() {
    let bench = Bench::memory(one_of()).await;
    bench.start("one", "a", "work").await;
    bench.start("one", "b", "work").await;
    bench.start("none", "c", "").await;
    let entity = EntityId::new("counter", "k").unwrap();
    let add = bench.client.signal_entity(&entity, "add", None, None);
    add.await.unwrap();
    bench.start_and_forget().await;
    let parked = bench.hub.parked();
    let short: Vec<_> = parked
        .iter()
        .map(|parked| (parked.kind, parked.name.as_str(), parked.items))
        .collect();
    assert_eq!(
        short,
        [
            (WorkKind::Orchestration, "none", 1),
            (WorkKind::Activity, "work", 2),
            (WorkKind::Entity, "counter", 1),
        ]
    );
    assert!(parked.iter().all(|p| p.reason == ParkedReason::NoCode));
    assert_eq!(bench.hub.stats().parked, 4);
    for (instance, why) in [("a", "its activity"), ("c", "itself")] {
        assert!(bench.state(instance).await.parked, "{why} has no code");
    }
    bench.client.terminate(&id("b"), None, false).await.unwrap();
    assert_eq!(bench.hub.parked()[1].items, 1, "it has ended");
    let _play = bench.attach(ScriptedWorker::new().activity("play"));
    // All three are found to have no code again.
    while bench.hub.stats().parked < 3 {
        tokio::task::yield_now().await;
    }
    let (all, _) = bench.attach(
        counting()
            .activity("work")
            .orchestrator("none", |_| vec![complete("some")]),
    );
    all.started().await.complete("1");
    bench.completes("a", "1").await;
    bench.completes("c", "some").await;
    assert!(!bench.state("a").await.parked);
    assert_eq!(bench.hub.parked(), []);
}

#[tokio::test]
async fn what_is_given_back_too_often_waits_for_a_worker_to_come() {
    let bench = Bench::memory(one_of().activity("work")).await;
    bench.start("one", "a", "work").await;
    let started = bench.worker.started().await;
    // What may still wait for the time of its commit is not what is waited for below.
    bench.runtime.advance(Duration::from_millis(2));
    drop(started);
    bench.worker.abandon(99);
    for _ in 0..99 {
        bench.runtime.sleeping(1).await;
        bench.runtime.advance(Duration::from_secs(30));
    }
    while bench.hub.stats().parked == 0 {
        tokio::task::yield_now().await;
    }
    let parked = bench.hub.parked().remove(0);
    assert_eq!((parked.kind, parked.items), (WorkKind::Activity, 1));
    let reason = ParkedReason::GivenBack {
        times: 100,
        reason: String::from("scripted"),
    };
    assert_eq!(parked.reason, reason);
    bench.runtime.advance(Duration::from_hours(1));
    bench.start_and_forget().await;
    assert_eq!(bench.worker.started_count(), 0);
    let _other = bench.attach(ScriptedWorker::new());
    bench.runtime.sleeping(1).await;
    bench.runtime.advance(Duration::from_secs(30));
    // It may fail again: once is enough now.
    drop(bench.worker.started().await);
    bench.start_and_forget().await;
    assert_eq!(bench.hub.stats().parked, 1);
    let _other = bench.attach(ScriptedWorker::new());
    bench.runtime.sleeping(1).await;
    bench.runtime.advance(Duration::from_secs(30));
    bench.worker.started().await.complete("1");
    bench.completes("a", "1").await;
    assert_eq!(bench.hub.parked(), []);
}

#[tokio::test]
async fn an_episode_that_kills_its_workers_is_parked_and_can_be_ended() {
    let bench = Bench::memory(ScriptedWorker::new()).await;
    let client = Arc::clone(&bench.client);
    client
        .start(StartRequest::new("bad", id("a")))
        .await
        .unwrap();
    for _ in 0..100 {
        let (worker, attachment) = bench.attach(
            ScriptedWorker::new()
                .remote()
                .orchestrator("bad", |_| Vec::new()),
        );
        worker.hold();
        worker.takes_everything();
        bench.start_and_forget().await;
        worker.held(1).await;
        attachment.detach();
        worker.vanish();
    }
    let (last, _) = bench.attach(ScriptedWorker::new().orchestrator("bad", |_| Vec::new()));
    while bench.hub.parked().is_empty() {
        tokio::task::yield_now().await;
    }
    assert_eq!(last.requests().len(), 0);
    assert_eq!(bench.hub.parked().len(), 1);
    client.terminate(&id("a"), None, false).await.unwrap();
    assert_eq!(bench.ended("a").await.status, Status::Terminated);
    assert_eq!(bench.hub.parked(), []);
    assert_eq!(bench.hub.stats().instances_in_memory, 0);
}

#[tokio::test]
async fn the_end_of_an_instance_cancels_what_it_left_open() {
    let worker = ScriptedWorker::new()
        .activity("work")
        .orchestrator("race", |events| {
            let mut actions = vec![activity("work", "1"), activity("work", "2")];
            if !script::results(events).is_empty() {
                actions.push(activity("work", "last"));
                actions.push(complete("first"));
            }
            actions
        });
    let bench = Bench::memory(worker).await;
    bench.start("race", "a", "").await;
    let (first, second) = (bench.worker.started().await, bench.worker.started().await);
    first.complete("1");
    bench.completes("a", "first").await;
    second.cancelled.cancelled().await;
    let last = bench.worker.started().await;
    assert_eq!(last.request.input.as_deref(), Some("last"));
    assert!(!last.cancelled.is_cancelled(), "its last word is done");
    last.complete("1");
    second.complete("late");
    bench.start_and_forget().await;
    bench.client.purge(&id("a"), false).await.unwrap();
}

#[tokio::test]
async fn an_answer_of_another_kind_or_without_an_answer_gives_the_item_back() {
    let bench = Bench::memory(sequence().remote().echo()).await;
    bench.worker.hold();
    bench.start("sequence", "a", "0").await;
    let wrong: [fn() -> WorkAnswer; 2] = [
        || WorkAnswer::Activity(ActivityResponse::default()),
        // It was given the history.
        || WorkAnswer::Orchestrator {
            response: OrchestratorResponse {
                requires_history: true,
                ..OrchestratorResponse::default()
            },
            warm: false,
        },
    ];
    for (attempt, wrong) in wrong.into_iter().enumerate() {
        bench.worker.held(1).await;
        bench.worker.take_held().completer.complete(wrong());
        bench.runtime.sleeping(1).await;
        bench.runtime.advance(Duration::from_millis(100 << attempt));
    }
    bench.worker.held(1).await;
    bench.worker.release();
    bench.completes("a", "0").await;
}

#[tokio::test]
async fn an_operation_without_a_result_runs_again_and_a_result_too_many_is_dropped() {
    let bench = Bench::memory(counting().remote()).await;
    let entity = EntityId::new("counter", "a").unwrap();
    let add = || bench.client.signal_entity(&entity, "add", None, None);
    bench.worker.hold();
    add().await.unwrap();
    bench.worker.held(1).await;
    for _ in 0..2 {
        add().await.unwrap();
    }
    let result = || OperationResult {
        result_type: Some(ResultType::Success(OperationResultSuccess::default())),
    };
    let answer = |results| {
        WorkAnswer::Entity(EntityBatchResult {
            results,
            entity_state: Some(String::from("5")),
            ..EntityBatchResult::default()
        })
    };
    let item = bench.worker.take_held();
    item.completer.complete(answer(vec![result(), result()]));
    bench.worker.held(1).await;
    let item = bench.worker.take_held();
    item.completer.complete(answer(vec![result()]));
    bench.worker.held(1).await;
    bench.worker.release();
    bench.has_made(6, "three signals, three batches").await;
    let got = bench.client.get_entity(&entity, true).await.unwrap();
    assert_eq!(got.unwrap().state.as_deref(), Some("6"));
}
