//! Hub files: opened again, owned by one, refused where they can't be used.

use std::sync::Arc;
use std::time::Duration;

use durable_task::wire::proto::HistoryEvent;
use durable_task::wire::proto::history_event::EventType;
use durable_task::{EntityId, Runtime, StartRequest, Status, Timestamp, WaitFor};
use task_hub::{Hub, HubOptions, OpenError};

use crate::flow::{counter, sequence};
use crate::support::script::{self, complete};
use crate::support::{Bench, ScriptedWorker, TestRuntime, id};

#[tokio::test]
async fn a_file_goes_on_where_it_was_shut_down() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hub.db");
    let first = Bench::open(HubOptions::file(&path), sequence()).await;
    first.start("sequence", "a", "2").await;
    first.worker.started().await.complete("1");
    let running = first.worker.started().await;
    let key = running.key();
    drop(running);
    first.hub.shutdown(Duration::ZERO).await;
    drop(first);
    let second = Bench::open(HubOptions::file(&path), sequence()).await;
    let again = second.worker.started().await;
    assert_eq!(again.key(), key);
    again.complete("2");
    second.completes("a", "2").await;
}

#[tokio::test]
async fn a_second_owner_is_told_who_has_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hub.db");
    let first = Bench::open(HubOptions::file(&path), sequence()).await;
    first.hub.announce("http://localhost:7071");
    let runtime = TestRuntime::new() as Arc<dyn Runtime>;
    let error = Hub::open(HubOptions::file(&path), runtime)
        .await
        .unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains("http://localhost:7071") && text.contains(&std::process::id().to_string()),
        "{text}"
    );
    assert!(matches!(error, OpenError::InUse { .. }), "{error:?}");
}

#[tokio::test]
async fn a_file_that_is_no_hub_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hub.db");
    let text = "this is a letter, and longer than the header of a database would be. ".repeat(20);
    std::fs::write(&path, &text).unwrap();
    let runtime = TestRuntime::new() as Arc<dyn Runtime>;
    let error = Hub::open(HubOptions::file(&path), runtime)
        .await
        .unwrap_err();
    assert!(matches!(error, OpenError::NotAHub { .. }), "{error:?}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
}

#[tokio::test]
async fn a_file_of_a_newer_program_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hub.db");
    let bench = Bench::open(HubOptions::file(&path), sequence()).await;
    bench.hub.shutdown(Duration::ZERO).await;
    let file = rusqlite::Connection::open(&path).unwrap();
    let newer = "UPDATE meta SET value = '999' WHERE key = 'schema_version'";
    assert_eq!(file.execute(newer, []), Ok(1));
    drop(file);
    let runtime = TestRuntime::new() as Arc<dyn Runtime>;
    let error = Hub::open(HubOptions::file(&path), runtime)
        .await
        .unwrap_err();
    assert!(
        matches!(error, OpenError::Newer { found: 999, .. }),
        "{error:?}"
    );
    assert!(error.to_string().contains("newer version"), "{error}");
}

#[tokio::test]
async fn a_folder_that_can_not_be_made_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let path = file.join("hub.db");
    let runtime = TestRuntime::new() as Arc<dyn Runtime>;
    let error = Hub::open(HubOptions::file(&path), runtime)
        .await
        .unwrap_err();
    assert!(matches!(error, OpenError::NoLock { .. }), "{error:?}");
    assert!(error.to_string().contains("hub.db"), "{error}");
}

#[tokio::test]
async fn a_shut_down_hub_answers_that_it_is_unavailable() {
    let (bench, _folder) = Bench::file(sequence()).await;
    bench.start("sequence", "a", "1").await;
    let waiting = tokio::spawn({
        let client = Arc::clone(&bench.client);
        async move {
            let timeout = Duration::from_secs(10);
            client.wait(&id("a"), WaitFor::Completion, timeout).await
        }
    });
    tokio::task::yield_now().await;
    drop(bench.worker.started().await);
    bench.hub.shutdown(Duration::ZERO).await;
    let refused = bench
        .client
        .start(StartRequest::new("sequence", id("b")))
        .await
        .unwrap_err();
    assert!(refused.is_retryable());
    assert!(waiting.await.unwrap().is_err());
}

