//! What sweeps need: instances in the order of their ends, and removing everything.

use std::sync::Arc;

use durable_task::{EntityFilter, Fetch, InstanceFilter, Status};

use super::rows::{
    activity, at, created, delayed, ended, entity, entity_commit, history_row, id, instance_commit,
    message, step,
};
use super::{Outcome, Run, holds, same};
use crate::store::{
    Commit, End, EndedRow, HistoryPage, Identity, InstanceChange, InstanceWrite, LoadedBody, Store,
};

pub(super) const THEMES: [(&str, Run); 3] = [
    ("ended instances are listed by their ends", |store| {
        Box::pin(by_end(store))
    }),
    ("a rewound instance has not ended", |store| {
        Box::pin(rewound(store))
    }),
    ("clearing leaves nothing", |store| Box::pin(clearing(store))),
];

async fn by_end(store: &dyn Store) -> Outcome {
    let mut expected = Vec::new();
    for (name, completed_at) in [("d", 50), ("b", 70), ("a", 50), ("c", 60), ("e", 50)] {
        store.commit(instance_commit(created(name, 10))).await?;
        store
            .commit(instance_commit(ended(name, 10, completed_at)))
            .await?;
        expected.push(EndedRow {
            instance: id(name),
            name: "Order".to_owned(),
            status: Status::Completed,
            completed_at: at(completed_at),
        });
    }
    store.commit(instance_commit(created("running", 5))).await?;
    expected.sort_by_key(|row| (row.completed_at, row.instance.clone()));
    for limit in [1, 2, 3, 10] {
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let rows = store.ended(after.clone(), limit).await?;
            holds("no more than asked for", rows.len() <= limit)?;
            let Some(last) = rows.last() else { break };
            after = Some((last.completed_at, last.instance.clone()));
            found.extend(rows);
            holds("a listing must end", found.len() <= expected.len())?;
        }
        same("ended instances", &found, &expected)?;
    }
    Ok(())
}

async fn rewound(store: &dyn Store) -> Outcome {
    let write = InstanceWrite {
        input: Some("1".to_owned()),
        history: Some(history_row(0, 50)),
        ..created("a", 10)
    };
    store.commit(instance_commit(write)).await?;
    let failed = InstanceWrite {
        step: step(Status::Failed, 20, 1),
        end: Some(End {
            completed_at: at(20),
            output: Some("\"no\"".repeat(10_000)),
            failure: Some(super::rows::failure()),
        }),
        ..ended("a", 10, 20)
    };
    store.commit(instance_commit(failed)).await?;
    let again = InstanceWrite {
        change: InstanceChange::Restart,
        input: Some("1".to_owned()),
        history: Some(history_row(0, 70)),
        step: step(Status::Running, 30, 1),
        ..created("a", 10)
    };
    store.commit(instance_commit(again)).await?;
    let state = store.instance(&id("a"), Fetch::Payloads).await?;
    let end = state.map(|state| {
        let failed = state.failure.is_some();
        (
            state.status,
            state.input,
            state.output,
            failed,
            state.completed_at,
        )
    });
    let expected = (Status::Running, Some("1".to_owned()), None, false, None);
    same("a rewound instance", &end, &Some(expected))?;
    same(
        "ended instances",
        &store.ended(None, 10).await?,
        &Vec::new(),
    )?;
    let page = store.history(&id("a"), None, 0, 1_000).await?;
    let events = vec![history_row(0, 70).events];
    same("its history", &page.chunks, &events)?;
    // Its parent goes on as another execution, too.
    let mut adopted = super::rows::identity("a", 10);
    adopted.parent = Some(super::rows::parent("parent-2"));
    let stepped = InstanceWrite {
        identity: Arc::new(adopted.clone()),
        change: InstanceChange::Step,
        step: step(Status::Running, 40, 1),
        ..created("a", 10)
    };
    store.commit(instance_commit(stepped)).await?;
    let found = match store.load(&id("a")).await?.body {
        LoadedBody::Orchestration(row) => row.identity.parent,
        _ => None,
    };
    same("its parent", &found, &adopted.parent)
}

async fn clearing(store: &dyn Store) -> Outcome {
    let large = InstanceWrite {
        identity: Arc::new(Identity {
            version_by_hub: true,
            ..super::rows::identity("a", 10)
        }),
        input: Some("\"large\"".repeat(10_000)),
        history: Some(history_row(0, 40_000)),
        ..created("a", 10)
    };
    let commit = Commit {
        tasks_opened: vec![activity(1, "a", 0)],
        timers_opened: vec![delayed(2, "a", 60)],
        messages_added: vec![message(3, "a"), message(4, "@c@k")],
        ..instance_commit(large.clone())
    };
    store.commit(commit).await?;
    store
        .commit(entity_commit(entity("@c@k", None, "1", 5)))
        .await?;
    for _ in 0..2 {
        store.clear().await?;
        let page = store
            .query(&InstanceFilter::default(), Fetch::Metadata, 10, None)
            .await?;
        same("instances", &page.items, &Vec::new())?;
        let transient = EntityFilter {
            include_transient: true,
            ..EntityFilter::default()
        };
        let page = store.entities(&transient, false, 10, None).await?;
        same("entities", &page.items, &Vec::new())?;
        same("tasks", &store.open_activities(0, 10).await?, &Vec::new())?;
        same("timers", &store.timers(None, 10).await?, &Vec::new())?;
        same(
            "targets",
            &store.message_targets(None, 10).await?,
            &Vec::new(),
        )?;
        let history = store.history(&id("a"), None, 0, 1_000).await?;
        same("a history", &history, &HistoryPage::default())?;
        let loaded = store.load(&id("a")).await?;
        same("an instance", &loaded.body, &LoadedBody::Absent)?;
    }
    // The ids can be used again.
    store.commit(instance_commit(large)).await?;
    let loaded = store.load(&id("a")).await?;
    holds("it is there again", loaded.body != LoadedBody::Absent)
}
