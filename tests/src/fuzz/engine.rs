//! Answers of a worker with any content, into the engine: it stays healthy, others are served, and
//! whatever it has taken can be read.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use durable_task::wire::proto::{
    ActivityResponse, EntityBatchResult, OrchestratorRequest, OrchestratorResponse,
};
use durable_task::{
    Accepts, Client, ClientError, EntityFilter, EntityId, Fetch, InstanceFilter, InstanceId,
    StartRequest, Status, TokioRuntime, WaitFor, WorkAnswer, WorkHandler, WorkItem, WorkRequest,
    WorkerProfile,
};
use task_hub::{Hub, HubHealth, HubOptions};

use super::answers::{self, Style};
use super::run::{block_on, check_error, soon};
use super::{Source, Verdict, proto};

/// How many answers are changed; later ones are as they should be.
const CHANGED_MAX: usize = 40;
const VICTIMS: usize = 4;
/// Instances whose name begins so get answers as they should be.
const GOOD: &str = "good";

/// Any kind of answer, any field changed.
pub fn answers(source: &mut Source) -> Verdict {
    block_on(check(source, Style::Anything))
}

/// Actions that send entity messages as events; their JSON is changed.
pub fn entity_messages(source: &mut Source) -> Verdict {
    block_on(check(source, Style::EntityEvents))
}

/// Answers at once, most of the time wrongly.
struct Liar {
    style: Style,
    remote: bool,
    state: Mutex<(Source, usize)>,
}

impl WorkHandler for Liar {
    fn profile(&self) -> WorkerProfile {
        WorkerProfile {
            orchestrators: Accepts::Everything,
            activities: Accepts::Everything,
            entities: Accepts::Everything,
            orchestrations_max: 10,
            activities_max: 10,
            entities_max: 10,
            remote: self.remote,
            events_bytes_max: None,
        }
    }

    fn dispatch(&self, item: WorkItem) {
        let WorkItem {
            request, completer, ..
        } = item;
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let (source, changed) = &mut *state;
        let is_good = match &request {
            WorkRequest::Orchestrator { request, .. } => request.instance_id.starts_with(GOOD),
            WorkRequest::Activity(request) => request.name.starts_with(GOOD),
            WorkRequest::Entity { request, .. } => request.instance_id.starts_with("@good@"),
        };
        let answer = if is_good {
            good(&request)
        } else if *changed >= CHANGED_MAX {
            last(&request)
        } else {
            *changed += 1;
            lie(source, self.style, &request)
        };
        drop(state);
        completer.complete(answer);
    }
}

/// Two activities, one after the other, then the end.
fn good(request: &WorkRequest) -> WorkAnswer {
    match request {
        WorkRequest::Orchestrator { request, .. } => {
            let done = answers::activities_done(request);
            let action = match done {
                0 | 1 => answers::call(i32::try_from(done).unwrap_or(0), "good-step"),
                _ => answers::complete(9, "\"good\""),
            };
            let response = OrchestratorResponse {
                instance_id: request.instance_id.clone(),
                actions: if answers::waits(request) {
                    Vec::new()
                } else {
                    vec![action]
                },
                ..OrchestratorResponse::default()
            };
            WorkAnswer::Orchestrator {
                response,
                warm: false,
            }
        }
        other => last(other),
    }
}

/// An answer that ends what it is about.
pub fn last(request: &WorkRequest) -> WorkAnswer {
    match request {
        WorkRequest::Orchestrator { request, .. } => WorkAnswer::Orchestrator {
            response: OrchestratorResponse {
                instance_id: request.instance_id.clone(),
                actions: vec![answers::complete(1_000, "\"last\"")],
                ..OrchestratorResponse::default()
            },
            warm: false,
        },
        WorkRequest::Activity(request) => WorkAnswer::Activity(ActivityResponse {
            instance_id: answers::instance_of(request),
            task_id: request.task_id,
            result: Some(String::from("1")),
            ..ActivityResponse::default()
        }),
        WorkRequest::Entity { request, .. } => WorkAnswer::Entity(answers::operated(request)),
    }
}

pub fn lie(source: &mut Source, style: Style, request: &WorkRequest) -> WorkAnswer {
    if source.one_in(20) {
        let reason = source.text();
        return WorkAnswer::Abandoned { reason };
    }
    match request {
        WorkRequest::Orchestrator { request, .. } => WorkAnswer::Orchestrator {
            response: episode(source, style, request),
            warm: source.one_in(3),
        },
        WorkRequest::Activity(_) => match last(request) {
            WorkAnswer::Activity(response) => {
                WorkAnswer::Activity(proto::changed_message(source, &response))
            }
            other => other,
        },
        WorkRequest::Entity { request, .. } => {
            let result: EntityBatchResult = answers::batch(source, request);
            WorkAnswer::Entity(proto::changed_message(source, &result))
        }
    }
}

