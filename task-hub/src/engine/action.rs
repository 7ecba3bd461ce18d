//! What an episode's actions become: history events, messages, tasks, timers.

use std::collections::BTreeMap;
use std::sync::Arc;

use durable_task::wire::proto::history_event::EventType;
use durable_task::wire::proto::orchestrator_action::OrchestratorActionType as Action;
use durable_task::wire::proto::{
    ActivityRequest, CreateSubOrchestrationAction, CreateTimerAction, EventRaisedEvent,
    EventSentEvent, ExecutionStartedEvent, ExecutionTerminatedEvent, OrchestrationInstance,
    OrchestratorCompletedEvent, OrchestratorResponse, ParentInstanceInfo, ScheduleTaskAction,
    SendEventAction, SubOrchestrationInstanceCreatedEvent, TaskScheduledEvent,
    TerminateOrchestrationAction, TimerCreatedEvent,
};
use durable_task::{Failure, InstanceId, Timestamp};

use super::delta::Delta;
use super::ending::{FIRE_AND_FORGET, Outcome};
use super::limits::CUSTOM_STATUS_BYTES_MAX;
use super::message::Message;
use super::orchestration::{Episode, Orchestration};
use super::{Env, payload};
use crate::store::{HistorySize, TaskKind, TaskRow, TimerRow};

impl Orchestration {
    /// Applies a worker's answer to the episode that is running. Without one it changes nothing.
    pub fn apply(&mut self, response: OrchestratorResponse, env: &mut Env<'_>) -> Delta {
        let Some(Episode { events, taken, at }) = self.episode.take() else {
            return Delta::default();
        };
        let mut delta = Delta {
            history: events,
            consumed: Self::consumed(&taken).collect(),
            ..Delta::default()
        };
        self.started = true;
        self.parked = false;
        self.updated_at = at.max(env.now);
        delta.touch();
        let refused =
            payload::of_episode(&response, env.limits).or_else(|| self.malformed(&response));
        let refused = self.set_custom_status(response.custom_status).or(refused);
        let (mut completion, mut rewound) = (None, None);
        // An answer that is refused is refused as a whole.
        let actions = response.actions.into_iter();
        for action in actions.filter(|_| refused.is_none()) {
            match action.orchestrator_action_type {
                Some(Action::CompleteOrchestration(complete)) => {
                    completion = Some((action.id, complete));
                }
                Some(Action::RewindOrchestration(action)) => rewound = Some(action.new_history),
                Some(other) => self.act(action.id, other, env, &mut delta),
                None => {}
            }
        }
        let refused = refused.or_else(|| {
            let history = rewound?;
            self.take_rewound(history, env, &mut delta).err()
        });
        if delta.is_restart() {
            return delta;
        }
        let outcome = match (refused, completion) {
            (Some(failure), _) => Some(Outcome::failed(failure)),
            (None, Some((id, complete))) => Some(Outcome::of_action(id, complete)),
            (None, None) => self.over_limit(&delta, env).map(Outcome::failed),
        };
        if let Some(outcome) = outcome {
            self.finish(outcome, env, &mut delta);
        } else {
            let before = self.history;
            self.close_episode(&mut delta);
            self.warn_at_a_tenth(before, env);
        }
        delta
    }

    /// Records the end of the episode and counts its events.
    pub(super) fn close_episode(&mut self, delta: &mut Delta) {
        let completed = EventType::OrchestratorCompleted(OrchestratorCompletedEvent {});
        delta.record(-1, self.updated_at, completed);
        self.history.events += delta.history.events();
        self.history.bytes += delta.history.len() as u64;
    }

    fn set_custom_status(&mut self, status: Option<String>) -> Option<Failure> {
        let status = status?;
        let bytes = status.encode_utf16().count() * 2;
        if bytes > CUSTOM_STATUS_BYTES_MAX {
            return Some(
                Failure::new(
                    "CustomStatusTooLarge",
                    format!(
                        "the custom status has {bytes} bytes of UTF-16, at most \
                         {CUSTOM_STATUS_BYTES_MAX} are kept"
                    ),
                )
                .non_retriable(),
            );
        }
        if self.custom_status.as_deref() != Some(status.as_str()) {
            self.custom_status = Some(Arc::from(status));
        }
        None
    }

