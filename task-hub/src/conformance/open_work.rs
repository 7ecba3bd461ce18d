//! What a hub finds to do: messages, activities, timers, parked instances.

use std::sync::Arc;

use durable_task::{InstanceId, Timestamp};

use super::rows::{
    activity, at, child, created, delayed, execution, id, instance_commit, message, noise, step,
    stepped, timer,
};
use super::{Calls, Outcome, Run, same};
use crate::store::{Commit, InstanceWrite, LoadedBody, MessageRow, Store, TaskRow, TimerRow};

pub(super) const THEMES: [(&str, Run); 5] = [
    ("messages come back in the order of their ids", |store| {
        Box::pin(messages_in_order(store))
    }),
    ("targets of messages are listed in windows", |store| {
        Box::pin(targets(store))
    }),
    ("open activities are listed in windows", |store| {
        Box::pin(activities(store))
    }),
    ("timers are listed in windows, by time", |store| {
        Box::pin(timers(store))
    }),
    ("parked instances are listed in windows", |store| {
        Box::pin(parked(store))
    }),
];

async fn messages_in_order(store: &dyn Store) -> Outcome {
    let full = MessageRow {
        id: 30,
        target: id("a"),
        execution: Some(execution("execution-7")),
        sender: Some(id("@entity@sender")),
        event: noise(3, 500),
    };
    // Ids order messages, not the time of their commit nor their place in it.
    let commit = Commit {
        messages_added: vec![full.clone(), message(50, "a"), message(20, "b")],
        ..Commit::default()
    };
    store.commit(commit).await?;
    let commit = Commit {
        messages_added: vec![message(40, "a"), message(10, "a")],
        ..Commit::default()
    };
    store.commit(commit).await?;
    let loaded = store.load(&id("a")).await?;
    same("a target without row", &loaded.body, &LoadedBody::Absent)?;
    let expected = vec![message(10, "a"), full, message(40, "a"), message(50, "a")];
    same("messages", &loaded.messages, &expected)?;

    let commit = Commit {
        messages_removed: vec![30, 10],
        messages_added: vec![message(60, "a")],
        ..Commit::default()
    };
    store.commit(commit).await?;
    let loaded = store.load(&id("a")).await?;
    let expected = vec![message(40, "a"), message(50, "a"), message(60, "a")];
    same("messages that are left", &loaded.messages, &expected)?;
    let loaded = store.load(&id("b")).await?;
    same(
        "messages of another",
        &loaded.messages,
        &vec![message(20, "b")],
    )
}

async fn targets(store: &dyn Store) -> Outcome {
    let names = ["@counter@z", "a", "a-b", "B", "é"];
    let mut commit = Commit::default();
    for (number, name) in (1..).zip(names.into_iter().cycle().take(20)) {
        commit.messages_added.push(message(number, name));
    }
    store.commit(commit).await?;
    let mut expected: Vec<InstanceId> = names.map(id).into();
    expected.sort();
    let (mut found, mut after) = (Vec::new(), None);
    let mut calls = Calls::default();
    loop {
        calls.another()?;
        let window = store.message_targets(after.as_ref(), 2).await?;
        match window.last() {
            None => break,
            Some(last) => after = Some(last.clone()),
        }
        found.extend(window);
    }
    same("targets", &found, &expected)?;
    let none = store.message_targets(None, 0).await?;
    same("a window of none", &none, &Vec::new())?;
    let commit = Commit {
        messages_removed: (1..=20).filter(|number| number % 5 != 2).collect(),
        ..Commit::default()
    };
    store.commit(commit).await?;
    let left = store.message_targets(None, 10).await?;
    same("targets that are left", &left, &vec![id("a")])
}

