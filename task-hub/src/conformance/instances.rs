//! Rows of instances: create, step, restart, end.

use std::sync::Arc;

use durable_task::{Failure, Fetch, InstanceState, Status};

use super::rows::{
    EXECUTION, activity, at, child, created, ended, execution, failure, full_identity, full_step,
    history_row, id, identity, instance_commit, message, step, stepped, timer,
};
use super::{Outcome, Run, holds, same};
use crate::store::{
    Commit, End, HistoryPage, Identity, InstanceChange, InstanceWrite, LoadedBody, OpenTask,
    OpenTimer, Store, StoreError, StreamChunk,
};

pub(super) const THEMES: [(&str, Run); 6] = [
    ("an instance comes back as it was written", |store| {
        Box::pin(comes_back(store))
    }),
    ("open tasks and timers come with their instance", |store| {
        Box::pin(comes_with_open_work(store))
    }),
    ("creating refuses an id that is taken", |store| {
        Box::pin(refuses_a_taken_id(store))
    }),
    (
        "creating replaces what may be replaced, and leaves nothing of it",
        |store| Box::pin(replaces(store)),
    ),
    (
        "continue-as-new keeps the instance and drops its history",
        |store| Box::pin(restarts(store)),
    ),
    ("an end keeps result and failure", |store| {
        Box::pin(ends(store))
    }),
];

async fn comes_back(store: &dyn Store) -> Outcome {
    let write = InstanceWrite {
        identity: Arc::new(full_identity("full")),
        input: Some("{\"a\": [1, null, \"é\u{1f600}\"] }".to_owned()),
        step: full_step(),
        ..created("full", 10)
    };
    store.commit(instance_commit(write.clone())).await?;
    loads(store, &write.identity, &write).await?;

    let mut state = expected_state(&write);
    let found = store.instance(&id("full"), Fetch::Payloads).await?;
    same("with payloads", &found, &Some(state.clone()))?;
    state.input = None;
    let found = store.instance(&id("full"), Fetch::Metadata).await?;
    same("without payloads", &found, &Some(state))?;

    // A step sets and clears, and leaves what it does not write.
    let write = InstanceWrite {
        change: InstanceChange::Step,
        identity: Arc::new(Identity {
            version: Some("2".to_owned()),
            ..full_identity("full")
        }),
        input: None,
        step: step(Status::Running, 120, 3),
        ..write
    };
    store.commit(instance_commit(write.clone())).await?;
    loads(store, &write.identity, &write).await?;
    let found = store.instance(&id("full"), Fetch::Payloads).await?;
    let input = found.and_then(|state| state.input);
    holds("a step must keep the input", input.is_some())?;

    let absent = store.load(&id("absent")).await?;
    same("an id without rows", &absent.body, &LoadedBody::Absent)?;
    let absent = store.instance(&id("absent"), Fetch::Metadata).await?;
    same("an instance without rows", &absent, &None)
}

async fn loads(store: &dyn Store, identity: &Identity, write: &InstanceWrite) -> Outcome {
    match store.load(&identity.instance_id).await?.body {
        LoadedBody::Orchestration(row) => {
            same("the loaded identity", &row.identity, identity)?;
            same("the loaded step", &row.step, &write.step)
        }
        other => same("the loaded body", &Some(other), &None),
    }
}

fn expected_state(write: &InstanceWrite) -> InstanceState {
    let (identity, step) = (&write.identity, &write.step);
    InstanceState {
        instance_id: identity.instance_id.clone(),
        execution_id: identity.execution_id.clone(),
        name: identity.name.clone(),
        version: identity.version.clone().unwrap_or_default(),
        status: step.status,
        parked: step.parked,
        input: write.input.clone(),
        output: None,
        failure: None,
        custom_status: step.custom_status.as_deref().map(str::to_owned),
        parent: identity.parent_id().map(id),
        tags: identity.tags.clone(),
        created_at: identity.created_at,
        updated_at: step.updated_at,
        completed_at: None,
        scheduled_at: identity.scheduled_at,
    }
}

