use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;
use std::sync::Arc;

use durable_task::wire::proto::history_event::EventType;
use durable_task::wire::proto::{HistoryEvent, OrchestratorStartedEvent};
use durable_task::{ExecutionId, InstanceId, Status, Timestamp};

use super::Env;
use super::delta::{Delta, Drop};
use super::event::{self, Chunk};
use super::message::{Message, Taking};
use crate::store::{
    CriticalSection, HistorySize, Identity, InstanceRow, MessageRow, Step, StoreError,
};

/// A live orchestration, or one that has just ended: what the engine keeps of it between episodes.
/// Small: no history, no input, no result.
#[derive(Debug, Clone, PartialEq)]
pub struct Orchestration {
    /// Who it is.
    pub identity: Arc<Identity>,
    /// How large its history is, with all episodes applied.
    pub history: HistorySize,
    /// Whether no worker has code for it.
    pub parked: bool,
    pub(super) ended: Option<Status>,
    /// Whether any episode has been applied, in this execution or an earlier one.
    pub(super) started: bool,
    pub(super) suspended: bool,
    pub(super) custom_status: Option<Arc<str>>,
    pub(super) locks: Vec<CriticalSection>,
    /// Open activities of this execution: task id to row.
    pub(super) activities: BTreeMap<i32, u64>,
    /// Open sub-orchestrations of this execution: task id to row and instance.
    pub(super) children: BTreeMap<i32, (u64, InstanceId)>,
    /// Open timers of this execution: timer id to time and row.
    pub(super) timers: BTreeMap<i32, (Timestamp, u64)>,
    pub(super) inbox: VecDeque<Message>,
    pub(super) episode: Option<Episode>,
    pub(super) updated_at: Timestamp,
}

/// An episode that a worker has been asked to run.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Episode {
    /// The new events as they were sent.
    pub(super) events: Chunk,
    /// The messages in them.
    pub(super) taken: Vec<Taken>,
    /// Its recorded time.
    pub(super) at: Timestamp,
}

/// A message in a running episode. Its event has gone to the worker; its encoding is in the chunk.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Taken {
    id: u64,
    stored: bool,
    execution: Option<ExecutionId>,
    sender: Option<InstanceId>,
    place: Range<usize>,
}

impl Orchestration {
    /// What a store knows of it. Messages are received afterwards.
    pub fn from_row(row: InstanceRow) -> Self {
        let InstanceRow {
            identity,
            step,
            tasks,
            timers,
        } = row;
        let mut activities = BTreeMap::new();
        let mut children = BTreeMap::new();
        for task in tasks {
            match task.child {
                None => {
                    activities.insert(task.task_id, task.id);
                }
                Some(child) => {
                    children.insert(task.task_id, (task.id, child));
                }
            }
        }
        let begun = step.history.events > 0 || identity.generation > 0;
        Self {
            identity: Arc::new(identity),
            history: step.history,
            parked: step.parked,
            ended: step.status.is_terminal().then_some(step.status),
            started: begun,
            suspended: step.status == Status::Suspended,
            custom_status: step.custom_status,
            locks: step.locks,
            activities,
            children,
            timers: timers
                .into_iter()
                .map(|timer| (timer.timer_id, (timer.fire_at, timer.id)))
                .collect(),
            inbox: VecDeque::new(),
            episode: None,
            updated_at: step.updated_at,
        }
    }

    /// What its row says about it now.
    pub fn step(&self) -> Step {
        Step {
            status: self.status(),
            parked: self.parked,
            custom_status: self.custom_status.clone(),
            locks: self.locks.clone(),
            updated_at: self.updated_at,
            history: self.history,
        }
    }

    /// Where it stands.
    pub fn status(&self) -> Status {
        match self.ended {
            Some(status) => status,
            None if self.suspended => Status::Suspended,
            None if self.started => Status::Running,
            None => Status::Pending,
        }
    }

    /// Its instance id.
    pub fn id(&self) -> &InstanceId {
        &self.identity.instance_id
    }

    /// Whether it has ended.
    pub fn is_ended(&self) -> bool {
        self.ended.is_some()
    }

    /// Whether the current execution has a history that a worker without a session needs.
    pub fn has_past(&self) -> bool {
        self.history.events > 0
    }

    /// Whether an episode has been begun and not applied.
    pub fn in_episode(&self) -> bool {
        self.episode.is_some()
    }

    /// Whether an episode has something to take in.
    pub fn is_ready(&self) -> bool {
        self.ended.is_none()
            && !self.suspended
            && self.episode.is_none()
            && !self.inbox.is_empty()
            && (self.has_past() || self.inbox.iter().any(Message::is_start))
    }

    /// How many messages wait.
    pub fn backlog(&self) -> usize {
        self.inbox.len()
    }

