//! The run itself.

use std::sync::Arc;
use std::time::Duration;

use super::flow::{Delivery, Flow, Item, hand_on};
use super::plan::{Asked, Plan, Started, Step};
use super::request::Requests;
use super::size;
use super::slots::{Slots, Write, Writes};
use super::{
    AgentTask, Child, Event, EventData, EventKind, Request, RequestId, RunError, Status, Task,
    TaskAnswer, TaskResult, Work,
};
use crate::workflow::{Graph, GraphNode, Message, NodeCode, OutputCount, SLOTS_MAX};

/// How many messages may wait for one superstep.
pub const MESSAGES_MAX: usize = 10_000;

/// A run of a workflow; see the [module](super).
#[derive(Debug)]
pub struct Run {
    pub(super) graph: &'static Graph,
    pub(super) superstep: u32,
    pub(super) flow: Flow,
    pub(super) slots: Option<Slots>,
    step: Option<Step>,
    pub(super) requests: Requests,
    /// Answers that wait for the next superstep, in the order in which they came.
    pub(super) answers: Vec<Answer>,
    /// How often each node has been run.
    pub(super) rounds: Vec<u32>,
    pub(super) codes: Vec<Option<NodeCode>>,
    /// The request ports, once they are known.
    pub(super) ports: Option<Arc<[usize]>>,
    pub(super) cancelled: Vec<RequestId>,
    pub(super) outputs: Vec<Message>,
    pub(super) output_bytes: usize,
    pub(super) events: Vec<Event>,
    pub(super) end: Option<Result<Vec<Message>, RunError>>,
}

/// What to do next.
#[derive(Debug, Clone, PartialEq)]
pub enum Next {
    /// Start these, all at once, and hand their results to [`Run::finish`] when all have ended.
    Tasks(Vec<Task>),
    /// Nothing to start: wait for the tasks that are under way or for an answer.
    Wait,
    /// The run is over: its outputs, in order.
    Done(Result<Vec<Message>, RunError>),
}

/// An answer on its way to where the port leads.
#[derive(Debug)]
pub(super) struct Answer {
    pub node: usize,
    pub item: Option<Item>,
    pub messages: Vec<Message>,
}

type Outcome<T = ()> = Result<T, RunError>;

impl Run {
    /// Starts a run. A failure at the start is found by [`next_step`](Self::next_step), as any
    /// other.
    pub fn start(graph: &'static Graph, input: &Message) -> Self {
        let mut run = Self {
            graph,
            superstep: 0,
            flow: Flow::new(graph),
            slots: None,
            step: None,
            requests: Requests::default(),
            answers: Vec::new(),
            rounds: vec![0; graph.nodes.len()],
            codes: vec![None; graph.nodes.len()],
            ports: None,
            cancelled: Vec::new(),
            outputs: Vec::new(),
            output_bytes: 0,
            events: Vec::new(),
            end: None,
        };
        let data = EventData::One(input.clone());
        run.emit(Event::new(EventKind::Started, 0).with(data));
        let begun = run.begin(input);
        run.end_if_failed(begun);
        run
    }

    fn begin(&mut self, input: &Message) -> Outcome {
        self.slots = Some(Slots::new(self.graph)?);
        self.flow.start(input)?;
        self.note_outputs()
    }

