//! What the benchmarks of orchestrations run, and how they drive it.

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use durable_task::{
    ActivityContext, Client, EntityContext, Failure, InstanceId, InstanceState,
    OrchestrationContext, OrchestrationError, Registry, RegistryError, StartRequest, Status,
    WaitFor,
};

/// The name of the event that `waiting` waits for.
pub const EVENT: &str = "go";
/// How long one instance may take before the benchmark has failed.
const TIMEOUT: Duration = Duration::from_mins(10);

type Outcome<T> = Result<T, Box<dyn Error>>;

/// Registers all of it. The activity does nothing.
pub fn register(registry: &mut Registry) -> Result<(), RegistryError> {
    registry.activity_fn("step", |_: ActivityContext, _: usize| async {
        Ok::<(), Failure>(())
    })?;
    register_sequence(registry)?;
    registry.orchestrator_fn(
        "fan-out",
        "",
        |ctx: OrchestrationContext, width: usize| async move {
            let calls = (0..width).map(|number| ctx.call_activity::<()>("step", &number));
            for result in ctx.join_all(calls.collect::<Vec<_>>()).await {
                result?;
            }
            Ok::<(), OrchestrationError>(())
        },
    )?;
    registry.orchestrator_fn(
        "waiting",
        "",
        |ctx: OrchestrationContext, (): ()| async move {
            ctx.wait_for_event_named::<()>(EVENT).await?;
            Ok::<(), OrchestrationError>(())
        },
    )?;
    registry.entity_fn("counter", |ctx: &mut EntityContext| {
        let count = ctx.state::<u64>()?.unwrap_or(0) + 1;
        ctx.set_state(&count)?;
        Ok::<u64, Failure>(count)
    })
}

/// Registers the sequence of steps without the step.
pub fn register_sequence(registry: &mut Registry) -> Result<(), RegistryError> {
    registry.orchestrator_fn(
        "sequence",
        "",
        |ctx: OrchestrationContext, steps: usize| async move {
            for step in 0..steps {
                ctx.call_activity::<()>("step", &step).await?;
            }
            Ok::<(), OrchestrationError>(())
        },
    )
}

/// Starts an instance.
pub async fn start(client: &dyn Client, name: &str, id: &str, input: usize) -> Outcome<InstanceId> {
    let id = InstanceId::new(id)?;
    let input = if name == "waiting" {
        String::from("null")
    } else {
        input.to_string()
    };
    let request = StartRequest::new(name, id.clone()).input_json(input);
    client.start(request).await?;
    Ok(id)
}

/// Waits for its end, which has to be a good one.
pub async fn finish(client: &dyn Client, id: &InstanceId) -> Outcome<InstanceState> {
    let ended = client.wait(id, WaitFor::Completion, TIMEOUT).await?;
    match ended.status {
        Status::Completed => Ok(ended),
        status => Err(format!("{id}: {status:?} {:?}", ended.failure).into()),
    }
}

/// Starts and finishes `count` instances, `clients` of them at once. Returns how long it took.
pub async fn run_all(
    client: &Arc<dyn Client>,
    name: &'static str,
    prefix: &str,
    input: usize,
    (count, clients): (usize, usize),
) -> Outcome<Duration> {
    let next = Arc::new(AtomicUsize::new(0));
    let began = Instant::now();
    let tasks: Vec<_> = (0..clients)
        .map(|_| {
            let (client, next) = (Arc::clone(client), Arc::clone(&next));
            let prefix = prefix.to_owned();
            tokio::spawn(async move {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= count {
                        return Ok(());
                    }
                    let id = format!("{prefix}-{number}");
                    one(&*client, name, &id, input)
                        .await
                        .map_err(|error| error.to_string())?;
                }
            })
        })
        .collect();
    for task in tasks {
        task.await?.map_err(|error: String| error)?;
    }
    Ok(began.elapsed())
}

async fn one(client: &dyn Client, name: &str, id: &str, input: usize) -> Outcome<()> {
    let id = start(client, name, id, input).await?;
    finish(client, &id).await?;
    Ok(())
}
