//! One attempt at a function of a graph.

use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use durable_task::Failure;
use futures_util::FutureExt;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::workflow::caught::panic_text;
use crate::workflow::superstep::{TaskAnswer, TaskResult};
use crate::workflow::{ExecutorCode, Graph, NodeAnswer, NodeCall};

/// One attempt.
pub(super) struct Attempt {
    pub graph: &'static Graph,
    pub code: ExecutorCode,
    pub timeout: Option<Duration>,
    pub permits: Option<Arc<Semaphore>>,
    pub cancelled: CancellationToken,
}

impl Attempt {
    /// Runs it. A panic is a failure that no repetition cures.
    pub(super) async fn run(self, call: NodeCall) -> TaskResult {
        let _permit = match &self.permits {
            Some(permits) => permits.acquire().await.ok(),
            None => None,
        };
        let _cancel = self.cancelled.clone().drop_guard();
        let mut running = pin!(AssertUnwindSafe(async { (self.code)(call).await }).catch_unwind());
        let outcome = match self.timeout {
            None => running.await,
            Some(limit) => {
                let Ok(outcome) = tokio::time::timeout(limit, running.as_mut()).await else {
                    // What it has started learns of it before it is dropped.
                    self.cancelled.cancel();
                    let message = format!("the activity took longer than {limit:?}");
                    return Err(Failure::new("Timeout", message));
                };
                outcome
            }
        };
        let panicked = |text: &str| Failure::new("Panic", text).non_retriable();
        let answer: NodeAnswer =
            outcome.unwrap_or_else(|panic| Err(panicked(panic_text(&*panic))))?;
        TaskAnswer::of_executor(self.graph, answer)
    }
}
