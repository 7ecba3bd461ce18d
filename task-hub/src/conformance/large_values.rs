//! Values of any size, wherever users can put one.

use std::sync::Arc;

use durable_task::wire::proto::ActivityRequest;
use durable_task::{Fetch, Status};

use super::rows::{
    activity, at, created, delayed, id, identity, instance_commit, message, noise, step,
};
use super::{Calls, Outcome, Problem, Run, holds, same};
use crate::store::{
    Commit, End, Identity, InstanceChange, InstanceWrite, MessageRow, Store, TaskKind, TaskRow,
    TimerRow,
};

/// Around the sizes at which stores change how they keep a value.
const SIZES: [usize; 6] = [0, 32_768, 32_769, 65_537, 250_000, 2_000_000];

pub(super) const THEMES: [(&str, Run); 2] = [
    (
        "inputs, outputs and statuses of any size come back",
        |store| Box::pin(of_instances(store)),
    ),
    (
        "messages, requests and timers of any size come back",
        |store| Box::pin(of_open_work(store)),
    ),
];

/// A JSON text whose characters have two bytes.
fn text(seed: u8, bytes: usize) -> String {
    let character = char::from(0xC0 + seed % 32);
    format!("\"{}\"", String::from(character).repeat(bytes / 2))
}

async fn of_instances(store: &dyn Store) -> Outcome {
    for bytes in SIZES {
        let name = format!("instance-{bytes}");
        let create = InstanceWrite {
            input: Some(text(1, bytes)),
            ..created(&name, 10)
        };
        store.commit(instance_commit(create)).await?;
        expect(store, &name, Some(text(1, bytes)), None).await?;
        let mut next = step(Status::Running, 12, 1);
        next.custom_status = Some(Arc::from(text(2, bytes)));
        let restart = InstanceWrite {
            identity: Arc::new(Identity {
                generation: 1,
                ..identity(&name, 10)
            }),
            change: InstanceChange::Restart,
            input: Some(text(3, bytes)),
            step: next.clone(),
            ..created(&name, 10)
        };
        store.commit(instance_commit(restart)).await?;
        expect(store, &name, Some(text(3, bytes)), None).await?;
        next.status = Status::Completed;
        let end = InstanceWrite {
            change: InstanceChange::Step,
            step: next,
            end: Some(End {
                completed_at: at(20),
                output: Some(text(4, bytes)),
                failure: None,
            }),
            ..created(&name, 10)
        };
        store.commit(instance_commit(end)).await?;
        expect(store, &name, Some(text(3, bytes)), Some(text(4, bytes))).await?;
        let state = store.instance(&id(&name), Fetch::Metadata).await?;
        let status = state.and_then(|state| state.custom_status);
        holds(
            "the custom status must come back",
            status == Some(text(2, bytes)),
        )?;
    }
    let filter = durable_task::InstanceFilter::default();
    let mut token = None::<String>;
    let mut lengths = Vec::new();
    let mut calls = Calls::default();
    loop {
        calls.another()?;
        let page = store
            .query(&filter, Fetch::Payloads, 4, token.as_deref())
            .await?;
        for state in page.items {
            let output = state.output.as_ref().map_or(0, String::len);
            same(
                "input and output",
                &state.input.map(|input| input.len()),
                &Some(output),
            )?;
            lengths.push(output);
        }
        match page.next {
            Some(next) => token = Some(next),
            None => break,
        }
    }
    same("listed instances", &lengths.len(), &SIZES.len())
}

async fn expect(
    store: &dyn Store,
    name: &str,
    input: Option<String>,
    output: Option<String>,
) -> Outcome {
    let state = store.instance(&id(name), Fetch::Payloads).await?;
    let state = state.ok_or_else(|| Problem(format!("instance `{name}` must be there")))?;
    holds("the input must come back", state.input == input)?;
    holds("the output must come back", state.output == output)
}

async fn of_open_work(store: &dyn Store) -> Outcome {
    store.commit(instance_commit(created("a", 10))).await?;
    let mut commit = Commit::default();
    for (number, bytes) in (1..).zip(SIZES) {
        commit.messages_added.push(MessageRow {
            event: noise(number, bytes),
            ..message(number, "a")
        });
        commit.tasks_opened.push(Arc::new(TaskRow {
            kind: TaskKind::Activity(ActivityRequest {
                name: "Large".to_owned(),
                input: Some(text(5, bytes)),
                ..ActivityRequest::default()
            }),
            ..(*activity(100 + number, "a", 0)).clone()
        }));
        commit.timers_opened.push(TimerRow {
            event: Some(noise(number, bytes)),
            ..delayed(200 + number, "a", 5)
        });
    }
    store.commit(commit.clone()).await?;
    expect_open(store, &commit).await?;

    // Half of each goes, the rest stays.
    let odd = |number: &u64| number % 2 == 1;
    let gone = Commit {
        messages_removed: (1..=6).filter(odd).collect(),
        tasks_closed: (101..=106).filter(odd).collect(),
        timers_closed: (201..=206).filter(odd).collect(),
        ..Commit::default()
    };
    store.commit(gone).await?;
    commit.messages_added.retain(|message| !odd(&message.id));
    commit.tasks_opened.retain(|task| !odd(&task.id));
    commit.timers_opened.retain(|timer| !odd(&timer.id));
    expect_open(store, &commit).await
}

async fn expect_open(store: &dyn Store, expected: &Commit) -> Outcome {
    let messages = store.load(&id("a")).await?.messages;
    holds(
        "messages must come back",
        messages == expected.messages_added,
    )?;
    let tasks = store.open_activities(0, 10).await?;
    let right = tasks
        .iter()
        .eq(expected.tasks_opened.iter().map(|task| &**task));
    holds("requests must come back", right)?;
    let timers = store.timers(None, 10).await?;
    holds("timers must come back", timers == expected.timers_opened)
}