    /// The graph.
    pub fn graph(&self) -> &'static Graph {
        self.graph
    }

    /// What to do next.
    pub fn next_step(&mut self) -> Next {
        loop {
            if let Some(end) = &self.end {
                return Next::Done(end.clone());
            }
            let advanced = self.advance();
            match advanced {
                Ok(Some(next)) => return next,
                Ok(None) => {}
                Err(error) => self.fail(error),
            }
        }
    }

    /// One step towards something to do.
    fn advance(&mut self) -> Outcome<Option<Next>> {
        if let Some(step) = &mut self.step {
            if !step.under_way.is_empty() {
                return Ok(Some(Next::Wait));
            }
            if let Some(batch) = step.batches.pop_front() {
                step.under_way = batch.iter().map(|task| task.id).collect();
                return Ok(Some(self.hand_out(batch)));
            }
            return self.complete_superstep().map(|()| None);
        }
        self.take_answers()?;
        self.flow.join()?;
        if !self.flow.pending.is_empty() {
            return self.begin_superstep().map(|()| None);
        }
        if !self.requests.is_empty() {
            return Ok(Some(Next::Wait));
        }
        self.complete().map(|()| None)
    }

    fn hand_out(&mut self, batch: Vec<Task>) -> Next {
        for task in &batch {
            let message = match &task.work {
                Work::Executor { message, .. } | Work::Workflow { message, .. } => message,
                Work::Agent(agent) => agent.message(),
            };
            let data = EventData::One(message.clone());
            self.emit_of_node(EventKind::ExecutorInvoked, task.node, data);
        }
        Next::Tasks(batch)
    }

    /// Takes the results of the tasks that [`next_step`](Self::next_step) gave last, in their
    /// order. Without effect once the run has ended.
    pub fn finish(&mut self, results: Vec<TaskResult>) {
        let Some(step) = &mut self.step else {
            return;
        };
        let numbers = std::mem::take(&mut step.under_way);
        if numbers.len() != results.len() {
            let (wanted, given) = (numbers.len(), results.len());
            self.fail(RunError::internal(format!(
                "{wanted} tasks have {given} results"
            )));
            return;
        }
        let mut failed = false;
        for (number, result) in numbers.into_iter().zip(results) {
            failed |= result.is_err();
            if let Some(task) = step.tasks.get_mut(number) {
                task.result = Some(result);
            }
        }
        if failed {
            let failed = self.fail_superstep();
            self.end_if_failed(failed);
        }
    }

    /// Tells which tasks ended and which failed; the first failure is the run's.
    fn fail_superstep(&mut self) -> Outcome {
        let Some(step) = self.step.take() else {
            return Ok(());
        };
        let mut first = Ok(());
        for task in step.tasks {
            match task.result {
                None => {}
                Some(Ok(answer)) => self.note_completed(task.node, &answer),
                Some(Err(cause)) => {
                    let data = EventData::Failure {
                        error_type: cause.error_type.clone(),
                        message: cause.message.clone(),
                    };
                    self.emit_of_node(EventKind::ExecutorFailed, task.node, data);
                    let node = self.id_of(task.node);
                    let superstep = self.superstep;
                    first = first.and(Err(RunError::Node {
                        node,
                        superstep,
                        cause: Box::new(cause),
                    }));
                }
            }
        }
        first
    }

    fn begin_superstep(&mut self) -> Outcome {
        let deliveries = std::mem::take(&mut self.flow.pending);
        if self.superstep >= self.graph.supersteps_max {
            let mut waiting: Vec<&'static str> = Vec::new();
            for delivery in &deliveries {
                let id = self.id_of(delivery.node);
                if !waiting.contains(&id) {
                    waiting.push(id);
                }
            }
            let max = self.graph.supersteps_max;
            return Err(RunError::Supersteps { max, waiting });
        }
        self.superstep += 1;
        self.emit(Event::new(EventKind::SuperstepStarted, self.superstep));
        let mut plan = Plan::default();
        for delivery in deliveries {
            self.plan(delivery, &mut plan)?;
        }
        self.link(&mut plan);
        self.step = Some(plan.step);
        Ok(())
    }

    /// Makes a message a task, or a question to somebody outside.
    fn plan(&mut self, delivery: Delivery, plan: &mut Plan) -> Outcome {
        let Delivery {
            node: index,
            message,
            sources,
            item,
            origin,
        } = delivery;
        plan.origin = origin;
        let node = self.flow.node(index)?;
        size::check(message.json().len(), || {
            format!("a message to node `{}`", node.id)
        })?;
        let round = self.next_round(index);
        let work = match self.code(index, node)? {
            NodeCode::Port(port) => {
                let request = Request {
                    id: RequestId::new(node.id, round),
                    node: index,
                    node_id: node.id,
                    round,
                    data: message,
                    port,
                    item,
                };
                plan.asked.push(Asked {
                    origin,
                    port: index,
                    id: request.id.clone(),
                });
                self.ask(request);
                return Ok(());
            }
            NodeCode::Executor(_) => Work::Executor {
                message,
                state: plan.state(index, || {
                    let slots = self.slots.as_ref();
                    slots.map_or_else(Arc::default, |slots| slots.snapshot(node))
                }),
                sources,
                requests: Vec::new(),
            },
            NodeCode::Agent(_) => {
                let session = match item {
                    None => node.id.to_owned(),
                    Some(_) => format!("{}-{round}", node.id),
                };
                let task = AgentTask::new(node.id, session, message);
                Work::Agent(task.map_err(|error| RunError::internal(error.to_string()))?)
            }
            NodeCode::Workflow(graph) => Work::Workflow { message, graph },
        };
        // A session takes one turn at a time.
        let waits = matches!(work, Work::Agent(_)) && item.is_none();
        let batch = if waits { plan.turn(index) } else { 0 };
        plan.add(batch, index, round, item, work);
        Ok(())
    }

    fn ask(&mut self, request: Request) {
        let event = Event::new(EventKind::RequestInfo, self.superstep)
            .with(EventData::One(request.data.clone()));
        self.emit(Event {
            request_id: Some(request.id.clone()),
            source_executor_id: Some(request.node_id),
            response_type: Some((request.port.response_type)()),
            ..event
        });
        self.requests.open(request);
    }

    fn next_round(&mut self, node: usize) -> u32 {
        let Some(round) = self.rounds.get_mut(node) else {
            return 0;
        };
        let this = *round;
        *round += 1;
        this
    }

    pub(super) fn code(&mut self, index: usize, node: &'static GraphNode) -> Outcome<NodeCode> {
        match self.codes.get_mut(index) {
            Some(Some(known)) => Ok(known.clone()),
            Some(place) => Ok(place.insert(super::guard::defined(node)?).clone()),
            None => super::guard::defined(node),
        }
    }

    /// Applies the results of a superstep whose tasks have all succeeded.
    fn complete_superstep(&mut self) -> Outcome {
        let Some(step) = self.step.take() else {
            return Ok(());
        };
        let mut writes = Writes::new();
        let mut answers = Vec::with_capacity(step.tasks.len());
        for (number, task) in step.tasks.into_iter().enumerate() {
            let Some(Ok(mut answer)) = task.result else {
                return Err(RunError::internal(format!("task {number} has no result")));
            };
            let node = self.flow.node(task.node)?;
            check(node, &answer)?;
            for (slot, value) in std::mem::take(&mut answer.updates) {
                writes.entry(slot).or_default().push(Write {
                    task: number,
                    node: node.id,
                    value,
                });
            }
            answers.push((task.node, node, task.item, answer));
        }
        if let Some(slots) = &mut self.slots {
            slots.apply(writes, self.superstep)?;
        }
        for (index, node, item, answer) in answers {
            self.note_completed(index, &answer);
            for output in &answer.outputs {
                let output = hand_on(node.id, || (node.yields)(output))?;
                self.flow.outputs.push((node.id, output));
            }
            self.flow.given(index, item, answer.messages)?;
            self.note_outputs()?;
        }
        self.emit(Event::new(EventKind::SuperstepCompleted, self.superstep));
        Ok(())
    }

    fn take_answers(&mut self) -> Outcome {
        for answer in std::mem::take(&mut self.answers) {
            let Answer {
                node,
                item,
                messages,
            } = answer;
            self.flow.given(node, item, messages)?;
            self.note_outputs()?;
        }
        Ok(())
    }

    fn complete(&mut self) -> Outcome {
        self.flow.leftover()?;
        let count = self.outputs.len();
        let fits = match self.graph.outputs {
            OutputCount::None => count == 0,
            OutputCount::One => count == 1,
            OutputCount::AtMostOne => count <= 1,
            OutputCount::Any => true,
        };
        if !fits {
            return Err(RunError::Outputs {
                workflow: self.graph.name,
                expected: self.graph.outputs,
                count,
                cancelled: std::mem::take(&mut self.cancelled),
            });
        }
        let outputs = std::mem::take(&mut self.outputs);
        let data = EventData::List(outputs.clone());
        self.emit(Event::new(EventKind::Completed, self.superstep).with(data));
        self.end = Some(Ok(outputs));
        Ok(())
    }
}

