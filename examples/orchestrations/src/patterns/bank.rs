//! Entities: accounts that live in the hub; and a transfer that holds both of them, so that nobody
//! sees the money twice or not at all.

use agent_sdk::prelude::*;
use serde::{Deserialize, Serialize};

/// The state of an account. Its operations run one at a time.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    pub cents: u64,
}

#[entity]
impl Account {
    fn deposit(&mut self, cents: u64) -> u64 {
        self.cents += cents;
        self.cents
    }

    fn withdraw(&mut self, cents: u64) -> Result<u64, ExecutorError> {
        let left = self.cents.checked_sub(cents);
        self.cents = left.ok_or(ExecutorError::failed("not enough money"))?;
        Ok(self.cents)
    }

    fn balance(&self) -> u64 {
        self.cents
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Transfer {
    pub from: String,
    pub to: String,
    pub cents: u64,
}

/// Whether the money was there.
#[orchestrator]
pub async fn transfer(
    ctx: OrchestrationContext,
    transfer: Transfer,
) -> Result<bool, OrchestrationError> {
    let from = ctx.entity::<Account>(transfer.from);
    let to = ctx.entity::<Account>(transfer.to);
    // Locks are taken in one order everywhere: two transfers crosswise can't block each other.
    let accounts = ctx.lock(&[from.id(), to.id()]).await?;
    let enough = from.balance().await? >= transfer.cents;
    if enough {
        from.withdraw(transfer.cents).await?;
        to.deposit(transfer.cents).await?;
    }
    accounts.release();
    Ok(enough)
}
