//! What a crash leaves in a file is a state that was committed.

use std::fs::{self, OpenOptions};
use std::path::{Path, PathBuf};

use task_hub::store::sqlite::SqliteStore;
use task_hub::store::{Commit, MessageRow, Store};
use tempfile::TempDir;

use crate::sqlite_support::{id, step, steps};

const STEPS: u64 = 30;

fn wal(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push("-wal");
    name.into()
}

/// The files as they are on the disk now: what a new process finds after this one was killed.
fn crashed_copy(file: &Path) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("copy.db");
    fs::copy(file, &copy).unwrap();
    if wal(file).exists() {
        fs::copy(wal(file), wal(&copy)).unwrap();
    }
    (folder, copy)
}

async fn opened(file: &Path) -> SqliteStore {
    let store = SqliteStore::acquire(file).unwrap();
    store.open().await.unwrap();
    store
}

async fn new_store(folder: &TempDir) -> SqliteStore {
    opened(&folder.path().join("hub.db")).await
}

#[tokio::test]
async fn every_acknowledged_commit_is_in_the_files() {
    let folder = tempfile::tempdir().unwrap();
    let store = new_store(&folder).await;
    for number in 0..STEPS {
        store.commit(step("a", number)).await.unwrap();
        let (_folder, copy) = crashed_copy(store.path());
        let after = opened(&copy).await;
        assert_eq!(steps(&after, "a").await, Some(number));
        // The next process goes on where that one was.
        after.commit(step("a", number + 1)).await.unwrap();
        assert_eq!(steps(&after, "a").await, Some(number + 1));
        after.close().await;
    }
    store.close().await;
}

#[tokio::test]
async fn write_that_was_cut_anywhere_leaves_whole_commits() {
    let folder = tempfile::tempdir().unwrap();
    let store = new_store(&folder).await;
    for number in 0..STEPS {
        store.commit(step("a", number)).await.unwrap();
    }
    let (_folder, whole) = crashed_copy(store.path());
    let bytes = fs::metadata(wal(&whole)).unwrap().len();
    assert!(
        bytes > 100_000,
        "the commits must still be in the WAL alone"
    );

    let mut seen = Vec::new();
    // A prime stride: cuts fall into headers, pages, and between them.
    for length in (0..=bytes).step_by(7_919).chain([bytes]) {
        let (_folder, copy) = crashed_copy(&whole);
        let cut = OpenOptions::new().write(true).open(wal(&copy)).unwrap();
        cut.set_len(length).unwrap();
        drop(cut);
        let after = opened(&copy).await;
        seen.push(steps(&after, "a").await);
        after.close().await;
    }
    assert!(seen.is_sorted(), "more of the WAL is never less: {seen:?}");
    assert_eq!(seen.first(), Some(&None));
    assert_eq!(seen.last(), Some(&Some(STEPS - 1)));
    seen.dedup();
    assert!(seen.len() > 20, "the cuts must hit many commits: {seen:?}");
    store.close().await;
}

#[tokio::test]
async fn garbage_after_the_last_commit_is_ignored() {
    let folder = tempfile::tempdir().unwrap();
    let store = new_store(&folder).await;
    for number in 0..STEPS {
        store.commit(step("a", number)).await.unwrap();
    }
    let (_folder, copy) = crashed_copy(store.path());
    let mut log = fs::read(wal(&copy)).unwrap();
    let last = log.len() - 5_000;
    log[last..].fill(0xA5);
    fs::write(wal(&copy), log).unwrap();
    let after = opened(&copy).await;
    assert_eq!(steps(&after, "a").await, Some(STEPS - 2));
    after.close().await;
    store.close().await;
}

#[tokio::test]
async fn store_that_was_not_closed_lets_go_of_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let store = new_store(&folder).await;
    let path = store.path().to_owned();
    store.commit(step("a", 0)).await.unwrap();
    drop(store);
    // Its threads end on their own; until then the file is owned.
    let store = loop {
        match SqliteStore::acquire(&path) {
            Ok(store) => break store,
            Err(_) => tokio::task::yield_now().await,
        }
    };
    store.open().await.unwrap();
    assert_eq!(steps(&store, "a").await, Some(0));
    store.close().await;
}

#[tokio::test]
async fn commit_whose_caller_went_away_is_made_whole_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let store = new_store(&folder).await;
    store.commit(step("a", 0)).await.unwrap();
    {
        let mut abandoned = std::pin::pin!(store.commit(step("a", 1)));
        let polled = futures_util::poll!(abandoned.as_mut());
        assert!(polled.is_pending());
    }
    let message = MessageRow {
        id: 90,
        target: id("b"),
        execution: None,
        sender: None,
        event: vec![1],
    };
    let next = Commit {
        messages_added: vec![message],
        ..Commit::default()
    };
    // Commits are made in their order, so when this one is durable that one was made.
    store.commit(next).await.unwrap();
    assert_eq!(steps(&store, "a").await, Some(1));
    store.close().await;
}