#[tokio::test]
async fn a_shutdown_waits_for_what_runs_and_keeps_its_results() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hub.db");
    let first = Bench::open(HubOptions::file(&path), sequence()).await;
    first.start("sequence", "a", "2").await;
    let running = first.worker.started().await;
    let hub = first.hub;
    let shutdown = tokio::spawn(async move { hub.shutdown(Duration::from_secs(5)).await });
    tokio::task::yield_now().await;
    assert!(!shutdown.is_finished());
    running.complete("1");
    shutdown.await.unwrap();
    assert_eq!(first.worker.started_count(), 0, "no new work");
    drop((first.client, first.worker));
    let second = Bench::open(HubOptions::file(&path), sequence()).await;
    let next = second.worker.started().await;
    assert_eq!(next.request.task_id, 1, "the first result was kept");
    next.complete("2");
    second.completes("a", "2").await;
}

/// A worker with an orchestration that sleeps until a day, whatever else comes.
fn sleeper() -> ScriptedWorker {
    ScriptedWorker::new()
        .orchestrator("sleep", |events| {
            let at = Timestamp::parse("2026-01-11T00:01:00Z").unwrap();
            let mut actions = vec![script::timer(at)];
            if script::fired(events) == 1 {
                actions.push(complete("awake"));
            }
            actions
        })
        .entity("counter", true, |state, asked| {
            counter(state, &asked.operation, asked.input.as_deref())
        })
}

async fn add(bench: &Bench, entity: &EntityId) {
    let input = Some(String::from("1"));
    let sent = bench.client.signal_entity(entity, "add", input, None).await;
    assert_eq!(sent, Ok(()));
}

/// What the orchestration takes for the time, by episode.
async fn times(bench: &Bench) -> Vec<Timestamp> {
    let history = bench.client.history(&id("a")).await.unwrap();
    let begin =
        |event: &&HistoryEvent| matches!(event.event_type, Some(EventType::OrchestratorStarted(_)));
    let begins = history.iter().filter(begin);
    begins
        .map(|event| event.timestamp.unwrap().into())
        .collect()
}

#[tokio::test]
async fn a_clock_set_back_between_two_runs_makes_nothing_early_and_no_time_go_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hub.db");
    let entity = EntityId::new("counter", "k").unwrap();
    let first = Bench::open(HubOptions::file(&path), sleeper()).await;
    let day = Duration::from_hours(24);
    first.runtime.advance(10 * day);
    first.start("sleep", "a", "").await;
    add(&first, &entity).await;
    first.start_and_forget().await;
    let before = first.state("a").await;
    let counted = first
        .client
        .get_entity(&entity, true)
        .await
        .unwrap()
        .unwrap();
    first.hub.shutdown(Duration::ZERO).await;
    drop(first);

    // Ten days earlier.
    let second = Bench::open(HubOptions::file(&path), sleeper()).await;
    assert!(second.runtime.now() < before.created_at);
    second.raise("a", "go", "1").await;
    add(&second, &entity).await;
    second.start_and_forget().await;
    let after = second.state("a").await;
    assert_eq!(after.status, Status::Running);
    assert_eq!(after.created_at, before.created_at);
    assert!(after.updated_at >= before.updated_at, "{after:?}");
    let again = second
        .client
        .get_entity(&entity, true)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(again.state.as_deref(), Some("2"));
    assert!(again.modified_at >= counted.modified_at, "{again:?}");
    second.runtime.sleeping(1).await;
    second.runtime.advance(10 * day);
    second.start_and_forget().await;
    assert_eq!(second.state("a").await.status, Status::Running);
    second.runtime.sleeping(1).await;
    second.runtime.advance(Duration::from_mins(1));
    second.completes("a", "awake").await;
    let times = times(&second).await;
    assert!(times.is_sorted() && times.len() == 3, "{times:?}");
    let ended = second.state("a").await;
    assert!(ended.completed_at.unwrap() >= ended.created_at);
}
