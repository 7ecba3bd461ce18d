//! What programs ask of a service.

use std::time::Duration;

use async_trait::async_trait;
use tokio::time::Instant;

use crate::wire::proto;
use crate::wire::proto::purge_instances_request::Request as Which;
use crate::{
    Client, ClientError, EntitiesCleaned, EntityCleaning, EntityFilter, EntityId, EntityMetadata,
    ExecutionId, Fetch, HistoryPart, InstanceFilter, InstanceId, InstanceState, Page, Purged,
    StartRequest, Status, Timestamp, WaitFor,
};

use super::backoff::random_delay;
use super::connection::{Connection, Role};
use super::error::CallError;
use super::{history, query};

/// A wait is asked for again after this long, so that no connection stays silent for ever.
const WAIT_ONCE: Duration = Duration::from_mins(1);
/// No wait is longer.
const WAIT_MAX: Duration = Duration::from_hours(365 * 24);
/// How many events a part of a history has at most.
const HISTORY_PART_EVENTS: usize = 1_000;

/// A client of a service. A clone is the same client.
#[derive(Clone)]
pub(super) struct GrpcClient {
    connection: Connection,
}

/// Calls a method of the service that answers at once.
macro_rules! call {
    ($client:expr, $method:ident, $message:expr) => {{
        let mut service = $client.connection().calls();
        let how = (Role::Client, $client.connection().options().call_timeout);
        $client
            .connection()
            .call(how, $message, |request| async move {
                service.$method(request).await
            })
            .await
    }};
}
pub(super) use call;

impl GrpcClient {
    pub(super) fn new(connection: Connection) -> Self {
        Self { connection }
    }

    pub(super) fn connection(&self) -> &Connection {
        &self.connection
    }

