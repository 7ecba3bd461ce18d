//! What the .NET SDK and servers of other people said to each other, said to our server.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use durable_task::wire::proto::history_event::EventType;
use durable_task::wire::proto::operation_action::OperationActionType;
use durable_task::wire::proto::orchestrator_action::OrchestratorActionType as Action;
use durable_task::wire::proto::send_entity_message_action::EntityMessageType;
use durable_task::wire::proto::work_item::Request;
use durable_task::wire::proto::{
    ActivityResponse, CreateInstanceRequest, EntityBatchResult, HistoryEvent, OrchestratorResponse,
    RaiseEventRequest, ResumeRequest, SignalEntityRequest, SuspendRequest, WorkItem,
};
use prost::Message;
use serde_json::Value;

use crate::support::{Client, Server, Worker};

/// One line of a recording.
struct Line {
    kind: String,
    method: String,
    what: String,
    json: Value,
    /// Long messages are recorded without their bytes.
    bytes: Option<Vec<u8>>,
}

/// The recordings, where they are: not on every laptop.
fn folder() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/fixtures/grpc-dotnet");
    if folder.is_dir() {
        return Some(folder);
    }
    assert!(
        std::env::var_os("CI").is_none(),
        "needed in CI: {}",
        folder.display()
    );
    println!("skipped: there are no recordings at {}", folder.display());
    None
}

fn read(file: &Path) -> Vec<Line> {
    let text = fs::read_to_string(file).unwrap();
    let line = |line: &str| {
        let value: Value = serde_json::from_str(line).unwrap();
        let text = |name: &str| value[name].as_str().unwrap_or_default().to_owned();
        Line {
            kind: text("kind"),
            method: text("method"),
            what: text("type"),
            bytes: value["base64"]
                .as_str()
                .map(|bytes| BASE64_STANDARD.decode(bytes).unwrap()),
            json: value["json"].clone(),
        }
    };
    text.lines().map(line).collect()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "jsonl")
        })
        .collect();
    files.sort();
    files
}

/// Decodes and encodes; as many bytes come out as went in, so that no field is unknown.
fn same<T: Message + Default + PartialEq>(bytes: &[u8]) -> bool {
    let message = T::decode(bytes).unwrap();
    message.encoded_len() == bytes.len() && T::decode(&*message.encode_to_vec()).unwrap() == message
}

macro_rules! same_as {
    ($what:expr, $bytes:expr, $($name:ident)*) => {
        match $what {
            $(stringify!($name) => {
                Some(same::<durable_task::wire::proto::$name>($bytes))
            })*
            _ => None,
        }
    };
}

#[test]
fn every_recorded_message_is_decoded_with_all_of_its_fields() {
    let Some(folder) = folder() else { return };
    let (mut messages, mut kinds) = (0, BTreeSet::new());
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if !path.is_dir() {
            continue;
        }
        for file in files(&path) {
            for line in read(&file) {
                let Some(bytes) = &line.bytes else { continue };
                if line.what.is_empty() || line.what == "Empty" {
                    continue;
                }
                let same = same_as!(line.what.as_str(), bytes,
                    AbandonActivityTaskRequest AbandonActivityTaskResponse
                    AbandonEntityTaskRequest AbandonEntityTaskResponse
                    AbandonOrchestrationTaskRequest AbandonOrchestrationTaskResponse
                    ActivityResponse CleanEntityStorageRequest CleanEntityStorageResponse
                    CompleteTaskResponse CreateInstanceRequest CreateInstanceResponse
                    EntityBatchResult GetEntityRequest GetEntityResponse GetInstanceRequest
                    GetInstanceResponse GetWorkItemsRequest HistoryChunk ListInstanceIdsRequest
                    ListInstanceIdsResponse OrchestratorResponse PurgeInstancesRequest
                    PurgeInstancesResponse QueryEntitiesRequest QueryEntitiesResponse
                    QueryInstancesRequest QueryInstancesResponse RaiseEventRequest
                    RaiseEventResponse RestartInstanceRequest RestartInstanceResponse
                    ResumeRequest ResumeResponse RewindInstanceRequest RewindInstanceResponse
                    SignalEntityRequest SignalEntityResponse StreamInstanceHistoryRequest
                    SuspendRequest SuspendResponse TerminateRequest TerminateResponse WorkItem);
                let same = same.unwrap_or_else(|| panic!("what is {}?", line.what));
                assert!(same, "{}: {} {}", file.display(), line.what, line.json);
                messages += 1;
                kinds.insert(line.what);
            }
        }
    }
    assert!(messages > 500 && kinds.len() > 25, "{messages} {kinds:?}");
}

