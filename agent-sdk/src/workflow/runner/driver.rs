//! Drives a run and the runs of its sub-workflows.

use std::sync::Arc;
use std::time::Duration;

use durable_task::__private::activity_context;
use durable_task::{BoxFuture, Failure};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio_util::sync::CancellationToken;

use super::OpenRequest;
use super::agent::{Asked, ask};
use super::call::Attempt;
use super::live::Live;
use super::script::Script;
use super::timers::{Due, Timers};
use crate::model::ChatModel;
use crate::tool::Resources;
use crate::workflow::superstep::{
    AnswerError, Event, EventKind, Next, RequestId, Run, RunError, Task, TaskAnswer, TaskResult,
    Work,
};
use crate::workflow::{ExecutorDefinition, Graph, Message, NodeCall, NodeCode, linked_requests};

/// The run that was started; those of sub-workflows follow.
const ROOT: usize = 0;

/// What a task gave: its run, its place, its result.
type Ended = (usize, usize, Gave);

enum Gave {
    Result(TaskResult),
    Asked(Asked),
}

/// All runs of one start.
pub(super) struct Driver {
    runs: Vec<Live>,
    running: FuturesUnordered<BoxFuture<'static, Ended>>,
    timers: Timers,
    model: Option<Arc<dyn ChatModel>>,
    resources: Arc<Resources>,
    script: Script,
    /// Tells repetitions of one task apart.
    calls: i32,
    /// What the root has seen.
    events: Vec<Event>,
    cancelled: CancellationToken,
}

impl std::fmt::Debug for Driver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Driver")
            .field("runs", &self.runs)
            .finish_non_exhaustive()
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.cancelled.cancel();
    }
}

impl Driver {
    pub(super) fn new(
        graph: &'static Graph,
        input: &Message,
        (model, resources, script): (Option<Arc<dyn ChatModel>>, Arc<Resources>, Script),
    ) -> Self {
        let mut driver = Self {
            runs: Vec::new(),
            running: FuturesUnordered::new(),
            timers: Timers::default(),
            model,
            resources,
            script,
            calls: 0,
            events: Vec::new(),
            cancelled: CancellationToken::new(),
        };
        let instance = uuid::Uuid::new_v4().simple().to_string();
        let root = driver.add(Live::new(Run::start(graph, input), None, instance));
        driver.advance(root);
        driver
    }

    fn add(&mut self, live: Live) -> usize {
        let index = self.runs.len();
        if let Some(limit) = live.graph().timeout {
            self.timers.set(limit, Due::End { run: index });
        }
        self.runs.push(live);
        index
    }

    /// Goes on until the run ends, or nothing more happens within `time`.
    pub(super) async fn go_on(&mut self, time: Duration) {
        let until = self.timers.now().saturating_add(time);
        while self.outcome().is_none() {
            if let Some((run, position, gave)) = self.running.next().await {
                self.took(run, position, gave);
            } else if let Some(due) = self.timers.next(until) {
                self.happen(&due);
            } else {
                self.timers.pass(until);
                return;
            }
        }
    }

    fn took(&mut self, index: usize, position: usize, gave: Gave) {
        let result = match gave {
            Gave::Result(result) => result,
            Gave::Asked(Asked {
                session,
                said,
                result,
            }) => {
                if let Some(live) = self.runs.get_mut(index) {
                    live.sessions.insert(session, said);
                }
                result
            }
        };
        if self.ended(index, position, result) {
            self.advance(index);
        }
    }

    fn happen(&mut self, due: &Due) {
        let run = match *due {
            Due::Retry { run, position } => {
                self.start(run, position);
                return;
            }
            Due::Expire { run, ref request } => {
                let live = self.runs.get_mut(run);
                // It may have been answered.
                if live.is_none_or(|live| live.run.expire(request).is_err()) {
                    return;
                }
                run
            }
            Due::End { run } => {
                if let Some(live) = self.runs.get_mut(run) {
                    live.run.time_out();
                }
                run
            }
        };
        self.advance(run);
    }

