//! How work ends that nobody wants any more.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::select;
use tokio_util::sync::CancellationToken;

use crate::Runtime;

/// How long cancelled work may go on before it is dropped.
pub(super) const CANCEL_GRACE: Duration = Duration::from_secs(5);

/// What may put an end to work that waits.
pub(super) struct Grace {
    /// Its own token, below that of the work item.
    pub(super) cancelled: CancellationToken,
    /// The worker's.
    pub(super) shutdown: CancellationToken,
    pub(super) runtime: Arc<dyn Runtime>,
}

impl Grace {
    /// Passes a cancellation on, and ends at the end of the grace.
    pub(super) fn cancelled_for_too_long(&self) -> impl Future<Output = ()> + use<> {
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