/// What an item is about: the recording and the server give the same ones in the same order.
fn about(request: &Request) -> (char, String, i32) {
    match request {
        Request::OrchestratorRequest(request) => ('o', request.instance_id.clone(), 0),
        Request::ActivityRequest(request) => {
            let of = request.orchestration_instance.clone().unwrap();
            ('a', of.instance_id, request.task_id)
        }
        Request::EntityRequest(request) => ('e', request.instance_id.clone(), 0),
        Request::EntityRequestV2(request) => ('e', request.instance_id.clone(), 0),
        Request::HealthPing(_) => ('p', String::new(), 0),
    }
}

/// An event without what differs from run to run, and without what others leave out of histories.
fn plain(event: &HistoryEvent) -> HistoryEvent {
    let mut event = event.clone();
    event.timestamp = None;
    let version =
        |version: &mut Option<String>| *version = version.take().filter(|v| !v.is_empty());
    match event.event_type.as_mut().unwrap() {
        EventType::ExecutionStarted(started) => {
            version(&mut started.version);
            started
                .orchestration_instance
                .as_mut()
                .unwrap()
                .execution_id = None;
            started.parent_trace_context = None;
            if let Some(parent) = &mut started.parent_instance {
                version(&mut parent.version);
                parent.orchestration_instance.as_mut().unwrap().execution_id = None;
                (parent.name, parent.version) = (None, None);
            }
            started.scheduled_start_timestamp = None;
        }
        EventType::TaskScheduled(scheduled) => {
            version(&mut scheduled.version);
            scheduled.input = None;
            scheduled.tags.clear();
        }
        EventType::SubOrchestrationInstanceCreated(created) => {
            version(&mut created.version);
            created.input = None;
            created.tags.clear();
        }
        EventType::TimerCreated(timer) => timer.fire_at = None,
        EventType::TimerFired(timer) => timer.fire_at = None,
        EventType::EventSent(sent) => sent.input = None,
        EventType::EntityOperationCalled(called) => called.parent_execution_id = None,
        _ => {}
    }
    event
}

/// Operation, request, input, target: calls are recorded as signals.
fn operations(request: &Request) -> Vec<[String; 4]> {
    let (Request::EntityRequestV2(request), mut all) = (request, Vec::new()) else {
        panic!("another form");
    };
    for event in &request.operation_requests {
        let parts = match event.event_type.as_ref().unwrap() {
            EventType::EntityOperationCalled(called) => [
                Some(&called.operation),
                Some(&called.request_id),
                called.input.as_ref(),
                called.target_instance_id.as_ref(),
            ],
            EventType::EntityOperationSignaled(signaled) => [
                Some(&signaled.operation),
                Some(&signaled.request_id),
                signaled.input.as_ref(),
                signaled.target_instance_id.as_ref(),
            ],
            other => panic!("{other:?}"),
        };
        all.push(parts.map(|part| part.cloned().unwrap_or_default()));
    }
    all
}

/// Stands for a signal that an entity has sent; the server makes up its id.
fn signal_key(entity: &str, operation: &str) -> String {
    format!("{operation} of {entity}")
}

/// What differs between a recorded item and ours.
fn differences(recorded: &Request, ours: &Request, known: &BTreeSet<String>) -> Vec<String> {
    let mut found = Vec::new();
    let mut same = |what: &str, recorded: &dyn std::fmt::Debug, ours: &dyn std::fmt::Debug| {
        let (recorded, ours) = (format!("{recorded:?}"), format!("{ours:?}"));
        if recorded != ours {
            found.push(format!("{what}\n  recorded {recorded}\n  ours     {ours}"));
        }
    };
    match (recorded, ours) {
        (Request::OrchestratorRequest(recorded), Request::OrchestratorRequest(ours)) => {
            for (what, recorded, ours) in [
                ("new events", &recorded.new_events, &ours.new_events),
                ("past events", &recorded.past_events, &ours.past_events),
            ] {
                same(&format!("count of {what}"), &recorded.len(), &ours.len());
                for (recorded, ours) in recorded.iter().zip(ours) {
                    same(what, &plain(recorded), &plain(ours));
                }
            }
            let streams = ours.requires_history_streaming;
            same("streaming", &recorded.requires_history_streaming, &streams);
        }
        (Request::ActivityRequest(recorded), Request::ActivityRequest(ours)) => {
            same("name", &recorded.name, &ours.name);
            same("input", &recorded.input, &ours.input);
            same("tags", &recorded.tags, &ours.tags);
        }
        (recorded, ours) => {
            let (mut recorded, mut ours) = (operations(recorded), operations(ours));
            for (recorded, ours) in recorded.iter_mut().zip(&mut ours) {
                if !known.contains(&recorded[1]) {
                    // The server has made it up.
                    (recorded[1], ours[1]) = (String::new(), String::new());
                }
            }
            same("operations", &recorded, &ours);
        }
    }
    found
}