    /// Says once that a history grows, while there is time to do something about it. Measured with
    /// the events that end an episode: steps that are all alike would step over the mark otherwise.
    fn warn_at_a_tenth(&self, before: HistorySize, env: &Env<'_>) {
        let (limits, HistorySize { events, bytes, .. }) = (env.limits, self.history);
        let tenth = |before: u64, after: u64, max: u64| before < max / 10 && after >= max / 10;
        if tenth(before.events, events, limits.history_events_max)
            || tenth(before.bytes, bytes, limits.history_bytes_max)
        {
            tracing::warn!(
                instance = %self.id(), events, bytes,
                "the history has reached a tenth of its limit; orchestrations that go on use \
                 `continue_as_new`"
            );
        }
    }

    fn over_limit(&self, delta: &Delta, env: &Env<'_>) -> Option<Failure> {
        let events = self.history.events + delta.history.events();
        let bytes = self.history.bytes + delta.history.len() as u64;
        let limits = env.limits;
        if events <= limits.history_events_max && bytes <= limits.history_bytes_max {
            return None;
        }
        let message = format!(
            "the history has {events} events and {bytes} bytes; at most {} events \
             (`history_events_max`) and {} bytes (`history_bytes_max`) are kept: use \
             `continue_as_new` in orchestrations that go on",
            limits.history_events_max, limits.history_bytes_max
        );
        Some(Failure::new("HistoryTooLarge", message).non_retriable())
    }

    fn act(&mut self, id: i32, action: Action, env: &mut Env<'_>, delta: &mut Delta) {
        match action {
            Action::ScheduleTask(task) => self.schedule_activity(id, task, env, delta),
            Action::CreateTimer(timer) => self.create_timer(id, timer, env, delta),
            Action::CreateSubOrchestration(child) => self.start_child(id, child, env, delta),
            Action::SendEvent(event) => self.send_event(id, event, env, delta),
            Action::TerminateOrchestration(terminate) => {
                self.terminate_other(terminate, env, delta);
            }
            Action::SendEntityMessage(message) => {
                if let Some(message) = message.entity_message_type {
                    self.send_entity_message(id, message, env, delta);
                }
            }
            // Both are handled by the caller.
            Action::CompleteOrchestration(_) | Action::RewindOrchestration(_) => {}
        }
    }

    fn instance(&self) -> OrchestrationInstance {
        OrchestrationInstance {
            instance_id: self.id().to_string(),
            execution_id: Some(self.identity.execution_id.to_string()),
        }
    }

    fn schedule_activity(
        &mut self,
        id: i32,
        task: ScheduleTaskAction,
        env: &mut Env<'_>,
        delta: &mut Delta,
    ) {
        let recorded = EventType::TaskScheduled(TaskScheduledEvent {
            name: task.name,
            version: task.version,
            input: task.input,
            parent_trace_context: task.parent_trace_context,
            tags: task.tags,
        });
        let recorded = delta.record(id, self.updated_at, recorded);
        let Some(EventType::TaskScheduled(task)) = recorded.event_type else {
            return;
        };
        let row = env.row();
        self.activities.insert(id, row);
        delta.tasks_opened.push(TaskRow {
            id: row,
            instance: self.id().clone(),
            execution: self.identity.execution_id.clone(),
            task_id: id,
            kind: TaskKind::Activity(ActivityRequest {
                name: task.name,
                version: task.version,
                input: task.input,
                orchestration_instance: Some(self.instance()),
                task_id: id,
                parent_trace_context: task.parent_trace_context,
                tags: task.tags,
            }),
        });
    }

    fn create_timer(
        &mut self,
        id: i32,
        timer: CreateTimerAction,
        env: &mut Env<'_>,
        delta: &mut Delta,
    ) {
        let fire_at = timer.fire_at.map_or(self.updated_at, Timestamp::from);
        let created = TimerCreatedEvent {
            fire_at: Some(fire_at.into()),
        };
        delta.record(id, self.updated_at, EventType::TimerCreated(created));
        let row = env.row();
        self.timers.insert(id, (fire_at, row));
        delta.timers_opened.push(TimerRow {
            id: row,
            target: self.id().clone(),
            execution: Some(self.identity.execution_id.clone()),
            timer_id: Some(id),
            fire_at,
            sender: None,
            event: None,
        });
    }

