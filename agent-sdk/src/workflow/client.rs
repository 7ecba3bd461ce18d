//! What a program asks of an application's workflows: start, wait, look, answer, cancel.

mod error;
mod events;
mod fold;
mod reader;
mod respond;
mod status;
mod tally;
mod told;

use std::sync::Arc;
use std::time::Duration;

use durable_task::{Client, ClientError, Fetch, InstanceId, InstanceState, StartRequest, WaitFor};
use serde_json::Value;
use uuid::Uuid;

use super::caught::caught;
use super::durable::{is_child_form, is_run_of, orchestration_name, stripped};
use super::{Graph, Workflow};
use crate::app::App;
use reader::Reader;
use respond::{Answering, TAKEN_WAIT};

pub use error::{RequestEnd, WorkflowError};
pub use events::{EventPage, RecordedEvent};
pub use respond::Delivered;
pub use status::{PendingRequest, WorkflowStatus, decode_outputs};

/// The longest id of a run that is chosen outside, in characters.
pub const RUN_ID_CHARS_MAX: usize = 100;

/// A run that was started or joined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkflowStarted {
    /// The run.
    pub run: InstanceId,
    /// The workflow's name, as it is registered.
    pub workflow: &'static str,
    /// Whether it had been started before, with the same input.
    pub attached: bool,
}

/// Talks to an application's workflows through a hub. One per process and hub: it lets the answers
/// to a request through one by one. Dropping a returned future cancels the waiting, never the work.
///
/// A run is named by its workflow and its id: the run of another workflow counts as unknown.
#[derive(Clone)]
pub struct WorkflowClient {
    app: Arc<App>,
    hub: Arc<dyn Client>,
    answering: Arc<Answering>,
    reader: Arc<Reader>,
    /// How long an answer waits until the run has taken it.
    taken_wait: Duration,
}

impl std::fmt::Debug for WorkflowClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WorkflowClient")
            .field("app", &self.app)
            .finish_non_exhaustive()
    }
}

impl WorkflowClient {
    /// A client of an application on a hub.
    pub fn new(app: Arc<App>, hub: Arc<dyn Client>) -> Self {
        Self {
            app,
            hub,
            answering: Arc::default(),
            reader: Arc::default(),
            taken_wait: TAKEN_WAIT,
        }
    }

    #[cfg(test)]
    pub(crate) fn taken_wait(mut self, wait: Duration) -> Self {
        self.taken_wait = wait;
        self
    }

    /// The application.
    pub fn app(&self) -> &Arc<App> {
        &self.app
    }

    /// Starts a run by the type of its workflow.
    pub async fn start<W: Workflow>(
        &self,
        input: &W::Input,
        run: Option<&str>,
    ) -> Result<WorkflowStarted, WorkflowError> {
        let graph = W::GRAPH;
        let known = self
            .app
            .hosted_workflows()
            .version(graph.name, graph.version);
        if known.is_none() {
            return Err(unknown_workflow(graph.name));
        }
        let message = W::INPUT
            .encode(input)
            .map_err(|error| invalid_input(graph, ".", &error))?;
        self.start_graph(graph, message.json(), run).await
    }

    /// Starts a run by the name of its workflow, whose case does not count. The input is JSON text;
    /// it is checked against the workflow's type before anything is created.
    ///
    /// `run` is the id of the run, else it is random. The same id with the same input is the same
    /// run, also once it has ended; with another input it is [`WorkflowError::Conflict`].
    pub async fn start_named(
        &self,
        workflow: &str,
        input: &str,
        run: Option<&str>,
    ) -> Result<WorkflowStarted, WorkflowError> {
        let graph = self.app.workflow(workflow);
        let graph = graph.ok_or_else(|| unknown_workflow(workflow))?;
        self.start_graph(graph, input, run).await
    }

