//! The methods of the service, each handed on.

use std::net::SocketAddr;
use std::sync::Arc;

use durable_task::wire::proto::task_hub_sidecar_service_server::TaskHubSidecarService;
use durable_task::wire::proto::{
    AbandonActivityTaskRequest, AbandonActivityTaskResponse, AbandonEntityTaskRequest,
    AbandonEntityTaskResponse, AbandonOrchestrationTaskRequest, AbandonOrchestrationTaskResponse,
    ActivityResponse, CleanEntityStorageRequest, CleanEntityStorageResponse, CompleteTaskResponse,
    CreateInstanceRequest, CreateInstanceResponse, CreateTaskHubRequest, CreateTaskHubResponse,
    DeleteTaskHubRequest, DeleteTaskHubResponse, EntityBatchResult, GetEntityRequest,
    GetEntityResponse, GetInstanceRequest, GetInstanceResponse, GetWorkItemsRequest,
    ListInstanceIdsRequest, ListInstanceIdsResponse, OrchestratorResponse, PurgeInstancesRequest,
    PurgeInstancesResponse, QueryEntitiesRequest, QueryEntitiesResponse, QueryInstancesRequest,
    QueryInstancesResponse, RaiseEventRequest, RaiseEventResponse, RestartInstanceRequest,
    RestartInstanceResponse, ResumeRequest, ResumeResponse, RewindInstanceRequest,
    RewindInstanceResponse, SignalEntityRequest, SignalEntityResponse,
    SkipGracefulOrchestrationTerminationsRequest, SkipGracefulOrchestrationTerminationsResponse,
    StreamInstanceHistoryRequest, SuspendRequest, SuspendResponse, TerminateRequest,
    TerminateResponse,
};
use durable_task::{Completer, WaitFor, WorkAnswer};
use tonic::transport::server::TcpConnectInfo;
use tonic::{Request, Response, Status, async_trait};

use super::Core;
use super::answers::{activity, entity, fail_orchestration, orchestrator, too_large};
use super::history::Chunks;
use super::status::status;
use super::stream::WorkItems;
use super::table::{Answered, Kind};

/// The service, over what all calls share.
pub(super) struct Service(pub(super) Arc<Core>);

type Answer<T> = Result<Response<T>, Status>;

fn peer<T>(request: &Request<T>) -> Option<SocketAddr> {
    let connection = request.extensions().get::<TcpConnectInfo>();
    connection.and_then(TcpConnectInfo::remote_addr)
}

impl Service {
    /// Answers a work item; returns when the answer is durable.
    async fn complete(&self, completer: Completer, answer: WorkAnswer) -> Result<(), Status> {
        completer.complete_durably(answer).await.map_err(|_| {
            Status::unavailable("the hub has lost the answer; the item is given out again")
        })
    }

    /// What an answer is told whose token is not good any more. It changes nothing, and its worker
    /// need not care, since somebody else has the item; but nobody has it when the hub is gone.
    fn stale(&self, kind: Kind) -> Result<(), Status> {
        if self.0.hub.is_gone() {
            return Err(Status::unavailable(
                "the hub has ended and did not take the answer; it gives the item out again when \
                 it is back",
            ));
        }
        tracing::debug!(?kind, "a stale answer changes nothing");
        Ok(())
    }

    /// Gives a work item back. A token that is not good any more changes nothing.
    fn abandon(&self, token: &str, kind: Kind) {
        if let Some(completer) = self.0.table.take(token, kind) {
            completer.complete(WorkAnswer::Abandoned {
                reason: String::from("its worker abandoned it"),
            });
        } else {
            tracing::debug!(?kind, "a stale token was abandoned");
        }
    }

    async fn complete_orchestrator(&self, response: OrchestratorResponse) -> Result<(), Status> {
        let bytes_max = self.0.options.answer_bytes_max;
        let unfinished_max = self.0.options.unfinished_bytes_max;
        match self.0.table.answer(response, bytes_max, unfinished_max) {
            Answered::Unknown => self.stale(Kind::Orchestrator),
            Answered::More => Ok(()),
            Answered::Whole(completer, response) => {
                self.complete(completer, orchestrator(*response)).await
            }
            Answered::Gap(completer, expected) => {
                let reason = format!("chunk {expected} of its answer is missing");
                completer.complete(WorkAnswer::Abandoned {
                    reason: reason.clone(),
                });
                Err(Status::failed_precondition(reason))
            }
            Answered::TooMuch(completer) => {
                let reason = format!(
                    "this connection has sent more than {unfinished_max} bytes of answers that \
                     are not whole: finish some before others begin"
                );
                completer.complete(WorkAnswer::Abandoned {
                    reason: reason.clone(),
                });
                Err(Status::resource_exhausted(reason))
            }
            Answered::TooLarge(completer, bytes) => {
                let failure = too_large("the orchestrator's answer", bytes, bytes_max);
                self.complete(completer, fail_orchestration(failure)).await
            }
        }
    }
}

