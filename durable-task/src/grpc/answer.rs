//! From what a worker answers to messages of a size that the service takes.

use prost::Message;

use crate::Failure;
use crate::wire::proto::operation_result::ResultType;
use crate::wire::proto::orchestrator_action::OrchestratorActionType;
use crate::wire::proto::{
    ActivityResponse, CompleteOrchestrationAction, EntityBatchResult, OperationInfo,
    OrchestrationStatus, OrchestratorAction, OrchestratorResponse, TaskFailureDetails,
};

/// What the field of an action costs beside the action itself: its tag and its length.
const ACTION_EXTRA_BYTES: usize = 1 + 5;
/// What is kept free for the fields of a part that are set last.
const PART_EXTRA_BYTES: usize = 32;

/// One answer in as many parts as it takes, the last of them not marked as partial. An answer with
/// an action that fits into no part becomes the failure of its instance.
pub(super) fn parts(response: OrchestratorResponse, bytes_max: usize) -> Vec<OrchestratorResponse> {
    if response.encoded_len() <= bytes_max {
        return vec![response];
    }
    let mut head = response;
    let actions = std::mem::take(&mut head.actions);
    let room = bytes_max.saturating_sub(head.encoded_len() + PART_EXTRA_BYTES);
    let bytes_of = |action: &OrchestratorAction| action.encoded_len() + ACTION_EXTRA_BYTES;
    if let Some(large) = actions.iter().find(|action| bytes_of(action) > room) {
        let what = format!("action {} of this episode", large.id);
        head.actions = vec![OrchestratorAction {
            id: actions.last().map_or(0, |action| action.id),
            orchestrator_action_type: Some(failed(too_large(&what, bytes_of(large), bytes_max))),
        }];
        return vec![head];
    }
    // What all parts have in common, and what stands in the first alone.
    let next = OrchestratorResponse {
        instance_id: head.instance_id.clone(),
        completion_token: head.completion_token.clone(),
        num_events_processed: Some(0),
        ..OrchestratorResponse::default()
    };
    let mut parts = vec![head];
    let mut bytes = 0;
    for action in actions {
        bytes += bytes_of(&action);
        if bytes > room {
            parts.push(next.clone());
            bytes = bytes_of(&action);
        }
        if let Some(part) = parts.last_mut() {
            part.actions.push(action);
        }
    }
    let last = parts.len() - 1;
    for (index, part) in parts.iter_mut().enumerate() {
        part.is_partial = index < last;
        part.chunk_index = Some(i32::try_from(index).unwrap_or(i32::MAX));
    }
    parts
}

fn failed(failure: TaskFailureDetails) -> OrchestratorActionType {
    OrchestratorActionType::CompleteOrchestration(CompleteOrchestrationAction {
        orchestration_status: OrchestrationStatus::Failed.into(),
        failure_details: Some(failure),
        ..CompleteOrchestrationAction::default()
    })
}

/// A result that the service would not take is a failure that says so.
pub(super) fn activity(mut response: ActivityResponse, bytes_max: usize) -> ActivityResponse {
    let bytes = response.encoded_len();
    if bytes > bytes_max {
        response.result = None;
        response.failure_details = Some(too_large("the result of this activity", bytes, bytes_max));
    }
    response
}

/// The outcome of a batch with who waits for each operation. A batch that the service would not
/// take fails as a whole: nothing of it happens, and the state stays what it was `before`.
pub(super) fn entity(
    mut result: EntityBatchResult,
    (infos, before): (Vec<OperationInfo>, Option<&str>),
    bytes_max: usize,
) -> EntityBatchResult {
    result.operation_infos = infos;
    result.operation_infos.truncate(result.results.len());
    let bytes = result.encoded_len();
    if bytes > bytes_max {
        let failure = too_large("the outcome of these operations", bytes, bytes_max);
        for one in &mut result.results {
            let (start, end) = match one.result_type.take() {
                Some(ResultType::Success(success)) => {
                    (success.start_time_utc, success.end_time_utc)
                }
                Some(ResultType::Failure(failure)) => {
                    (failure.start_time_utc, failure.end_time_utc)
                }
                None => (None, None),
            };
            let failed = crate::wire::proto::OperationResultFailure {
                failure_details: Some(failure.clone()),
                start_time_utc: start,
                end_time_utc: end,
            };
            one.result_type = Some(ResultType::Failure(failed));
        }
        result.actions = Vec::new();
        result.entity_state = before.map(str::to_owned);
    }
    result
}

