//! Removing instances.

use std::collections::HashSet;

use durable_task::{
    Client as _, ClientError, Fetch, InstanceFilter, InstanceId, Status, Timestamp,
};
use futures_util::future::join_all;

use super::{HubClient, failed};
use crate::dispatch::request::{Ask, invalid_state};

/// How many instances are purged at once.
const PURGE_AT_ONCE: usize = 100;

impl HubClient {
    pub(super) async fn purge_all(&self, ids: &[InstanceId]) -> Result<u64, ClientError> {
        let mut removed = 0;
        for some in ids.chunks(PURGE_AT_ONCE) {
            let asked = some
                .iter()
                .map(|id| self.ask(id.clone(), |reply| Ask::Purge { reply }));
            for answer in join_all(asked).await {
                match answer {
                    Ok(()) => removed += 1,
                    // Somebody else has removed it.
                    Err(ClientError::NotFound { .. }) => {}
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(removed)
    }

    /// Purges ended instances that a filter selects, until there are none or the time is over.
    /// Returns how many, and whether none is left.
    pub(super) async fn purge_until(
        &self,
        filter: &InstanceFilter,
        deadline: Timestamp,
    ) -> Result<(u64, bool), ClientError> {
        let mut filter = filter.clone();
        if filter.statuses.is_empty() {
            filter.statuses = vec![
                Status::Completed,
                Status::Failed,
                Status::Terminated,
                Status::Canceled,
            ];
        }
        filter.statuses.retain(|status| status.is_terminal());
        if filter.statuses.is_empty() {
            return Ok((0, true));
        }
        let mut removed = 0;
        loop {
            let page = self
                .store
                .query(&filter, Fetch::Metadata, PURGE_AT_ONCE, None)
                .await
                .map_err(failed)?;
            if page.items.is_empty() {
                return Ok((removed, true));
            }
            let ids: Vec<InstanceId> = page.items.into_iter().map(|s| s.instance_id).collect();
            removed += self.purge_all(&ids).await?;
            if self.runtime.now() >= deadline {
                return Ok((removed, page.next.is_none()));
            }
        }
    }

    /// Refuses what runs, before anything of its family is removed.
    pub(super) async fn have_ended(&self, ids: &[InstanceId]) -> Result<(), ClientError> {
        for id in ids {
            let state = self.get(id, Fetch::Metadata).await?;
            if let Some(state) = state.filter(|state| !state.status.is_terminal()) {
                return Err(invalid_state(id, "purged", state.status));
            }
        }
        Ok(())
    }

    /// Its children and theirs, the last ones first: what a failure leaves can still be found from
    /// the first one.
    pub(super) async fn descendants(
        &self,
        instance: &InstanceId,
    ) -> Result<Vec<InstanceId>, ClientError> {
        if instance.is_entity() {
            // What it has started goes its own way.
            return Ok(Vec::new());
        }
        let mut found = vec![instance.clone()];
        let mut seen = HashSet::from([instance.clone()]);
        let mut next = 0;
        while let Some(parent) = found.get(next) {
            let children = self.store.children(parent).await.map_err(failed)?;
            let new = children.into_iter().filter(|id| seen.insert(id.clone()));
            found.extend(new);
            next += 1;
        }
        found.remove(0);
        found.reverse();
        Ok(found)
    }
}