    /// Takes notice of a message: keeps it for the next episode, or drops it, or (a termination)
    /// acts on it at once.
    pub fn receive(&mut self, mut message: Message, env: &mut Env<'_>) -> Delta {
        let mut delta = Delta::default();
        if let Some(closes) = message.closes.take() {
            delta.close(closes);
        }
        match self.notice(&mut message, env, &mut delta) {
            Ok(true) => self.inbox.push_back(message),
            Ok(false) => delta.consume(&message),
            Err(why) => delta.drop_message(&message, why),
        }
        delta
    }

    /// Whether the message waits for an episode; the reason if it is dropped.
    fn notice(
        &mut self,
        message: &mut Message,
        env: &mut Env<'_>,
        delta: &mut Delta,
    ) -> Result<bool, Drop> {
        if self.is_ended() {
            return self.notice_when_ended(message, delta);
        }
        if let Some(execution) = &message.execution
            && *execution != self.identity.execution_id
        {
            return Err(Drop::OtherExecution);
        }
        // A message with a row has been noticed before, or waited for its target to be loaded.
        let known = message.stored;
        match message.event.event_type.take() {
            Some(EventType::ExecutionTerminated(event)) => {
                self.terminate(event.input, event.recurse, env, delta);
                return Ok(false);
            }
            event => message.event.event_type = event,
        }
        match message.kind() {
            Some(EventType::ExecutionSuspended(_)) if !known => {
                if self.suspended {
                    return Err(Drop::NoChange);
                }
                self.suspended = true;
                self.change(env.now, delta);
            }
            Some(EventType::ExecutionResumed(_)) if !known => {
                if !self.suspended {
                    return Err(Drop::NoChange);
                }
                self.suspended = false;
                self.change(env.now, delta);
            }
            Some(EventType::ExecutionRewound(event)) => {
                self.notice_rewind(event, delta);
                // One with a row may be the order that was carried out: it wakes the next episode.
                return Ok(known);
            }
            Some(EventType::ExecutionStarted(_)) if self.has_past() || self.has_start() => {
                return Err(Drop::StartedBefore);
            }
            Some(event) => self.close_replied(event, known, delta)?,
            None => return Err(Drop::NotUnderstood),
        }
        Ok(true)
    }

    /// Closes the task or timer that a message replies to.
    fn close_replied(
        &mut self,
        event: &EventType,
        known: bool,
        delta: &mut Delta,
    ) -> Result<(), Drop> {
        let open = match event {
            EventType::TaskCompleted(event) => self.close_activity(event.task_scheduled_id, delta),
            EventType::TaskFailed(event) => self.close_activity(event.task_scheduled_id, delta),
            EventType::SubOrchestrationInstanceCompleted(event) => {
                self.close_child(event.task_scheduled_id, delta)
            }
            EventType::SubOrchestrationInstanceFailed(event) => {
                self.close_child(event.task_scheduled_id, delta)
            }
            EventType::TimerFired(event) => match self.timers.remove(&event.timer_id) {
                Some(place) => {
                    if !delta.timers_closed.contains(&place) {
                        delta.timers_closed.push(place);
                    }
                    true
                }
                None => false,
            },
            _ => true,
        };
        if open || known {
            Ok(())
        } else {
            Err(Drop::NotOpen)
        }
    }

    fn close_activity(&mut self, task_id: i32, delta: &mut Delta) -> bool {
        match self.activities.remove(&task_id) {
            Some(row) => {
                if !delta.tasks_closed.contains(&row) {
                    delta.tasks_closed.push(row);
                }
                true
            }
            None => false,
        }
    }

    fn close_child(&mut self, task_id: i32, delta: &mut Delta) -> bool {
        match self.children.remove(&task_id) {
            Some((row, _)) => {
                delta.tasks_closed.push(row);
                true
            }
            None => false,
        }
    }

    fn has_start(&self) -> bool {
        self.inbox.iter().any(Message::is_start)
    }

    pub(super) fn change(&mut self, now: Timestamp, delta: &mut Delta) {
        self.updated_at = self.updated_at.max(now);
        delta.touch();
    }

    /// Shows or hides that no worker has code for it.
    pub fn park(&mut self, parked: bool, env: &mut Env<'_>) -> Delta {
        let mut delta = Delta::default();
        if self.parked != parked {
            self.parked = parked;
            self.change(env.now, &mut delta);
        }
        delta
    }

    /// Whether what the next episode takes in first has a row in a commit that is durable: all of
    /// those whose rows are below `before` are. Of an episode that was begun: all it has taken in.
    pub fn is_durable(&self, before: u64) -> bool {
        if let Some(Episode { taken, .. }) = &self.episode {
            let mut taken = taken.iter();
            return taken.all(|taken| taken.stored && taken.id < before);
        }
        let start = self.inbox.iter().find(|message| message.is_start());
        let first = start.filter(|_| !self.has_past()).or(self.inbox.front());
        first.is_some_and(|message| message.is_durable(before))
    }

