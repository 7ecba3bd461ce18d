//! Several workers at one hub, in the process and outside of it.

use std::sync::Arc;
use std::time::Duration;

use durable_task::wire::proto::{ActivityResponse, OrchestratorResponse};
use durable_task::{EntityId, StartRequest, Status, WorkAnswer};
use task_hub::{AttachError, Hub};

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
    let large = format!("\"{}\"", "x".repeat(600 * 1024));
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
