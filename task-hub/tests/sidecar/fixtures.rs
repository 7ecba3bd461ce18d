//! What the .NET SDK and servers of other people said to each other, said to our server.

mod compare;
mod large;
mod player;
mod verbs;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use durable_task::wire::proto::GetWorkItemsRequest;
use prost::Message;
use serde_json::Value;

use self::player::play;
use crate::support::PATIENCE;

/// One line of a recording.
struct Line {
    kind: String,
    method: String,
    what: String,
    json: Value,
    /// Long messages are recorded without their bytes.
    bytes: Option<Vec<u8>>,
    /// How many bytes those have.
    length: usize,
    /// A status.
    text: String,
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
            length: usize::try_from(value["bytes"].as_u64().unwrap_or_default()).unwrap(),
            text: text("text"),
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

/// What the recorded worker asked for when it connected.
fn asked(folder: &Path) -> GetWorkItemsRequest {
    let lines = read(&folder.join("01-connect.jsonl"));
    let asks = lines.iter().find(|line| line.what == "GetWorkItemsRequest");
    let bytes = asks.unwrap().bytes.as_deref().unwrap();
    GetWorkItemsRequest::decode(bytes).unwrap()
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

/// A recording that takes longer has stopped: an item does not come.
const SILENCE: Duration = Duration::from_secs(20);

async fn play_all(kind: &str) {
    let Some(folder) = folder() else { return };
    let (mut played, mut differences) = (0, Vec::new());
    let folder = folder.join(kind);
    for file in files(&folder) {
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        let playing = tokio::time::timeout(SILENCE, play(folder.clone(), file));
        match tokio::spawn(playing).await {
            Ok(Err(_)) => differences.push(format!("{name}: an item does not come")),
            Ok(Ok(found)) => differences.extend(found),
            Err(error) => differences.push(format!("{name}: {error}")),
        }
        played += 1;
    }
    assert!(played > 1);
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

#[tokio::test]
async fn a_worker_with_entity_work_in_the_first_form_is_handed_what_a_real_backend_handed_it() {
    play_all("azure-storage-v1").await;
}

#[tokio::test]
async fn a_worker_is_handed_what_the_sdks_own_server_handed_it() {
    play_all("in-memory").await;
}

#[tokio::test]
async fn a_worker_with_filters_is_handed_what_a_real_backend_handed_it() {
    play_all("filters").await;
}

#[tokio::test]
async fn what_a_worker_rejects_comes_again_as_from_a_real_backend() {
    play_all("reject").await;
}

#[tokio::test]
async fn large_messages_go_in_the_parts_in_which_a_real_backend_took_and_gave_them() {
    let Some(folder) = folder() else { return };
    let folder = folder.join("large");
    let (mut played, mut otherwise) = (0, Vec::new());
    for file in files(&folder) {
        let playing = tokio::time::timeout(PATIENCE, large::play(&folder, &file));
        otherwise.extend(playing.await.expect("an item does not come"));
        played += 1;
    }
    assert_eq!(played, 4);
    // That stream was broken on purpose between server and worker. What the worker made of it is
    // played; the break is not: our server ends this stream well.
    assert_eq!(
        otherwise,
        ["04-history-stream-fails.jsonl: Unavailable: fault"]
    );
}

#[tokio::test]
async fn every_verb_of_a_client_is_answered_as_by_a_real_backend() {
    let Some(folder) = folder() else { return };
    let file = folder.join("client/01-all-verbs.jsonl");
    let playing = tokio::time::timeout(PATIENCE, verbs::play(&file));
    let differences = playing.await.expect("an answer does not come");
    assert_eq!(differences, verbs::DIFFERENCES, "{differences:#?}");
}
