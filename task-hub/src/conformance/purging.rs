//! Purging leaves nothing, and takes nothing else.

use std::sync::Arc;

use durable_task::{EntityFilter, EntityId, Fetch, InstanceFilter, InstanceId};

use super::rows::{
    activity, created, delayed, entity, full_identity, history_row, id, instance_commit, message,
    timer,
};
use super::{Outcome, Run, holds, same};
use crate::store::{Commit, HistoryPage, InstanceWrite, LoadedBody, Store, StreamChunk, TaskRow};

pub(super) const THEMES: [(&str, Run); 3] = [
    ("purging an instance leaves nothing of it", |store| {
        Box::pin(instance(store))
    }),
    ("purging an entity leaves nothing of it", |store| {
        Box::pin(of_entity(store))
    }),
    (
        "an id can be used again in the commit that purges it",
        |store| Box::pin(used_again(store)),
    ),
];

/// All that an instance can have, with values of any size.
fn all_of(store: &dyn Store, name: &str, first: u64) -> Commit {
    let large = "\"large\"".repeat(10_000);
    let write = InstanceWrite {
        identity: Arc::new(full_identity(name)),
        input: Some(large.clone()),
        history: Some(history_row(0, 40_000)),
        ..created(name, 10)
    };
    let mut stored = Commit {
        tasks_opened: vec![
            activity(first, name, 0),
            large_task(first + 1, name, &large),
        ],
        timers_opened: vec![timer(first + 2, name, 1, 50), delayed(first + 3, name, 60)],
        messages_added: vec![message(first + 4, name)],
        ..instance_commit(write)
    };
    if store.capabilities().stream_chunks {
        stored.stream_chunks = vec![chunk(name)];
    }
    stored
}

fn chunk(name: &str) -> StreamChunk {
    StreamChunk {
        instance: id(name),
        number: 0,
        data: b"chunk".to_vec(),
    }
}

fn large_task(number: u64, name: &str, input: &str) -> Arc<TaskRow> {
    let mut row = (*activity(number, name, 1)).clone();
    if let crate::store::TaskKind::Activity(request) = &mut row.kind {
        request.input = Some(input.to_owned());
    }
    Arc::new(row)
}

fn purge(name: &str) -> Commit {
    Commit {
        purged: vec![id(name)],
        ..Commit::default()
    }
}

async fn instance(store: &dyn Store) -> Outcome {
    for (name, first) in [("a", 1), ("ab", 11), ("b", 21)] {
        store.commit(all_of(store, name, first)).await?;
    }
    let kept = store.load(&id("ab")).await?;
    for name in ["a", "b", "b", "never"] {
        store.commit(purge(name)).await?;
    }
    for name in ["a", "b"] {
        let loaded = store.load(&id(name)).await?;
        same("the row", &loaded.body, &LoadedBody::Absent)?;
        same("messages", &loaded.messages, &Vec::new())?;
        let state = store.instance(&id(name), Fetch::Payloads).await?;
        same("the state", &state, &None)?;
        let history = store.history(&id(name), None, 0, usize::MAX).await?;
        same("history", &history, &HistoryPage::default())?;
    }
    same("the other instance", &store.load(&id("ab")).await?, &kept)?;
    let history = store.history(&id("ab"), None, 0, usize::MAX).await?;
    holds(
        "the other's history must stay",
        history.chunks == [history_row(0, 40_000).events],
    )?;
    expect_listed(store, &["ab"], &[11, 12], &[13, 14]).await?;
    if store.capabilities().stream_chunks {
        let chunks = store.stream_chunks(&id("a"), 0, 10).await?;
        same("chunks", &chunks, &Vec::new())?;
        let chunks = store.stream_chunks(&id("ab"), 0, 10).await?;
        same("the other's chunks", &chunks, &vec![chunk("ab")])?;
    }
    // The id is as good as new.
    store.commit(instance_commit(created("a", 99))).await?;
    let history = store.history(&id("a"), None, 0, usize::MAX).await?;
    same("a new history", &history, &HistoryPage::default())
}

async fn expect_listed(
    store: &dyn Store,
    instances: &[&str],
    tasks: &[u64],
    timers: &[u64],
) -> Outcome {
    let filter = InstanceFilter::default();
    let page = store.query(&filter, Fetch::Metadata, 10, None).await?;
    let found: Vec<_> = page.items.iter().map(|s| s.instance_id.as_str()).collect();
    same("instances", &found.as_slice(), &instances)?;
    let found = store.message_targets(None, 10).await?;
    let found: Vec<_> = found.iter().map(InstanceId::as_str).collect();
    same("message targets", &found.as_slice(), &instances)?;
    let found = store.open_activities(0, 10).await?;
    let found: Vec<_> = found.iter().map(|task| task.id).collect();
    same("open activities", &found.as_slice(), &tasks)?;
    let found = store.timers(None, 10).await?;
    let found: Vec<_> = found.iter().map(|timer| timer.id).collect();
    same("timers", &found.as_slice(), &timers)
}

async fn of_entity(store: &dyn Store) -> Outcome {
    let large = "x".repeat(100_000);
    for (name, number) in [("@counter@a", 1), ("@counter@b", 11)] {
        let mut from = None;
        for to in [large.clone(), format!("{large}y")] {
            let commit = Commit {
                entities: vec![entity(name, from.as_deref(), &to, 5)],
                ..Commit::default()
            };
            store.commit(commit).await?;
            from = Some(to);
        }
        let commit = Commit {
            messages_added: vec![message(number, name)],
            timers_opened: vec![delayed(number + 1, name, 9)],
            ..Commit::default()
        };
        store.commit(commit).await?;
    }
    store.commit(purge("@counter@a")).await?;
    let loaded = store.load(&id("@counter@a")).await?;
    same("the row", &loaded.body, &LoadedBody::Absent)?;
    same("messages", &loaded.messages, &Vec::new())?;
    let timers = store.timers(None, 10).await?;
    same("timers", &timers, &vec![delayed(12, "@counter@b", 9)])?;
    if let Some(target) = EntityId::parse("@counter@a") {
        same("metadata", &store.entity(&target, true).await?, &None)?;
    }
    let page = store
        .entities(&EntityFilter::default(), true, 10, None)
        .await?;
    let states: Vec<_> = page.items.into_iter().map(|entity| entity.state).collect();
    holds(
        "the other entity must stay",
        states == [Some(format!("{large}y"))],
    )
}

async fn used_again(store: &dyn Store) -> Outcome {
    store.commit(all_of(store, "a", 1)).await?;
    let commit = Commit {
        purged: vec![id("a")],
        messages_added: vec![message(31, "a")],
        ..instance_commit(created("a", 70))
    };
    store.commit(commit).await?;
    let loaded = store.load(&id("a")).await?;
    same("messages", &loaded.messages, &vec![message(31, "a")])?;
    let state = store.instance(&id("a"), Fetch::Payloads).await?;
    let seen = state.map(|state| (state.created_at.ticks(), state.input));
    same("the new instance", &seen, &Some((70, None)))?;
    let timers = store.timers(None, 10).await?;
    same("timers", &timers, &Vec::new())
}
