//! How much of what the disk gives arrives at orchestrations?

use std::time::{Duration, Instant};

use durable_task::{
    ActivityContext, Failure, InstanceId, OrchestrationContext, OrchestrationError, StartRequest,
    Status, WaitFor,
};

use tokio::task::block_in_place;

use crate::Figures;
use crate::figure::{Figure, Limit, median, per_second};
use crate::hub::Stage;
use crate::raw_sqlite::Raw;

/// Orchestrations at work at once; submitters of the raw store.
pub const CONCURRENCY: usize = 50;
/// Steps of each.
pub const STEPS: usize = 200;
#[allow(clippy::cast_precision_loss, reason = "small")]
const STEPS_EACH: f64 = STEPS as f64;
/// Both are measured in turn, so that neither has the better half of the run.
const ROUNDS: usize = 3;
const TIMEOUT: Duration = Duration::from_mins(5);

pub async fn measure() -> Figures {
    let stage = Stage::open(|registry, _| {
        registry.activity_fn("step", |_: ActivityContext, _: usize| async {
            Ok::<(), Failure>(())
        })?;
        registry.orchestrator_fn(
            "steps",
            "",
            |ctx: OrchestrationContext, steps: usize| async move {
                for step in 0..steps {
                    ctx.call_activity::<()>("step", &step).await?;
                }
                Ok::<(), OrchestrationError>(())
            },
        )?;
        Ok(())
    })
    .await?;
    let mut raw_file = Raw::open(STEPS).await?;
    let (mut ours, mut raw) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        ours.push(orchestrations(&stage, round).await?);
        let prefix = format!("steps-{round}");
        let write = || raw_file.instances_per_second(&prefix, CONCURRENCY, CONCURRENCY);
        raw.push(block_in_place(write)? * STEPS_EACH);
    }
    let (ours, raw) = (median(ours), median(raw));
    Ok(vec![
        Figure::new("durable-steps-at-50", ours, "1/s"),
        Figure::new("raw-sqlite-steps-at-50", raw, "1/s"),
        Figure::ratio(
            "durable-steps-over-raw-sqlite",
            ours / raw,
            Limit::AtLeast(0.5),
        ),
    ])
}

async fn orchestrations(stage: &Stage, round: usize) -> Result<f64, Box<dyn std::error::Error>> {
    let ids: Vec<InstanceId> = (0..CONCURRENCY)
        .map(|number| InstanceId::new(format!("steps-{round}-{number}")))
        .collect::<Result<_, _>>()?;
    let start = Instant::now();
    for id in &ids {
        let request = StartRequest::new("steps", id.clone()).input_json(STEPS.to_string());
        stage.client.start(request).await?;
    }
    for id in &ids {
        let ended = stage.client.wait(id, WaitFor::Completion, TIMEOUT).await?;
        if ended.status != Status::Completed {
            return Err(format!("{id}: {:?} {:?}", ended.status, ended.failure).into());
        }
    }
    Ok(per_second(CONCURRENCY * STEPS, start.elapsed()))
}
