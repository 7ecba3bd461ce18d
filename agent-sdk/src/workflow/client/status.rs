//! How a run stands.

use durable_task::{Failure, Fetch, InstanceId, InstanceState, Status, Timestamp};
use serde_json::Value;

use super::events::{LATEST, no_code};
use super::{WorkflowClient, WorkflowError};
use crate::workflow::caught::caught;
use crate::workflow::durable::{PendingData, RunStatus, child_prefix, workflow_of};
use crate::workflow::superstep::TaskAnswer;
use crate::workflow::{Graph, Message, NodeCode, Workflow};

/// How deep sub-workflows are looked into.
const DEPTH_MAX: usize = 32;

/// How a run stands.
#[derive(Debug, Clone, PartialEq)]
pub struct WorkflowStatus {
    /// The run.
    pub run: InstanceId,
    /// The workflow's name.
    pub workflow: String,
    /// The version of its graph.
    pub version: String,
    /// Where its orchestration stands.
    pub status: Status,
    /// Whether it waits for code that no worker has, such as its version, or that of a
    /// sub-workflow.
    pub parked: bool,
    /// The run, its own or a sub-workflow's, whose version this program does not have, so that
    /// nothing of it is touched here; and what to do.
    pub parked_because: Option<String>,
    /// What it says of itself.
    pub custom_status: Option<Value>,
    /// Its outputs, if it has completed.
    pub outputs: Option<Vec<Message>>,
    /// How it failed.
    pub failure: Option<Failure>,
    /// When it was started.
    pub created_at: Timestamp,
    /// When something last happened.
    pub updated_at: Timestamp,
    /// When it ended.
    pub completed_at: Option<Timestamp>,
    /// The open requests, those of its sub-workflows too.
    pub pending: Vec<PendingRequest>,
}

/// A request that waits for an answer.
#[derive(Debug, Clone, PartialEq)]
pub struct PendingRequest {
    /// Its id, as answers name it; of a sub-workflow's request with the way there before it.
    pub id: String,
    /// The port that asks.
    pub node: String,
    /// The question; `None` if it can't be read.
    pub data: Option<Message>,
    /// The name of the question's type.
    pub request_type: String,
    /// The name of the answer's type.
    pub response_type: String,
    /// The JSON schema of the answer, if the program has that version of the workflow.
    pub response_schema: Option<Value>,
    /// The run that asks: a sub-workflow's, or the run itself.
    pub owner: InstanceId,
}

/// What a run and those that it has started say.
#[derive(Default)]
struct Gathered {
    pending: Vec<PendingRequest>,
    parked: bool,
    parked_because: Option<String>,
}

impl WorkflowStatus {
    /// What the run gave, as a value of the workflow's return type; `None` if it has not completed.
    pub fn result<W: Workflow>(&self) -> Result<Option<W::Output>, WorkflowError> {
        let Some(outputs) = &self.outputs else {
            return Ok(None);
        };
        let decoded = decode_outputs::<W>(outputs);
        decoded
            .map(Some)
            .map_err(|problem| WorkflowError::Unreadable {
                run: self.run.clone(),
                problem,
            })
    }
}

/// The outputs of a run as a value of the workflow's return type.
pub fn decode_outputs<W: Workflow>(outputs: &[Message]) -> Result<W::Output, String> {
    let answer = TaskAnswer::of_workflow(W::GRAPH, outputs).map_err(|error| error.to_string())?;
    let message = answer.messages.first().ok_or("there is no output")?;
    W::OUTPUT.decode(message).map_err(|error| error.to_string())
}

impl WorkflowClient {
    /// How a run stands, with its open requests.
    pub async fn status(
        &self,
        workflow: &str,
        run: &InstanceId,
    ) -> Result<WorkflowStatus, WorkflowError> {
        let state = self.instance(workflow, run, Fetch::Payloads).await?;
        let mut found = Gathered::default();
        if !state.status.is_terminal() {
            self.gather(&state, String::new(), 0, &mut found).await?;
        }
        let custom_status = state.custom_status.as_deref();
        let outputs = match (state.status, &state.output) {
            (Status::Completed, Some(output)) => {
                let read = serde_json::from_str(output);
                Some(read.map_err(|error| WorkflowError::Unreadable {
                    run: run.clone(),
                    problem: error.to_string(),
                })?)
            }
            _ => None,
        };
        Ok(WorkflowStatus {
            run: run.clone(),
            workflow: workflow_of(&state.name).unwrap_or_default().to_owned(),
            version: state.version,
            status: state.status,
            parked: found.parked,
            parked_because: found.parked_because,
            custom_status: custom_status.and_then(|text| serde_json::from_str(text).ok()),
            outputs,
            failure: state.failure,
            created_at: state.created_at,
            updated_at: state.updated_at,
            completed_at: state.completed_at,
            pending: found.pending,
        })
    }

    /// The open requests of a run and of those that it has started.
    async fn gather(
        &self,
        state: &InstanceState,
        prefix: String,
        depth: usize,
        into: &mut Gathered,
    ) -> Result<(), WorkflowError> {
        let status = self.whole_status(state).await?;
        let graph = self.graph_of(state);
        // A run that nothing has woken since the deployment does not know yet that it waits.
        into.parked |= state.parked || graph.is_none();
        if graph.is_none() && into.parked_because.is_none() {
            into.parked_because = Some(no_code(state).to_string());
        }
        for request in status.pending_requests.into_values() {
            into.pending.push(PendingRequest {
                id: format!("{prefix}{}", request.request_id),
                response_schema: graph.and_then(|graph| response_schema(graph, &request)),
                node: request.source_executor_id,
                data: request.data,
                request_type: request.request_type,
                response_type: request.response_type,
                owner: state.instance_id.clone(),
            });
        }
        if depth >= DEPTH_MAX {
            return Ok(());
        }
        for (node, children) in status.subworkflows {
            for child in children {
                let ordinal = child.rsplit("::").next().and_then(|text| text.parse().ok());
                let id = InstanceId::from_stored(child);
                let child = self.hub.get(&id, Fetch::Metadata).await?;
                if let (Some(child), Some(ordinal)) = (child, ordinal)
                    && !child.status.is_terminal()
                {
                    let prefix = child_prefix(&prefix, &node, ordinal);
                    Box::pin(self.gather(&child, prefix, depth + 1, into)).await?;
                }
            }
        }
        Ok(())
    }

    /// What a run says of itself, completed from its history where that had to be shortened.
    pub(super) async fn whole_status(
        &self,
        state: &InstanceState,
    ) -> Result<RunStatus, WorkflowError> {
        let text = state.custom_status.as_deref();
        let said: RunStatus = text
            .and_then(|text| serde_json::from_str(text).ok())
            .unwrap_or_default();
        if !said.is_shortened() || self.graph_of(state).is_none() {
            return Ok(said);
        }
        let whole = self.told(state, LATEST, |told| told.status.clone());
        Ok(whole.await?.unwrap_or(said))
    }
}

fn response_schema(graph: &Graph, request: &PendingData) -> Option<Value> {
    let mut nodes = graph.nodes.iter();
    let node = nodes.find(|node| node.id == request.source_executor_id)?;
    match node.code() {
        Some(NodeCode::Port(port)) => caught(port.response_schema).ok(),
        _ => None,
    }
}
