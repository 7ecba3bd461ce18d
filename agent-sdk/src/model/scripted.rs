//! A deterministic model for examples and tests: it answers from a script, without a network.

mod rule;
mod turn;

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;

use super::{
    ChatMessage, ChatModel, Content, FinishReason, ModelError, ModelRequest, ModelResponse, Role,
    ToolChoice, Usage,
};
use rule::Rule;
pub use rule::ScriptedRule;
pub use turn::ScriptedTurn;

/// The name of the provider and, unless the request names one, of the model.
const PROVIDER: &str = "scripted";
/// How many characters of the user's text the model without rules repeats.
const ECHO_CHARS_MAX: usize = 200;

type CallHook = Box<dyn Fn(&ModelRequest) + Send + Sync>;

/// A deterministic offline model. It follows the first rule whose condition holds for the user's
/// last message: it asks for the rule's tools, then answers from their results.
///
/// ```
/// use agent_sdk::model::ScriptedModel;
/// use serde_json::json;
///
/// let model = ScriptedModel::new()
///     .when(|turn| turn.mentions("weather"))
///     .call("get_weather", |turn| json!({ "city": turn.text_after("in") }))
///     .answer(|turn| {
///         let weather = turn.tool_result("get_weather");
///         format!("It is {} degrees in {}.", weather["celsius"], weather["city"])
///     })
///     .when(|turn| turn.mentions("hello"))
///     .answer(|_| "Hello! Ask me about the weather.")
///     .otherwise("I only know about the weather.");
/// ```
///
/// Without rules it repeats what the user said and says that it is offline.
///
/// The same conversation always gets the same answer, with the same ids of tool calls: a repeated
/// call can be told from a new one by nothing but its
/// [idempotency key](ModelRequest::idempotency_key). A script may ask for several tools at once
/// also where the request would have them one by one. Where the request forbids tools, a rule
/// answers at once, with no results to read.
#[derive(Default)]
pub struct ScriptedModel {
    rules: Vec<Rule>,
    otherwise: Option<String>,
    latency: Duration,
    /// Each with the number of the first call that it does not meet.
    failures: Vec<(u64, ModelError)>,
    hook: Option<CallHook>,
    calls: AtomicU64,
}

impl ScriptedModel {
    /// A model without rules.
    pub fn new() -> Self {
        Self::default()
    }

    /// Starts a rule for the turns that fulfil a condition. The condition sees the conversation up
    /// to the user's message, so that a rule once begun is followed to its end.
    pub fn when(
        self,
        condition: impl Fn(&ScriptedTurn<'_>) -> bool + Send + Sync + 'static,
    ) -> ScriptedRule {
        ScriptedRule::new(self, Box::new(condition))
    }

    /// The answer where no rule applies.
    #[must_use]
    pub fn otherwise(mut self, text: impl Into<String>) -> Self {
        self.otherwise = Some(text.into());
        self
    }

    /// Lets every call take this long.
    #[must_use]
    pub fn latency(mut self, latency: Duration) -> Self {
        self.latency = latency;
        self
    }

    /// Fails that many calls, after those that earlier uses of this method fail.
    ///
    /// ```
    /// use agent_sdk::model::{ModelError, ScriptedModel};
    ///
    /// let message = "connection refused".to_owned();
    /// let model = ScriptedModel::new()
    ///     .fail_times(2, ModelError::Network { provider: "scripted", message });
    /// ```
    #[must_use]
    pub fn fail_times(mut self, times: u32, error: ModelError) -> Self {
        let first = self.failures.last().map_or(0, |(end, _)| *end);
        self.failures
            .push((first.saturating_add(u64::from(times)), error));
        self
    }

    /// Looks at every call as it begins, before the latency and also if it is to fail. The last
    /// hook set is the one that is called.
    #[must_use]
    pub fn on_call(mut self, hook: impl Fn(&ModelRequest) + Send + Sync + 'static) -> Self {
        self.hook = Some(Box::new(hook));
        self
    }

    /// How many calls have begun.
    pub fn call_count(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }

    fn respond(&self, request: &ModelRequest) -> Result<ModelResponse, ModelError> {
        let asked = ScriptedTurn::asked(request);
        let turn = ScriptedTurn::of(request);
        let Some(rule) = self.rules.iter().find(|rule| rule.applies(&asked)) else {
            return text_response(request, self.fallback(&turn));
        };
        if may_call(request) {
            let calls = rule.calls(&turn);
            if !calls.is_empty() {
                return call_response(request, calls);
            }
        }
        text_response(request, rule.text(&turn))
    }

    fn fallback(&self, turn: &ScriptedTurn<'_>) -> String {
        if let Some(text) = &self.otherwise {
            return text.clone();
        }
        let said: String = turn.user_text().chars().take(ECHO_CHARS_MAX).collect();
        format!("You said: \"{said}\". No language model is connected: this is the offline model.")
    }
}

#[async_trait]
impl ChatModel for ScriptedModel {
    fn provider(&self) -> &'static str {
        PROVIDER
    }

