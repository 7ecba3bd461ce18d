//! Taking a failed instance back to before its failures, and its children with it.
//!
//! An order to rewind is a message. An instance that has ended keeps it until its history has been
//! read; then its history is replaced, and the same message is what wakes the next episode. So a
//! crash at any point leaves either the order or what came of it.

use std::sync::Arc;

use durable_task::wire::proto::history_event::EventType;
use durable_task::wire::proto::{
    ExecutionCompletedEvent, ExecutionRewoundEvent, ExecutionStartedEvent, HistoryEvent,
    OrchestrationInstance, ParentInstanceInfo, SubOrchestrationInstanceCreatedEvent,
};
use durable_task::{ExecutionId, Failure, InstanceId, Rewind, Rewound, Status, rewind};

use super::Env;
use super::delta::{Delta, Drop, RowChange};
use super::event::Chunk;
use super::message::Message;
use super::orchestration::Orchestration;
use crate::store::{HistorySize, TaskKind, TaskRow};

impl Orchestration {
    /// Whether it has ended, and an order waits for which its history is needed.
    pub fn wants_history(&self) -> bool {
        self.is_ended() && self.inbox.iter().any(Message::is_rewind)
    }

    /// What has ended only takes notice of an order. One is enough, but the second one may come
    /// from another execution of its parent.
    pub(super) fn notice_when_ended(
        &mut self,
        message: &Message,
        delta: &mut Delta,
    ) -> Result<bool, Drop> {
        match message.kind() {
            Some(EventType::ExecutionRewound(event)) if self.wants_history() => {
                self.notice_rewind(event, delta);
                Err(Drop::Ended)
            }
            Some(EventType::ExecutionRewound(_)) => Ok(true),
            _ => Err(Drop::Ended),
        }
    }

    /// Whether an order is for a child that this instance is not: one that had its id before, and
    /// was replaced by a client or another parent.
    pub(super) fn is_another_child(&self, message: &Message) -> bool {
        let Some(EventType::ExecutionRewound(event)) = message.kind() else {
            return false;
        };
        let wanted = event.parent_instance.as_ref().map(as_child);
        wanted.is_some() && wanted != self.identity.parent.as_ref().map(as_child)
    }

    /// An order that comes while it runs. Its parent may have another execution now.
    pub(super) fn notice_rewind(&mut self, event: &ExecutionRewoundEvent, delta: &mut Delta) {
        if self.adopt(event) {
            delta.touch();
        }
    }

    /// Answers to the execution of its parent that gave the order. Returns whether that is another.
    fn adopt(&mut self, event: &ExecutionRewoundEvent) -> bool {
        let Some(execution) = &event.parent_execution_id else {
            return false;
        };
        let parent = self.identity.parent.as_ref();
        let known = parent.and_then(|parent| parent.orchestration_instance.as_ref());
        if known.is_none_or(|known| known.execution_id.as_ref() == Some(execution)) {
            return false;
        }
        let parent = Arc::make_mut(&mut self.identity).parent.as_mut();
        if let Some(known) = parent.and_then(|parent| parent.orchestration_instance.as_mut()) {
            known.execution_id = Some(execution.clone());
        }
        true
    }

    /// Who waits for its end.
    fn parent_execution(&self) -> Option<ExecutionId> {
        let parent = self.identity.parent.as_ref()?;
        let parent = parent.orchestration_instance.as_ref()?;
        parent.execution_id.clone().map(ExecutionId::new)
    }

