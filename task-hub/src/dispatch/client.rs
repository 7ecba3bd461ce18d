//! What programs ask of an embedded hub.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use durable_task::wire::proto::history_event::EventType;
use durable_task::wire::proto::{
    EntityOperationSignaledEvent, EventRaisedEvent, ExecutionResumedEvent, ExecutionSuspendedEvent,
    ExecutionTerminatedEvent, HistoryEvent,
};
use durable_task::{
    Client, ClientError, EntitiesCleaned, EntityCleaning, EntityFilter, EntityId, EntityMetadata,
    ExecutionId, Fetch, HistoryPart, InstanceFilter, InstanceId, InstanceState, Page, Purged,
    Runtime, StartRequest, Status, Timestamp, WaitFor,
};
use futures_util::future::{Either, join_all, select};
use tokio::sync::{mpsc, oneshot};

use super::request::{Ask, Control, Reply, Request, unreadable};
use super::settings::{HISTORY_PAGE_BYTES, HubLimits};
use super::shared::{HubHealth, Shared};
use crate::engine::{StartOrder, decode_chunk};
use crate::store::{Store, StoreError};

/// How many instances are purged at once.
const PURGE_AT_ONCE: usize = 100;

/// How often a history is read from its start because a new execution has begun meanwhile.
const HISTORY_ATTEMPTS_MAX: usize = 5;

/// The client of an embedded hub. Cheap to clone.
#[derive(Clone)]
pub(crate) struct HubClient {
    pub(crate) runtime: Arc<dyn Runtime>,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) shared: Arc<Shared>,
    pub(crate) limits: HubLimits,
    pub(crate) controls: mpsc::Sender<Control>,
}

impl HubClient {
    async fn ask<T>(
        &self,
        id: InstanceId,
        ask: impl FnOnce(Reply<T>) -> Ask,
    ) -> Result<T, ClientError> {
        let (reply, answer) = oneshot::channel();
        let request = Request {
            id,
            ask: ask(reply),
        };
        // A request that was not sent is dropped here, or its answer would be waited for.
        let sent = self.controls.send(Control::Instance(request)).await.is_ok();
        let answer = if sent { answer.await.ok() } else { None };
        answer.unwrap_or_else(|| Err(self.unavailable()))
    }

    fn unavailable(&self) -> ClientError {
        ClientError::Unavailable {
            reason: match self.shared.health() {
                HubHealth::Healthy => String::from("its store failed"),
                HubHealth::Failing { reason, .. } | HubHealth::Failed { reason } => reason,
                HubHealth::Stopped => String::from("it has been shut down"),
            },
        }
    }

    async fn send(
        &self,
        instance: &InstanceId,
        event: EventType,
        operation: Option<&'static str>,
    ) -> Result<(), ClientError> {
        if instance.is_entity() {
            return Err(ClientError::Invalid {
                field: "instance",
                problem: format!("`{instance}` is an entity"),
            });
        }
        self.ask(instance.clone(), |reply| Ask::Send {
            event,
            operation,
            reply,
        })
        .await
    }

    fn check_input(&self, field: &'static str, input: Option<&str>) -> Result<(), ClientError> {
        let bytes = input.map_or(0, str::len);
        let max = self.limits.input_bytes_max;
        if bytes > max {
            return Err(ClientError::Invalid {
                field,
                problem: format!(
                    "it has {bytes} bytes; at most {max} are taken (`input_bytes_max`)"
                ),
            });
        }
        Ok(())
    }

    fn check_tags(&self, tags: &BTreeMap<String, String>) -> Result<(), ClientError> {
        let bytes: usize = tags
            .iter()
            .map(|(key, value)| key.len() + value.len())
            .sum();
        let max = self.limits.tags_bytes_max;
        if bytes > max {
            return Err(ClientError::Invalid {
                field: "tags",
                problem: format!(
                    "they have {bytes} bytes; at most {max} are kept (`tags_bytes_max`)"
                ),
            });
        }
        Ok(())
    }

