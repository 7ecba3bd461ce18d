//! A disk without room below a hub that is served over gRPC: what a client or a worker was told is
//! done is done, also after a crash; what was refused never was.

use std::error::Error;
use std::time::Duration;

use agent_tests::tools::{Sidecar, need};
use durable_task::wire::proto::history_event::EventType;
use durable_task::wire::proto::orchestrator_action::OrchestratorActionType as Action;
use durable_task::wire::proto::task_hub_sidecar_service_client::TaskHubSidecarServiceClient;
use durable_task::wire::proto::work_item::Request;
use durable_task::wire::proto::{
    CompleteOrchestrationAction, CompleteTaskResponse, CreateInstanceRequest, GetInstanceRequest,
    GetInstanceResponse, GetWorkItemsRequest, HistoryEvent, OrchestrationFilter,
    OrchestrationStatus, OrchestratorAction, OrchestratorRequest, OrchestratorResponse,
    RaiseEventRequest, StreamInstanceHistoryRequest, WorkItem, WorkItemFilters,
};
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tonic::transport::Channel;
use tonic::{Code, Response, Status, Streaming};

use crate::full_disk::{
    GROWTH_KIB_MAX, Limit, MESSAGE_BYTES, REFUSALS, REQUESTS_MAX, largest_kib, may_mount,
};
use crate::scene::TestResult;

type Client = TaskHubSidecarServiceClient<Channel>;

/// What the worker has code for; nobody has any for the instances that fill the disk.
const ORCHESTRATOR: &str = "Waits";
/// The event after which it completes.
const END: &str = "end";
/// Instances that wait for events.
const WAITING: usize = 4;
/// Instances whose first episode is with the worker while there is no room.
const HELD: usize = 3;
/// Events for each that waits: in turn one that is small and one that is large.
const EVENTS: usize = 10;
/// How long anything may take that has to happen.
const PATIENCE: Duration = Duration::from_mins(1);
const LOOK: Duration = Duration::from_millis(20);

/// A served hub in a folder with little room, and what was asked of it.
struct Full {
    folder: TempDir,
    service: Sidecar,
    client: Client,
    /// Keeps the episodes of the held instances out.
    items: Option<Streaming<WorkItem>>,
    /// The starts that were accepted, and the first that was refused.
    accepted: Vec<usize>,
    refused: usize,
    /// The names of accepted events, by the number of the instance that waits.
    events: Vec<Vec<String>>,
    /// How the worker's answers to the held episodes went.
    answers: Vec<JoinHandle<Result<Response<CompleteTaskResponse>, Status>>>,
}

fn large(number: usize) -> String {
    format!("\"{number} {}\"", "x".repeat(MESSAGE_BYTES))
}

fn waiting(number: usize) -> String {
    format!("waiting-{number}")
}

fn held(number: usize) -> String {
    format!("held-{number}")
}

fn filling(number: usize) -> String {
    format!("filling-{number}")
}

fn start(instance_id: String, name: &str, input: Option<String>) -> CreateInstanceRequest {
    CreateInstanceRequest {
        instance_id,
        name: name.to_owned(),
        input,
        ..CreateInstanceRequest::default()
    }
}

async fn connect(service: &Sidecar) -> Result<Client, Box<dyn Error>> {
    let channel = Channel::from_shared(service.url())?.connect().await?;
    Ok(Client::new(channel).max_decoding_message_size(usize::MAX))
}

/// A worker for the instances that wait and those that are held.
async fn work(client: &mut Client) -> Result<Streaming<WorkItem>, Box<dyn Error>> {
    let filter = OrchestrationFilter {
        name: ORCHESTRATOR.to_owned(),
        versions: Vec::new(),
    };
    let asks = GetWorkItemsRequest {
        work_item_filters: Some(WorkItemFilters {
            orchestrations: vec![filter],
            ..WorkItemFilters::default()
        }),
        ..GetWorkItemsRequest::default()
    };
    Ok(client.get_work_items(asks).await?.into_inner())
}