fn episode(
    source: &mut Source,
    style: Style,
    request: &OrchestratorRequest,
) -> OrchestratorResponse {
    let response = answers::episode(source, style, request);
    if style == Style::EntityEvents && !source.one_in(6) {
        response
    } else {
        proto::changed_message(source, &response)
    }
}

async fn check(source: &mut Source, style: Style) -> Verdict {
    let runtime = Arc::new(TokioRuntime::current().ok_or("no runtime")?);
    let hub = Hub::open(HubOptions::memory(), runtime).await;
    let hub = hub.map_err(|error| error.to_string())?;
    let liar = Liar {
        style,
        remote: source.one_in(2),
        state: Mutex::new((source.split(), 0)),
    };
    hub.attach(Arc::new(liar)).map_err(|e| e.to_string())?;
    let client = hub.client();
    let ids = start(client.as_ref()).await?;
    for index in 0..8 {
        disturb(source, client.as_ref(), &ids[index % ids.len()]).await?;
    }
    good_ends(client.as_ref(), "good-before").await?;
    for id in &ids {
        check_instance(client.as_ref(), id).await?;
    }
    check_listings(client.as_ref()).await?;
    good_ends(client.as_ref(), "good-after").await?;
    match hub.health() {
        HubHealth::Healthy => {}
        other => return Err(format!("the hub is {other:?}")),
    }
    soon("the shutdown", hub.shutdown(Duration::from_secs(1))).await
}

async fn start(client: &dyn Client) -> Result<Vec<InstanceId>, String> {
    let mut ids = Vec::new();
    for index in 0..VICTIMS {
        let id = InstanceId::new(format!("victim-{index}")).map_err(|e| e.to_string())?;
        let start = StartRequest::new("Victim", id.clone()).input_json("1");
        match soon("a start", client.start(start)).await? {
            // A victim may have started it as its child.
            Ok(_) | Err(ClientError::AlreadyExists { .. }) => ids.push(id),
            Err(error) => return Err(error.to_string()),
        }
    }
    Ok(ids)
}

/// Messages of clients while the worker lies.
async fn disturb(source: &mut Source, client: &dyn Client, id: &InstanceId) -> Verdict {
    let text = source.text();
    let done = async {
        match source.below(7) {
            0 => client.raise_event(id, &text, Some(source.text())).await,
            1 => client.suspend(id, Some(text)).await,
            2 => client.resume(id, Some(text)).await,
            3 => client.terminate(id, Some(text), source.one_in(2)).await,
            4 => client.rewind(id, Some(text)).await,
            5 => client.restart(id, false).await.map(drop),
            _ => match EntityId::new("victim", "k") {
                Ok(entity) => {
                    let input = Some(source.text());
                    client.signal_entity(&entity, &text, input, None).await
                }
                Err(_) => Ok(()),
            },
        }
    };
    match soon("an answer to a client", done).await? {
        Ok(()) => Ok(()),
        Err(error) => check_error(&error),
    }
}

async fn good_ends(client: &dyn Client, id: &str) -> Verdict {
    let id = InstanceId::new(id).map_err(|error| error.to_string())?;
    let started = client.start(StartRequest::new("good", id.clone()));
    let started = soon("the start of another instance", started).await?;
    started.map_err(|error| error.to_string())?;
    let wait = client.wait(&id, WaitFor::Completion, Duration::from_mins(1));
    let state = soon("its end", wait).await?.map_err(|e| e.to_string())?;
    if state.status == Status::Completed && state.output.as_deref() == Some("\"good\"") {
        Ok(())
    } else {
        Err(format!("another instance ended so: {state:?}"))
    }
}

/// An instance is there, with a state and a history that fit together.
async fn check_instance(client: &dyn Client, id: &InstanceId) -> Verdict {
    let state = soon("a state", client.get(id, Fetch::Payloads)).await?;
    let state = state.map_err(|error| error.to_string())?;
    let state = state.ok_or_else(|| format!("{id} is gone"))?;
    if state.status.is_terminal() != state.completed_at.is_some() {
        return Err(format!("{state:?}"));
    }
    let history = soon("a history", client.history(id)).await?;
    let history = history.map_err(|error| format!("{id}: {error}"))?;
    let ends = history.iter().filter(|event| answers::is_end(event));
    if ends.count() > 1 {
        return Err(format!("{id} has ended twice: {history:#?}"));
    }
    Ok(())
}

async fn check_listings(client: &dyn Client) -> Verdict {
    let filter = InstanceFilter::default();
    let query = client.query(&filter, Fetch::Payloads, 1_000, None);
    let page = soon("a query", query).await?.map_err(|e| e.to_string())?;
    if page.items.len() <= VICTIMS {
        return Err(format!("{} instances are listed", page.items.len()));
    }
    let filter = EntityFilter {
        include_transient: true,
        ..EntityFilter::default()
    };
    let entities = client.query_entities(&filter, true, 1_000, None);
    let listed = soon("entities", entities).await?;
    listed.map(drop).map_err(|error| error.to_string())
}
