//! A batch of operations on one entity.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::panics::panic_failure;
use crate::wire::proto::operation_action::OperationActionType;
use crate::wire::proto::operation_result::ResultType;
use crate::wire::proto::{
    EntityBatchRequest, EntityBatchResult, OperationAction, OperationRequest, OperationResult,
    OperationResultFailure, OperationResultSuccess,
};
use crate::{EntityId, Failure, Timestamp};

use super::EntityContext;

/// Runs operations one after the other on the state. An operation that fails or panics leaves the
/// state as it found it and sends nothing; the others go on.
pub(crate) fn run_batch(
    run: &dyn Fn(&mut EntityContext) -> Result<Option<String>, Failure>,
    id: &EntityId,
    request: EntityBatchRequest,
    clock: &dyn Fn() -> Timestamp,
) -> EntityBatchResult {
    let now = clock();
    let mut context = EntityContext {
        id: id.clone(),
        operation: String::new(),
        input: None,
        state: request.entity_state,
        now,
        actions: Vec::new(),
    };
    let mut results = Vec::with_capacity(request.operations.len());
    for operation in request.operations {
        let start = clock();
        let outcome = run_operation(run, &mut context, operation);
        let (start, end) = (Some(start.into()), Some(clock().into()));
        let result = match outcome {
            Ok(result) => ResultType::Success(OperationResultSuccess {
                result,
                start_time_utc: start,
                end_time_utc: end,
            }),
            Err(failure) => ResultType::Failure(OperationResultFailure {
                failure_details: Some(failure.into()),
                start_time_utc: start,
                end_time_utc: end,
            }),
        };
        results.push(OperationResult {
            result_type: Some(result),
        });
    }
    EntityBatchResult {
        results,
        actions: number(context.actions),
        entity_state: context.state,
        ..EntityBatchResult::default()
    }
}

fn run_operation(
    run: &dyn Fn(&mut EntityContext) -> Result<Option<String>, Failure>,
    context: &mut EntityContext,
    operation: OperationRequest,
) -> Result<Option<String>, Failure> {
    let state_before = context.state.clone();
    let actions_before = context.actions.len();
    context.operation = operation.operation;
    context.input = operation.input;
    let outcome = catch_unwind(AssertUnwindSafe(|| run(context)))
        .unwrap_or_else(|panic| Err(panic_failure(&*panic)));
    if outcome.is_err() {
        context.state = state_before;
        context.actions.truncate(actions_before);
    }
    outcome
}

fn number(actions: Vec<OperationActionType>) -> Vec<OperationAction> {
    (0..)
        .zip(actions)
        .map(|(id, action)| OperationAction {
            id,
            operation_action_type: Some(action),
        })
        .collect()
}
