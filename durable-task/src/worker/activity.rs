//! One activity.

use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{Either, select};
use tokio_util::sync::CancellationToken;

use crate::panics::panic_failure;
use crate::registry::ActivityCode;
use crate::wire::proto::{ActivityRequest, ActivityResponse};
use crate::work::{Completer, WorkAnswer};
use crate::{ActivityContext, BoxFuture, Failure, Resources, Runtime};

use super::running::RunningItem;

/// How long a cancelled activity may go on before it is dropped.
pub(super) const CANCEL_GRACE: Duration = Duration::from_secs(5);

pub(super) struct ActivityItem {
    pub(super) code: ActivityCode,
    /// How long it may take.
    pub(super) timeout: Option<Duration>,
    /// What it takes by reference.
    pub(super) resources: Arc<Resources>,
    pub(super) request: ActivityRequest,
    pub(super) completer: Completer,
    /// The activity's own token, below that of the work item.
    pub(super) cancelled: CancellationToken,
    /// The worker's.
    pub(super) shutdown: CancellationToken,
    pub(super) runtime: Arc<dyn Runtime>,
    pub(super) running: RunningItem,
}

impl ActivityItem {
    /// Runs the activity and answers.
    pub(super) async fn run(mut self) {
        let resources = Arc::clone(&self.resources);
        let context = ActivityContext::new(&mut self.request, self.cancelled.clone(), resources);
        let input = self.request.input.take();
        let running = (self.code)(context.clone(), input);
        let running = AssertUnwindSafe(self.in_time(running)).catch_unwind();
        let running = pin!(running);
        let limit = pin!(self.cancelled_for_too_long());
        let outcome = match select(running, limit).await {
            Either::Left((outcome, _)) => outcome,
            Either::Right(_) => {
                let reason = format!("activity `{}` was cancelled", context.name());
                self.completer.complete(WorkAnswer::Abandoned { reason });
                return;
            }
        };
        let outcome = outcome.unwrap_or_else(|panic| {
            let failure = panic_failure(&*panic);
            tracing::warn!(
                activity = context.name(),
                instance = %context.instance_id(),
                "activity panicked: {}", failure.message
            );
            Err(failure)
        });
        let response = response(&context, outcome);
        self.completer.complete(WorkAnswer::Activity(response));
        drop(self.running);
    }

    /// Ends an activity that takes too long: its token is cancelled, and it is dropped.
    fn in_time(
        &self,
        running: BoxFuture<'static, Result<String, Failure>>,
    ) -> impl Future<Output = Result<String, Failure>> + use<> {
        let limit = self.timeout.map(|limit| (limit, self.runtime.sleep(limit)));
        let cancelled = self.cancelled.clone();
        async move {
            let Some((limit, sleep)) = limit else {
                return running.await;
            };
            match select(running, sleep).await {
                Either::Left((outcome, _)) => outcome,
                Either::Right(_) => {
                    cancelled.cancel();
                    let message = format!("the activity took longer than {limit:?}");
                    Err(Failure::new("Timeout", message))
                }
            }
        }
    }

    /// Passes a cancellation on, and ends at the end of the grace.
    fn cancelled_for_too_long(&self) -> impl Future<Output = ()> + use<> {
        let (cancelled, shutdown) = (self.cancelled.clone(), self.shutdown.clone());
        let runtime = Arc::clone(&self.runtime);
        async move {
            let (item, worker) = (cancelled.cancelled(), shutdown.cancelled());
            select(pin!(item), pin!(worker)).await;
            cancelled.cancel();
            runtime.sleep(CANCEL_GRACE).await;
        }
    }
}

fn response(context: &ActivityContext, outcome: Result<String, Failure>) -> ActivityResponse {
    let mut response = ActivityResponse {
        instance_id: context.instance_id().as_str().to_owned(),
        task_id: context.task_id(),
        ..ActivityResponse::default()
    };
    match outcome {
        Ok(result) => response.result = Some(result),
        Err(failure) => response.failure_details = Some(failure.into()),
    }
    response
}
