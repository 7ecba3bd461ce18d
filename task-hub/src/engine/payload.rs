//! Values that are too large to be kept, as failures that name the limit.

use durable_task::Failure;
use durable_task::wire::proto::history_event::EventType;
use durable_task::wire::proto::orchestrator_action::OrchestratorActionType as Action;
use durable_task::wire::proto::send_entity_message_action::EntityMessageType as EntityMessage;
use durable_task::wire::proto::{
    ActivityResponse, EntityBatchResult, HistoryEvent, OperationAction, OrchestratorResponse,
    TaskFailureDetails,
};

use super::EngineLimits;

/// The failure of a value of so many bytes, if that is too many. `what` says what it is.
fn refused(what: &str, bytes: usize, limits: &EngineLimits) -> Option<Failure> {
    let max = limits.payload_bytes_max;
    (bytes > max).then(|| {
        let message =
            format!("{what} has {bytes} bytes; at most {max} are kept (`payload_bytes_max`)");
        Failure::new("PayloadTooLarge", message).non_retriable()
    })
}

fn len(text: Option<&String>) -> usize {
    text.map_or(0, String::len)
}

/// What is too large in an orchestrator's answer.
pub(super) fn of_episode(
    response: &OrchestratorResponse,
    limits: &EngineLimits,
) -> Option<Failure> {
    let actions = response.actions.iter();
    let mut types = actions.filter_map(|action| action.orchestrator_action_type.as_ref());
    types.find_map(|action| of_action(action, limits))
}

fn of_action(action: &Action, limits: &EngineLimits) -> Option<Failure> {
    match action {
        Action::ScheduleTask(task) => refused(
            &format!("the input of activity `{}`", task.name),
            len(task.input.as_ref()),
            limits,
        ),
        Action::CreateSubOrchestration(child) => refused(
            &format!("the input of orchestrator `{}`", child.name),
            len(child.input.as_ref()),
            limits,
        ),
        Action::SendEvent(event) => refused(
            &format!("event `{}`", event.name),
            len(event.data.as_ref()),
            limits,
        ),
        Action::CompleteOrchestration(complete) => {
            let mut carried = complete.carryover_events.iter();
            refused("the result", len(complete.result.as_ref()), limits)
                .or_else(|| carried.find_map(of_event(limits)))
        }
        Action::SendEntityMessage(message) => {
            let (operation, input) = match message.entity_message_type.as_ref()? {
                EntityMessage::EntityOperationCalled(call) => (&call.operation, &call.input),
                EntityMessage::EntityOperationSignaled(signal) => {
                    (&signal.operation, &signal.input)
                }
                _ => return None,
            };
            let what = format!("the input of operation `{operation}`");
            refused(&what, len(input.as_ref()), limits)
        }
        _ => None,
    }
}

fn of_event(limits: &EngineLimits) -> impl Fn(&HistoryEvent) -> Option<Failure> {
    |event| match &event.event_type {
        Some(EventType::EventRaised(raised)) => refused(
            &format!("event `{}`", raised.name),
            len(raised.input.as_ref()),
            limits,
        ),
        _ => None,
    }
}

/// An activity's answer, within the limits: a result that is too large is a failure.
pub fn bounded_response(response: ActivityResponse, limits: &EngineLimits) -> ActivityResponse {
    let refused = refused("the result", len(response.result.as_ref()), limits);
    match refused {
        Some(failure) => ActivityResponse {
            result: None,
            failure_details: Some(failure.into()),
            ..response
        },
        None => ActivityResponse {
            failure_details: response.failure_details.map(TaskFailureDetails::bounded),
            ..response
        },
    }
}

fn of_entity_action(action: &OperationAction, limits: &EngineLimits) -> Option<Failure> {
    use durable_task::wire::proto::operation_action::OperationActionType as Kind;

    let (what, input) = match action.operation_action_type.as_ref()? {
        Kind::SendSignal(signal) => (
            format!("the input of signal `{}`", signal.name),
            &signal.input,
        ),
        Kind::StartNewOrchestration(start) => (
            format!("the input of orchestrator `{}`", start.name),
            &start.input,
        ),
    };
    refused(&what, len(input.as_ref()), limits)
}

/// An entity's answer, within the limits: results that are too large are failures. A state, or
/// something to send, that is too large fails the whole batch, which then has changed nothing.
pub(super) fn bounded_batch(
    mut result: EntityBatchResult,
    limits: &EngineLimits,
) -> EntityBatchResult {
    use durable_task::wire::proto::operation_result::ResultType;

    let state = refused("the state", len(result.entity_state.as_ref()), limits);
    let mut actions = result.actions.iter();
    let whole = state.or_else(|| actions.find_map(|action| of_entity_action(action, limits)));
    if let Some(failure) = whole {
        return EntityBatchResult {
            failure_details: Some(failure.into()),
            completion_token: result.completion_token,
            ..EntityBatchResult::default()
        };
    }
    result.failure_details = result.failure_details.map(TaskFailureDetails::bounded);
    for outcome in &mut result.results {
        let bounded = match outcome.result_type.take() {
            Some(ResultType::Success(success)) => {
                match refused("the result", len(success.result.as_ref()), limits) {
                    Some(failure) => super::entity::failed(failure.into()),
                    None => ResultType::Success(success),
                }
            }
            Some(ResultType::Failure(mut failure)) => {
                let details = failure.failure_details.take();
                failure.failure_details = details.map(TaskFailureDetails::bounded);
                ResultType::Failure(failure)
            }
            None => continue,
        };
        outcome.result_type = Some(bounded);
    }
    result
}
