//! What there is to do in a superstep, and what comes of it.

use std::sync::Arc;

use durable_task::Failure;

use super::size::check_answer;
use super::{AgentTask, RequestId, RunError};
use crate::workflow::message::join;
use crate::workflow::{CustomEvent, Graph, Message, NodeAnswer, OutputCount};

/// Who sent the input of the run, as nodes see it.
pub const START_SOURCE: &str = "__workflow_start__";

/// One run of a node.
#[derive(Debug, Clone, PartialEq)]
pub struct Task {
    /// Its number within the superstep, from 0.
    pub id: usize,
    /// The node, by its index.
    pub node: usize,
    /// How often this node has been run before in this run: with the node, the name of the task.
    pub round: u32,
    /// What to do.
    pub work: Work,
}

/// What to do.
#[derive(Debug, Clone, PartialEq)]
pub enum Work {
    /// Run a function.
    Executor {
        /// Its input.
        message: Message,
        /// The slots that it reads, by their indices; absent ones are not set. Tasks of one node
        /// share it.
        state: Arc<[(usize, Message)]>,
        /// Who sent the message.
        sources: Arc<[&'static str]>,
        /// By the index of the port, the request that belongs to the message. A port whose request
        /// can't be told is absent.
        requests: Vec<(usize, RequestId)>,
    },
    /// Ask an agent.
    Agent(AgentTask),
    /// Run another workflow. The task's `round` is its position among the children of the node.
    Workflow {
        /// Its input.
        message: Message,
        /// Which one.
        graph: &'static Graph,
    },
}

impl PartialEq for Graph {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && self.version == other.version
    }
}

/// What came of a task.
pub type TaskResult = Result<TaskAnswer, Failure>;

/// What a task gave.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TaskAnswer {
    /// What it returned or sent, in order. Exactly one, unless the node declares `sends`.
    pub messages: Vec<Message>,
    /// What it added to the outputs of the run, in order.
    pub outputs: Vec<Message>,
    /// What it wrote, by the index of the slot, in order.
    pub updates: Vec<(usize, Message)>,
    /// The events that it added to those of the run, in order.
    pub events: Vec<CustomEvent>,
}

impl TaskAnswer {
    /// One message and nothing else.
    pub fn message(message: Message) -> Self {
        Self {
            messages: vec![message],
            ..Self::default()
        }
    }

    /// What a function gave. It fails if it wrote what is no slot of the graph, and if all of it
    /// together is larger than [`PAYLOAD_BYTES_MAX`](super::PAYLOAD_BYTES_MAX).
    pub fn of_executor(graph: &Graph, answer: NodeAnswer) -> Result<Self, Failure> {
        let slot = |(type_id, value)| {
            let index = graph
                .slots
                .iter()
                .position(|slot| (slot.type_id)() == type_id);
            let problem = "it wrote a slot that the state of the workflow does not have";
            let index = index.ok_or_else(|| Failure::new("UnknownSlot", problem).non_retriable());
            Ok((index?, value))
        };
        let updates: Result<_, Failure> = answer.updates.into_iter().map(slot).collect();
        let answer = Self {
            messages: answer.messages,
            outputs: answer.outputs,
            updates: updates?,
            events: answer.events,
        };
        check_answer(&answer)?;
        Ok(answer)
    }

    /// What a sub-workflow gave: its outputs as a value of its return type.
    pub fn of_workflow(inner: &Graph, outputs: &[Message]) -> Result<Self, RunError> {
        let wrong = || RunError::Outputs {
            workflow: inner.name,
            expected: inner.outputs,
            count: outputs.len(),
            cancelled: Vec::new(),
        };
        let message = match (inner.outputs, outputs) {
            (OutputCount::One | OutputCount::AtMostOne, [one]) => one.clone(),
            (OutputCount::AtMostOne | OutputCount::None, []) => {
                Message::of(&()).map_err(|_| wrong())?
            }
            (OutputCount::Any, all) => join(all).map_err(|_| wrong())?,
            _ => return Err(wrong()),
        };
        Ok(Self::message(message))
    }
}
