//! Making a hub empty.

use std::sync::Arc;

use super::Dispatcher;
use super::recovery::Mode;
use super::request::Reply;

impl Dispatcher {
    /// Is asked to remove everything. That begins when no commit is being written.
    pub(super) fn order_clear(&mut self, reply: Reply<()>) {
        // While the store is being opened again the asker learns that the hub is unavailable.
        if !self.mode.is_opening() {
            self.clears.push(reply);
        }
    }

    /// Removes everything, if that was asked for and can begin: what is in memory, what runs, and
    /// what is stored. Ids go on from where they were, so that no late answer meets new work.
    pub(super) fn clear_if_asked(&mut self) {
        let busy = self.writing.is_some() || self.mode.is_draining() || self.mode.is_opening();
        if self.clears.is_empty() || busy {
            return;
        }
        tracing::warn!("the hub is cleared: all instances and entities are removed");
        // What they answered is no longer asked: nothing is lost that they could say again.
        for kept in std::mem::take(&mut self.open.kept) {
            let _ = kept.send(());
        }
        self.forget_all();
        self.activities.forget_running();
        let store = Arc::clone(&self.store);
        self.mode = Mode::Opening(Box::pin(async move {
            store.clear().await?;
            store.open().await
        }));
    }

    /// The store has been opened, perhaps after it was cleared.
    pub(super) fn cleared(&mut self) {
        let replies = std::mem::take(&mut self.clears);
        if replies.is_empty() {
            return;
        }
        self.shared.forget_unreadable();
        for reply in replies {
            // The asker may have gone away.
            let _ = reply.send(Ok(()));
        }
        // Whoever waits for an instance learns that it is gone.
        self.shared.notify_all();
    }
}
