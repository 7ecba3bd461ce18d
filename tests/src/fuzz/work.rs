//! Work items with any content, into the worker: it answers each, and goes on.

use std::sync::Arc;

use durable_task::testing::HistoryBuilder;
use durable_task::wire::proto::orchestrator_action::OrchestratorActionType as Action;
use durable_task::wire::proto::{
    ActivityRequest, EntityBatchRequest, OperationRequest, OrchestrationInstance,
    OrchestratorRequest,
};
use durable_task::{
    Completer, TokioRuntime, WorkAnswer, WorkHandler as _, WorkItem, WorkRequest, Worker,
    WorkerOptions,
};
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use super::run::{block_on, soon};
use super::{Source, Verdict, code, histories, proto};

const INPUTS: usize = 12;

pub fn run(source: &mut Source) -> Verdict {
    block_on(async {
        let registry = code::registry().map_err(|error| error.to_string())?;
        let runtime = TokioRuntime::current().ok_or("no runtime")?;
        let worker = Worker::start(registry, WorkerOptions::default(), Arc::new(runtime));
        for _ in 0..INPUTS {
            let request = request(source);
            let shown = format!("{request:?}");
            let answer = soon(&shown, ask(&worker, request)).await??;
            check(&answer).map_err(|problem| format!("{problem}: {answer:?} to {shown}"))?;
        }
        still_works(&worker).await
    })
}

async fn ask(worker: &Worker, request: WorkRequest) -> Result<WorkAnswer, String> {
    let (sender, answer) = oneshot::channel();
    worker.dispatch(WorkItem {
        request,
        completer: Completer::new(move |answer| drop(sender.send(answer))),
        cancelled: CancellationToken::new(),
    });
    answer.await.map_err(|error| error.to_string())
}

/// What any engine relies on.
fn check(answer: &WorkAnswer) -> Verdict {
    match answer {
        WorkAnswer::Orchestrator { response, .. } => {
            let actions = response.actions.iter();
            let is_end =
                |action: &Option<Action>| matches!(action, Some(Action::CompleteOrchestration(_)));
            let ends = actions.filter(|action| is_end(&action.orchestrator_action_type));
            if ends.count() > 1 {
                return Err(String::from("an orchestration ends twice"));
            }
        }
        WorkAnswer::Entity(result) => {
            let failed = result.failure_details.is_some();
            if failed && result.entity_state.is_some() {
                return Err(String::from("a batch that failed has a state"));
            }
        }
        WorkAnswer::Activity(response) => {
            if response.result.is_some() && response.failure_details.is_some() {
                return Err(String::from("an activity with a result and a failure"));
            }
        }
        WorkAnswer::Abandoned { reason } => {
            if reason.is_empty() {
                return Err(String::from("an item is given back for no reason"));
            }
        }
    }
    Ok(())
}

async fn still_works(worker: &Worker) -> Verdict {
    let request = OrchestratorRequest {
        instance_id: String::from("last"),
        execution_id: Some(String::from("execution")),
        new_events: HistoryBuilder::new("sequence", "last", &0).build(),
        ..OrchestratorRequest::default()
    };
    let last = WorkRequest::Orchestrator {
        request,
        warm: false,
    };
    let answer = soon("the last answer", ask(worker, last)).await??;
    let WorkAnswer::Orchestrator { response, .. } = &answer else {
        return Err(format!("the last answer is {answer:?}"));
    };
    let end = response.actions.first();
    match end.and_then(|end| end.orchestrator_action_type.as_ref()) {
        Some(Action::CompleteOrchestration(end)) if end.result.as_deref() == Some("0") => Ok(()),
        _ => Err(format!("the last answer is {response:?}")),
    }
}

fn request(source: &mut Source) -> WorkRequest {
    match source.below(5) {
        0 => activity(source),
        1 => entity(source),
        _ => episode(source),
    }
}

fn episode(source: &mut Source) -> WorkRequest {
    let mut past_events = histories::changed(source);
    let new_events = past_events.split_off(source.below(past_events.len() + 1));
    let instance = ["a", "b"][source.below(2)];
    let mut request = OrchestratorRequest {
        instance_id: instance.to_owned(),
        execution_id: Some(String::from("execution")),
        past_events,
        new_events,
        ..OrchestratorRequest::default()
    };
    if source.one_in(3) {
        request = proto::changed_message(source, &request);
    }
    let warm = source.one_in(3);
    if warm {
        request.past_events.clear();
    }
    WorkRequest::Orchestrator { request, warm }
}

fn activity(source: &mut Source) -> WorkRequest {
    let request = ActivityRequest {
        name: String::from("double"),
        input: Some(String::from("21")),
        orchestration_instance: Some(OrchestrationInstance {
            instance_id: String::from("instance"),
            execution_id: Some(String::from("execution")),
        }),
        task_id: 7,
        ..ActivityRequest::default()
    };
    WorkRequest::Activity(proto::changed_message(source, &request))
}

fn entity(source: &mut Source) -> WorkRequest {
    let operation = |name: &str, input: &str| OperationRequest {
        operation: name.to_owned(),
        request_id: String::from("1"),
        input: Some(input.to_owned()),
        ..OperationRequest::default()
    };
    let request = EntityBatchRequest {
        instance_id: String::from("@account@key"),
        entity_state: Some(String::from("3")),
        operations: vec![operation("add", "1"), operation("add", "\"x\"")],
        ..EntityBatchRequest::default()
    };
    let request = proto::changed_message(source, &request);
    // An engine of ours gives one per operation; a service of others may not.
    let callers = match source.below(4) {
        0 => Vec::new(),
        _ => vec![None; request.operations.len()],
    };
    WorkRequest::Entity { request, callers }
}