    fn start_child(
        &mut self,
        id: i32,
        child: CreateSubOrchestrationAction,
        env: &mut Env<'_>,
        delta: &mut Delta,
    ) {
        let child_id = if child.instance_id.is_empty() {
            format!("{}:{id}", self.identity.execution_id)
        } else {
            child.instance_id
        };
        let recorded =
            EventType::SubOrchestrationInstanceCreated(SubOrchestrationInstanceCreatedEvent {
                instance_id: child_id,
                name: child.name,
                version: child.version,
                input: child.input,
                parent_trace_context: child.parent_trace_context,
                tags: child.tags,
            });
        let recorded = delta.record(id, self.updated_at, recorded);
        let Some(EventType::SubOrchestrationInstanceCreated(child)) = recorded.event_type else {
            return;
        };
        let target = InstanceId::from_stored(child.instance_id);
        let tags = self.tags_of_child(child.tags);
        if !tags.contains_key(FIRE_AND_FORGET) {
            let row = env.row();
            self.children.insert(id, (row, target.clone()));
            delta.tasks_opened.push(TaskRow {
                id: row,
                instance: self.id().clone(),
                execution: self.identity.execution_id.clone(),
                task_id: id,
                kind: TaskKind::SubOrchestration(target.clone()),
            });
        }
        let start = EventType::ExecutionStarted(ExecutionStartedEvent {
            name: child.name,
            version: child.version,
            input: child.input,
            parent_instance: Some(ParentInstanceInfo {
                task_scheduled_id: id,
                name: Some(self.identity.name.clone()),
                version: self.identity.version.clone(),
                orchestration_instance: Some(self.instance()),
            }),
            parent_trace_context: child.parent_trace_context,
            tags,
            ..ExecutionStartedEvent::default()
        });
        self.send(target, start, env, delta);
    }

    /// A child has the labels of its parent, and its own.
    pub(super) fn tags_of_child(&self, own: BTreeMap<String, String>) -> BTreeMap<String, String> {
        let mut tags = self.identity.tags.clone();
        tags.remove(FIRE_AND_FORGET);
        tags.extend(own);
        tags
    }

    fn send_event(
        &mut self,
        id: i32,
        action: SendEventAction,
        env: &mut Env<'_>,
        delta: &mut Delta,
    ) {
        let to = action.instance.unwrap_or_default();
        let recorded = EventType::EventSent(EventSentEvent {
            instance_id: to.instance_id,
            name: action.name,
            input: action.data,
        });
        let recorded = delta.record(id, self.updated_at, recorded);
        let Some(EventType::EventSent(sent)) = recorded.event_type else {
            return;
        };
        let target = InstanceId::from_stored(sent.instance_id);
        let raised = EventRaisedEvent {
            name: sent.name,
            input: sent.input,
        };
        if target.is_entity() {
            self.send_event_to_entity(&target, &raised, env, delta);
        } else {
            self.send(target, EventType::EventRaised(raised), env, delta);
        }
    }

    /// A termination leaves no event: code that is replayed sends it again, and an instance that
    /// has ended drops it.
    fn terminate_other(
        &mut self,
        action: TerminateOrchestrationAction,
        env: &mut Env<'_>,
        delta: &mut Delta,
    ) {
        let terminated = EventType::ExecutionTerminated(ExecutionTerminatedEvent {
            input: action.reason,
            recurse: action.recurse,
        });
        let target = InstanceId::from_stored(action.instance_id);
        self.send(target, terminated, env, delta);
    }

    /// Sends a message that is not an answer.
    pub(super) fn send(
        &self,
        target: InstanceId,
        event: EventType,
        env: &mut Env<'_>,
        delta: &mut Delta,
    ) {
        let message = Message::new(env.row(), target, self.updated_at, event);
        delta.messages.push(message.sent_by(self.id().clone()));
    }
}