#[async_trait]
impl TaskHubSidecarService for Service {
    type GetWorkItemsStream = WorkItems;
    type StreamInstanceHistoryStream = Chunks;

    async fn hello(&self, _: Request<()>) -> Answer<()> {
        Ok(Response::new(()))
    }

    async fn start_instance(
        &self,
        request: Request<CreateInstanceRequest>,
    ) -> Answer<CreateInstanceResponse> {
        let started = self.0.start(request.into_inner()).await?;
        Ok(Response::new(started))
    }

    async fn get_instance(
        &self,
        request: Request<GetInstanceRequest>,
    ) -> Answer<GetInstanceResponse> {
        self.0.get(request.into_inner()).await.map(Response::new)
    }

    async fn rewind_instance(
        &self,
        request: Request<RewindInstanceRequest>,
    ) -> Answer<RewindInstanceResponse> {
        let request = request.into_inner();
        self.0.rewind(&request.instance_id, request.reason).await?;
        Ok(Response::new(RewindInstanceResponse {}))
    }

    async fn restart_instance(
        &self,
        request: Request<RestartInstanceRequest>,
    ) -> Answer<RestartInstanceResponse> {
        let restarted = self.0.restart(request.into_inner()).await?;
        Ok(Response::new(restarted))
    }

    async fn wait_for_instance_start(
        &self,
        request: Request<GetInstanceRequest>,
    ) -> Answer<GetInstanceResponse> {
        let started = self.0.wait(request.into_inner(), WaitFor::Start).await?;
        Ok(Response::new(started))
    }

    async fn wait_for_instance_completion(
        &self,
        request: Request<GetInstanceRequest>,
    ) -> Answer<GetInstanceResponse> {
        let waited = self.0.wait(request.into_inner(), WaitFor::Completion);
        waited.await.map(Response::new)
    }

    async fn raise_event(&self, request: Request<RaiseEventRequest>) -> Answer<RaiseEventResponse> {
        self.0.raise(request.into_inner()).await?;
        Ok(Response::new(RaiseEventResponse {}))
    }

    async fn terminate_instance(
        &self,
        request: Request<TerminateRequest>,
    ) -> Answer<TerminateResponse> {
        self.0.terminate(request.into_inner()).await?;
        Ok(Response::new(TerminateResponse {}))
    }

    async fn suspend_instance(&self, request: Request<SuspendRequest>) -> Answer<SuspendResponse> {
        let request = request.into_inner();
        self.0.suspend(&request.instance_id, request.reason).await?;
        Ok(Response::new(SuspendResponse {}))
    }

    async fn resume_instance(&self, request: Request<ResumeRequest>) -> Answer<ResumeResponse> {
        let request = request.into_inner();
        self.0.resume(&request.instance_id, request.reason).await?;
        Ok(Response::new(ResumeResponse {}))
    }

    async fn query_instances(
        &self,
        request: Request<QueryInstancesRequest>,
    ) -> Answer<QueryInstancesResponse> {
        self.0.query(request.into_inner()).await.map(Response::new)
    }

    async fn list_instance_ids(
        &self,
        request: Request<ListInstanceIdsRequest>,
    ) -> Answer<ListInstanceIdsResponse> {
        let listed = self.0.list_ids(request.into_inner()).await?;
        Ok(Response::new(listed))
    }

    async fn purge_instances(
        &self,
        request: Request<PurgeInstancesRequest>,
    ) -> Answer<PurgeInstancesResponse> {
        self.0.purge(request.into_inner()).await.map(Response::new)
    }

    async fn get_work_items(&self, request: Request<GetWorkItemsRequest>) -> Answer<WorkItems> {
        let peer = peer(&request);
        let items = WorkItems::begin(&self.0, request.get_ref(), peer)?;
        Ok(Response::new(items))
    }

    async fn complete_activity_task(
        &self,
        request: Request<ActivityResponse>,
    ) -> Answer<CompleteTaskResponse> {
        let response = request.into_inner();
        let token = &response.completion_token;
        if let Some(completer) = self.0.table.take(token, Kind::Activity) {
            let answer = activity(response, self.0.options.payload_bytes_max());
            self.complete(completer, answer).await?;
        } else {
            self.stale(Kind::Activity)?;
        }
        Ok(Response::new(CompleteTaskResponse {}))
    }

    async fn complete_orchestrator_task(
        &self,
        request: Request<OrchestratorResponse>,
    ) -> Answer<CompleteTaskResponse> {
        self.complete_orchestrator(request.into_inner()).await?;
        Ok(Response::new(CompleteTaskResponse {}))
    }

    async fn complete_entity_task(
        &self,
        request: Request<EntityBatchResult>,
    ) -> Answer<CompleteTaskResponse> {
        let peer = peer(&request);
        let result = request.into_inner();
        if let Some(completer) = self.0.table.take_entity(&result, peer) {
            let answer = entity(result, self.0.options.payload_bytes_max());
            self.complete(completer, answer).await?;
        } else {
            self.stale(Kind::Entity)?;
        }
        Ok(Response::new(CompleteTaskResponse {}))
    }