    async fn purge_all(&self, ids: &[InstanceId]) -> Result<u64, ClientError> {
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
    pub(crate) async fn purge_until(
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

    async fn execution(&self, instance: &InstanceId) -> Result<ExecutionId, ClientError> {
        match self.get(instance, Fetch::Metadata).await? {
            Some(state) => Ok(state.execution_id),
            None => Err(ClientError::NotFound {
                instance: instance.clone(),
            }),
        }
    }

    /// The history of an execution; `None` if another one has begun before it was read.
    async fn history_of(
        &self,
        instance: &InstanceId,
        execution: &ExecutionId,
    ) -> Result<Option<Vec<HistoryEvent>>, ClientError> {
        let (mut events, mut from) = (Vec::new(), 0);
        loop {
            let page = self
                .store
                .history(instance, Some(execution), from, HISTORY_PAGE_BYTES)
                .await
                .map_err(failed)?;
            // The execution has no events yet, or is no longer the current one.
            if page.chunks.is_empty() && self.execution(instance).await? != *execution {
                return Ok(None);
            }
            for chunk in &page.chunks {
                events.append(&mut decode_chunk(chunk).map_err(failed)?);
            }
            match page.next {
                Some(next) => from = next,
                None => return Ok(Some(events)),
            }
        }
    }

    /// Its children and theirs, the last ones first: what a failure leaves can still be found from
    /// the first one.
    async fn descendants(&self, instance: &InstanceId) -> Result<Vec<InstanceId>, ClientError> {
        let mut found = vec![instance.clone()];
        let mut next = 0;
        while let Some(parent) = found.get(next) {
            let children = self.store.children(parent).await.map_err(failed)?;
            let new: Vec<_> = children
                .into_iter()
                .filter(|id| !found.contains(id))
                .collect();
            found.extend(new);
            next += 1;
        }
        found.remove(0);
        found.reverse();
        Ok(found)
    }
}

#[async_trait]
impl Client for HubClient {
    async fn start(&self, request: StartRequest) -> Result<ExecutionId, ClientError> {
        self.check_input("input", request.input.as_deref())?;
        self.check_tags(&request.tags)?;
        if request.instance_id.is_entity() {
            return Err(ClientError::Invalid {
                field: "instance_id",
                problem: String::from("an entity can't be started"),
            });
        }
        let order = StartOrder {
            name: request.name,
            version: request.version,
            input: request.input,
            parent: None,
            tags: request.tags,
            scheduled_at: request.scheduled_at,
            replace: request.replaceable,
        };
        self.ask(request.instance_id, |reply| Ask::Start { order, reply })
            .await
    }

    async fn get(
        &self,
        instance: &InstanceId,
        fetch: Fetch,
    ) -> Result<Option<InstanceState>, ClientError> {
        self.store.instance(instance, fetch).await.map_err(failed)
    }

    async fn wait(
        &self,
        instance: &InstanceId,
        until: WaitFor,
        timeout: Duration,
    ) -> Result<InstanceState, ClientError> {
        let watch = self.shared.watch(instance);
        let mut timeout = self.runtime.sleep(timeout);
        let mut over = false;
        loop {
            let mut changed = std::pin::pin!(watch.changed.notified());
            // From here on no change is missed.
            changed.as_mut().enable();
            let state = self.get(instance, Fetch::Payloads).await?;
            let state = state.ok_or_else(|| ClientError::NotFound {
                instance: instance.clone(),
            })?;
            let reached = match until {
                WaitFor::Start => state.status != Status::Pending,
                WaitFor::Completion => state.status.is_terminal(),
            };
            if reached || over {
                return Ok(state);
            }
            if let Some(reason) = self.shared.why_unreadable(instance) {
                return Err(unreadable(instance, &reason));
            }
            if self.shared.has_ended() {
                return Err(self.unavailable());
            }
            over = matches!(select(changed, timeout.as_mut()).await, Either::Right(_));
        }
    }

    async fn raise_event(
        &self,
        instance: &InstanceId,
        name: &str,
        input: Option<String>,
    ) -> Result<(), ClientError> {
        self.check_input("input", input.as_deref())?;
        let event = EventType::EventRaised(EventRaisedEvent {
            name: name.to_owned(),
            input,
        });
        self.send(instance, event, None).await
    }

    async fn terminate(
        &self,
        instance: &InstanceId,
        reason: Option<String>,
        recursive: bool,
    ) -> Result<(), ClientError> {
        let event = EventType::ExecutionTerminated(ExecutionTerminatedEvent {
            input: reason,
            recurse: recursive,
        });
        self.send(instance, event, Some("terminated")).await
    }

    async fn suspend(
        &self,
        instance: &InstanceId,
        reason: Option<String>,
    ) -> Result<(), ClientError> {
        let event = EventType::ExecutionSuspended(ExecutionSuspendedEvent { input: reason });
        self.send(instance, event, Some("suspended")).await
    }

    async fn resume(
        &self,
        instance: &InstanceId,
        reason: Option<String>,
    ) -> Result<(), ClientError> {
        let event = EventType::ExecutionResumed(ExecutionResumedEvent { input: reason });
        self.send(instance, event, Some("resumed")).await
    }

    async fn purge(&self, instance: &InstanceId, recursive: bool) -> Result<u64, ClientError> {
        let mut removed = 0;
        if recursive {
            let children = self.descendants(instance).await?;
            removed += self.purge_all(&children).await?;
        }
        self.ask(instance.clone(), |reply| Ask::Purge { reply })
            .await?;
        Ok(removed + 1)
    }

    async fn query(
        &self,
        filter: &InstanceFilter,
        fetch: Fetch,
        page_size: usize,
        token: Option<&str>,
    ) -> Result<Page<InstanceState>, ClientError> {
        self.store
            .query(filter, fetch, page_size.max(1), token)
            .await
            .map_err(failed)
    }

    async fn history(&self, instance: &InstanceId) -> Result<Vec<HistoryEvent>, ClientError> {
        for _ in 0..HISTORY_ATTEMPTS_MAX {
            let execution = self.execution(instance).await?;
            if let Some(events) = self.history_of(instance, &execution).await? {
                return Ok(events);
            }
        }
        Err(ClientError::Unavailable {
            reason: format!("`{instance}` continued as new while its history was read"),
        })
    }

    async fn signal_entity(
        &self,
        entity: &EntityId,
        operation: &str,
        input: Option<String>,
        at: Option<Timestamp>,
    ) -> Result<(), ClientError> {
        self.check_input("input", input.as_deref())?;
        let event = EventType::EntityOperationSignaled(EntityOperationSignaledEvent {
            request_id: format!("{:032x}", self.runtime.random()),
            operation: operation.to_owned(),
            scheduled_time: at.map(Into::into),
            input,
            target_instance_id: Some(entity.to_string()),
        });
        self.ask(entity.to_instance_id(), |reply| Ask::Signal {
            event,
            at,
            reply,
        })
        .await
    }

    async fn get_entity(
        &self,
        entity: &EntityId,
        include_state: bool,
    ) -> Result<Option<EntityMetadata>, ClientError> {
        self.store
            .entity(entity, include_state)
            .await
            .map_err(failed)
    }

    async fn purge_matching(
        &self,
        filter: &InstanceFilter,
        time: Duration,
    ) -> Result<Purged, ClientError> {
        let deadline = self.runtime.now().saturating_add(time);
        let (removed, complete) = self.purge_until(filter, deadline).await?;
        Ok(Purged { removed, complete })
    }

    async fn rewind(&self, _: &InstanceId, _: Option<String>) -> Result<(), ClientError> {
        Err(ClientError::Unsupported {
            operation: "rewind",
        })
    }

    async fn restart(&self, _: &InstanceId, _: bool) -> Result<InstanceId, ClientError> {
        Err(ClientError::Unsupported {
            operation: "restart",
        })
    }

    async fn history_part(
        &self,
        instance: &InstanceId,
        execution: Option<&ExecutionId>,
        from: Option<u64>,
    ) -> Result<HistoryPart, ClientError> {
        let page = self
            .store
            .history(instance, execution, from.unwrap_or(0), HISTORY_PAGE_BYTES)
            .await
            .map_err(failed)?;
        let mut events = Vec::new();
        for chunk in &page.chunks {
            events.append(&mut decode_chunk(chunk).map_err(failed)?);
        }
        Ok(HistoryPart {
            events,
            next: page.next,
        })
    }

    async fn clean_entities(
        &self,
        _: EntityCleaning,
        _: Option<&str>,
    ) -> Result<EntitiesCleaned, ClientError> {
        Err(ClientError::Unsupported {
            operation: "clean entities",
        })
    }

    async fn query_entities(
        &self,
        filter: &EntityFilter,
        include_state: bool,
        page_size: usize,
        token: Option<&str>,
    ) -> Result<Page<EntityMetadata>, ClientError> {
        let prefix = filter.id_prefix.as_deref().unwrap_or_default();
        let name = prefix.trim_start_matches('@').split('@').next();
        let name = name.unwrap_or_default().to_lowercase();
        self.store
            .entities(&name, include_state, page_size.max(1), token)
            .await
            .map_err(failed)
    }
}

fn failed(error: StoreError) -> ClientError {
    match error {
        StoreError::InvalidToken => ClientError::Invalid {
            field: "token",
            problem: error.to_string(),
        },
        error => ClientError::Unavailable {
            reason: error.to_string(),
        },
    }
}
