//! A worker that answers by hand.

use durable_task::wire::proto::history_event::EventType;
use durable_task::wire::proto::operation_result::ResultType;
use durable_task::wire::proto::orchestrator_action::OrchestratorActionType as Action;
use durable_task::wire::proto::work_item::Request;
use durable_task::wire::proto::{
    ActivityRequest, ActivityResponse, CompleteOrchestrationAction, EntityBatchResult,
    EntityRequest, GetWorkItemsRequest, HistoryEvent, OperationResult, OperationResultSuccess,
    OrchestrationStatus, OrchestratorAction, OrchestratorRequest, OrchestratorResponse,
    ScheduleTaskAction, WorkItem, WorkerCapability,
};
use tonic::{Status, Streaming};

use super::{Client, PATIENCE};

/// A worker with an open stream of work items.
pub struct Worker {
    pub client: Client,
    items: Streaming<WorkItem>,
}

/// What a worker asks for that takes everything, histories as streams as well.
pub fn everything() -> GetWorkItemsRequest {
    GetWorkItemsRequest {
        capabilities: vec![WorkerCapability::HistoryStreaming.into()],
        ..GetWorkItemsRequest::default()
    }
}

/// A work item with its token.
#[derive(Debug)]
pub struct Given<T> {
    pub request: T,
    pub token: String,
}

impl Worker {
    pub async fn of(client: Client, request: GetWorkItemsRequest) -> Self {
        let mut client = client;
        let items = client.get_work_items(request).await.unwrap().into_inner();
        Self { client, items }
    }

    /// The next message of the stream, `None` at its end.
    pub async fn message(&mut self) -> Option<WorkItem> {
        self.try_message().await.unwrap()
    }

    /// The same, or how the stream broke.
    pub async fn try_message(&mut self) -> Result<Option<WorkItem>, Status> {
        let message = tokio::time::timeout(PATIENCE, self.items.message()).await;
        message.expect("something comes")
    }

    /// The next work item.
    pub async fn item(&mut self) -> (Request, String) {
        loop {
            let item = self.message().await.expect("the stream goes on");
            match item.request.unwrap() {
                Request::HealthPing(_) => {}
                request => return (request, item.completion_token),
            }
        }
    }

    pub async fn episode(&mut self) -> Given<OrchestratorRequest> {
        match self.item().await {
            (Request::OrchestratorRequest(request), token) => Given { request, token },
            other => panic!("{other:?}"),
        }
    }

    pub async fn activity(&mut self) -> Given<ActivityRequest> {
        match self.item().await {
            (Request::ActivityRequest(request), token) => Given { request, token },
            other => panic!("{other:?}"),
        }
    }

    pub async fn entity(&mut self) -> Given<EntityRequest> {
        match self.item().await {
            (Request::EntityRequestV2(request), token) => Given { request, token },
            other => panic!("{other:?}"),
        }
    }

    /// Answers an episode.
    pub async fn decide(&mut self, token: &str, actions: Vec<OrchestratorAction>) {
        let response = OrchestratorResponse {
            completion_token: token.to_owned(),
            actions,
            ..OrchestratorResponse::default()
        };
        let done = self.client.complete_orchestrator_task(response);
        done.await.unwrap();
    }

    /// Answers an activity with a result.
    pub async fn done(&mut self, token: &str, result: &str) {
        let response = ActivityResponse {
            completion_token: token.to_owned(),
            result: Some(result.to_owned()),
            ..ActivityResponse::default()
        };
        self.client.complete_activity_task(response).await.unwrap();
    }

    /// Answers an entity batch: each operation with the same result, and the new state.
    pub async fn operated(&mut self, item: &Given<EntityRequest>, result: &str, state: &str) {
        let success = ResultType::Success(OperationResultSuccess {
            result: Some(result.to_owned()),
            ..OperationResultSuccess::default()
        });
        let one = OperationResult {
            result_type: Some(success),
        };
        let result = EntityBatchResult {
            results: vec![one; item.request.operation_requests.len()],
            entity_state: Some(state.to_owned()),
            completion_token: item.token.clone(),
            ..EntityBatchResult::default()
        };
        self.client.complete_entity_task(result).await.unwrap();
    }
}

pub fn action(id: i32, action: Action) -> OrchestratorAction {
    OrchestratorAction {
        id,
        orchestrator_action_type: Some(action),
    }
}

pub fn call(id: i32, name: &str, input: &str) -> OrchestratorAction {
    let schedule = ScheduleTaskAction {
        name: name.to_owned(),
        input: Some(input.to_owned()),
        ..ScheduleTaskAction::default()
    };
    action(id, Action::ScheduleTask(schedule))
}

pub fn complete(id: i32, result: &str) -> OrchestratorAction {
    let complete = CompleteOrchestrationAction {
        orchestration_status: OrchestrationStatus::Completed.into(),
        result: Some(result.to_owned()),
        ..CompleteOrchestrationAction::default()
    };
    action(id, Action::CompleteOrchestration(complete))
}

/// What kinds of events these are, for comparing.
pub fn kinds(events: &[HistoryEvent]) -> Vec<&'static str> {
    let kind = |event: &HistoryEvent| match event.event_type.as_ref().unwrap() {
        EventType::OrchestratorStarted(_) => "episode",
        EventType::OrchestratorCompleted(_) => "end of episode",
        EventType::ExecutionStarted(_) => "start",
        EventType::ExecutionCompleted(_) => "end",
        EventType::ExecutionTerminated(_) => "terminated",
        EventType::ExecutionSuspended(_) => "suspended",
        EventType::ExecutionResumed(_) => "resumed",
        EventType::TaskScheduled(_) => "scheduled",
        EventType::TaskCompleted(_) => "completed",
        EventType::TaskFailed(_) => "failed",
        EventType::EventRaised(_) => "raised",
        _ => "other",
    };
    events.iter().map(kind).collect()
}
