//! Answers of workers, made fit for a history; and answers given in a worker's place.

use durable_task::wire::proto::operation_result::ResultType;
use durable_task::wire::proto::orchestrator_action::OrchestratorActionType as Action;
use durable_task::wire::proto::{
    ActivityResponse, CompleteOrchestrationAction, EntityBatchRequest, EntityBatchResult,
    OperationResult, OperationResultFailure, OrchestrationStatus, OrchestratorAction,
    OrchestratorResponse, TaskFailureDetails,
};
use durable_task::{Failure, WorkAnswer};

/// The event id of what no orchestrator decided.
const NO_ID: i32 = -1;

/// A failure of this name: something does not fit into a message.
const TOO_LARGE: &str = "MessageTooLarge";

/// The answer to an episode, with failures within bounds.
pub(super) fn orchestrator(mut response: OrchestratorResponse) -> WorkAnswer {
    for action in &mut response.actions {
        if let Some(Action::CompleteOrchestration(complete)) = &mut action.orchestrator_action_type
        {
            bound(&mut complete.failure_details);
        }
    }
    WorkAnswer::Orchestrator {
        response,
        warm: false,
    }
}

/// The answer to an activity. A result that would not fit into a work item again is a failure.
pub(super) fn activity(mut response: ActivityResponse, payload_bytes_max: usize) -> WorkAnswer {
    bound(&mut response.failure_details);
    let bytes = response.result.as_deref().map_or(0, str::len);
    if bytes > payload_bytes_max {
        response.result = None;
        let failure = too_large("the activity's result", bytes, payload_bytes_max);
        response.failure_details = Some(failure.into());
    }
    WorkAnswer::Activity(response)
}

/// The answer to a batch of entity operations, with failures within bounds. With a state that would
/// not fit into a work item again no operation could run any more: the batch fails, and the old
/// state stays.
pub(super) fn entity(mut result: EntityBatchResult, payload_bytes_max: usize) -> WorkAnswer {
    let bytes = result.entity_state.as_deref().map_or(0, str::len);
    if bytes > payload_bytes_max {
        let failure = too_large("the entity's new state", bytes, payload_bytes_max);
        return WorkAnswer::Entity(EntityBatchResult {
            failure_details: Some(failure.into()),
            ..EntityBatchResult::default()
        });
    }
    bound(&mut result.failure_details);
    for result in &mut result.results {
        if let Some(ResultType::Failure(failure)) = &mut result.result_type {
            bound(&mut failure.failure_details);
        }
    }
    WorkAnswer::Entity(result)
}

fn bound(failure: &mut Option<TaskFailureDetails>) {
    *failure = failure.take().map(TaskFailureDetails::bounded);
}

/// That something does not fit.
pub(super) fn too_large(what: &str, bytes: usize, bytes_max: usize) -> Failure {
    Failure::new(
        TOO_LARGE,
        format!("{what} has {bytes} bytes; a message has at most {bytes_max} here"),
    )
    .non_retriable()
}

/// Fails an orchestration in its worker's place.
pub(super) fn fail_orchestration(failure: Failure) -> WorkAnswer {
    let complete = CompleteOrchestrationAction {
        orchestration_status: OrchestrationStatus::Failed.into(),
        failure_details: Some(failure.into()),
        ..CompleteOrchestrationAction::default()
    };
    WorkAnswer::Orchestrator {
        response: OrchestratorResponse {
            actions: vec![OrchestratorAction {
                id: NO_ID,
                orchestrator_action_type: Some(Action::CompleteOrchestration(complete)),
            }],
            ..OrchestratorResponse::default()
        },
        warm: false,
    }
}

/// Fails an activity in its worker's place.
pub(super) fn fail_activity(failure: Failure) -> WorkAnswer {
    WorkAnswer::Activity(ActivityResponse {
        failure_details: Some(failure.into()),
        ..ActivityResponse::default()
    })
}

/// Fails the first operation of a batch in its worker's place; the others wait again.
pub(super) fn fail_operation(request: EntityBatchRequest, failure: Failure) -> WorkAnswer {
    let failed = OperationResultFailure {
        failure_details: Some(failure.into()),
        ..OperationResultFailure::default()
    };
    WorkAnswer::Entity(EntityBatchResult {
        results: vec![OperationResult {
            result_type: Some(ResultType::Failure(failed)),
        }],
        entity_state: request.entity_state,
        ..EntityBatchResult::default()
    })
}

#[cfg(test)]
mod tests {
    use durable_task::FAILURE_DEPTH_MAX;

