//! The activity `agent-model`: reads the session, asks the model.

use std::sync::Arc;
use std::time::Duration;

use durable_task::{Client, EntityId, InstanceId};
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

use super::RunFailure;
use crate::agent::session::{SessionState, StoredAnswer};
use crate::agent::turn::{Completion, ToolUse};
use crate::agent::{
    AgentDefinition, CorrelationId, RunAnswer, SessionId, model_request, output, recorded_session,
};
use crate::app::App;
use crate::model::ChatMessage;

/// How long a backend may take to show that this run holds its session. The embedded hub shows it
/// at the first look, since an activity starts only after the commit that opened it.
const GRANT_WAIT_MAX: Duration = Duration::from_mins(1);
/// A hub that shows no entity for so long shows none without a state: the session is new. Its
/// lock was granted, so earlier turns would be there.
const ABSENT_WAIT: Duration = Duration::from_millis(500);
/// The first pause between two looks; each next one is twice as long.
const GRANT_PAUSE_MIN: Duration = Duration::from_millis(20);
/// The longest pause.
const GRANT_PAUSE_MAX: Duration = Duration::from_secs(1);

/// What is asked: this turn only. The finished turns are in the session.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct ModelInput {
    pub(super) agent: String,
    #[serde(with = "recorded_session")]
    pub(super) session: SessionId,
    pub(super) correlation: CorrelationId,
    pub(super) messages: Vec<ChatMessage>,
    pub(super) tool_use: ToolUse,
    /// How long the run may take: no step of it is wanted longer.
    pub(super) timeout_ms: u64,
}

/// What came of it. A streamed answer will say here where its stream ends.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum ModelOutput {
    /// The model spoke.
    Completed(Box<Completion>),
    /// The session had the answer to this request already.
    Stored(Box<RunAnswer>),
}

/// One call: who makes it.
pub(super) struct ModelCall<'a> {
    pub(super) app: &'a App,
    pub(super) hub: &'a Arc<dyn Client>,
    /// The run, which has to hold the session.
    pub(super) run: &'a InstanceId,
    pub(super) idempotency_key: String,
    pub(super) cancelled: &'a CancellationToken,
}

impl ModelCall<'_> {
    pub(super) async fn run(self, input: ModelInput) -> Result<ModelOutput, RunFailure> {
        let definition = find_agent(self.app, &input.agent)?;
        let entity = input
            .session
            .entity(&definition.name)
            .map_err(|error| session_failure(&error))?;
        let session = self.session_once_held(&entity).await?;
        let structured = definition.output.is_some();
        let stored = session.answer(input.correlation.as_str(), structured);
        if let Some(StoredAnswer::Answered(answer)) = stored {
            return Ok(ModelOutput::Stored(Box::new(answer)));
        }
        let completion = self.complete(definition, &session, input).await?;
        Ok(ModelOutput::Completed(Box::new(completion)))
    }

    async fn complete(
        self,
        definition: &AgentDefinition,
        session: &SessionState,
        input: ModelInput,
    ) -> Result<Completion, RunFailure> {
        let history = session.model_input();
        let key = Some(self.idempotency_key);
        let request = model_request(definition, history, &input.messages, input.tool_use, key);
        // An application with agents has a model.
        let model = self.app.model().ok_or_else(cancelled_failure)?;
        let answered = model.complete(request);
        let answered = self.cancelled.run_until_cancelled(answered).await;
        let response = answered
            .ok_or_else(cancelled_failure)?
            .map_err(|error| RunFailure::from(&error))?;
        let problem = |output| output::output_problem(output, &response.message, input.tool_use);
        Ok(Completion {
            output_problem: definition.output.as_ref().and_then(problem),
            response,
        })
    }

    /// The session, read after the run got its lock: only then it holds every earlier turn.
    async fn session_once_held(&self, entity: &EntityId) -> Result<SessionState, RunFailure> {
        let mut pause = GRANT_PAUSE_MIN;
        let mut waited = Duration::ZERO;
        loop {
            let known = self.hub.get_entity(entity, true).await;
            let known = known.map_err(|error| {
                let failure = session_failure(&error);
                if error.is_retryable() {
                    failure.retryable()
                } else {
                    failure
                }
            })?;
            if known.is_none() && waited >= ABSENT_WAIT {
                return Ok(SessionState::default());
            }
            let held = known.filter(|known| known.locked_by.as_ref() == Some(self.run));
            if let Some(held) = held {
                return match held.state {
                    Some(state) => {
                        SessionState::parse(&state).map_err(|error| session_failure(&error))
                    }
                    None => Ok(SessionState::default()),
                };
            }
            if waited >= GRANT_WAIT_MAX {
                let problem = format!("{entity} does not show run `{}` as its holder", self.run);
                return Err(session_failure(&problem).retryable());
            }
            let paused = self
                .cancelled
                .run_until_cancelled(tokio::time::sleep(pause))
                .await;
            paused.ok_or_else(cancelled_failure)?;
            waited = waited.saturating_add(pause);
            pause = pause.saturating_mul(2).min(GRANT_PAUSE_MAX);
        }
    }
}

/// The agent of a recorded step, which a deployment may have removed.
pub(super) fn find_agent<'a>(app: &'a App, name: &str) -> Result<&'a AgentDefinition, RunFailure> {
    let missing = || {
        let problem = format!("Agent '{name}' is not registered with this app.");
        RunFailure::new(RunFailure::UNKNOWN_AGENT, problem)
    };
    app.any_agent(name).ok_or_else(missing)
}

fn session_failure(problem: &impl ToString) -> RunFailure {
    RunFailure::new(RunFailure::SESSION, problem.to_string())
}

fn cancelled_failure() -> RunFailure {
    RunFailure::new(RunFailure::CANCELLED, "the step was cancelled").retryable()
}

#[cfg(test)]
mod tests;
