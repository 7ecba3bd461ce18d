//! A worker and a client of any Durable Task gRPC service, for scripts; or both at once on an
//! embedded hub.

use std::error::Error;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use durable_task::grpc::{GrpcHub, GrpcOptions};
use durable_task::{
    Client, EntityId, Fetch, InstanceId, InstanceState, Runtime, StartRequest, TokioRuntime,
    WaitFor, Worker, WorkerOptions,
};
use serde_json::{Value, json};
use task_hub::{Hub, HubOptions};

/// How long running work may take to end.
const DRAIN: Duration = Duration::from_secs(10);

#[derive(Parser)]
#[command(about = "Runs scripts: worker and client of a Durable Task gRPC service.")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve scripts until SIGINT or SIGTERM
    Worker {
        #[command(flatten)]
        service: Service,
        /// Versions of `Script` beside the one without
        #[arg(long, value_delimiter = ',')]
        versions: Vec<String>,
    },
    /// Ask the service for something; the answer is one line of JSON
    Client {
        #[command(flatten)]
        service: Service,
        #[command(subcommand)]
        ask: Ask,
    },
    /// Run one script on an embedded hub
    Run {
        #[arg(long, value_name = "memory|FILE", default_value = "memory")]
        hub: PathBuf,
        #[arg(long)]
        input: String,
        #[arg(long, default_value = "script")]
        id: String,
    },
}

#[derive(Args)]
struct Service {
    #[arg(long, default_value = "http://127.0.0.1:4001")]
    address: String,
    #[arg(long)]
    task_hub: Option<String>,
}

impl Service {
    fn connect(self) -> Result<GrpcHub, Box<dyn Error>> {
        let mut options = GrpcOptions::new(self.address);
        options.task_hub = self.task_hub;
        Ok(GrpcHub::connect(options)?)
    }
}

#[derive(Subcommand)]
enum Ask {
    Start {
        #[arg(long)]
        id: String,
        #[arg(long)]
        input: String,
        #[arg(long)]
        version: Option<String>,
    },
    Wait {
        #[arg(long)]
        id: String,
        #[arg(long, default_value_t = 60)]
        seconds: u64,
    },
    Get {
        #[arg(long)]
        id: String,
    },
    Raise {
        #[arg(long)]
        id: String,
        #[arg(long)]
        event: String,
        #[arg(long)]
        data: Option<String>,
    },
    Terminate {
        #[arg(long)]
        id: String,
        #[arg(long)]
        recursive: bool,
    },
    Suspend {
        #[arg(long)]
        id: String,
    },
    Resume {
        #[arg(long)]
        id: String,
    },
    Rewind {
        #[arg(long)]
        id: String,
    },
    Purge {
        #[arg(long)]
        id: String,
    },
    Signal {
        #[arg(long)]
        entity: String,
        #[arg(long)]
        op: String,
        #[arg(long)]
        input: Option<String>,
    },
    Entity {
        #[arg(long)]
        entity: String,
    },
}

fn runtime() -> Arc<dyn Runtime> {
    Arc::new(TokioRuntime::new(tokio::runtime::Handle::current()))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    match Cli::parse().command {
        Command::Worker { service, versions } => work(service, &versions).await,
        Command::Client { service, ask } => {
            let hub = service.connect()?;
            println!("{}", answer(&*hub.client(), ask).await?);
            Ok(())
        }
        Command::Run { hub, input, id } => run(hub, input, &id).await,
    }
}

async fn work(service: Service, versions: &[String]) -> Result<(), Box<dyn Error>> {
    let versions: Vec<&str> = versions.iter().map(String::as_str).collect();
    let registry = script_twin::registry(&versions)?;
    let hub = service.connect()?;
    let worker = Worker::start(registry, WorkerOptions::default(), runtime());
    hub.attach(Arc::clone(&worker) as _)?;
    println!("{}", json!({"started": true}));
    hub.connected().await;
    println!("{}", json!({"connected": true}));
    ended().await?;
    hub.shutdown(DRAIN).await;
    worker.drain(Duration::ZERO).await;
    Ok(())
}

