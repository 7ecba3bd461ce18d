//! Entities: batches, replies, locks.

use std::time::Duration;

use durable_task::wire::proto::history_event::EventType;
use durable_task::wire::proto::operation_action::OperationActionType;
use durable_task::wire::proto::operation_result::ResultType;
use durable_task::wire::proto::{
    EntityBatchResult, EntityLockRequestedEvent, EntityOperationCalledEvent,
    EntityOperationSignaledEvent, EntityUnlockSentEvent, OperationAction, OperationResult,
    OperationResultFailure, OperationResultSuccess, SendSignalAction, StartNewOrchestrationAction,
    TaskFailureDetails,
};

use super::{Outside, id, warnings};
use crate::engine::{Delta, Drop, Entity, Instance, Taking};

fn call(request: &str, from: &str) -> EventType {
    EventType::EntityOperationCalled(EntityOperationCalledEvent {
        request_id: request.to_owned(),
        operation: request.to_owned(),
        parent_instance_id: Some(from.to_owned()),
        parent_execution_id: Some(String::from("e")),
        ..EntityOperationCalledEvent::default()
    })
}

fn signal(operation: &str) -> EventType {
    EventType::EntityOperationSignaled(EntityOperationSignaledEvent {
        operation: operation.to_owned(),
        ..EntityOperationSignaledEvent::default()
    })
}

fn lock(section: &str, from: &str, set: &[&str]) -> EventType {
    EventType::EntityLockRequested(EntityLockRequestedEvent {
        critical_section_id: section.to_owned(),
        lock_set: set.iter().map(|id| (*id).to_owned()).collect(),
        position: 0,
        parent_instance_id: Some(from.to_owned()),
    })
}

fn unlock(section: &str, from: &str) -> EventType {
    EventType::EntityUnlockSent(EntityUnlockSentEvent {
        critical_section_id: section.to_owned(),
        parent_instance_id: Some(from.to_owned()),
        target_instance_id: None,
    })
}

struct Bench {
    outside: Outside,
    entity: Entity,
}

impl Bench {
    fn new() -> Self {
        let mut outside = Outside::new();
        let entity = Entity::new(id("@c@k"), outside.env().now);
        Self { outside, entity }
    }

    fn receive(&mut self, from: &str, event: EventType) -> Delta {
        let message = self.outside.message("@c@k", event).sent_by(id(from));
        self.entity.receive(message, &mut self.outside.env())
    }

    /// The operations that are given out now.
    fn begin(&mut self) -> Vec<String> {
        let request = self.entity.begin(usize::MAX, Taking::Everything);
        request
            .into_iter()
            .flat_map(|request| request.operations)
            .map(|operation| operation.operation)
            .collect()
    }

    fn apply(&mut self, result: EntityBatchResult) -> Delta {
        self.entity.apply(result, &mut self.outside.env())
    }

    fn succeed(&mut self, count: usize) -> Delta {
        self.apply(EntityBatchResult {
            results: vec![success(); count],
            entity_state: Some(String::from("1")),
            ..EntityBatchResult::default()
        })
    }
}

fn success() -> OperationResult {
    OperationResult {
        result_type: Some(ResultType::Success(OperationResultSuccess {
            result: Some(String::from("ok")),
            ..OperationResultSuccess::default()
        })),
    }
}

fn failure(message: &str) -> TaskFailureDetails {
    TaskFailureDetails {
        error_message: message.to_owned(),
        ..TaskFailureDetails::default()
    }
}

/// Whom a delta tells what.
fn told(delta: &Delta) -> Vec<(String, String)> {
    delta
        .messages
        .iter()
        .map(|message| {
            let what = match message.event.event_type.as_ref().unwrap() {
                EventType::EntityOperationCompleted(event) => format!("done {}", event.request_id),
                EventType::EntityOperationFailed(event) => format!(
                    "failed {}: {}",
                    event.request_id,
                    event.failure_details.clone().unwrap().error_message
                ),
                EventType::EntityLockGranted(event) => {
                    format!("granted {}", event.critical_section_id)
                }
                EventType::EntityLockRequested(event) => format!("lock {}", event.position),
                EventType::EntityOperationSignaled(event) => format!("signal {}", event.operation),
                EventType::ExecutionStarted(event) => format!("start {}", event.name),
                other => panic!("{other:?}"),
            };
            (message.target.to_string(), what)
        })
        .collect()
}

fn say(target: &str, what: &str) -> (String, String) {
    (target.to_owned(), what.to_owned())
}

#[test]
fn operations_run_in_batches_in_their_order_and_calls_are_answered() {
    let mut bench = Bench::new();
    bench.receive("a", call("1", "a"));
    bench.receive("b", signal("2"));
    bench.receive("a", call("3", "a"));
    assert_eq!(bench.begin(), ["1", "2", "3"]);
    bench.receive("a", call("4", "a"));
    assert!(!bench.entity.is_ready(), "one batch at a time");
    assert_eq!(bench.entity.backlog(), 4);
    let delta = bench.succeed(3);
    assert_eq!(told(&delta), [say("a", "done 1"), say("a", "done 3")]);
    assert_eq!(bench.entity.state().map(|state| &**state), Some("1"));
    assert_eq!(bench.begin(), ["4"]);
}