    async fn start_graph(
        &self,
        graph: &'static Graph,
        input: &str,
        run: Option<&str>,
    ) -> Result<WorkflowStarted, WorkflowError> {
        let run = match run {
            Some(id) => checked_run_id(id)?,
            None => InstanceId::from_stored(Uuid::new_v4().simple().to_string()),
        };
        let clean = stripped(input).map_err(|error| invalid_input(graph, ".", &error))?;
        let checked = caught(|| (graph.input.check)(&clean)).map_err(|problem| {
            let what = format!("the check of the input of workflow `{}`", graph.name);
            WorkflowError::Panicked { what, problem }
        })?;
        let message = checked.map_err(|problem| WorkflowError::InvalidInput {
            workflow: graph.name.to_owned(),
            problem,
        })?;
        let mut start = StartRequest::new(orchestration_name(graph.name), run.clone())
            .input_json(message.json());
        start.version = (!graph.version.is_empty()).then(|| graph.version.to_owned());
        let mut started = WorkflowStarted {
            run,
            workflow: graph.name,
            attached: false,
        };
        match self.hub.start(start).await {
            Ok(_) => Ok(started),
            Err(ClientError::AlreadyExists { .. }) => {
                started.attached = true;
                self.join(started, message.json()).await
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn join(
        &self,
        started: WorkflowStarted,
        input: &str,
    ) -> Result<WorkflowStarted, WorkflowError> {
        let state = self.hub.get(&started.run, Fetch::Payloads).await?;
        let is_same = state.is_some_and(|state| {
            let first = state.input.as_deref().unwrap_or("null");
            is_run_of(&state.name, started.workflow) && is_same_json(first, input)
        });
        if is_same {
            Ok(started)
        } else {
            Err(WorkflowError::Conflict { run: started.run })
        }
    }

    /// Waits until a run has ended, at most that long; then how it stands.
    pub async fn wait(
        &self,
        workflow: &str,
        run: &InstanceId,
        timeout: Duration,
    ) -> Result<WorkflowStatus, WorkflowError> {
        self.instance(workflow, run, Fetch::Metadata).await?;
        match self.hub.wait(run, WaitFor::Completion, timeout).await {
            Ok(_) => self.status(workflow, run).await,
            Err(ClientError::NotFound { .. }) => Err(unknown_run(run)),
            Err(error) => Err(error.into()),
        }
    }

    /// Ends a run from outside, with everything that it has started. The run of another workflow,
    /// and one that has ended, are errors.
    pub async fn cancel(
        &self,
        workflow: &str,
        run: &InstanceId,
        reason: Option<&str>,
    ) -> Result<(), WorkflowError> {
        let state = self.instance(workflow, run, Fetch::Metadata).await?;
        if state.status.is_terminal() {
            return Err(ended(&state));
        }
        let reason = reason.map(|reason| Value::from(reason).to_string());
        match self.hub.terminate(run, reason, true).await {
            Err(ClientError::InvalidState { status, .. }) => Err(WorkflowError::RunEnded {
                run: run.clone(),
                status,
            }),
            done => Ok(done?),
        }
    }

    /// The instance that is a run of a workflow.
    async fn instance(
        &self,
        workflow: &str,
        run: &InstanceId,
        fetch: Fetch,
    ) -> Result<InstanceState, WorkflowError> {
        let graph = self.app.workflow(workflow);
        let name = graph.ok_or_else(|| unknown_workflow(workflow))?.name;
        let state = self.hub.get(run, fetch).await?;
        let state = state.filter(|state| is_run_of(&state.name, name));
        state.ok_or_else(|| unknown_run(run))
    }

    /// The code of a run.
    fn graph_of(&self, state: &InstanceState) -> Option<&'static Graph> {
        let name = super::durable::workflow_of(&state.name)?;
        self.app.hosted_workflows().version(name, &state.version)
    }
}

/// Whether two texts are the same value.
fn is_same_json(one: &str, other: &str) -> bool {
    let value = |text: &str| serde_json::from_str::<Value>(text).ok();
    one == other || value(one).is_some_and(|one| Some(one) == value(other))
}

/// The id of a run, as it may be chosen outside.
fn checked_run_id(id: &str) -> Result<InstanceId, WorkflowError> {
    let refuse = |problem: &'static str| WorkflowError::InvalidRunId {
        run: id.to_owned(),
        problem,
    };
    let is_refused = |c: char| matches!(c, '/' | '\\' | '#' | '?' | '^') || c.is_control();
    let chars = id.chars().count();
    if chars == 0 || chars > RUN_ID_CHARS_MAX || id.starts_with('@') || id.contains(is_refused) {
        return Err(refuse(
            "must be between 1 and 100 characters, must not start with '@', and must not contain \
             '/', '\\', '#', '?', '^', or control characters",
        ));
    }
    if is_child_form(id) {
        return Err(refuse(
            "must not contain '::', which names runs of sub-workflows",
        ));
    }
    if matches!(id, "." | "..") || id.trim() != id {
        return Err(refuse(
            "must not be '.' or '..', nor begin or end with white space",
        ));
    }
    Ok(InstanceId::from_stored(id))
}

fn unknown_workflow(workflow: &str) -> WorkflowError {
    WorkflowError::UnknownWorkflow {
        workflow: workflow.to_owned(),
    }
}

fn unknown_run(run: &InstanceId) -> WorkflowError {
    WorkflowError::UnknownRun { run: run.clone() }
}

fn ended(state: &InstanceState) -> WorkflowError {
    WorkflowError::RunEnded {
        run: state.instance_id.clone(),
        status: state.status,
    }
}

fn invalid_input(graph: &Graph, path: &str, problem: &impl ToString) -> WorkflowError {
    WorkflowError::InvalidInput {
        workflow: graph.name.to_owned(),
        problem: super::InvalidMessage {
            path: path.to_owned(),
            problem: problem.to_string(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_runs_are_checked() {
        for good in ["a", "a b", "a~b", "order:7", &"x".repeat(100)] {
            assert_eq!(checked_run_id(good).unwrap().as_str(), good);
        }
        for bad in [
            "",
            "@a",
            "a/b",
            "a\\b",
            "a#b",
            "a?b",
            "a^b",
            "a\nb",
            "a::b",
            ".",
            "..",
            " a",
            "a ",
            &"x".repeat(101),
        ] {
            let error = checked_run_id(bad).unwrap_err();
            assert!(matches!(error, WorkflowError::InvalidRunId { .. }), "{bad}");
        }
    }

    #[test]
    fn inputs_are_compared_as_values() {
        assert!(is_same_json(r#"{"a":1,"b":2}"#, r#"{ "b": 2, "a": 1 }"#));
        assert!(!is_same_json("1", "2"));
        assert!(!is_same_json("{", "["));
    }
}
