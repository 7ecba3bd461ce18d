//! The gRPC client and worker on a service whose answers and work items are anything.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Request, Response};
use durable_task::grpc::{GrpcHub, GrpcOptions};
use durable_task::testing::HistoryBuilder;
use durable_task::wire::proto::work_item::Request as Work;
use durable_task::wire::proto::{
    ActivityRequest, ActivityResponse, GetInstanceResponse, HistoryChunk, OrchestrationState,
    OrchestratorRequest, WorkItem,
};
use durable_task::{
    Client, EntityCleaning, EntityFilter, EntityId, Fetch, InstanceFilter, InstanceId,
    StartRequest, TokioRuntime, WaitFor, Worker, WorkerOptions,
};
use futures_util::{StreamExt as _, stream};
use http_body_util::{BodyExt as _, StreamBody};
use prost::Message;
use prost::bytes::Bytes;
use tokio::net::TcpListener;
use tokio::sync::{Mutex, mpsc, watch};
use tonic::service::Routes;
use tonic::transport::server::TcpIncoming;

use super::run::{block_on, check_error, soon};
use super::{Source, Verdict, code, histories, proto, samples};

const CALLS: usize = 25;
const ITEMS: usize = 8;
/// The token of the item that the worker has to answer as if nothing had been.
const LAST: &str = "the-last";

type Frame = hyper::body::Frame<Bytes>;

pub fn run(source: &mut Source) -> Verdict {
    block_on(check(source))
}

/// The service: its answers, and what of it the end waits for.
struct Service {
    source: Mutex<Source>,
    honest: AtomicBool,
    /// Resolves the streams of work that are open: each sends the last item.
    now_honest: watch::Receiver<bool>,
    /// Results of the last item.
    results: mpsc::UnboundedSender<Option<String>>,
}

async fn check(source: &mut Source) -> Verdict {
    let text = |error: &dyn ToString| error.to_string();
    let (turn, now_honest) = watch::channel(false);
    let (results, mut answered) = mpsc::unbounded_channel();
    let service = Arc::new(Service {
        source: Mutex::new(source.split()),
        honest: AtomicBool::new(false),
        now_honest,
        results,
    });
    let listener = TcpListener::bind("127.0.0.1:0")
        .await
        .map_err(|e| text(&e))?;
    let address = listener.local_addr().map_err(|error| text(&error))?;
    let router = Router::new()
        .fallback(answer)
        .with_state(Arc::clone(&service));
    let server = tonic::transport::Server::builder()
        .add_routes(Routes::from(router))
        .serve_with_incoming(TcpIncoming::from(listener));
    let serving = tokio::spawn(server);
    let mut options = GrpcOptions::new(format!("http://{address}"));
    options.call_timeout = Duration::from_secs(5);
    let hub = GrpcHub::connect(options).map_err(|error| text(&error))?;
    let runtime = TokioRuntime::current().ok_or("no runtime")?;
    let registry = code::registry().map_err(|error| text(&error))?;
    let worker = Worker::start(registry, WorkerOptions::default(), Arc::new(runtime));
    hub.attach(worker).map_err(|error| text(&error))?;
    let client = hub.client();
    for _ in 0..CALLS {
        one_call(source, client.as_ref()).await?;
    }
    service.honest.store(true, Ordering::SeqCst);
    turn.send_replace(true);
    let id = InstanceId::from_stored("a");
    let state = soon("the last state", client.get(&id, Fetch::Payloads)).await?;
    let state = state.map_err(|error| text(&error))?;
    if state.as_ref().map(|state| state.name.as_str()) != Some("Order") {
        return Err(format!("the last state is {state:?}"));
    }
    let result = soon("the worker's last answer", answered.recv()).await?;
    if result != Some(Some(String::from("42"))) {
        return Err(format!("the worker's last answer is {result:?}"));
    }
    serving.abort();
    Ok(())
}

async fn one_call(source: &mut Source, client: &dyn Client) -> Verdict {
    let id = InstanceId::from_stored("a");
    let entity = EntityId::new("counter", "k").map_err(|error| error.to_string())?;
    let filter = InstanceFilter::default();
    let all = EntityFilter::default();
    let patience = Duration::from_millis(20);
    let called = async {
        match source.below(14) {
            0 => client.get(&id, Fetch::Payloads).await.map(drop),
            1 => client.history(&id).await.map(drop),
            2 => client.history_part(&id, None, None).await.map(drop),
            3 => client
                .query(&filter, Fetch::Payloads, 10, None)
                .await
                .map(drop),
            4 => client.get_entity(&entity, true).await.map(drop),
            5 => client.query_entities(&all, true, 10, None).await.map(drop),
            6 => client
                .wait(&id, WaitFor::Completion, patience)
                .await
                .map(drop),
            7 => client.purge(&id, true).await.map(drop),
            8 => client.purge_matching(&filter, patience).await.map(drop),
            9 => client.restart(&id, true).await.map(drop),
            10 => {
                let start = StartRequest::new("Order", id.clone());
                client.start(start).await.map(drop)
            }
            11 => client.raise_event(&id, "go", None).await,
            12 => client
                .clean_entities(EntityCleaning::default(), None)
                .await
                .map(drop),
            _ => client.rewind(&id, None).await,
        }
    };
    match tokio::time::timeout(Duration::from_secs(20), called).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => check_error(&error),
        Err(_) => Err(String::from("a call does not end")),
    }
}

