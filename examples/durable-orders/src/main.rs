//! Durable execution in a plain program: no agents, no host, no server. The state is in one file.
//!
//! `cargo run -p durable-orders -- begin` starts an order that waits for its payment, and ends.
//! `cargo run -p durable-orders -- pay` is another process: it goes on with the order.

mod order;
#[cfg(test)]
mod tests;

use std::error::Error;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use durable_task::{
    Client, InstanceId, Registry, Runtime, StartRequest, TokioRuntime, WaitFor, Worker,
    WorkerOptions,
};
use task_hub::{Hub, HubOptions};

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
    registry.orchestrator::<order::order>()?;
    registry.executor::<order::ship>()?;
    let worker = hub.attach(Worker::start(registry, WorkerOptions::default(), runtime))?;
    let said = obey(command, &*hub.client()).await;
    hub.shutdown(TIMEOUT).await;
    drop(worker);
    said
}

async fn obey(command: &str, client: &dyn Client) -> Result<String, Box<dyn Error>> {
    let id = InstanceId::new(ORDER)?;
    match command {
        "begin" => {
            let request = StartRequest::new("order", id.clone()).input_json("\"a chair\"");
            client.start(request).await?;
            let state = client.wait(&id, WaitFor::Start, TIMEOUT).await?;
            Ok(format!("{id}: {:?}", state.status))
        }
        "pay" => {
            let cents = Some(String::from("4200"));
            client.raise_event(&id, "paid", cents).await?;
            let state = client.wait(&id, WaitFor::Completion, TIMEOUT).await?;
            Ok(state.output.unwrap_or_default())
        }
        other => Err(format!("`{other}` is neither `begin` nor `pay`").into()),
    }
}