/// How it stands and how it ends.
impl Run {
    /// What happened since this was asked last, in order. Whoever does not want to know, should ask
    /// all the same, since what is not taken is kept.
    pub fn take_events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }

    /// How it stands.
    pub fn status(&self) -> Status<'_> {
        let busy = self.step.is_some() || !self.answers.is_empty() || !self.flow.pending.is_empty();
        let requests: Vec<&Request> = self.open_requests().collect();
        Status {
            waiting: !busy && !requests.is_empty(),
            superstep: self.superstep,
            requests,
            children: self.children(),
        }
    }

    fn children(&self) -> Vec<Child> {
        let Some(step) = &self.step else {
            return Vec::new();
        };
        let under_way = step.under_way.iter().filter_map(|&id| step.tasks.get(id));
        let children = under_way
            .filter(|task| matches!(self.codes.get(task.node), Some(Some(NodeCode::Workflow(_)))));
        let child = |task: &Started| Child {
            node: task.node,
            node_id: self.id_of(task.node),
            ordinal: task.round,
        };
        children.map(child).collect()
    }

    /// The run took longer than its graph allows: it fails, unless it has ended.
    pub fn time_out(&mut self) {
        let limit: Duration = self.graph.timeout.unwrap_or_default();
        let workflow = self.graph.name;
        self.fail(RunError::Timeout { workflow, limit });
    }

    fn end_if_failed(&mut self, outcome: Outcome) {
        if let Err(error) = outcome {
            self.fail(error);
        }
    }

    pub(super) fn fail(&mut self, error: RunError) {
        if self.end.is_some() {
            return;
        }
        self.step = None;
        let data = EventData::Failure {
            error_type: error.error_type().to_owned(),
            message: error.to_string(),
        };
        self.emit(Event::new(EventKind::Failed, self.superstep).with(data));
        self.end = Some(Err(error));
    }

    pub(super) fn id_of(&self, node: usize) -> &'static str {
        self.graph.nodes.get(node).map_or("", |node| node.id)
    }
}

/// Whether an answer is what the node declares.
fn check(node: &GraphNode, answer: &TaskAnswer) -> Outcome {
    let count = answer.messages.len();
    if count != 1 && !node.facts.sends {
        return Err(RunError::Messages {
            node: node.id,
            count,
        });
    }
    let declared = node.facts.writes | node.facts.may_write;
    let is_declared = |slot: usize| slot < SLOTS_MAX && declared & (1 << slot) != 0;
    match answer.updates.iter().find(|(slot, _)| !is_declared(*slot)) {
        Some(&(slot, _)) => Err(RunError::Undeclared {
            node: node.id,
            slot,
        }),
        None => Ok(()),
    }
}
