//! Orchestrators, executors and entities of an application, without any agent.
#![allow(clippy::unused_async, reason = "executors are async, also small ones")]

use std::sync::Mutex;
use std::time::Duration;

use agent_sdk::App;
use agent_sdk::prelude::*;
use durable_task::{
    DurableClient, Failure, InstanceId, InstanceState, StartRequest, Status, WaitFor,
};
use serde::{Deserialize, Serialize};

use super::scene::{PATIENCE, Scene};

/// What was charged, and how often it was tried.
#[derive(Default)]
struct Bank {
    keys: Mutex<Vec<String>>,
}

#[derive(Default, Serialize, Deserialize)]
struct Account {
    cents: i64,
}

#[entity]
impl Account {
    fn add(&mut self, cents: i64) -> Result<i64, ExecutorError> {
        self.cents += cents;
        if self.cents < 0 {
            return Err(ExecutorError::failed("there is not enough").non_retriable());
        }
        Ok(self.cents)
    }

    #[operation(name = "Total")]
    fn balance(&self) -> i64 {
        self.cents
    }

    fn close(&mut self, ctx: &mut EntityContext) -> Result<(), Failure> {
        ctx.signal_to::<Account>("rest").add(self.cents)?;
        ctx.delete_state();
        Ok(())
    }
}

/// Fails the first time.
#[executor(retry(attempts = 2, first = "1ms"))]
async fn charge(cents: i64, bank: &Bank, ctx: &ActivityContext) -> Result<i64, ExecutorError> {
    let mut keys = bank.keys.lock().unwrap();
    keys.push(ctx.idempotency_key());
    if keys.len() == 1 {
        let number: u8 = "many".parse()?;
        return Ok(number.into());
    }
    Ok(cents + 1)
}

#[executor(timeout = "1ms")]
async fn hang() -> Result<(), ExecutorError> {
    std::future::pending().await
}

#[orchestrator]
async fn buy(ctx: OrchestrationContext, cents: i64) -> Result<i64, OrchestrationError> {
    let charged = ctx.call::<charge>(cents).await?;
    let account = ctx.entity::<Account>("alice");
    let guard = ctx.lock(&[account.id()]).await?;
    account.add(charged).await?;
    let refused = account.add(-1_000_000).await.unwrap_err().to_string();
    assert!(refused.contains("there is not enough"), "{refused}");
    guard.release();
    let total = account.balance().await?;
    account.signal().close()?;
    let timeout = ctx.call::<hang>(()).await.unwrap_err();
    assert_eq!(timeout.failure().unwrap().error_type, "Timeout");
    Ok(total)
}

#[orchestrator]
async fn bad_key(ctx: OrchestrationContext) -> Result<(), OrchestrationError> {
    ctx.entity::<Account>("a/b").add(1).await?;
    Ok(())
}

fn app() -> App {
    App::builder()
        .orchestrator::<buy>()
        .orchestrator::<bad_key>()
        .executor::<charge>()
        .executor::<hang>()
        .entity::<Account>()
        .resource(Bank::default())
        .build()
        .unwrap()
}

async fn end_of(scene: &Scene, name: &str, input: &str) -> InstanceState {
    let instance = InstanceId::new(name).unwrap();
    let request = StartRequest::new(name, instance.clone()).input_json(input);
    let client = scene.raw();
    client.start(request).await.unwrap();
    let wait = client.wait(&instance, WaitFor::Completion, PATIENCE);
    wait.await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_can_be_code_alone() {
    let scene = Scene::in_memory(app()).await;
    let end = end_of(&scene, "buy", "41").await;
    assert_eq!(end.status, Status::Completed, "{:?}", end.failure);
    assert_eq!(end.output.as_deref(), Some("42"));

    // What the entity passed on arrives by itself.
    let client = DurableClient::new(scene.raw());
    let rest = client.entity::<Account>("rest");
    let cents = loop {
        if let Some(account) = rest.state().await.unwrap() {
            break account.cents;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    };
    assert_eq!(cents, 42);
    assert!(
        client
            .entity::<Account>("alice")
            .state()
            .await
            .unwrap()
            .is_none()
    );

    client
        .entity::<Account>("bob")
        .signal()
        .add(7)
        .await
        .unwrap();
    let refused = client.entity::<Account>("a/b").signal().add(7).await;
    assert!(
        refused
            .unwrap_err()
            .to_string()
            .contains("can't be the key")
    );
    scene.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_no_hub_takes_fails_the_orchestration() {
    let scene = Scene::in_memory(app()).await;
    let end = end_of(&scene, "bad_key", "null").await;
    assert_eq!(end.status, Status::Failed);
    let failure = end.failure.unwrap().to_string();
    assert!(
        failure.contains("can't be the key of an entity"),
        "{failure}"
    );
    scene.close().await;
}

mod other {
    use super::*;

    #[executor]
    pub async fn charge() -> Result<(), ExecutorError> {
        Ok(())
    }
}

#[test]
fn problems_name_the_owners_and_who_needs_what() {
    let error = App::builder()
        .executor::<charge>()
        .executor::<other::charge>()
        .build()
        .unwrap_err()
        .to_string();
    let owners = error.contains("own_code::charge`") && error.contains("own_code::other::charge`");
    assert!(
        error.starts_with("activity `charge` is registered twice") && owners,
        "{error}"
    );
    let needs = "executor `charge` needs a resource of type `sdk::durable::own_code::Bank`";
    assert!(error.contains(needs), "{error}");
}
