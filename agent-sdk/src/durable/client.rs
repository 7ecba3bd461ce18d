//! What a program asks of an application's agents: start, wait, find, read, delete.

use std::sync::Arc;
use std::time::Duration;

use durable_task::{
    Client, ClientError, EntityId, EntityMetadata, Fetch, InstanceState, StartRequest, Status,
    WaitFor,
};
use serde_json::Value;

use super::delete::{self, Deletion};
use super::gate::Gates;
use super::plan::RunPlan;
use super::{RUN_ORCHESTRATION, RunError, RunFailure, RunRequest};
use crate::agent::session::{SessionState, StoredAnswer};
use crate::agent::{AgentDefinition, CorrelationId, RunAnswer, RunId, SessionId};
use crate::app::App;

/// How long a start waits for the run's first episode, which puts it into the session's queue. On
/// the embedded hub that is in the commit of the start. Past it the start counts all the same: it
/// is durable, and only its place in the queue is open.
const FIRST_EPISODE_WAIT: Duration = Duration::from_secs(5);

/// A run that was started or joined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Started {
    /// The run.
    pub run: RunId,
    /// Whether it had been started before by the same request.
    pub attached: bool,
}

/// Where a run stands.
#[derive(Debug, Clone, PartialEq)]
pub enum RunState {
    /// It has an answer.
    Answered(RunAnswer),
    /// It ended without one.
    Failed(RunFailure),
    /// It waits for its turn or is at work.
    Running,
}

/// Talks to an application's agents through a hub. One per process and hub: it orders the starts of
/// each session. Dropping a returned future cancels the waiting, never the work.
#[derive(Clone)]
pub struct AgentClient {
    app: Arc<App>,
    hub: Arc<dyn Client>,
    gates: Arc<Gates<EntityId>>,
}

impl std::fmt::Debug for AgentClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AgentClient")
            .field("app", &self.app)
            .finish_non_exhaustive()
    }
}

impl AgentClient {
    /// A client of an application on a hub.
    pub fn new(app: Arc<App>, hub: Arc<dyn Client>) -> Self {
        Self {
            app,
            hub,
            gates: Arc::default(),
        }
    }

    /// The application.
    pub fn app(&self) -> &Arc<App> {
        &self.app
    }

    /// Starts a run, or joins the one that the same request started before. Returns when the start
    /// is durable and the run has its place in the session's queue: runs of one session take their
    /// turns in the order in which these calls were made.
    pub async fn start(&self, mut request: RunRequest) -> Result<Started, RunError> {
        let definition = self.definition(&request.agent)?;
        // From here on the agent has one name.
        request.agent = definition.name.to_string();
        if request.messages.is_empty() {
            return Err(RunError::NoMessage);
        }
        let entity = session_entity(definition, &request.session)?;
        let run = request.run_id();
        let pass = self.gates.enter(&entity).await;
        if self
            .is_queue_full(&entity, definition.queued_runs_max)
            .await?
        {
            let joined = self.join(&run, &request).await?;
            return joined.ok_or(RunError::QueueFull {
                session: request.session,
                limit: definition.queued_runs_max,
            });
        }
        let plan = RunPlan::new(request, definition);
        let input = serde_json::to_string(&plan).map_err(|error| RunError::Unreadable {
            run: run.clone(),
            problem: error.to_string(),
        })?;
        let start = StartRequest::new(RUN_ORCHESTRATION, run.instance_id().clone());
        match self.hub.start(start.input_json(input)).await {
            Ok(_) => {}
            Err(ClientError::AlreadyExists { .. }) => {
                let joined = self.join(&run, &plan.request).await?;
                return joined.ok_or(RunError::NotFound { run });
            }
            Err(error) => return Err(error.into()),
        }
        // A failure to observe it does not undo the start.
        let first_episode = self
            .hub
            .wait(run.instance_id(), WaitFor::Start, FIRST_EPISODE_WAIT)
            .await;
        if let Err(error) = first_episode {
            tracing::warn!(%run, %error, "the run's first episode could not be observed");
        }
        drop(pass);
        Ok(Started {
            run,
            attached: false,
        })
    }

    /// Waits for the end of a run, at most for `timeout`; then where it stands.
    pub async fn wait(&self, run: &RunId, timeout: Duration) -> Result<RunState, RunError> {
        let instance = run.instance_id();
        let waited = self.hub.wait(instance, WaitFor::Completion, timeout).await;
        let state = waited.map_err(|error| not_found(error, run))?;
        if state.status == Status::Completed && state.output.is_none() {
            let fetched = self.hub.get(instance, Fetch::Payloads).await?;
            let state = fetched.ok_or_else(|| RunError::NotFound { run: run.clone() })?;
            return run_state(run, &state);
        }
        run_state(run, &state)
    }

