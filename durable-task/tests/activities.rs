use std::sync::Arc;
use std::time::Duration;

use durable_task::testing::TestRuntime;
use durable_task::wire::proto::{ActivityRequest, ActivityResponse};
use durable_task::{
    Activity, ActivityContext, ActivityError, Failure, Registry, WorkAnswer, WorkRequest,
};
use tokio::sync::Notify;

use crate::support::{abandoned, activity, ask, hand, worker};

fn response(answer: WorkAnswer) -> ActivityResponse {
    match answer {
        WorkAnswer::Activity(response) => response,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_activity_knows_for_whom_it_runs() {
    let mut registry = Registry::new();
    let run = |ctx: ActivityContext, input: u32| async move {
        assert!(!ctx.cancelled().is_cancelled());
        assert_eq!((ctx.instance_id().as_str(), ctx.task_id()), ("instance", 7));
        assert_eq!(ctx.execution_id().as_str(), "execution");
        Ok((ctx.name().to_owned(), input, ctx.idempotency_key()))
    };
    registry.activity_fn("a", run).unwrap();
    let worker = worker(registry, &TestRuntime::new());
    let response = response(ask(&worker, activity("a", "5")).await);
    assert_eq!((&*response.instance_id, response.task_id), ("instance", 7));
    let expected = r#"["a",5,"instance:execution:7"]"#;
    assert_eq!(response.result.as_deref(), Some(expected));
    assert_eq!(response.failure_details, None);
}

struct Divide {
    by: u32,
}

impl Activity for Divide {
    const NAME: &'static str = "divide";
    type Input = u32;
    type Output = u32;

    async fn run(&self, _: ActivityContext, input: u32) -> Result<u32, ActivityError> {
        let result = input.checked_div(self.by);
        result.ok_or_else(|| Failure::new("DivisionByZero", "no").non_retriable())
    }
}

#[tokio::test]
async fn results_failures_and_panics_are_told_apart() {
    let mut registry = Registry::new();
    registry.activity(Divide { by: 2 }).unwrap();
    registry
        .activity_fn("fail", |_, (): ()| async {
            Err::<(), _>(Failure::new("A", "b").non_retriable())
        })
        .unwrap();
    registry
        .activity_fn("panic", |_, input: bool| async move {
            assert!(input, "oh no");
            Ok(())
        })
        .unwrap();
    let worker = worker(registry, &TestRuntime::new());
    let table = [
        ("divide", "9", Ok("4")),
        ("divide", "\"x\"", Err(("InvalidInput", true))),
        ("fail", "null", Err(("A", true))),
        ("fail", "", Err(("A", true))),
        ("panic", "false", Err(("Panic", true))),
        ("panic", "true", Ok("null")),
    ];
    for (name, input, expected) in table {
        let response = response(ask(&worker, activity(name, input)).await);
        let outcome = match &response.failure_details {
            None => Ok(response.result.as_deref().unwrap()),
            Some(details) => Err((&*details.error_type, details.is_non_retriable)),
        };
        assert_eq!(outcome, expected, "{name} {input}");
    }
}

#[tokio::test]
async fn an_unknown_activity_is_given_back() {
    let worker = worker(Registry::new(), &TestRuntime::new());
    let answer = ask(&worker, activity("nobody", "1")).await;
    assert_eq!(abandoned(answer), "no code for activity `nobody`");
    let answer = ask(&worker, WorkRequest::Activity(ActivityRequest::default())).await;
    assert_eq!(abandoned(answer), "no code for activity ``");
}

#[tokio::test]
async fn a_cancelled_activity_can_end_by_itself() {
    let mut registry = Registry::new();
    let run = |ctx: ActivityContext, (): ()| async move {
        ctx.cancelled().cancelled().await;
        Err::<(), _>(Failure::new("Cancelled", "as asked"))
    };
    registry.activity_fn("polite", run).unwrap();
    let worker = worker(registry, &TestRuntime::new());
    let handed = hand(&worker, activity("polite", "null"));
    handed.cancelled.cancel();
    let response = response(handed.answer.await.unwrap());
    assert_eq!(response.failure_details.unwrap().error_type, "Cancelled");
}

#[tokio::test]
async fn a_cancelled_activity_that_goes_on_is_dropped_after_a_grace() {
    let begun = Arc::new(Notify::new());
    let mut registry = Registry::new();
    let (signal, dropped) = (Arc::clone(&begun), Arc::new(()));
    let alive = Arc::clone(&dropped);
    let run = move |_: ActivityContext, (): ()| {
        let (signal, alive) = (Arc::clone(&signal), Arc::clone(&alive));
        async move {
            signal.notify_one();
            std::future::pending::<()>().await;
            drop(alive);
            Ok(())
        }
    };
    registry.activity_fn("stubborn", run).unwrap();
    let runtime = TestRuntime::new();
    let worker = worker(registry, &runtime);
    let mut handed = hand(&worker, activity("stubborn", "null"));
    begun.notified().await;
    handed.cancelled.cancel();
    runtime.until_sleeping(1).await;
    runtime.advance(Duration::from_millis(4_999));
    assert!(handed.answer.try_recv().is_err());
    runtime.advance(Duration::from_millis(1));
    let reason = abandoned(handed.answer.await.unwrap());
    assert_eq!(reason, "activity `stubborn` was cancelled");
}
