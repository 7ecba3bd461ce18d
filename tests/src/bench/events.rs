//! B4: 10,000 instances that wait for an event each; all are raised and complete.

use std::sync::Arc;
use std::time::Instant;

use durable_task::{Client, InstanceId};

use crate::Figures;
use crate::figure::{Figure, Limit, median, per_second};
use crate::hub::Stage;
use crate::workload::{self, EVENT};

const INSTANCES: usize = 10_000;
const CLIENTS: usize = 50;
/// Instances of which each is raised alone, for the time from event to end.
const ALONE: usize = 500;
const WAIT_STARTS: &str = "waiting";

pub async fn measure() -> Figures {
    let stage = Stage::open(|registry, _| Ok(workload::register(registry)?)).await?;
    let ids = start_all(&stage, "event", INSTANCES).await?;
    let began = Instant::now();
    let mut tasks = Vec::new();
    for some in ids.chunks(INSTANCES / CLIENTS) {
        let (client, some) = (Arc::clone(&stage.client), some.to_vec());
        tasks.push(tokio::spawn(async move {
            for id in some {
                raise(&*client, &id)
                    .await
                    .map_err(|error| error.to_string())?;
            }
            Ok::<(), String>(())
        }));
    }
    for task in tasks {
        task.await??;
    }
    let all = per_second(INSTANCES, began.elapsed());

    let ids = start_all(&stage, "alone", ALONE).await?;
    let before = stage.hub.stats().commits;
    let mut times = Vec::new();
    for id in &ids {
        let began = Instant::now();
        raise(&*stage.client, id).await?;
        times.push(began.elapsed().as_secs_f64() * 1e3);
    }
    let commits = stage.hub.stats().commits - before;
    #[allow(clippy::cast_precision_loss, reason = "counts are small")]
    let commits = commits as f64 / ALONE as f64;
    Ok(vec![
        Figure::new("events-raised-to-completed", all, "1/s"),
        Figure::new("event-to-completed-p50", median(times), "ms"),
        Figure::counted("commits-per-event", commits, Limit::AtMost(1.0)),
    ])
}

async fn start_all(
    stage: &Stage,
    prefix: &str,
    count: usize,
) -> Result<Vec<InstanceId>, Box<dyn std::error::Error>> {
    let mut ids = Vec::new();
    let mut starting = tokio::task::JoinSet::new();
    for number in 0..count {
        let client = Arc::clone(&stage.client);
        let id = format!("{prefix}-{number}");
        starting.spawn(async move {
            let id = workload::start(&*client, WAIT_STARTS, &id, 0).await;
            id.map_err(|error| error.to_string())
        });
    }
    while let Some(id) = starting.join_next().await {
        ids.push(id??);
    }
    Ok(ids)
}

/// Raises the event and waits for the end that it leads to.
async fn raise(client: &dyn Client, id: &InstanceId) -> Result<(), Box<dyn std::error::Error>> {
    client
        .raise_event(id, EVENT, Some(String::from("null")))
        .await?;
    workload::finish(client, id).await?;
    Ok(())
}
