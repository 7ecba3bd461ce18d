//! More programs that run in a simulation: what fails, panics, comes in versions, is held back, or
//! stands in a line.

use std::panic::resume_unwind;
use std::sync::Arc;
use std::time::Duration;

use durable_task::{
    ActivityContext, EntityContext, EntityId, Failure, InstanceId, OrchestrationContext,
    OrchestrationError, Registry, RegistryError,
};

use super::code::{account, ledger, nap};
use super::executor::Core;
use super::ledger::Entry;

type Outcome<T> = Result<T, OrchestrationError>;

/// An activity of which at most [`NARROW_MAX`] run at once.
pub(super) const NARROW: &str = "narrow";
pub(super) const NARROW_MAX: usize = 2;
/// An activity that workers give back.
pub(super) const UNLOVED: &str = "unloved";
/// An entity that starts orchestrations.
pub(super) const LAUNCHER: &str = "launcher";
/// An orchestrator whose instances are removed some time after their end.
pub(super) const EPHEMERAL: &str = "ephemeral";
/// An orchestrator with versions.
pub(super) const VERSIONED: &str = "versioned";

/// Which program workers have. What nobody has code for waits until somebody has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Deployment {
    /// With version 1.
    Old,
    /// With versions 1 and 2.
    Both,
    /// With version 2.
    New,
}

pub(super) fn launcher() -> Outcome<EntityId> {
    EntityId::new(LAUNCHER, "0").map_err(|error| OrchestrationError::failed(error.to_string()))
}

pub(super) fn fill(
    registry: &mut Registry,
    core: &Arc<Core>,
    deployment: Deployment,
) -> Result<(), RegistryError> {
    for name in [NARROW, UNLOVED] {
        let core = Arc::clone(core);
        registry.activity_fn(name, move |_: ActivityContext, number: u64| {
            let sleep = nap(&core);
            async move {
                sleep.await;
                Ok::<_, Failure>(2 * number)
            }
        })?;
    }
    for (name, panics) in [("fragile", false), ("clumsy", true)] {
        let core = Arc::clone(core);
        registry.activity_fn(name, move |_: ActivityContext, number: u64| {
            let (sleep, fails) = (nap(&core), core.random(|random| random.one_in(3)));
            async move {
                sleep.await;
                match (fails, panics) {
                    (false, _) => Ok(2 * number),
                    (true, false) => Err(Failure::new("Fragile", "broken")),
                    (true, true) => panic_quietly(),
                }
            }
        })?;
    }
    registry.entity_fn(LAUNCHER, launch)?;
    registry.entity_fn("faint", |_: &mut EntityContext| -> Result<(), Failure> {
        panic_quietly()
    })?;
    if deployment != Deployment::New {
        registry.orchestrator_fn(VERSIONED, "1", first_version)?;
    }
    if deployment != Deployment::Old {
        registry.orchestrator_fn(VERSIONED, "2", second_version)?;
    }
    registry.orchestrator_fn("both-versions", "", both_versions)?;
    registry.orchestrator_fn(EPHEMERAL, "", super::code::sequence)?;
    registry.orchestrator_fn("fragile", "", fragile)?;
    registry.orchestrator_fn("fragile-family", "", fragile_family)?;
    registry.orchestrator_fn("clumsy", "", clumsy)?;
    registry.orchestrator_fn("faint", "", faint)?;
    registry.orchestrator_fn("locker", "", locker)?;
    registry.orchestrator_fn("narrow-fan", "", narrow_fan)?;
    registry.orchestrator_fn("unloved", "", unloved)
}

/// A panic of user code, without the words on the error stream.
fn panic_quietly() -> ! {
    resume_unwind(Box::new("clumsy"))
}

/// Starts a sequence: its id and how many steps it has.
fn launch(ctx: &mut EntityContext) -> Result<u64, Failure> {
    let (id, steps): (String, u64) = ctx.input()?;
    let launched = ctx.state::<u64>()?.unwrap_or(0) + 1;
    ctx.set_state(&launched)?;
    ctx.start_orchestration("sequence", &InstanceId::from_stored(id), &steps)?;
    Ok(launched)
}

async fn first_version(ctx: OrchestrationContext, steps: u64) -> Outcome<String> {
    for step in 0..steps {
        ctx.call_activity::<u64>("double", &step).await?;
    }
    Ok(String::from("1"))
}

/// Not what the first version did.
async fn second_version(ctx: OrchestrationContext, steps: u64) -> Outcome<String> {
    for step in 0..steps {
        ctx.sleep(Duration::from_millis(50)).await;
        ctx.call_activity::<u64>("double", &step).await?;
    }
    Ok(String::from("2"))
}

async fn both_versions(ctx: OrchestrationContext, steps: u64) -> Outcome<String> {
    let child = |version| {
        let child = ctx.call_sub_orchestration::<String>(VERSIONED, &steps);
        child.version(version)
    };
    let versions: Outcome<Vec<String>> = ctx
        .join_all([child("1"), child("2")])
        .await
        .into_iter()
        .collect();
    Ok(versions?.concat())
}

/// Fails with whatever it calls.
async fn fragile(ctx: OrchestrationContext, steps: u64) -> Outcome<u64> {
    let mut sum = 0;
    for step in 0..steps {
        sum += ctx.call_activity::<u64>("fragile", &step).await?;
    }
    Ok(sum)
}

async fn fragile_family(ctx: OrchestrationContext, steps: u64) -> Outcome<u64> {
    let children = (0..2).map(|_| ctx.call_sub_orchestration::<u64>("fragile", &steps));
    ctx.join_all(children).await.into_iter().sum()
}

/// Goes on whatever panics.
async fn clumsy(ctx: OrchestrationContext, steps: u64) -> Outcome<u64> {
    let stumbling = EntityId::new("faint", "0")
        .map_err(|error| OrchestrationError::failed(error.to_string()))?;
    let mut sum = 0;
    for step in 0..steps {
        if ctx.call_entity::<u64>(&stumbling, "any", &0).await.is_ok() {
            return Ok(0);
        }
        loop {
            if let Ok(result) = ctx.call_activity::<u64>("clumsy", &step).await {
                sum += result;
                break;
            }
        }
    }
    Ok(sum)
}

async fn faint(ctx: OrchestrationContext, number: u64) -> Outcome<u64> {
    let accounts = [account(number)?];
    let _guard = ctx.lock(&accounts).await?;
    ctx.call_activity::<u64>("double", &number).await?;
    panic_quietly()
}

/// Holds a ledger while others write into it later.
async fn locker(ctx: OrchestrationContext, number: u64) -> Outcome<String> {
    let book = ledger(number)?;
    let me = ctx.instance_id().to_string();
    let write = |number| {
        let entry = Entry::new(&me, number, 1).to_string();
        ctx.call_entity::<u64>(&book, "write", &entry)
    };
    let guard = ctx.lock(std::slice::from_ref(&book)).await?;
    let first = write(0).await?;
    ctx.sleep(Duration::from_millis(400)).await;
    let second = write(1).await?;
    guard.release();
    Ok(String::from(if second == first + 1 {
        "alone"
    } else {
        "somebody came between"
    }))
}

async fn narrow_fan(ctx: OrchestrationContext, width: u64) -> Outcome<u64> {
    let calls = (0..width).map(|number| ctx.call_activity::<u64>(NARROW, &number));
    ctx.join_all(calls).await.into_iter().sum()
}

async fn unloved(ctx: OrchestrationContext, number: u64) -> Outcome<u64> {
    ctx.call_activity(UNLOVED, &number).await
}
