//! B5: 1,000 entity operations on one key, and on 1,000 keys.

use std::error::Error;
use std::sync::Arc;
use std::time::Instant;

use durable_task::{EntityId, InstanceId, OrchestrationContext, OrchestrationError, StartRequest};

use crate::Figures;
use crate::figure::{Figure, median, per_second};
use crate::hub::Stage;
use crate::workload;

const OPERATIONS: usize = 1_000;
const ROUNDS: usize = 5;
const CALL_ALL: &str = "call-all";

pub async fn measure() -> Figures {
    let stage = Stage::open(|registry, _| {
        workload::register(registry)?;
        registry.orchestrator_fn(
            CALL_ALL,
            "",
            |ctx: OrchestrationContext, (operations, keys): (usize, usize)| async move {
                for number in 0..operations {
                    let key = format!("{}-{}", ctx.instance_id(), number % keys);
                    let counter = EntityId::new("counter", key)
                        .map_err(|error| OrchestrationError::failed(error.to_string()))?;
                    ctx.call_entity::<u64>(&counter, "add", &()).await?;
                }
                Ok::<(), OrchestrationError>(())
            },
        )?;
        Ok(())
    })
    .await?;
    let mut times = [const { Vec::new() }; 4];
    for round in 0..ROUNDS {
        times[0].push(signals(&stage, round, 1).await?);
        times[1].push(signals(&stage, round, OPERATIONS).await?);
        times[2].push(calls(&stage, round, 1).await?);
        times[3].push(calls(&stage, round, OPERATIONS).await?);
    }
    let figures = NAMES.into_iter().zip(times);
    Ok(figures
        .map(|(name, times)| Figure::new(name, median(times), "1/s"))
        .collect())
}

const NAMES: [&str; 4] = [
    "entity-signals-on-1-key",
    "entity-signals-on-1000-keys",
    "entity-calls-on-1-key",
    "entity-calls-on-1000-keys",
];

/// Signals from clients, all at once, until the last one is applied.
async fn signals(stage: &Stage, round: usize, keys: usize) -> Result<f64, Box<dyn Error>> {
    let began = Instant::now();
    let mut sending = tokio::task::JoinSet::new();
    for number in 0..OPERATIONS {
        let client = Arc::clone(&stage.client);
        let counter = EntityId::new("counter", format!("{round}-{keys}-{}", number % keys))?;
        sending.spawn(async move {
            let sent = client.signal_entity(&counter, "add", None, None).await;
            sent.map_err(|error| error.to_string())
        });
    }
    while let Some(sent) = sending.join_next().await {
        sent??;
    }
    // A call queues behind all signals of its key.
    let last = EntityId::new("counter", format!("{round}-{keys}-{}", keys - 1))?;
    loop {
        let entity = stage.client.get_entity(&last, true).await?;
        let count = entity.and_then(|entity| entity.state).unwrap_or_default();
        if count == (OPERATIONS / keys).to_string() {
            return Ok(per_second(OPERATIONS, began.elapsed()));
        }
        tokio::task::yield_now().await;
    }
}

/// Calls from one orchestration, one after another.
async fn calls(stage: &Stage, round: usize, keys: usize) -> Result<f64, Box<dyn Error>> {
    let began = Instant::now();
    let id = InstanceId::new(format!("calls-{round}-{keys}"))?;
    let request =
        StartRequest::new(CALL_ALL, id.clone()).input_json(format!("[{OPERATIONS},{keys}]"));
    stage.client.start(request).await?;
    workload::finish(&*stage.client, &id).await?;
    Ok(per_second(OPERATIONS, began.elapsed()))
}
