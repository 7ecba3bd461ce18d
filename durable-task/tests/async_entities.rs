//! Operations that wait.

use std::sync::Arc;
use std::time::Duration;

use durable_task::testing::{HistoryBuilder, TestRuntime};
use durable_task::wire::proto::operation_result::ResultType;
use durable_task::wire::proto::{EntityBatchRequest, EntityBatchResult, OperationRequest};
use durable_task::{
    Accepts, AsyncEntity, EntityContext, EntityId, EntityProfile, Failure, OrchestrationContext,
    Registry, Runtime, WorkAnswer, WorkHandler, WorkRequest, Worker, WorkerOptions,
};
use futures_util::FutureExt as _;
use serde_json::Value;
use tokio::sync::Notify;

use crate::support::{abandoned, ask, cold, entity, hand, response, worker, worker_with};

const MINUTE: Duration = Duration::from_mins(1);

/// What a test and an entity tell each other.
#[derive(Clone, Default)]
struct Gate {
    begun: Arc<Notify>,
    go_on: Arc<Notify>,
}

impl Gate {
    async fn pass(&self) {
        self.begun.notify_one();
        self.go_on.notified().await;
    }
}

struct Slow {
    gate: Gate,
    runtime: TestRuntime,
}

impl AsyncEntity for Slow {
    const NAME: &'static str = "Slow";

    async fn run(&self, ctx: &mut EntityContext) -> Result<Value, Failure> {
        let count: i64 = ctx.state()?.unwrap_or(0);
        match ctx.operation() {
            "add" => {
                let count = count + ctx.input::<i64>()?;
                ctx.set_state(&count)?;
                self.gate.pass().await;
                return Ok(count.into());
            }
            "nap" => self.runtime.sleep(MINUTE).await,
            "get" => return Ok(count.into()),
            "fail" => {
                ctx.set_state(&1000)?;
                ctx.signal(&EntityId::new("slow", "other").unwrap(), "get", &(), None)?;
                self.gate.pass().await;
                return Err(Failure::new("Spoiled", "as asked"));
            }
            "panic" => {
                ctx.set_state(&1000)?;
                self.gate.pass().await;
                panic!("oh no");
            }
            "panic at once" => panic!("oh no"),
            "polite" => {
                self.gate.begun.notify_one();
                ctx.cancelled().cancelled().await;
                return Ok("stopped".into());
            }
            "timid" => {
                self.gate.begun.notify_one();
                ctx.cancelled().cancelled().await;
                return Err(Failure::new("Stopped", "not now"));
            }
            "key" => return Ok(ctx.idempotency_key().into()),
            "lent" => return Ok(ctx.resource::<String>().cloned().into()),
            other => return Err(Failure::new("UnknownOperation", other)),
        }
        Ok(Value::Null)
    }
}

fn registry(runtime: &TestRuntime) -> (Registry, Gate) {
    let gate = Gate::default();
    let mut registry = Registry::new();
    registry.resource(String::from("lent"));
    let slow = Slow {
        gate: gate.clone(),
        runtime: runtime.clone(),
    };
    registry.async_entity(slow).unwrap();
    (registry, gate)
}

fn start() -> (Arc<Worker>, TestRuntime, Gate) {
    let runtime = TestRuntime::new();
    let (registry, gate) = registry(&runtime);
    (worker(registry, &runtime), runtime, gate)
}

fn batch(state: Option<&str>, operations: &[(&str, Option<&str>)]) -> WorkRequest {
    let operation = |(operation, input): &(&str, Option<&str>)| OperationRequest {
        operation: (*operation).to_owned(),
        input: input.map(str::to_owned),
        request_id: format!("request-{operation}"),
        ..OperationRequest::default()
    };
    entity(EntityBatchRequest {
        instance_id: String::from("@slow@k"),
        entity_state: state.map(str::to_owned),
        operations: operations.iter().map(operation).collect(),
        ..EntityBatchRequest::default()
    })
}

fn result(answer: WorkAnswer) -> EntityBatchResult {
    match answer {
        WorkAnswer::Entity(result) => result,
        other => panic!("{other:?}"),
    }
}

/// Result, or type of failure, per operation.
fn outcomes(result: &EntityBatchResult) -> Vec<Result<Option<&str>, &str>> {
    let results = result.results.iter();
    let outcomes = results.map(|result| match result.result_type.as_ref().unwrap() {
        ResultType::Success(success) => Ok(success.result.as_deref()),
        ResultType::Failure(failure) => Err(&*failure.failure_details.as_ref().unwrap().error_type),
    });
    outcomes.collect()
}

fn drain(worker: &Arc<Worker>) -> tokio::task::JoinHandle<()> {
    let worker = Arc::clone(worker);
    tokio::spawn(async move { worker.drain(MINUTE).await })
}

#[tokio::test]
async fn an_engine_is_told_that_operations_wait() {
    let (worker, ..) = start();
    let slow = EntityProfile {
        name: String::from("slow"),
        synchronous: false,
    };
    assert_eq!(worker.profile().entities, Accepts::Only(vec![slow]));
}

