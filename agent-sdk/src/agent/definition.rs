//! An agent as a value.

use std::borrow::Cow;
use std::time::Duration;

use serde_json::Value;

use crate::tool::ToolDefinition;

/// How many times a model may ask for tools in one run, unless the agent says otherwise.
pub const TOOL_ROUNDS_MAX: u32 = 10;
/// How long a run may take, not counting the wait for its session, unless the agent says otherwise.
pub const RUN_TIMEOUT: Duration = Duration::from_mins(10);

/// An agent; [`#[agent]`](macro@crate::agent) writes the implementation.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an agent [AGT208]",
    label = "not declared with `#[agent]`",
    note = "annotate the struct with `#[agent(..)]`"
)]
pub trait Agent: 'static {
    /// The name under which it is hosted.
    const NAME: &'static str;

    /// Everything that is needed to run it.
    fn definition() -> AgentDefinition;
}

/// An agent as a value.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct AgentDefinition {
    /// The name under which it is hosted.
    pub name: Cow<'static, str>,
    /// What it is for, for people and other agents.
    pub description: Cow<'static, str>,
    /// Its own version, for people.
    pub version: Cow<'static, str>,
    /// What the model is told first; empty takes `You are {name}, an AI agent.`
    pub instructions: Cow<'static, str>,
    /// The model's name; `None` takes the host's.
    pub model: Option<Cow<'static, str>>,
    /// What the model may call.
    pub tools: Vec<ToolDefinition>,
    /// The type of its answers, if it is not text.
    pub output: Option<OutputSchema>,
    /// How many times the model may ask for tools in one run.
    pub tool_rounds_max: u32,
    /// Whether the model may ask for several tools at once.
    pub parallel_tool_calls: bool,
    /// Sent only if set.
    pub temperature: Option<f64>,
    /// How many times a failed model call is tried in all.
    pub model_attempts_max: u32,
    /// How long a run may take, not counting the wait for its session.
    pub timeout: Duration,
    /// How long a session is kept after its last turn; `None` keeps it.
    pub session_ttl: Option<Duration>,
    /// How many runs of one session may wait for their turn.
    pub queued_runs_max: usize,
}

/// The type of an agent's answers.
#[derive(Debug, Clone, PartialEq)]
pub struct OutputSchema {
    /// The type's name: `[a-zA-Z0-9_-]{1,64}`.
    pub name: String,
    /// Its JSON schema (2020-12).
    pub schema: Value,
}

impl AgentDefinition {
    /// An agent with nothing but a name.
    pub fn new(name: impl Into<Cow<'static, str>>) -> Self {
        let name = name.into();
        Self {
            description: Cow::Owned(format!("AI Agent: {name}")),
            name,
            version: Cow::Borrowed("1.0.0"),
            instructions: Cow::Borrowed(""),
            model: None,
            tools: Vec::new(),
            output: None,
            tool_rounds_max: TOOL_ROUNDS_MAX,
            parallel_tool_calls: true,
            temperature: None,
            model_attempts_max: 3,
            timeout: RUN_TIMEOUT,
            session_ttl: None,
            queued_runs_max: 100,
        }
    }
}