/// Plays the worker's part of a recording.
struct Player {
    file: String,
    differences: Vec<String>,
    client: Client,
    worker: Worker,
    started: BTreeSet<String>,
    /// Events that come from inside: replies of entities, and what orchestrations send.
    inside: BTreeSet<String>,
    waiting: HashMap<(char, String, i32), VecDeque<(Request, String)>>,
    tokens: HashMap<String, String>,
}

impl Player {
    /// Does what clients did, so that the recorded item comes.
    async fn cause(&mut self, recorded: &Request) {
        let request = match recorded {
            Request::OrchestratorRequest(request) => request,
            Request::EntityRequestV2(_) => return self.signal(recorded).await,
            _ => return,
        };
        let instance_id = request.instance_id.clone();
        for event in &request.new_events {
            match event.event_type.clone().unwrap() {
                EventType::ExecutionStarted(started)
                    if started.parent_instance.is_none()
                        && self.started.insert(instance_id.clone()) =>
                {
                    let of = started.orchestration_instance.unwrap();
                    let start = CreateInstanceRequest {
                        instance_id: instance_id.clone(),
                        name: started.name,
                        version: started.version,
                        input: started.input,
                        tags: started.tags,
                        execution_id: of.execution_id,
                        ..CreateInstanceRequest::default()
                    };
                    self.client.start_instance(start).await.unwrap();
                }
                EventType::EventRaised(raised) if !self.inside.contains(&raised.name) => {
                    let raise = RaiseEventRequest {
                        instance_id: instance_id.clone(),
                        name: raised.name,
                        input: raised.input,
                    };
                    self.client.raise_event(raise).await.unwrap();
                }
                EventType::ExecutionSuspended(suspended) => {
                    let suspend = SuspendRequest {
                        instance_id: instance_id.clone(),
                        reason: suspended.input,
                    };
                    self.client.suspend_instance(suspend).await.unwrap();
                }
                EventType::ExecutionResumed(resumed) => {
                    let resume = ResumeRequest {
                        instance_id: instance_id.clone(),
                        reason: resumed.input,
                    };
                    self.client.resume_instance(resume).await.unwrap();
                }
                _ => {}
            }
        }
    }

    /// Sends what no orchestration and no entity has sent.
    async fn signal(&mut self, recorded: &Request) {
        for [name, id, input, instance_id] in operations(recorded) {
            let sent = signal_key(&instance_id, &name);
            if self.inside.contains(&id) || self.inside.remove(&sent) {
                continue;
            }
            let signal = SignalEntityRequest {
                instance_id,
                name,
                input: Some(input).filter(|input| !input.is_empty()),
                ..SignalEntityRequest::default()
            };
            self.client.signal_entity(signal).await.unwrap();
        }
    }

    /// The server hands out what the other one did.
    async fn item(&mut self, item: WorkItem) {
        let recorded = item.request.unwrap();
        self.cause(&recorded).await;
        let wanted = about(&recorded);
        if wanted.0 == 'p' {
            return;
        }
        loop {
            let waiting = self.waiting.entry(wanted.clone()).or_default();
            if let Some((ours, token)) = waiting.pop_front() {
                let found = differences(&recorded, &ours, &self.inside);
                let named = found
                    .into_iter()
                    .map(|found| format!("{}: {found}", self.file));
                self.differences.extend(named);
                self.tokens.insert(item.completion_token, token);
                return;
            }
            let (request, token) = self.worker.item().await;
            let of = about(&request);
            self.waiting
                .entry(of)
                .or_default()
                .push_back((request, token));
        }
    }

