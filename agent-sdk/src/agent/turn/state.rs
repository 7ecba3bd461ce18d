//! The states of a turn and the steps between them.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::call::{CallCounts, Round};
use super::{OUTPUT_REPAIRS_MAX, PendingCall};
use crate::agent::{AgentDefinition, ToolCallRecord, output};
use crate::model::{ChatMessage, Content, FinishReason, ModelResponse, Role, Usage};

/// What of an agent steers its loop. A durable run records it at its start, so that it goes on in
/// the same way after a deployment that changed the agent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TurnPolicy {
    /// The names of the tools that may be called.
    pub tools: Vec<String>,
    /// Whether tools are offered to the model at all.
    pub tools_enabled: bool,
    /// How many times the model may ask for tools.
    pub tool_rounds_max: u32,
    /// Whether the answer must be a value that fits the agent's output type.
    pub structured: bool,
}

impl TurnPolicy {
    /// The policy of an agent.
    pub fn of(definition: &AgentDefinition, tools_enabled: bool) -> Self {
        let tools = definition.tools.iter().map(|tool| tool.name.to_owned());
        Self {
            tools: tools.collect(),
            tools_enabled,
            tool_rounds_max: definition.tool_rounds_max,
            structured: definition.output.is_some(),
        }
    }
}

/// Whether the model may ask for tools in one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToolUse {
    /// It may.
    Offered,
    /// It knows them but may not ask: the rounds are used up.
    UsedUp,
    /// It is not told of any.
    Disabled,
}

/// What a model said, with what its caller found out about it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Completion {
    /// The model's answer.
    pub response: ModelResponse,
    /// Why the text does not fit the agent's output type, if it does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_problem: Option<String>,
}

/// What is to be done next.
#[derive(Debug, Clone, PartialEq)]
pub enum Next {
    /// Ask the model.
    Ask(AskModel),
    /// Run tools.
    Run(RunTools),
    /// The turn is over.
    Done(Result<TurnAnswer, TurnError>),
}

/// Why a turn ends without an answer though the model answered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TurnError {
    /// The text does not fit the output type, also after the model was told so. The same request
    /// may succeed another time.
    #[error("the model's answer does not fit the output type: {problem}")]
    Output {
        /// What is wrong with it.
        problem: String,
    },
}

/// The end of a turn.
#[derive(Debug, Clone, PartialEq)]
pub struct TurnAnswer {
    /// What the turn adds to the conversation after the request: tool calls, results, the answer.
    pub messages: Vec<ChatMessage>,
    /// The answer as a value, where the policy asks for one.
    pub structured: Option<Value>,
    /// Tokens spent by all model calls.
    pub usage: Usage,
    /// Why the model stopped.
    pub finish_reason: FinishReason,
    /// The tool calls, in call order.
    pub tool_results: Vec<ToolCallRecord>,
    /// Whether the model was cut off from tools by the limit on rounds.
    pub max_rounds_reached: bool,
}

impl TurnAnswer {
    /// The texts of all messages, joined by a space.
    pub fn text(&self) -> String {
        joined_text(&self.messages)
    }
}

/// The non-empty texts of messages, joined by a space.
pub(crate) fn joined_text(messages: &[ChatMessage]) -> String {
    let texts: Vec<String> = messages
        .iter()
        .map(ChatMessage::to_text)
        .filter(|text| !text.is_empty())
        .collect();
    texts.join(" ")
}

#[derive(Debug, Clone, PartialEq)]
struct Turn {
    policy: TurnPolicy,
    /// The request and all that followed, as the model sees it.
    messages: Vec<ChatMessage>,
    /// What will be kept of it: without repairs.
    kept: Vec<ChatMessage>,
    records: Vec<ToolCallRecord>,
    counts: CallCounts,
    usage: Usage,
    rounds: u32,
    repairs: u32,
}

/// The turn waits for the model.
#[derive(Debug, Clone, PartialEq)]
pub struct AskModel(Turn);

/// The turn waits for tools.
#[derive(Debug, Clone, PartialEq)]
pub struct RunTools {
    turn: Turn,
    round: Round,
}