    /// Begins an episode with the messages that wait and may be taken in, at least one, and returns
    /// its new events. `newest` is the version for an instance that was started without one.
    pub fn begin(
        &mut self,
        newest: &str,
        taking: Taking,
        env: &mut Env<'_>,
    ) -> (Vec<HistoryEvent>, Delta) {
        let mut delta = Delta::default();
        if self.identity.version.is_none() {
            let identity = Arc::make_mut(&mut self.identity);
            identity.version = Some(newest.to_owned());
            identity.version_by_hub = true;
            delta.touch();
        }
        if !self.has_past()
            && let Some(place) = self.inbox.iter().position(Message::is_start)
            && let Some(start) = self.inbox.remove(place)
        {
            self.inbox.push_front(start);
        }
        self.updated_at = self.updated_at.max(env.now);
        let at = self.updated_at;
        let mut events = Chunk::default();
        let mut taken = Vec::with_capacity(self.inbox.len());
        let mut sent = Vec::with_capacity(self.inbox.len() + 1);
        let marker = EventType::OrchestratorStarted(OrchestratorStartedEvent {});
        let marker = event::incoming(at, marker);
        events.push(&marker);
        sent.push(marker);
        while let Some(next) = self.inbox.front()
            && (taken.is_empty() || taking.allows(next, events.len()))
            && let Some(mut message) = self.inbox.pop_front()
        {
            if let Some(EventType::ExecutionStarted(start)) = &mut message.event.event_type {
                start.version.clone_from(&self.identity.version);
            }
            let place = events.push(&message.event);
            taken.push(Taken {
                id: message.id,
                stored: message.stored,
                execution: message.execution,
                sender: message.sender,
                place,
            });
            sent.push(message.event);
        }
        self.episode = Some(Episode { events, taken, at });
        (sent, delta)
    }

    /// Takes back the first episode of an execution for which the hub chose the version, so that it
    /// is chosen again.
    pub fn take_back(&mut self) -> Delta {
        let mut delta = Delta::default();
        if self.has_past() || !self.identity.version_by_hub {
            return delta;
        }
        let Some(Ok(events)) = self.episode.as_ref().map(|episode| episode.events.decode()) else {
            return delta;
        };
        let taken = self.episode.take().map(|episode| episode.taken);
        // The first event is the marker.
        let messages = taken.into_iter().flatten().zip(events.into_iter().skip(1));
        let mut messages: Vec<Message> = messages
            .map(|(taken, event)| Message {
                id: taken.id,
                target: self.identity.instance_id.clone(),
                execution: taken.execution,
                sender: taken.sender,
                event,
                stored: taken.stored,
                closes: None,
            })
            .collect();
        for message in &mut messages {
            if let Some(EventType::ExecutionStarted(start)) = &mut message.event.event_type {
                start.version = None;
            }
        }
        for message in messages.into_iter().rev() {
            self.inbox.push_front(message);
        }
        let identity = Arc::make_mut(&mut self.identity);
        identity.version = None;
        identity.version_by_hub = false;
        delta.touch();
        delta
    }

    /// The new events of the episode that is running, to send them again.
    pub fn resend(&self) -> Result<Vec<HistoryEvent>, StoreError> {
        match &self.episode {
            Some(episode) => episode.events.decode(),
            None => Ok(Vec::new()),
        }
    }

    /// Forgets the rows of messages that wait or are in a running episode, and returns their ids: a
    /// store that replaces an instance by this one removes all that has its id.
    pub fn forget_rows(&mut self) -> Vec<u64> {
        let episode = self.episode.iter_mut();
        let taken = episode.flat_map(|episode| &mut episode.taken);
        let taken = taken.map(|taken| (taken.id, &mut taken.stored));
        let waiting = self.inbox.iter_mut();
        let waiting = waiting.map(|message| (message.id, &mut message.stored));
        taken
            .chain(waiting)
            .filter_map(|(id, stored)| std::mem::take(stored).then_some(id))
            .collect()
    }

    /// Rows for messages that wait, or are in a running episode, and have none yet.
    pub fn store_messages(&mut self) -> Vec<MessageRow> {
        let mut rows = Vec::new();
        let id = &self.identity.instance_id;
        if let Some(Episode { events, taken, .. }) = &mut self.episode {
            for taken in taken.iter_mut().filter(|taken| !taken.stored) {
                taken.stored = true;
                rows.push(MessageRow {
                    id: taken.id,
                    target: id.clone(),
                    execution: taken.execution.clone(),
                    sender: taken.sender.clone(),
                    event: events.slice(&taken.place).to_vec(),
                });
            }
        }
        for message in self.inbox.iter_mut().filter(|message| !message.stored) {
            message.stored = true;
            rows.push(message.to_row());
        }
        rows
    }

    /// Ids of stored messages that an applied or abandoned episode has used up.
    pub(super) fn consumed(taken: &[Taken]) -> impl Iterator<Item = u64> {
        taken
            .iter()
            .filter(|taken| taken.stored)
            .map(|taken| taken.id)
    }
}
