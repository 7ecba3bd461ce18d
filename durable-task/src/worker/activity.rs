//! One activity.

use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{Either, select};

use crate::panics::panic_failure;
use crate::registry::ActivityCode;
use crate::wire::proto::{ActivityRequest, ActivityResponse};
use crate::work::{Completer, WorkAnswer};
use crate::{ActivityContext, BoxFuture, Failure, Resources};

use super::grace::Grace;
use super::running::RunningItem;

pub(super) struct ActivityItem {
    pub(super) code: ActivityCode,
    /// How long it may take.
    pub(super) timeout: Option<Duration>,
    /// What it takes by reference.
    pub(super) resources: Arc<Resources>,
    pub(super) request: ActivityRequest,
    pub(super) completer: Completer,
    pub(super) grace: Grace,
    pub(super) running: RunningItem,
}

impl ActivityItem {
    /// Runs the activity and answers.
    pub(super) async fn run(mut self) {
        let resources = Arc::clone(&self.resources);
        let cancelled = self.grace.cancelled.clone();
        let context = ActivityContext::new(&mut self.request, cancelled, resources);
        let input = self.request.input.take();
        let running = (self.code)(context.clone(), input);
        let running = AssertUnwindSafe(self.in_time(running)).catch_unwind();
        let running = pin!(running);
        let limit = pin!(self.grace.cancelled_for_too_long());
        let outcome = match select(running, limit).await {
            Either::Left((outcome, _)) => outcome,
            Either::Right(_) => {
                let reason = format!("activity `{}` was cancelled", context.name());
                self.completer.complete(WorkAnswer::Abandoned { reason });
                return;
            }
        };
        if let Some(reason) = context.given_back() {
            let reason = reason.to_owned();
            self.completer.complete(WorkAnswer::Abandoned { reason });
            return;
        }
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
        let sleep = |limit| (limit, self.grace.runtime.sleep(limit));
        let limit = self.timeout.map(sleep);
        let cancelled = self.grace.cancelled.clone();
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
