//! A server on a free port, a client of it, and a worker that answers by hand.

pub mod worker;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use durable_task::wire::proto::task_hub_sidecar_service_client::TaskHubSidecarServiceClient;
use durable_task::wire::proto::{
    CreateInstanceRequest, GetInstanceRequest, OrchestrationState, OrchestrationStatus,
};
use durable_task::{Runtime, TokioRuntime};
use task_hub::sidecar::{ServeError, Sidecar, SidecarOptions};
use task_hub::{Hub, HubOptions, HubStats};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tonic::Code;
use tonic::transport::Channel;

pub use worker::Worker;

/// How long anything may take that has to happen.
pub const PATIENCE: Duration = Duration::from_mins(1);

pub type Client = TaskHubSidecarServiceClient<Channel>;

/// A served hub. It stops when it is dropped.
pub struct Server {
    pub address: SocketAddr,
    pub hub: Arc<Hub>,
    stop: CancellationToken,
    serving: JoinHandle<Result<(), ServeError>>,
}

impl Server {
    /// A hub in memory with the usual options.
    pub async fn start() -> Self {
        Self::with(SidecarOptions::default()).await
    }

    /// A hub in memory.
    pub async fn with(options: SidecarOptions) -> Self {
        let hub = HubOptions::memory().limits(options.hub_limits());
        Self::of(hub, options).await
    }

    /// Any hub.
    pub async fn of(hub: HubOptions, options: SidecarOptions) -> Self {
        let runtime = Arc::new(TokioRuntime::current().unwrap());
        Self::on(runtime, hub, options).await
    }

    /// Any hub, with a clock of the test's own.
    pub async fn on(runtime: Arc<dyn Runtime>, hub: HubOptions, options: SidecarOptions) -> Self {
        let hub = Hub::open(hub, Arc::clone(&runtime)).await.unwrap();
        Self::serving(hub, runtime, options).await
    }

    /// A hub that is open.
    pub async fn serving(hub: Hub, runtime: Arc<dyn Runtime>, options: SidecarOptions) -> Self {
        let hub = Arc::new(hub);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        let sidecar = Sidecar::new(Arc::clone(&hub), runtime, options);
        let serving = tokio::spawn(sidecar.serve(listener, stop.clone()));
        Self {
            address,
            hub,
            stop,
            serving,
        }
    }

    /// A client on a connection of its own.
    pub async fn client(&self) -> Client {
        let channel = Channel::from_shared(format!("http://{}", self.address)).unwrap();
        let client = Client::new(channel.connect().await.unwrap());
        client.max_decoding_message_size(usize::MAX)
    }

    /// A worker that takes everything.
    pub async fn worker(&self) -> Worker {
        Worker::of(self.client().await, worker::everything()).await
    }

    /// Waits until so many callers wait for instances.
    pub async fn waiting(&self, count: u64) {
        let reached = async {
            while self.stats().waiting != count {
                tokio::task::yield_now().await;
            }
        };
        let reached = tokio::time::timeout(PATIENCE, reached).await;
        reached.unwrap_or_else(|_| panic!("{} wait", self.stats().waiting));
    }

    pub fn stats(&self) -> HubStats {
        self.hub.stats()
    }

    /// Asks it to stop.
    pub fn stop(&self) {
        self.stop.cancel();
    }

    /// Waits until it has stopped as asked.
    pub async fn stopped(self) {
        self.ended().await.unwrap();
    }

    /// Waits until it has stopped.
    pub async fn ended(self) -> Result<(), ServeError> {
        let served = tokio::time::timeout(PATIENCE, self.serving).await;
        served.expect("it stops").unwrap()
    }
}

/// A start with an input.
pub fn start(id: &str, name: &str, input: &str) -> CreateInstanceRequest {
    CreateInstanceRequest {
        instance_id: id.to_owned(),
        name: name.to_owned(),
        input: Some(input.to_owned()),
        ..CreateInstanceRequest::default()
    }
}

/// Starts instances until the hub refuses that, as it does when it drains. They are due in a far
/// year: no worker is given one of them.
pub async fn refuses_starts(client: &mut Client) {
    for number in 0.. {
        let mut one = start(&format!("later-{number}"), "Order", "1");
        one.scheduled_start_timestamp = Some(prost_types::Timestamp {
            seconds: 10_000_000_000,
            nanos: 0,
        });
        if let Err(refused) = client.start_instance(one).await {
            assert_eq!(refused.code(), Code::Unavailable, "{refused}");
            break;
        }
    }
}

/// The instance with its payloads.
pub fn instance(id: &str) -> GetInstanceRequest {
    GetInstanceRequest {
        instance_id: id.to_owned(),
        get_inputs_and_outputs: true,
    }
}

/// Waits for the end of an instance.
pub async fn ended(client: &mut Client, id: &str) -> OrchestrationState {
    let waited = client.wait_for_instance_completion(instance(id));
    let response = tokio::time::timeout(PATIENCE, waited).await;
    let response = response.expect("it ends").unwrap().into_inner();
    response.orchestration_state.unwrap()
}

/// The state of an instance.
pub async fn state(client: &mut Client, id: &str) -> OrchestrationState {
    let response = client.get_instance(instance(id)).await.unwrap();
    response.into_inner().orchestration_state.unwrap()
}

pub fn is(state: &OrchestrationState, status: OrchestrationStatus) -> bool {
    state.orchestration_status() == status
}