/// The next episode and its token.
async fn episode(
    items: &mut Streaming<WorkItem>,
) -> Result<(OrchestratorRequest, String), Box<dyn Error>> {
    loop {
        let item = tokio::time::timeout(PATIENCE, items.message()).await??;
        let item = item.ok_or("the stream ended")?;
        if let Some(Request::OrchestratorRequest(request)) = item.request {
            return Ok((request, item.completion_token));
        }
    }
}

fn decision(token: String, output: Option<String>) -> OrchestratorResponse {
    let complete = output.map(|output| {
        let complete = CompleteOrchestrationAction {
            orchestration_status: OrchestrationStatus::Completed.into(),
            result: Some(output),
            ..CompleteOrchestrationAction::default()
        };
        OrchestratorAction {
            id: 0,
            orchestrator_action_type: Some(Action::CompleteOrchestration(complete)),
        }
    });
    OrchestratorResponse {
        completion_token: token,
        actions: complete.into_iter().collect(),
        ..OrchestratorResponse::default()
    }
}

/// The status says why, and that a later try may help.
fn is_refused(status: &Status) {
    assert_eq!(status.code(), Code::Unavailable, "{status:?}");
    assert!(status.message().contains("disk"), "{status:?}");
}

fn raised(event: &HistoryEvent) -> Option<&str> {
    match &event.event_type {
        Some(EventType::EventRaised(raised)) => Some(&raised.name),
        _ => None,
    }
}

async fn get(client: &mut Client, id: &str) -> Result<GetInstanceResponse, Status> {
    let request = GetInstanceRequest {
        instance_id: id.to_owned(),
        get_inputs_and_outputs: true,
    };
    Ok(client.get_instance(request).await?.into_inner())
}

async fn history(client: &mut Client, id: &str) -> Result<Vec<HistoryEvent>, Box<dyn Error>> {
    let request = StreamInstanceHistoryRequest {
        instance_id: id.to_owned(),
        ..StreamInstanceHistoryRequest::default()
    };
    let mut chunks = client.stream_instance_history(request).await?.into_inner();
    let mut events = Vec::new();
    while let Some(chunk) = chunks.message().await? {
        events.extend(chunk.events);
    }
    Ok(events)
}

impl Full {
    /// Starts a hub, lets instances wait, and asks for more until there is no room for anything
    /// large. `None` where the program is not there.
    async fn reached(limit: Limit) -> Result<Option<Self>, Box<dyn Error>> {
        let folder = TempDir::new()?;
        let launcher = limit.launcher(folder.path());
        let service = Sidecar::start_under(&launcher, &folder.path().join("hub.db"));
        let Some(service) = need(service) else {
            return Ok(None);
        };
        let mut client = connect(&service).await?;
        let mut items = work(&mut client).await?;
        for number in 0..WAITING {
            let start = start(waiting(number), ORCHESTRATOR, None);
            client.start_instance(start).await?;
            let (_, token) = episode(&mut items).await?;
            let decided = decision(token, None);
            client.complete_orchestrator_task(decided).await?;
        }
        let mut tokens = Vec::new();
        for number in 0..HELD {
            let start = start(held(number), ORCHESTRATOR, None);
            client.start_instance(start).await?;
            tokens.push(episode(&mut items).await?.1);
        }
        let (accepted, refused) = fill(&service, &mut client).await?;
        let mut full = Self {
            folder,
            service,
            client,
            items: Some(items),
            accepted,
            refused,
            events: Vec::new(),
            answers: Vec::new(),
        };
        full.raise().await?;
        full.answer(tokens);
        Ok(Some(full))
    }

