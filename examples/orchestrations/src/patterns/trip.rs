//! Sub-orchestrations, and a saga: what was reserved is cancelled when a later part fails.

use agent_sdk::prelude::*;

#[orchestrator]
pub async fn book_trip(
    ctx: OrchestrationContext,
    legs: Vec<String>,
) -> Result<Vec<String>, OrchestrationError> {
    let mut booked = Vec::new();
    for leg in legs {
        match ctx.call_orchestrator::<book_leg>(leg).await {
            Ok(booking) => booked.push(booking),
            Err(error) => {
                for booking in booked.into_iter().rev() {
                    ctx.call::<cancel>(booking).await?;
                }
                return Err(error);
            }
        }
    }
    Ok(booked)
}

/// A part with a life of its own: its own id, history and status.
#[orchestrator]
pub async fn book_leg(
    ctx: OrchestrationContext,
    leg: String,
) -> Result<String, OrchestrationError> {
    let booking = ctx.call::<reserve>(leg).await?;
    Ok(format!("{booking} {}", ctx.new_uuid()))
}

#[executor]
pub async fn reserve(leg: String) -> Result<String, ExecutorError> {
    if leg == "Atlantis" {
        return Err(ExecutorError::failed("nobody flies to Atlantis"));
    }
    Ok(format!("seat to {leg}"))
}

#[executor]
pub async fn cancel(booking: String) -> Result<(), ExecutorError> {
    eprintln!("cancelled: {booking}");
    Ok(())
}
