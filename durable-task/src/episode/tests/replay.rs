use super::*;
use crate::wire::proto::{
    EntityOperationCalledEvent, EventSentEvent, SubOrchestrationInstanceCreatedEvent,
    TimerCreatedEvent,
};

/// Replays one recorded decision (id 0) against the code.
fn replay<Fut>(
    recorded: EventType,
    run: impl Fn(OrchestrationContext) -> Fut + Send + Sync + 'static,
) -> Option<Failure>
where
    Fut: Future<Output = Result<(), OrchestrationError>> + 'static,
{
    let events = begin().event(0, recorded).batch_after(SECOND);
    let test = TestOrchestration::start(&registry(run), events);
    test.result().map(|result| result.expect_err("failed"))
}

fn scheduled(name: &str) -> EventType {
    EventType::TaskScheduled(crate::wire::proto::TaskScheduledEvent {
        name: name.to_owned(),
        ..crate::wire::proto::TaskScheduledEvent::default()
    })
}

fn timer() -> EventType {
    EventType::TimerCreated(TimerCreatedEvent { fire_at: None })
}

fn child(name: &str) -> EventType {
    EventType::SubOrchestrationInstanceCreated(SubOrchestrationInstanceCreatedEvent {
        name: name.to_owned(),
        ..SubOrchestrationInstanceCreatedEvent::default()
    })
}

fn sent(target: &str, name: &str) -> EventType {
    EventType::EventSent(EventSentEvent {
        instance_id: target.to_owned(),
        name: name.to_owned(),
        input: None,
    })
}

fn called(target: &str, operation: &str) -> EventType {
    EventType::EntityOperationCalled(EntityOperationCalledEvent {
        target_instance_id: Some(target.to_owned()),
        operation: operation.to_owned(),
        ..EntityOperationCalledEvent::default()
    })
}

#[test]
fn what_the_code_repeats_agrees_with_its_history() {
    let activity =
        |ctx: OrchestrationContext| async move { ctx.call_activity::<()>("Charge", &1).await };
    assert_eq!(replay(scheduled("charge"), activity), None);
    let sleep = |ctx: OrchestrationContext| async move {
        ctx.sleep(SECOND).await;
        Ok(())
    };
    assert_eq!(replay(timer(), sleep), None);
    let start = |ctx: OrchestrationContext| async move {
        ctx.call_sub_orchestration::<()>("Child", &1).await
    };
    assert_eq!(replay(child("child"), start), None);
    let send = |ctx: OrchestrationContext| async move {
        ctx.send_event(&InstanceId::new("other").unwrap(), "Go", &1)?;
        ctx.call_activity::<()>("a", &1).await
    };
    assert_eq!(replay(sent("other", "go"), send), None);
    let call = |ctx: OrchestrationContext| async move {
        ctx.call_entity::<()>(&entities::entity("k"), "add", &1)
            .await
    };
    assert_eq!(replay(called("@counter@k", "add"), call), None);
    assert!(replay(called("@counter@other", "add"), call).is_some());
    assert!(replay(called("@counter@k", "get"), call).is_some());
}

#[test]
fn a_mismatch_names_the_event_the_command_and_the_position() {
    let run =
        |ctx: OrchestrationContext| async move { ctx.call_activity::<()>("refund", &1).await };
    let table = [
        (scheduled("charge"), "activity `charge`"),
        (timer(), "a timer"),
        (child("refund"), "sub-orchestration `refund`"),
        (
            sent("other", "refund"),
            "an event `refund` to another instance",
        ),
        (
            called("@c@k", "refund"),
            "a call of `refund` on entity `@c@k`",
        ),
        (sent("@c@k", "release"), "the release of entity `@c@k`"),
    ];
    for (recorded, name) in table {
        let failure = replay(recorded, run).expect(name);
        assert_eq!(failure.error_type, "NonDeterministic");
        assert!(failure.non_retriable);
        // The marker and the start come first.
        let start = format!(
            "history event 2 (id 0) records {name}, but the code's command 0 is activity `refund` \
             (at "
        );
        assert!(failure.message.starts_with(&start), "{failure}");
        assert!(failure.message.contains("replay.rs:"), "{failure}");
    }
}

