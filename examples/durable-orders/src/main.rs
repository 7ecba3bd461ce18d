//! Durable execution in a plain program: no agents, no host, no server. The state is in one file.
//!
//! `cargo run -p durable-orders -- begin` starts an order that waits for its payment, and ends.
//! `cargo run -p durable-orders -- pay` is another process: it goes on with the order.

mod code;
#[cfg(test)]
mod tests;

use std::error::Error;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use durable_task::{
    DurableClient, InstanceId, Registry, Runtime, TokioRuntime, Worker, WorkerOptions,
};
use task_hub::{Hub, HubOptions};

use code::{Payment, order, ship};

const ORDER: &str = "order-1";
const TIMEOUT: Duration = Duration::from_secs(30);

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let command = std::env::args().nth(1).unwrap_or_default();
    let said = run(&command, Path::new("orders.db")).await?;
    println!("{said}");
    Ok(())
}

async fn run(command: &str, file: &Path) -> Result<String, Box<dyn Error>> {
    let runtime: Arc<dyn Runtime> = Arc::new(TokioRuntime::current().ok_or("tokio runs")?);
    let hub = Hub::open(HubOptions::file(file), Arc::clone(&runtime)).await?;
    let mut registry = Registry::new();
    registry.orchestrator::<order>()?;
    registry.executor::<ship>()?;
    let worker = hub.attach(Worker::start(registry, WorkerOptions::default(), runtime))?;
    let said = obey(command, DurableClient::new(hub.client())).await;
    hub.shutdown(TIMEOUT).await;
    drop(worker);
    said
}

async fn obey(command: &str, client: DurableClient) -> Result<String, Box<dyn Error>> {
    let id = InstanceId::new(ORDER)?;
    match command {
        "begin" => {
            let what = String::from("a chair");
            let order = client.start::<order>(what).instance_id(id).await?;
            Ok(format!("{} waits for its payment", order.id()))
        }
        "pay" => {
            let order = client.attach::<order>(id);
            order.raise(&Payment { cents: 4200 }).await?;
            Ok(order.wait(TIMEOUT).await?)
        }
        other => Err(format!("`{other}` is neither `begin` nor `pay`").into()),
    }
}
