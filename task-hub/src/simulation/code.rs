//! The program that runs in a simulation: orchestrators, activities and entities that use all that
//! a context has, and whose outputs can be computed without running them.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use durable_task::{
    ActivityContext, AsyncEntity, EntityContext, EntityId, EventOrTimeout, Failure, InstanceId,
    OrchestrationContext, OrchestrationError, Registry, RegistryError, RetryPolicy, Timestamp,
};

use serde_json::Value;

use super::executor::Core;
use super::ledger::{DIARY, Entry, LEDGER};
use super::programs::{self, Deployment};

type Outcome<T> = Result<T, OrchestrationError>;

/// How long an activity takes at most.
const ACTIVITY_MS_MAX: u64 = 20;
/// The name of the account entity.
pub(super) const ACCOUNT: &str = "account";
/// How many ledgers there are.
pub(super) const LEDGERS: u64 = 3;
/// How many accounts there are.
pub(super) const ACCOUNTS: u64 = 3;

pub(super) fn account(number: u64) -> Outcome<EntityId> {
    entity(ACCOUNT, number % ACCOUNTS)
}

/// One of the ledgers; the last one is a diary.
pub(super) fn ledger(number: u64) -> Outcome<EntityId> {
    let number = number % LEDGERS;
    entity(if number == 2 { DIARY } else { LEDGER }, number)
}

fn entity(name: &str, key: u64) -> Outcome<EntityId> {
    EntityId::new(name, key.to_string())
        .map_err(|error| OrchestrationError::failed(error.to_string()))
}

/// Everything, ready to run.
pub(super) fn registry(core: &Arc<Core>, deployment: Deployment) -> Registry {
    let mut registry = Registry::new();
    let filled = fill(&mut registry, core);
    if let Err(error) = filled.and_then(|()| programs::fill(&mut registry, core, deployment)) {
        core.violated(|| format!("the program can't be registered: {error}"));
    }
    registry
}

fn fill(registry: &mut Registry, core: &Arc<Core>) -> Result<(), RegistryError> {
    let (work, flaky) = (Arc::clone(core), Arc::clone(core));
    registry.activity_fn("double", move |_: ActivityContext, number: u64| {
        let sleep = nap(&work);
        async move {
            sleep.await;
            Ok::<_, Failure>(2 * number)
        }
    })?;
    registry.activity_fn("flaky", move |_: ActivityContext, number: u64| {
        let sleep = nap(&flaky);
        let fails = flaky.random(|random| random.one_in(2));
        async move {
            sleep.await;
            if fails {
                return Err(Failure::new("Flaky", "not this time"));
            }
            Ok(2 * number)
        }
    })?;
    registry.entity_fn(ACCOUNT, balance)?;
    registry.entity_fn(LEDGER, write_down)?;
    registry.async_entity(Diary(Arc::clone(core)))?;
    registry.orchestrator_fn("sequence", "", sequence)?;
    registry.orchestrator_fn("fan", "", fan)?;
    registry.orchestrator_fn("collect", "", collect)?;
    registry.orchestrator_fn("patience", "", patience)?;
    registry.orchestrator_fn("sleepy", "", sleepy)?;
    registry.orchestrator_fn("family", "", family)?;
    registry.orchestrator_fn("waiting-family", "", waiting_family)?;
    registry.orchestrator_fn("transfer", "", transfer)?;
    registry.orchestrator_fn("holder", "", holder)?;
    registry.orchestrator_fn("scribe", "", scribe)?;
    registry.orchestrator_fn("eternal", "", eternal)?;
    registry.orchestrator_fn("retrying", "", retrying)?;
    registry.orchestrator_fn("messenger", "", messenger)
}

pub(super) fn nap(core: &Arc<Core>) -> durable_task::BoxFuture<'static, ()> {
    let millis = core.random(|random| random.below(ACTIVITY_MS_MAX));
    core.sleep(Duration::from_millis(millis))
}

