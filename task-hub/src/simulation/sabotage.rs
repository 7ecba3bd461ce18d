//! What the deliberate bugs of the disk do.

use std::sync::Arc;

use durable_task::{InstanceId, InstanceState, Page};
use futures_util::FutureExt as _;

use super::bug::{self, Bug};
use super::disk::Disk;
use crate::store::memory::MemoryStore;
use crate::store::{Commit, InstanceChange, Store as _};

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

/// A page that is not the first one has an item less.
pub(super) fn skip(page: &mut Page<InstanceState>, is_first: bool) {
    if bug::has(Bug::PageSkips) && !is_first && !page.items.is_empty() {
        page.items.remove(0);
    }
}
