//! How an execution ends: completion, failure, termination, continue-as-new.

use std::collections::BTreeSet;
use std::sync::Arc;

use durable_task::wire::proto::history_event::EventType;
use durable_task::wire::proto::{
    CompleteOrchestrationAction, ExecutionCompletedEvent, ExecutionStartedEvent,
    ExecutionTerminatedEvent, HistoryEvent, OrchestrationInstance, OrchestrationStatus,
    OrchestratorStartedEvent, SubOrchestrationInstanceCompletedEvent,
    SubOrchestrationInstanceFailedEvent, TaskFailureDetails,
};
use durable_task::{ExecutionId, Failure, InstanceId, Status};

use super::delta::{Delta, RowChange};
use super::event::Chunk;
use super::message::Message;
use super::orchestration::Orchestration;
use super::{Drop, Env};
use crate::store::{End, HistorySize};

/// The tag of a sub-orchestration that nobody waits for.
pub(super) const FIRE_AND_FORGET: &str = "FireAndForget";

/// How an episode ends its execution.
pub(super) enum Outcome {
    Ended {
        event_id: i32,
        status: Status,
        result: Option<String>,
        failure: Option<TaskFailureDetails>,
    },
    ContinuedAsNew(CompleteOrchestrationAction),
}

impl Outcome {
    pub(super) fn failed(failure: Failure) -> Self {
        Self::Ended {
            event_id: -1,
            status: Status::Failed,
            result: None,
            failure: Some(failure.into()),
        }
    }

    pub(super) fn of_action(event_id: i32, action: CompleteOrchestrationAction) -> Self {
        let status = match action.orchestration_status() {
            OrchestrationStatus::ContinuedAsNew => return Self::ContinuedAsNew(action),
            OrchestrationStatus::Failed => Status::Failed,
            OrchestrationStatus::Terminated => Status::Terminated,
            OrchestrationStatus::Canceled => Status::Canceled,
            OrchestrationStatus::Completed
            | OrchestrationStatus::Running
            | OrchestrationStatus::Pending
            | OrchestrationStatus::Suspended => Status::Completed,
        };
        let unexplained = || {
            let message = action.details.clone().or_else(|| action.result.clone());
            Failure::new("OrchestrationFailed", message.unwrap_or_default()).into()
        };
        Self::Ended {
            event_id,
            status,
            failure: match status {
                Status::Failed => {
                    let given = action.failure_details.clone();
                    Some(given.map_or_else(unexplained, TaskFailureDetails::bounded))
                }
                _ => None,
            },
            result: action.result,
        }
    }
}

impl Orchestration {
    /// Ends the execution after an episode.
    pub(super) fn finish(&mut self, outcome: Outcome, env: &mut Env<'_>, delta: &mut Delta) {
        match outcome {
            Outcome::Ended {
                event_id,
                status,
                result,
                failure,
            } => self.end(event_id, status, result, failure, env, delta),
            Outcome::ContinuedAsNew(action) => self.continue_as_new(action, env, delta),
        }
    }

    /// Ends the instance from outside, also while it is suspended, parked or in an episode.
    pub(super) fn terminate(
        &mut self,
        reason: Option<String>,
        recurse: bool,
        env: &mut Env<'_>,
        delta: &mut Delta,
    ) {
        self.updated_at = self.updated_at.max(env.now);
        let at = self.updated_at;
        if let Some(episode) = self.episode.take() {
            delta.history.append(&episode.events);
            delta.consumed.extend(Self::consumed(&episode.taken));
        } else {
            let marker = EventType::OrchestratorStarted(OrchestratorStartedEvent {});
            delta.record(-1, at, marker);
            if let Some(place) = self.inbox.iter().position(Message::is_start)
                && let Some(start) = self.inbox.remove(place)
            {
                delta.history.push(&start.event);
                delta.consume(&start);
            }
        }
        let terminated = EventType::ExecutionTerminated(ExecutionTerminatedEvent {
            input: reason.clone(),
            recurse,
        });
        delta.record(-1, at, terminated);
        if recurse {
            for (_, child) in self.children.values() {
                let terminated = EventType::ExecutionTerminated(ExecutionTerminatedEvent {
                    input: reason.clone(),
                    recurse,
                });
                self.send(child.clone(), terminated, env, delta);
            }
        }
        self.end(-1, Status::Terminated, reason, None, env, delta);
    }

