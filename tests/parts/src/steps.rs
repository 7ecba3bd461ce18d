//! Executors for workflows of others.

use agent_sdk::prelude::*;

use crate::Total;

/// A tenth.
#[executor]
pub async fn tax(cents: u64) -> Result<u64, ExecutorError> {
    Ok(cents / 10)
}

/// Adds to a slot of whichever workflow it is a node of.
#[executor(writes(Total), retry(attempts = 2, first = "1ms"), timeout = "10s")]
pub async fn add_up(cents: u64, ctx: &WorkflowContext<add_up>) -> Result<u64, ExecutorError> {
    ctx.set::<Total>(Total(cents));
    Ok(cents)
}

macro_rules! rounding {
    ($name:ident, $text:literal, $to:expr) => {
        #[doc = $text]
        #[executor]
        pub async fn $name(cents: u64) -> Result<u64, ExecutorError> {
            let to: u64 = $to;
            Ok(cents.div_ceil(to) * to)
        }
    };
}

rounding!(round_up, "To whole hundreds.", 100);