    async fn stream_instance_history(
        &self,
        request: Request<StreamInstanceHistoryRequest>,
    ) -> Answer<Chunks> {
        let chunks = Arc::clone(&self.0).stream_history(request.into_inner());
        chunks.await.map(Response::new)
    }

    async fn create_task_hub(
        &self,
        request: Request<CreateTaskHubRequest>,
    ) -> Answer<CreateTaskHubResponse> {
        if request.into_inner().recreate_if_exists {
            self.0.hub.clear().await.map_err(status)?;
        }
        Ok(Response::new(CreateTaskHubResponse {}))
    }

    async fn delete_task_hub(
        &self,
        _: Request<DeleteTaskHubRequest>,
    ) -> Answer<DeleteTaskHubResponse> {
        self.0.hub.clear().await.map_err(status)?;
        Ok(Response::new(DeleteTaskHubResponse {}))
    }

    async fn signal_entity(
        &self,
        request: Request<SignalEntityRequest>,
    ) -> Answer<SignalEntityResponse> {
        self.0.signal(request.into_inner()).await?;
        Ok(Response::new(SignalEntityResponse {}))
    }

    async fn get_entity(&self, request: Request<GetEntityRequest>) -> Answer<GetEntityResponse> {
        let found = self.0.get_entity(request.into_inner()).await?;
        Ok(Response::new(found))
    }

    async fn query_entities(
        &self,
        request: Request<QueryEntitiesRequest>,
    ) -> Answer<QueryEntitiesResponse> {
        let listed = self.0.query_entities(request.into_inner()).await?;
        Ok(Response::new(listed))
    }

    async fn clean_entity_storage(
        &self,
        request: Request<CleanEntityStorageRequest>,
    ) -> Answer<CleanEntityStorageResponse> {
        let cleaned = self.0.clean_entities(request.into_inner()).await?;
        Ok(Response::new(cleaned))
    }

    async fn abandon_task_activity_work_item(
        &self,
        request: Request<AbandonActivityTaskRequest>,
    ) -> Answer<AbandonActivityTaskResponse> {
        self.abandon(&request.get_ref().completion_token, Kind::Activity);
        Ok(Response::new(AbandonActivityTaskResponse {}))
    }

    async fn abandon_task_orchestrator_work_item(
        &self,
        request: Request<AbandonOrchestrationTaskRequest>,
    ) -> Answer<AbandonOrchestrationTaskResponse> {
        self.abandon(&request.get_ref().completion_token, Kind::Orchestrator);
        Ok(Response::new(AbandonOrchestrationTaskResponse {}))
    }

    async fn abandon_task_entity_work_item(
        &self,
        request: Request<AbandonEntityTaskRequest>,
    ) -> Answer<AbandonEntityTaskResponse> {
        self.abandon(&request.get_ref().completion_token, Kind::Entity);
        Ok(Response::new(AbandonEntityTaskResponse {}))
    }

    async fn skip_graceful_orchestration_terminations(
        &self,
        request: Request<SkipGracefulOrchestrationTerminationsRequest>,
    ) -> Answer<SkipGracefulOrchestrationTerminationsResponse> {
        let ended = self.0.terminate_all(request.into_inner()).await?;
        Ok(Response::new(ended))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use durable_task::TokioRuntime;
    use tonic::Code;

    use super::*;
    use crate::sidecar::SidecarOptions;
    use crate::{Hub, HubOptions};

    #[tokio::test]
    async fn a_stale_answer_is_acknowledged_only_while_the_hub_serves() {
        let runtime = Arc::new(TokioRuntime::current().unwrap());
        let hub = Hub::open(HubOptions::memory(), runtime.clone())
            .await
            .unwrap();
        let core = Core::new(Arc::new(hub), runtime, SidecarOptions::default());
        let service = Service(Arc::new(core));
        let answers = async || {
            let completion_token = String::from("t");
            let episode = OrchestratorResponse {
                completion_token: completion_token.clone(),
                ..OrchestratorResponse::default()
            };
            let activity = ActivityResponse {
                completion_token: completion_token.clone(),
                ..ActivityResponse::default()
            };
            let batch = EntityBatchResult {
                completion_token,
                ..EntityBatchResult::default()
            };
            [
                service
                    .complete_orchestrator_task(Request::new(episode))
                    .await,
                service.complete_activity_task(Request::new(activity)).await,
                service.complete_entity_task(Request::new(batch)).await,
            ]
        };
        for answer in answers().await {
            answer.unwrap();
        }
        service.0.hub.shutdown(Duration::ZERO).await;
        for answer in answers().await {
            assert_eq!(answer.unwrap_err().code(), Code::Unavailable);
        }
    }
}