    /// Ends a live instance whose id is wanted for another one.
    pub fn end_for_replacement(&mut self, env: &mut Env<'_>) -> Delta {
        let mut delta = Delta::default();
        let reason = String::from("replaced by a new instance with its id");
        self.terminate(Some(reason), false, env, &mut delta);
        delta
    }

    fn end(
        &mut self,
        event_id: i32,
        status: Status,
        result: Option<String>,
        failure: Option<TaskFailureDetails>,
        env: &mut Env<'_>,
        delta: &mut Delta,
    ) {
        let at = self.updated_at;
        let completed = EventType::ExecutionCompleted(ExecutionCompletedEvent {
            orchestration_status: wire_status(status) as i32,
            result: result.clone(),
            failure_details: failure.clone(),
        });
        if has_bug!(SecondEnd) {
            delta.record(event_id, at, completed.clone());
        }
        delta.record(event_id, at, completed);
        self.cancel_activities(delta);
        self.close_execution(env, delta);
        for message in std::mem::take(&mut self.inbox) {
            delta.drop_message(&message, Drop::Ended);
        }
        self.tell_parent(status, result.as_ref(), failure.as_ref(), env, delta);
        self.suspended = false;
        self.parked = false;
        self.ended = Some(status);
        delta.touch();
        delta.end = Some(End {
            completed_at: at,
            output: result,
            failure,
        });
        self.close_episode(delta);
    }

    /// Closes the activities that an instance which ends has left open, and tells them that nobody
    /// wants their results. What its last episode has scheduled runs: it was its last word.
    fn cancel_activities(&mut self, delta: &mut Delta) {
        let last: BTreeSet<u64> = delta.tasks_opened.iter().map(|task| task.id).collect();
        for row in std::mem::take(&mut self.activities).into_values() {
            if !last.contains(&row) {
                delta.tasks_closed.push(row);
                delta.tasks_cancelled.push(row);
            }
        }
    }

    /// Closes what only the execution that ends could have used. Activities that are left run to
    /// their end: their rows are closed by their results.
    pub(super) fn close_execution(&mut self, env: &mut Env<'_>, delta: &mut Delta) {
        if !has_bug!(LockNotReleased) {
            self.release_locks(env, delta);
        }
        self.activities.clear();
        let children = std::mem::take(&mut self.children);
        delta
            .tasks_closed
            .extend(children.into_values().map(|(row, _)| row));
        let timers = std::mem::take(&mut self.timers);
        delta.timers_closed.extend(timers.into_values());
    }

    pub(super) fn tell_parent(
        &self,
        status: Status,
        result: Option<&String>,
        failure: Option<&TaskFailureDetails>,
        env: &mut Env<'_>,
        delta: &mut Delta,
    ) {
        let Some(parent) = &self.identity.parent else {
            return;
        };
        if self.identity.tags.contains_key(FIRE_AND_FORGET) {
            return;
        }
        let task_scheduled_id = parent.task_scheduled_id;
        let event = if status == Status::Completed {
            EventType::SubOrchestrationInstanceCompleted(SubOrchestrationInstanceCompletedEvent {
                task_scheduled_id,
                result: result.cloned(),
            })
        } else {
            let ended_otherwise = || {
                let reason = result.map(String::as_str).unwrap_or_default();
                let message = format!("orchestration `{}` ended: {reason}", self.id());
                Failure::new(format!("Orchestration{status:?}"), message).into()
            };
            EventType::SubOrchestrationInstanceFailed(SubOrchestrationInstanceFailedEvent {
                task_scheduled_id,
                failure_details: Some(failure.cloned().unwrap_or_else(ended_otherwise)),
            })
        };
        let to = parent.orchestration_instance.clone().unwrap_or_default();
        delta.messages.push(self.to_parent(to, event, env));
    }

