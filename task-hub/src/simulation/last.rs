//! What has to hold when nothing more will happen.

use durable_task::wire::proto::HistoryEvent;
use prost::Message as _;

use super::code;
use super::disk::Disk;
use super::ledger::{self, Entry};
use super::world::{Promises, World};
use crate::engine::decode_chunk;

/// Checks what is durable at the end.
pub(super) fn check(world: &World) {
    let disk = &world.disk;
    let problem = open_work(disk)
        .or_else(|| accounts(disk))
        .or_else(|| world.promises(|promises| kept(disk, promises)));
    if let Some(problem) = problem {
        world.core.violated(|| problem);
    }
}

/// Whether work is left that nobody waits for.
pub(super) fn open_work(disk: &Disk) -> Option<String> {
    let open = disk
        .instances()
        .into_iter()
        .find(|state| !state.status.is_terminal());
    if let Some(state) = open {
        return Some(format!("`{}` is stuck: {state:?}", state.instance_id));
    }
    if let Some(target) = disk.message_targets().first() {
        return Some(format!("messages for `{target}` are left"));
    }
    if let Some(task) = disk.open_activities().first() {
        return Some(format!(
            "activity {} of `{}` is left",
            task.task_id, task.instance
        ));
    }
    let timer = disk.timers().into_iter().next()?;
    Some(format!("a timer of `{}` is left", timer.target))
}

/// Money is neither made nor lost, and nothing is locked.
fn accounts(disk: &Disk) -> Option<String> {
    let mut sum = 0;
    for number in 0..code::LEDGERS {
        let book = disk.entity(&code::ledger(number).ok()?);
        if book.is_some_and(|book| book.locked_by.is_some() || book.backlog > 0) {
            return Some(format!("ledger {number} is left locked, or with work"));
        }
    }
    for number in 0..code::ACCOUNTS {
        let id = code::account(number).ok()?;
        let Some(account) = disk.entity(&id) else {
            continue;
        };
        if account.locked_by.is_some() || account.backlog > 0 {
            return Some(format!("an account is left so: {account:?}"));
        }
        sum += account
            .state
            .and_then(|state| state.parse::<i64>().ok())
            .unwrap_or(0);
    }
    (sum != 0).then(|| format!("the accounts sum up to {sum}"))
}

/// What was acknowledged has happened.
fn kept(disk: &Disk, promises: &Promises) -> Option<String> {
    for (id, number) in &promises.events {
        // What others did with their events can be seen in their outputs.
        if disk
            .instance(id)
            .is_none_or(|state| state.name != "collect")
        {
            continue;
        }
        let times = disk.oracle().attempts(id, *number);
        if times.is_empty() {
            return Some(format!("event {number} of `{id}` is in no history"));
        }
        if times.iter().any(|times| *times > 1) {
            return Some(format!("event {number} of `{id}` is in its history twice"));
        }
    }
    let mut written = Vec::new();
    for number in 0..code::LEDGERS {
        let state = disk
            .entity(&code::ledger(number).ok()?)
            .and_then(|book| book.state);
        written.extend(ledger::entries(state.as_deref()));
    }
    let lost = promises
        .entries
        .iter()
        .find(|entry| !written.contains(entry))?;
    let entry = Entry::parse(lost);
    Some(format!("the ledgers don't have {lost}: {entry:?}"))
}

/// What is known of each instance that has not ended.
pub(super) fn open_instances(disk: &Disk) -> Vec<String> {
    let mut lines = Vec::new();
    let instances = disk.instances().into_iter();
    for state in instances.filter(|state| !state.status.is_terminal()) {
        let loaded = disk.load(&state.instance_id);
        lines.push(format!("open: `{}`: {:?}", state.instance_id, loaded.body));
        for chunk in disk.chunks(&state.instance_id) {
            for event in decode_chunk(&chunk).unwrap_or_default() {
                lines.push(format!(
                    "  history: {} {:?}",
                    event.event_id, event.event_type
                ));
            }
        }
        for message in loaded.messages {
            let event = HistoryEvent::decode(message.event.as_slice()).unwrap_or_default();
            lines.push(format!("  message {}: {:?}", message.id, event.event_type));
        }
    }
    lines
}
