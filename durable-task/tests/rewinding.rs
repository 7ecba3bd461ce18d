//! A worker that is asked to rewind.

use std::time::Duration;

use durable_task::testing::{HistoryBuilder, TestRuntime};
use durable_task::wire::proto::history_event::EventType;
use durable_task::wire::proto::orchestrator_action::OrchestratorActionType as Action;
use durable_task::wire::proto::{
    ExecutionRewoundEvent, HistoryEvent, OrchestratorRequest, OrchestratorResponse,
};
use durable_task::{Failure, OrchestrationContext, Registry, Timestamp, WorkRequest};

use crate::support::{abandoned, ask, completion, response, worker};

const SECOND: Duration = Duration::from_secs(1);

fn registry() -> Registry {
    let mut registry = Registry::new();
    registry
        .orchestrator_fn(
            "greet",
            "",
            |ctx: OrchestrationContext, (): ()| async move {
                let calls = ["a", "b"].map(|name| ctx.call_activity::<u32>(name, &()));
                let results = ctx.join_all(calls).await;
                results.into_iter().sum::<Result<u32, _>>()
            },
        )
        .unwrap();
    registry
}

fn request(past: Vec<HistoryEvent>, new: Vec<HistoryEvent>) -> WorkRequest {
    let request = OrchestratorRequest {
        instance_id: String::from("i"),
        execution_id: Some(String::from("execution-0")),
        past_events: past,
        new_events: new,
        ..OrchestratorRequest::default()
    };
    WorkRequest::Orchestrator {
        request,
        warm: false,
    }
}

fn rewound() -> Vec<HistoryEvent> {
    let event = ExecutionRewoundEvent {
        reason: Some(String::from("repaired")),
        ..ExecutionRewoundEvent::default()
    };
    HistoryBuilder::empty(Timestamp::EPOCH)
        .event(-1, EventType::ExecutionRewound(event))
        .build()
}

fn failed() -> Vec<HistoryEvent> {
    let failure = || Failure::new("Io", "broken");
    HistoryBuilder::new("greet", "i", &())
        .task_scheduled(0, "a")
        .task_scheduled(1, "b")
        .batch_after(SECOND)
        .task_completed(1, &2)
        .task_failed(0, failure())
        .failed(2, Failure::new("ActivityFailed", "x").caused_by(failure()))
        .build()
}

fn new_history(response: OrchestratorResponse) -> Vec<HistoryEvent> {
    let [action] = <[_; 1]>::try_from(response.actions).unwrap();
    assert_eq!(action.id, -1);
    match action.orchestrator_action_type {
        Some(Action::RewindOrchestration(rewind)) => rewind.new_history,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn the_answer_is_the_history_that_goes_on() {
    let worker = worker(registry(), &TestRuntime::new());
    let (answer, warm) = response(ask(&worker, request(failed(), rewound())).await);
    assert!(!warm);
    let history = new_history(answer);
    let ends = history.iter().any(|event| {
        let event = event.event_type.as_ref();
        matches!(
            event,
            Some(EventType::ExecutionCompleted(_) | EventType::TaskFailed(_))
        )
    });
    assert!(!ends, "{history:?}");
    // What the engine had written for the rewind is there as it was.
    assert!(history.ends_with(&rewound()));
    let execution = history.iter().find_map(|event| match &event.event_type {
        Some(EventType::ExecutionStarted(started)) => {
            started.orchestration_instance.clone()?.execution_id
        }
        _ => None,
    });
    assert_ne!(execution.as_deref(), Some("execution-0"));

    // The next episode asks for the failed activity again.
    let nothing = HistoryBuilder::empty(Timestamp::EPOCH).build();
    let (answer, _) = response(ask(&worker, request(history, nothing)).await);
    let [action] = answer.actions.as_slice() else {
        panic!("{answer:?}");
    };
    assert_eq!(action.id, 0);
    let done = HistoryBuilder::empty(Timestamp::EPOCH).task_completed(0, &1);
    let warm = WorkRequest::Orchestrator {
        request: OrchestratorRequest {
            instance_id: String::from("i"),
            new_events: done.build(),
            ..OrchestratorRequest::default()
        },
        warm: true,
    };
    let (answer, _) = response(ask(&worker, warm).await);
    assert_eq!(completion(&answer), Some(Ok(String::from("3"))));
}

#[tokio::test]
async fn the_event_alone_wakes_an_instance_that_has_not_ended() {
    let worker = worker(registry(), &TestRuntime::new());
    let open = HistoryBuilder::new("greet", "i", &()).task_scheduled(0, "a");
    let (answer, _) = response(ask(&worker, request(open.build(), rewound())).await);
    let ids: Vec<i32> = answer.actions.iter().map(|action| action.id).collect();
    assert_eq!(ids, [1]);
}

#[tokio::test]
async fn what_has_not_failed_is_not_rewound() {
    let worker = worker(registry(), &TestRuntime::new());
    let done = HistoryBuilder::new("greet", "i", &()).completed(0, &1);
    let reason = abandoned(ask(&worker, request(done.build(), rewound())).await);
    assert_eq!(
        reason,
        "only a failed orchestration can be rewound, this one is Completed"
    );
}
