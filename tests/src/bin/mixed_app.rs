//! A program with an embedded hub in a file, for the test that kills it. It takes requests from its
//! standard input, one a line: `NUMBER VERB ID [NAME] [JSON]`, and answers each when it is durable:
//! `NUMBER ok TEXT`, `NUMBER again` where a retry may help, or `NUMBER refused REASON`.

use std::collections::BTreeSet;
use std::error::Error;
use std::io::{BufRead, Write};
use std::sync::Arc;
use std::time::Duration;

use durable_task::{
    ActivityContext, Client, ClientError, EntityContext, EntityId, Failure, Fetch, InstanceId,
    OrchestrationContext, OrchestrationError, Registry, RegistryError, Runtime, StartRequest,
    Timestamp, TokioRuntime, Worker, WorkerOptions,
};
use task_hub::{Hub, HubOptions};

/// How much later a delayed signal is due.
const LATER: Duration = Duration::from_millis(150);

type Outcome<T> = Result<T, OrchestrationError>;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<(), Box<dyn Error>> {
    let file = std::env::args().nth(1).ok_or("usage: mixed-app HUB")?;
    let tokio = TokioRuntime::current().ok_or("no tokio runtime")?;
    let runtime: Arc<dyn Runtime> = Arc::new(tokio);
    let hub = Hub::open(HubOptions::file(file), Arc::clone(&runtime)).await?;
    let worker = Worker::start(registry()?, WorkerOptions::default(), runtime);
    let _attachment = hub.attach(worker)?;
    let client = hub.client();
    let clock = TokioRuntime::current().ok_or("no tokio runtime")?;
    say("ready")?;
    let handle = tokio::runtime::Handle::current();
    let reading = tokio::task::spawn_blocking(move || {
        for line in std::io::stdin().lock().lines() {
            let Ok(line) = line else { return };
            let (client, now) = (Arc::clone(&client), clock.now());
            handle.spawn(async move {
                // The one that asked is gone if nobody reads.
                let _ = say(&answer(&*client, now, &line).await);
            });
        }
    });
    reading.await?;
    Ok(())
}

fn say(line: &str) -> std::io::Result<()> {
    let mut output = std::io::stdout().lock();
    writeln!(output, "{line}")?;
    output.flush()
}

async fn answer(client: &dyn Client, now: Timestamp, line: &str) -> String {
    let (number, request) = line.split_once(' ').unwrap_or((line, ""));
    match perform(client, now, request).await {
        Ok(text) => format!("{number} ok {text}"),
        Err(error) if error.is_retryable() => format!("{number} again"),
        Err(ClientError::AlreadyExists { .. }) => format!("{number} ok exists"),
        Err(error) => format!("{number} refused {error}"),
    }
}

async fn perform(
    client: &dyn Client,
    now: Timestamp,
    request: &str,
) -> Result<String, ClientError> {
    let mut words = request.splitn(4, ' ');
    let mut word = || words.next().unwrap_or_default();
    let (verb, id) = (word(), InstanceId::from_stored(word()));
    match verb {
        "start" => {
            let request = StartRequest::new(word(), id).input_json(word());
            client.start(request).await?;
        }
        "raise" => {
            let (name, payload) = (word(), word().to_owned());
            client.raise_event(&id, name, Some(payload)).await?;
        }
        "signal" | "later" => {
            let (operation, input) = (word(), word().to_owned());
            let entity = entity_id(id.as_str())?;
            let at = (verb == "later").then(|| now.saturating_add(LATER));
            client
                .signal_entity(&entity, operation, Some(input), at)
                .await?;
        }
        "state" => {
            let state = client.get(&id, Fetch::Payloads).await?;
            return Ok(state.map_or_else(
                || String::from("absent"),
                |state| format!("{:?} {}", state.status, state.output.unwrap_or_default()),
            ));
        }
        "entity" => {
            let found = client.get_entity(&entity_id(id.as_str())?, true).await?;
            return Ok(found.map_or_else(
                || String::from("absent"),
                |found| {
                    let held = found.locked_by.is_some() || found.backlog > 0;
                    format!("{held} {}", found.state.unwrap_or_default())
                },
            ));
        }
        other => {
            return Err(ClientError::Invalid {
                field: "verb",
                problem: format!("`{other}` is not one"),
            });
        }
    }
    Ok(String::new())
}

