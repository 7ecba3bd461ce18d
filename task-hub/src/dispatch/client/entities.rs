//! Messages to entities in the form of events, listings, and cleaning.

use durable_task::wire::proto::EventRaisedEvent;
use durable_task::wire::proto::history_event::EventType;
use durable_task::{ClientError, EntitiesCleaned, EntityCleaning, EntityFilter, InstanceId};

use super::{HubClient, failed};
use crate::dispatch::request::Ask;
use crate::engine::{SentEvent, entity_message};
use crate::store::LoadedBody;

/// How many entities are looked at in one step of a cleaning.
const CLEANED_AT_ONCE: usize = 100;

impl HubClient {
    /// Sends an entity message that has the form of an event.
    pub(super) async fn raise_to_entity(
        &self,
        entity: &InstanceId,
        raised: EventRaisedEvent,
    ) -> Result<(), ClientError> {
        let SentEvent { event, due } =
            entity_message(entity, &raised).map_err(|problem| ClientError::Invalid {
                field: "event",
                problem,
            })?;
        if matches!(event, EventType::EntityLockRequested(_)) {
            return Err(ClientError::Invalid {
                field: "event",
                problem: String::from("only an orchestration can ask for a lock"),
            });
        }
        self.ask(entity.clone(), |reply| Ask::Signal {
            event: EventType::EventRaised(raised),
            at: due,
            reply,
        })
        .await
    }

    /// Looks at one page of entities. Here an entity that is empty has no row, so there is nothing
    /// to remove of it.
    pub(super) async fn clean(
        &self,
        cleaning: EntityCleaning,
        token: Option<&str>,
    ) -> Result<EntitiesCleaned, ClientError> {
        let mut cleaned = EntitiesCleaned::default();
        if !cleaning.release_orphaned_locks {
            return Ok(cleaned);
        }
        let all = EntityFilter {
            include_transient: true,
            ..EntityFilter::default()
        };
        let page = self
            .store
            .entities(&all, false, CLEANED_AT_ONCE, token)
            .await
            .map_err(failed)?;
        for entity in page.items.iter().filter(|e| e.locked_by.is_some()) {
            cleaned.released += u64::from(self.release_orphan(&entity.id.to_instance_id()).await?);
        }
        cleaned.next = page.next;
        Ok(cleaned)
    }

    /// Releases the lock of an entity if its holder knows nothing of it. Returns whether it did.
    async fn release_orphan(&self, entity: &InstanceId) -> Result<bool, ClientError> {
        // The entity first: what its holder knows afterwards, it knew when it was granted, too,
        // unless the lock has been released since, and then there is nothing to release.
        let locked = self.store.load(entity).await.map_err(failed)?;
        let LoadedBody::Entity(row) = locked.body else {
            return Ok(false);
        };
        let Some(lock) = row.lock else {
            return Ok(false);
        };
        let holder = self.store.load(&lock.holder).await.map_err(failed)?;
        let knows = match holder.body {
            LoadedBody::Orchestration(holder) => {
                let mut locks = holder.step.locks.iter();
                !holder.step.status.is_terminal() && locks.any(|known| known.id == lock.section)
            }
            _ => false,
        };
        if knows {
            return Ok(false);
        }
        tracing::warn!(entity = %entity, holder = %lock.holder, "releases a lock nobody holds");
        let section = lock.section;
        self.ask(entity.clone(), |reply| Ask::Release { section, reply })
            .await
    }
}

/// The filter as the store compares it: prefixes begin with `@`, and names are in lower case.
pub(super) fn normalized(filter: &EntityFilter) -> EntityFilter {
    let id_prefix = filter.id_prefix.as_deref().map(|prefix| {
        let prefix = prefix.strip_prefix('@').unwrap_or(prefix);
        match prefix.split_once('@') {
            Some((name, key)) => format!("@{}@{key}", name.to_lowercase()),
            None => format!("@{}", prefix.to_lowercase()),
        }
    });
    EntityFilter {
        id_prefix,
        ..filter.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_are_compared_without_case_in_the_name() {
        for (given, expected) in [
            ("", "@"),
            ("@", "@"),
            ("Counter", "@counter"),
            ("@Counter@", "@counter@"),
            ("@Counter@Key@B", "@counter@Key@B"),
        ] {
            let filter = EntityFilter {
                id_prefix: Some(given.to_owned()),
                ..EntityFilter::default()
            };
            let found = normalized(&filter).id_prefix;
            assert_eq!(found.as_deref(), Some(expected), "{given}");
        }
        assert_eq!(normalized(&EntityFilter::default()).id_prefix, None);
    }
}