    async fn complete(&self, request: ModelRequest) -> Result<ModelResponse, ModelError> {
        let number = self.calls.fetch_add(1, Ordering::Relaxed);
        if let Some(hook) = &self.hook {
            hook(&request);
        }
        if !self.latency.is_zero() {
            tokio::time::sleep(self.latency).await;
        }
        match self.failures.iter().find(|(end, _)| number < *end) {
            Some((_, error)) => Err(error.clone()),
            None => self.respond(&request),
        }
    }
}

impl fmt::Debug for ScriptedModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScriptedModel")
            .field("rules", &self.rules.len())
            .field("call_count", &self.call_count())
            .finish_non_exhaustive()
    }
}

fn may_call(request: &ModelRequest) -> bool {
    !request.tools.is_empty() && request.tool_choice != ToolChoice::None
}

fn text_response(request: &ModelRequest, text: String) -> Result<ModelResponse, ModelError> {
    if request.tool_choice == ToolChoice::Required {
        return Err(refused(
            "the request requires a tool call, and the script has none",
        ));
    }
    Ok(response(
        request,
        vec![Content::Text { text }],
        FinishReason::Stop,
    ))
}

fn call_response(
    request: &ModelRequest,
    calls: Vec<(String, serde_json::Value)>,
) -> Result<ModelResponse, ModelError> {
    // A conversation only grows, so its length is in no earlier id.
    let round = request.messages.len();
    let mut contents = Vec::with_capacity(calls.len());
    for (position, (name, arguments)) in calls.into_iter().enumerate() {
        if !request.tools.iter().any(|tool| tool.name == name) {
            let names: Vec<&str> = request
                .tools
                .iter()
                .map(|tool| tool.name.as_str())
                .collect();
            return Err(refused(format!(
                "the script calls the tool `{name}`, and the request offers `{}`",
                names.join("`, `")
            )));
        }
        contents.push(Content::ToolCall {
            call_id: format!("call_{round}_{position}"),
            name,
            arguments: arguments.to_string(),
        });
    }
    Ok(response(request, contents, FinishReason::ToolCalls))
}

fn response(
    request: &ModelRequest,
    contents: Vec<Content>,
    finish_reason: FinishReason,
) -> ModelResponse {
    let message = ChatMessage {
        role: Role::Assistant,
        contents,
        author: None,
    };
    let input_tokens = request.messages.iter().map(words).sum();
    let output_tokens = words(&message);
    let model = request.model.as_deref().unwrap_or(PROVIDER);
    ModelResponse {
        usage: Usage {
            input_tokens,
            output_tokens,
            total_tokens: input_tokens + output_tokens,
        },
        message,
        finish_reason,
        model: Some(model.to_owned()),
    }
}

/// Words stand for tokens; arguments and results count as the JSON that a model would read.
fn words(message: &ChatMessage) -> u64 {
    let count = |text: &str| text.split_whitespace().count();
    let counts = message.contents.iter().map(|content| match content {
        Content::Text { text } | Content::Reasoning { text } => count(text),
        Content::ToolCall {
            name, arguments, ..
        } => count(name) + count(arguments),
        Content::ToolResult { result, .. } => count(&result.to_string()),
        _ => 0,
    });
    counts.sum::<usize>() as u64
}

fn refused(message: impl Into<String>) -> ModelError {
    ModelError::InvalidRequest {
        provider: PROVIDER,
        message: message.into(),
    }
}
