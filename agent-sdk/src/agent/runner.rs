//! Runs an agent in memory: no hub, no session, nothing kept.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures_util::future;
use serde_json::Value;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::tool_call::{ToolScope, run_tool};
use super::turn::{
    AskModel, Completion, Next, PendingCall, RunTools, TurnAnswer, TurnError, TurnPolicy,
};
use super::{Agent, AgentDefinition, RunAnswer, ToolCallRecord, model_request, output};
use crate::model::{ChatMessage, ChatModel, ModelError, Role};
use crate::tool::{MissingResource, Resources};

/// Why a run in memory gave no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RunnerError {
    /// There is nothing to answer. Final.
    #[error("the run of agent `{agent}` has no message")]
    NoMessage {
        /// Which agent.
        agent: String,
    },
    /// A tool needs what nobody registered. Final until it is.
    #[error(transparent)]
    MissingResource(#[from] MissingResource),
    /// The model gave no answer; [`ModelError::is_retryable`] says whether another try can help.
    #[error("the model of agent `{agent}` failed: {source}")]
    Model {
        /// Which agent.
        agent: String,
        /// How it failed.
        source: ModelError,
    },
    /// The model answered, but not in the agent's form. Another try may help.
    #[error("agent `{agent}`: {source}")]
    Turn {
        /// Which agent.
        agent: String,
        /// What is wrong.
        source: TurnError,
    },
    /// The run took longer than the agent allows. Another try may help.
    #[error("the run of agent `{agent}` took longer than {limit:?}")]
    Timeout {
        /// Which agent.
        agent: String,
        /// The agent's `timeout`.
        limit: Duration,
    },
    /// [`Runner::chat_blocking`] was called where blocking would stop other tasks. Final: await
    /// [`Runner::chat`] there.
    #[error("a blocking run inside an async runtime would stop it; await `chat` instead")]
    InsideRuntime,
    /// No runtime could be started.
    #[error("no runtime could be started: {reason}")]
    Runtime {
        /// Why.
        reason: String,
    },
}

/// Runs one agent in memory. Runs share nothing but the model and the resources, so any number can
/// go on at once.
///
/// ```
/// # use std::sync::Arc;
/// # use agent_sdk::agent::{AgentDefinition, Runner};
/// # use agent_sdk::model::ChatModel;
/// # async fn example(model: Arc<dyn ChatModel>) -> Result<(), Box<dyn std::error::Error>> {
/// let runner = Runner::new(AgentDefinition::new("Joker"), model);
/// let text = runner.chat("Tell me a joke.").await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Runner {
    definition: Arc<AgentDefinition>,
    model: Arc<dyn ChatModel>,
    resources: Arc<Resources>,
}

impl std::fmt::Debug for Runner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Runner")
            .field("agent", &self.definition.name)
            .field("provider", &self.model.provider())
            .finish_non_exhaustive()
    }
}

impl Runner {
    /// A runner of an agent that is a value.
    pub fn new(definition: AgentDefinition, model: Arc<dyn ChatModel>) -> Self {
        Self::with_resources(Arc::new(definition), model, Arc::default())
    }

    /// A runner of an agent that is a type.
    pub fn of<A: Agent>(model: Arc<dyn ChatModel>) -> Self {
        Self::new(A::definition(), model)
    }

    pub(crate) fn with_resources(
        definition: Arc<AgentDefinition>,
        model: Arc<dyn ChatModel>,
        resources: Arc<Resources>,
    ) -> Self {
        Self {
            definition,
            model,
            resources,
        }
    }

    /// The same runner with these resources instead of its own.
    #[must_use]
    pub fn resources(mut self, resources: Resources) -> Self {
        self.resources = Arc::new(resources);
        self
    }

    /// The agent that it runs.
    pub fn definition(&self) -> &AgentDefinition {
        &self.definition
    }

    /// The text of the answer to a text.
    pub async fn chat(&self, text: impl Into<String>) -> Result<String, RunnerError> {
        Ok(self.run(text).await?.text)
    }

