//! The gRPC service: whatever a client sends to whichever method, and whatever a worker answers, it
//! goes on, and others are served.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use durable_task::TokioRuntime;
use durable_task::wire::proto::task_hub_sidecar_service_client::TaskHubSidecarServiceClient;
use durable_task::wire::proto::work_item::Request as Work;
use durable_task::wire::proto::{
    CreateInstanceRequest, EntityBatchRequest, GetInstanceRequest, GetWorkItemsRequest,
    InstanceQuery, OperationRequest, OrchestrationStatus, PurgeInstancesRequest,
    QueryInstancesRequest, RaiseEventRequest, SignalEntityRequest, StreamInstanceHistoryRequest,
    WorkItem,
};
use durable_task::{WorkAnswer, WorkRequest};
use prost::Message;
use task_hub::sidecar::{Sidecar, SidecarOptions};
use task_hub::{Hub, HubHealth, HubOptions};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tonic::transport::Channel;
use tonic::{Code, Status};

use super::answers::Style;
use super::engine;
use super::raw::{self, METHODS};
use super::run::{block_on, check_error, soon};
use super::{Source, Verdict, proto, samples};

const CALLS: usize = 60;
/// How long a call may wait for what never comes.
const CALL: Duration = Duration::from_millis(30);

type Client = TaskHubSidecarServiceClient<Channel>;

pub fn run(source: &mut Source) -> Verdict {
    block_on(check(source))
}

async fn check(source: &mut Source) -> Verdict {
    let text = |error: &dyn ToString| error.to_string();
    let runtime = Arc::new(TokioRuntime::current().ok_or("no runtime")?);
    let mut options = SidecarOptions::default();
    // The worker has items that it answered with a wrong token.
    options.drain = Duration::from_millis(10);
    let hub_options = HubOptions::memory().limits(options.hub_limits());
    let hub = Hub::open(hub_options, runtime.clone()).await;
    let hub = Arc::new(hub.map_err(|error| text(&error))?);
    let listener = TcpListener::bind("127.0.0.1:0").await;
    let listener = listener.map_err(|error| text(&error))?;
    let address = listener.local_addr().map_err(|error| text(&error))?;
    let stop = CancellationToken::new();
    let sidecar = Sidecar::new(Arc::clone(&hub), runtime, options);
    let serving = tokio::spawn(sidecar.serve(listener, stop.clone()));
    let endpoint = Channel::from_shared(format!("http://{address}")).map_err(|e| text(&e))?;
    let channel = endpoint.connect().await.map_err(|error| text(&error))?;
    let honest = Arc::new(AtomicBool::new(false));
    let mut client = Client::new(channel.clone());
    for id in ["victim-0", "victim-1", "victim-2"] {
        let started = client.start_instance(start(id)).await;
        started.map_err(|error| text(&error))?;
    }
    let worker = Worker {
        channel: channel.clone(),
        source: source.split(),
        honest: Arc::clone(&honest),
    };
    let working = tokio::spawn(worker.work());
    for _ in 0..CALLS {
        one_call(source, &channel).await?;
    }
    honest.store(true, Ordering::SeqCst);
    if let Err(problem) = ends(&mut client).await {
        // Without its worker the hub can't end anything.
        let worker = if working.is_finished() {
            format!("{:?}", working.await)
        } else {
            String::from("at work")
        };
        return Err(format!("{problem}; the worker: {worker}"));
    }
    if hub.health() != HubHealth::Healthy {
        return Err(format!("the hub is {:?}", hub.health()));
    }
    stop.cancel();
    soon("the end of the server", serving)
        .await?
        .map_err(|e| text(&e))?
        .map_err(|e| text(&e))?;
    soon("the end of the worker", working)
        .await?
        .map_err(|e| text(&e))?
}

fn start(id: &str) -> CreateInstanceRequest {
    CreateInstanceRequest {
        instance_id: id.to_owned(),
        name: String::from("Victim"),
        input: Some(String::from("{\"a\": 1}")),
        ..CreateInstanceRequest::default()
    }
}

async fn one_call(source: &mut Source, channel: &Channel) -> Verdict {
    let method = *source.pick(METHODS);
    let sample = sample(source, method);
    let message = proto::changed(source, &sample, &sample);
    let shown = format!("{method} {message:?}");
    let called = tokio::time::timeout(CALL, async {
        let mut answers = raw::call(channel, method, message).await?;
        for _ in 0..10 {
            if answers.message().await?.is_none() {
                break;
            }
        }
        Ok(())
    });
    match called.await {
        Ok(Err(status)) => allowed(&status).map_err(|problem| format!("{shown}: {problem}")),
        // A caller that stops waiting.
        Err(_) | Ok(Ok(())) => Ok(()),
    }
}

/// Refusals that a client can do something about.
fn allowed(status: &Status) -> Verdict {
    check_error(&status.message())?;
    let is_malformed = status
        .message()
        .contains("failed to decode Protobuf message");
    match status.code() {
        Code::Internal if is_malformed => Ok(()),
        Code::Internal | Code::Unknown | Code::DataLoss | Code::Unavailable => {
            Err(status.to_string())
        }
        _ => Ok(()),
    }
}