#[test]
fn a_batch_has_a_limit() {
    let mut bench = Bench::new();
    for _ in 0..5 {
        bench.receive("a", signal("x"));
    }
    assert_eq!(
        bench
            .entity
            .begin(2, Taking::Everything)
            .unwrap()
            .operations
            .len(),
        2
    );
}

#[test]
fn an_operation_without_a_result_waits_again_in_its_place() {
    let mut bench = Bench::new();
    for operation in ["1", "2", "3"] {
        bench.receive("a", call(operation, "a"));
    }
    bench.begin();
    bench.receive("a", call("4", "a"));
    let delta = bench.succeed(1);
    assert_eq!(told(&delta), [say("a", "done 1")]);
    assert_eq!(bench.begin(), ["2", "3", "4"]);
}

#[test]
fn a_batch_that_is_given_back_waits_again() {
    let mut bench = Bench::new();
    bench.receive("a", call("1", "a"));
    bench.receive("a", call("2", "a"));
    bench.begin();
    bench.receive("a", call("3", "a"));
    bench.entity.put_back();
    assert_eq!(bench.begin(), ["1", "2", "3"]);
}

#[test]
fn a_batch_that_fails_answers_all_its_calls_and_keeps_the_state() {
    let mut bench = Bench::new();
    bench.receive("a", call("0", "a"));
    bench.begin();
    bench.succeed(1);
    bench.receive("a", call("1", "a"));
    bench.receive("b", call("2", "b"));
    bench.begin();
    let delta = bench.apply(EntityBatchResult {
        failure_details: Some(failure("broken")),
        ..EntityBatchResult::default()
    });
    assert_eq!(
        told(&delta),
        [say("a", "failed 1: broken"), say("b", "failed 2: broken")]
    );
    assert_eq!(bench.entity.state().map(|state| &**state), Some("1"));
    assert!(!bench.entity.is_ready());
}

#[test]
fn one_operation_may_fail_alone() {
    let mut bench = Bench::new();
    bench.receive("a", call("1", "a"));
    bench.receive("a", call("2", "a"));
    bench.begin();
    let failed = OperationResult {
        result_type: Some(ResultType::Failure(OperationResultFailure {
            failure_details: Some(failure("no")),
            ..OperationResultFailure::default()
        })),
    };
    let delta = bench.apply(EntityBatchResult {
        results: vec![failed, success()],
        ..EntityBatchResult::default()
    });
    assert_eq!(told(&delta), [say("a", "failed 1: no"), say("a", "done 2")]);
    assert_eq!(bench.entity.state(), None, "a state can be removed");
}

#[test]
fn the_failure_of_a_signal_is_logged_without_its_text() {
    let mut bench = Bench::new();
    let failed = || OperationResult {
        result_type: Some(ResultType::Failure(OperationResultFailure {
            failure_details: Some(TaskFailureDetails {
                error_type: String::from("InvalidInput"),
                ..failure("a secret")
            }),
            ..OperationResultFailure::default()
        })),
    };
    bench.receive("a", signal("put"));
    bench.receive("a", signal("good"));
    bench.receive("a", call("get", "a"));
    bench.begin();
    let logged = warnings::during(|| {
        bench.apply(EntityBatchResult {
            results: vec![failed(), success(), failed()],
            ..EntityBatchResult::default()
        });
    });
    assert_eq!(logged.len(), 1, "{logged:?}");
    for part in [
        "entity=@c@k ",
        "operation=\"put\" ",
        "error_type=\"InvalidInput\" ",
    ] {
        assert!(logged[0].contains(part), "{logged:?}");
    }
    assert!(!logged[0].contains("secret"), "{logged:?}");
}

#[test]
fn an_answer_without_a_batch_changes_nothing() {
    let mut bench = Bench::new();
    let before = bench.entity.clone();
    let delta = bench.succeed(1);
    assert!(delta.is_empty());
    assert_eq!(bench.entity, before);
}

#[test]
fn entities_signal_and_start_others() {
    let mut bench = Bench::new();
    bench.receive("a", signal("1"));
    bench.begin();
    let later = super::NOW.saturating_add(Duration::from_secs(5));
    let signal = |at: Option<durable_task::Timestamp>| {
        OperationActionType::SendSignal(SendSignalAction {
            instance_id: String::from("@c@other"),
            name: String::from("poke"),
            scheduled_time: at.map(Into::into),
            ..SendSignalAction::default()
        })
    };
    let start = OperationActionType::StartNewOrchestration(StartNewOrchestrationAction {
        instance_id: String::from("new"),
        name: String::from("work"),
        ..StartNewOrchestrationAction::default()
    });
    let actions = [signal(None), signal(Some(later)), start];
    let delta = bench.apply(EntityBatchResult {
        results: vec![success()],
        actions: actions
            .into_iter()
            .map(|action| OperationAction {
                id: 0,
                operation_action_type: Some(action),
            })
            .collect(),
        ..EntityBatchResult::default()
    });
    assert_eq!(
        told(&delta),
        [say("@c@other", "signal poke"), say("new", "start work")]
    );
    assert_eq!(delta.timers_opened.len(), 1);
    assert_eq!(delta.timers_opened[0].fire_at, later);
}