#[tokio::test]
async fn an_operation_begins_when_the_one_before_it_has_ended() {
    let (worker, _, gate) = start();
    let operations = [("add", Some("1")), ("add", Some("2")), ("get", None)];
    let handed = hand(&worker, batch(Some("5"), &operations));
    gate.begun.notified().await;
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    assert!(gate.begun.notified().now_or_never().is_none());
    gate.go_on.notify_one();
    gate.begun.notified().await;
    gate.go_on.notify_one();
    let result = result(handed.answer.await.unwrap());
    let expected = [Ok(Some("6")), Ok(Some("8")), Ok(Some("8"))];
    assert_eq!(outcomes(&result), expected);
    assert_eq!(result.entity_state.as_deref(), Some("8"));
}

#[tokio::test]
async fn a_failure_or_a_panic_undoes_that_operation_alone() {
    let (worker, _, gate) = start();
    let operations = [
        ("add", Some("1")),
        ("fail", None),
        ("panic", None),
        ("panic at once", None),
        ("add", Some("\"x\"")),
        ("get", None),
    ];
    let handed = hand(&worker, batch(None, &operations));
    for _ in 0..3 {
        gate.begun.notified().await;
        gate.go_on.notify_one();
    }
    let result = result(handed.answer.await.unwrap());
    let expected = [
        Ok(Some("1")),
        Err("Spoiled"),
        Err("Panic"),
        Err("Panic"),
        Err("InvalidInput"),
        Ok(Some("1")),
    ];
    assert_eq!(outcomes(&result), expected);
    assert_eq!(result.entity_state.as_deref(), Some("1"));
    assert!(result.actions.is_empty());
}

#[tokio::test]
async fn an_operation_that_waits_holds_up_no_lane() {
    let runtime = TestRuntime::new();
    let (mut registry, gate) = registry(&runtime);
    let quick = |_: OrchestrationContext, (): ()| async move { Ok(()) };
    registry.orchestrator_fn("quick", "", quick).unwrap();
    let options = WorkerOptions {
        lanes: 1,
        ..WorkerOptions::default()
    };
    let worker = worker_with(registry, &runtime, options);
    let handed = hand(&worker, batch(None, &[("add", Some("1"))]));
    gate.begun.notified().await;
    let quick = cold("i", HistoryBuilder::new("quick", "i", &()));
    let (episode, _) = response(ask(&worker, quick).await);
    assert_eq!(episode.actions.len(), 1);
    gate.go_on.notify_one();
    result(handed.answer.await.unwrap());
}

#[tokio::test]
async fn time_is_that_of_the_runtime() {
    let (worker, runtime, _) = start();
    let begun = runtime.now();
    let handed = hand(&worker, batch(None, &[("nap", None)]));
    runtime.until_sleeping(1).await;
    runtime.advance(MINUTE);
    let result = result(handed.answer.await.unwrap());
    let Some(ResultType::Success(success)) = &result.results[0].result_type else {
        panic!("{result:?}");
    };
    let end = begun.saturating_add(MINUTE);
    assert_eq!(success.start_time_utc, Some(begun.into()));
    assert_eq!(success.end_time_utc, Some(end.into()));
}

#[tokio::test]
async fn an_operation_has_a_key_and_what_is_lent() {
    let (worker, ..) = start();
    let answer = ask(&worker, batch(None, &[("key", None), ("lent", None)])).await;
    let result = result(answer);
    let expected = [Ok(Some("\"@slow@k:request-key\"")), Ok(Some("\"lent\""))];
    assert_eq!(outcomes(&result), expected);
}

#[tokio::test]
async fn a_drain_waits_for_an_operation_and_tells_it_at_its_deadline() {
    let (worker, runtime, gate) = start();
    let handed = hand(&worker, batch(None, &[("polite", None)]));
    gate.begun.notified().await;
    let drain = drain(&worker);
    runtime.until_sleeping(1).await;
    assert!(!drain.is_finished());
    runtime.advance(MINUTE);
    let result = result(handed.answer.await.unwrap());
    assert_eq!(outcomes(&result), [Ok(Some("\"stopped\""))]);
    drain.await.unwrap();
}

#[tokio::test]
async fn what_goes_on_regardless_is_dropped_and_given_back() {
    let (worker, runtime, gate) = start();
    let handed = hand(&worker, batch(Some("5"), &[("add", Some("1"))]));
    gate.begun.notified().await;
    let drain = drain(&worker);
    runtime.until_sleeping(1).await;
    runtime.advance(MINUTE);
    // The grace of the operation, and the rest of the drain.
    runtime.until_sleeping(2).await;
    runtime.advance(Duration::from_secs(5));
    let reason = abandoned(handed.answer.await.unwrap());
    assert_eq!(reason, "the operations of `@slow@k` were cancelled");
    drain.await.unwrap();
}

#[tokio::test]
async fn what_fails_because_it_was_cancelled_is_given_back() {
    let (worker, _, gate) = start();
    let handed = hand(&worker, batch(Some("5"), &[("timid", None)]));
    gate.begun.notified().await;
    handed.cancelled.cancel();
    let reason = abandoned(handed.answer.await.unwrap());
    assert_eq!(reason, "the operations of `@slow@k` were cancelled");
}

#[tokio::test]
async fn of_a_batch_that_is_cancelled_no_other_operation_begins() {
    let (worker, _, gate) = start();
    let operations = [("polite", None), ("get", None)];
    let handed = hand(&worker, batch(None, &operations));
    gate.begun.notified().await;
    handed.cancelled.cancel();
    // All or nothing: the batch runs again.
    let reason = abandoned(handed.answer.await.unwrap());
    assert_eq!(reason, "the operations of `@slow@k` were cancelled");
}
