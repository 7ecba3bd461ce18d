//! One owner per hub file.

use std::fs;

use task_hub::store::Store;
use task_hub::store::sqlite::{InUse, LockError, LockFile, SqliteStore};

fn in_use(error: LockError) -> InUse {
    match error {
        LockError::InUse(in_use) => in_use,
        other => panic!("{other:?}"),
    }
}

#[test]
fn second_owner_is_told_who_has_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("hub.db");
    let lock = LockFile::acquire(&file).unwrap();
    let pid = std::process::id();
    let refused = in_use(LockFile::acquire(&file).unwrap_err());
    let expected = InUse {
        path: file.clone(),
        pid: Some(pid),
        address: None,
    };
    assert_eq!(refused, expected);
    let text = format!(
        "the hub file `{}` is in use by process {pid}; stop it, or use another file",
        file.display()
    );
    assert_eq!(refused.to_string(), text);

    lock.announce("http://127.0.0.1:7071\nmore").unwrap();
    let refused = in_use(LockFile::acquire(&file).unwrap_err());
    assert_eq!(refused.address.as_deref(), Some("http://127.0.0.1:7071"));
    let text = refused.to_string();
    assert!(
        text.contains("which serves at http://127.0.0.1:7071;"),
        "{text}"
    );
    let written = fs::read_to_string(lock.path()).unwrap();
    assert_eq!(written, format!("{pid}\nhttp://127.0.0.1:7071\n"));
}

#[test]
fn lock_is_free_again_when_it_is_dropped() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("hub.db");
    for _ in 0..3 {
        let lock = LockFile::acquire(&file).unwrap();
        lock.announce("http://somewhere").unwrap();
        drop(lock);
        assert!(folder.path().join("hub.db.lock").exists());
    }
}

#[test]
fn text_of_a_lock_file_without_owner_means_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("hub.db");
    fs::write(
        folder.path().join("hub.db.lock"),
        "4711\nhttp://old\nmore\n",
    )
    .unwrap();
    let lock = LockFile::acquire(&file).unwrap();
    let written = fs::read_to_string(lock.path()).unwrap();
    assert_eq!(written, format!("{}\n", std::process::id()));
}

#[test]
fn text_that_can_not_be_read_is_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("hub.db");
    let lock = LockFile::acquire(&file).unwrap();
    for text in ["", "not a number\n", "\u{0}\u{0}\n\n"] {
        fs::write(lock.path(), text).unwrap();
        let refused = in_use(LockFile::acquire(&file).unwrap_err());
        assert_eq!((refused.pid, &refused.address), (None, &None), "{text:?}");
        assert!(refused.to_string().contains("by another process"));
    }
}

#[test]
fn released_lock_is_free_and_says_nothing_more() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("hub.db");
    let old = LockFile::acquire(&file).unwrap();
    old.release();
    old.release();
    let new = LockFile::acquire(&file).unwrap();
    new.announce("http://new").unwrap();
    old.announce("http://old").unwrap();
    let refused = in_use(LockFile::acquire(&file).unwrap_err());
    assert_eq!(refused.address.as_deref(), Some("http://new"));
}

#[tokio::test]
async fn store_owns_its_file_until_it_is_closed() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("hub.db");
    let store = SqliteStore::acquire(&file).unwrap();
    SqliteStore::acquire(&file).unwrap_err();
    store.open().await.unwrap();
    SqliteStore::acquire(&file).unwrap_err();
    store.close().await;
    // Clients may hold the store for longer.
    let next = SqliteStore::acquire(&file).unwrap();
    next.open().await.unwrap();
    next.close().await;
    drop(store);
}

#[cfg(unix)]
#[tokio::test]
async fn link_to_a_file_is_that_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("hub.db");
    let store = SqliteStore::acquire(&file).unwrap();
    store.open().await.unwrap();
    let link = folder.path().join("link.db");
    std::os::unix::fs::symlink(&file, &link).unwrap();
    in_use(SqliteStore::acquire(&link).unwrap_err());
    store.close().await;
}

#[cfg(unix)]
#[tokio::test]
async fn link_to_a_file_that_is_still_to_come_is_that_file() {
    use std::os::unix::fs::symlink;
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("links")).unwrap();
    let file = folder.path().join("hub.db");
    let first = folder.path().join("links/first.db");
    let second = folder.path().join("second.db");
    symlink("../hub.db", &first).unwrap();
    symlink(&first, &second).unwrap();

    let store = SqliteStore::acquire(&second).unwrap();
    in_use(SqliteStore::acquire(&first).unwrap_err());
    store.open().await.unwrap();
    for name in [&file, &first, &second] {
        in_use(SqliteStore::acquire(name).unwrap_err());
    }
    store.close().await;
    assert!(file.is_file());
    assert!(!folder.path().join("second.db.lock").exists());
}

#[cfg(unix)]
#[tokio::test]
async fn links_in_a_circle_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let link = folder.path().join("link.db");
    std::os::unix::fs::symlink(&link, &link).unwrap();
    let store = SqliteStore::acquire(&link).unwrap();
    store.check().await.unwrap_err();
    store.close().await;
}

#[tokio::test]
async fn lock_file_of_a_hub_stays_and_one_of_no_hub_goes() {
    let folder = tempfile::tempdir().unwrap();
    let names = || {
        let entries = fs::read_dir(folder.path()).unwrap();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        names
    };
    let notes = folder.path().join("notes.txt");
    fs::write(&notes, "these are my notes, not a hub\n".repeat(100)).unwrap();
    let foreign = folder.path().join("foreign.db");
    let other = rusqlite::Connection::open(&foreign).unwrap();
    other.execute_batch("CREATE TABLE mine (x)").unwrap();
    drop(other);
    let before = (fs::read(&notes).unwrap(), fs::read(&foreign).unwrap());
    for file in [&notes, &foreign] {
        let store = SqliteStore::acquire(file).unwrap();
        in_use(SqliteStore::acquire(file).unwrap_err());
        store.check().await.unwrap_err();
        store.close().await;
        store.close().await;
    }
    assert_eq!(names(), ["foreign.db", "notes.txt"]);
    let after = (fs::read(&notes).unwrap(), fs::read(&foreign).unwrap());
    assert!(after == before, "not a byte of them has changed");

    fs::write(folder.path().join("notes.txt.lock"), "mine").unwrap();
    let store = SqliteStore::acquire(&notes).unwrap();
    store.check().await.unwrap_err();
    store.close().await;
    assert_eq!(names(), ["foreign.db", "notes.txt", "notes.txt.lock"]);

    let hub = SqliteStore::acquire(folder.path().join("hub.db")).unwrap();
    hub.open().await.unwrap();
    hub.close().await;
    assert!(folder.path().join("hub.db.lock").exists());
}
