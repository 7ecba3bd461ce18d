//! What is wrong with a worker's answer, before any of it is applied.

use std::collections::BTreeSet;

use durable_task::wire::proto::OrchestratorResponse;
use durable_task::wire::proto::orchestrator_action::OrchestratorActionType as Action;
use durable_task::wire::proto::send_entity_message_action::EntityMessageType as EntityMessage;
use durable_task::{EntityId, Failure, InstanceId};

use super::orchestration::Orchestration;

impl Orchestration {
    /// Why the answer can't be applied, if it can't: something would wait for ever, or get the
    /// reply to something else. The orchestration fails with it, and nothing of the answer is done.
    pub(super) fn malformed(&self, response: &OrchestratorResponse) -> Option<Failure> {
        let mut ids = BTreeSet::new();
        let problem = response.actions.iter().find_map(|action| {
            let id = action.id;
            let Some(what) = &action.orchestrator_action_type else {
                return Some(format!("action {id} is of no kind that this engine knows"));
            };
            if awaits(what) && (self.is_open(id) || !ids.insert(id)) {
                return Some(format!("two open tasks or timers have the id {id}"));
            }
            nowhere(what).map(|problem| format!("action {id} {problem}"))
        })?;
        let message = format!("the worker's answer can't be applied: {problem}");
        Some(Failure::new("MalformedAnswer", message).non_retriable())
    }

    fn is_open(&self, id: i32) -> bool {
        self.activities.contains_key(&id)
            || self.children.contains_key(&id)
            || self.timers.contains_key(&id)
    }
}

/// Whether something comes back under the id of the action.
fn awaits(action: &Action) -> bool {
    matches!(
        action,
        Action::ScheduleTask(_) | Action::CreateTimer(_) | Action::CreateSubOrchestration(_)
    )
}

/// What is wrong with the target of something whose reply is waited for.
fn nowhere(action: &Action) -> Option<String> {
    match action {
        Action::CreateSubOrchestration(child)
            if InstanceId::from_stored(child.instance_id.as_str()).is_entity() =>
        {
            Some(format!("starts the entity `{}`", child.instance_id))
        }
        Action::SendEntityMessage(message) => match message.entity_message_type.as_ref() {
            Some(EntityMessage::EntityOperationCalled(call)) => {
                let target = call.target_instance_id.as_deref().unwrap_or_default();
                not_an_entity(target).map(|target| format!("calls {target}"))
            }
            Some(EntityMessage::EntityLockRequested(request)) => {
                let mut targets = request.lock_set.iter();
                targets
                    .find_map(|target| not_an_entity(target))
                    .map(|target| format!("locks {target}"))
                    .or_else(|| {
                        let none = request.lock_set.is_empty();
                        none.then(|| String::from("locks nothing"))
                    })
            }
            Some(_) => None,
            None => Some(String::from("sends an entity nothing")),
        },
        _ => None,
    }
}

fn not_an_entity(target: &str) -> Option<String> {
    EntityId::parse(target)
        .is_none()
        .then(|| format!("`{target}`, which is no entity"))
}
