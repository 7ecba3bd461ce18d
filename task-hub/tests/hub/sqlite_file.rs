//! Files that can't be used, files that fail, and what other programs see.

use std::fs;
use std::path::Path;

use rusqlite::{Connection, OpenFlags};
use task_hub::store::sqlite::{FileError, LockError, SqliteStore};
use task_hub::store::{Commit, Store, StoreError};
use tempfile::TempDir;

use crate::sqlite_support::{id, step, steps};

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

async fn opened(file: &Path) -> SqliteStore {
    let store = SqliteStore::acquire(file).unwrap();
    store.open().await.unwrap();
    store
}

/// A hub file that was closed.
async fn closed_hub(folder: &TempDir) -> std::path::PathBuf {
    let file = folder.path().join("hub.db");
    let store = opened(&file).await;
    store.commit(step("a", 0)).await.unwrap();
    store.close().await;
    file
}

#[tokio::test]
async fn folder_and_file_are_created() {
    let folder = folder();
    let file = folder.path().join("new/deep/hub.db");
    let store = opened(&file).await;
    assert!(file.exists());
    store.close().await;
    let wal = folder.path().join("new/deep/hub.db-wal");
    assert!(!wal.exists(), "a closed hub is one file and its lock");
}

#[tokio::test]
async fn file_that_was_only_begun_is_initialised() {
    let folder = folder();
    let file = folder.path().join("hub.db");
    fs::write(&file, b"").unwrap();
    let store = opened(&file).await;
    store.commit(step("a", 0)).await.unwrap();
    store.close().await;
}

#[tokio::test]
async fn older_schemas_are_brought_up_to_date() {
    let second = "ALTER TABLE instances DROP COLUMN trace;
        UPDATE meta SET value = '2' WHERE key = 'schema_version';";
    let first = "DROP INDEX instances_by_end; ALTER TABLE instances DROP COLUMN version_by_hub;
        UPDATE meta SET value = '1' WHERE key = 'schema_version';";
    for older in [second.to_owned(), format!("{second}{first}")] {
        let folder = folder();
        let file = closed_hub(&folder).await;
        let other = Connection::open(&file).unwrap();
        other.execute_batch(&older).unwrap();
        drop(other);
        for _ in 0..2 {
            let store = opened(&file).await;
            assert!(steps(&store, "a").await.is_some(), "what was there is kept");
            assert_eq!(store.ended(None, 10).await, Ok(Vec::new()));
            store.close().await;
        }
        let other = Connection::open(&file).unwrap();
        let version: String = other
            .query_row(
                "SELECT value FROM meta WHERE key = 'schema_version'",
                [],
                |row| row.get(0),
            )
            .unwrap();
        assert_eq!(version, "3");
    }
}

#[tokio::test]
async fn newer_schema_is_refused_and_left_alone() {
    let folder = folder();
    let file = closed_hub(&folder).await;
    let other = Connection::open(&file).unwrap();
    other
        .execute(
            "UPDATE meta SET value = '9' WHERE key = 'schema_version'",
            [],
        )
        .unwrap();
    drop(other);
    let store = SqliteStore::acquire(&file).unwrap();
    let refused = store.check().await.unwrap_err();
    assert_eq!(refused, FileError::Newer { found: 9, known: 3 });
    let error = store.open().await.unwrap_err();
    assert!(!error.is_retryable());
    assert_eq!(
        error.to_string(),
        "open: what is stored can't be read: the file has schema version 9, this program knows 3; \
         use a newer version of the program"
    );
    let refused = store.commit(step("b", 0)).await.unwrap_err();
    assert!(matches!(refused, StoreError::Unavailable { .. }));
    store.close().await;
}

#[tokio::test]
async fn file_of_another_kind_is_refused_and_left_alone() {
    let folder = folder();
    let text = folder.path().join("notes.txt");
    let content = "these are my notes, not a hub\n".repeat(1_000);
    fs::write(&text, &content).unwrap();
    let foreign = folder.path().join("foreign.db");
    let other = Connection::open(&foreign).unwrap();
    other.execute_batch("CREATE TABLE mine (x)").unwrap();
    drop(other);

    for file in [&text, &foreign] {
        let store = SqliteStore::acquire(file).unwrap();
        let refused = store.check().await.unwrap_err();
        assert!(matches!(refused, FileError::NotAHub { .. }), "{refused:?}");
        let error = store.open().await.unwrap_err();
        assert!(matches!(error, StoreError::Corrupt { .. }), "{error:?}");
        store.close().await;
    }
    assert_eq!(fs::read_to_string(&text).unwrap(), content);
    let other = Connection::open(&foreign).unwrap();
    let tables: i64 = other
        .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
        .unwrap();
    assert_eq!(tables, 1);
}

