use super::*;
use crate::wire::proto::{ExecutionStartedEvent, GenericEvent};

fn two_steps() -> Registry {
    registry(|ctx| async move {
        ctx.set_custom_status("first");
        let first: u32 = ctx.call_activity("a", &1).await?;
        ctx.set_custom_status(serde_json::json!({"first": first}));
        let second: u32 = ctx.call_activity("b", &2).await?;
        Ok(first + second)
    })
}

#[test]
fn the_custom_status_is_repeated_each_episode() {
    both(&two_steps(), |test| {
        assert_eq!(test.custom_status(), Some("\"first\""));
        test.then(|events| events.event_raised("nothing", &()));
        assert_eq!(test.custom_status(), Some("\"first\""));
        test.then(|events| events.task_completed(0, &1));
        assert_eq!(test.custom_status(), Some(r#"{"first":1}"#));
        test.then(|events| events.task_completed(1, &2));
        assert_eq!(test.custom_status(), Some(r#"{"first":1}"#));
    });
}

#[test]
fn a_custom_status_has_a_limit_of_utf16() {
    // The quotes are two characters of the limit's 8,192; each `𝄞` is two code units.
    for (count, fits) in [(4095, true), (4096, false)] {
        let registry = registry(move |ctx| async move {
            ctx.set_custom_status("𝄞".repeat(count));
            ctx.call_activity::<()>("a", &()).await
        });
        both(&registry, |test| {
            assert_eq!(test.result().is_none(), fits, "{count}");
            if !fits {
                let failure = test.failure();
                assert_eq!(failure.error_type, "CustomStatusTooLong");
                assert!(
                    failure
                        .message
                        .contains("CUSTOM_STATUS_UTF16_BYTES_MAX is 16384")
                );
            }
        });
    }
}

#[test]
fn a_suspended_orchestration_asks_for_nothing_until_it_is_resumed() {
    both(&two_steps(), |test| {
        // What was decided in the same episode is held back, and so is what comes meanwhile.
        let said = test.then(|events| events.task_completed(0, &1).suspended());
        assert!(said.is_empty(), "{said:?}");
        assert_eq!(test.custom_status(), Some(r#"{"first":1}"#));
        assert!(test.then(HistoryBuilder::suspended).is_empty());
        assert!(test.then(|events| events.task_completed(0, &9)).is_empty());
        assert_eq!(test.then(HistoryBuilder::resumed), ["1 activity b 2"]);
        let said = test.then(|events| events.suspended().task_completed(1, &2).resumed());
        assert_eq!(said, ["2 completed 3"]);
    });
}

#[test]
fn events_that_a_suspension_held_back_are_taken_in_order() {
    let registry = registry(|ctx| async move {
        let mut seen = Vec::new();
        for _ in 0..2 {
            let wait = ctx.wait_for_event_named::<u32>("n").timeout(60 * SECOND);
            seen.push(wait.await?);
        }
        Ok(seen)
    });
    both(&registry, |test| {
        test.then(|events| events.suspended().event_raised("n", &1));
        test.then(|events| events.event_raised("n", &2));
        let said = test.then(HistoryBuilder::resumed);
        assert_eq!(said, ["1 timer 63", "2 completed [1,2]"]);
    });
}

#[test]
fn a_termination_counts_also_while_suspended() {
    both(&two_steps(), |test| {
        assert_eq!(
            test.then(|events| events.terminated("\"enough\"")),
            ["1 terminated \"enough\""]
        );
    });
    both(&two_steps(), |test| {
        test.then(|events| events.task_completed(0, &1).suspended());
        // The activity that was held back is not started any more.
        assert_eq!(
            test.then(|events| events.terminated("no")),
            ["2 terminated no"]
        );
    });
}

#[test]
fn what_destructors_do_at_a_termination_does_not_count() {
    struct Goodbye(OrchestrationContext);
    impl Drop for Goodbye {
        fn drop(&mut self) {
            let other = InstanceId::new("other").unwrap();
            self.0.send_event(&other, "goodbye", &()).unwrap();
        }
    }
    let registry = registry(|ctx| async move {
        let _goodbye = Goodbye(ctx.clone());
        ctx.call_activity::<()>("a", &()).await
    });
    both(&registry, |test| {
        let said = test.then(|events| events.task_completed(0, &()));
        assert_eq!(said, ["1 event other goodbye null", "2 completed null"]);
    });
    both(&registry, |test| {
        let said = test.then(|events| events.terminated("no"));
        assert_eq!(said, ["1 terminated no"]);
    });
}

#[test]
fn a_result_in_the_same_episode_wins_over_a_termination() {
    let registry = registry(|ctx| async move { ctx.call_activity::<u32>("a", &()).await });
    both(&registry, |test| {
        let said = test.then(|events| events.task_completed(0, &1).terminated("late"));
        assert_eq!(said, ["1 completed 1"]);
    });
}

fn continuing() -> Registry {
    registry(|ctx| async move {
        let start: u32 = ctx.wait_for_event_named("start").await?;
        let again = ctx.continue_as_new(&(start + 1));
        let again = if start == 0 {
            again.discard_events()
        } else {
            again
        };
        let never: Result<(), _> = again.await;
        never
    })
}

#[test]
fn continue_as_new_takes_unread_events_along() {
    let registry = registry(|ctx| async move {
        let start: u32 = ctx.wait_for_event_named("start").await?;
        ctx.call_activity::<()>("a", &()).await?;
        ctx.continue_as_new::<Result<(), _>>(&(start + 1)).await
    });
    both(&registry, |test| {
        test.then(|events| events.event_raised("B", &1).event_raised("start", &6));
        test.then(|events| events.event_raised("a", &2).event_raised("b", &3));
        let said = test.then(|events| events.task_completed(0, &()).event_raised("c", &4));
        assert_eq!(said, ["1 continued 7 B=1 a=2 b=3 c=4"]);
        assert_eq!(test.result(), None);
        let complete = test.completion().unwrap();
        assert_eq!(complete.new_version, None);
    });
}

#[test]
fn events_can_be_left_behind() {
    both(&continuing(), |test| {
        let said = test.then(|events| events.event_raised("x", &1).event_raised("start", &0));
        assert_eq!(said, ["0 continued 1"]);
    });
}

#[test]
fn a_termination_in_the_same_episode_wins_over_continue_as_new() {
    both(&continuing(), |test| {
        let said = test.then(|events| events.event_raised("start", &0).terminated("no"));
        assert_eq!(said, ["0 terminated no"]);
    });
}

#[test]
fn continue_as_new_moves_to_the_newest_version() {
    let mut registry = Registry::new();
    for version in ["1.10", "", "1.9"] {
        let run = |ctx: OrchestrationContext, (): ()| async move {
            assert_eq!(ctx.version(), "1.9");
            ctx.continue_as_new::<Result<(), _>>(&1).await
        };
        registry.orchestrator_fn("test", version, run).unwrap();
    }
    let started = ExecutionStartedEvent {
        name: String::from("test"),
        version: Some(String::from("1.9")),
        ..ExecutionStartedEvent::default()
    };
    let events = HistoryBuilder::empty(START).event(-1, EventType::ExecutionStarted(started));
    let test = TestOrchestration::start(&registry, events);
    assert_eq!(test.said(), ["0 continued 1"]);
    let complete = test.completion().unwrap();
    assert_eq!(complete.new_version.as_deref(), Some("1.10"));
}

#[test]
fn what_means_nothing_is_ignored() {
    both(&two_steps(), |test| {
        let said = test.then(|events| {
            events
                .event(-1, EventType::GenericEvent(GenericEvent { data: None }))
                .event(
                    -1,
                    EventType::ExecutionStarted(ExecutionStartedEvent::default()),
                )
                .resumed()
        });
        assert!(said.is_empty(), "{said:?}");
        let said = test.then(|events| events.task_completed(0, &1));
        assert_eq!(said, ["1 activity b 2"]);
    });
}

#[test]
fn an_input_of_the_wrong_type_fails_the_orchestration() {
    let mut registry = Registry::new();
    let run = |_: OrchestrationContext, input: u32| async move { Ok(input) };
    registry.orchestrator_fn("test", "", run).unwrap();
    let events = HistoryBuilder::new("test", "i", "text");
    let test = TestOrchestration::start(&registry, events);
    assert_eq!(test.failure().error_type, "InvalidInput");
}

#[test]
fn the_context_says_who_runs() {
    let registry = registry(|ctx| async move {
        let before = (ctx.random(), ctx.random(), ctx.new_uuid());
        ctx.log("not repeated");
        ctx.sleep(SECOND).await;
        assert!(format!("{ctx:?}").contains("\"i\""));
        Ok((
            ctx.instance_id().to_string(),
            ctx.execution_id().to_string(),
            ctx.name(),
            ctx.version(),
            ctx.parent().is_none(),
            before.0 != before.1,
            ctx.is_replaying(),
        ))
    });
    both(&registry, |test| {
        let said = test.then(|events| events.timer_fired(0));
        let expected = r#"1 completed ["i","execution-0","test","",true,true,false]"#;
        assert_eq!(said, [expected]);
    });
}

#[test]
fn replaying_is_true_only_for_what_happened_before() {
    let registry = registry(|ctx| async move {
        let mut seen = vec![ctx.is_replaying()];
        for _ in 0..2 {
            ctx.sleep(SECOND).await;
            seen.push(ctx.is_replaying());
        }
        Ok(seen)
    });
    let mut cold = TestOrchestration::start(&registry, begin());
    cold.then(|events| events.timer_fired(0));
    let said = cold.then(|events| events.timer_fired(1));
    assert_eq!(said, ["2 completed [true,true,false]"]);
}