#[test]
fn a_command_that_the_code_does_not_give_is_a_mismatch() {
    let waits =
        |ctx: OrchestrationContext| async move { ctx.wait_for_event_named::<()>("go").await };
    let failure = replay(scheduled("a"), waits).unwrap();
    assert!(
        failure.message.contains("but the code gave no command 0"),
        "{failure}"
    );
    let returns = |_| async move { Ok(()) };
    let events = begin().event(0, scheduled("a")).batch_after(SECOND);
    let test = TestOrchestration::start(&registry(returns), events);
    assert_eq!(test.failure().error_type, "NonDeterministic");
    // The failure does not take the id of an event in history.
    assert_eq!(test.actions()[0].id, 1);
}

#[test]
fn a_mismatch_discards_what_the_code_asked_for() {
    let run = |ctx: OrchestrationContext| async move {
        ctx.signal_entity(&entities::entity("k"), "add", &1)?;
        ctx.sleep(SECOND).await;
        Ok(())
    };
    let events = begin().event(1, scheduled("a")).batch_after(SECOND);
    let test = TestOrchestration::start(&registry(run), events);
    assert_eq!(test.actions().len(), 1);
    assert_eq!(test.failure().error_type, "NonDeterministic");
}

fn two_in_parallel() -> Registry {
    registry(|ctx| async move {
        let calls = ["a", "b"].map(|name| ctx.call_activity::<u32>(name, &()));
        let results = ctx.join_all(calls).await;
        results.into_iter().sum::<Result<u32, _>>()
    })
}

#[test]
fn commands_are_found_by_id_not_by_position() {
    // Written in another order.
    let events = begin().task_scheduled(1, "b").task_scheduled(0, "a");
    let events = events.batch_after(SECOND).task_completed(1, &2);
    let mut test = TestOrchestration::start(&two_in_parallel(), events);
    assert!(test.said().is_empty());
    let said = test.then(|events| events.task_completed(0, &1));
    assert_eq!(said, ["2 completed 3"]);
}

#[test]
fn what_a_rewind_removed_is_asked_for_again() {
    // The failed `a` and its event were taken out of the history.
    let events = begin().task_scheduled(1, "b").batch_after(SECOND);
    let mut test = TestOrchestration::start(&two_in_parallel(), events.task_completed(1, &2));
    assert_eq!(test.said(), ["0 activity a null"]);
    let said = test.then(|events| events.task_completed(0, &1));
    assert_eq!(said, ["2 completed 3"]);
}

#[test]
fn the_marker_of_a_split_episode_is_no_command() {
    let events = begin().task_scheduled(0, "a").task_scheduled(1, "b");
    let events = events.timer_created(-100, START).batch_after(SECOND);
    let events = events.timer_fired(-100).task_completed(0, &1);
    let mut test = TestOrchestration::start(&two_in_parallel(), events);
    assert!(test.said().is_empty());
    let said = test.then(|events| events.task_completed(1, &2));
    assert_eq!(said, ["2 completed 3"]);
}

#[test]
fn the_odd_shape_of_a_continued_execution_replays() {
    // `OrchestratorCompleted` comes before the decisions of that episode, and once more after.
    let events = begin().batch_after(Duration::ZERO);
    let events = events.task_scheduled(0, "a").task_scheduled(1, "b");
    let events = events
        .batch_after(SECOND)
        .task_completed(0, &1)
        .task_completed(1, &2);
    let test = TestOrchestration::start(&two_in_parallel(), events);
    assert_eq!(test.said(), ["2 completed 3"]);
}

#[test]
fn an_execution_that_has_ended_asks_for_nothing_more() {
    let registry = two_in_parallel();
    let mut test = TestOrchestration::start(&registry, begin());
    test.then(|events| events.task_completed(0, &1).task_completed(1, &2));
    assert_eq!(test.said(), ["2 completed 3"]);
    assert!(
        test.then(|events| events.event_raised("late", &1))
            .is_empty()
    );
}
