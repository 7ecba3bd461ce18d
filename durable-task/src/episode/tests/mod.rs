//! Tests of the core: events in, commands out. Every scenario runs cold (each episode replays) and
//! warm (each episode goes on), with the same expectations.

mod activities;
mod children;
mod entities;
mod entity_events;
mod events;
mod joins;
mod lifecycle;
mod locks;
mod misuse;
mod random_orchestrations;
mod replay;
mod sizes;
mod timers;

use std::future::Future;
use std::time::Duration;

use serde::Serialize;

use crate::episode::Identity;
use crate::testing::{HistoryBuilder, TestOrchestration};
use crate::wire::proto::history_event::EventType;
use crate::wire::proto::orchestrator_action::OrchestratorActionType as Action;
use crate::wire::proto::send_entity_message_action::EntityMessageType as Message;
use crate::wire::proto::{CompleteOrchestrationAction, OrchestrationStatus, OrchestratorAction};
use crate::{
    ExecutionId, Failure, InstanceId, OrchestrationContext, OrchestrationError, Registry, Timestamp,
};

const SECOND: Duration = Duration::from_secs(1);

/// 2024-01-01T00:00:00Z, when every test begins.
const START: Timestamp = Timestamp::from_ticks(1_704_067_200 * 10_000_000);

/// A registry with one orchestrator, `test`.
fn registry<O, F, Fut>(run: F) -> Registry
where
    O: Serialize + 'static,
    F: Fn(OrchestrationContext) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<O, OrchestrationError>> + 'static,
{
    let mut registry = Registry::new();
    registry
        .orchestrator_fn("test", "", move |ctx, _: serde_json::Value| run(ctx))
        .unwrap();
    registry
}

/// For tests that need the session itself.
fn identity() -> Identity {
    Identity {
        instance: InstanceId::new("i").unwrap(),
        execution: ExecutionId::new("e"),
        name: String::from("test"),
        version: String::new(),
        newest_version: String::new(),
        parent: None,
        tags: std::collections::BTreeMap::new(),
        records_version: false,
    }
}

fn begin() -> HistoryBuilder {
    HistoryBuilder::new("test", "i", &())
}

/// Runs a scenario cold and warm.
fn both(registry: &Registry, scenario: impl Fn(&mut TestOrchestration)) {
    scenario(&mut TestOrchestration::start(registry, begin()));
    scenario(&mut TestOrchestration::start_warm(registry, begin()));
}

impl TestOrchestration {
    /// Runs an episode one second later; returns what it asked for, in words.
    fn then(&mut self, add: impl FnOnce(HistoryBuilder) -> HistoryBuilder) -> Vec<String> {
        self.episode(SECOND, add);
        self.said()
    }

    /// What the last episode asked for, in words.
    fn said(&self) -> Vec<String> {
        self.actions().iter().map(describe).collect()
    }

    fn failure(&self) -> Failure {
        self.result().expect("ended").expect_err("failed")
    }
}

/// One line per action.
fn describe(action: &OrchestratorAction) -> String {
    let what = match action.orchestrator_action_type.as_ref().unwrap() {
        Action::ScheduleTask(task) => {
            format!("activity {} {}", task.name, text(task.input.as_ref()))
        }
        Action::CreateTimer(timer) => {
            let fire_at = Timestamp::from(timer.fire_at.unwrap());
            format!("timer {}", fire_at.saturating_since(START).as_secs())
        }
        Action::CreateSubOrchestration(child) => format!(
            "child {} {} {}",
            child.instance_id,
            child.name,
            text(child.input.as_ref())
        ),
        Action::SendEvent(event) => format!(
            "event {} {} {}",
            event.instance.as_ref().unwrap().instance_id,
            event.name,
            text(event.data.as_ref())
        ),
        Action::SendEntityMessage(message) => {
            describe_message(message.entity_message_type.as_ref().unwrap())
        }
        Action::CompleteOrchestration(complete) => describe_completion(complete),
        Action::TerminateOrchestration(terminate) => format!(
            "terminate {} {}",
            terminate.instance_id,
            text(terminate.reason.as_ref())
        ),
        Action::RewindOrchestration(_) => String::from("rewind"),
    };
    format!("{} {what}", action.id)
}

fn describe_message(message: &Message) -> String {
    match message {
        Message::EntityOperationCalled(call) => format!(
            "call {} {} {}",
            text(call.target_instance_id.as_ref()),
            call.operation,
            text(call.input.as_ref())
        ),
        Message::EntityOperationSignaled(signal) => {
            let at = signal.scheduled_time.map_or_else(String::new, |time| {
                let after = Timestamp::from(time).saturating_since(START);
                format!(" at {}", after.as_secs())
            });
            format!(
                "signal {} {} {}{at}",
                text(signal.target_instance_id.as_ref()),
                signal.operation,
                text(signal.input.as_ref())
            )
        }
        Message::EntityLockRequested(lock) => {
            format!("lock {} at {}", lock.lock_set.join(" "), lock.position)
        }
        Message::EntityUnlockSent(unlock) => {
            format!("unlock {}", text(unlock.target_instance_id.as_ref()))
        }
    }
}

fn describe_completion(complete: &CompleteOrchestrationAction) -> String {
    let result = text(complete.result.as_ref());
    match complete.orchestration_status() {
        OrchestrationStatus::Completed => format!("completed {result}"),
        OrchestrationStatus::Failed => {
            let details = complete.failure_details.as_ref().unwrap();
            format!("failed {}: {}", details.error_type, details.error_message)
        }
        OrchestrationStatus::Terminated => format!("terminated {result}"),
        OrchestrationStatus::ContinuedAsNew => {
            let carried = complete.carryover_events.iter().map(|event| {
                let Some(EventType::EventRaised(raised)) = &event.event_type else {
                    panic!("{event:?} is carried over");
                };
                format!(" {}={}", raised.name, text(raised.input.as_ref()))
            });
            format!("continued {result}{}", carried.collect::<String>())
        }
        other => panic!("{other:?}"),
    }
}

fn text(text: Option<&String>) -> &str {
    text.map_or("-", String::as_str)
}
