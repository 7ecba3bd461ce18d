//! What is durable: an event, an orchestrator and an executor.

use durable_task::{
    Event, ExecutorError, OrchestrationContext, OrchestrationError, executor, orchestrator,
};
use serde::{Deserialize, Serialize};

/// The event that an order waits for.
#[derive(Debug, Serialize, Deserialize, Event)]
pub struct Payment {
    pub cents: u64,
}

/// Waits for the payment, however long and in whatever process, then ships.
#[orchestrator]
pub async fn order(ctx: OrchestrationContext, what: String) -> Result<String, OrchestrationError> {
    let payment = ctx.wait_for_event::<Payment>().await?;
    ctx.call::<ship>((what, payment.cents)).await
}

#[executor(retry(attempts = 3, first = "1s"))]
pub async fn ship((what, cents): (String, u64)) -> Result<String, ExecutorError> {
    Ok(format!("{what} for {cents} cents is on its way"))
}
