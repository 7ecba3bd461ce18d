//! One attempt at a function of a graph.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use durable_task::Failure;
use futures_util::FutureExt;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

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
        let running = AssertUnwindSafe(async { (self.code)(call).await }).catch_unwind();
        let outcome = match self.timeout {
            None => running.await,
            Some(limit) => {
                let message = || format!("the activity took longer than {limit:?}");
                let in_time = tokio::time::timeout(limit, running).await;
                in_time.map_err(|_| Failure::new("Timeout", message()))?
            }
        };
        let answer: NodeAnswer = outcome.unwrap_or_else(|panic| Err(panicked(&*panic)))?;
        TaskAnswer::of_executor(self.graph, answer)
    }
}

fn panicked(payload: &(dyn std::any::Any + Send)) -> Failure {
    let text = payload
        .downcast_ref::<&'static str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("a panic without a text");
    Failure::new("Panic", text).non_retriable()
}
