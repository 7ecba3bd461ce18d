//! A human decides, within a time. Waiting costs a row in the hub and no memory, for months if need
//! be.

use std::time::Duration;

use agent_sdk::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Expense {
    pub what: String,
    pub cents: u64,
    /// How long somebody has to decide.
    pub hours: u64,
}

/// The event: its name is that of the type.
#[derive(Debug, Clone, Serialize, Deserialize, Event)]
pub struct Approval {
    pub approved: bool,
    pub by: String,
}

#[orchestrator]
pub async fn expense(
    ctx: OrchestrationContext,
    expense: Expense,
) -> Result<String, OrchestrationError> {
    ctx.set_custom_status(format!("who pays for {}?", expense.what));
    let deadline = Duration::from_hours(expense.hours);
    match ctx.wait_for_event::<Approval>().timeout(deadline).await? {
        Some(Approval { approved: true, by }) => {
            ctx.set_custom_status(format!("approved by {by}"));
            ctx.call::<pay>(expense).await
        }
        Some(Approval { by, .. }) => Ok(format!("refused by {by}")),
        None => Ok(String::from("nobody decided in time")),
    }
}

#[executor]
pub async fn pay(expense: Expense) -> Result<String, ExecutorError> {
    Ok(format!("paid {} cents for {}", expense.cents, expense.what))
}