fn entity_id(text: &str) -> Result<EntityId, ClientError> {
    EntityId::parse(text).ok_or_else(|| ClientError::Invalid {
        field: "entity",
        problem: format!("`{text}` is not the id of one"),
    })
}

fn registry() -> Result<Registry, RegistryError> {
    let mut registry = Registry::new();
    registry.activity_fn("double", |_: ActivityContext, number: u64| async move {
        tokio::time::sleep(Duration::from_millis(number % 7)).await;
        Ok::<_, Failure>(2 * number)
    })?;
    registry.entity_fn("account", |ctx: &mut EntityContext| {
        let balance = ctx.state::<i64>()?.unwrap_or(0) + ctx.input::<i64>()?;
        ctx.set_state(&balance)?;
        Ok(balance)
    })?;
    registry.entity_fn("ledger", |ctx: &mut EntityContext| {
        let mut entries = ctx.state::<Vec<u64>>()?.unwrap_or_default();
        entries.push(ctx.input()?);
        ctx.set_state(&entries)
    })?;
    registry.orchestrator_fn("sequence", "", sequence)?;
    registry.orchestrator_fn("fan", "", fan)?;
    registry.orchestrator_fn("naps", "", naps)?;
    registry.orchestrator_fn("family", "", family)?;
    registry.orchestrator_fn("collect", "", collect)?;
    registry.orchestrator_fn("transfer", "", transfer)?;
    registry.orchestrator_fn("eternal", "", eternal)?;
    registry.orchestrator_fn("abort", "", abort)?;
    Ok(registry)
}

async fn sequence(ctx: OrchestrationContext, steps: u64) -> Outcome<u64> {
    let mut sum = 0;
    for step in 0..steps {
        sum += ctx.call_activity::<u64>("double", &step).await?;
    }
    Ok(sum)
}

async fn fan(ctx: OrchestrationContext, width: u64) -> Outcome<u64> {
    let calls = (0..width).map(|number| ctx.call_activity::<u64>("double", &number));
    ctx.join_all(calls).await.into_iter().sum()
}

async fn naps(ctx: OrchestrationContext, count: u64) -> Outcome<u64> {
    for _ in 0..count {
        ctx.sleep(Duration::from_millis(60)).await;
    }
    Ok(count)
}

async fn family(ctx: OrchestrationContext, depth: u64) -> Outcome<u64> {
    if depth == 0 {
        return ctx.call_activity("double", &1).await;
    }
    let children = (0..2).map(|_| ctx.call_sub_orchestration::<u64>("family", &(depth - 1)));
    ctx.join_all(children).await.into_iter().sum()
}

/// Ends when `count` different numbers have come.
async fn collect(ctx: OrchestrationContext, count: usize) -> Outcome<u64> {
    let mut seen = BTreeSet::new();
    while seen.len() < count {
        let (number, _): (u64, u64) = ctx.wait_for_event_named("go").await?;
        seen.insert(number);
    }
    Ok(seen.into_iter().sum())
}

/// The same, with an execution for each event; the numbers so far go along.
async fn eternal(
    ctx: OrchestrationContext,
    (count, mut seen): (usize, BTreeSet<u64>),
) -> Outcome<u64> {
    let (number, _): (u64, u64) = ctx.wait_for_event_named("go").await?;
    seen.insert(number);
    if seen.len() < count {
        return ctx.continue_as_new(&(count, seen)).await;
    }
    Ok(seen.into_iter().sum())
}

async fn transfer(ctx: OrchestrationContext, (from, to): (u64, u64)) -> Outcome<u64> {
    let account = |number: u64| {
        EntityId::new("account", number.to_string())
            .map_err(|error| OrchestrationError::failed(error.to_string()))
    };
    let (from, to) = (account(from)?, account(to)?);
    let _guard = ctx.lock(&[from.clone(), to.clone()]).await?;
    ctx.call_entity::<i64>(&from, "add", &-2).await?;
    let amount: u64 = ctx.call_activity("double", &1).await?;
    ctx.call_entity::<i64>(&to, "add", &amount).await?;
    Ok(amount)
}

/// Brings down the process, each time that it has its number.
async fn abort(ctx: OrchestrationContext, number: u64) -> Outcome<u64> {
    ctx.call_activity::<u64>("double", &number).await?;
    std::process::abort()
}
