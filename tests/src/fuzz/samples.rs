//! Valid input to begin with: what was recorded of other programs, where it is there, and our own.

use std::path::Path;
use std::sync::OnceLock;
use std::time::Duration;

use agent_tests::tools;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use durable_task::testing::HistoryBuilder;
use durable_task::wire::proto::history_event::EventType;
use durable_task::wire::proto::{
    EventSentEvent, HistoryEvent, OrchestratorRequest, TimerCreatedEvent,
};
use durable_task::{Failure, Timestamp};
use prost::Message as _;
use serde_json::Value;

/// A message of the protocol as it was on the wire.
pub struct Recorded {
    /// `StartInstance`.
    pub method: String,
    /// From the client to the service.
    pub is_request: bool,
    pub bytes: Vec<u8>,
}

/// The recorded messages of another SDK, in the order of their files; none on a machine without
/// them.
pub fn recorded() -> &'static [Recorded] {
    static RECORDED: OnceLock<Vec<Recorded>> = OnceLock::new();
    RECORDED.get_or_init(|| {
        let texts = texts("fixtures/grpc-dotnet", "jsonl");
        let lines = texts.iter().flat_map(|text| text.lines());
        lines.filter_map(recorded_line).collect()
    })
}

fn recorded_line(line: &str) -> Option<Recorded> {
    let line: Value = serde_json::from_str(line).ok()?;
    let bytes = STANDARD.decode(line["base64"].as_str()?).ok()?;
    Some(Recorded {
        method: line["method"].as_str()?.to_owned(),
        is_request: line["kind"] == "request",
        bytes,
    })
}

/// Recorded messages of one method and direction.
pub fn recorded_of(method: &str, is_request: bool) -> Vec<&'static [u8]> {
    let all = recorded().iter();
    all.filter(|message| message.method == method && message.is_request == is_request)
        .map(|message| message.bytes.as_slice())
        .collect()
}

/// The files with this ending in a folder beside the workspace and in its folders, by name.
fn texts(folder: &str, ending: &str) -> Vec<String> {
    let Some(shared) = tools::need(tools::shared()) else {
        return Vec::new();
    };
    let mut texts = Vec::new();
    read_folder(&shared.join(folder), ending, &mut texts);
    texts
}

fn read_folder(folder: &Path, ending: &str, texts: &mut Vec<String>) {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return;
    };
    let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    // The order of a folder differs between machines; a seed must not.
    paths.sort();
    for path in paths {
        if path.is_dir() {
            read_folder(&path, ending, texts);
        } else if path
            .extension()
            .is_some_and(|extension| extension == ending)
        {
            texts.extend(std::fs::read_to_string(&path));
        }
    }
}

/// The bodies and answers of a recorded functions host, as JSON texts.
pub fn recorded_json() -> &'static [String] {
    static RECORDED: OnceLock<Vec<String>> = OnceLock::new();
    RECORDED.get_or_init(|| texts("fixtures/functions-host", "json"))
}

/// Whole histories: our own, then recorded ones.
pub fn histories() -> &'static [Vec<HistoryEvent>] {
    static HISTORIES: OnceLock<Vec<Vec<HistoryEvent>>> = OnceLock::new();
    HISTORIES.get_or_init(|| {
        let mut histories = own_histories();
        for text in texts("fixtures/episodes", "b64") {
            let bytes = STANDARD.decode(text.trim()).unwrap_or_default();
            histories.extend(history_of(&bytes));
        }
        for item in recorded_of("GetWorkItems", false) {
            use durable_task::wire::proto::{WorkItem, work_item::Request};
            if let Ok(item) = WorkItem::decode(item)
                && let Some(Request::OrchestratorRequest(request)) = item.request
            {
                histories.extend(events_of(request));
            }
        }
        histories
    })
}

fn history_of(bytes: &[u8]) -> Option<Vec<HistoryEvent>> {
    events_of(OrchestratorRequest::decode(bytes).ok()?)
}

fn events_of(request: OrchestratorRequest) -> Option<Vec<HistoryEvent>> {
    let events = [request.past_events, request.new_events].concat();
    let is_start =
        |event: &HistoryEvent| matches!(event.event_type, Some(EventType::ExecutionStarted(_)));
    // An answer has no start; a large history none of the past.
    events.iter().any(is_start).then_some(events)
}

const SECOND: Duration = Duration::from_secs(1);

fn own_histories() -> Vec<Vec<HistoryEvent>> {
    let new = |name: &str, input: &Value| HistoryBuilder::new(name, "instance", input);
    let sequence = |last: bool| {
        let begun = new("sequence", &Value::from(2))
            .task_scheduled(0, "double")
            .batch_after(SECOND)
            .task_completed(0, &0)
            .task_scheduled(1, "double")
            .batch_after(SECOND);
        if last {
            begun.task_completed(1, &2).completed(2, &2).build()
        } else {
            let failure = Failure::new("My.Error", "no").caused_by(Failure::new("Inner", "why"));
            let failed = begun.task_failed(1, failure.clone());
            failed.failed(2, failure).build()
        }
    };
    vec![
        sequence(true),
        sequence(false),
        new("fan", &Value::from(3))
            .task_scheduled(0, "double")
            .task_scheduled(1, "double")
            .task_scheduled(2, "double")
            .batch_after(SECOND)
            .task_completed(2, &4)
            .task_completed(0, &0)
            .suspended()
            .batch_after(SECOND)
            .resumed()
            .task_completed(1, &2)
            .completed(3, &6)
            .build(),
        approval(),
        new("retry", &Value::from(1))
            .task_scheduled(0, "double")
            .batch_after(SECOND)
            .task_failed(0, Failure::new("My.Error", "first"))
            .timer_created(1, Timestamp::EPOCH.saturating_add(SECOND))
            .batch_after(SECOND)
            .timer_fired(1)
            .task_scheduled(2, "double")
            .build(),
        new("family", &Value::from(1))
            .child_created(0, "family", "instance:0")
            .child_created(1, "family", "instance:1")
            .batch_after(SECOND)
            .child_completed(0, &1)
            .child_failed(1, Failure::new("My.Error", "child"))
            .failed(2, Failure::new("My.Error", "child"))
            .build(),
        new("countdown", &Value::from(3)).build(),
        new("transfer", &serde_json::json!(["a", "b"]))
            .event(
                -1,
                sent("@account@a", "op", r#"{"op":"add","id":"1","input":"1"}"#),
            )
            .terminated("enough")
            .build(),
    ]
}

fn approval() -> Vec<HistoryEvent> {
    let start = HistoryBuilder::new("approval", "instance", &Value::Null);
    let timer = TimerCreatedEvent {
        fire_at: Some(Timestamp::EPOCH.saturating_add(SECOND).into()),
    };
    start
        .event(0, EventType::TimerCreated(timer))
        .event_raised("other", &1)
        .batch_after(SECOND)
        .event_raised("APPROVE", "somebody")
        .completed(1, "approved by somebody")
        .build()
}

fn sent(target: &str, name: &str, input: &str) -> EventType {
    EventType::EventSent(EventSentEvent {
        instance_id: target.to_owned(),
        name: name.to_owned(),
        input: Some(input.to_owned()),
    })
}
