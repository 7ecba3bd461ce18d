use super::*;
use crate::RetryPolicy;

#[test]
fn activities_run_one_after_the_other() {
    let registry = registry(|ctx| async move {
        let first: String = ctx.call_activity("hello", "Tokyo").await?;
        let second: String = ctx.call_activity("hello", "Seattle").await?;
        Ok(format!("{first} {second}"))
    });
    both(&registry, |test| {
        assert_eq!(test.said(), [r#"0 activity hello "Tokyo""#]);
        assert_eq!(
            test.then(|events| events.task_completed(0, "a")),
            [r#"1 activity hello "Seattle""#]
        );
        assert_eq!(
            test.then(|events| events.task_completed(1, "b")),
            [r#"2 completed "a b""#]
        );
    });
}

#[test]
fn nothing_happens_before_a_call_is_awaited() {
    let registry = registry(|ctx| async move {
        let never = ctx.call_activity::<()>("never", &1);
        let once = ctx.call_activity::<()>("once", &2);
        drop(never);
        once.await
    });
    both(&registry, |test| {
        assert_eq!(test.said(), ["0 activity once 2"]);
    });
}

#[test]
fn a_failure_can_be_handled() {
    let registry = registry(|ctx| async move {
        let failed = ctx.call_activity::<u32>("a", &()).await.unwrap_err();
        let failure = failed.failure().cloned().unwrap();
        assert!(failed.is_retryable());
        Ok((failed.to_string(), failure.error_type))
    });
    both(&registry, |test| {
        test.then(|events| events.task_failed(0, Failure::new("Boom", "kaput")));
        assert_eq!(
            test.said(),
            [r#"1 completed ["activity `a` failed: Boom: kaput","Boom"]"#]
        );
    });
}

#[test]
fn a_failure_that_is_not_handled_fails_the_orchestration_with_its_cause() {
    let registry = registry(|ctx| async move { ctx.call_activity::<u32>("a", &()).await });
    both(&registry, |test| {
        let cause = Failure::new("Boom", "kaput").non_retriable();
        test.then(|events| events.task_failed(0, cause.clone()));
        let failure = test.failure();
        assert_eq!(failure.error_type, "ActivityFailed");
        assert_eq!(failure.message, "activity `a` failed: kaput");
        assert!(failure.non_retriable);
        assert_eq!(failure.inner.as_deref(), Some(&cause));
    });
}

#[test]
fn a_failure_without_details_is_one_all_the_same() {
    let registry = registry(|ctx| async move { ctx.call_activity::<u32>("a", &()).await });
    both(&registry, |test| {
        let failed = crate::wire::proto::TaskFailedEvent {
            task_scheduled_id: 0,
            failure_details: None,
        };
        test.then(|events| events.event(-1, EventType::TaskFailed(failed)));
        assert_eq!(test.failure().inner.unwrap().error_type, "Unknown");
    });
}

#[test]
fn results_and_inputs_of_the_wrong_type_are_errors_that_name_them() {
    struct Unwritable;
    impl Serialize for Unwritable {
        fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(serde::ser::Error::custom("no"))
        }
    }
    let registry = registry(|ctx| async move {
        let unwritable = ctx.call_activity::<u32>("a", &Unwritable).await;
        let message = unwritable.unwrap_err().to_string();
        assert_eq!(
            message,
            "the input of activity `a` can't be written as JSON: no"
        );
        ctx.call_activity::<u32>("b", &()).await
    });
    both(&registry, |test| {
        assert_eq!(test.said(), ["0 activity b null"]);
        test.then(|events| events.task_completed(0, "text"));
        let failure = test.failure();
        assert_eq!(failure.error_type, "InvalidJson");
        assert!(failure.non_retriable);
        let expected = "the result of activity `b` is not of the expected type: invalid type";
        assert!(failure.message.starts_with(expected), "{failure}");
    });
}

#[test]
fn a_missing_or_empty_result_is_null() {
    for result in [None, Some(String::new()), Some(String::from("null"))] {
        let registry = registry(|ctx| async move {
            let option: Option<u32> = ctx.call_activity("a", &()).await?;
            Ok(option)
        });
        both(&registry, |test| {
            let completed = crate::wire::proto::TaskCompletedEvent {
                task_scheduled_id: 0,
                result: result.clone(),
            };
            let said = test.then(|events| events.event(-1, EventType::TaskCompleted(completed)));
            assert_eq!(said, ["1 completed null"]);
        });
    }
}

fn retrying() -> Registry {
    registry(|ctx| async move {
        let policy = RetryPolicy::new(3, 5 * SECOND).backoff_coefficient(2.0);
        ctx.call_activity::<String>("flaky", &1).retry(policy).await
    })
}

#[test]
fn retries_are_timers_and_new_tasks() {
    both(&retrying(), |test| {
        let failed = || Failure::new("Boom", "kaput");
        assert_eq!(test.said(), ["0 activity flaky 1"]);
        let said = test.then(|events| events.task_failed(0, failed()));
        assert_eq!(said, ["1 timer 6"]);
        let said = test.then(|events| events.timer_fired(1));
        assert_eq!(said, ["2 activity flaky 1"]);
        let said = test.then(|events| events.task_failed(2, failed()));
        assert_eq!(said, ["3 timer 13"]);
        let said = test.then(|events| events.timer_fired(3));
        assert_eq!(said, ["4 activity flaky 1"]);
        let said = test.then(|events| events.task_completed(4, "fine"));
        assert_eq!(said, [r#"5 completed "fine""#]);
    });
}

#[test]
fn retries_end_with_the_last_failure() {
    both(&retrying(), |test| {
        for task in [0, 2] {
            test.then(|events| events.task_failed(task, Failure::new("Boom", "early")));
            test.then(|events| events.timer_fired(task + 1));
        }
        let said = test.then(|events| events.task_failed(4, Failure::new("Boom", "last")));
        let expected = "5 failed ActivityFailed: activity `flaky` failed: last";
        assert_eq!(said, [expected]);
    });
}

#[test]
fn what_is_not_retriable_is_not_retried() {
    both(&retrying(), |test| {
        let failure = Failure::new("Boom", "for good").non_retriable();
        let said = test.then(|events| events.task_failed(0, failure));
        let expected = "1 failed ActivityFailed: activity `flaky` failed: for good";
        assert_eq!(said, [expected]);
    });
}

#[test]
fn replies_to_closed_and_unknown_tasks_are_ignored() {
    let registry = registry(|ctx| async move {
        let winner = ctx
            .race(vec![
                ctx.call_activity::<u32>("a", &()),
                ctx.call_activity::<u32>("b", &()),
            ])
            .await;
        let last: u32 = ctx.call_activity("c", &()).await?;
        Ok((winner.0, last))
    });
    both(&registry, |test| {
        let said = test.then(|events| events.task_completed(1, &7).task_completed(1, &8));
        assert_eq!(said, ["2 activity c null"]);
        let said = test.then(|events| {
            let events = events.task_completed(0, &9).task_completed(77, &9);
            events.timer_fired(2).child_completed(2, &9)
        });
        assert!(said.is_empty(), "{said:?}");
        let said = test.then(|events| events.task_completed(2, &3));
        assert_eq!(said, ["3 completed [1,3]"]);
    });
}

#[test]
fn a_call_carries_its_version_and_tags_at_each_attempt() {
    let registry = registry(|ctx| async move {
        let call = ctx
            .call_activity::<u32>("a", &())
            .version("1.2")
            .tag("k", "v");
        call.retry(RetryPolicy::new(2, SECOND).retry_on(["A"]))
            .await
    });
    let check = |test: &TestOrchestration| {
        let Some(Action::ScheduleTask(task)) = &test.actions()[0].orchestrator_action_type else {
            panic!("no activity");
        };
        assert_eq!(task.version.as_deref(), Some("1.2"));
        assert_eq!(task.tags.get("k").map(String::as_str), Some("v"));
    };
    both(&registry, |test| {
        check(test);
        test.then(|events| events.task_failed(0, Failure::new("A", "b")));
        test.then(|events| events.timer_fired(1));
        check(test);
        test.then(|events| events.task_failed(2, Failure::new("A", "b")));
        assert_eq!(test.failure().error_type, "ActivityFailed");
    });
}
