use super::*;
use crate::EntityId;
use crate::wire::proto::{
    EntityOperationCompletedEvent, EntityOperationFailedEvent, EventSentEvent,
};

pub(super) fn entity(key: &str) -> EntityId {
    EntityId::new("Counter", key).unwrap()
}

/// The id of the request in an action.
pub(super) fn request_id(action: &OrchestratorAction) -> String {
    let Some(Action::SendEntityMessage(message)) = &action.orchestrator_action_type else {
        panic!("{action:?} is no message to an entity");
    };
    match message.entity_message_type.as_ref().unwrap() {
        Message::EntityOperationCalled(call) => call.request_id.clone(),
        Message::EntityOperationSignaled(signal) => signal.request_id.clone(),
        Message::EntityLockRequested(lock) => lock.critical_section_id.clone(),
        Message::EntityUnlockSent(unlock) => unlock.critical_section_id.clone(),
    }
}

pub(super) fn answered(request_id: &str, output: &str) -> EventType {
    EventType::EntityOperationCompleted(EntityOperationCompletedEvent {
        request_id: request_id.to_owned(),
        output: Some(output.to_owned()),
    })
}

fn calling() -> Registry {
    registry(|ctx| async move {
        let count: u32 = ctx.call_entity(&entity("k"), "add", &5).await?;
        Ok(count)
    })
}

#[test]
fn a_call_carries_who_asks_and_is_answered_by_its_request_id() {
    both(&calling(), |test| {
        assert_eq!(test.said(), ["0 call @counter@k add 5"]);
        let Some(Action::SendEntityMessage(message)) = &test.actions()[0].orchestrator_action_type
        else {
            panic!("no message");
        };
        let Some(Message::EntityOperationCalled(call)) = &message.entity_message_type else {
            panic!("no call");
        };
        assert_eq!(call.parent_instance_id.as_deref(), Some("i"));
        assert_eq!(call.parent_execution_id.as_deref(), Some("execution-0"));
        assert_eq!(call.scheduled_time, None);
        let expected = super::super::ids::Ids::default().guid("i", START);
        assert_eq!(call.request_id, expected.to_string());

        let id = call.request_id.to_uppercase();
        let said = test.then(|events| events.event(-1, answered("another", "1")));
        assert!(said.is_empty());
        let said = test.then(|events| events.event(-1, answered(&id, "12")));
        assert_eq!(said, ["1 completed 12"]);
    });
}

#[test]
fn the_older_form_of_a_reply_is_read_as_well() {
    both(&calling(), |test| {
        let id = request_id(&test.actions()[0]);
        let reply = serde_json::json!({"result": "12"});
        let said = test.then(|events| events.event_raised(&id, &reply));
        assert_eq!(said, ["1 completed 12"]);
    });
    both(&calling(), |test| {
        let id = request_id(&test.actions()[0]);
        let reply = serde_json::json!({
            "result": null,
            "failureDetails": {"ErrorType": "Boom", "ErrorMessage": "kaput"},
        });
        test.then(|events| events.event_raised(&id, &reply));
        assert_eq!(test.failure().inner.unwrap().error_type, "Boom");
    });
}

#[test]
fn a_call_that_an_older_backend_recorded_as_a_sent_event_is_recognised() {
    for (operation, agrees) in [("add", true), ("get", false)] {
        let mut events = HistoryBuilder::new("test", "i", &());
        let request = serde_json::json!({"op": operation, "id": "x"});
        let sent = EventType::EventSent(EventSentEvent {
            instance_id: String::from("@counter@k"),
            name: String::from("op"),
            input: Some(request.to_string()),
        });
        events = events.event(0, sent).batch_after(SECOND);
        let test = TestOrchestration::start(&calling(), events);
        assert_eq!(test.result().is_none(), agrees, "{operation}");
    }
}

#[test]
fn a_failed_operation_is_an_error_that_names_it() {
    both(&calling(), |test| {
        let id = request_id(&test.actions()[0]);
        let failed = EventType::EntityOperationFailed(EntityOperationFailedEvent {
            request_id: id,
            failure_details: Some(Failure::new("Boom", "kaput").into()),
        });
        let said = test.then(|events| events.event(-1, failed));
        let expected = "1 failed EntityOperationFailed: \
                        operation `add` of entity `@counter@k` failed: kaput";
        assert_eq!(said, [expected]);
    });
}

#[test]
fn signals_go_out_at_once_or_at_a_time() {
    let registry = registry(|ctx| async move {
        ctx.signal_entity(&entity("a"), "add", &1)?;
        let later = ctx.now().saturating_add(60 * SECOND);
        ctx.signal_entity_at(&entity("b"), "add", &2, later)?;
        ctx.sleep(SECOND).await;
        Ok(())
    });
    both(&registry, |test| {
        let expected = [
            "0 signal @counter@a add 1",
            "1 signal @counter@b add 2 at 60",
            "2 timer 1",
        ];
        assert_eq!(test.said(), expected);
        assert_eq!(
            test.then(|events| events.timer_fired(2)),
            ["3 completed null"]
        );
    });
}