async fn activities(store: &dyn Store) -> Outcome {
    for instance in ["a", "b"] {
        store.commit(instance_commit(created(instance, 10))).await?;
    }
    let rows: Vec<Arc<TaskRow>> = (1..=9)
        .map(|number| match number % 3 {
            0 => child(number, "a", 3, "a-child"),
            1 => activity(number, "a", 1),
            _ => activity(number, "b", 2),
        })
        .collect();
    for instance in ["a", "b"] {
        let own = rows.iter().filter(|row| row.instance.as_str() == instance);
        let commit = Commit {
            tasks_opened: own.cloned().collect(),
            ..instance_commit(stepped(instance, 10, 1))
        };
        store.commit(commit).await?;
    }
    let expected: Vec<TaskRow> = rows
        .iter()
        .filter(|row| row.id % 3 != 0)
        .map(|row| (**row).clone())
        .collect();
    let (mut found, mut after) = (Vec::new(), 0);
    let mut calls = Calls::default();
    loop {
        calls.another()?;
        let window = store.open_activities(after, 2).await?;
        match window.last() {
            None => break,
            Some(last) => after = last.id,
        }
        found.extend(window);
    }
    same("activities", &found, &expected)?;
    let commit = Commit {
        tasks_closed: vec![1, 2, 3, 4, 5, 7],
        ..Commit::default()
    };
    store.commit(commit).await?;
    let left = store.open_activities(0, 10).await?;
    let left: Vec<u64> = left.into_iter().map(|task| task.id).collect();
    same("activities that are left", &left, &vec![8])
}

async fn timers(store: &dyn Store) -> Outcome {
    // By time, then id; also before 1970, and at the same time.
    let mut rows = vec![
        timer(9, "a", 1, 100),
        delayed(8, "@counter@x", 100),
        timer(7, "b", 1, 300),
        delayed(6, "c", -5),
        timer(5, "a", 2, 200),
        timer(4, "a", 3, 100),
    ];
    let commit = Commit {
        timers_opened: rows.clone(),
        ..Commit::default()
    };
    store.commit(commit).await?;
    rows.sort_by_key(place);
    for limit in [1, 2, 4, 10] {
        let (mut found, mut after) = (Vec::new(), None);
        let mut calls = Calls::default();
        loop {
            calls.another()?;
            let window = store.timers(after, limit).await?;
            match window.last() {
                None => break,
                Some(last) => after = Some(place(last)),
            }
            found.extend(window);
        }
        same("timers", &found, &rows)?;
    }
    let commit = Commit {
        timers_closed: vec![6, 4, 5],
        timers_opened: vec![timer(10, "d", 1, 250)],
        ..Commit::default()
    };
    store.commit(commit).await?;
    let left = store.timers(Some((at(100), 8)), 10).await?;
    let left: Vec<u64> = left.into_iter().map(|timer| timer.id).collect();
    same("timers that are left", &left, &vec![9, 10, 7])
}

fn place(timer: &TimerRow) -> (Timestamp, u64) {
    (timer.fire_at, timer.id)
}

async fn parked(store: &dyn Store) -> Outcome {
    for number in 0..6 {
        let mut write = created(&format!("instance-{number}"), 10);
        write.step.parked = number % 2 == 0;
        store.commit(instance_commit(write)).await?;
    }
    let first = store.parked(None, 2).await?;
    same(
        "the first",
        &first,
        &vec![id("instance-0"), id("instance-2")],
    )?;
    let rest = store.parked(first.last(), 2).await?;
    same("the rest", &rest, &vec![id("instance-4")])?;
    // One goes on, another is parked.
    for (number, parked) in [(2, false), (3, true)] {
        let name = format!("instance-{number}");
        let mut write = InstanceWrite {
            step: step(durable_task::Status::Running, 12, 0),
            ..stepped(&name, 10, 0)
        };
        write.step.parked = parked;
        store.commit(instance_commit(write)).await?;
    }
    let all = store.parked(None, 10).await?;
    let expected = ["instance-0", "instance-3", "instance-4"].map(id);
    same("after a change", &all, &expected.to_vec())
}
