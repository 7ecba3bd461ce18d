//! The orchestration that is a run of a workflow: drives the supersteps with durable operations.

mod requests;
mod tasks;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;

use durable_task::{
    Failure, InstanceId, JoinAll, OrchestrationContext, OrchestrationError, Sleep, Timestamp,
};
use serde_json::value::RawValue;

use super::envelope::{Address, ChildInput, ChildResult};
use super::large::Digest;
use super::markers::stripped;
use super::status::{RUNNING, RunStatus};
use crate::app::App;
use crate::workflow::superstep::{Event, Next, RequestId, Run, RunError, TaskResult};
use crate::workflow::{Graph, Message};

use requests::{OpenRequest, Reply, Said};
pub(crate) use requests::{cancel_event, cancelled_request};

/// The type of failure of a run whose input is not what the workflow takes.
pub(crate) const INVALID_INPUT: &str = "InvalidInput";

/// Sees how a run goes on, each time that something has happened.
pub(crate) trait Observer: Send + Sync {
    /// A request ends by what came from outside under this id, if it had one.
    fn ends(&self, request: &RequestId, by: Option<&str>);
    /// These events are new.
    fn sees(&self, now: Timestamp, events: Vec<Event>, run: &Run);
}

/// What the runs of a workflow have in common.
#[derive(Clone)]
pub(crate) struct Orchestrator {
    pub(crate) app: App,
    pub(crate) graph: &'static Graph,
    pub(crate) observer: Option<Arc<dyn Observer>>,
}

impl Orchestrator {
    /// One run, from its input to its outputs.
    pub(crate) async fn run(
        self,
        ctx: OrchestrationContext,
        input: Box<RawValue>,
    ) -> Result<Box<RawValue>, OrchestrationError> {
        let child = ctx.parent().and_then(|_| ChildInput::of(&input));
        let (message, address) = match child {
            Some(ChildInput { input, address }) => (input, Some(address)),
            None => (checked_input(self.graph, input.get())?, None),
        };
        let is_child = address.is_some();
        let shared = Rc::new(Shared {
            address: address.unwrap_or_else(|| Address {
                root_instance_id: ctx.instance_id().as_str().to_owned(),
                root_workflow_name: self.graph.name.to_owned(),
                request_path_prefix: String::new(),
            }),
            of: self,
            ctx,
            children: RefCell::default(),
            retries: RefCell::default(),
            large_slots: RefCell::default(),
        });
        let end = Driver::new(&shared, &message).drive().await;
        shared.end_children();
        let outputs = end.map_err(|error| OrchestrationError::Failed(Failure::from(error)))?;
        let result = if is_child {
            serde_json::value::to_raw_value(&ChildResult::new(outputs))
        } else {
            serde_json::value::to_raw_value(&outputs)
        };
        result.map_err(|error| OrchestrationError::failed(error.to_string()))
    }
}

/// The input of a run that was started from outside.
fn checked_input(graph: &Graph, json: &str) -> Result<Message, OrchestrationError> {
    let refuse = |problem: String| Failure::new(INVALID_INPUT, problem).non_retriable();
    let json = stripped(json).map_err(|error| refuse(error.to_string()))?;
    let checked = (graph.input.check)(&json).map_err(|problem| refuse(problem.to_string()));
    Ok(checked?)
}

/// What the parts of a run share.
struct Shared {
    of: Orchestrator,
    ctx: OrchestrationContext,
    address: Address,
    /// The orchestrations that it has started and that have not ended.
    children: RefCell<BTreeSet<InstanceId>>,
    /// The retry policies of nodes, once they are known.
    retries: RefCell<BTreeMap<usize, Option<durable_task::RetryPolicy>>>,
    /// What large slots were when they were read last.
    large_slots: RefCell<BTreeMap<usize, (Message, Digest)>>,
}

impl Shared {
    /// A run that ends early takes with it what it has started.
    fn end_children(&self) {
        for child in self.children.borrow().iter() {
            self.ctx
                .terminate_child(child, "the workflow's run has ended");
        }
    }
}

