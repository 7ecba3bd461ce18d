//! A commit is all or nothing, and reads see whole commits.

use std::sync::Arc;

use durable_task::{EntityFilter, Fetch, InstanceFilter, Status};
use futures_util::future;

use super::rows::{activity, created, entity, id, instance_commit, message, noise, stepped, timer};
use super::{Outcome, Problem, Run, holds, same};
use crate::store::{
    Commit, InstanceChange, InstanceWrite, LoadedBody, Store, StoreError, StreamChunk,
};

/// How many commits are made while they are read.
const COMMITS: u64 = 60;

pub(super) const THEMES: [(&str, Run); 4] = [
    ("a commit that conflicts changes nothing", |store| {
        Box::pin(conflict_changes_nothing(store))
    }),
    ("a commit of many deltas is written whole", |store| {
        Box::pin(many_deltas(store))
    }),
    ("reads see whole commits only", |store| {
        Box::pin(whole_commits(store))
    }),
    (
        "an empty commit is fine, and opening again keeps all",
        |store| Box::pin(opening_again(store)),
    ),
];

async fn conflict_changes_nothing(store: &dyn Store) -> Outcome {
    let before = Commit {
        tasks_opened: vec![activity(1, "a", 0)],
        timers_opened: vec![timer(2, "a", 1, 50)],
        messages_added: vec![message(3, "a")],
        ..instance_commit(stepless("a"))
    };
    store.commit(before).await?;
    let loaded = store.load(&id("a")).await?;
    let mut refused = Commit {
        instances: vec![stepless("a")],
        tasks_closed: vec![1],
        tasks_opened: vec![activity(4, "a", 2)],
        timers_closed: vec![2],
        timers_opened: vec![timer(5, "a", 3, 60)],
        messages_removed: vec![3],
        messages_added: vec![message(6, "a"), message(7, "other")],
        ..Commit::default()
    };
    if store.capabilities().group_commit {
        refused.instances = vec![created("new", 5), stepped("other", 5, 1), stepless("a")];
        refused.entities = vec![entity("@counter@x", None, "1", 5)];
        refused.purged = vec![id("victim")];
        store.commit(instance_commit(created("other", 5))).await?;
        store.commit(instance_commit(created("victim", 5))).await?;
    }
    let listed = ids(store).await?;
    let result = store.commit(refused).await;
    let conflict = StoreError::Conflict { instance: id("a") };
    same("the commit", &result, &Err(conflict))?;
    store.open().await?;

    same("the instance", &store.load(&id("a")).await?, &loaded)?;
    same("all instances", &ids(store).await?, &listed)?;
    let targets = store.message_targets(None, 10).await?;
    same("message targets", &targets, &vec![id("a")])?;
    let activities = store.open_activities(0, 10).await?;
    let activities: Vec<_> = activities.into_iter().map(|task| task.id).collect();
    same("open activities", &activities, &vec![1])?;
    let timers = store.timers(None, 10).await?;
    same("timers", &timers, &vec![timer(2, "a", 1, 50)])?;
    let entity = store.load(&id("@counter@x")).await?;
    same("the entity", &entity.body, &LoadedBody::Absent)?;
    let history = store.history(&id("other"), None, 0, 1_000).await?;
    same("the other's history", &history.chunks, &Vec::new())
}

fn stepless(instance: &str) -> InstanceWrite {
    InstanceWrite {
        change: InstanceChange::Create {
            replace: vec![Status::Completed],
        },
        ..created(instance, 1)
    }
}

async fn ids(store: &dyn Store) -> Result<Vec<String>, Problem> {
    let filter = InstanceFilter::default();
    let page = store.query(&filter, Fetch::Metadata, 100, None).await?;
    let ids = page.items.into_iter();
    Ok(ids.map(|state| state.instance_id.to_string()).collect())
}