    /// [`chat`](Self::chat) for programs without an async runtime.
    pub fn chat_blocking(&self, text: impl Into<String>) -> Result<String, RunnerError> {
        if tokio::runtime::Handle::try_current().is_ok() {
            return Err(RunnerError::InsideRuntime);
        }
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| RunnerError::Runtime {
                reason: error.to_string(),
            })?;
        runtime.block_on(self.chat(text))
    }

    /// The answer to a text.
    pub async fn run(&self, text: impl Into<String>) -> Result<RunAnswer, RunnerError> {
        self.run_messages(vec![ChatMessage::text(Role::User, text)])
            .await
    }

    /// The answer to a conversation. The instructions are put before it.
    pub async fn run_messages(&self, messages: Vec<ChatMessage>) -> Result<RunAnswer, RunnerError> {
        self.check(&messages)?;
        let limit = self.definition.timeout;
        let run = Run::new(self);
        // Cancels what the tools spawned when this future is dropped.
        let guard = run.cancelled.clone().drop_guard();
        let outcome = tokio::time::timeout(limit, run.drive(messages)).await;
        drop(guard);
        let answer = outcome.unwrap_or_else(|_| {
            Err(RunnerError::Timeout {
                agent: self.definition.name.to_string(),
                limit,
            })
        })?;
        Ok(run_answer(answer))
    }

    /// Runs tools past the model, one after the other: names with their arguments, which are JSON
    /// objects. A tool that fails or is not there gives an error result, as a model would get it.
    pub async fn call_tools(
        &self,
        calls: Vec<(String, Value)>,
    ) -> Result<Vec<ToolCallRecord>, RunnerError> {
        self.check_resources()?;
        let run = Run::new(self);
        let _guard = run.cancelled.clone().drop_guard();
        let scope = run.scope();
        let mut records = Vec::with_capacity(calls.len());
        for (index, (tool, arguments)) in calls.into_iter().enumerate() {
            let call = PendingCall {
                call_id: format!("direct_{index}"),
                name: tool.clone(),
                arguments: arguments.clone(),
            };
            let result = run_tool(&self.definition, call, &scope, &run.next_key()).await;
            records.push(ToolCallRecord {
                tool,
                arguments,
                result,
            });
        }
        Ok(records)
    }

    fn check(&self, messages: &[ChatMessage]) -> Result<(), RunnerError> {
        if messages.is_empty() {
            return Err(RunnerError::NoMessage {
                agent: self.definition.name.to_string(),
            });
        }
        self.check_resources()
    }

    fn check_resources(&self) -> Result<(), RunnerError> {
        let agent = &self.definition.name;
        for tool in &self.definition.tools {
            if let Some(need) = self.resources.missing(&tool.needs).first() {
                let missing = MissingResource {
                    needed_by: format!("tool `{}` of agent `{agent}`", tool.name),
                    type_name: (need.type_name)(),
                };
                return Err(missing.into());
            }
        }
        Ok(())
    }
}

/// The answer of a run that has no session: its request and its response are the two entries.
fn run_answer(answer: TurnAnswer) -> RunAnswer {
    RunAnswer {
        text: answer.text(),
        message_count: 2,
        usage: answer.usage,
        finish_reason: answer.finish_reason,
        tool_results: answer.tool_results,
        structured: answer.structured,
        max_rounds_reached: answer.max_rounds_reached,
    }
}

struct Run<'a> {
    runner: &'a Runner,
    id: String,
    steps: AtomicU64,
    cancelled: CancellationToken,
}

impl<'a> Run<'a> {
    fn new(runner: &'a Runner) -> Self {
        Self {
            runner,
            id: Uuid::new_v4().simple().to_string(),
            steps: AtomicU64::new(0),
            cancelled: CancellationToken::new(),
        }
    }

    fn scope(&self) -> ToolScope {
        ToolScope {
            agent: Arc::from(&*self.runner.definition.name),
            session_id: Arc::from(self.id.as_str()),
            resources: Arc::clone(&self.runner.resources),
            cancelled: self.cancelled.clone(),
        }
    }

    async fn drive(&self, messages: Vec<ChatMessage>) -> Result<TurnAnswer, RunnerError> {
        let policy = TurnPolicy::of(&self.runner.definition, true);
        let mut ask = AskModel::start(policy, messages);
        loop {
            let completion = self.ask(&ask).await?;
            ask = match ask.completed(completion) {
                Next::Ask(ask) => ask,
                Next::Run(tools) => self.run_tools(tools).await,
                Next::Done(end) => {
                    return end.map_err(|source| RunnerError::Turn {
                        agent: self.agent(),
                        source,
                    });
                }
            };
        }
    }

    async fn ask(&self, ask: &AskModel) -> Result<Completion, RunnerError> {
        let definition = &self.runner.definition;
        let key = Some(self.next_key());
        let turn = ask.messages();
        let request = model_request(definition, Vec::new(), turn, ask.tool_use(), key);
        let answered = self.runner.model.complete(request).await;
        let response = answered.map_err(|source| RunnerError::Model {
            agent: self.agent(),
            source,
        })?;
        let output = definition.output.as_ref();
        let problem = |output| output::output_problem(output, &response.message, ask.tool_use());
        Ok(Completion {
            output_problem: output.and_then(problem),
            response,
        })
    }

    async fn run_tools(&self, tools: RunTools) -> AskModel {
        let definition = &self.runner.definition;
        let scope = self.scope();
        let runs = tools.calls().into_iter().map(|call| {
            let key = self.next_key();
            let scope = &scope;
            async move { run_tool(definition, call, scope, &key).await }
        });
        let results = if definition.parallel_tool_calls {
            future::join_all(runs).await
        } else {
            let mut results = Vec::new();
            for run in runs {
                results.push(run.await);
            }
            results
        };
        tools.finished(results)
    }

    fn agent(&self) -> String {
        self.runner.definition.name.to_string()
    }

    fn next_key(&self) -> String {
        let step = self.steps.fetch_add(1, Ordering::Relaxed);
        format!("{}:{step}", self.id)
    }
}

#[cfg(test)]
mod tests;