#[tokio::test]
async fn damaged_file_is_refused() {
    let folder = folder();
    let file = closed_hub(&folder).await;
    let mut bytes = fs::read(&file).unwrap();
    bytes[100..4_000].fill(0xFF);
    fs::write(&file, bytes).unwrap();
    let store = SqliteStore::acquire(&file).unwrap();
    let refused = store.check().await.unwrap_err();
    assert!(matches!(refused, FileError::NotAHub { .. }), "{refused:?}");
    store.close().await;
}

#[tokio::test]
async fn place_that_can_not_be_written_is_named() {
    let folder = folder();
    let plain = folder.path().join("plain");
    fs::write(&plain, b"").unwrap();
    let below = plain.join("hub.db");
    let error = SqliteStore::acquire(&below).unwrap_err();
    assert!(matches!(error, LockError::Io { .. }), "{error:?}");
    assert!(error.to_string().contains("plain"), "{error}");

    let directory = folder.path().join("directory.db");
    fs::create_dir(&directory).unwrap();
    let store = SqliteStore::acquire(&directory).unwrap();
    let error = store.check().await.unwrap_err();
    assert!(matches!(error, FileError::NotWritable { .. }), "{error:?}");
    assert!(error.to_string().contains("directory.db"), "{error}");
    store.close().await;
}

#[tokio::test]
async fn calls_before_opening_and_after_closing_are_refused() {
    let folder = folder();
    let store = SqliteStore::acquire(folder.path().join("hub.db")).unwrap();
    let early = store.load(&id("a")).await.unwrap_err();
    assert!(early.is_retryable(), "{early:?}");
    let early = store.commit(Commit::default()).await.unwrap_err();
    assert!(early.is_retryable(), "{early:?}");
    store.open().await.unwrap();
    store.close().await;
    store.close().await;
    let late = store.load(&id("a")).await.unwrap_err();
    assert_eq!(late, StoreError::Closed { operation: "load" });
    let late = store.open().await.unwrap_err();
    assert_eq!(late, StoreError::Closed { operation: "open" });
}

/// A trigger in the file stands for a disk that refuses.
#[tokio::test]
async fn failed_commit_changes_nothing_and_opening_again_heals() {
    let folder = folder();
    let file = folder.path().join("hub.db");
    let store = opened(&file).await;
    store.commit(step("a", 0)).await.unwrap();
    let other = Connection::open(&file).unwrap();
    // The last of the four writes of a step.
    other
        .execute_batch(
            "CREATE TRIGGER full BEFORE INSERT ON tasks
             BEGIN SELECT RAISE(ABORT, 'disk I/O error'); END",
        )
        .unwrap();

    store.commit(step("a", 1)).await.unwrap_err();
    assert_eq!(steps(&store, "a").await, Some(0), "reads are served");
    let refused = store.commit(step("a", 1)).await.unwrap_err();
    assert!(refused.to_string().contains("not open"), "{refused}");

    other.execute_batch("DROP TRIGGER full").unwrap();
    store.open().await.unwrap();
    store.commit(step("a", 1)).await.unwrap();
    assert_eq!(steps(&store, "a").await, Some(1));
    store.close().await;
}

#[tokio::test]
async fn probe_fails_while_the_file_can_not_be_written() {
    let folder = folder();
    let file = folder.path().join("hub.db");
    let store = opened(&file).await;
    let other = Connection::open(&file).unwrap();
    other
        .execute_batch(
            "CREATE TRIGGER full BEFORE UPDATE ON meta
             BEGIN SELECT RAISE(ABORT, 'disk I/O error'); END",
        )
        .unwrap();
    store.open().await.unwrap_err();
    assert_eq!(steps(&store, "a").await, None, "reads are served");
    other.execute_batch("DROP TRIGGER full").unwrap();
    store.open().await.unwrap();
    store.close().await;
}

#[tokio::test]
async fn other_programs_may_read_while_it_is_in_use() {
    let folder = folder();
    let file = folder.path().join("hub.db");
    let store = opened(&file).await;
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY;
    let reader = Connection::open_with_flags(&file, flags).unwrap();
    let count = || -> i64 {
        reader
            .query_row("SELECT count(*) FROM history", [], |row| row.get(0))
            .unwrap()
    };
    for number in 0..5 {
        store.commit(step("a", number)).await.unwrap();
        assert_eq!(count(), i64::try_from(number).unwrap());
    }
    // A reader that stays in its moment holds nothing up.
    reader.execute_batch("BEGIN").unwrap();
    assert_eq!(count(), 4);
    store.commit(step("a", 5)).await.unwrap();
    assert_eq!(count(), 4);
    assert_eq!(steps(&store, "a").await, Some(5));
    reader.execute_batch("COMMIT").unwrap();
    assert_eq!(count(), 5);
    store.close().await;
}

#[tokio::test]
async fn many_readers_share_the_threads() {
    let folder = folder();
    let store = opened(&folder.path().join("hub.db")).await;
    store.commit(step("a", 0)).await.unwrap();
    let reads = (0..1_000).map(|_| steps(&store, "a"));
    let found = futures_util::future::join_all(reads).await;
    assert!(found.into_iter().all(|steps| steps == Some(0)));
    store.close().await;
}