    /// There may be room for a small event, but there is none for a large one.
    async fn raise(&mut self) -> TestResult {
        for number in 0..WAITING {
            let mut taken = Vec::new();
            for event in 0..EVENTS {
                let name = format!("event-{event}");
                let is_large = event % 2 == 1;
                let raise = RaiseEventRequest {
                    instance_id: waiting(number),
                    name: name.clone(),
                    input: Some(if is_large { large(event) } else { "1".into() }),
                };
                match self.client.raise_event(raise).await {
                    Ok(_) => {
                        assert!(!is_large, "there is room for {name}");
                        taken.push(name);
                    }
                    Err(status) => is_refused(&status),
                }
            }
            self.events.push(taken);
        }
        Ok(())
    }

    /// Completes the held instances; an answer may wait until it is durable.
    fn answer(&mut self, tokens: Vec<String>) {
        for (number, token) in tokens.into_iter().enumerate() {
            let mut client = self.client.clone();
            let decided = decision(token, Some(large(number)));
            let answer = async move { client.complete_orchestrator_task(decided).await };
            self.answers.push(tokio::spawn(answer));
        }
    }

    /// While there is no room, no answer is said to be taken.
    async fn nothing_is_taken(&mut self) -> TestResult {
        // What is here comes out of memory and waits for no room: a look at whatever came by now.
        get(&mut self.client, &waiting(0)).await?;
        for number in 0..HELD {
            let found = get(&mut self.client, &held(number)).await?;
            let state = found.orchestration_state.ok_or("it is gone")?;
            let status = state.orchestration_status();
            assert_ne!(status, OrchestrationStatus::Completed, "{state:?}");
        }
        let answers = std::mem::take(&mut self.answers);
        for answer in answers {
            if answer.is_finished() {
                let status = answer.await?.err().ok_or("it was told to be taken")?;
                assert_eq!(status.code(), Code::Unavailable, "{status:?}");
                self.answers.push(tokio::spawn(async { Err(status) }));
            } else {
                self.answers.push(answer);
            }
        }
        Ok(())
    }

    /// For each held instance whether its worker was told that it is completed.
    async fn told(&mut self) -> Result<Vec<bool>, Box<dyn Error>> {
        let mut told = Vec::new();
        for answer in self.answers.drain(..) {
            let answered = tokio::time::timeout(PATIENCE, answer).await?;
            told.push(answered?.is_ok());
        }
        Ok(told)
    }

    /// With room again: everything that was accepted is there once, and nothing that was refused.
    async fn holds(&mut self, mut client: Client) -> TestResult {
        let told = self.told().await?;
        // From now on another worker gets what there is to do.
        self.items = None;
        for number in &self.accepted {
            let found = get(&mut client, &filling(*number)).await?;
            let state = found.orchestration_state;
            let state = state.ok_or_else(|| format!("{number} was accepted"))?;
            assert!(state.input == Some(large(*number)), "{number} is another");
        }
        let again = filling(self.refused);
        assert!(!get(&mut client, &again).await?.exists, "{again}");
        let again = start(again, "Fills", Some(large(self.refused)));
        client.start_instance(again).await?;

        self.complete(&mut client).await?;
        for (number, told) in told.into_iter().enumerate() {
            let state = get(&mut client, &held(number)).await?.orchestration_state;
            let output = state.and_then(|state| state.output).ok_or("no output")?;
            if told {
                assert!(output == large(number), "{number} was told to be completed");
            }
            let events = history(&mut client, &held(number)).await?;
            let ends = events
                .iter()
                .filter(|event| matches!(event.event_type, Some(EventType::ExecutionCompleted(_))));
            assert_eq!(ends.count(), 1, "{number}");
        }
        for (number, accepted) in self.events.iter().enumerate() {
            let events = history(&mut client, &waiting(number)).await?;
            let found: Vec<&str> = events.iter().filter_map(raised).collect();
            let mut expected: Vec<&str> = accepted.iter().map(String::as_str).collect();
            expected.push(END);
            assert_eq!(found, expected, "{number}");
        }
        Ok(())
    }