#[cfg(unix)]
async fn ended() -> Result<(), Box<dyn Error>> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        biased;
        _ = terminate.recv() => {}
        ended = tokio::signal::ctrl_c() => ended?,
    }
    Ok(())
}

#[cfg(not(unix))]
async fn ended() -> Result<(), Box<dyn Error>> {
    Ok(tokio::signal::ctrl_c().await?)
}

async fn run(hub: PathBuf, input: String, id: &str) -> Result<(), Box<dyn Error>> {
    let options = if hub.as_os_str() == "memory" {
        HubOptions::memory()
    } else {
        HubOptions::file(hub)
    };
    let hub = Hub::open(options, runtime()).await?;
    let registry = script_twin::registry(&[])?;
    let worker = Worker::start(registry, WorkerOptions::default(), runtime());
    hub.attach(Arc::clone(&worker) as _)?;
    let client = hub.client();
    let id = InstanceId::new(id)?;
    let request = StartRequest::new("Script", id.clone()).input_json(input);
    client.start(request).await?;
    let state = client.wait(&id, WaitFor::Completion, Duration::MAX).await?;
    println!("{}", shown(&state));
    hub.shutdown(DRAIN).await;
    worker.drain(Duration::ZERO).await;
    Ok(())
}

async fn answer(client: &dyn Client, ask: Ask) -> Result<Value, Box<dyn Error>> {
    let id = |text: String| InstanceId::from_stored(text);
    let entity = |text: &str| EntityId::parse(text).ok_or("an entity is `@name@key`");
    let done = json!({"ok": true});
    match ask {
        Ask::Start { id, input, version } => {
            let id = InstanceId::new(id)?;
            let mut request = StartRequest::new("Script", id).input_json(input);
            request.version = version;
            let execution = client.start(request).await?;
            return Ok(json!({"executionId": execution.as_str()}));
        }
        Ask::Wait { id: text, seconds } => {
            let timeout = Duration::from_secs(seconds);
            let state = client.wait(&id(text), WaitFor::Completion, timeout).await?;
            return Ok(shown(&state));
        }
        Ask::Get { id: text } => {
            let state = client.get(&id(text), Fetch::Payloads).await?;
            return Ok(state.as_ref().map_or(Value::Null, shown));
        }
        Ask::Entity { entity: text } => {
            let found = client.get_entity(&entity(&text)?, true).await?;
            let state = found.and_then(|found| found.state);
            return Ok(state.map_or(Value::Null, |text| json_of(&text)));
        }
        Ask::Raise {
            id: of,
            event,
            data,
        } => client.raise_event(&id(of), &event, data).await?,
        Ask::Terminate { id: of, recursive } => client.terminate(&id(of), None, recursive).await?,
        Ask::Suspend { id: of } => client.suspend(&id(of), None).await?,
        Ask::Resume { id: of } => client.resume(&id(of), None).await?,
        Ask::Rewind { id: of } => client.rewind(&id(of), None).await?,
        Ask::Purge { id: of } => drop(client.purge(&id(of), false).await?),
        Ask::Signal {
            entity: text,
            op,
            input,
        } => {
            client
                .signal_entity(&entity(&text)?, &op, input, None)
                .await?;
        }
    }
    Ok(done)
}

fn shown(state: &InstanceState) -> Value {
    let json = |text: &Option<String>| text.as_deref().map_or(Value::Null, json_of);
    json!({
        "id": state.instance_id.as_str(),
        "status": format!("{:?}", state.status),
        "output": json(&state.output),
        "customStatus": json(&state.custom_status),
        "failure": state.failure.as_ref().map(ToString::to_string),
    })
}

/// Text that is not JSON is shown as it is.
fn json_of(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| text.into())
}
