//! Orchestrators, an activity and an entity whose histories are changed.

use std::time::Duration;

use durable_task::{
    ActivityContext, EntityContext, EntityId, Failure, OrchestrationContext, OrchestrationError,
    Registry, RegistryError, RetryPolicy,
};
use serde_json::Value;

type Ctx = OrchestrationContext;
type Outcome<T> = Result<T, OrchestrationError>;

/// Their names.
pub const ORCHESTRATORS: &[&str] = &[
    "sequence",
    "fan",
    "approval",
    "retry",
    "family",
    "countdown",
    "transfer",
    "anything",
];

async fn sequence(ctx: Ctx, steps: u64) -> Outcome<u64> {
    let mut sum = 0_u64;
    for step in 0..steps.min(20) {
        sum = sum.wrapping_add(ctx.call_activity::<u64>("double", &step).await?);
        ctx.set_custom_status(step);
    }
    Ok(sum)
}

async fn fan(ctx: Ctx, width: u64) -> Outcome<u64> {
    let calls = (0..width.min(20)).map(|number| ctx.call_activity::<u64>("double", &number));
    let results = ctx.join_all(calls).await;
    let add = |sum: u64, result: Outcome<u64>| Ok(sum.wrapping_add(result?));
    results.into_iter().try_fold(0, add)
}

async fn approval(ctx: Ctx, (): ()) -> Outcome<String> {
    let approval = ctx.wait_for_event_named::<String>("approve");
    match approval.timeout(Duration::from_hours(1)).await? {
        Some(who) => Ok(format!("approved by {who}")),
        None => Err(OrchestrationError::failed("not approved in time")),
    }
}

async fn retry(ctx: Ctx, number: u64) -> Outcome<u64> {
    let policy = RetryPolicy::new(3, Duration::from_secs(5));
    ctx.call_activity::<u64>("double", &number)
        .retry(policy)
        .await
}

async fn family(ctx: Ctx, depth: u64) -> Outcome<u64> {
    if depth == 0 {
        return Ok(1);
    }
    let depth = depth.min(3) - 1;
    let children = (0..2).map(|_| ctx.call_sub_orchestration::<u64>("family", &depth));
    let results = ctx.join_all(children).await;
    let add = |sum: u64, result: Outcome<u64>| Ok(sum.wrapping_add(result?));
    results.into_iter().try_fold(0, add)
}

async fn countdown(ctx: Ctx, from: u64) -> Outcome<String> {
    ctx.sleep(Duration::from_hours(100 * 24)).await;
    match from.min(3) {
        0 => Ok(String::from("lift-off")),
        from => ctx.continue_as_new(&(from - 1)).await,
    }
}

async fn transfer(ctx: Ctx, (from, to): (String, String)) -> Outcome<i64> {
    let account = |key| EntityId::new("account", key);
    let (Ok(from), Ok(to)) = (account(from), account(to)) else {
        return Err(OrchestrationError::failed("no such account"));
    };
    let _guard = ctx.lock(&[from.clone(), to.clone()]).await?;
    let balance: i64 = ctx.call_entity(&from, "add", &-1).await?;
    ctx.call_entity::<i64>(&to, "add", &1).await?;
    Ok(balance)
}

/// Takes whatever input there is, so that a history of another orchestrator gets far.
async fn anything(ctx: Ctx, _: Value) -> Outcome<Value> {
    let first = ctx.call_activity::<Value>("Hello", "Tokyo").await?;
    ctx.sleep(Duration::from_secs(1)).await;
    let second = ctx.wait_for_event_named::<Value>("go").await?;
    Ok(Value::from(vec![first, second]))
}

fn account(ctx: &mut EntityContext) -> Result<i64, Failure> {
    let amount: Option<i64> = ctx.input()?;
    let balance = ctx.state::<i64>()?.unwrap_or(0);
    let balance = balance.wrapping_add(amount.unwrap_or(0));
    ctx.set_state(&balance)?;
    Ok(balance)
}

/// All of them.
pub fn registry() -> Result<Registry, RegistryError> {
    let mut registry = Registry::new();
    register(&mut registry)?;
    Ok(registry)
}

/// Adds all of them.
pub fn register(registry: &mut Registry) -> Result<(), RegistryError> {
    registry.activity_fn("double", |_: ActivityContext, number: u64| async move {
        Ok::<_, Failure>(number.wrapping_mul(2))
    })?;
    registry.orchestrator_fn("sequence", "", sequence)?;
    registry.orchestrator_fn("fan", "", fan)?;
    registry.orchestrator_fn("approval", "", approval)?;
    registry.orchestrator_fn("retry", "", retry)?;
    registry.orchestrator_fn("family", "", family)?;
    registry.orchestrator_fn("countdown", "", countdown)?;
    registry.orchestrator_fn("transfer", "", transfer)?;
    registry.orchestrator_fn("anything", "", anything)?;
    registry.entity_fn("account", account)
}