    /// Carries out the order that waits, with the history as it is stored: takes it back to before
    /// its failures. An instance that has not failed tells its parent again how it ended: the
    /// parent's earlier execution had ended before it could hear of that.
    pub fn rewind(&mut self, past: &[HistoryEvent], env: &mut Env<'_>) -> Delta {
        let mut delta = Delta::default();
        let Some(place) = self.inbox.iter().position(Message::is_rewind) else {
            return delta;
        };
        let event = match self.inbox.get(place).and_then(Message::kind) {
            Some(EventType::ExecutionRewound(event)) => event.clone(),
            _ => return delta,
        };
        self.notice_rewind(&event, &mut delta);
        self.updated_at = self.updated_at.max(env.now);
        let order = Rewind {
            reason: event.reason,
            execution_id: env.execution(),
            parent_execution_id: self.parent_execution(),
            at: self.updated_at,
        };
        match (self.ended, rewind(past, &order)) {
            (Some(Status::Failed), Ok(rewound)) => {
                self.go_on_from(rewound, order.execution_id, env, &mut delta);
            }
            (status, _) => {
                if let Some(message) = self.inbox.remove(place) {
                    delta.consume(&message);
                }
                let end = past
                    .iter()
                    .rev()
                    .find_map(completion)
                    .cloned()
                    .unwrap_or_default();
                let status = status.unwrap_or(Status::Failed);
                let (result, failure) = (end.result, end.failure_details);
                self.tell_parent(status, result.as_ref(), failure.as_ref(), env, &mut delta);
            }
        }
        delta
    }

    /// Takes a history that a worker has rewound. The error says what is wrong with it.
    pub(super) fn take_rewound(
        &mut self,
        mut history: Vec<HistoryEvent>,
        env: &mut Env<'_>,
        delta: &mut Delta,
    ) -> Result<(), Failure> {
        let invalid = |problem: &str| {
            let text = format!("the worker's rewound history can't be taken: {problem}");
            Failure::new("InvalidRewind", text).non_retriable()
        };
        if history.iter().any(|event| completion(event).is_some()) {
            return Err(invalid("it has an end"));
        }
        let execution = env.execution();
        let started = history.iter_mut().find_map(started);
        let started = started.ok_or_else(|| invalid("it has no start"))?;
        if started.name != self.identity.name {
            return Err(invalid("it is of another orchestrator"));
        }
        started
            .orchestration_instance
            .get_or_insert_default()
            .execution_id = Some(execution.to_string());
        let rewound = Rewound {
            open_children: open_children(&history),
            failed_children: Vec::new(),
            history,
        };
        let event = rewound.history.iter().rev().find_map(order_of);
        let event = EventType::ExecutionRewound(event.cloned().unwrap_or_default());
        let message = Message::new(env.row(), self.id().clone(), self.updated_at, event);
        self.inbox.push_front(message);
        // It has not ended: its locks are held, its children and timers open.
        self.close_execution(env, delta);
        self.go_on_from(rewound, execution, env, delta);
        Ok(())
    }

    /// Replaces the history, and wakes the children whose answers are wanted.
    fn go_on_from(
        &mut self,
        rewound: Rewound,
        execution: ExecutionId,
        env: &mut Env<'_>,
        delta: &mut Delta,
    ) {
        let Rewound {
            mut history,
            failed_children,
            open_children,
        } = rewound;
        // The order itself is among the new events of the next episode.
        if history.last().is_some_and(|last| order_of(last).is_some()) {
            history.pop();
        }
        if history.last().is_some_and(is_episode_start) {
            history.pop();
        }
        let identity = Arc::make_mut(&mut self.identity);
        identity.execution_id = execution;
        self.ended = None;
        self.started = true;
        self.suspended = false;
        self.parked = false;
        self.locks.clear();
        self.activities.clear();
        self.timers.clear();
        self.children.clear();
        delta.history = Chunk::default();
        for event in &history {
            delta.history.push(event);
        }
        self.history = HistorySize {
            rows: 0,
            events: delta.history.events(),
            bytes: delta.history.len() as u64,
        };
        let input = history.iter_mut().find_map(started);
        delta.row = RowChange::Restarted {
            input: input.and_then(|started| started.input.clone()),
        };
        let reason = self.inbox.iter().find_map(|message| match message.kind() {
            Some(EventType::ExecutionRewound(event)) => event.reason.clone(),
            _ => None,
        });
        for (task_id, child) in failed_children.into_iter().chain(open_children) {
            let created = history.iter().find_map(|event| created(event, task_id));
            let created = created.cloned().unwrap_or_default();
            self.rewind_child(task_id, child, created, reason.clone(), env, delta);
        }
    }

