//! What a run of a workflow that waits for a human costs in memory, in a process of its own.

use std::error::Error;
use std::ops::Range;
use std::path::Path;

use agent_sdk::App;
use agent_sdk::prelude::*;
use agent_sdk::workflow::{Workflow, WorkflowClient};
use durable_task::Fetch;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Figures;
use crate::figure::{Figure, Limit};
use crate::hub::Stage;
use crate::memory::own_resident_bytes;
use crate::waiting::{DEADLINE, FEW, MANY, REMEMBERED_MAX, SETTLE, Told, memory_of, tell};
use crate::workload::finish;

/// What that process is asked to do.
pub const CHILD: &str = "workflows";
const WAITING: &str = "waiting_for_human_input";

/// May this be done?
#[request_port(response = bool)]
#[derive(Serialize, Deserialize, JsonSchema)]
struct Approval {
    number: usize,
    text: String,
}

#[executor]
async fn prepare(number: usize) -> Result<Approval, ExecutorError> {
    let text = format!("may number {number} be done?");
    Ok(Approval { number, text })
}

#[executor]
async fn carry_out(granted: bool) -> Result<bool, ExecutorError> {
    Ok(granted)
}

/// Asks somebody.
#[workflow]
fn approval(number: usize) -> bool {
    prepare >> Approval >> carry_out;
}

/// Asks nobody.
#[workflow]
fn granted(yes: bool) -> bool {
    carry_out;
}

pub async fn measure() -> Figures {
    let told = tokio::task::spawn_blocking(|| memory_of(CHILD).map_err(|error| error.to_string()));
    let Told {
        idle,
        few,
        many,
        remembered,
        each_kib,
    } = told.await??;
    Ok(vec![
        Figure::new("memory-for-1000-waiting-runs", few - idle, "MiB"),
        Figure::new("memory-for-10000-waiting-runs", many - idle, "MiB"),
        Figure::counted("memory-per-waiting-run", each_kib, Limit::AtMost(2.0)),
        Figure::counted(
            "remembered-of-10000-waiting-runs",
            remembered,
            Limit::AtMost(REMEMBERED_MAX),
        ),
    ])
}

/// What the process does.
pub async fn child(folder: &Path) -> Result<(), Box<dyn Error>> {
    let app = App::builder().workflow::<approval>().workflow::<granted>();
    let (stage, client) = Stage::open_app(app.build()?, Some(folder)).await?;
    for number in 0..FEW {
        let id = format!("warm-{number}");
        let started = client.start::<granted>(&true, Some(&id)).await?;
        finish(&*stage.client, &started.run).await?;
    }
    tokio::time::sleep(SETTLE).await;
    let idle = own_resident_bytes()?;
    wait_for(&stage, &client, 0..FEW).await?;
    let few = own_resident_bytes()?;
    wait_for(&stage, &client, FEW..MANY).await?;
    let many = own_resident_bytes()?;
    tell(&stage, [idle, few, many]);
    stage.hub.shutdown(DEADLINE).await;
    Ok(())
}

async fn wait_for(
    stage: &Stage,
    client: &WorkflowClient,
    numbers: Range<usize>,
) -> Result<(), Box<dyn Error>> {
    let mut runs = Vec::new();
    for number in numbers {
        let id = format!("waiting-{number}");
        runs.push(client.start::<approval>(&number, Some(&id)).await?.run);
    }
    // Until the worker has let go of what is only kept for speed.
    tokio::time::sleep(SETTLE).await;
    for run in runs {
        let found = stage.client.get(&run, Fetch::Payloads).await?;
        let status = found.and_then(|found| found.custom_status);
        if !status
            .as_deref()
            .is_some_and(|status| status.contains(WAITING))
        {
            return Err(format!("{} {run} says {status:?}", approval::NAME).into());
        }
    }
    Ok(())
}
