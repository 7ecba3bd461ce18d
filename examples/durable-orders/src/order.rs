use durable_task::{
    ExecutorError, OrchestrationContext, OrchestrationError, executor, orchestrator,
};

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
