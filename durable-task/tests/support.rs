//! An engine of one item: hands work to a worker and waits for the answer.

use std::sync::Arc;

use durable_task::testing::{HistoryBuilder, TestRuntime};
use durable_task::wire::proto::orchestrator_action::OrchestratorActionType as Action;
use durable_task::wire::proto::{
    ActivityRequest, EntityBatchRequest, OrchestrationInstance, OrchestratorRequest,
    OrchestratorResponse,
};
use durable_task::{
    Completer, Registry, Runtime, WorkAnswer, WorkHandler, WorkItem, WorkRequest, Worker,
    WorkerOptions,
};
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

pub fn worker(registry: Registry, runtime: &TestRuntime) -> Arc<Worker> {
    worker_with(registry, runtime, WorkerOptions::default())
}

pub fn worker_with(
    registry: Registry,
    runtime: &TestRuntime,
    options: WorkerOptions,
) -> Arc<Worker> {
    let runtime: Arc<dyn Runtime> = Arc::new(runtime.clone());
    Worker::start(registry, options, runtime)
}

/// An item under way.
pub struct Handed {
    pub answer: oneshot::Receiver<WorkAnswer>,
    pub cancelled: CancellationToken,
}

pub fn hand(worker: &Worker, request: WorkRequest) -> Handed {
    let (sender, answer) = oneshot::channel();
    let cancelled = CancellationToken::new();
    worker.dispatch(WorkItem {
        request,
        completer: Completer::new(move |answer| drop(sender.send(answer))),
        cancelled: cancelled.clone(),
    });
    Handed { answer, cancelled }
}

pub async fn ask(worker: &Worker, request: WorkRequest) -> WorkAnswer {
    hand(worker, request).answer.await.unwrap()
}

/// The first episode of an instance.
pub fn cold(instance: &str, events: HistoryBuilder) -> WorkRequest {
    episode(instance, events, false)
}

/// A later episode that brings new events only.
pub fn warm(instance: &str, events: HistoryBuilder) -> WorkRequest {
    episode(instance, events, true)
}

fn episode(instance: &str, events: HistoryBuilder, warm: bool) -> WorkRequest {
    let request = OrchestratorRequest {
        instance_id: instance.to_owned(),
        execution_id: Some(String::from("execution-0")),
        new_events: events.build(),
        ..OrchestratorRequest::default()
    };
    WorkRequest::Orchestrator { request, warm }
}

pub fn activity(name: &str, input: &str) -> WorkRequest {
    WorkRequest::Activity(ActivityRequest {
        name: name.to_owned(),
        input: Some(input.to_owned()),
        orchestration_instance: Some(OrchestrationInstance {
            instance_id: String::from("instance"),
            execution_id: Some(String::from("execution")),
        }),
        task_id: 7,
        ..ActivityRequest::default()
    })
}

pub fn entity(request: EntityBatchRequest) -> WorkRequest {
    WorkRequest::Entity {
        callers: vec![None; request.operations.len()],
        request,
    }
}

/// The answer of an episode: response, and whether the session is kept.
pub fn response(answer: WorkAnswer) -> (OrchestratorResponse, bool) {
    match answer {
        WorkAnswer::Orchestrator { response, warm } => (response, warm),
        other => panic!("{other:?}"),
    }
}

pub fn abandoned(answer: WorkAnswer) -> String {
    match answer {
        WorkAnswer::Abandoned { reason } => reason,
        other => panic!("{other:?}"),
    }
}

/// What an episode completed with: the result, or the failure's type and message.
pub fn completion(response: &OrchestratorResponse) -> Option<Result<String, (String, String)>> {
    response.actions.iter().find_map(|action| {
        let Action::CompleteOrchestration(complete) = action.orchestrator_action_type.as_ref()?
        else {
            return None;
        };
        Some(match &complete.failure_details {
            None => Ok(complete.result.clone().unwrap_or_default()),
            Some(details) => Err((details.error_type.clone(), details.error_message.clone())),
        })
    })
}
