//! Messages to entities: calls, signals, lock requests, releases, and their replies.

use std::panic::Location;

use crate::wire::proto::orchestrator_action::OrchestratorActionType as Action;
use crate::wire::proto::send_entity_message_action::EntityMessageType as Message;
use crate::wire::proto::{
    EntityLockRequestedEvent, EntityOperationCalledEvent, EntityOperationSignaledEvent,
    EntityUnlockSentEvent, SendEntityMessageAction,
};
use crate::{EntityId, OrchestrationError, Timestamp};

use super::EntityMessageForm;
use super::critical_section::LockSet;
use super::replay::Effect;
use super::state::{Request, State, TaskKind, outcome_bytes};
use super::{Outcome, scope::Awaited};

impl State {
    /// A message in the form that the backend takes.
    fn message(&mut self, message: Message) -> Action {
        match self.options.entity_messages {
            EntityMessageForm::SendEntityMessage => {
                Action::SendEntityMessage(SendEntityMessageAction {
                    entity_message_type: Some(message),
                })
            }
            EntityMessageForm::SendEvent => Action::SendEvent(self.entity_event(message)),
        }
    }

    /// Calls an entity.
    pub(crate) fn call_entity(
        &mut self,
        entity: &EntityId,
        operation: &str,
        input: String,
        at: &'static Location<'static>,
    ) -> Result<i32, OrchestrationError> {
        self.section
            .may_call(entity)
            .map_err(OrchestrationError::NotAllowed)?;
        let request_id = self.guid().to_string();
        let call = Message::EntityOperationCalled(EntityOperationCalledEvent {
            request_id: request_id.clone(),
            operation: operation.to_owned(),
            scheduled_time: None,
            input: Some(input),
            parent_instance_id: Some(self.identity.instance.as_str().to_owned()),
            parent_execution_id: Some(self.identity.execution.as_str().to_owned()),
            target_instance_id: Some(entity.to_string()),
        });
        let action = self.message(call);
        let task = self.task(TaskKind::Entity, action, at);
        let called = Some(entity.clone());
        self.requests.insert(request_id, Request { task, called });
        self.section.call_sent(entity);
        Ok(task)
    }

    /// Sends a one-way operation to an entity.
    pub(crate) fn signal_entity(
        &mut self,
        entity: &EntityId,
        operation: &str,
        input: String,
        scheduled: Option<Timestamp>,
        at: &'static Location<'static>,
    ) -> Result<(), OrchestrationError> {
        self.section
            .may_signal(entity)
            .map_err(OrchestrationError::NotAllowed)?;
        let request_id = self.guid().to_string();
        let signal = Message::EntityOperationSignaled(EntityOperationSignaledEvent {
            request_id,
            operation: operation.to_owned(),
            scheduled_time: scheduled.map(Into::into),
            input: Some(input),
            target_instance_id: Some(entity.to_string()),
        });
        let action = self.message(signal);
        self.command(action, at);
        Ok(())
    }

    /// Requests a lock; returns the task and the id of the critical section.
    pub(crate) fn request_lock(
        &mut self,
        set: LockSet,
        at: &'static Location<'static>,
    ) -> Result<(i32, String), OrchestrationError> {
        self.section
            .may_lock()
            .map_err(OrchestrationError::NotAllowed)?;
        let id = self.guid().to_string();
        let request = Message::EntityLockRequested(EntityLockRequestedEvent {
            critical_section_id: id.clone(),
            lock_set: set.iter().map(ToString::to_string).collect(),
            position: 0,
            parent_instance_id: Some(self.identity.instance.as_str().to_owned()),
        });
        let action = self.message(request);
        let task = self.task(TaskKind::Entity, action, at);
        let called = None;
        self.requests.insert(id.clone(), Request { task, called });
        self.section.requested(id.clone(), set);
        Ok((task, id))
    }

    /// Nobody waits for the lock any more: it is released as soon as it is granted.
    pub(crate) fn abandon_lock(&mut self, id: &str, at: &'static Location<'static>) {
        if self.is_closed() {
            return;
        }
        if self.section.is_granted(id) {
            self.leave(id, at);
        } else {
            self.section.abandon(id);
        }
    }

    /// Leaves a critical section and releases its entities.
    pub(crate) fn leave(&mut self, id: &str, at: &'static Location<'static>) {
        if !self.is_closed() && self.section.is_granted(id) {
            self.release_locks(at);
        }
    }

    /// Releases what is locked.
    pub(super) fn release_locks(&mut self, at: &'static Location<'static>) {
        if let Some((id, set)) = self.section.leave() {
            self.unlock(&id, &set, at);
        }
    }

    fn unlock(&mut self, id: &str, set: &LockSet, at: &'static Location<'static>) {
        for entity in set.iter() {
            let unlock = Message::EntityUnlockSent(EntityUnlockSentEvent {
                critical_section_id: id.to_owned(),
                parent_instance_id: Some(self.identity.instance.as_str().to_owned()),
                target_instance_id: Some(entity.to_string()),
            });
            let action = self.message(unlock);
            self.command(action, at);
        }
    }

    /// An entity has answered a call.
    pub(super) fn entity_answered(&mut self, request_id: &str, outcome: Outcome) -> Effect {
        let Some(request) = self.requests.remove(request_id) else {
            return Effect::Nothing;
        };
        match &request.called {
            Some(entity) => self.section.call_answered(entity),
            None => return self.lock_granted_to(request_id, request.task),
        }
        self.complete_task(request.task, TaskKind::Entity, outcome)
    }

    /// The last entity of a lock set has granted the lock.
    pub(super) fn lock_granted(&mut self, id: &str) -> Effect {
        match self.requests.remove(id) {
            Some(request) => self.lock_granted_to(id, request.task),
            None => Effect::Nothing,
        }
    }

    fn lock_granted_to(&mut self, id: &str, task: i32) -> Effect {
        if let Some(set) = self.section.grant(id) {
            self.unlock(id, &set, Location::caller());
            return Effect::Nothing;
        }
        self.complete_task(task, TaskKind::Entity, Ok(None))
    }

    /// A task has its outcome. Replies to closed or unknown tasks, and second ones, are ignored.
    pub(super) fn complete_task(&mut self, id: i32, kind: TaskKind, outcome: Outcome) -> Effect {
        match self.tasks.get_mut(&id) {
            Some(task) if task.kind == kind && task.outcome.is_none() => {
                task.outcome = Some(outcome);
                self.unread_outcome_bytes += outcome_bytes(task.outcome.as_ref());
                self.scopes.done(Awaited::Task(id));
                Effect::Progress
            }
            _ => Effect::Nothing,
        }
    }
}