async fn answer(State(service): State<Arc<Service>>, request: Request<Body>) -> Response<Body> {
    let path = request.uri().path();
    let method = path.rsplit('/').next().unwrap_or_default().to_owned();
    let body = request.into_body().collect().await;
    let body = body
        .map(http_body_util::Collected::to_bytes)
        .unwrap_or_default();
    if method == "GetWorkItems" {
        return work(service).await;
    }
    if method == "CompleteActivityTask"
        && let Some(message) = body.get(5..)
        && let Ok(response) = ActivityResponse::decode(message)
        && response.completion_token == LAST
    {
        let _ = service.results.send(response.result);
    }
    let message = honest_answer(&method);
    if service.honest.load(Ordering::SeqCst) {
        return respond(vec![framed(&message), end(0)]);
    }
    let mut source = service.source.lock().await;
    respond(lie(&mut source, &method, message))
}

/// What the method answers when all is well.
fn honest_answer(method: &str) -> Vec<u8> {
    match method {
        "GetInstance" | "WaitForInstanceStart" | "WaitForInstanceCompletion" => {
            GetInstanceResponse {
                exists: true,
                orchestration_state: Some(OrchestrationState {
                    instance_id: String::from("a"),
                    name: String::from("Order"),
                    ..OrchestrationState::default()
                }),
            }
            .encode_to_vec()
        }
        _ => Vec::new(),
    }
}

fn lie(source: &mut Source, method: &str, message: Vec<u8>) -> Vec<Frame> {
    let recorded = samples::recorded_of(method, false);
    let message = match method {
        "StreamInstanceHistory" => {
            let events = histories::changed(source);
            HistoryChunk { events }.encode_to_vec()
        }
        _ if !recorded.is_empty() && source.one_in(2) => source.pick(&recorded).to_vec(),
        _ => message,
    };
    let mut frames = Vec::new();
    for _ in 0..*source.pick(&[0, 1, 1, 1, 1, 1, 2]) {
        let changed = proto::changed(source, &message, &message);
        let mut frame = framed(&changed);
        if source.one_in(10)
            && let Some(data) = frame.data_mut()
        {
            *data = Bytes::from(source.changed_bytes(data, data));
        }
        frames.push(frame);
    }
    if !source.one_in(10) {
        frames.push(end(*source.pick(&[0, 0, 0, 0, 0, 2, 5, 6, 9, 13, 14, 99])));
    }
    frames
}

/// Work items with anything in them; then silence, until the last one.
async fn work(service: Arc<Service>) -> Response<Body> {
    let mut turn = service.now_honest.clone();
    let mut frames = Vec::new();
    if !service.honest.load(Ordering::SeqCst) {
        let mut source = service.source.lock().await;
        for _ in 0..ITEMS {
            let item = item(&mut source).encode_to_vec();
            // What is no message ends the stream, and the worker waits before the next.
            let changed = proto::changed(&mut source, &item, &item);
            let is_message = WorkItem::decode(changed.as_slice()).is_ok();
            frames.push(framed(if is_message { &changed } else { &item }));
        }
    }
    let last = async move {
        // The sender lives as long as the service.
        let _ = turn.wait_for(|honest| *honest).await;
        framed(&last_item().encode_to_vec())
    };
    let items = stream::iter(frames)
        .chain(stream::once(last))
        .chain(stream::pending());
    grpc(Body::new(StreamBody::new(items.map(Ok::<_, Infallible>))))
}

fn last_item() -> WorkItem {
    WorkItem {
        completion_token: LAST.to_owned(),
        request: Some(Work::ActivityRequest(ActivityRequest {
            name: String::from("double"),
            input: Some(String::from("21")),
            ..ActivityRequest::default()
        })),
    }
}

fn item(source: &mut Source) -> WorkItem {
    let recorded = samples::recorded_of("GetWorkItems", false);
    if !recorded.is_empty()
        && source.one_in(2)
        && let Ok(item) = WorkItem::decode(*source.pick(&recorded))
    {
        return item;
    }
    let request = match source.below(3) {
        // Changed, it may well fail, and its answer is not the last one.
        0 => {
            return WorkItem {
                completion_token: String::from("another"),
                ..last_item()
            };
        }
        1 => OrchestratorRequest {
            instance_id: String::from("a"),
            past_events: histories::changed(source),
            ..OrchestratorRequest::default()
        },
        _ => OrchestratorRequest {
            instance_id: String::from("a"),
            new_events: HistoryBuilder::new("sequence", "a", &3).build(),
            requires_history_streaming: source.one_in(2),
            ..OrchestratorRequest::default()
        },
    };
    WorkItem {
        completion_token: source.below(3).to_string(),
        request: Some(Work::OrchestratorRequest(request)),
    }
}

/// A message with its five bytes before it.
fn framed(message: &[u8]) -> Frame {
    let length = u32::try_from(message.len()).unwrap_or(u32::MAX);
    Frame::data(Bytes::from(
        [&[0], length.to_be_bytes().as_slice(), message].concat(),
    ))
}

fn end(code: u16) -> Frame {
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", HeaderValue::from(code));
    trailers.insert("grpc-message", HeaderValue::from_static("it%20%zzbroke"));
    Frame::trailers(trailers)
}

fn respond(frames: Vec<Frame>) -> Response<Body> {
    let frames = stream::iter(frames).map(Ok::<_, Infallible>);
    grpc(Body::new(StreamBody::new(frames)))
}

fn grpc(body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    let kind = HeaderValue::from_static("application/grpc");
    response.headers_mut().insert("content-type", kind);
    response
}
