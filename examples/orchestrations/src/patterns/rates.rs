//! An entity that asks a service: however many want a price at once, the exchange is asked once.

use std::time::Duration;

use agent_sdk::prelude::*;
use serde::{Deserialize, Serialize};

/// A service elsewhere; each request takes it a while.
#[derive(Debug)]
pub struct Exchange {
    pub takes: Duration,
}

impl Exchange {
    async fn cents_for(&self, currency: &str) -> Result<u64, ExecutorError> {
        tokio::time::sleep(self.takes).await;
        match currency {
            "gbp" => Ok(119),
            "usd" => Ok(86),
            _ => Err(ExecutorError::failed(format!("nobody trades {currency}"))),
        }
    }
}

/// The price of a currency, which is the key.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rate {
    pub cents: Option<u64>,
    pub asked: u32,
}

#[entity]
impl Rate {
    /// Asks the exchange, if nobody has. An `async` operation may wait and touch the world; what
    /// else is sent to the entity comes after it.
    async fn cents(&mut self, ctx: &mut EntityContext) -> Result<u64, ExecutorError> {
        if let Some(cents) = self.cents {
            return Ok(cents);
        }
        let exchange = ctx.resource::<Exchange>();
        let exchange = exchange.ok_or(ExecutorError::failed("there is no exchange"))?;
        let cents = exchange.cents_for(ctx.id().key()).await?;
        self.asked += 1;
        self.cents = Some(cents);
        Ok(cents)
    }

    /// The next one asks again.
    fn forget(&mut self) {
        self.cents = None;
    }
}

/// An amount of one currency in cents of ours.
#[orchestrator]
pub async fn convert(
    ctx: OrchestrationContext,
    (amount, currency): (u64, String),
) -> Result<u64, OrchestrationError> {
    let cents = ctx.entity::<Rate>(currency).cents().await?;
    Ok(amount * cents)
}