async fn comes_with_open_work(store: &dyn Store) -> Outcome {
    let commit = Commit {
        tasks_opened: vec![activity(1, "a", 0), child(2, "a", 1, "a-child")],
        timers_opened: vec![timer(3, "a", 2, 500), timer(4, "a", 3, 400)],
        messages_added: vec![message(5, "a")],
        ..instance_commit(created("a", 10))
    };
    store.commit(commit).await?;
    // What belongs to others does not come along.
    let commit = Commit {
        tasks_opened: vec![activity(6, "b", 0)],
        timers_opened: vec![timer(7, "b", 1, 300)],
        messages_added: vec![message(8, "b")],
        ..instance_commit(created("b", 10))
    };
    store.commit(commit).await?;
    expect_open_work(store, [1, 2], [(3, 500), (4, 400)]).await?;

    // Closing a row twice, or one that never was, is no error.
    for _ in 0..2 {
        let commit = Commit {
            tasks_closed: vec![1, 91],
            timers_closed: vec![4, 92],
            messages_removed: vec![5, 93],
            ..Commit::default()
        };
        store.commit(commit).await?;
    }
    let loaded = store.load(&id("a")).await?;
    same("messages", &loaded.messages, &Vec::new())?;
    let commit = Commit {
        tasks_opened: vec![activity(9, "a", 4)],
        timers_opened: vec![timer(10, "a", 5, 600)],
        ..Commit::default()
    };
    store.commit(commit).await?;
    expect_open_work(store, [2, 9], [(3, 500), (10, 600)]).await
}

async fn expect_open_work(store: &dyn Store, tasks: [u64; 2], timers: [(u64, i64); 2]) -> Outcome {
    let loaded = store.load(&id("a")).await?;
    let LoadedBody::Orchestration(row) = loaded.body else {
        return holds("an orchestration must be loaded", false);
    };
    let expected = tasks.map(|number| match number {
        1 => open_task(1, 0, None),
        2 => open_task(2, 1, Some("a-child")),
        _ => open_task(number, 4, None),
    });
    same("open tasks", &row.tasks, &expected.to_vec())?;
    let expected = timers.map(|(number, fire_at)| OpenTimer {
        id: number,
        timer_id: match number {
            3 => 2,
            4 => 3,
            _ => 5,
        },
        fire_at: at(fire_at),
    });
    same("open timers", &row.timers, &expected.to_vec())
}

fn open_task(number: u64, task_id: i32, child: Option<&str>) -> OpenTask {
    OpenTask {
        id: number,
        task_id,
        child: child.map(id),
    }
}

async fn refuses_a_taken_id(store: &dyn Store) -> Outcome {
    let first = InstanceWrite {
        input: Some("1".to_owned()),
        ..created("a", 10)
    };
    store.commit(instance_commit(first)).await?;
    let before = store.instance(&id("a"), Fetch::Payloads).await?;
    for replace in [
        vec![],
        vec![Status::Completed, Status::Failed, Status::Terminated],
    ] {
        let second = InstanceWrite {
            change: InstanceChange::Create { replace },
            input: Some("2".to_owned()),
            ..created("a", 20)
        };
        let refused = store.commit(instance_commit(second)).await;
        let conflict = StoreError::Conflict { instance: id("a") };
        same("a second create", &refused, &Err(conflict))?;
        let after = store.instance(&id("a"), Fetch::Payloads).await?;
        same("the first instance", &after, &before)?;
    }
    // An id differs from another by any character, also by its case.
    store.commit(instance_commit(created("A", 10))).await?;
    store.commit(instance_commit(created("a ", 10))).await?;
    Ok(())
}

async fn replaces(store: &dyn Store) -> Outcome {
    let old = InstanceWrite {
        identity: Arc::new(full_identity("a")),
        history: Some(history_row(0, 50)),
        input: Some("\"old\"".to_owned()),
        ..created("a", 10)
    };
    let mut commit = Commit {
        tasks_opened: vec![activity(1, "a", 0)],
        timers_opened: vec![timer(2, "a", 1, 50)],
        messages_added: vec![message(3, "a")],
        ..instance_commit(old)
    };
    if store.capabilities().stream_chunks {
        commit.stream_chunks = vec![StreamChunk {
            instance: id("a"),
            number: 0,
            data: b"old".to_vec(),
        }];
    }
    store.commit(commit).await?;
    let end = InstanceWrite {
        identity: Arc::new(full_identity("a")),
        ..ended("a", 10, 30)
    };
    store.commit(instance_commit(end)).await?;

    let new = InstanceWrite {
        change: InstanceChange::Create {
            replace: vec![Status::Failed, Status::Completed],
        },
        step: step(Status::Pending, 40, 0),
        ..created("a", 40)
    };
    store.commit(instance_commit(new.clone())).await?;
    let found = store.instance(&id("a"), Fetch::Payloads).await?;
    same("the new instance", &found, &Some(expected_state(&new)))?;
    leaves_nothing_open(store).await?;
    let history = store.history(&id("a"), None, 0, 1_000).await?;
    same("history", &history, &HistoryPage::default())?;
    if store.capabilities().stream_chunks {
        let chunks = store.stream_chunks(&id("a"), 0, 10).await?;
        same("stream chunks", &chunks, &Vec::new())?;
    }
    Ok(())
}

