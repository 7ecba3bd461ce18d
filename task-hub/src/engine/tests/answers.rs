//! Answers that can't be applied, and answers that are odd but can.

use durable_task::Status;
use durable_task::wire::proto::orchestrator_action::OrchestratorActionType as Action;
use durable_task::wire::proto::send_entity_message_action::EntityMessageType as EntityMessage;
use durable_task::wire::proto::{
    CreateSubOrchestrationAction, CreateTimerAction, EntityLockRequestedEvent,
    EntityOperationCalledEvent, OrchestrationInstance, OrchestrationStatus, OrchestratorAction,
    OrchestratorResponse, SendEntityMessageAction, SendEventAction,
};

use super::{Outside, activity, complete, id, response};
use crate::engine::{Delta, Orchestration, Taking};
use crate::store::TaskKind;

fn child(instance: &str) -> Action {
    Action::CreateSubOrchestration(CreateSubOrchestrationAction {
        instance_id: instance.to_owned(),
        name: String::from("child"),
        ..CreateSubOrchestrationAction::default()
    })
}

fn timer() -> Action {
    Action::CreateTimer(CreateTimerAction::default())
}

fn entity(message: Option<EntityMessage>) -> Action {
    Action::SendEntityMessage(SendEntityMessageAction {
        entity_message_type: message,
    })
}

fn call(target: &str) -> Action {
    entity(Some(EntityMessage::EntityOperationCalled(
        EntityOperationCalledEvent {
            target_instance_id: Some(target.to_owned()),
            ..EntityOperationCalledEvent::default()
        },
    )))
}

fn lock(targets: &[&str]) -> Action {
    entity(Some(EntityMessage::EntityLockRequested(
        EntityLockRequestedEvent {
            lock_set: targets.iter().map(|target| (*target).to_owned()).collect(),
            ..EntityLockRequestedEvent::default()
        },
    )))
}

fn with_ids(actions: Vec<(i32, Option<Action>)>) -> OrchestratorResponse {
    OrchestratorResponse {
        actions: actions
            .into_iter()
            .map(|(id, action)| OrchestratorAction {
                id,
                orchestrator_action_type: action,
            })
            .collect(),
        ..OrchestratorResponse::default()
    }
}

/// The second answer of an instance that waits for activity 0.
fn answer(response: OrchestratorResponse) -> (Orchestration, Delta) {
    let mut outside = Outside::new();
    let (mut orchestration, _) = outside.running("a", vec![activity("first")]);
    let raised = outside.raised("a", "go");
    orchestration.receive(raised, &mut outside.env());
    orchestration.begin("", Taking::Everything, &mut outside.env());
    let delta = orchestration.apply(response, &mut outside.env());
    (orchestration, delta)
}

#[test]
fn an_answer_that_can_not_be_applied_fails_the_orchestration_and_does_nothing_else() {
    let table = [
        (with_ids(vec![(0, Some(activity("b")))]), "id 0"),
        (
            with_ids(vec![(7, Some(timer())), (7, Some(child("")))]),
            "id 7",
        ),
        (with_ids(vec![(1, None)]), "action 1 is of no kind"),
        (response(1, vec![child("@a@b")]), "the entity `@a@b`"),
        (response(1, vec![call("")]), "calls ``"),
        (response(1, vec![call("x")]), "calls `x`"),
        (response(1, vec![lock(&[])]), "locks nothing"),
        (response(1, vec![lock(&["@a@b", "c"])]), "locks `c`"),
        (response(1, vec![entity(None)]), "nothing"),
    ];
    for (mut malformed, problem) in table {
        let other = OrchestratorAction {
            id: 50,
            orchestrator_action_type: Some(activity("other")),
        };
        malformed.actions.insert(0, other);
        let (orchestration, delta) = answer(malformed);
        assert_eq!(orchestration.status(), Status::Failed, "{problem}");
        let failure = delta.end.unwrap().failure.unwrap();
        assert_eq!(failure.error_type, "MalformedAnswer");
        assert!(failure.is_non_retriable);
        assert!(failure.error_message.contains(problem), "{failure:?}");
        assert!(delta.tasks_opened.is_empty() && delta.messages.is_empty());
        assert_eq!(delta.tasks_cancelled.len(), 1, "what it left open");
    }
}

#[test]
fn ids_of_what_nobody_waits_for_may_repeat() {
    let event = || {
        Action::SendEvent(SendEventAction {
            instance: Some(OrchestrationInstance {
                instance_id: String::from("b"),
                execution_id: None,
            }),
            ..SendEventAction::default()
        })
    };
    let actions = vec![(0, Some(event())), (0, Some(event())), (1, Some(timer()))];
    let (orchestration, delta) = answer(with_ids(actions));
    assert_eq!(orchestration.status(), Status::Running);
    assert_eq!((delta.messages.len(), delta.timers_opened.len()), (2, 1));
}

#[test]
fn of_two_ends_the_last_one_counts() {
    let end = |result| complete(OrchestrationStatus::Completed, result);
    let (orchestration, delta) = answer(response(1, vec![end("1"), end("2")]));
    assert_eq!(orchestration.status(), Status::Completed);
    assert_eq!(delta.end.unwrap().output.as_deref(), Some("2"));
}

#[test]
fn the_instance_is_that_of_the_item_whatever_the_answer_says() {
    let mut other = response(1, vec![complete(OrchestrationStatus::Completed, "1")]);
    other.instance_id = String::from("somebody else");
    let (orchestration, _) = answer(other);
    assert_eq!(*orchestration.id(), id("a"));
    assert_eq!(orchestration.status(), Status::Completed);
}

#[test]
fn a_child_without_an_id_gets_one_of_its_execution() {
    let (orchestration, delta) = answer(response(4, vec![child("")]));
    let expected = format!("{}:4", orchestration.identity.execution_id);
    assert_eq!(
        delta.tasks_opened[0].kind,
        TaskKind::SubOrchestration(id(&expected))
    );
}
