use agent_sdk::prelude::*;

use std::time::Duration;

use agent_sdk::App;
use serde::{Deserialize, Serialize};

mod bank {
    use agent_sdk::prelude::*;

    pub struct Bank {
        pub fee_cents: u64,
    }

    /// Takes money.
    #[executor(retry(attempts = 5, first = "1s", backoff = 2, max = "30s", timeout = "5m"), timeout = "10s")]
    pub async fn charge(
        (customer, cents): (String, u64),
        ctx: &ActivityContext,
        bank: &Bank,
    ) -> Result<String, ExecutorError> {
        let total: u32 = (cents + bank.fee_cents).try_into()?;
        Ok(format!("{customer} {total} {}", ctx.idempotency_key()))
    }
}

use bank::charge;

#[derive(Serialize, Deserialize)]
struct Order {
    customer: String,
    cents: u64,
}

#[executor(name = "tell", description = "Tells everybody.")]
async fn announce() -> Result<(), ExecutorError> {
    Ok(())
}

#[orchestrator(version = "2")]
async fn order(ctx: OrchestrationContext, order: Order) -> Result<String, OrchestrationError> {
    ctx.sleep(Duration::from_secs(1)).await;
    let receipt = ctx.call::<charge>((order.customer, order.cents)).await?;
    ctx.call::<announce>(()).await?;
    ctx.call_orchestrator::<nothing>(()).await?;
    Ok(receipt)
}

#[orchestrator]
async fn nothing(_: OrchestrationContext) -> Result<(), OrchestrationError> {
    Ok(())
}

fn main() {
    let app = App::builder()
        .orchestrator::<order>()
        .orchestrator::<nothing>()
        .executor::<charge>()
        .executor::<announce>();
    let error = app.build().unwrap_err().to_string();
    assert!(error.starts_with("executor `charge` needs a resource"), "{error}");
    assert_eq!(<order as Orchestrator>::VERSION, "2");
    assert_eq!(<announce as Executor>::NAME, "tell");
    assert_eq!(<announce as Executor>::DESCRIPTION, "Tells everybody.");
    assert_eq!(<charge as Executor>::DESCRIPTION, "Takes money.");
    assert_eq!(<charge as Activity>::TIMEOUT, Some(Duration::from_secs(10)));
    assert!(charge::retry().is_some() && announce::retry().is_none());
    // The function stays callable.
    drop(announce());
}
