//! What a turn costs: commits are counted, not timed. The clock stands still, so that no commit is
//! closed by time.

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use agent_sdk::model::{
    ChatMessage, ChatModel, Content, FinishReason, ModelError, ModelRequest, ModelResponse, Role,
    Usage,
};
use agent_sdk::prelude::*;
use agent_sdk::{AgentClient, App, RunRequest, RunState, SessionId};
use async_trait::async_trait;
use durable_task::testing::TestRuntime;
use durable_task::{Registry, Runtime, Worker, WorkerOptions};
use task_hub::{Hub, HubOptions};
use tempfile::TempDir;

use crate::scene::TestResult;

/// Answers under a fake clock come at once or never.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(1);

/// Give a number back.
#[tool]
fn number(
    /// The number.
    value: u32,
) -> u32 {
    value
}

#[agent(instructions = "Count.", tools = [number])]
struct Counter;

/// Asks for as many tools at a time as the last message says, then answers.
struct Tools;

#[async_trait]
impl ChatModel for Tools {
    fn provider(&self) -> &'static str {
        "tools"
    }

    async fn complete(&self, request: ModelRequest) -> Result<ModelResponse, ModelError> {
        let last = request.messages.last().map(ChatMessage::to_text);
        let count: usize = last.and_then(|text| text.parse().ok()).unwrap_or(0);
        let is_question = request
            .messages
            .last()
            .is_some_and(|message| message.role == Role::User);
        let calls = (0..count)
            .filter(|_| is_question)
            .map(|value| Content::ToolCall {
                call_id: format!("call-{value}"),
                name: String::from("number"),
                arguments: format!(r#"{{"value": {value}}}"#),
            });
        let mut contents: Vec<Content> = calls.collect();
        let mut finish_reason = FinishReason::ToolCalls;
        if contents.is_empty() {
            let text = String::from("done");
            contents.push(Content::Text { text });
            finish_reason = FinishReason::Stop;
        }
        Ok(ModelResponse {
            message: ChatMessage {
                role: Role::Assistant,
                contents,
                author: None,
            },
            usage: Usage::default(),
            finish_reason,
            model: None,
        })
    }
}

/// An app on a hub in a file.
struct Stage {
    hub: Hub,
    client: AgentClient,
    _folder: TempDir,
}

impl Stage {
    async fn new() -> Result<Self, Box<dyn Error>> {
        let folder = TempDir::new()?;
        let runtime: Arc<dyn Runtime> = Arc::new(TestRuntime::new());
        let options = HubOptions::file(folder.path().join("hub.db"));
        let hub = Hub::open(options, Arc::clone(&runtime)).await?;
        let app = App::builder()
            .agent::<Counter>()
            .model(Arc::new(Tools))
            .build()?;
        let mut registry = Registry::new();
        app.register(&mut registry, hub.client())?;
        hub.attach(Worker::start(registry, WorkerOptions::default(), runtime))?;
        let client = AgentClient::new(Arc::new(app), hub.client());
        Ok(Self {
            hub,
            client,
            _folder: folder,
        })
    }

    /// One whole turn.
    async fn turn(&self, session: &SessionId, text: &str) -> TestResult {
        let request = RunRequest::new("Counter", text).in_session(session.clone());
        let run = self.client.start(request).await?.run;
        match self.client.wait(&run, ANSWER_TIMEOUT).await? {
            RunState::Answered(_) => Ok(()),
            other => Err(format!("{other:?}").into()),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_turn_costs_two_commits_and_two_more_per_tool_round() -> TestResult {
    let stage = Stage::new().await?;
    let session = SessionId::random();
    let mut cost = BTreeMap::new();
    // Each twice: the second turn of a session must not cost more than the first.
    for text in ["0", "1", "0", "1"] {
        let before = stage.hub.stats().commits;
        stage.turn(&session, text).await?;
        let commits = stage.hub.stats().commits - before;
        cost.entry(text).or_insert_with(Vec::new).push(commits);
    }
    assert_eq!(cost["0"], [2, 2], "a plain turn");
    assert_eq!(cost["1"], [4, 4], "a turn with one tool call");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_turns_share_their_syncs() -> TestResult {
    const TURNS: u64 = 50;
    let stage = Arc::new(Stage::new().await?);
    let before = stage.hub.stats().commits;
    let turns: Vec<_> = (0..TURNS)
        .map(|_| {
            let stage = Arc::clone(&stage);
            tokio::spawn(async move {
                let turn = stage.turn(&SessionId::random(), "0").await;
                turn.map_err(|error| error.to_string())
            })
        })
        .collect();
    for turn in turns {
        turn.await??;
    }
    let syncs = stage.hub.stats().commits - before;
    assert!(syncs < TURNS, "{syncs} syncs for {TURNS} turns");
    Ok(())
}