#[test]
fn what_an_entity_starts_names_it_as_its_parent_and_tells_it_nothing() {
    let mut outside = Outside::new();
    let mut bench = Bench::new();
    bench.receive("x", signal("go"));
    bench.begin();
    let start = OperationActionType::StartNewOrchestration(StartNewOrchestrationAction {
        instance_id: String::from("new"),
        name: String::from("work"),
        ..StartNewOrchestrationAction::default()
    });
    let mut delta = bench.apply(EntityBatchResult {
        results: vec![success()],
        actions: vec![OperationAction {
            id: 0,
            operation_action_type: Some(start),
        }],
        ..EntityBatchResult::default()
    });
    let mut started = Instance::absent(id("new"), outside.now);
    let order = delta.messages.remove(0);
    started.receive(order, &mut outside.env());
    let orchestration = started.orchestration().unwrap();
    assert_eq!(orchestration.identity.parent_id(), Some("@c@k"));
    let end = super::complete(
        durable_task::wire::proto::OrchestrationStatus::Completed,
        "1",
    );
    let delta = outside.episode(orchestration, vec![end]);
    assert!(told(&delta).is_empty(), "{delta:?}");
    assert!(orchestration.is_ended());
}

#[test]
fn a_lock_is_granted_behind_what_came_before_and_admits_its_holder_only() {
    let mut bench = Bench::new();
    bench.receive("x", signal("before"));
    let delta = bench.receive("a", lock("s", "a", &["@c@k"]));
    assert!(told(&delta).is_empty(), "an operation comes first");
    assert_eq!(bench.begin(), ["before"]);
    let delta = bench.succeed(1);
    assert_eq!(told(&delta), [say("a", "granted s")]);
    bench.receive("x", signal("foreign"));
    assert!(!bench.entity.is_ready());
    bench.receive("a", call("own", "a"));
    assert_eq!(bench.begin(), ["own"]);
    bench.succeed(1);
    bench.receive("b", lock("t", "b", &["@c@k"]));
    let delta = bench.receive("a", unlock("s", "a"));
    assert!(told(&delta).is_empty(), "the foreign signal came first");
    assert_eq!(bench.begin(), ["foreign"]);
    let delta = bench.succeed(1);
    assert_eq!(told(&delta), [say("b", "granted t")]);
}

#[test]
fn a_lock_request_is_passed_on_until_the_last_entity() {
    let mut bench = Bench::new();
    let delta = bench.receive("a", lock("s", "a", &["@c@k", "@c@l"]));
    assert_eq!(told(&delta), [say("@c@l", "lock 1")]);
    assert_eq!(bench.entity.lock().unwrap().holder, id("a"));
    let mut last = Bench::new();
    let mut request = EntityLockRequestedEvent {
        critical_section_id: String::from("s"),
        lock_set: vec![String::from("@c@j"), String::from("@c@k")],
        position: 1,
        parent_instance_id: Some(String::from("a")),
    };
    let delta = last.receive("@c@j", EventType::EntityLockRequested(request.clone()));
    assert_eq!(told(&delta), [say("a", "granted s")]);
    request.position = -5;
    let mut odd = Bench::new();
    let delta = odd.receive("x", EventType::EntityLockRequested(request));
    assert_eq!(
        told(&delta),
        [say("a", "granted s")],
        "no entity can be meant"
    );
}

#[test]
fn releases_of_others_and_unknown_ones_change_nothing() {
    let mut bench = Bench::new();
    bench.receive("a", lock("s", "a", &["@c@k"]));
    for (section, from) in [("t", "a"), ("s", "b"), ("", "")] {
        let delta = bench.receive(from, unlock(section, from));
        assert_eq!(delta.dropped, [Drop::NoChange]);
        assert!(bench.entity.lock().is_some());
    }
    bench.receive("a", unlock("s", "a"));
    assert!(bench.entity.lock().is_none());
    let delta = bench.receive("a", unlock("s", "a"));
    assert_eq!(delta.dropped, [Drop::NoChange]);
}

#[test]
fn a_withdrawn_request_is_never_granted() {
    let mut bench = Bench::new();
    bench.receive("a", lock("s", "a", &["@c@k"]));
    bench.receive("b", lock("t", "b", &["@c@k"]));
    bench.receive("c", lock("u", "c", &["@c@k"]));
    let delta = bench.receive("b", unlock("t", "b"));
    assert_eq!(delta.dropped, [Drop::Withdrawn, Drop::NoChange]);
    let delta = bench.receive("a", unlock("s", "a"));
    assert_eq!(told(&delta), [say("c", "granted u")]);
}

#[test]
fn what_no_entity_understands_is_dropped() {
    let mut bench = Bench::new();
    let raised = bench.outside.raised("@c@k", "go");
    let delta = bench.entity.receive(raised, &mut bench.outside.env());
    assert_eq!(delta.dropped, [Drop::NotUnderstood]);
    assert_eq!(bench.entity.backlog(), 0);
}
