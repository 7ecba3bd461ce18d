//! Threads that are stopped, die, and are started again.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;

use futures_util::future::maybe_done;

use super::{created, id};
use crate::store::sqlite::fault::{Fault, contained};
use crate::store::sqlite::lane::Lane;
use crate::store::sqlite::readers::{Job, READERS};
use crate::store::sqlite::writer::Command;
use crate::store::sqlite::{SqliteStore, Threads};
use crate::store::{Commit, LoadedBody, Store, StoreError};

async fn opened() -> (SqliteStore, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::acquire(folder.path().join("hub.db")).unwrap();
    store.open().await.unwrap();
    (store, folder)
}

fn commit(name: &str) -> Commit {
    Commit {
        instances: vec![created(name)],
        ..Commit::default()
    }
}

async fn polled_once(future: Pin<&mut impl Future>) {
    let mut future = Some(future);
    poll_fn(|context| {
        if let Some(future) = future.take() {
            let _ = future.poll(context).is_ready();
        }
        Poll::Ready(())
    })
    .await;
}

async fn is_there(store: &SqliteStore, name: &str) -> bool {
    let loaded = store.load(&id(name)).await.unwrap();
    matches!(loaded.body, LoadedBody::Orchestration(_))
}

/// Callers that have begun to wait, and are then neither polled nor dropped. Some may be done by
/// the first poll.
#[tokio::test]
async fn close_waits_for_no_idle_caller() {
    let (store, _folder) = opened().await;
    let mut commits = Vec::new();
    // More than the queues take.
    for number in 0..40 {
        commits.push(Box::pin(maybe_done(
            store.commit(commit(&format!("c{number}"))),
        )));
    }
    let name = id("c0");
    let mut loads: Vec<_> = (0..1_000)
        .map(|_| Box::pin(maybe_done(store.load(&name))))
        .collect();
    for commit in &mut commits {
        polled_once(commit.as_mut()).await;
    }
    for load in &mut loads {
        polled_once(load.as_mut()).await;
    }
    store.close().await;
    for mut load in loads {
        load.as_mut().await;
        if let Err(error) = load.as_mut().take_output().unwrap() {
            assert_eq!(error, StoreError::Closed { operation: "load" });
        }
    }
    let mut made = Vec::new();
    for mut commit in commits {
        commit.as_mut().await;
        made.push(commit.as_mut().take_output().unwrap());
    }
    let closed = Err(StoreError::Closed {
        operation: "commit",
    });
    assert_eq!(made.first(), Some(&Ok(())), "what was in the queue is done");
    assert_eq!(made.last(), Some(&closed), "what was not is refused");
}

#[tokio::test]
async fn panic_in_a_read_is_an_error_and_the_thread_lives_on() {
    let (store, _folder) = opened().await;
    store.commit(commit("a")).await.unwrap();
    for _ in 0..5 {
        let read = store.read("test", |_| -> Result<(), Fault> { panic!("a bug") });
        let error = read.await.unwrap_err();
        assert!(error.is_retryable(), "{error:?}");
        assert!(error.to_string().contains("panicked"), "{error}");
    }
    assert!(is_there(&store, "a").await);
    store.close().await;
}

#[test]
fn panic_in_what_the_writer_does_costs_the_connection() {
    let fault = contained(|| -> Result<(), Fault> { panic!("a bug") }).unwrap_err();
    assert!(!fault.spares_connection());
    assert!(fault.during("commit").is_retryable());
    assert_eq!(contained(|| Ok(1)).unwrap(), 1);
}

#[tokio::test]
async fn dead_readers_are_started_again_by_opening() {
    let (store, _folder) = opened().await;
    store.commit(commit("a")).await.unwrap();
    for _ in 0..READERS {
        let readers = match &*store.threads() {
            Threads::Running { readers, .. } => readers.sender(),
            other => panic!("{other:?}"),
        };
        let job: Job = Box::new(|_| panic!("outside of what is contained"));
        assert!(readers.send(job).await);
    }
    let error = store.load(&id("a")).await.unwrap_err();
    assert!(error.is_retryable(), "{error:?}");
    // A dying thread answers its callers before it is gone.
    while store.load(&id("a")).await.is_err() {
        store.open().await.unwrap();
    }
    assert!(is_there(&store, "a").await);
    store.close().await;
}

#[tokio::test]
async fn dead_writer_is_started_again_by_opening() {
    let (store, _folder) = opened().await;
    let (mut dying, orders) = Lane::new(1, 1);
    dying
        .start("dying".to_owned(), orders, |_: Command| panic!("dies"))
        .unwrap();
    let stopped = match &mut *store.threads() {
        Threads::Running { writer, .. } => std::mem::replace(&mut writer.lane, dying).stop(),
        other => panic!("{other:?}"),
    };
    for end in stopped {
        end.await.unwrap();
    }
    let error = store.commit(commit("a")).await.unwrap_err();
    assert!(error.is_retryable(), "{error:?}");
    // A dying thread answers its callers before it is gone.
    while store.open().await.is_err() {}
    store.commit(commit("a")).await.unwrap();
    assert!(is_there(&store, "a").await);
    store.close().await;
}

#[tokio::test]
async fn commit_on_the_callers_thread_is_like_any_other() {
    let (store, _folder) = opened().await;
    store.commit_here(&commit("a")).unwrap().unwrap();
    assert!(is_there(&store, "a").await);
    let taken = store.commit_here(&commit("a")).unwrap().unwrap_err();
    assert!(matches!(taken, StoreError::Conflict { .. }), "{taken:?}");
    store.commit(commit("b")).await.unwrap();
    store.commit_here(&commit("c")).unwrap().unwrap();
    for name in ["a", "b", "c"] {
        assert!(is_there(&store, name).await, "{name}");
    }
    store.close().await;
}

#[tokio::test]
async fn commit_that_the_callers_thread_can_not_make_is_left_to_the_other() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::acquire(folder.path().join("hub.db")).unwrap();
    assert!(store.commit_here(&commit("a")).is_none());
    store.open().await.unwrap();
    let writer = match &*store.threads() {
        Threads::Running { writer, .. } => writer.writer.clone(),
        other => panic!("{other:?}"),
    };
    let at_work = writer.0.upgrade().unwrap();
    let held = at_work.lock().unwrap();
    assert!(store.commit_here(&commit("a")).is_none());
    drop(held);
    store.commit_here(&commit("a")).unwrap().unwrap();
    drop(at_work);
    store.close().await;
    assert!(store.commit_here(&commit("b")).is_none());
}
