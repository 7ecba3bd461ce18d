//! A service that says what a test tells it to say, and a worker that answers when it is told to.

use std::collections::{BTreeMap, VecDeque};
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use durable_task::grpc::{GrpcHealth, GrpcHub, GrpcOptions};
use durable_task::wire::proto;
use durable_task::wire::proto::task_hub_sidecar_service_server::{
    TaskHubSidecarService, TaskHubSidecarServiceServer,
};
use durable_task::wire::proto::work_item::Request as Work;
use durable_task::{Accepts, WorkHandler, WorkItem, WorkerProfile};
use futures_util::StreamExt as _;
use futures_util::stream::{BoxStream, unfold};
use prost::Message;
use tokio::net::TcpListener;
use tokio::sync::{Mutex as AsyncMutex, mpsc};
use tokio::task::AbortHandle;
use tonic::metadata::MetadataMap;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tonic::{Code, Request, Response, Status};

/// A test that waits so long has failed.
const PATIENCE: Duration = Duration::from_secs(30);
/// The largest message that the service takes, for tests that don't care.
const MESSAGE_BYTES_MAX: usize = 64 * 1024 * 1024;

/// What must come.
pub async fn soon<T>(what: &str, to_come: impl Future<Output = T>) -> T {
    let came = tokio::time::timeout(PATIENCE, to_come).await;
    came.unwrap_or_else(|_| panic!("{what} did not come"))
}

/// A call as it came.
#[derive(Debug)]
pub struct Call {
    pub method: &'static str,
    pub metadata: MetadataMap,
    message: Vec<u8>,
}

impl Call {
    pub fn message<T: Message + Default>(&self) -> T {
        T::decode(&*self.message).unwrap()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        Some(self.metadata.get(name)?.to_str().unwrap())
    }
}

/// What the service says to a call. `None`: nothing, ever.
type Answer = Option<Result<Vec<u8>, Status>>;

/// A stream of work that a worker has opened.
pub struct Opened {
    pub ask: proto::GetWorkItemsRequest,
    pub metadata: MetadataMap,
    items: mpsc::UnboundedSender<Result<proto::WorkItem, Status>>,
}

impl Opened {
    pub fn send(&self, token: &str, work: Work) {
        let item = proto::WorkItem {
            request: Some(work),
            completion_token: token.to_owned(),
        };
        self.items.send(Ok(item)).unwrap();
    }

    /// An item of a kind that does not exist yet.
    pub fn send_empty(&self, token: &str) {
        let item = proto::WorkItem {
            request: None,
            completion_token: token.to_owned(),
        };
        self.items.send(Ok(item)).unwrap();
    }

    pub fn fail(&self, code: Code, why: &str) {
        self.items.send(Err(Status::new(code, why))).unwrap();
    }

    /// Ends when the worker has closed it.
    pub async fn closed(&self) {
        soon("the end of the stream", self.items.closed()).await;
    }

    pub fn is_closed(&self) -> bool {
        self.items.is_closed()
    }
}

struct Shared {
    answers: Mutex<BTreeMap<&'static str, VecDeque<Answer>>>,
    history: Mutex<VecDeque<Result<proto::HistoryChunk, Status>>>,
    calls: mpsc::UnboundedSender<Call>,
    streams: mpsc::UnboundedSender<Opened>,
}

/// The service; dropping it ends it.
pub struct Fake {
    pub address: String,
    shared: Arc<Shared>,
    calls: AsyncMutex<mpsc::UnboundedReceiver<Call>>,
    streams: AsyncMutex<mpsc::UnboundedReceiver<Opened>>,
    serving: AbortHandle,
}

impl Fake {
    pub async fn start() -> Self {
        Self::with_limit(MESSAGE_BYTES_MAX).await
    }

