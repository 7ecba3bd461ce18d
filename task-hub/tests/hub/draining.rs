//! What a hub that stops does with what is asked and answered meanwhile.

use std::sync::Arc;
use std::time::Duration;

use durable_task::{ClientError, StartRequest};
use futures_util::poll;
use task_hub::HubHealth;

use crate::flow::sequence;
use crate::support::{Bench, id};

/// How long anything may take that has to happen.
const PATIENCE: Duration = Duration::from_mins(1);

async fn soon<T>(what: impl Future<Output = T>) -> T {
    let done = tokio::time::timeout(PATIENCE, what).await;
    done.unwrap_or_else(|_| panic!("it hangs"))
}

#[tokio::test]
async fn what_is_asked_right_after_a_shutdown_is_refused_before_what_runs_has_ended() {
    let bench = Bench::memory(sequence()).await;
    bench.start("sequence", "a", "1").await;
    let running = bench.worker.started().await;
    let client = Arc::clone(&bench.client);
    let mut shutdown = std::pin::pin!(bench.hub.shutdown(Duration::from_hours(1)));
    let mut start = std::pin::pin!(client.start(StartRequest::new("sequence", id("b"))));
    let a = id("a");
    let mut raise = std::pin::pin!(client.raise_event(&a, "go", None));
    let mut clear = std::pin::pin!(bench.hub.clear());
    let mut second = std::pin::pin!(bench.hub.shutdown(Duration::ZERO));
    // All are in the queue before the loop comes to look at it.
    assert!(poll!(shutdown.as_mut()).is_pending());
    assert!(poll!(start.as_mut()).is_pending());
    assert!(poll!(raise.as_mut()).is_pending());
    assert!(poll!(clear.as_mut()).is_pending());
    assert!(poll!(second.as_mut()).is_pending());
    let refused = |answer: Result<(), ClientError>| {
        let error = answer.unwrap_err();
        assert!(matches!(error, ClientError::Unavailable { .. }), "{error}");
    };
    refused(soon(start).await.map(|_| ()));
    refused(soon(raise).await);
    refused(soon(clear).await);
    assert!(poll!(shutdown.as_mut()).is_pending(), "an activity runs");
    assert!(poll!(second.as_mut()).is_pending());
    running.complete("1");
    soon(shutdown).await;
    soon(second).await;
    assert_eq!(bench.hub.health(), HubHealth::Stopped);
}