    /// Waits for a child again. The message has all that starts it anew if it is gone.
    fn rewind_child(
        &mut self,
        task_id: i32,
        child: InstanceId,
        created: SubOrchestrationInstanceCreatedEvent,
        reason: Option<String>,
        env: &mut Env<'_>,
        delta: &mut Delta,
    ) {
        let row = env.row();
        self.children.insert(task_id, (row, child.clone()));
        delta.tasks_opened.push(TaskRow {
            id: row,
            instance: self.id().clone(),
            execution: self.identity.execution_id.clone(),
            task_id,
            kind: TaskKind::SubOrchestration(child.clone()),
        });
        let execution = self.identity.execution_id.to_string();
        let order = ExecutionRewoundEvent {
            reason,
            parent_execution_id: Some(execution.clone()),
            instance_id: Some(child.to_string()),
            parent_trace_context: created.parent_trace_context,
            name: Some(created.name),
            version: created.version,
            input: created.input,
            parent_instance: Some(ParentInstanceInfo {
                task_scheduled_id: task_id,
                name: Some(self.identity.name.clone()),
                version: self.identity.version.clone(),
                orchestration_instance: Some(OrchestrationInstance {
                    instance_id: self.id().to_string(),
                    execution_id: Some(execution),
                }),
            }),
            tags: self.tags_of_child(created.tags),
        };
        self.send(child, EventType::ExecutionRewound(order), env, delta);
    }
}

/// The start of a child that is gone, if its parent gave the order.
pub(super) fn start_anew(event: &ExecutionRewoundEvent) -> Option<ExecutionStartedEvent> {
    let parent = event.parent_instance.clone()?;
    Some(ExecutionStartedEvent {
        name: event.name.clone()?,
        version: event.version.clone(),
        input: event.input.clone(),
        parent_instance: Some(parent),
        parent_trace_context: event.parent_trace_context.clone(),
        tags: event.tags.clone(),
        ..ExecutionStartedEvent::default()
    })
}

/// Whose child an instance is: of which of its tasks.
fn as_child(parent: &ParentInstanceInfo) -> (i32, Option<&str>) {
    let instance = parent.orchestration_instance.as_ref();
    let instance = instance.map(|instance| instance.instance_id.as_str());
    (parent.task_scheduled_id, instance)
}

fn completion(event: &HistoryEvent) -> Option<&ExecutionCompletedEvent> {
    match &event.event_type {
        Some(EventType::ExecutionCompleted(end)) => Some(end),
        _ => None,
    }
}

fn started(event: &mut HistoryEvent) -> Option<&mut ExecutionStartedEvent> {
    match &mut event.event_type {
        Some(EventType::ExecutionStarted(started)) => Some(started),
        _ => None,
    }
}

fn order_of(event: &HistoryEvent) -> Option<&ExecutionRewoundEvent> {
    match &event.event_type {
        Some(EventType::ExecutionRewound(order)) => Some(order),
        _ => None,
    }
}

fn is_episode_start(event: &HistoryEvent) -> bool {
    matches!(event.event_type, Some(EventType::OrchestratorStarted(_)))
}

fn created(event: &HistoryEvent, id: i32) -> Option<&SubOrchestrationInstanceCreatedEvent> {
    match &event.event_type {
        Some(EventType::SubOrchestrationInstanceCreated(created)) if event.event_id == id => {
            Some(created)
        }
        _ => None,
    }
}

/// Children without an answer.
fn open_children(history: &[HistoryEvent]) -> Vec<(i32, InstanceId)> {
    use super::ending::FIRE_AND_FORGET;

    let mut open = Vec::new();
    for event in history {
        match &event.event_type {
            Some(EventType::SubOrchestrationInstanceCreated(created))
                if !created.tags.contains_key(FIRE_AND_FORGET) =>
            {
                let child = InstanceId::from_stored(created.instance_id.as_str());
                open.push((event.event_id, child));
            }
            Some(EventType::SubOrchestrationInstanceCompleted(done)) => {
                open.retain(|(id, _)| *id != done.task_scheduled_id);
            }
            Some(EventType::SubOrchestrationInstanceFailed(failed)) => {
                open.retain(|(id, _)| *id != failed.task_scheduled_id);
            }
            _ => {}
        }
    }
    open
}