fn balance(ctx: &mut EntityContext) -> Result<i64, Failure> {
    let amount: i64 = ctx.input()?;
    let balance = ctx.state::<i64>()?.unwrap_or(0) + amount;
    ctx.set_state(&balance)?;
    Ok(balance)
}

fn write_down(ctx: &mut EntityContext) -> Result<usize, Failure> {
    let entry: String = ctx.input()?;
    let mut entries = ctx.state::<Vec<String>>()?.unwrap_or_default();
    entries.push(entry);
    ctx.set_state(&entries)?;
    Ok(entries.len())
}

/// A ledger whose operations wait.
struct Diary(Arc<Core>);

impl AsyncEntity for Diary {
    const NAME: &'static str = DIARY;

    async fn run(&self, ctx: &mut EntityContext) -> Result<Value, Failure> {
        if ctx.operation() == "scrawl" {
            // Nobody may ever see that.
            ctx.set_state("scrawled")?;
            nap(&self.0).await;
            return Err(Failure::new("Scrawled", "as asked"));
        }
        let length = write_down(ctx)?;
        nap(&self.0).await;
        Ok(length.into())
    }
}

/// Steps one after the other; the custom status counts them.
pub(super) async fn sequence(ctx: OrchestrationContext, steps: u64) -> Outcome<u64> {
    let mut sum = 0;
    for step in 0..steps {
        sum += ctx.call_activity::<u64>("double", &step).await?;
        ctx.set_custom_status(step + 1);
    }
    Ok(sum)
}

async fn fan(ctx: OrchestrationContext, width: u64) -> Outcome<u64> {
    let calls = (0..width).map(|number| ctx.call_activity::<u64>("double", &number));
    ctx.join_all(calls).await.into_iter().sum()
}

/// Waits until `count` different events have come, however often.
async fn collect(ctx: OrchestrationContext, count: u64) -> Outcome<u64> {
    let mut seen = BTreeSet::new();
    while (seen.len() as u64) < count {
        let (number, _): (u64, u64) = ctx.wait_for_event_named("go").await?;
        seen.insert(number);
    }
    Ok(seen.into_iter().sum())
}

/// An event that comes in time, or not.
async fn patience(ctx: OrchestrationContext, seconds: u64) -> Outcome<String> {
    let event: EventOrTimeout<(u64, u64)> = ctx
        .wait_for_event_named("go")
        .timeout(Duration::from_secs(seconds));
    Ok(String::from(match event.await? {
        Some(_) => "event",
        None => "timeout",
    }))
}

async fn sleepy(ctx: OrchestrationContext, naps: u64) -> Outcome<u64> {
    for nap in 0..naps {
        ctx.sleep(Duration::from_millis(1 + 700 * nap)).await;
    }
    Ok(naps)
}

/// Two children at each level, which run an activity at the lowest.
async fn family(ctx: OrchestrationContext, depth: u64) -> Outcome<u64> {
    if depth == 0 {
        return ctx.call_activity("double", &1).await;
    }
    let children = (0..2).map(|_| ctx.call_sub_orchestration::<u64>("family", &(depth - 1)));
    ctx.join_all(children).await.into_iter().sum()
}

/// Children that wait for what never comes.
async fn waiting_family(ctx: OrchestrationContext, depth: u64) -> Outcome<u64> {
    if depth == 0 {
        return ctx.wait_for_event_named("never").await;
    }
    let children = (0..2).map(|number| {
        let id = format!("{}-{number}", ctx.instance_id());
        let child = ctx.call_sub_orchestration::<u64>("waiting-family", &(depth - 1));
        match InstanceId::new(id) {
            Ok(id) => child.instance_id(id),
            Err(_) => child,
        }
    });
    ctx.join_all(children.collect::<Vec<_>>())
        .await
        .into_iter()
        .sum()
}

