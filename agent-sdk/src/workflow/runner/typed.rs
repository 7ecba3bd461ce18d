//! Runs a workflow that is a type.

use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use super::{GraphRun, GraphRunner, OpenRequest, WorkflowFailure};
use crate::model::ChatModel;
use crate::workflow::superstep::{AnswerError, Event, RunError, TaskAnswer};
use crate::workflow::{InvalidMessage, Message, Node, Workflow};

/// Runs a workflow in memory, with scripted models, answered ports and a clock that jumps; see
/// [`testing`](crate::testing).
pub struct WorkflowRunner<W> {
    graph: GraphRunner,
    of: PhantomData<fn() -> W>,
}

impl<W> Clone for WorkflowRunner<W> {
    fn clone(&self) -> Self {
        Self {
            graph: self.graph.clone(),
            of: PhantomData,
        }
    }
}

impl<W> std::fmt::Debug for WorkflowRunner<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.graph.fmt(f)
    }
}

impl<W: Workflow> Default for WorkflowRunner<W> {
    fn default() -> Self {
        Self::new()
    }
}

impl<W: Workflow> WorkflowRunner<W> {
    /// A runner without a model, resources and answers.
    pub fn new() -> Self {
        Self {
            graph: GraphRunner::new(W::GRAPH),
            of: PhantomData,
        }
    }

    /// The model of its agents.
    #[must_use]
    pub fn model(mut self, model: impl ChatModel) -> Self {
        self.graph = self.graph.model(Arc::new(model));
        self
    }

    /// A value that executors and tools take by reference.
    #[must_use]
    pub fn resource<T: Send + Sync + 'static>(mut self, value: T) -> Self {
        self.graph = self.graph.resource(value);
        self
    }

    /// Answers every request of a port by a function, also within sub-workflows.
    #[must_use]
    pub fn answer<P: Node>(
        mut self,
        reply: impl Fn(P::Input) -> P::Output + Send + Sync + 'static,
    ) -> Self {
        self.graph = self.graph.answer::<P>(reply);
        self
    }

    /// Runs it to its end. Time passes by itself: where a run waits for nothing but time, its clock
    /// jumps. A run that waits for an answer that nobody gives, and without a time limit, is a
    /// failure.
    pub async fn run(&self, input: W::Input) -> Result<W::Output, WorkflowFailure> {
        let outputs = self.graph.run(message::<W>(&input)?).await?;
        output::<W>(&outputs)
    }

    /// Starts it and goes on until it waits for an answer or for time, or ends.
    pub async fn start(&self, input: W::Input) -> Result<WorkflowRun<W>, WorkflowFailure> {
        Ok(WorkflowRun {
            run: self.graph.start(message::<W>(&input)?).await?,
            of: PhantomData,
        })
    }
}

/// A run in memory that a test takes part in: it answers, withdraws and lets time pass.
pub struct WorkflowRun<W> {
    run: GraphRun,
    of: PhantomData<fn() -> W>,
}

impl<W> std::fmt::Debug for WorkflowRun<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.run.fmt(f)
    }
}

impl<W: Workflow> WorkflowRun<W> {
    /// The open requests, also those of sub-workflows.
    pub fn requests(&self) -> Vec<OpenRequest> {
        self.run.requests()
    }

    /// Answers a request, by an id of [`requests`](Self::requests). What does not fit the type of
    /// the answer is an error, and the request stays open.
    pub async fn answer(&mut self, id: &str, answer: &impl Serialize) -> Result<(), AnswerError> {
        let json = serde_json::to_string(answer).unwrap_or_default();
        self.run.answer(id, &json).await
    }

    /// Withdraws a request.
    pub async fn cancel(&mut self, id: &str) -> Result<(), AnswerError> {
        self.run.cancel(id).await
    }

    /// Lets time pass: what is due within it happens, in order.
    pub async fn advance(&mut self, time: Duration) {
        self.run.advance(time).await;
    }

    /// Whether it has ended.
    pub fn has_ended(&self) -> bool {
        self.run.has_ended()
    }

    /// What happened so far, without what happened within sub-workflows.
    pub fn events(&self) -> &[Event] {
        self.run.events()
    }

    /// What it gave, once it has ended.
    pub fn output(&self) -> Result<W::Output, WorkflowFailure> {
        output::<W>(&self.run.outputs()?)
    }
}

fn message<W: Node>(input: &W::Input) -> Result<Message, WorkflowFailure> {
    W::write_input(input).map_err(|error| {
        WorkflowFailure::Input(InvalidMessage {
            path: ".".to_owned(),
            problem: error.problem,
        })
    })
}

fn output<W: Workflow>(outputs: &[Message]) -> Result<W::Output, WorkflowFailure> {
    let answer = TaskAnswer::of_workflow(W::GRAPH, outputs)?;
    let given = answer.messages.first().ok_or_else(|| RunError::Internal {
        problem: "a run gave nothing at all".to_owned(),
    })?;
    W::read_output(given).map_err(WorkflowFailure::Output)
}
