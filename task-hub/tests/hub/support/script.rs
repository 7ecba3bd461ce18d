//! What scripts of orchestrators are made of.

use durable_task::wire::proto::history_event::EventType;
use durable_task::wire::proto::orchestrator_action::OrchestratorActionType as Action;
use durable_task::wire::proto::send_entity_message_action::EntityMessageType;
use durable_task::wire::proto::{
    CompleteOrchestrationAction, CreateSubOrchestrationAction, CreateTimerAction,
    EntityLockRequestedEvent, EntityOperationCalledEvent, EntityOperationSignaledEvent,
    EntityUnlockSentEvent, HistoryEvent, OrchestrationInstance, OrchestrationStatus,
    ScheduleTaskAction, SendEntityMessageAction, SendEventAction,
};
use durable_task::{Failure, Timestamp};

pub fn activity(name: &str, input: &str) -> Action {
    Action::ScheduleTask(ScheduleTaskAction {
        name: name.to_owned(),
        input: Some(input.to_owned()),
        ..ScheduleTaskAction::default()
    })
}

pub fn timer(at: Timestamp) -> Action {
    Action::CreateTimer(CreateTimerAction {
        fire_at: Some(at.into()),
    })
}

pub fn child(id: &str, name: &str, input: &str) -> Action {
    Action::CreateSubOrchestration(CreateSubOrchestrationAction {
        instance_id: id.to_owned(),
        name: name.to_owned(),
        input: Some(input.to_owned()),
        ..CreateSubOrchestrationAction::default()
    })
}

pub fn event(to: &str, name: &str, data: &str) -> Action {
    Action::SendEvent(SendEventAction {
        instance: Some(OrchestrationInstance {
            instance_id: to.to_owned(),
            execution_id: None,
        }),
        name: name.to_owned(),
        data: Some(data.to_owned()),
    })
}

fn entity(message: EntityMessageType) -> Action {
    Action::SendEntityMessage(SendEntityMessageAction {
        entity_message_type: Some(message),
    })
}

pub fn call(target: &str, request: &str, operation: &str, input: &str) -> Action {
    entity(EntityMessageType::EntityOperationCalled(
        EntityOperationCalledEvent {
            request_id: request.to_owned(),
            operation: operation.to_owned(),
            input: Some(input.to_owned()),
            target_instance_id: Some(target.to_owned()),
            ..EntityOperationCalledEvent::default()
        },
    ))
}

pub fn signal(target: &str, operation: &str, input: &str, at: Option<Timestamp>) -> Action {
    entity(EntityMessageType::EntityOperationSignaled(
        EntityOperationSignaledEvent {
            request_id: String::from("signal"),
            operation: operation.to_owned(),
            scheduled_time: at.map(Into::into),
            input: Some(input.to_owned()),
            target_instance_id: Some(target.to_owned()),
        },
    ))
}

pub fn lock(section: &str, entities: &[&str]) -> Action {
    entity(EntityMessageType::EntityLockRequested(
        EntityLockRequestedEvent {
            critical_section_id: section.to_owned(),
            lock_set: entities.iter().map(|id| (*id).to_owned()).collect(),
            ..EntityLockRequestedEvent::default()
        },
    ))
}

pub fn unlock(section: &str, target: &str) -> Action {
    entity(EntityMessageType::EntityUnlockSent(EntityUnlockSentEvent {
        critical_section_id: section.to_owned(),
        target_instance_id: Some(target.to_owned()),
        ..EntityUnlockSentEvent::default()
    }))
}

pub fn complete(result: &str) -> Action {
    Action::CompleteOrchestration(CompleteOrchestrationAction {
        orchestration_status: OrchestrationStatus::Completed.into(),
        result: Some(result.to_owned()),
        ..CompleteOrchestrationAction::default()
    })
}

pub fn fail(message: &str) -> Action {
    Action::CompleteOrchestration(CompleteOrchestrationAction {
        orchestration_status: OrchestrationStatus::Failed.into(),
        failure_details: Some(Failure::new("Broken", message).into()),
        ..CompleteOrchestrationAction::default()
    })
}

pub fn again(input: &str, carry: Vec<HistoryEvent>) -> Action {
    Action::CompleteOrchestration(CompleteOrchestrationAction {
        orchestration_status: OrchestrationStatus::ContinuedAsNew.into(),
        result: Some(input.to_owned()),
        carryover_events: carry,
        ..CompleteOrchestrationAction::default()
    })
}

pub fn input(events: &[HistoryEvent]) -> String {
    events
        .iter()
        .find_map(|event| match &event.event_type {
            Some(EventType::ExecutionStarted(start)) => start.input.clone(),
            _ => None,
        })
        .unwrap_or_default()
}

/// Results of activities, in the order in which they came.
pub fn results(events: &[HistoryEvent]) -> Vec<String> {
    events
        .iter()
        .filter_map(|event| match &event.event_type {
            Some(EventType::TaskCompleted(done)) => done.result.clone(),
            Some(EventType::TaskFailed(failed)) => {
                Some(failed.failure_details.clone().unwrap().error_message)
            }
            _ => None,
        })
        .collect()
}

/// Events raised under a name.
pub fn raised(events: &[HistoryEvent], name: &str) -> Vec<String> {
    events
        .iter()
        .filter_map(|event| match &event.event_type {
            Some(EventType::EventRaised(raised)) if raised.name == name => raised.input.clone(),
            _ => None,
        })
        .collect()
}

/// Replies of entities and grants of locks, in the order in which they came.
pub fn replies(events: &[HistoryEvent]) -> Vec<String> {
    events
        .iter()
        .filter_map(|event| match &event.event_type {
            Some(EventType::EntityOperationCompleted(done)) => done.output.clone(),
            Some(EventType::EntityOperationFailed(failed)) => {
                Some(failed.failure_details.clone().unwrap().error_message)
            }
            Some(EventType::EntityLockGranted(_)) => Some(String::from("granted")),
            _ => None,
        })
        .collect()
}

/// What became of sub-orchestrations.
pub fn children(events: &[HistoryEvent]) -> Vec<Result<String, String>> {
    events
        .iter()
        .filter_map(|event| match &event.event_type {
            Some(EventType::SubOrchestrationInstanceCompleted(done)) => {
                Some(Ok(done.result.clone().unwrap_or_default()))
            }
            Some(EventType::SubOrchestrationInstanceFailed(failed)) => {
                Some(Err(failed.failure_details.clone().unwrap().error_message))
            }
            _ => None,
        })
        .collect()
}

pub fn fired(events: &[HistoryEvent]) -> usize {
    events
        .iter()
        .filter(|event| matches!(event.event_type, Some(EventType::TimerFired(_))))
        .count()
}