    /// The worker answers what it answered the other one.
    async fn answer(&mut self, method: &str, bytes: &[u8]) {
        match method {
            "CompleteOrchestratorTask" => {
                let mut response = OrchestratorResponse::decode(bytes).unwrap();
                for action in &response.actions {
                    self.sends(action.orchestrator_action_type.as_ref().unwrap());
                }
                response.completion_token = self.tokens[&response.completion_token].clone();
                let done = self.client.complete_orchestrator_task(response);
                done.await.unwrap();
            }
            "CompleteActivityTask" => {
                let mut response = ActivityResponse::decode(bytes).unwrap();
                response.completion_token = self.tokens[&response.completion_token].clone();
                self.client.complete_activity_task(response).await.unwrap();
            }
            "CompleteEntityTask" => {
                let mut result = EntityBatchResult::decode(bytes).unwrap();
                for action in &result.actions {
                    match action.operation_action_type.as_ref().unwrap() {
                        OperationActionType::SendSignal(signal) => {
                            let key = signal_key(&signal.instance_id, &signal.name);
                            self.inside.insert(key);
                        }
                        OperationActionType::StartNewOrchestration(start) => {
                            self.started.insert(start.instance_id.clone());
                        }
                    }
                }
                result.completion_token = self.tokens[&result.completion_token].clone();
                self.client.complete_entity_task(result).await.unwrap();
            }
            _ => {}
        }
    }

    fn sends(&mut self, action: &Action) {
        let sent = match action {
            Action::SendEvent(sent) => sent,
            Action::SendEntityMessage(sent) => {
                use EntityMessageType::{EntityOperationCalled, EntityOperationSignaled};
                let id = match sent.entity_message_type.as_ref().unwrap() {
                    EntityOperationCalled(called) => &called.request_id,
                    EntityOperationSignaled(signaled) => &signaled.request_id,
                    _ => return,
                };
                self.inside.insert(id.clone());
                return;
            }
            _ => return,
        };
        self.inside.insert(sent.name.clone());
        let data = sent.data.as_deref().unwrap_or("null");
        if let Ok(value) = serde_json::from_str::<Value>(data)
            && let Some(id) = value["id"].as_str()
        {
            self.inside.insert(id.to_owned());
        }
    }
}

async fn play(path: PathBuf) -> Vec<String> {
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    let server = Server::start().await;
    let mut player = Player {
        file: name,
        differences: Vec::new(),
        client: server.client().await,
        worker: server.worker().await,
        started: BTreeSet::new(),
        inside: BTreeSet::new(),
        waiting: HashMap::new(),
        tokens: HashMap::new(),
    };
    for line in read(&path) {
        let Some(bytes) = &line.bytes else { continue };
        match (line.kind.as_str(), line.what.as_str()) {
            ("message", "WorkItem") => player.item(WorkItem::decode(&**bytes).unwrap()).await,
            ("request", _) => player.answer(&line.method, bytes).await,
            _ => {}
        }
    }
    player.differences
}

/// Recordings whose items come otherwise from any other server, and why.
const OTHERWISE: &[(&str, &str)] = &[
    (
        "parallel",
        "results that come at the same time come in one episode",
    ),
    (
        "version-and-tags",
        "results that come at the same time come in one episode",
    ),
    (
        "entity-signal",
        "signals that come at the same time come in one batch",
    ),
    (
        "continue-as-new",
        "what is carried over comes with the start",
    ),
    ("carryover", "what is carried over comes with the start"),
    (
        "suspend-resume",
        "an instance has no episodes while it is suspended",
    ),
    (
        "terminate",
        "an instance is ended at once, without an episode",
    ),
    ("entity-actions", "what an entity starts has no parent"),
    ("client-scenario", "clients act between the lines"),
];

/// After so long nothing more comes.
const SILENCE: Duration = Duration::from_secs(30);

async fn play_all(kind: &str) {
    let Some(folder) = folder() else { return };
    let (mut played, mut differences) = (0, Vec::new());
    for file in files(&folder.join(kind)) {
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        if OTHERWISE.iter().any(|(other, _)| name.ends_with(other)) {
            continue;
        }
        let playing = tokio::time::timeout(SILENCE, play(file));
        match tokio::spawn(playing).await {
            Ok(Err(_)) => differences.push(format!("{name}: an item does not come")),
            Ok(Ok(found)) => differences.extend(found),
            Err(error) => differences.push(format!("{name}: {error}")),
        }
        played += 1;
    }
    assert!(played > 0);
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[tokio::test]
async fn a_worker_of_the_sdk_is_handed_what_a_real_backend_handed_it() {
    play_all("azure-storage").await;
}

#[tokio::test]
async fn a_worker_in_the_schedulers_form_is_handed_what_a_real_backend_handed_it() {
    play_all("explicit-entity-events").await;
}
