//! Commits are counted, on the store in a file, on a clock that stands still.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use crate::flow::{counter, sequence};
use crate::support::script::{self, activity, call, complete, lock, unlock};
use crate::support::{Bench, ScriptedWorker, id};

/// A turn of an agent: lock the session, call the model, append to the session, release, answer.
fn turn() -> ScriptedWorker {
    ScriptedWorker::new()
        .activity("model")
        .entity("session", true, |state, asked| {
            counter(state, &asked.operation, asked.input.as_deref())
        })
        .orchestrator("turn", |events| {
            let section = script::input(events);
            let mut actions = vec![lock(&section, &["@session@a"])];
            let replies = script::replies(events);
            if !replies.is_empty() {
                actions.push(activity("model", "hello"));
            }
            if !script::results(events).is_empty() {
                actions.push(call("@session@a", &section, "add", "1"));
            }
            if replies.len() == 2 {
                actions.push(unlock(&section, "@session@a"));
                actions.push(complete("answer"));
            }
            actions
        })
}

#[tokio::test]
async fn a_step_is_one_commit() {
    let (bench, _folder) = Bench::file(sequence()).await;
    bench.start("sequence", "a", "20").await;
    bench.has_made(1, "start and first step").await;
    for step in 2..=20 {
        bench.worker.started().await.complete("1");
        let next = bench.worker.started().await;
        bench.has_made(step, "one each").await;
        bench.worker.put_back(next);
    }
    bench.worker.started().await.complete("1");
    bench.completes("a", "20").await;
    bench.has_made(21, "one each").await;
}

#[tokio::test]
async fn an_event_that_completes_is_one_commit() {
    let worker = ScriptedWorker::new().orchestrator("listen", |events| {
        let got = script::raised(events, "go");
        got.first().map(|got| complete(got)).into_iter().collect()
    });
    let (bench, _folder) = Bench::file(worker).await;
    bench.start("listen", "a", "").await;
    let before = bench.commits();
    bench.raise("a", "go", "1").await;
    assert_eq!(bench.state("a").await.output.as_deref(), Some("1"));
    bench.has_made(before + 1, "one each").await;
}

#[tokio::test]
async fn the_way_to_the_first_activity_through_a_lock_is_one_commit() {
    let (bench, _folder) = Bench::file(turn()).await;
    bench.start("turn", "a", "s").await;
    let model = bench.worker.started().await;
    bench.has_made(1, "one each").await;
    model.complete("hi");
    bench.completes("a", "answer").await;
    bench
        .has_made(2, "result, entity call, release and completion")
        .await;
}

#[tokio::test]
async fn many_turns_at_once_share_commits() {
    const TURNS: usize = 50;
    let (bench, _folder) = Bench::file(turn().echo()).await;
    let bench = Arc::new(bench);
    let turns = (0..TURNS).map(|turn| {
        let bench = Arc::clone(&bench);
        async move {
            let name = format!("t{turn}");
            bench.start("turn", &name, &name).await;
            bench.completes(&name, "answer").await;
        }
    });
    futures_util::future::join_all(turns).await;
    let commits = bench.commits();
    assert!(commits < 2 * TURNS as u64, "{commits} commits");
}

#[tokio::test]
async fn a_cold_session_takes_one_commit_per_step_too() {
    let (bench, _folder) = Bench::file(sequence().cold()).await;
    bench.start("sequence", "a", "3").await;
    for step in 1..=3 {
        let started = bench.worker.started().await;
        bench.has_made(step, "one each").await;
        started.complete("1");
    }
    bench.completes("a", "3").await;
    bench.has_made(4, "one each").await;
}

#[tokio::test]
async fn a_wide_fan_out_is_one_commit_and_runs_each_activity_once() {
    const WIDTH: usize = 3_000;
    let worker = ScriptedWorker::new()
        .activity("work")
        .at_once(10, 7, 10)
        .orchestrator("fan", |events| {
            let mut actions: Vec<_> = (0..WIDTH)
                .map(|task| activity("work", &task.to_string()))
                .collect();
            if script::results(events).len() == WIDTH {
                actions.push(complete("all"));
            }
            actions
        });
    let (bench, _folder) = Bench::file(worker).await;
    bench.start("fan", "a", "").await;
    bench.has_made(1, "one each").await;
    let mut keys = BTreeSet::new();
    for _ in 0..WIDTH {
        let started = bench.worker.started().await;
        assert!(bench.worker.started_count() < 7, "the worker's limit holds");
        assert!(keys.insert(started.key()), "each runs once");
        started.complete("1");
    }
    bench.completes("a", "all").await;
}

#[tokio::test]
async fn an_instance_has_at_most_64_episodes_in_a_commit() {
    let worker = ScriptedWorker::new().orchestrator("loop", |events| {
        let round: u32 = script::input(events).parse().unwrap();
        match round {
            200 => vec![complete("end")],
            _ => vec![script::again(&(round + 1).to_string(), Vec::new())],
        }
    });
    let (bench, _folder) = Bench::file(worker).await;
    bench.start("loop", "a", "0").await;
    bench.completes("a", "end").await;
    bench.has_made(4, "201 episodes, 64 at a time").await;
}

#[tokio::test]
async fn a_slow_episode_holds_others_back_for_two_milliseconds_only() {
    let (bench, _folder) = Bench::file(sequence()).await;
    bench.worker.hold();
    let start = tokio::spawn({
        let client = Arc::clone(&bench.client);
        async move {
            let request = durable_task::StartRequest::new("sequence", id("a")).input_json("1");
            client.start(request).await
        }
    });
    bench.worker.held(1).await;
    tokio::task::yield_now().await;
    assert!(!start.is_finished(), "its episode runs");
    bench.runtime.sleeping(1).await;
    bench.runtime.advance(Duration::from_millis(2));
    start.await.unwrap().unwrap();
    bench.has_made(1, "one each").await;
    assert_eq!(bench.worker.started_count(), 0);
    bench.worker.release();
    bench.worker.started().await.complete("1");
    bench.completes("a", "1").await;
}