    /// Ends what waits, and what is held and has not ended.
    async fn complete(&self, client: &mut Client) -> TestResult {
        let mut open = Vec::new();
        for id in (0..HELD).map(held) {
            let state = get(client, &id).await?.orchestration_state;
            let state = state.ok_or("it is gone")?;
            if state.orchestration_status() != OrchestrationStatus::Completed {
                open.push(id);
            }
        }
        for number in 0..WAITING {
            let raise = RaiseEventRequest {
                instance_id: waiting(number),
                name: END.to_owned(),
                input: None,
            };
            client.raise_event(raise).await?;
            open.push(waiting(number));
        }
        let mut items = work(client).await?;
        while !open.is_empty() {
            let (request, token) = episode(&mut items).await?;
            let id = request.instance_id;
            let mut events = request.past_events.iter().chain(&request.new_events);
            let ends = id.starts_with("held") || events.any(|event| raised(event) == Some(END));
            let output = ends.then(|| String::from("\"late\""));
            client
                .complete_orchestrator_task(decision(token, output))
                .await?;
            if ends {
                open.retain(|other| *other != id);
            }
        }
        Ok(())
    }
}

/// Starts instances until so many in a row have been refused: those that were accepted, and the
/// first that was not.
async fn fill(
    service: &Sidecar,
    client: &mut Client,
) -> Result<(Vec<usize>, usize), Box<dyn Error>> {
    let (mut accepted, mut refused, mut in_a_row, mut memory_kib) = (Vec::new(), None, 0, 0);
    for number in 0..REQUESTS_MAX {
        let start = start(filling(number), "Fills", Some(large(number)));
        match client.start_instance(start).await {
            Ok(_) => {
                accepted.push(number);
                in_a_row = 0;
            }
            Err(status) => {
                is_refused(&status);
                in_a_row += 1;
            }
        }
        if refused.is_none() && in_a_row == 1 {
            refused = Some(number);
            memory_kib = largest_kib(service.pid())?;
        }
        if in_a_row == REFUSALS {
            break;
        }
    }
    assert_eq!(in_a_row, REFUSALS, "{} were accepted", accepted.len());
    assert!(!accepted.is_empty(), "there was no room from the start");
    let growth_kib = largest_kib(service.pid())?.saturating_sub(memory_kib);
    assert!(growth_kib < GROWTH_KIB_MAX, "it grew by {growth_kib} KiB");
    Ok((accepted, refused.ok_or("nothing was refused")?))
}

/// Waits until something is accepted again.
async fn until_there_is_room(client: &mut Client) -> TestResult {
    let reached = async {
        while let Err(status) = client
            .start_instance(start(String::from("probe"), "Fills", None))
            .await
        {
            if status.code() == Code::AlreadyExists {
                break;
            }
            is_refused(&status);
            tokio::time::sleep(LOOK).await;
        }
    };
    Ok(tokio::time::timeout(PATIENCE, reached).await?)
}

async fn goes_on_with_room(limit: Limit) -> TestResult {
    let Some(mut full) = Full::reached(limit).await? else {
        return Ok(());
    };
    full.nothing_is_taken().await?;
    limit.lift(full.service.pid(), full.folder.path())?;
    let mut client = full.client.clone();
    until_there_is_room(&mut client).await?;
    full.holds(client).await
}

#[tokio::test]
async fn a_full_file_system_makes_no_promise_over_grpc() -> TestResult {
    if may_mount(TempDir::new()?.path()) {
        goes_on_with_room(Limit::FileSystem).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_limit_of_file_sizes_makes_no_promise_over_grpc() -> TestResult {
    goes_on_with_room(Limit::FileSize).await
}

#[tokio::test]
async fn what_was_told_over_grpc_before_there_was_no_room_survives_a_kill() -> TestResult {
    let Some(mut full) = Full::reached(Limit::FileSize).await? else {
        return Ok(());
    };
    full.nothing_is_taken().await?;
    full.service.kill();
    let again = Sidecar::start(&full.folder.path().join("hub.db"), &[])?;
    let client = connect(&again).await?;
    full.holds(client).await
}
