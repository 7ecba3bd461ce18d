//! What programs ask of an embedded hub.

mod ended;
mod entities;
mod history;
mod purge;
mod restart;

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
    Changes, Client, ClientError, EntitiesCleaned, EntityCleaning, EntityFilter, EntityId,
    EntityMetadata, ExecutionId, Fetch, HistoryPart, InstanceFilter, InstanceId, InstanceState,
    Page, Purged, Runtime, StartRequest, Status, Timestamp, WaitFor,
};
use futures_util::future::{Either, select};
use tokio::sync::{mpsc, oneshot};

use super::request::{Ask, Control, Reply, Request, invalid_state, unreadable};
use super::settings::HubLimits;
use super::shared::{HubHealth, Shared};
use crate::engine::StartOrder;
use crate::store::{Store, StoreError};

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

    /// The state, parked also if an activity of the instance is: only the hub's memory knows that.
    fn with_parked(&self, mut state: InstanceState) -> InstanceState {
        state.parked |= !state.status.is_terminal() && self.shared.parked.has(&state.instance_id);
        state
    }

    /// Sends a one-way operation to an entity, whose worker sees it under that id.
    pub(crate) async fn signal(
        &self,
        entity: &EntityId,
        operation: &str,
        input: Option<String>,
        at: Option<Timestamp>,
        request_id: String,
    ) -> Result<(), ClientError> {
        self.check_input("input", input.as_deref())?;
        let event = EventType::EntityOperationSignaled(EntityOperationSignaledEvent {
            request_id,
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

    pub(crate) fn unavailable(&self) -> ClientError {
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

    async fn execution(&self, instance: &InstanceId) -> Result<ExecutionId, ClientError> {
        match self.get(instance, Fetch::Metadata).await? {
            Some(state) => Ok(state.execution_id),
            None => Err(ClientError::NotFound {
                instance: instance.clone(),
            }),
        }
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
            execution_id: request.execution_id,
            trace_context: request.trace_context,
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
        let state = self.store.instance(instance, fetch).await;
        Ok(state.map_err(failed)?.map(|state| self.with_parked(state)))
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

    fn watch(&self, instance: &InstanceId) -> Option<Changes> {
        let watch = self.shared.watch(instance);
        Some(Changes::new(Arc::clone(&watch.touched), watch))
    }

    async fn raise_event(
        &self,
        instance: &InstanceId,
        name: &str,
        input: Option<String>,
    ) -> Result<(), ClientError> {
        self.check_input("input", input.as_deref())?;
        let event = EventRaisedEvent {
            name: name.to_owned(),
            input,
        };
        if instance.is_entity() {
            return self.raise_to_entity(instance, event).await;
        }
        self.send(instance, EventType::EventRaised(event), None)
            .await
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
            self.have_ended(&children).await?;
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
            .map(|page| Page {
                items: page
                    .items
                    .into_iter()
                    .map(|state| self.with_parked(state))
                    .collect(),
                ..page
            })
            .map_err(failed)
    }

    async fn history(&self, instance: &InstanceId) -> Result<Vec<HistoryEvent>, ClientError> {
        self.whole_history(instance).await
    }

    async fn signal_entity(
        &self,
        entity: &EntityId,
        operation: &str,
        input: Option<String>,
        at: Option<Timestamp>,
    ) -> Result<(), ClientError> {
        let id = format!("{:032x}", self.runtime.random());
        self.signal(entity, operation, input, at, id).await
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

    async fn rewind(
        &self,
        instance: &InstanceId,
        reason: Option<String>,
    ) -> Result<(), ClientError> {
        self.ask(instance.clone(), |reply| Ask::Rewind { reason, reply })
            .await
    }

    async fn restart(
        &self,
        instance: &InstanceId,
        new_instance_id: bool,
    ) -> Result<InstanceId, ClientError> {
        self.start_again(instance, new_instance_id).await
    }

    async fn history_part(
        &self,
        instance: &InstanceId,
        execution: Option<&ExecutionId>,
        from: Option<u64>,
    ) -> Result<HistoryPart, ClientError> {
        self.part_of_history(instance, execution, from).await
    }

    async fn clean_entities(
        &self,
        cleaning: EntityCleaning,
        token: Option<&str>,
    ) -> Result<EntitiesCleaned, ClientError> {
        self.clean(cleaning, token).await
    }

    async fn query_entities(
        &self,
        filter: &EntityFilter,
        include_state: bool,
        page_size: usize,
        token: Option<&str>,
    ) -> Result<Page<EntityMetadata>, ClientError> {
        let filter = entities::normalized(filter);
        self.store
            .entities(&filter, include_state, page_size.max(1), token)
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
