//! What is committed is there in the next process.

use std::sync::Arc;

use durable_task::{Fetch, InstanceFilter, InstanceState};

use super::rows::{
    activity, created, delayed, entity, full_identity, full_step, history_row, id, instance_commit,
    message, timer,
};
use super::{Outcome, Problem, StoreFactory, holds, same};
use crate::store::{Commit, HistoryPage, InstanceWrite, Loaded, Store, TaskRow, TimerRow};

/// Writes, closes, opens and compares; twice, with more written between.
pub(super) async fn keeps_all<F: StoreFactory>(factory: &F) -> Outcome {
    let store = factory.create().await;
    if !store.capabilities().survives_process {
        return Ok(());
    }
    let opened = store.open().await?;
    same("next_id of an empty store", &opened.next_id, &1)?;
    fill(&store).await?;
    let written = Seen::of(&store).await?;
    store.close().await;

    let store = factory.reopen(store).await;
    let opened = store.open().await?;
    holds("next_id must be above every id", opened.next_id > 6)?;
    same("what was written", &Seen::of(&store).await?, &written)?;
    let commit = Commit {
        tasks_closed: vec![1],
        messages_added: vec![message(opened.next_id, "a")],
        ..Commit::default()
    };
    store.commit(commit).await?;
    let written = Seen::of(&store).await?;
    store.close().await;

    let store = factory.reopen(store).await;
    store.open().await?;
    same("what was added", &Seen::of(&store).await?, &written)?;
    store.close().await;
    Ok(())
}

async fn fill(store: &dyn Store) -> Outcome {
    let write = InstanceWrite {
        identity: Arc::new(full_identity("a")),
        step: full_step(),
        input: Some("\"x\"".repeat(20_000)),
        history: Some(history_row(0, 50_000)),
        ..created("a", 10)
    };
    let commit = Commit {
        tasks_opened: vec![activity(1, "a", 0)],
        timers_opened: vec![timer(2, "a", 1, 70), delayed(3, "@counter@x", 60)],
        messages_added: vec![message(4, "a"), message(6, "b")],
        ..instance_commit(write)
    };
    store.commit(commit).await?;
    let mut from = None::<String>;
    for turn in 0..5 {
        let to = "x".repeat(70_000 + turn * 100);
        let commit = Commit {
            entities: vec![entity("@counter@x", from.as_deref(), &to, 5)],
            ..Commit::default()
        };
        store.commit(commit).await?;
        from = Some(to);
    }
    Ok(())
}

/// All that can be read.
#[derive(Debug, PartialEq)]
struct Seen {
    loaded: Vec<Loaded>,
    states: Vec<InstanceState>,
    history: HistoryPage,
    activities: Vec<TaskRow>,
    timers: Vec<TimerRow>,
}

impl Seen {
    async fn of(store: &dyn Store) -> Result<Self, Problem> {
        let mut loaded = Vec::new();
        for name in ["a", "b", "@counter@x"] {
            loaded.push(store.load(&id(name)).await?);
        }
        let filter = InstanceFilter::default();
        Ok(Self {
            loaded,
            states: store.query(&filter, Fetch::Payloads, 10, None).await?.items,
            history: store.history(&id("a"), None, 0, usize::MAX).await?,
            activities: store.open_activities(0, 10).await?,
            timers: store.timers(None, 10).await?,
        })
    }
}
