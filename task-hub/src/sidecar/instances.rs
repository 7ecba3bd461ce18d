//! What clients ask about single orchestrations.

use std::time::Duration;

use durable_task::wire::proto::{
    CreateInstanceRequest, CreateInstanceResponse, GetInstanceRequest, GetInstanceResponse,
    RaiseEventRequest, RestartInstanceRequest, RestartInstanceResponse,
    SkipGracefulOrchestrationTerminationsRequest, SkipGracefulOrchestrationTerminationsResponse,
    TerminateRequest,
};
use durable_task::{ClientError, ExecutionId, Fetch, InstanceId, StartRequest, WaitFor};
use tonic::Status;

use super::convert::{state, statuses, text, time};
use super::status::{invalid, status};
use super::{Core, known};

/// A caller that waits is looked after at least so often; news reach it at once.
const WAIT: Duration = Duration::from_hours(1);

/// How many ids a request may name.
pub(super) const BATCH_MAX: usize = 10_000;

impl Core {
    /// Starts an orchestration. All of the request is checked before anything is created.
    pub(super) async fn start(
        &self,
        request: CreateInstanceRequest,
    ) -> Result<CreateInstanceResponse, Status> {
        let request = self.start_request(request)?;
        let instance_id = request.instance_id.to_string();
        self.client.start(request).await.map_err(status)?;
        Ok(CreateInstanceResponse { instance_id })
    }

    fn start_request(&self, request: CreateInstanceRequest) -> Result<StartRequest, Status> {
        if request.name.is_empty() {
            return Err(invalid("name", "it must not be empty"));
        }
        let instance_id = if request.instance_id.is_empty() {
            InstanceId::from_stored(self.random_id())
        } else {
            InstanceId::new(&request.instance_id).map_err(|error| invalid("instanceId", error))?
        };
        let policy = request.orchestration_id_reuse_policy.unwrap_or_default();
        Ok(StartRequest {
            instance_id,
            name: request.name,
            version: text(request.version),
            input: request.input,
            scheduled_at: time("scheduledStartTimestamp", request.scheduled_start_timestamp)?,
            tags: request.tags,
            replaceable: statuses(
                "orchestrationIdReusePolicy.replaceableStatus",
                &policy.replaceable_status,
            )?,
            execution_id: text(request.execution_id).map(ExecutionId::new),
            trace_context: request.parent_trace_context,
        })
    }

    /// Reads an instance.
    pub(super) async fn get(
        &self,
        request: GetInstanceRequest,
    ) -> Result<GetInstanceResponse, Status> {
        let instance = known(&request.instance_id)?;
        let fetch = fetch(request.get_inputs_and_outputs);
        let found = self.client.get(&instance, fetch).await.map_err(status)?;
        Ok(GetInstanceResponse {
            exists: found.is_some(),
            orchestration_state: found.map(state),
        })
    }

    /// Answers when the instance has come so far. Whoever asked may go away: that ends the waiting
    /// and nothing else.
    pub(super) async fn wait(
        &self,
        request: GetInstanceRequest,
        until: WaitFor,
    ) -> Result<GetInstanceResponse, Status> {
        use durable_task::Status as Instance;
        let instance = known(&request.instance_id)?;
        loop {
            let found = self.client.wait(&instance, until, WAIT).await;
            let mut found = found.map_err(status)?;
            let reached = match until {
                WaitFor::Start => found.status != Instance::Pending,
                WaitFor::Completion => found.status.is_terminal(),
            };
            if !reached {
                continue;
            }
            if !request.get_inputs_and_outputs {
                (found.input, found.output) = (None, None);
            }
            return Ok(GetInstanceResponse {
                exists: true,
                orchestration_state: Some(state(found)),
            });
        }
    }

    /// Sends an event.
    pub(super) async fn raise(&self, request: RaiseEventRequest) -> Result<(), Status> {
        let instance = known(&request.instance_id)?;
        if request.name.is_empty() {
            return Err(invalid("name", "it must not be empty"));
        }
        let raised = self
            .client
            .raise_event(&instance, &request.name, request.input);
        raised.await.map_err(status)
    }

    /// Ends an instance from outside.
    pub(super) async fn terminate(&self, request: TerminateRequest) -> Result<(), Status> {
        let instance = known(&request.instance_id)?;
        let ended = self
            .client
            .terminate(&instance, request.output, request.recursive);
        unless_ended(ended.await)
    }

    /// Holds an instance back.
    pub(super) async fn suspend(&self, id: &str, reason: Option<String>) -> Result<(), Status> {
        let instance = known(id)?;
        unless_ended(self.client.suspend(&instance, reason).await)
    }

    /// Lets an instance go on.
    pub(super) async fn resume(&self, id: &str, reason: Option<String>) -> Result<(), Status> {
        let instance = known(id)?;
        unless_ended(self.client.resume(&instance, reason).await)
    }

    /// Takes a failed instance back to before its failures.
    pub(super) async fn rewind(&self, id: &str, reason: Option<String>) -> Result<(), Status> {
        let instance = known(id)?;
        self.client.rewind(&instance, reason).await.map_err(status)
    }

    /// Starts an ended instance once more.
    pub(super) async fn restart(
        &self,
        request: RestartInstanceRequest,
    ) -> Result<RestartInstanceResponse, Status> {
        let instance = known(&request.instance_id)?;
        let restarted = self
            .client
            .restart(&instance, request.restart_with_new_instance_id);
        Ok(RestartInstanceResponse {
            instance_id: restarted.await.map_err(status)?.to_string(),
        })
    }

    /// Ends instances from outside; says which ones could not be.
    pub(super) async fn terminate_all(
        &self,
        request: SkipGracefulOrchestrationTerminationsRequest,
    ) -> Result<SkipGracefulOrchestrationTerminationsResponse, Status> {
        let ids = request.instance_batch.unwrap_or_default().instance_ids;
        check_batch(&ids)?;
        let mut unterminated_instance_ids = Vec::new();
        for id in ids {
            let reason = request.reason.clone();
            let ended = self.client.terminate(&known(&id)?, reason, false).await;
            match ended {
                Ok(()) => {}
                Err(ClientError::NotFound { .. } | ClientError::InvalidState { .. }) => {
                    unterminated_instance_ids.push(id);
                }
                Err(error) => return Err(status(error)),
            }
        }
        Ok(SkipGracefulOrchestrationTerminationsResponse {
            unterminated_instance_ids,
        })
    }
}

/// What to read.
pub(super) fn fetch(payloads: bool) -> Fetch {
    if payloads {
        Fetch::Payloads
    } else {
        Fetch::Metadata
    }
}

/// Refuses more ids than are taken at once, and empty ones, before anything is done.
pub(super) fn check_batch(ids: &[String]) -> Result<(), Status> {
    if ids.len() > BATCH_MAX {
        return Err(invalid(
            "instanceBatch",
            format_args!(
                "it names {} instances; at most {BATCH_MAX} are taken",
                ids.len()
            ),
        ));
    }
    ids.iter().try_for_each(|id| known(id).map(drop))
}

/// What has ended can't be ended, held back or let go again: for SDKs that is no error.
fn unless_ended(result: Result<(), ClientError>) -> Result<(), Status> {
    match result {
        Err(ClientError::InvalidState { .. }) => Ok(()),
        result => result.map_err(status),
    }
}
