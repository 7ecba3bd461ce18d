//! B6: how long until a hub with 100,000 finished and 1,000 running instances works again?

use std::error::Error;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use durable_task::{InstanceFilter, Status};
use tempfile::TempDir;
use tokio::task::JoinSet;

use crate::Figures;
use crate::figure::{Figure, Limit};
use crate::hub::Stage;
use crate::workload::{self, EVENT};

const FINISHED: usize = 100_000;
const RUNNING: usize = 1_000;
const CLIENTS: usize = 200;
const DEADLINE: Duration = Duration::from_secs(30);

pub async fn measure() -> Figures {
    let (empty, full) = (TempDir::new()?, TempDir::new()?);
    let bare = reopened(empty.path(), 0).await?;
    let loaded = reopened(full.path(), FINISHED).await?;
    Ok(vec![
        Figure::new("recovery-of-1000-running", bare * 1e3, "ms"),
        Figure::new("recovery-beside-100000-finished", loaded * 1e3, "ms"),
        Figure::ratio(
            "recovery-with-finished-over-without",
            loaded / bare,
            Limit::AtMost(2.0),
        ),
    ])
}

/// Fills a hub, closes it, and measures from opening it to the end of one of the instances that
/// were running.
async fn reopened(folder: &Path, finished: usize) -> Result<f64, Box<dyn Error>> {
    let stage = Stage::open_in(folder, |registry, _| Ok(workload::register(registry)?)).await?;
    workload::run_all(
        &stage.client,
        "sequence",
        "finished",
        0,
        (finished, CLIENTS),
    )
    .await?;
    let mut starting = JoinSet::new();
    for number in 0..RUNNING {
        let client = Arc::clone(&stage.client);
        starting.spawn(async move {
            let id = format!("running-{number}");
            let started = workload::start(&*client, "waiting", &id, 0);
            started.await.map_err(|error| error.to_string())
        });
    }
    let mut last = None;
    while let Some(started) = starting.join_next().await {
        last = Some(started??);
    }
    stage.hub.shutdown(DEADLINE).await;
    drop(stage);
    let began = Instant::now();
    let stage = Stage::open_in(folder, |registry, _| Ok(workload::register(registry)?)).await?;
    let last = last.ok_or("nothing was running")?;
    let event = Some(String::from("null"));
    stage.client.raise_event(&last, EVENT, event).await?;
    workload::finish(&*stage.client, &last).await?;
    let took = began.elapsed().as_secs_f64();
    still_running(&stage).await?;
    stage.hub.shutdown(DEADLINE).await;
    Ok(took)
}

async fn still_running(stage: &Stage) -> Result<(), Box<dyn Error>> {
    let filter = InstanceFilter {
        statuses: vec![Status::Running],
        ..InstanceFilter::default()
    };
    let fetch = durable_task::Fetch::Metadata;
    let page = stage.client.query(&filter, fetch, RUNNING, None).await?;
    if page.items.len() == RUNNING - 1 {
        Ok(())
    } else {
        Err(format!("{} instances run", page.items.len()).into())
    }
}