    /// A service that takes no larger messages.
    pub async fn with_limit(message_bytes_max: usize) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let (calls, came) = mpsc::unbounded_channel();
        let (streams, opened) = mpsc::unbounded_channel();
        let shared = Arc::new(Shared {
            answers: Mutex::default(),
            history: Mutex::default(),
            calls,
            streams,
        });
        let service = TaskHubSidecarServiceServer::new(Service(Arc::clone(&shared)))
            .max_decoding_message_size(message_bytes_max);
        let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
        let serving = tokio::spawn(
            Server::builder()
                .add_service(service)
                .serve_with_incoming(incoming),
        );
        Self {
            address,
            shared,
            calls: AsyncMutex::new(came),
            streams: AsyncMutex::new(opened),
            serving: serving.abort_handle(),
        }
    }

    fn next(&self, method: &'static str, answer: Answer) {
        let mut answers = self.shared.answers.lock().unwrap();
        answers.entry(method).or_default().push_back(answer);
    }

    /// The next call of the method is answered so; without it, by an empty message.
    pub fn answer(&self, method: &'static str, message: &impl Message) {
        self.next(method, Some(Ok(message.encode_to_vec())));
    }

    pub fn refuse(&self, method: &'static str, code: Code, why: &str) {
        self.next(method, Some(Err(Status::new(code, why))));
    }

    /// The next call of the method is never answered.
    pub fn ignore(&self, method: &'static str) {
        self.next(method, None);
    }

    /// What the next history is made of.
    pub fn history(&self, parts: Vec<Result<proto::HistoryChunk, Status>>) {
        *self.shared.history.lock().unwrap() = parts.into();
    }

    /// The next call that is not a greeting.
    pub async fn call(&self) -> Call {
        let mut calls = self.calls.lock().await;
        soon("a call", calls.recv()).await.unwrap()
    }

    /// The next call, which is of this method.
    pub async fn called<T: Message + Default>(&self, method: &str) -> T {
        let call = self.call().await;
        assert_eq!(call.method, method, "{call:?}");
        call.message()
    }

    /// Whether no call is waiting to be looked at.
    pub async fn is_quiet(&self) -> bool {
        self.calls.lock().await.is_empty()
    }

    /// The next stream of work.
    pub async fn stream(&self) -> Opened {
        let mut streams = self.streams.lock().await;
        soon("a stream of work", streams.recv()).await.unwrap()
    }

    pub fn options(&self) -> GrpcOptions {
        GrpcOptions::new(&self.address)
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

struct Service(Arc<Shared>);

impl Service {
    async fn unary<T: Message, R: Message + Default>(
        &self,
        method: &'static str,
        request: Request<T>,
    ) -> Result<Response<R>, Status> {
        let (metadata, _, message) = request.into_parts();
        let answer = {
            let mut answers = self.0.answers.lock().unwrap();
            answers.get_mut(method).and_then(VecDeque::pop_front)
        };
        let call = Call {
            method,
            metadata,
            message: message.encode_to_vec(),
        };
        // A worker greets whenever it likes, and the test may have ended.
        if method != "hello" {
            let _ = self.0.calls.send(call);
        }
        match answer {
            None => Ok(Response::new(R::default())),
            Some(Some(Ok(message))) => Ok(Response::new(R::decode(&*message).unwrap())),
            Some(Some(Err(status))) => Err(status),
            Some(None) => std::future::pending().await,
        }
    }
}

fn streamed<T: Send + 'static>(
    items: mpsc::UnboundedReceiver<Result<T, Status>>,
) -> BoxStream<'static, Result<T, Status>> {
    unfold(items, |mut items| async move {
        items.recv().await.map(|item| (item, items))
    })
    .boxed()
}

macro_rules! service {
    ($($method:ident($request:ty) -> $response:ty;)*) => {
        #[async_trait]
        impl TaskHubSidecarService for Service {
            type GetWorkItemsStream = BoxStream<'static, Result<proto::WorkItem, Status>>;
            type StreamInstanceHistoryStream =
                BoxStream<'static, Result<proto::HistoryChunk, Status>>;

            async fn get_work_items(
                &self,
                request: Request<proto::GetWorkItemsRequest>,
            ) -> Result<Response<Self::GetWorkItemsStream>, Status> {
                let refused = {
                    let mut answers = self.0.answers.lock().unwrap();
                    answers.get_mut("get_work_items").and_then(VecDeque::pop_front)
                };
                if let Some(Some(Err(status))) = refused {
                    return Err(status);
                }
                let (metadata, _, ask) = request.into_parts();
                let (items, sent) = mpsc::unbounded_channel();
                let _ = self.0.streams.send(Opened { ask, metadata, items });
                Ok(Response::new(streamed(sent)))
            }

            async fn stream_instance_history(
                &self,
                request: Request<proto::StreamInstanceHistoryRequest>,
            ) -> Result<Response<Self::StreamInstanceHistoryStream>, Status> {
                let _: Response<()> = self.unary("stream_instance_history", request).await?;
                let parts = std::mem::take(&mut *self.0.history.lock().unwrap());
                Ok(Response::new(futures_util::stream::iter(parts).boxed()))
            }

            $(async fn $method(
                &self,
                request: Request<$request>,
            ) -> Result<Response<$response>, Status> {
                self.unary(stringify!($method), request).await
            })*
        }
    };
}