async fn many_deltas(store: &dyn Store) -> Outcome {
    if !store.capabilities().group_commit {
        return Ok(());
    }
    let names: Vec<String> = (0..50)
        .map(|number| format!("instance-{number:02}"))
        .collect();
    let mut commit = Commit::default();
    for (number, name) in (0..).zip(&names) {
        commit.instances.push(created(name, 10 + number));
        commit
            .tasks_opened
            .push(activity(100 + number.unsigned_abs(), name, 0));
        commit
            .messages_added
            .push(message(200 + number.unsigned_abs(), name));
        let state = format!("{{\"number\":{number}}}");
        commit
            .entities
            .push(entity(&format!("@counter@{name}"), None, &state, 7));
    }
    store.commit(commit).await?;
    same("instances", &ids(store).await?, &names)?;
    let targets = store.message_targets(None, 100).await?;
    same("targets", &targets.len(), &names.len())?;
    let tasks = store.open_activities(0, 100).await?;
    let owners: Vec<String> = tasks.iter().map(|task| task.instance.to_string()).collect();
    same("owners of tasks", &owners, &names)?;
    let page = store
        .entities(&EntityFilter::default(), true, 100, None)
        .await?;
    same("entities", &page.items.len(), &names.len())?;
    let last = page.items.last().and_then(|entity| entity.state.clone());
    same("the last state", &last, &Some("{\"number\":49}".to_owned()))
}

/// Each commit closes a task and opens the next: no read may see none, or two, or a step without
/// it.
async fn whole_commits(store: &dyn Store) -> Outcome {
    let commit = Commit {
        tasks_opened: vec![activity(1, "a", 0)],
        ..instance_commit(created("a", 10))
    };
    store.commit(commit).await?;
    let (written, read) = future::join(write_steps(store), read_steps(store)).await;
    written?;
    read?;
    let LoadedBody::Orchestration(row) = store.load(&id("a")).await?.body else {
        return holds("an orchestration must be loaded", false);
    };
    same("rows at the end", &row.step.history.rows, &COMMITS)?;
    let history = store.history(&id("a"), None, 0, 1_000_000).await?;
    same("chunks at the end", &history.chunks.len(), &60)
}

async fn write_steps(store: &dyn Store) -> Outcome {
    for number in 1..=COMMITS {
        let task_id = i32::try_from(number).unwrap_or_default();
        let commit = Commit {
            tasks_closed: vec![number],
            tasks_opened: vec![activity(number + 1, "a", task_id)],
            ..instance_commit(stepped("a", 10, number))
        };
        store.commit(commit).await?;
        // The commit before it has returned must be visible to a read that begins now.
        let LoadedBody::Orchestration(row) = store.load(&id("a")).await?.body else {
            return holds("an orchestration must be loaded", false);
        };
        same("rows after a commit", &row.step.history.rows, &number)?;
    }
    Ok(())
}

async fn read_steps(store: &dyn Store) -> Outcome {
    let mut last = 0;
    for _ in 0..COMMITS * 2 {
        let LoadedBody::Orchestration(row) = store.load(&id("a")).await?.body else {
            return holds("an orchestration must be loaded", false);
        };
        let rows = row.step.history.rows;
        let tasks: Vec<u64> = row.tasks.iter().map(|task| task.id).collect();
        same("open tasks of a step", &tasks, &vec![rows + 1])?;
        holds("reads must not go back in time", rows >= last)?;
        last = rows;
    }
    Ok(())
}

async fn opening_again(store: &dyn Store) -> Outcome {
    store.commit(Commit::default()).await?;
    let mut commit = Commit {
        messages_added: vec![message(41, "a")],
        timers_opened: vec![timer(42, "a", 0, 9)],
        tasks_opened: vec![activity(40, "a", 1)],
        ..instance_commit(created("a", 10))
    };
    if store.capabilities().stream_chunks {
        commit.stream_chunks = vec![StreamChunk {
            instance: id("a"),
            number: 0,
            data: noise(1, 20),
        }];
    }
    store.commit(commit).await?;
    let before = store.load(&id("a")).await?;
    let opened = store.open().await?;
    holds("next_id must be above every id", opened.next_id > 42)?;
    same("the instance", &store.load(&id("a")).await?, &before)?;
    let sender = Some(id("b"));
    let row = Arc::new(crate::store::MessageRow {
        sender,
        ..message(opened.next_id, "a")
    });
    let commit = Commit {
        messages_added: vec![(*row).clone()],
        ..Commit::default()
    };
    store.commit(commit).await?;
    let messages = store.load(&id("a")).await?.messages;
    same(
        "messages",
        &messages,
        &vec![message(41, "a"), (*row).clone()],
    )
}
