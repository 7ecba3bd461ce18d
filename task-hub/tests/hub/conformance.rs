//! The kit over every store, and over stores that break the contract.

use async_trait::async_trait;
use task_hub::conformance::{self, StoreFactory};
use task_hub::store::memory::MemoryStore;

struct Memory;

#[async_trait]
impl StoreFactory for Memory {
    type Store = MemoryStore;

    async fn create(&self) -> MemoryStore {
        MemoryStore::new()
    }

    async fn reopen(&self, closed: MemoryStore) -> MemoryStore {
        closed
    }
}

#[tokio::test]
async fn memory_store_keeps_the_contract() {
    if let Err(violations) = conformance::check(&Memory).await {
        panic!("{violations}");
    }
}

#[cfg(feature = "sqlite")]
mod sqlite {
    use std::sync::Mutex;

    use async_trait::async_trait;
    use task_hub::conformance::{self, StoreFactory};
    use task_hub::store::sqlite::SqliteStore;
    use tempfile::TempDir;

    #[derive(Default)]
    struct Files {
        folders: Mutex<Vec<TempDir>>,
        relaxed: bool,
    }

    #[async_trait]
    impl StoreFactory for Files {
        type Store = SqliteStore;

        async fn create(&self) -> SqliteStore {
            let folder = tempfile::tempdir().unwrap();
            let store = SqliteStore::acquire(folder.path().join("hub.db")).unwrap();
            self.folders.lock().unwrap().push(folder);
            if self.relaxed { store.relaxed() } else { store }
        }

        async fn reopen(&self, closed: SqliteStore) -> SqliteStore {
            let path = closed.path().to_owned();
            drop(closed);
            SqliteStore::acquire(path).unwrap()
        }
    }

    #[tokio::test]
    async fn sqlite_store_keeps_the_contract() {
        if let Err(violations) = conformance::check(&Files::default()).await {
            panic!("{violations}");
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn relaxed_sqlite_store_keeps_the_contract() {
        let files = Files {
            relaxed: true,
            ..Files::default()
        };
        if let Err(violations) = conformance::check(&files).await {
            panic!("{violations}");
        }
    }
}