async fn leaves_nothing_open(store: &dyn Store) -> Outcome {
    let loaded = store.load(&id("a")).await?;
    same("messages", &loaded.messages, &Vec::new())?;
    let targets = store.message_targets(None, 10).await?;
    same("message targets", &targets, &Vec::new())?;
    let activities = store.open_activities(0, 10).await?;
    same("open activities", &activities, &Vec::new())?;
    let timers = store.timers(None, 10).await?;
    same("timers", &timers, &Vec::new())
}

async fn restarts(store: &dyn Store) -> Outcome {
    let first = InstanceWrite {
        history: Some(history_row(0, 60)),
        input: Some("\"first\"".to_owned()),
        step: step(Status::Running, 10, 1),
        ..created("a", 10)
    };
    let commit = Commit {
        tasks_opened: vec![activity(1, "a", 0)],
        messages_added: vec![message(2, "a")],
        ..instance_commit(first)
    };
    store.commit(commit).await?;
    store.commit(instance_commit(stepped("a", 10, 2))).await?;

    let second = InstanceWrite {
        identity: Arc::new(Identity {
            execution_id: execution("execution-1"),
            generation: 1,
            ..full_identity("a")
        }),
        change: InstanceChange::Restart,
        input: Some("\"second\"".to_owned()),
        history: Some(history_row(0, 70)),
        step: step(Status::Running, 20, 1),
        end: None,
    };
    let commit = Commit {
        tasks_closed: vec![1],
        ..instance_commit(second.clone())
    };
    store.commit(commit).await?;

    let found = store.instance(&id("a"), Fetch::Payloads).await?;
    same("the new execution", &found, &Some(expected_state(&second)))?;
    loads(store, &second.identity, &second).await?;
    let current = store.history(&id("a"), None, 0, 1_000_000).await?;
    same(
        "its history",
        &current.chunks,
        &vec![history_row(0, 70).events],
    )?;
    let earlier = execution(EXECUTION);
    let earlier = store.history(&id("a"), Some(&earlier), 0, 1_000).await?;
    same("the earlier history", &earlier, &HistoryPage::default())?;
    // Messages for no execution in particular wait on.
    let messages = store.load(&id("a")).await?.messages;
    same("messages", &messages, &vec![message(2, "a")])
}

async fn ends(store: &dyn Store) -> Outcome {
    store.commit(instance_commit(created("a", 10))).await?;
    store.commit(instance_commit(ended("a", 10, 30))).await?;
    let state = store.instance(&id("a"), Fetch::Payloads).await?;
    let seen = state.map(|state| (state.status, state.completed_at, state.output));
    let expected = (Status::Completed, Some(at(30)), Some("\"done\"".to_owned()));
    same("a completed instance", &seen, &Some(expected))?;

    // Created and ended in one commit.
    let failed = InstanceWrite {
        identity: Arc::new(identity("b", 10)),
        step: step(Status::Failed, 12, 0),
        end: Some(End {
            completed_at: at(12),
            output: None,
            failure: Some(failure()),
        }),
        ..created("b", 10)
    };
    store.commit(instance_commit(failed)).await?;
    let state = store.instance(&id("b"), Fetch::Metadata).await?;
    let seen = state.map(|state| {
        (
            state.status,
            state.completed_at,
            state.output,
            state.failure,
        )
    });
    let expected = (
        Status::Failed,
        Some(at(12)),
        None,
        Some(Failure::from(failure())),
    );
    same("a failed instance", &seen, &Some(expected))?;

    // A step after the end, which the engine may take to note that it was seen, keeps the end.
    let after = InstanceWrite {
        end: None,
        ..ended("a", 10, 31)
    };
    store.commit(instance_commit(after)).await?;
    let state = store.instance(&id("a"), Fetch::Payloads).await?;
    let seen = state.map(|state| (state.completed_at, state.output));
    let expected = (Some(at(30)), Some("\"done\"".to_owned()));
    same("after another step", &seen, &Some(expected))
}
