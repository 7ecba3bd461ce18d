//! Runs workflows in memory, without durability: for tests.

mod agent;
mod call;
mod driver;
mod error;
mod live;
mod script;
mod timers;
mod typed;

use std::sync::Arc;
use std::time::Duration;

pub use error::WorkflowFailure;
pub use script::OpenRequest;
pub use typed::{WorkflowRun, WorkflowRunner};

use driver::Driver;
use script::Script;

use super::superstep::{AnswerError, Event, RequestId};
use super::{Graph, Message, Node};
use crate::model::ChatModel;
use crate::tool::Resources;

/// How deep sub-workflows may be nested.
pub const NESTING_MAX: usize = 32;

/// Runs a graph in memory. [`WorkflowRunner`] is the same for a workflow that is a type.
#[derive(Clone)]
pub struct GraphRunner {
    graph: &'static Graph,
    model: Option<Arc<dyn ChatModel>>,
    resources: Resources,
    script: Script,
}

impl std::fmt::Debug for GraphRunner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("GraphRunner")
            .field("graph", &self.graph.name)
            .finish_non_exhaustive()
    }
}

impl GraphRunner {
    /// A runner of a graph, without a model, resources and answers.
    pub fn new(graph: &'static Graph) -> Self {
        Self {
            graph,
            model: None,
            resources: Resources::default(),
            script: Script::default(),
        }
    }

    /// The model of its agents.
    #[must_use]
    pub fn model(mut self, model: Arc<dyn ChatModel>) -> Self {
        self.model = Some(model);
        self
    }

    /// A value that executors and tools take by reference.
    #[must_use]
    pub fn resource<T: Send + Sync + 'static>(mut self, value: T) -> Self {
        self.resources.insert(value);
        self
    }

    /// Answers every request of a port by a function.
    #[must_use]
    pub fn answer<P: Node>(
        mut self,
        reply: impl Fn(P::Input) -> P::Output + Send + Sync + 'static,
    ) -> Self {
        self.script.add::<P>(reply);
        self
    }

    /// Runs it to its end. Time passes by itself: where a run waits for nothing but time, its clock
    /// jumps.
    pub async fn run(&self, input: Message) -> Result<Vec<Message>, WorkflowFailure> {
        let mut run = self.begin(&input)?;
        run.driver.go_on(Duration::MAX).await;
        run.outputs()
    }

    /// Starts it and goes on until it waits for an answer or for time, or ends.
    pub async fn start(&self, input: Message) -> Result<GraphRun, WorkflowFailure> {
        let mut run = self.begin(&input)?;
        run.driver.go_on(Duration::ZERO).await;
        Ok(run)
    }

    fn begin(&self, input: &Message) -> Result<GraphRun, WorkflowFailure> {
        live::check(self.graph, &self.resources, self.model.is_some())?;
        let resources = Arc::new(self.resources.clone());
        let means = (self.model.clone(), resources, self.script.clone());
        let driver = Driver::new(self.graph, input, means);
        Ok(GraphRun { driver })
    }
}

/// A run in memory that a test takes part in: it answers, withdraws and lets time pass. Between
/// these the run has done all that it could.
#[derive(Debug)]
pub struct GraphRun {
    driver: Driver,
}

impl GraphRun {
    /// The open requests, also those of sub-workflows, in the order in which they were asked.
    pub fn requests(&self) -> Vec<OpenRequest> {
        self.driver.requests()
    }

    /// Answers a request, by an id of [`requests`](Self::requests), with JSON.
    pub async fn answer(&mut self, id: &str, json: &str) -> Result<(), AnswerError> {
        let (run, request) = self.find(id)?;
        self.driver.answer(run, &request, json)?;
        self.driver.go_on(Duration::ZERO).await;
        Ok(())
    }

    /// Withdraws a request.
    pub async fn cancel(&mut self, id: &str) -> Result<(), AnswerError> {
        let (run, request) = self.find(id)?;
        self.driver.cancel(run, &request)?;
        self.driver.go_on(Duration::ZERO).await;
        Ok(())
    }

    /// Lets time pass: what is due within it happens, in order.
    pub async fn advance(&mut self, time: Duration) {
        self.driver.go_on(time).await;
    }

    /// Whether it has ended.
    pub fn has_ended(&self) -> bool {
        self.driver.outcome().is_some()
    }

    /// What happened so far, without what happened within sub-workflows.
    pub fn events(&self) -> &[Event] {
        self.driver.events()
    }

    /// Its outputs, or why there are none.
    pub fn outputs(&self) -> Result<Vec<Message>, WorkflowFailure> {
        match self.driver.outcome() {
            Some(outcome) => Ok(outcome?),
            None => Err(WorkflowFailure::Waiting {
                requests: self.requests().into_iter().map(|open| open.id).collect(),
            }),
        }
    }

    fn find(&self, id: &str) -> Result<(usize, RequestId), AnswerError> {
        self.driver
            .find(id)
            .ok_or_else(|| AnswerError::Unknown(RequestId::from_text(id)))
    }
}

#[cfg(test)]
mod tests;