    /// Does what a run says, and what the runs say that this moves.
    fn advance(&mut self, index: usize) {
        let mut moved = vec![index];
        while let Some(index) = moved.pop() {
            let Some(live) = self.runs.get_mut(index) else {
                continue;
            };
            let next = live.run.next_step();
            let answered = self.listen(index);
            match next {
                Next::Wait if answered => moved.push(index),
                Next::Wait => {}
                Next::Tasks(tasks) => {
                    let count = tasks.len();
                    let now = self.timers.now();
                    if let Some(live) = self.runs.get_mut(index) {
                        live.begin(tasks, now);
                    }
                    moved.extend((0..count).filter_map(|position| self.start(index, position)));
                }
                Next::Done(outcome) => moved.extend(self.done(index, outcome)),
            }
        }
    }

    /// Sets the limits of new requests and answers those whose answer is known.
    fn listen(&mut self, index: usize) -> bool {
        let Some(live) = self.runs.get_mut(index) else {
            return false;
        };
        let events = live.run.take_events();
        let asks = |event: &&Event| event.kind == EventKind::RequestInfo;
        let asked = events.iter().filter(asks);
        let mut answered = false;
        for id in asked.filter_map(|event| event.request_id.as_ref()) {
            let Some(request) = live.run.open_requests().find(|open| open.id == *id) else {
                continue;
            };
            if let Some(limit) = request.timeout() {
                let request = id.clone();
                self.timers.set(
                    limit,
                    Due::Expire {
                        run: index,
                        request,
                    },
                );
            }
            let (node, data) = (request.node, request.data.clone());
            let port = live.definition(node).map(|definition| definition.type_id);
            let reply = port.and_then(|port| self.script.reply(port, &data));
            if let Some(Ok(answer)) = reply {
                answered |= live.run.answer(id, answer).is_ok();
            }
        }
        if index == ROOT {
            self.events.extend(events);
        }
        answered
    }

    /// A run is over: its task in the run above has ended.
    fn done(&mut self, index: usize, outcome: Result<Vec<Message>, RunError>) -> Option<usize> {
        let live = self.runs.get_mut(index)?;
        if live.outcome.is_some() {
            return None;
        }
        live.outcome = Some(outcome.clone());
        let (parent, position) = live.parent?;
        let graph = live.graph();
        let given = outcome.and_then(|outputs| TaskAnswer::of_workflow(graph, &outputs));
        self.ended(parent, position, given.map_err(Failure::from))
            .then_some(parent)
    }

    /// A task has ended: whether it was the last of those that its run waits for.
    fn ended(&mut self, index: usize, position: usize, result: TaskResult) -> bool {
        let now = self.timers.now();
        let Some(live) = self.runs.get_mut(index) else {
            return false;
        };
        if let Err(failure) = &result
            && let Some(pause) = live.pause(position, now, failure)
        {
            let run = index;
            self.timers.set(pause, Due::Retry { run, position });
            return false;
        }
        live.took(position, result)
    }

    /// Starts a task; of a sub-workflow, its run, which is yet to be advanced.
    fn start(&mut self, index: usize, position: usize) -> Option<usize> {
        let live = self.runs.get(index)?;
        let task = live.tasks.get(position)?.task.clone();
        let Task { node, round, .. } = task;
        match task.work {
            Work::Workflow { message, graph } => {
                let id = live.graph().nodes.get(node)?.id;
                let instance = format!("{}::{id}::{round}", live.instance);
                let prefix = format!("{}{id}~{round}~", live.prefix);
                let run = Run::start(graph, &message);
                let mut child = Live::new(run, Some((index, position)), instance);
                child.prefix = prefix;
                return Some(self.add(child));
            }
            Work::Agent(task) => {
                let said = live.sessions.get(&task.session).cloned();
                let NodeCode::Agent(definition) = self.code(index, node)? else {
                    return None;
                };
                let (model, resources) = (self.model.clone(), Arc::clone(&self.resources));
                let said = said.unwrap_or_default();
                let asked = ask(definition(), model, resources, task, said);
                self.running.push(Box::pin(async move {
                    (index, position, Gave::Asked(asked.await))
                }));
            }
            Work::Executor { .. } => {
                let NodeCode::Executor(executor) = self.code(index, node)? else {
                    return None;
                };
                let (attempt, call) = self.attempt(index, task, &executor)?;
                self.running.push(Box::pin(async move {
                    (index, position, Gave::Result(attempt.run(call).await))
                }));
            }
        }
        None
    }

