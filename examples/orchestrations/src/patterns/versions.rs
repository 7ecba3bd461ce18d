//! Versions side by side: what has begun under the first one ends under it, however the code has
//! changed since; what begins today takes the newest.

use agent_sdk::prelude::*;

/// Kept until its last instance has ended.
#[orchestrator(name = "price", version = "1.0")]
pub async fn price_1(ctx: OrchestrationContext, cents: u64) -> Result<u64, OrchestrationError> {
    go(&ctx).await?;
    Ok(cents)
}

/// Another step: a history of the first version would not fit this code.
#[orchestrator(name = "price", version = "2.0")]
pub async fn price_2(ctx: OrchestrationContext, cents: u64) -> Result<u64, OrchestrationError> {
    let vat = ctx.call::<vat>(cents).await?;
    go(&ctx).await?;
    Ok(cents + vat)
}

/// So that an instance can be seen while it runs.
async fn go(ctx: &OrchestrationContext) -> Result<(), OrchestrationError> {
    ctx.wait_for_event_named("go").await
}

#[executor]
pub async fn vat(cents: u64) -> Result<u64, ExecutorError> {
    Ok(cents / 5)
}