impl AskModel {
    /// Starts a turn with the request's messages.
    pub fn start(policy: TurnPolicy, request: Vec<ChatMessage>) -> Self {
        Self(Turn {
            policy,
            messages: request,
            kept: Vec::new(),
            records: Vec::new(),
            counts: CallCounts::default(),
            usage: Usage::default(),
            rounds: 0,
            repairs: 0,
        })
    }

    /// This turn's messages so far, the request first.
    pub fn messages(&self) -> &[ChatMessage] {
        &self.0.messages
    }

    /// Whether the model may ask for tools.
    pub fn tool_use(&self) -> ToolUse {
        self.0.tool_use()
    }

    /// Goes on with what the model said.
    pub fn completed(self, completion: Completion) -> Next {
        let Self(mut turn) = self;
        turn.usage += completion.response.usage;
        if turn.tool_use() != ToolUse::Offered {
            return turn.conclude(completion);
        }
        let message = &completion.response.message;
        let round = Round::of(message, &turn.policy.tools, &mut turn.counts);
        if round.is_empty() {
            return turn.conclude(completion);
        }
        turn.rounds = turn.rounds.saturating_add(1);
        turn.keep(completion.response.message);
        let next = RunTools { turn, round };
        if next.calls().is_empty() {
            // Every call was refused: the model is told at once.
            return Next::Ask(next.finished(Vec::new()));
        }
        Next::Run(next)
    }
}

impl RunTools {
    /// What has to run, in call order.
    pub fn calls(&self) -> Vec<PendingCall> {
        self.round.pending()
    }

    /// Goes on with one result per call, in the order of [`calls`](Self::calls).
    pub fn finished(self, results: Vec<Value>) -> AskModel {
        let Self { mut turn, round } = self;
        for (message, record) in round.finish(results) {
            turn.keep(message);
            turn.records.push(record);
        }
        AskModel(turn)
    }
}

impl Turn {
    fn tool_use(&self) -> ToolUse {
        if !self.policy.tools_enabled {
            ToolUse::Disabled
        } else if self.rounds >= self.policy.tool_rounds_max {
            ToolUse::UsedUp
        } else {
            ToolUse::Offered
        }
    }

    fn keep(&mut self, message: ChatMessage) {
        self.messages.push(message.clone());
        self.kept.push(message);
    }

    /// Ends the turn with the model's last message, or sends that back once.
    fn conclude(mut self, completion: Completion) -> Next {
        let Completion {
            response,
            output_problem,
        } = completion;
        let mut message = response.message;
        // A model that asks for tools where it must not leaves calls that nothing will answer.
        let is_call = |content: &Content| matches!(content, Content::ToolCall { .. });
        message.contents.retain(|content| !is_call(content));
        let structured = match self.structured(&message, output_problem) {
            Ok(structured) => structured,
            Err(problem) if self.repairs < OUTPUT_REPAIRS_MAX => {
                return self.repair(message, &problem);
            }
            Err(problem) => return Next::Done(Err(TurnError::Output { problem })),
        };
        self.kept.push(message);
        Next::Done(Ok(TurnAnswer {
            max_rounds_reached: self.rounds > 0 && self.tool_use() == ToolUse::UsedUp,
            messages: self.kept,
            structured,
            usage: self.usage,
            finish_reason: response.finish_reason,
            tool_results: self.records,
        }))
    }

    fn structured(
        &self,
        message: &ChatMessage,
        problem: Option<String>,
    ) -> Result<Option<Value>, String> {
        match problem {
            _ if !self.policy.structured => Ok(None),
            Some(problem) => Err(problem),
            None => output::parse_output(&message.to_text()).map(Some),
        }
    }

    fn repair(mut self, message: ChatMessage, problem: &str) -> Next {
        self.repairs = self.repairs.saturating_add(1);
        if !message.contents.is_empty() {
            self.messages.push(message);
        }
        self.messages.push(ChatMessage::text(
            Role::User,
            format!(
                "Your answer does not fit the required form: {problem}. Answer again with JSON \
                 that fits the schema, and nothing else."
            ),
        ));
        Next::Ask(AskModel(self))
    }
}
