//! What an episode's actions become: history events, messages, tasks, timers.

use std::sync::Arc;

use durable_task::wire::proto::history_event::EventType;
use durable_task::wire::proto::orchestrator_action::OrchestratorActionType as Action;
use durable_task::wire::proto::send_entity_message_action::EntityMessageType as EntityMessage;
use durable_task::wire::proto::{
    ActivityRequest, CompleteOrchestrationAction, CreateSubOrchestrationAction, CreateTimerAction,
    EntityLockRequestedEvent, EntityUnlockSentEvent, EventRaisedEvent, EventSentEvent,
    ExecutionStartedEvent, ExecutionTerminatedEvent, OrchestrationInstance,
    OrchestratorCompletedEvent, OrchestratorResponse, ParentInstanceInfo, ScheduleTaskAction,
    SendEventAction, SubOrchestrationInstanceCreatedEvent, TaskScheduledEvent,
    TerminateOrchestrationAction, TimerCreatedEvent,
};
use durable_task::{EntityId, Failure, InstanceId, Timestamp};
use prost::Message as _;

use super::delta::Delta;
use super::ending::{FIRE_AND_FORGET, Outcome};
use super::limits::CUSTOM_STATUS_BYTES_MAX;
use super::message::Message;
use super::orchestration::{Episode, Orchestration};
use super::{Env, event};
use crate::store::{CriticalSection, TaskKind, TaskRow, TimerRow};

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
        let refused = self.set_custom_status(response.custom_status);
        let mut completion = None;
        for action in response.actions {
            match action.orchestrator_action_type {
                Some(Action::CompleteOrchestration(complete)) => {
                    completion = Some((action.id, complete));
                }
                Some(other) => self.act(action.id, other, env, &mut delta),
                None => {}
            }
        }
        let outcome = match (refused, completion) {
            (Some(failure), _) => Some(Outcome::failed(failure)),
            (None, Some((id, complete))) => Some(Outcome::of_action(id, complete)),
            (None, None) => self.over_limit(&delta, env).map(Outcome::failed),
        };
        match outcome {
            Some(outcome) => self.finish(outcome, env, &mut delta),
            None => self.close_episode(&mut delta),
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

    fn over_limit(&self, delta: &Delta, env: &Env<'_>) -> Option<Failure> {
        let events = self.history.events + delta.history.events();
        let bytes = self.history.bytes + delta.history.len() as u64;
        let (limits, id) = (env.limits, self.id());
        let tenth = |before: u64, after: u64, max: u64| before < max / 10 && after >= max / 10;
        if tenth(self.history.events, events, limits.history_events_max)
            || tenth(self.history.bytes, bytes, limits.history_bytes_max)
        {
            tracing::warn!(
                instance = %id, events, bytes,
                "the history has reached a tenth of its limit; orchestrations that go on use \
                 `continue_as_new`"
            );
        }
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
            // The last one is handled by the caller, rewinding is not offered by this engine.
            Action::CompleteOrchestration(CompleteOrchestrationAction { .. })
            | Action::RewindOrchestration(_) => {}
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
        let mut tags = self.identity.tags.clone();
        tags.remove(FIRE_AND_FORGET);
        tags.extend(child.tags);
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
        let raised = EventType::EventRaised(EventRaisedEvent {
            name: sent.name,
            input: sent.input,
        });
        self.send(target, raised, env, delta);
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

    fn send_entity_message(
        &mut self,
        id: i32,
        message: EntityMessage,
        env: &mut Env<'_>,
        delta: &mut Delta,
    ) {
        match message {
            EntityMessage::EntityOperationCalled(mut call) => {
                call.parent_instance_id = Some(self.id().to_string());
                call.parent_execution_id = Some(self.identity.execution_id.to_string());
                let target = call.target_instance_id.clone().unwrap_or_default();
                let due = call.scheduled_time.map(Timestamp::from);
                let event = EventType::EntityOperationCalled(call);
                self.send_recorded(id, target, due, event, env, delta);
            }
            EntityMessage::EntityOperationSignaled(signal) => {
                let target = signal.target_instance_id.clone().unwrap_or_default();
                let due = signal.scheduled_time.map(Timestamp::from);
                let event = EventType::EntityOperationSignaled(signal);
                self.send_recorded(id, target, due, event, env, delta);
            }
            EntityMessage::EntityLockRequested(request) => {
                self.request_lock(id, request, env, delta);
            }
            EntityMessage::EntityUnlockSent(mut unlock) => {
                unlock.parent_instance_id = Some(self.id().to_string());
                let target = unlock.target_instance_id.clone().unwrap_or_default();
                self.forget_lock(&unlock.critical_section_id, &target);
                let event = EventType::EntityUnlockSent(unlock);
                self.send_recorded(id, target, None, event, env, delta);
            }
        }
    }

    /// Records an entity message and sends it, now or later.
    fn send_recorded(
        &mut self,
        id: i32,
        target: String,
        due: Option<Timestamp>,
        event: EventType,
        env: &mut Env<'_>,
        delta: &mut Delta,
    ) {
        let recorded = delta.record(id, self.updated_at, event);
        let Some(event) = recorded.event_type else {
            return;
        };
        let target = InstanceId::from_stored(target);
        match due {
            Some(due) if due > env.now => {
                delta.timers_opened.push(TimerRow {
                    id: env.row(),
                    target,
                    execution: None,
                    timer_id: None,
                    fire_at: due,
                    sender: Some(self.id().clone()),
                    event: Some(event::incoming(self.updated_at, event).encode_to_vec()),
                });
            }
            _ => self.send(target, event, env, delta),
        }
    }

    /// Entities are locked in one order by all, each once: so no two instances wait for each other.
    fn request_lock(
        &mut self,
        id: i32,
        mut request: EntityLockRequestedEvent,
        env: &mut Env<'_>,
        delta: &mut Delta,
    ) {
        request.parent_instance_id = Some(self.id().to_string());
        let by_name_and_key = |left: &String, right: &String| {
            let order = EntityId::parse(left).cmp(&EntityId::parse(right));
            order.then_with(|| left.cmp(right))
        };
        request.lock_set.sort_by(by_name_and_key);
        request.lock_set.dedup();
        request.position = 0;
        self.locks.push(CriticalSection {
            id: request.critical_section_id.clone(),
            entities: request.lock_set.clone(),
        });
        let first = request.lock_set.first().cloned().unwrap_or_default();
        let event = EventType::EntityLockRequested(request);
        self.send_recorded(id, first, None, event, env, delta);
    }

    fn forget_lock(&mut self, section: &str, entity: &str) {
        for lock in self.locks.iter_mut().filter(|lock| lock.id == section) {
            lock.entities.retain(|held| held != entity);
        }
        self.locks.retain(|lock| !lock.entities.is_empty());
    }

    /// Withdraws lock requests and releases locks.
    pub(super) fn release_locks(&mut self, env: &mut Env<'_>, delta: &mut Delta) {
        for lock in std::mem::take(&mut self.locks) {
            for entity in lock.entities {
                let unlock = EventType::EntityUnlockSent(EntityUnlockSentEvent {
                    critical_section_id: lock.id.clone(),
                    parent_instance_id: Some(self.id().to_string()),
                    target_instance_id: Some(entity.clone()),
                });
                self.send(InstanceId::from_stored(entity), unlock, env, delta);
            }
        }
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