    use super::*;

    fn deep() -> TaskFailureDetails {
        let mut failure = TaskFailureDetails::default();
        for _ in 0..90 {
            failure = TaskFailureDetails {
                inner_failure: Some(Box::new(failure)),
                ..TaskFailureDetails::default()
            };
        }
        failure
    }

    fn depth(failure: Option<&TaskFailureDetails>) -> usize {
        std::iter::successors(failure, |failure| failure.inner_failure.as_deref()).count()
    }

    #[test]
    fn state_that_is_too_large_fails_its_batch() {
        let with = |bytes: usize| EntityBatchResult {
            results: vec![OperationResult::default()],
            entity_state: Some("x".repeat(bytes)),
            ..EntityBatchResult::default()
        };
        let answered = |bytes| match entity(with(bytes), 9) {
            WorkAnswer::Entity(result) => result,
            other => panic!("{other:?}"),
        };
        assert_eq!(answered(9), with(9));
        let result = answered(10);
        assert_eq!((result.entity_state, result.results), (None, Vec::new()));
        let failure = result.failure_details.unwrap();
        assert_eq!(failure.error_type, "MessageTooLarge");
        assert!(
            failure.error_message.contains("has 10 bytes"),
            "{failure:?}"
        );
    }

    #[test]
    fn failures_of_workers_are_bounded_wherever_they_are() {
        let response = ActivityResponse {
            failure_details: Some(deep()),
            ..ActivityResponse::default()
        };
        let WorkAnswer::Activity(response) = activity(response, 9) else {
            panic!("another kind");
        };
        assert_eq!(depth(response.failure_details.as_ref()), FAILURE_DEPTH_MAX);

        let WorkAnswer::Orchestrator { mut response, .. } =
            fail_orchestration(Failure::new("x", "y"))
        else {
            panic!("another kind");
        };
        if let Some(Action::CompleteOrchestration(complete)) =
            &mut response.actions[0].orchestrator_action_type
        {
            complete.failure_details = Some(deep());
        }
        let WorkAnswer::Orchestrator { response, warm } = orchestrator(response) else {
            panic!("another kind");
        };
        let Some(Action::CompleteOrchestration(complete)) =
            &response.actions[0].orchestrator_action_type
        else {
            panic!("another action");
        };
        assert_eq!(depth(complete.failure_details.as_ref()), FAILURE_DEPTH_MAX);
        assert!(
            !warm,
            "a worker of another process is always sent everything"
        );

        let failed = OperationResultFailure {
            failure_details: Some(deep()),
            ..OperationResultFailure::default()
        };
        let WorkAnswer::Entity(result) = entity(
            EntityBatchResult {
                failure_details: Some(deep()),
                results: vec![OperationResult {
                    result_type: Some(ResultType::Failure(failed)),
                }],
                ..EntityBatchResult::default()
            },
            9,
        ) else {
            panic!("another kind");
        };
        assert_eq!(depth(result.failure_details.as_ref()), FAILURE_DEPTH_MAX);
        let Some(ResultType::Failure(failed)) = &result.results[0].result_type else {
            panic!("not failed");
        };
        assert_eq!(depth(failed.failure_details.as_ref()), FAILURE_DEPTH_MAX);
    }

    #[test]
    fn a_result_that_no_work_item_can_carry_is_a_failure_that_says_so() {
        let of = |bytes| {
            let response = ActivityResponse {
                result: Some("x".repeat(bytes)),
                ..ActivityResponse::default()
            };
            let WorkAnswer::Activity(response) = activity(response, 10) else {
                panic!("another kind");
            };
            response
        };
        assert!(of(10).failure_details.is_none());
        let response = of(11);
        assert_eq!(response.result, None);
        let failure = response.failure_details.unwrap();
        assert_eq!(failure.error_type, "MessageTooLarge");
        assert_eq!(
            failure.error_message,
            "the activity's result has 11 bytes; a message has at most 10 here"
        );
        assert!(failure.is_non_retriable);
    }

    #[test]
    fn a_failed_operation_leaves_the_state_alone() {
        let request = EntityBatchRequest {
            entity_state: Some(String::from("7")),
            ..EntityBatchRequest::default()
        };
        let WorkAnswer::Entity(result) = fail_operation(request, Failure::new("x", "y")) else {
            panic!("another kind");
        };
        assert_eq!(result.entity_state.as_deref(), Some("7"));
        assert_eq!(result.results.len(), 1);
    }
}
