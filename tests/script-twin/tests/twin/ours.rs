//! Our own service: over gRPC scripts give what they give in one process, and operations that wait
//! run as they do there.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use durable_task::grpc::GrpcOptions;
use durable_task::{
    AsyncEntity, Client, EntityContext, EntityId, Failure, InstanceId, OrchestrationContext,
    OrchestrationError, Registry, StartRequest, WaitFor,
};
use serde_json::Value;
use task_hub::sidecar::{ServeError, Sidecar, SidecarOptions};
use task_hub::{Hub, HubOptions};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::cases;
use crate::manage::{self, PurgeOfRunning};
use crate::python::embedded;
use crate::twin::{Twin, runtime};

/// How long anything may take.
const TIMEOUT: Duration = Duration::from_mins(1);

/// A hub in memory that is served.
struct Service {
    address: String,
    stop: CancellationToken,
    serving: JoinHandle<Result<(), ServeError>>,
}

impl Service {
    async fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let hub = Hub::open(HubOptions::memory(), runtime()).await.unwrap();
        let sidecar = Sidecar::new(Arc::new(hub), runtime(), SidecarOptions::default());
        let stop = CancellationToken::new();
        let serving = tokio::spawn(sidecar.serve(listener, stop.clone()));
        Self {
            address,
            stop,
            serving,
        }
    }

    async fn end(self) {
        self.stop.cancel();
        self.serving.await.unwrap().unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn scripts_give_the_same_over_grpc_as_in_one_process() {
    let service = Service::start().await;
    let mut all = cases::orchestrations();
    all.extend(cases::controlled());
    all.extend(cases::entities());
    let twin = Twin::start(GrpcOptions::new(&service.address), &[]).await;
    let there = cases::run(&*twin.client(), &all).await;
    manage::instances(&*twin.client(), PurgeOfRunning::Refused).await;
    manage::past(&*twin.client()).await;
    manage::entities(&*twin.client()).await;
    twin.end().await;
    service.end().await;
    let differences = cases::differences(&there, &embedded(&all).await);
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

/// A counter that asks before it counts.
struct Slow {
    begun: mpsc::UnboundedSender<String>,
    answers: Arc<Semaphore>,
}

impl AsyncEntity for Slow {
    const NAME: &'static str = "slow";

    async fn run(&self, ctx: &mut EntityContext) -> Result<Value, Failure> {
        let count = ctx.state::<u64>()?.unwrap_or(0) + ctx.input::<u64>()?;
        ctx.set_state(&count)?;
        let _ = self.begun.send(ctx.idempotency_key());
        match self.answers.acquire().await {
            Ok(answer) => answer.forget(),
            Err(_) => return Err(Failure::new("Closed", "no answer comes")),
        }
        Ok(count.into())
    }
}

async fn count(ctx: OrchestrationContext, by: u64) -> Result<u64, OrchestrationError> {
    let slow = EntityId::new("slow", "k").map_err(|e| OrchestrationError::failed(e.to_string()))?;
    ctx.call_entity(&slow, "add", &by).await
}

/// A worker with that entity; what it has begun, and what lets it go on.
async fn slow_worker(address: &str) -> (Twin, mpsc::UnboundedReceiver<String>, Arc<Semaphore>) {
    let (sender, begun) = mpsc::unbounded_channel();
    let answers = Arc::new(Semaphore::new(0));
    let mut registry = Registry::new();
    let slow = Slow {
        begun: sender,
        answers: Arc::clone(&answers),
    };
    registry.async_entity(slow).unwrap();
    registry.orchestrator_fn("count", "", count).unwrap();
    let twin = Twin::with(GrpcOptions::new(address), registry).await;
    (twin, begun, answers)
}

async fn counted(client: &dyn Client, instance: &InstanceId) -> Option<String> {
    let ended = client.wait(instance, WaitFor::Completion, TIMEOUT).await;
    ended.unwrap().output
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operation_that_waits_runs_again_elsewhere_when_its_worker_goes() {
    let service = Service::start().await;
    let (first, mut begun, _answers) = slow_worker(&service.address).await;
    let ids = ["a", "b"].map(|id| InstanceId::new(id).unwrap());
    let client = first.client();
    let start = |id: &InstanceId, by: &str| StartRequest::new("count", id.clone()).input_json(by);
    client.start(start(&ids[0], "2")).await.unwrap();
    let key = begun.recv().await.unwrap();
    // It has to wait, whoever has room.
    client.start(start(&ids[1], "3")).await.unwrap();
    let (second, mut again, answers) = slow_worker(&service.address).await;
    drop(first);
    assert_eq!(again.recv().await.unwrap(), key);
    answers.add_permits(2);
    let client = second.client();
    assert_eq!(counted(&*client, &ids[0]).await.as_deref(), Some("2"));
    assert_eq!(counted(&*client, &ids[1]).await.as_deref(), Some("5"));
    assert!(
        begun.try_recv().is_err(),
        "the first worker has begun nothing else"
    );
    second.end().await;
    service.end().await;
}