    fn to_parent(&self, to: OrchestrationInstance, event: EventType, env: &mut Env<'_>) -> Message {
        let target = InstanceId::from_stored(to.instance_id);
        let message =
            Message::new(env.row(), target, self.updated_at, event).sent_by(self.id().clone());
        match to.execution_id {
            Some(execution) => message.for_execution(ExecutionId::new(execution)),
            None => message,
        }
    }

    /// Goes on as a new execution: nothing of the old one is kept but messages for any execution.
    fn continue_as_new(
        &mut self,
        action: CompleteOrchestrationAction,
        env: &mut Env<'_>,
        delta: &mut Delta,
    ) {
        self.close_execution(env, delta);
        delta.history = Chunk::default();
        self.history = HistorySize::default();
        let identity = Arc::make_mut(&mut self.identity);
        identity.execution_id = env.execution();
        identity.generation += 1;
        // Without a wish it goes on with the newest version, which the next episode decides.
        identity.version = action.new_version;
        identity.version_by_hub = false;
        if !action.tags.is_empty() {
            identity.tags = action.tags;
        }
        let start = ExecutionStartedEvent {
            name: identity.name.clone(),
            version: identity.version.clone(),
            input: action.result.clone(),
            orchestration_instance: Some(OrchestrationInstance {
                instance_id: identity.instance_id.to_string(),
                execution_id: Some(identity.execution_id.to_string()),
            }),
            parent_instance: identity.parent.clone(),
            tags: identity.tags.clone(),
            parent_trace_context: identity.trace_context.clone(),
            ..ExecutionStartedEvent::default()
        };
        delta.row = RowChange::Restarted {
            input: action.result,
        };
        self.put_first(start, action.carryover_events, env, delta);
    }

    /// Puts the start and what it carries over before everything that waits.
    fn put_first(
        &mut self,
        start: ExecutionStartedEvent,
        carried: Vec<HistoryEvent>,
        env: &mut Env<'_>,
        delta: &mut Delta,
    ) {
        let (id, at) = (self.id().clone(), self.updated_at);
        let execution = self.identity.execution_id.clone();
        let start = EventType::ExecutionStarted(start);
        let start = Message::new(env.row(), id.clone(), at, start).for_execution(execution);
        let carried = carried.into_iter().filter_map(|event| event.event_type);
        let mut first = vec![start];
        first.extend(carried.map(|event| Message::new(env.row(), id.clone(), at, event)));
        for mut message in std::mem::take(&mut self.inbox) {
            if message.execution.is_some() {
                delta.drop_message(&message, Drop::OtherExecution);
                continue;
            }
            // Ids are the order: what waited comes after what was carried over, so it gets a new
            // one.
            delta.consume(&message);
            message.stored = false;
            message.id = env.row();
            self.inbox.push_back(message);
        }
        for message in first.into_iter().rev() {
            self.inbox.push_front(message);
        }
    }
}

fn wire_status(status: Status) -> OrchestrationStatus {
    match status {
        Status::Pending => OrchestrationStatus::Pending,
        Status::Running => OrchestrationStatus::Running,
        Status::Suspended => OrchestrationStatus::Suspended,
        Status::Completed => OrchestrationStatus::Completed,
        Status::Failed => OrchestrationStatus::Failed,
        Status::Terminated => OrchestrationStatus::Terminated,
        Status::Canceled => OrchestrationStatus::Canceled,
        Status::ContinuedAsNew => OrchestrationStatus::ContinuedAsNew,
    }
}