/// A message for the method: a recorded one, or one of ours.
fn sample(source: &mut Source, method: &str) -> Vec<u8> {
    let recorded = samples::recorded_of(method, true);
    if !recorded.is_empty() && source.one_in(2) {
        return source.pick(&recorded).to_vec();
    }
    let id = (*source.pick(&["victim-0", "victim-1", "@victim@a", "last"])).to_owned();
    match method {
        "StartInstance" => start(&id).encode_to_vec(),
        "RaiseEvent" => RaiseEventRequest {
            instance_id: id,
            name: String::from("go"),
            input: Some(String::from("{}")),
        }
        .encode_to_vec(),
        "SignalEntity" => SignalEntityRequest {
            instance_id: String::from("@victim@a"),
            name: String::from("add"),
            input: Some(String::from("1")),
            request_id: String::from("7"),
            ..SignalEntityRequest::default()
        }
        .encode_to_vec(),
        "QueryInstances" => QueryInstancesRequest {
            query: Some(InstanceQuery {
                max_instance_count: 2,
                fetch_inputs_and_outputs: true,
                instance_id_prefix: Some(String::from("victim")),
                ..InstanceQuery::default()
            }),
        }
        .encode_to_vec(),
        "PurgeInstances" => PurgeInstancesRequest {
            recursive: true,
            ..PurgeInstancesRequest::default()
        }
        .encode_to_vec(),
        "StreamInstanceHistory" => StreamInstanceHistoryRequest {
            instance_id: id,
            ..StreamInstanceHistoryRequest::default()
        }
        .encode_to_vec(),
        "GetWorkItems" => GetWorkItemsRequest::default().encode_to_vec(),
        _ => GetInstanceRequest {
            instance_id: id,
            get_inputs_and_outputs: true,
        }
        .encode_to_vec(),
    }
}

/// A last instance is served as if nothing had been.
async fn ends(client: &mut Client) -> Verdict {
    let started = client.start_instance(start("the-last")).await;
    started.map_err(|error| error.to_string())?;
    let request = GetInstanceRequest {
        instance_id: String::from("the-last"),
        get_inputs_and_outputs: true,
    };
    let waited = soon("the last end", client.wait_for_instance_completion(request)).await?;
    let state = waited.map_err(|error| error.to_string())?.into_inner();
    let state = state.orchestration_state.unwrap_or_default();
    if state.orchestration_status() == OrchestrationStatus::Completed {
        Ok(())
    } else {
        Err(format!("the last instance ended so: {state:?}"))
    }
}

/// A worker that lies until it is honest.
struct Worker {
    channel: Channel,
    source: Source,
    honest: Arc<AtomicBool>,
}

impl Worker {
    async fn work(mut self) -> Verdict {
        let mut client = Client::new(self.channel.clone());
        // The hub may be cleared, the stream goes on until the server ends.
        let items = client.get_work_items(GetWorkItemsRequest::default()).await;
        let mut items = items.map_err(|error| error.to_string())?.into_inner();
        while let Ok(Some(item)) = items.message().await {
            self.answer(item).await?;
        }
        Ok(())
    }

    async fn answer(&mut self, item: WorkItem) -> Verdict {
        let Some(request) = request(item.request) else {
            return Ok(());
        };
        let honest = self.honest.load(Ordering::SeqCst);
        let answer = if honest {
            engine::last(&request)
        } else {
            engine::lie(&mut self.source, Style::Anything, &request)
        };
        let (method, message) = message(answer, &item.completion_token);
        let message = if honest || !self.source.one_in(4) {
            message
        } else {
            proto::changed(&mut self.source, &message, &message)
        };
        let called = tokio::time::timeout(Duration::from_secs(10), async {
            let mut answers = raw::call(&self.channel, method, message).await?;
            answers.message().await.map(drop)
        });
        match called.await {
            // Parts of an answer that do not follow each other.
            Ok(Err(status)) if status.code() == Code::FailedPrecondition => Ok(()),
            // The hub was cleared by another call while it took the answer: a worker goes on.
            Ok(Err(status)) if status.code() == Code::Unavailable => Ok(()),
            // The server ends.
            Ok(Err(status)) if honest => {
                let _ = status;
                Ok(())
            }
            Ok(Err(status)) => allowed(&status).map_err(|problem| format!("{method}: {problem}")),
            Ok(Ok(())) | Err(_) => Ok(()),
        }
    }
}

fn request(work: Option<Work>) -> Option<WorkRequest> {
    match work? {
        Work::OrchestratorRequest(request) => Some(WorkRequest::Orchestrator {
            request,
            warm: false,
        }),
        Work::ActivityRequest(request) => Some(WorkRequest::Activity(request)),
        Work::EntityRequest(request) => Some(WorkRequest::Entity {
            callers: Vec::new(),
            request,
        }),
        Work::EntityRequestV2(request) => Some(WorkRequest::Entity {
            callers: Vec::new(),
            request: EntityBatchRequest {
                instance_id: request.instance_id,
                operations: vec![OperationRequest::default(); request.operation_requests.len()],
                ..EntityBatchRequest::default()
            },
        }),
        Work::HealthPing(_) => None,
    }
}

/// The answer as a message, with its true token.
fn message(answer: WorkAnswer, token: &str) -> (&'static str, Vec<u8>) {
    let token = token.to_owned();
    match answer {
        WorkAnswer::Orchestrator { mut response, .. } => {
            response.completion_token = token;
            ("CompleteOrchestratorTask", response.encode_to_vec())
        }
        WorkAnswer::Activity(mut response) => {
            response.completion_token = token;
            ("CompleteActivityTask", response.encode_to_vec())
        }
        WorkAnswer::Entity(mut result) => {
            result.completion_token = token;
            ("CompleteEntityTask", result.encode_to_vec())
        }
        WorkAnswer::Abandoned { .. } => {
            use durable_task::wire::proto::AbandonOrchestrationTaskRequest;
            let abandon = AbandonOrchestrationTaskRequest {
                completion_token: token,
            };
            ("AbandonTaskOrchestratorWorkItem", abandon.encode_to_vec())
        }
    }
}