    async fn state(
        &self,
        instance: &InstanceId,
        fetch: Fetch,
    ) -> Result<Option<InstanceState>, CallError> {
        let ask = ask(instance, fetch);
        match call!(self, get_instance, ask) {
            Ok(answer) => Ok(found(answer)),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// What a refusal means to the caller; where it is about the state of the instance, that state
    /// is looked up.
    async fn refused(
        &self,
        error: CallError,
        (operation, participle): (&'static str, &'static str),
        instance: &InstanceId,
    ) -> ClientError {
        if error.is_precondition()
            && let Ok(Some(state)) = self.state(instance, Fetch::Metadata).await
        {
            return ClientError::InvalidState {
                instance: instance.clone(),
                operation: participle,
                status: state.status,
            };
        }
        error.for_client(operation, Some(instance))
    }

    /// Asks the service once to wait. `None` where the time is over, or a later attempt may help.
    async fn wait_once(
        &self,
        instance: &InstanceId,
        until: WaitFor,
        timeout: Duration,
    ) -> Result<Option<InstanceState>, CallError> {
        let mut service = self.connection.waits();
        let how = (Role::Client, timeout);
        let ask = ask(instance, Fetch::Payloads);
        let send = |request| async move {
            match until {
                WaitFor::Start => service.wait_for_instance_start(request).await,
                WaitFor::Completion => service.wait_for_instance_completion(request).await,
            }
        };
        match self.connection.call(how, ask, send).await {
            Ok(answer) => Ok(found(answer)),
            Err(CallError::TimedOut(_)) => Ok(None),
            Err(error) if error.is_transient() => {
                tracing::debug!(%instance, %error, "a wait is asked for again");
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }
}

fn ask(instance: &InstanceId, fetch: Fetch) -> proto::GetInstanceRequest {
    proto::GetInstanceRequest {
        instance_id: instance.as_str().to_owned(),
        get_inputs_and_outputs: fetch == Fetch::Payloads,
    }
}

fn found(answer: proto::GetInstanceResponse) -> Option<InstanceState> {
    let state = answer.orchestration_state.filter(|_| answer.exists)?;
    Some(state.into())
}

fn has_come(state: &InstanceState, until: WaitFor) -> bool {
    match until {
        WaitFor::Start => state.status != Status::Pending,
        WaitFor::Completion => state.status.is_terminal(),
    }
}

fn not_found(instance: &InstanceId) -> ClientError {
    ClientError::NotFound {
        instance: instance.clone(),
    }
}

#[async_trait]
impl Client for GrpcClient {
    async fn start(&self, request: StartRequest) -> Result<ExecutionId, ClientError> {
        let (id, execution) = (request.instance_id.clone(), request.execution_id.clone());
        let mut message = proto::CreateInstanceRequest::from(request);
        message.request_time = Some(Timestamp::now().into());
        call!(self, start_instance, message)
            .map_err(|error| error.for_client("start orchestrations", Some(&id)))?;
        match execution {
            Some(execution) => Ok(execution),
            // The service's answer does not name it.
            None => match self.get(&id, Fetch::Metadata).await? {
                Some(state) => Ok(state.execution_id),
                None => Err(not_found(&id)),
            },
        }
    }

    async fn get(
        &self,
        instance: &InstanceId,
        fetch: Fetch,
    ) -> Result<Option<InstanceState>, ClientError> {
        let state = self.state(instance, fetch).await;
        state.map_err(|error| error.for_client("read instances", Some(instance)))
    }

    async fn wait(
        &self,
        instance: &InstanceId,
        until: WaitFor,
        timeout: Duration,
    ) -> Result<InstanceState, ClientError> {
        let deadline = Instant::now() + timeout.min(WAIT_MAX);
        let mut rounds = 0;
        loop {
            let now = self.get(instance, Fetch::Payloads).await;
            let left = deadline.saturating_duration_since(Instant::now());
            match now {
                Ok(None) => return Err(not_found(instance)),
                Ok(Some(state)) if has_come(&state, until) || left.is_zero() => return Ok(state),
                Err(error) if !error.is_retryable() || left.is_zero() => return Err(error),
                Ok(Some(_)) => {
                    let once = self.wait_once(instance, until, left.min(WAIT_ONCE)).await;
                    let once = once.map_err(|error| error.for_client("wait", Some(instance)))?;
                    if let Some(state) = once.filter(|state| has_come(state, until)) {
                        return Ok(state);
                    }
                }
                Err(_) => {}
            }
            // A service that answers at once must not be asked in a hot loop.
            rounds += 1;
            let left = deadline.saturating_duration_since(Instant::now());
            tokio::time::sleep(random_delay(rounds.min(5)).min(left)).await;
        }
    }

    async fn raise_event(
        &self,
        instance: &InstanceId,
        name: &str,
        input: Option<String>,
    ) -> Result<(), ClientError> {
        let message = proto::RaiseEventRequest {
            instance_id: instance.as_str().to_owned(),
            name: name.to_owned(),
            input,
        };
        call!(self, raise_event, message)
            .map(drop)
            .map_err(|error| error.for_client("raise events", Some(instance)))
    }

    async fn terminate(
        &self,
        instance: &InstanceId,
        reason: Option<String>,
        recursive: bool,
    ) -> Result<(), ClientError> {
        let message = proto::TerminateRequest {
            instance_id: instance.as_str().to_owned(),
            output: reason,
            recursive,
        };
        match call!(self, terminate_instance, message) {
            Ok(_) => Ok(()),
            Err(error) => {
                let operation = ("terminate instances", "terminated");
                Err(self.refused(error, operation, instance).await)
            }
        }
    }

    async fn suspend(
        &self,
        instance: &InstanceId,
        reason: Option<String>,
    ) -> Result<(), ClientError> {
        let instance_id = instance.as_str().to_owned();
        let message = proto::SuspendRequest {
            instance_id,
            reason,
        };
        match call!(self, suspend_instance, message) {
            Ok(_) => Ok(()),
            Err(error) => {
                let operation = ("suspend instances", "suspended");
                Err(self.refused(error, operation, instance).await)
            }
        }
    }

    async fn resume(
        &self,
        instance: &InstanceId,
        reason: Option<String>,
    ) -> Result<(), ClientError> {
        let instance_id = instance.as_str().to_owned();
        let message = proto::ResumeRequest {
            instance_id,
            reason,
        };
        match call!(self, resume_instance, message) {
            Ok(_) => Ok(()),
            Err(error) => {
                let operation = ("resume instances", "resumed");
                Err(self.refused(error, operation, instance).await)
            }
        }
    }

    async fn purge(&self, instance: &InstanceId, recursive: bool) -> Result<u64, ClientError> {
        let message = proto::PurgeInstancesRequest {
            recursive,
            is_orchestration: !instance.is_entity(),
            request: Some(Which::InstanceId(instance.as_str().to_owned())),
        };
        let removed = match call!(self, purge_instances, message) {
            Ok(answer) => u64::try_from(answer.deleted_instance_count).unwrap_or(0),
            Err(error) => {
                let operation = ("purge instances", "purged");
                return Err(self.refused(error, operation, instance).await);
            }
        };
        if removed > 0 || instance.is_entity() {
            return Ok(removed);
        }
        // Services do not say why they removed nothing.
        match self.get(instance, Fetch::Metadata).await? {
            None => Err(not_found(instance)),
            Some(state) if state.status.is_terminal() => Ok(0),
            Some(state) => Err(ClientError::InvalidState {
                instance: instance.clone(),
                operation: "purged",
                status: state.status,
            }),
        }
    }

    async fn purge_matching(
        &self,
        filter: &InstanceFilter,
        time: Duration,
    ) -> Result<Purged, ClientError> {
        query::purge_matching(self, filter, time).await
    }

    async fn rewind(
        &self,
        instance: &InstanceId,
        reason: Option<String>,
    ) -> Result<(), ClientError> {
        let instance_id = instance.as_str().to_owned();
        let message = proto::RewindInstanceRequest {
            instance_id,
            reason,
        };
        match call!(self, rewind_instance, message) {
            Ok(_) => Ok(()),
            Err(error) => {
                let operation = ("rewind instances", "rewound");
                Err(self.refused(error, operation, instance).await)
            }
        }
    }

    async fn restart(
        &self,
        instance: &InstanceId,
        new_instance_id: bool,
    ) -> Result<InstanceId, ClientError> {
        let message = proto::RestartInstanceRequest {
            instance_id: instance.as_str().to_owned(),
            restart_with_new_instance_id: new_instance_id,
        };
        match call!(self, restart_instance, message) {
            Ok(answer) => Ok(InstanceId::from_stored(answer.instance_id)),
            Err(error) => {
                let operation = ("restart instances", "restarted");
                Err(self.refused(error, operation, instance).await)
            }
        }
    }

    async fn query(
        &self,
        filter: &InstanceFilter,
        fetch: Fetch,
        page_size: usize,
        token: Option<&str>,
    ) -> Result<Page<InstanceState>, ClientError> {
        query::instances(self, filter, fetch, page_size, token).await
    }

    async fn history(
        &self,
        instance: &InstanceId,
    ) -> Result<Vec<proto::HistoryEvent>, ClientError> {
        let (events, _) = self.history_from(instance, None, 0, usize::MAX).await?;
        Ok(events)
    }

    async fn history_part(
        &self,
        instance: &InstanceId,
        execution: Option<&ExecutionId>,
        from: Option<u64>,
    ) -> Result<HistoryPart, ClientError> {
        // The service has no such thing as a part: what came before is read over.
        let from = from.unwrap_or(0);
        let skip = usize::try_from(from).unwrap_or(usize::MAX);
        let part = self.history_from(instance, execution, skip, HISTORY_PART_EVENTS);
        let (events, more) = part.await?;
        let end = from.saturating_add(events.len() as u64);
        let next = more.then_some(end);
        Ok(HistoryPart { events, next, end })
    }

    async fn signal_entity(
        &self,
        entity: &EntityId,
        operation: &str,
        input: Option<String>,
        at: Option<Timestamp>,
    ) -> Result<(), ClientError> {
        let message = proto::SignalEntityRequest {
            instance_id: entity.to_string(),
            name: operation.to_owned(),
            input,
            request_id: uuid::Uuid::new_v4().to_string(),
            scheduled_time: at.map(Into::into),
            request_time: Some(Timestamp::now().into()),
            ..proto::SignalEntityRequest::default()
        };
        call!(self, signal_entity, message)
            .map(drop)
            .map_err(|error| error.for_client("signal entities", None))
    }

    async fn get_entity(
        &self,
        entity: &EntityId,
        include_state: bool,
    ) -> Result<Option<EntityMetadata>, ClientError> {
        let message = proto::GetEntityRequest {
            instance_id: entity.to_string(),
            include_state,
        };
        match call!(self, get_entity, message) {
            Ok(answer) => {
                // Without a state it does not exist, and still a hub may say who holds its lock.
                let is_meant = |entity: &proto::EntityMetadata| {
                    answer.exists || !entity.instance_id.is_empty()
                };
                let metadata = answer.entity.filter(is_meant);
                metadata.map(query::entity).transpose()
            }
            Err(error) => Err(error.for_client("read entities", None)),
        }
    }

    async fn query_entities(
        &self,
        filter: &EntityFilter,
        include_state: bool,
        page_size: usize,
        token: Option<&str>,
    ) -> Result<Page<EntityMetadata>, ClientError> {
        query::entities(self, filter, include_state, page_size, token).await
    }

    async fn clean_entities(
        &self,
        cleaning: EntityCleaning,
        token: Option<&str>,
    ) -> Result<EntitiesCleaned, ClientError> {
        let message = proto::CleanEntityStorageRequest {
            continuation_token: token.map(str::to_owned),
            remove_empty_entities: cleaning.remove_empty,
            release_orphaned_locks: cleaning.release_orphaned_locks,
        };
        let answer = call!(self, clean_entity_storage, message)
            .map_err(|error| error.for_client("clean entities", None))?;
        Ok(EntitiesCleaned {
            removed: u64::try_from(answer.empty_entities_removed).unwrap_or(0),
            released: u64::try_from(answer.orphaned_locks_released).unwrap_or(0),
            next: query::next(answer.continuation_token),
        })
    }
}

impl GrpcClient {
    async fn history_from(
        &self,
        instance: &InstanceId,
        execution: Option<&ExecutionId>,
        skip: usize,
        count: usize,
    ) -> Result<(Vec<proto::HistoryEvent>, bool), ClientError> {
        let ask = proto::StreamInstanceHistoryRequest {
            instance_id: instance.as_str().to_owned(),
            execution_id: execution.map(|execution| execution.as_str().to_owned()),
            for_work_item_processing: false,
        };
        history::read(&self.connection, Role::Client, ask, skip, count)
            .await
            .map_err(|error| error.for_client("read histories", Some(instance)))
    }
}