/// Money goes from one account to another; nobody else may see or change them meanwhile.
async fn transfer(ctx: OrchestrationContext, (from, to): (u64, u64)) -> Outcome<String> {
    let (from, to) = (account(from)?, account(to)?);
    let guard = ctx.lock(&[from.clone(), to.clone()]).await?;
    let before: i64 = ctx.call_entity(&from, "add", &0).await?;
    let amount: u64 = ctx.call_activity("double", &1).await?;
    let amount = i64::try_from(amount).unwrap_or(0);
    let after: i64 = ctx.call_entity(&from, "add", &-amount).await?;
    ctx.call_entity::<i64>(&to, "add", &amount).await?;
    guard.release();
    Ok(String::from(if after == before - amount {
        "done"
    } else {
        "somebody came between"
    }))
}

/// Holds two accounts for a while; it may be ended from outside while it does.
async fn holder(ctx: OrchestrationContext, first: u64) -> Outcome<String> {
    let accounts = [account(first)?, account(first + 1)?];
    let _guard = ctx.lock(&accounts).await?;
    ctx.call_entity::<i64>(&accounts[0], "add", &0).await?;
    ctx.sleep(Duration::from_secs(2)).await;
    Ok(String::from("held"))
}

/// Writes into a ledger: signals, then a call, then signals for later.
async fn scribe(ctx: OrchestrationContext, count: u64) -> Outcome<String> {
    let book = ledger(count)?;
    let me = ctx.instance_id().to_string();
    for number in 0..count {
        ctx.signal_entity(&book, "write", &Entry::new(&me, number, 1).to_string())?;
    }
    if book.name() == DIARY && ctx.call_entity::<u64>(&book, "scrawl", &0).await.is_ok() {
        return Ok(String::from("scrawled"));
    }
    let called = Entry::new(&me, count, 1).to_string();
    let length: u64 = ctx.call_entity(&book, "write", &called).await?;
    for number in 0..2 {
        let entry = Entry::new(Entry::late(&me), number, 1).to_string();
        // The first is due at once.
        let at = ctx
            .now()
            .saturating_add(Duration::from_millis(300 * number));
        // Nobody may have it in memory.
        ctx.signal_entity_at(&ledger(count + 1)?, "write", &entry, at)?;
    }
    // Its own signals came before.
    Ok(String::from(if length > count {
        "written"
    } else {
        "overtaken"
    }))
}

/// One event in each execution; the numbers so far go along.
async fn eternal(
    ctx: OrchestrationContext,
    (count, mut seen): (u64, BTreeSet<u64>),
) -> Outcome<u64> {
    let (number, _): (u64, u64) = ctx.wait_for_event_named("go").await?;
    seen.insert(number);
    if (seen.len() as u64) < count {
        return ctx.continue_as_new(&(count, seen)).await;
    }
    Ok(seen.into_iter().sum())
}

async fn retrying(ctx: OrchestrationContext, steps: u64) -> Outcome<u64> {
    let policy = RetryPolicy::new(3, Duration::from_millis(50)).backoff_coefficient(2.0);
    let mut sum = 0;
    for step in 0..steps {
        loop {
            let call = ctx
                .call_activity::<u64>("flaky", &step)
                .retry(policy.clone());
            if let Ok(result) = call.await {
                sum += result;
                break;
            }
        }
    }
    Ok(sum)
}

/// Starts a collector and sends it what it waits for.
async fn messenger(ctx: OrchestrationContext, count: u64) -> Outcome<u64> {
    let id = InstanceId::new(format!("{}-collector", ctx.instance_id()))
        .map_err(|error| OrchestrationError::failed(error.to_string()))?;
    let child = ctx
        .call_sub_orchestration::<u64>("collect", &count)
        .instance_id(id.clone());
    let events = async {
        for number in 0..count {
            ctx.call_activity::<u64>("double", &number).await?;
            ctx.send_event(&id, "go", &(number, 1_u64))?;
        }
        Ok(0)
    };
    let both: [std::pin::Pin<Box<dyn Future<Output = Outcome<u64>>>>; 2] =
        [Box::pin(child), Box::pin(events)];
    ctx.join_all(both).await.into_iter().sum()
}

/// When a scheduled start is due.
pub(super) fn soon(now: Timestamp) -> Timestamp {
    now.saturating_add(Duration::from_millis(400))
}