fn too_large(what: &str, bytes: usize, max: usize) -> TaskFailureDetails {
    let message = format!(
        "{what} has {bytes} bytes; the service takes at most {max} (`send_bytes_max`): keep large \
         data elsewhere and hand on where it is"
    );
    Failure::new("MessageTooLarge", message)
        .non_retriable()
        .into()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::wire::proto::{OperationResult, OperationResultSuccess, ScheduleTaskAction};

    fn action(id: i32, bytes: usize) -> OrchestratorAction {
        let task = ScheduleTaskAction {
            name: "x".into(),
            input: Some("y".repeat(bytes)),
            ..ScheduleTaskAction::default()
        };
        OrchestratorAction {
            id,
            orchestrator_action_type: Some(OrchestratorActionType::ScheduleTask(task)),
        }
    }

    fn response(sizes: &[usize]) -> OrchestratorResponse {
        OrchestratorResponse {
            instance_id: "instance".into(),
            completion_token: "token".into(),
            custom_status: Some("\"status\"".into()),
            actions: (0..)
                .zip(sizes)
                .map(|(id, size)| action(id, *size))
                .collect(),
            ..OrchestratorResponse::default()
        }
    }

    #[test]
    fn a_small_answer_is_sent_as_it_is() {
        let whole = response(&[10, 20]);
        assert_eq!(parts(whole.clone(), 1_000), [whole]);
    }

    #[test]
    fn a_large_answer_is_sent_in_parts() {
        let parts = parts(response(&[100, 100, 100, 100, 100]), 350);
        let shape: Vec<(bool, Option<i32>, usize)> = parts
            .iter()
            .map(|part| (part.is_partial, part.chunk_index, part.actions.len()))
            .collect();
        let expected = [(true, Some(0), 2), (true, Some(1), 2), (false, Some(2), 1)];
        assert_eq!(shape, expected);
        assert_eq!(parts[0].custom_status.as_deref(), Some("\"status\""));
        assert_eq!(parts[1].custom_status, None);
        assert_eq!(parts[1].num_events_processed, Some(0));
        assert!(parts.iter().all(|part| part.completion_token == "token"));
    }

    #[test]
    fn an_action_that_fits_nowhere_fails_the_instance_and_says_why() {
        let parts = parts(response(&[10, 5_000, 10]), 1_000);
        assert_eq!(parts.len(), 1);
        assert!(!parts[0].is_partial);
        let Some(OrchestratorActionType::CompleteOrchestration(complete)) =
            &parts[0].actions[0].orchestrator_action_type
        else {
            panic!("{parts:?}")
        };
        assert_eq!(parts[0].actions[0].id, 2);
        let failure = complete.failure_details.as_ref().unwrap();
        assert_eq!(failure.error_type, "MessageTooLarge");
        assert!(failure.is_non_retriable);
        assert!(
            failure
                .error_message
                .starts_with("action 1 of this episode has 5")
        );
    }

    #[test]
    fn a_result_that_is_too_large_is_a_failure() {
        let large = ActivityResponse {
            result: Some("x".repeat(100)),
            ..ActivityResponse::default()
        };
        assert_eq!(activity(large.clone(), 1_000), large);
        let refused = activity(large, 50);
        assert_eq!(refused.result, None);
        let failure = refused.failure_details.unwrap();
        assert_eq!(failure.error_type, "MessageTooLarge");
    }

    #[test]
    fn an_entity_answers_with_who_waits_and_within_the_limit() {
        let result = EntityBatchResult {
            results: vec![OperationResult {
                result_type: Some(ResultType::Success(OperationResultSuccess {
                    result: Some("x".repeat(100)),
                    ..OperationResultSuccess::default()
                })),
            }],
            entity_state: Some("7".into()),
            ..EntityBatchResult::default()
        };
        let info = |id: &str| OperationInfo {
            request_id: id.into(),
            response_destination: None,
        };
        let answer = entity(
            result.clone(),
            (vec![info("1"), info("2")], Some("6")),
            1_000,
        );
        assert_eq!(answer.operation_infos, [info("1")]);
        assert_eq!(answer.results, result.results);
        assert_eq!(answer.entity_state.as_deref(), Some("7"));
        let answer = entity(result, (vec![info("1")], Some("6")), 100);
        assert!(matches!(
            answer.results[0].result_type,
            Some(ResultType::Failure(_))
        ));
        assert_eq!(answer.entity_state.as_deref(), Some("6"));
    }

    proptest! {
        #[test]
        fn parts_are_small_and_keep_every_action_in_order(
            sizes in prop::collection::vec(0_usize..400, 0..40),
            bytes_max in 600_usize..2_000,
        ) {
            let whole = response(&sizes);
            let parts = parts(whole.clone(), bytes_max);
            let last = parts.len() - 1;
            for (index, part) in parts.iter().enumerate() {
                prop_assert!(part.encoded_len() <= bytes_max);
                prop_assert_eq!(part.is_partial, index < last);
            }
            let actions: Vec<_> = parts.into_iter().flat_map(|part| part.actions).collect();
            prop_assert_eq!(actions, whole.actions);
        }
    }
}
