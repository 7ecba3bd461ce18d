//! Work items that wait to be written to a stream: they are in memory as long as its worker does
//! not read.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use durable_task::{WorkItem, WorkRequest};
use prost::Message as _;

/// A stream on which more bytes wait gets nothing more.
pub(super) const STREAM_UNREAD_BYTES_MAX: usize = 8 * 1024 * 1024;
/// When more bytes wait on all streams, those on which something waits get nothing more.
pub(super) const UNREAD_BYTES_MAX: usize = 256 * 1024 * 1024;

/// How much waits on one stream, and on all. A stream on which nothing waits always takes an item.
#[derive(Debug)]
pub(super) struct Unread {
    bytes: AtomicUsize,
    of_all: Arc<AtomicUsize>,
    /// Whether the hub has been told that there is no room.
    is_full: AtomicBool,
}

impl Unread {
    pub(super) fn new(of_all: &Arc<AtomicUsize>) -> Self {
        Self {
            bytes: AtomicUsize::new(0),
            of_all: Arc::clone(of_all),
            is_full: AtomicBool::new(false),
        }
    }

    /// Whether another item may wait here.
    pub(super) fn has_room(&self) -> bool {
        // First the remark: an item that is taken out in between is then noticed by `remove`.
        self.is_full.store(true, Ordering::SeqCst);
        let bytes = self.bytes.load(Ordering::SeqCst);
        let has_room = bytes == 0
            || bytes < STREAM_UNREAD_BYTES_MAX
                && self.of_all.load(Ordering::SeqCst) < UNREAD_BYTES_MAX;
        if has_room {
            self.is_full.store(false, Ordering::SeqCst);
        }
        has_room
    }

    /// An item waits.
    pub(super) fn add(&self, bytes: usize) {
        self.bytes.fetch_add(bytes, Ordering::SeqCst);
        self.of_all.fetch_add(bytes, Ordering::SeqCst);
    }

    /// It does not any more. Returns whether the hub has to be told that there is room.
    pub(super) fn remove(&self, bytes: usize) -> bool {
        self.bytes.fetch_sub(bytes, Ordering::SeqCst);
        self.of_all.fetch_sub(bytes, Ordering::SeqCst);
        self.is_full.swap(false, Ordering::SeqCst)
    }
}

impl Drop for Unread {
    fn drop(&mut self) {
        let left = self.bytes.load(Ordering::SeqCst);
        self.of_all.fetch_sub(left, Ordering::SeqCst);
    }
}

/// About how much memory an item takes.
pub(super) fn bytes(item: &WorkItem) -> usize {
    let payload = match &item.request {
        WorkRequest::Orchestrator { request, .. } => request.encoded_len(),
        WorkRequest::Activity(request) => request.encoded_len(),
        WorkRequest::Entity { request, .. } => request.encoded_len(),
    };
    // Never nothing: what waits has to be seen.
    payload.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_is_full_until_something_is_taken_out() {
        let all = Arc::default();
        let unread = Unread::new(&all);
        assert!(unread.has_room());
        unread.add(STREAM_UNREAD_BYTES_MAX - 1);
        assert!(unread.has_room());
        unread.add(10);
        assert!(!unread.has_room());
        assert!(unread.remove(10), "the hub has to be told");
        assert!(!unread.remove(10), "once");
        assert!(unread.has_room());
        drop(unread);
        assert_eq!(all.load(Ordering::SeqCst), 0);
    }

    #[test]
    fn all_streams_together_are_bounded_and_an_empty_one_takes_an_item() {
        let all = Arc::default();
        let count = UNREAD_BYTES_MAX / STREAM_UNREAD_BYTES_MAX;
        let full: Vec<Unread> = (0..count).map(|_| Unread::new(&all)).collect();
        for unread in &full {
            unread.add(STREAM_UNREAD_BYTES_MAX);
        }
        let another = Unread::new(&all);
        assert!(another.has_room());
        another.add(1);
        assert!(!another.has_room());
        drop(full);
        assert!(another.has_room());
    }
}