type TaskFuture = Pin<Box<dyn Future<Output = TaskResult>>>;

/// What a run waits for.
enum Happened {
    Step(Vec<TaskResult>),
    Reply(usize, Reply),
    TimeIsOver,
}

struct Driver {
    shared: Rc<Shared>,
    run: Run,
    step: Option<JoinAll<TaskFuture>>,
    /// In the order in which they were asked.
    requests: Vec<OpenRequest>,
    deadline: Option<Sleep>,
    status: Option<RunStatus>,
}

impl Driver {
    fn new(shared: &Rc<Shared>, input: &Message) -> Self {
        let graph = shared.of.graph;
        Self {
            run: Run::start(graph, input),
            step: None,
            requests: Vec::new(),
            deadline: graph.timeout.map(|limit| shared.ctx.sleep(limit)),
            status: None,
            shared: Rc::clone(shared),
        }
    }

    async fn drive(mut self) -> Result<Vec<Message>, RunError> {
        loop {
            match self.run.next_step() {
                Next::Done(end) => {
                    self.publish(RunStatus {
                        state: String::from(RUNNING),
                        ..RunStatus::default()
                    });
                    return end;
                }
                Next::Tasks(tasks) => {
                    let shared = &self.shared;
                    let tasks = tasks
                        .into_iter()
                        .map(|task| -> TaskFuture { Box::pin(Rc::clone(shared).task(task)) });
                    self.step = Some(shared.ctx.join_all(tasks));
                }
                Next::Wait => {}
            }
            self.follow_requests();
            let run = self.shared.ctx.instance_id();
            let status = RunStatus::of(&run, &self.run.status()).bounded();
            self.publish(status);
            match self.next_happening().await {
                Happened::Step(results) => {
                    self.step = None;
                    self.run.finish(results);
                }
                Happened::Reply(place, reply) => self.take_reply(place, reply),
                Happened::TimeIsOver => {
                    self.deadline = None;
                    self.run.time_out();
                }
            }
        }
    }

    /// Waits for the answers to requests that are new.
    fn follow_requests(&mut self) {
        for request in self.run.open_requests() {
            if self.requests.iter().all(|known| known.id != request.id) {
                let open = OpenRequest::new(&self.shared.ctx, request.clone());
                self.requests.push(open);
            }
        }
    }

    /// The first of what the run waits for.
    async fn next_happening(&mut self) -> Happened {
        let mut sources: Vec<Pin<Box<dyn Future<Output = Happened> + '_>>> = Vec::new();
        if let Some(step) = &mut self.step {
            sources.push(Box::pin(async { Happened::Step(step.await) }));
        }
        for (place, request) in self.requests.iter_mut().enumerate() {
            let reply = request.reply.as_mut();
            sources.push(Box::pin(async move { Happened::Reply(place, reply.await) }));
        }
        if let Some(deadline) = &mut self.deadline {
            sources.push(Box::pin(async {
                deadline.await;
                Happened::TimeIsOver
            }));
        }
        self.shared.ctx.race(sources).await.1
    }

    fn take_reply(&mut self, place: usize, reply: Reply) {
        let id = self.requests.remove(place).id;
        if let Some(observer) = &self.shared.of.observer {
            observer.ends(&id, reply.by.as_deref());
        }
        let taken = match reply.what {
            Said::Answer(answer) => self.run.answer(&id, answer),
            Said::Nothing => self.run.expire(&id),
            Said::Withdrawn => self.run.cancel(&id),
        };
        if let Err(error) = taken
            && !self.shared.ctx.is_replaying()
        {
            tracing::warn!(run = %self.shared.ctx.instance_id(), %error, "an answer was not taken");
        }
    }

    /// Tells those that watch what has happened.
    fn publish(&mut self, status: RunStatus) {
        let events = self.run.take_events();
        if let Some(observer) = &self.shared.of.observer {
            observer.sees(self.shared.ctx.now(), events, &self.run);
        }
        if self.status.as_ref() != Some(&status) {
            self.shared.ctx.set_custom_status(&status);
            self.status = Some(status);
        }
    }
}
