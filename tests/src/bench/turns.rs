//! Does a turn cost the same, however long the conversation before it? Not quite: the prompt grows.

use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};

use agent_sdk::model::{
    ChatMessage, ChatModel, FinishReason, ModelError, ModelRequest, ModelResponse, Role, Usage,
};
use agent_sdk::{AgentClient, AgentDefinition, App, RunRequest, RunState, SessionId};
use async_trait::async_trait;

use crate::Figures;
use crate::figure::{Figure, Limit, median};
use crate::hub::Stage;

/// Turns on each side of the one that is measured.
const AROUND: usize = 5;
const EARLY: usize = 10;
const LATE: usize = 200;
/// As many conversations as it takes for a steady median.
const SESSIONS: usize = 5;
const TIMEOUT: Duration = Duration::from_mins(1);

/// Answers at once.
struct Echo;

#[async_trait]
impl ChatModel for Echo {
    fn provider(&self) -> &'static str {
        "echo"
    }

    async fn complete(&self, request: ModelRequest) -> Result<ModelResponse, ModelError> {
        let text = request.messages.last().map(ChatMessage::to_text);
        Ok(ModelResponse {
            message: ChatMessage::text(Role::Assistant, text.unwrap_or_default()),
            usage: Usage::default(),
            finish_reason: FinishReason::Stop,
            model: None,
        })
    }
}

pub async fn measure() -> Figures {
    let app = App::builder()
        .agent_definition(AgentDefinition::new("Echo"))
        .model(Arc::new(Echo))
        .build()?;
    let app = Arc::new(app);
    let registered = Arc::clone(&app);
    let stage =
        Stage::open(move |registry, client| Ok(registered.register(registry, client)?)).await?;
    let client = AgentClient::new(app, Arc::clone(&stage.client));
    let (mut early, mut late) = (Vec::new(), Vec::new());
    for _ in 0..SESSIONS {
        let times = converse(&client).await?;
        let around = |turn: usize| times.iter().skip(turn - AROUND).take(2 * AROUND).copied();
        early.extend(around(EARLY));
        late.extend(around(LATE));
    }
    let (early, late) = (median(early), median(late));
    Ok(vec![
        Figure::new("turn-10-time", early, "us"),
        Figure::new("turn-200-time", late, "us"),
        Figure::ratio("turn-200-over-turn-10", late / early, Limit::AtMost(2.0)),
    ])
}

/// The times of the turns of one conversation.
async fn converse(client: &AgentClient) -> Result<Vec<f64>, Box<dyn Error>> {
    let session = SessionId::random();
    let mut times = Vec::new();
    for turn in 0..LATE + AROUND {
        let text = format!("What is said in turn {turn} is neither short nor very long.");
        let request = RunRequest::new("Echo", text).in_session(session.clone());
        let start = Instant::now();
        let run = client.start(request).await?.run;
        match client.wait(&run, TIMEOUT).await? {
            RunState::Answered(_) => times.push(start.elapsed().as_secs_f64() * 1e6),
            other => return Err(format!("turn {turn}: {other:?}").into()),
        }
    }
    Ok(times)
}