service! {
    hello(()) -> ();
    start_instance(proto::CreateInstanceRequest) -> proto::CreateInstanceResponse;
    get_instance(proto::GetInstanceRequest) -> proto::GetInstanceResponse;
    rewind_instance(proto::RewindInstanceRequest) -> proto::RewindInstanceResponse;
    restart_instance(proto::RestartInstanceRequest) -> proto::RestartInstanceResponse;
    wait_for_instance_start(proto::GetInstanceRequest) -> proto::GetInstanceResponse;
    wait_for_instance_completion(proto::GetInstanceRequest) -> proto::GetInstanceResponse;
    raise_event(proto::RaiseEventRequest) -> proto::RaiseEventResponse;
    terminate_instance(proto::TerminateRequest) -> proto::TerminateResponse;
    suspend_instance(proto::SuspendRequest) -> proto::SuspendResponse;
    resume_instance(proto::ResumeRequest) -> proto::ResumeResponse;
    query_instances(proto::QueryInstancesRequest) -> proto::QueryInstancesResponse;
    list_instance_ids(proto::ListInstanceIdsRequest) -> proto::ListInstanceIdsResponse;
    purge_instances(proto::PurgeInstancesRequest) -> proto::PurgeInstancesResponse;
    complete_activity_task(proto::ActivityResponse) -> proto::CompleteTaskResponse;
    complete_orchestrator_task(proto::OrchestratorResponse) -> proto::CompleteTaskResponse;
    complete_entity_task(proto::EntityBatchResult) -> proto::CompleteTaskResponse;
    create_task_hub(proto::CreateTaskHubRequest) -> proto::CreateTaskHubResponse;
    delete_task_hub(proto::DeleteTaskHubRequest) -> proto::DeleteTaskHubResponse;
    signal_entity(proto::SignalEntityRequest) -> proto::SignalEntityResponse;
    get_entity(proto::GetEntityRequest) -> proto::GetEntityResponse;
    query_entities(proto::QueryEntitiesRequest) -> proto::QueryEntitiesResponse;
    clean_entity_storage(proto::CleanEntityStorageRequest) -> proto::CleanEntityStorageResponse;
    abandon_task_activity_work_item(proto::AbandonActivityTaskRequest)
        -> proto::AbandonActivityTaskResponse;
    abandon_task_orchestrator_work_item(proto::AbandonOrchestrationTaskRequest)
        -> proto::AbandonOrchestrationTaskResponse;
    abandon_task_entity_work_item(proto::AbandonEntityTaskRequest)
        -> proto::AbandonEntityTaskResponse;
    skip_graceful_orchestration_terminations(proto::SkipGracefulOrchestrationTerminationsRequest)
        -> proto::SkipGracefulOrchestrationTerminationsResponse;
}

/// A worker whose work is done by the test.
struct Hands {
    items: mpsc::UnboundedSender<WorkItem>,
    each_max: usize,
}

impl WorkHandler for Hands {
    fn profile(&self) -> WorkerProfile {
        WorkerProfile {
            orchestrators: Accepts::Everything,
            activities: Accepts::Everything,
            entities: Accepts::Everything,
            orchestrations_max: self.each_max,
            activities_max: self.each_max,
            entities_max: self.each_max,
            remote: false,
            events_bytes_max: None,
        }
    }

    fn dispatch(&self, item: WorkItem) {
        // The test may have ended.
        let _ = self.items.send(item);
    }
}

/// A worker at a service.
pub struct Connected {
    pub hub: Arc<GrpcHub>,
    items: mpsc::UnboundedReceiver<WorkItem>,
}

impl Connected {
    pub fn new(options: GrpcOptions) -> Self {
        Self::with_room(options, 10)
    }

    /// With room for so many items of each of the three kinds.
    pub fn with_room(options: GrpcOptions, each_max: usize) -> Self {
        let hub = Arc::new(GrpcHub::connect(options).unwrap());
        let (sender, items) = mpsc::unbounded_channel();
        let worker = Hands {
            items: sender,
            each_max,
        };
        hub.attach(Arc::new(worker)).unwrap();
        Self { hub, items }
    }

    /// The next item that was handed over.
    pub async fn item(&mut self) -> WorkItem {
        soon("an item", self.items.recv()).await.unwrap()
    }

    pub fn has_item(&self) -> bool {
        !self.items.is_empty()
    }

    /// Ends when it stands so.
    pub async fn stands(&self, wanted: impl Fn(&GrpcHealth) -> bool) {
        soon("another state", async {
            while !wanted(&self.hub.health()) {
                tokio::task::yield_now().await;
            }
        })
        .await;
    }
}

/// Work and its answer, for tests that don't care what it is.
pub fn activity(instance: &str) -> Work {
    Work::ActivityRequest(proto::ActivityRequest {
        name: "x".into(),
        orchestration_instance: Some(proto::OrchestrationInstance {
            instance_id: instance.to_owned(),
            execution_id: None,
        }),
        task_id: 3,
        ..proto::ActivityRequest::default()
    })
}

pub fn done(result: &str) -> durable_task::WorkAnswer {
    durable_task::WorkAnswer::Activity(proto::ActivityResponse {
        instance_id: "i".into(),
        task_id: 3,
        result: Some(result.to_owned()),
        ..proto::ActivityResponse::default()
    })
}
