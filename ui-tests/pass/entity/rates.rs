use agent_sdk::prelude::*;

use std::future::ready;

use agent_sdk::App;
use agent_sdk::durable_task::Failure;
use serde::{Deserialize, Serialize};

/// A service that lends itself.
struct Bank {
    rate: f64,
}

impl Bank {
    async fn rate(&self, _currency: &str, _key: String) -> f64 {
        ready(self.rate).await
    }
}

/// Operations that wait beside operations that don't.
#[derive(Default, Serialize, Deserialize)]
struct Rates {
    rate: f64,
    asked: u32,
}

#[entity(name = "rates")]
impl Rates {
    /// Asks the bank.
    async fn refresh(&mut self, ctx: &mut EntityContext) -> Result<f64, ExecutorError> {
        let key = ctx.idempotency_key();
        let currency = ctx.id().key().to_owned();
        let Some(bank) = ctx.resource::<Bank>() else {
            return Err(ExecutorError::failed("there is no bank"));
        };
        let asked = bank.rate(&currency, key);
        let rate = ctx.cancelled().run_until_cancelled(asked).await;
        self.rate = rate.ok_or_else(|| Failure::new("Stopped", "not now"))?;
        self.asked += 1;
        ctx.signal_to::<Rates>("all").note(self.rate)?;
        Ok(self.rate)
    }

    #[operation(name = "Compare")]
    async fn compare(&self, other: f64) -> bool {
        ready(self.rate > other).await
    }

    async fn forget(&mut self, ctx: &mut EntityContext) {
        ready(()).await;
        ctx.delete_state();
    }

    fn note(&mut self, rate: f64) {
        self.rate = rate;
    }

    fn get(&self) -> f64 {
        self.rate
    }

    async fn helper() {}
}

#[orchestrator]
async fn price(ctx: OrchestrationContext, currency: String) -> Result<f64, OrchestrationError> {
    let rates = ctx.entity::<Rates>(currency);
    let rate: f64 = rates.refresh().await?;
    let _better: bool = rates.compare(1.0).await?;
    rates.signal().forget()?;
    rates.get().await.map(|known| known.max(rate))
}

fn main() {
    let app = App::builder()
        .entity::<Rates>()
        .resource(Bank { rate: 1.5 })
        .orchestrator::<price>()
        .build();
    assert!(app.is_ok());
    let _ = Rates::helper;
}