    fn code(&mut self, index: usize, node: usize) -> Option<NodeCode> {
        let definition = self.runs.get_mut(index)?.definition(node)?;
        Some(definition.code.clone())
    }

    fn attempt(
        &mut self,
        index: usize,
        task: Task,
        executor: &ExecutorDefinition,
    ) -> Option<(Attempt, NodeCall)> {
        let Work::Executor {
            message,
            state,
            sources,
            requests,
        } = task.work
        else {
            return None;
        };
        let live = self.runs.get_mut(index)?;
        let permits = live.permits(task.node, executor.concurrency);
        let live = self.runs.get(index)?;
        let graph = live.graph();
        let id = graph.nodes.get(task.node)?.id;
        let cancelled = self.cancelled.child_token();
        self.calls += 1;
        let resources = Arc::clone(&self.resources);
        let token = cancelled.clone();
        let activity = activity_context(id, &live.instance, self.calls, token, resources);
        let slot = |(slot, value): &(usize, Message)| {
            Some(((graph.slots.get(*slot)?.type_id)(), value.clone()))
        };
        let place = live.place(id, task.round, self.runs.get(ROOT)?);
        let reduced = graph.slots.iter().filter(|slot| slot.merge.is_some());
        let call = NodeCall {
            message,
            state: state.iter().filter_map(slot).collect(),
            reduced: reduced.map(|slot| (slot.type_id)()).collect(),
            requests: linked_requests(graph, |port, _| {
                let found = requests.iter().find(|(index, _)| *index == port);
                found.map(|(_, id)| id.to_string())
            }),
            sources: sources.iter().map(|&source| source.to_owned()).collect(),
            place,
            activity,
        };
        let attempt = Attempt {
            graph,
            code: Arc::clone(&executor.run),
            timeout: executor.timeout,
            permits,
            cancelled,
        };
        Some((attempt, call))
    }
}

/// For the test that drives.
impl Driver {
    pub(super) fn outcome(&self) -> Option<Result<Vec<Message>, RunError>> {
        self.runs.get(ROOT)?.outcome.clone()
    }

    pub(super) fn events(&self) -> &[Event] {
        &self.events
    }

    pub(super) fn requests(&self) -> Vec<OpenRequest> {
        let runs = self.runs.iter().enumerate();
        let alive = runs.filter(|(index, _)| self.is_alive(*index));
        let open = alive.flat_map(|(_, live)| {
            let open = live.run.open_requests();
            open.map(|request| OpenRequest {
                id: format!("{}{}", live.prefix, request.id),
                port: request.node_id,
                data: request.data.clone(),
            })
        });
        open.collect()
    }

    /// The run that a request belongs to, and its id there.
    pub(super) fn find(&self, id: &str) -> Option<(usize, RequestId)> {
        let runs = self.runs.iter().enumerate();
        let mut matching = runs.filter_map(|(index, live)| {
            let rest = id.strip_prefix(live.prefix.as_str())?;
            (!rest.contains('~')).then(|| (index, RequestId::from_text(rest)))
        });
        matching.next()
    }

    pub(super) fn answer(
        &mut self,
        run: usize,
        request: &RequestId,
        json: &str,
    ) -> Result<(), AnswerError> {
        let live = self.live(run, request)?;
        let answer = live.run.check_answer(request, json)?;
        live.run.answer(request, answer)?;
        self.advance(run);
        Ok(())
    }

    pub(super) fn cancel(&mut self, run: usize, request: &RequestId) -> Result<(), AnswerError> {
        self.live(run, request)?.run.cancel(request)?;
        self.advance(run);
        Ok(())
    }

    fn live(&mut self, run: usize, request: &RequestId) -> Result<&mut Live, AnswerError> {
        if !self.is_alive(run) {
            return Err(AnswerError::Closed(request.clone()));
        }
        let live = self.runs.get_mut(run);
        live.ok_or_else(|| AnswerError::Unknown(request.clone()))
    }

    fn is_alive(&self, run: usize) -> bool {
        let mut above = Some(run);
        while let Some(live) = above.and_then(|run| self.runs.get(run)) {
            if live.outcome.is_some() {
                return false;
            }
            above = live.parent.map(|(run, _)| run);
        }
        true
    }
}