    /// What became of a request: from its run, else from the session, which keeps the answer after
    /// the run is purged. `None` if neither knows of it.
    pub async fn find(
        &self,
        agent: &str,
        session: &SessionId,
        correlation: &CorrelationId,
    ) -> Result<Option<RunState>, RunError> {
        let definition = self.definition(agent)?;
        let run = RunId::of(agent, session, correlation);
        if let Some(state) = self.hub.get(run.instance_id(), Fetch::Payloads).await? {
            return run_state(&run, &state).map(Some);
        }
        let entity = session_entity(definition, session)?;
        let Some(stored) = self.stored_state(&entity).await? else {
            return Ok(None);
        };
        let state = SessionState::parse(&stored).map_err(|source| RunError::State {
            session: session.clone(),
            source,
        })?;
        let answer = state.answer(correlation.as_str(), definition.output.is_some());
        Ok(answer.map(|answer| match answer {
            StoredAnswer::Answered(answer) => RunState::Answered(answer),
            StoredAnswer::Failed(error) => {
                let error_type = error
                    .code
                    .unwrap_or_else(|| RunFailure::INTERNAL.to_owned());
                RunState::Failed(RunFailure::new(error_type, error.message))
            }
        }))
    }

    /// The document that holds a session, as it is stored. `None` if there is no such session, or
    /// its first turn has not ended.
    pub async fn session(
        &self,
        agent: &str,
        session: &SessionId,
    ) -> Result<Option<Value>, RunError> {
        let entity = session_entity(self.definition(agent)?, session)?;
        let Some(stored) = self.stored_state(&entity).await? else {
            return Ok(None);
        };
        let value = serde_json::from_str(&stored).map_err(|error| RunError::State {
            session: session.clone(),
            source: crate::agent::session::StateError::Malformed {
                problem: error.to_string(),
            },
        })?;
        Ok(Some(value))
    }

    /// Deletes a session: at once, or after the turns that hold it or wait for it.
    pub async fn delete_session(
        &self,
        agent: &str,
        session: &SessionId,
    ) -> Result<Deletion, RunError> {
        let entity = session_entity(self.definition(agent)?, session)?;
        Ok(delete::delete_session(self.hub.as_ref(), &entity).await?)
    }

    fn definition(&self, agent: &str) -> Result<&AgentDefinition, RunError> {
        let found = self.app.agent(agent);
        found.ok_or_else(|| RunError::UnknownAgent {
            agent: agent.to_owned(),
        })
    }

    async fn is_queue_full(&self, entity: &EntityId, limit: usize) -> Result<bool, RunError> {
        let known = self.hub.get_entity(entity, false).await?;
        Ok(known.is_some_and(|entity: EntityMetadata| entity.backlog >= limit))
    }

    /// The run of the same request, if it has been started.
    async fn join(&self, run: &RunId, request: &RunRequest) -> Result<Option<Started>, RunError> {
        let Some(state) = self.hub.get(run.instance_id(), Fetch::Payloads).await? else {
            return Ok(None);
        };
        let input = state.input.as_deref().unwrap_or_default();
        let plan: RunPlan = serde_json::from_str(input).map_err(|error| RunError::Unreadable {
            run: run.clone(),
            problem: error.to_string(),
        })?;
        if !plan.request.asks_the_same(request) {
            return Err(RunError::DifferentRequest { run: run.clone() });
        }
        Ok(Some(Started {
            run: run.clone(),
            attached: true,
        }))
    }

    async fn stored_state(&self, entity: &EntityId) -> Result<Option<String>, RunError> {
        let known = self.hub.get_entity(entity, true).await?;
        Ok(known.and_then(|entity| entity.state))
    }
}

fn session_entity(definition: &AgentDefinition, session: &SessionId) -> Result<EntityId, RunError> {
    session
        .entity(&definition.name)
        .map_err(|source| RunError::SessionInvalid {
            session: session.clone(),
            source,
        })
}

fn not_found(error: ClientError, run: &RunId) -> RunError {
    match error {
        ClientError::NotFound { .. } => RunError::NotFound { run: run.clone() },
        error => error.into(),
    }
}

fn run_state(run: &RunId, state: &InstanceState) -> Result<RunState, RunError> {
    match state.status {
        Status::Completed => {
            let output = state.output.as_deref().unwrap_or_default();
            let answer = serde_json::from_str(output).map_err(|error| RunError::Unreadable {
                run: run.clone(),
                problem: error.to_string(),
            })?;
            Ok(RunState::Answered(answer))
        }
        Status::Failed => {
            let unknown = || RunFailure::new(RunFailure::INTERNAL, "the run failed");
            let failure = state
                .failure
                .as_ref()
                .map_or_else(unknown, RunFailure::from);
            Ok(RunState::Failed(failure))
        }
        Status::Terminated | Status::Canceled => Ok(RunState::Failed(RunFailure::new(
            RunFailure::TERMINATED,
            "the run was ended from outside",
        ))),
        Status::Pending | Status::Running | Status::Suspended | Status::ContinuedAsNew => {
            Ok(RunState::Running)
        }
    }
}

#[cfg(test)]
mod tests;
