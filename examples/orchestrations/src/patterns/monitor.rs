//! A monitor that never ends: each round is a new execution with an empty history, so that it costs
//! the same in its tenth year.

use std::time::Duration;

use agent_sdk::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Watch {
    pub sensor: String,
    pub limit: u64,
    /// Milliseconds between two looks.
    pub every_ms: u64,
    /// How many looks there were.
    #[serde(default)]
    pub rounds: u64,
}

#[orchestrator]
pub async fn watch(ctx: OrchestrationContext, watch: Watch) -> Result<(), OrchestrationError> {
    let degrees = ctx
        .call::<measure>((watch.sensor.clone(), watch.rounds))
        .await?;
    ctx.set_custom_status(format!("{degrees} degrees after {} rounds", watch.rounds));
    if degrees > watch.limit {
        ctx.call::<alert>((watch.sensor.clone(), degrees)).await?;
    }
    ctx.sleep(Duration::from_millis(watch.every_ms)).await;
    let next = Watch {
        rounds: watch.rounds + 1,
        ..watch
    };
    ctx.continue_as_new(&next).await
}

/// A sensor that gets warmer by a degree per look.
#[executor]
pub async fn measure((_sensor, round): (String, u64)) -> Result<u64, ExecutorError> {
    Ok(20 + round)
}

#[executor]
pub async fn alert((sensor, degrees): (String, u64)) -> Result<(), ExecutorError> {
    eprintln!("{sensor}: {degrees} degrees");
    Ok(())
}
