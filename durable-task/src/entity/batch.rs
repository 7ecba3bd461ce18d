//! A batch of operations on one entity.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;
use std::vec::IntoIter;

use futures_util::FutureExt;

use crate::panics::panic_failure;
use crate::wire::proto::operation_action::OperationActionType;
use crate::wire::proto::operation_result::ResultType;
use crate::wire::proto::{
    EntityBatchRequest, EntityBatchResult, OperationAction, OperationRequest, OperationResult,
    OperationResultFailure, OperationResultSuccess,
};
use crate::{BoxFuture, EntityId, Failure, Timestamp};

use super::EntityContext;
use super::context::Surroundings;

/// The text of the result, where there is one.
pub(crate) type Outcome = Result<Option<String>, Failure>;
/// Runs an operation at once.
pub(crate) type Operate = dyn Fn(&mut EntityContext) -> Outcome + Send + Sync;
/// Runs an operation that may wait.
pub(crate) type OperateLater =
    dyn for<'a> Fn(&'a mut EntityContext) -> BoxFuture<'a, Outcome> + Send + Sync;

/// Operations that run one after the other on the state. One that fails or panics leaves the state
/// as it found it and sends nothing; the others go on.
pub(crate) struct Batch {
    pub(crate) id: EntityId,
    pub(crate) request: EntityBatchRequest,
    pub(crate) surroundings: Surroundings,
}

/// A batch that runs.
struct Running {
    context: EntityContext,
    operations: IntoIter<OperationRequest>,
    results: Vec<OperationResult>,
    before: Option<Before>,
}

/// What there was before the operation that runs.
struct Before {
    begun: Timestamp,
    state: Option<String>,
    actions: usize,
}

impl Batch {
    /// Runs all, at once.
    pub(crate) fn run(self, operate: &Operate, clock: &dyn Fn() -> Timestamp) -> EntityBatchResult {
        let mut running = self.start(clock());
        while running.begin(clock()) {
            let context = &mut running.context;
            let outcome = catch_unwind(AssertUnwindSafe(|| operate(context)));
            running.end(outcome, clock());
        }
        running.result()
    }

    /// Runs all, waiting for each. `None` where it was cancelled: between two of them, or so that
    /// one failed.
    pub(crate) async fn run_later(
        self,
        operate: &OperateLater,
        clock: &(dyn Fn() -> Timestamp + Send + Sync),
    ) -> Option<EntityBatchResult> {
        let mut running = self.start(clock());
        while running.begin(clock()) {
            let context = &mut running.context;
            let cancelled = context.cancelled().clone();
            if cancelled.is_cancelled() {
                return None;
            }
            // What the operation does before it waits for the first time is a part of it.
            let operation = async move { operate(context).await };
            let outcome = AssertUnwindSafe(operation).catch_unwind().await;
            if cancelled.is_cancelled() && !matches!(outcome, Ok(Ok(_))) {
                return None;
            }
            running.end(outcome, clock());
        }
        Some(running.result())
    }

    fn start(self, now: Timestamp) -> Running {
        let request = self.request;
        Running {
            context: EntityContext {
                id: self.id,
                operation: String::new(),
                request: String::new(),
                input: None,
                state: request.entity_state,
                now,
                actions: Vec::new(),
                surroundings: self.surroundings,
            },
            results: Vec::with_capacity(request.operations.len()),
            operations: request.operations.into_iter(),
            before: None,
        }
    }
}

impl Running {
    /// Makes the next operation that of the context.
    fn begin(&mut self, now: Timestamp) -> bool {
        let Some(operation) = self.operations.next() else {
            return false;
        };
        self.before = Some(Before {
            begun: now,
            state: self.context.state.clone(),
            actions: self.context.actions.len(),
        });
        self.context.operation = operation.operation;
        self.context.request = operation.request_id;
        self.context.input = operation.input;
        true
    }

    fn end(&mut self, outcome: thread::Result<Outcome>, now: Timestamp) {
        let Some(before) = self.before.take() else {
            return;
        };
        let outcome = outcome.unwrap_or_else(|panic| Err(panic_failure(&*panic)));
        let (start, end) = (Some(before.begun.into()), Some(now.into()));
        let result = match outcome {
            Ok(result) => ResultType::Success(OperationResultSuccess {
                result,
                start_time_utc: start,
                end_time_utc: end,
            }),
            Err(failure) => {
                self.context.state = before.state;
                self.context.actions.truncate(before.actions);
                ResultType::Failure(OperationResultFailure {
                    failure_details: Some(failure.into()),
                    start_time_utc: start,
                    end_time_utc: end,
                })
            }
        };
        self.results.push(OperationResult {
            result_type: Some(result),
        });
    }

    fn result(self) -> EntityBatchResult {
        EntityBatchResult {
            results: self.results,
            actions: number(self.context.actions),
            entity_state: self.context.state,
            ..EntityBatchResult::default()
        }
    }
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
