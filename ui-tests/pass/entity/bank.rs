use agent_sdk::prelude::*;

use std::time::Duration;

use agent_sdk::App;
use agent_sdk::durable_task::{ClientError, DurableClient};
use serde::{Deserialize, Serialize};

mod bank {
    use agent_sdk::prelude::*;
    use serde::{Deserialize, Serialize};

    #[derive(Default, Serialize, Deserialize)]
    pub struct Account {
        cents: i64,
    }

    #[entity(name = "account")]
    impl Account {
        const LIMIT: i64 = 1_000_000;

        /// Adds to the balance.
        pub fn add(&mut self, cents: i64, ctx: &mut EntityContext) -> Result<i64, ExecutorError> {
            self.cents += cents;
            if self.cents < 0 || self.cents > Self::LIMIT {
                return Err(ExecutorError::failed("out of bounds").non_retriable());
            }
            ctx.signal_to::<super::Log>("all").write(format!("{cents}"))?;
            Ok(self.cents)
        }

        #[operation(name = "Balance")]
        pub fn balance(&self) -> i64 {
            self.cents
        }

        pub fn close(&mut self, ctx: &mut EntityContext) {
            ctx.delete_state();
        }

        pub fn plain() -> i64 {
            Self::LIMIT
        }
    }
}

use bank::Account;

#[derive(Default, Serialize, Deserialize)]
struct Log(Vec<String>);

#[entity]
impl Log {
    fn write(&mut self, line: String) {
        self.0.push(line);
    }
}

#[orchestrator]
async fn transfer(
    ctx: OrchestrationContext,
    (from, to, cents): (String, String, i64),
) -> Result<i64, OrchestrationError> {
    let (from, to) = (ctx.entity::<Account>(from), ctx.entity::<Account>(to));
    let guard = ctx.lock(&[from.id(), to.id()]).await?;
    from.add(-cents).await?;
    let total: i64 = to.add(cents).await?;
    guard.release();
    from.signal().close()?;
    from.signal_after(Duration::from_secs(60)).delete()?;
    Ok(total + to.balance().await?)
}

async fn deposit(client: &DurableClient) -> Result<Option<i64>, ClientError> {
    let account = client.entity::<Account>("alice");
    account.signal().add(500).await?;
    Ok(account.state().await?.map(|account| account.balance()))
}

fn main() {
    let app = App::builder()
        .entity::<Account>()
        .entity::<Log>()
        .orchestrator::<transfer>()
        .build();
    assert!(app.is_ok());
    assert_eq!(<Account as EntityType>::NAME, "account");
    assert_eq!(Account::plain(), 1_000_000);
    let _ = deposit;
}
