//! What the deliberate bugs of the disk do.

use std::sync::Arc;

use durable_task::InstanceId;
use durable_task::wire::proto::HistoryChunk;
use durable_task::wire::proto::history_event::EventType;
use futures_util::FutureExt as _;
use prost::Message as _;

use super::bug::{self, Bug};
use super::disk::Disk;
use super::executor::Core;
use crate::store::memory::MemoryStore;
use crate::store::{Commit, InstanceChange, Store as _};

/// One in so many chances is taken.
const ONE_IN: u64 = 3;

/// Changes a commit on its way to the disk.
pub(super) fn change(core: &Core, commit: &mut Commit) {
    let taken = || core.random(|random| random.one_in(ONE_IN));
    if bug::has(Bug::MessageAppliedTwice) {
        commit.messages_removed.retain(|_| !taken());
    }
    if bug::has(Bug::FinishedAgain) {
        commit.tasks_closed.retain(|_| !taken());
    }
    if bug::has(Bug::SecondEnd) {
        for write in commit
            .instances
            .iter_mut()
            .filter(|write| write.end.is_some())
        {
            if let Some(row) = &mut write.history {
                row.events = with_second_end(&row.events);
            }
        }
    }
}

fn with_second_end(events: &[u8]) -> Vec<u8> {
    let mut chunk = HistoryChunk::decode(events).unwrap_or_default();
    let end = chunk
        .events
        .iter()
        .find(|event| matches!(event.event_type, Some(EventType::ExecutionCompleted(_))));
    let end = end.cloned();
    chunk.events.extend(end);
    chunk.encode_to_vec()
}

/// Takes a row of a history away after a later one was written.
pub(super) fn truncate(disk: &Disk, commit: &[(InstanceId, InstanceChange)]) {
    if !bug::has(Bug::HistoryTruncated) {
        return;
    }
    for (id, change) in commit {
        if *change == InstanceChange::Step {
            disk.memory().forget_first_history_row(id);
        }
    }
}

/// A message that was durable is gone.
pub(super) fn lose_message(disk: &Disk) {
    let waiting = disk
        .message_targets()
        .into_iter()
        .flat_map(|id| disk.load(&id).messages)
        .next();
    if let Some(message) = waiting {
        disk.tamper(Commit {
            messages_removed: vec![message.id],
            ..Commit::default()
        });
    }
}

/// What will be durable if the present commit becomes so.
pub(super) fn ahead(disk: &Disk, writing: Option<Commit>) -> Arc<MemoryStore> {
    let ahead = disk.memory().after_crash();
    if let Some(commit) = writing {
        // Refused: then nothing is ahead.
        let _ = ahead.commit(commit).now_or_never();
    }
    Arc::new(ahead)
}
