//! Episodes that another SDK has recorded: the same orchestrators, written with this crate, ask for
//! the same. Action ids differ between SDKs, so they are numbered anew on the way in; names of
//! failure types, messages of outer failures and stack traces are each SDK's own.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use durable_task::testing::TestRuntime;
use durable_task::wire::proto::history_event::EventType;
use durable_task::wire::proto::operation_result::ResultType;
use durable_task::wire::proto::orchestrator_action::OrchestratorActionType as Action;
use durable_task::wire::proto::{
    EntityBatchRequest, EntityBatchResult, HistoryEvent, OrchestratorAction, OrchestratorRequest,
    OrchestratorResponse,
};
use durable_task::{
    EntityContext, Failure, OrchestrationContext, OrchestrationError, Registry, RetryPolicy,
    WorkAnswer, WorkRequest,
};
use prost::Message;
use serde_json::Value;

use crate::support::{ask, entity, response, worker};

/// The recordings lie beside the repository; without them the tests say so, and fail in CI.
fn folder() -> Option<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/fixtures/episodes");
    if folder.is_dir() {
        return Some(folder);
    }
    let in_ci = std::env::var_os("CI").is_some();
    assert!(!in_ci, "{} is missing", folder.display());
    eprintln!("skipped: {} is missing", folder.display());
    None
}

fn read<M: Message + Default>(name: &str) -> Option<M> {
    let text = std::fs::read_to_string(folder()?.join(name)).ok()?;
    let bytes = STANDARD.decode(text.trim()).unwrap();
    Some(M::decode(&*bytes).unwrap())
}

fn registry() -> Registry {
    type Ctx = OrchestrationContext;
    let mut registry = Registry::new();
    registry
        .orchestrator_fn("sequence", "", |ctx: Ctx, (): ()| async move {
            let mut greetings = Vec::new();
            for city in ["Tokyo", "Seattle"] {
                greetings.push(ctx.call_activity::<String>("Hello", city).await?);
            }
            Ok(greetings)
        })
        .unwrap();
    registry
        .orchestrator_fn("fan_out", "", |ctx: Ctx, (): ()| async move {
            let calls = (1..=3).map(|number| ctx.call_activity::<u64>("Square", &number));
            let squares = ctx.join_all(calls).await;
            squares.into_iter().sum::<Result<u64, OrchestrationError>>()
        })
        .unwrap();
    registry
        .orchestrator_fn("timer", "", |ctx: Ctx, (): ()| async move {
            ctx.sleep(Duration::from_mins(1)).await;
            Ok("done")
        })
        .unwrap();
    registry
        .orchestrator_fn("retry", "", |ctx: Ctx, (): ()| async move {
            let policy = RetryPolicy::new(3, Duration::from_secs(5));
            let call = ctx.call_activity::<String>("Flaky", &());
            call.retry(policy).await
        })
        .unwrap();
    registry
        .orchestrator_fn("failure", "", |ctx: Ctx, (): ()| async move {
            ctx.call_activity::<()>("Bad", &()).await
        })
        .unwrap();
    registry
        .entity_fn("counter", |ctx: &mut EntityContext| {
            let count: i64 = ctx.state()?.unwrap_or(0);
            match ctx.operation() {
                "add" => {
                    ctx.set_state(&(count + ctx.input::<i64>()?))?;
                    Ok(Value::Null)
                }
                "get" => Ok(count.into()),
                _ => Err(Failure::new("ValueError", "unknown operation")),
            }
        })
        .unwrap();
    registry
}

/// Numbers decisions from 0 in their order, and replies with them. A number that the other SDK
/// used again means its latest use.
fn renumber(request: &mut OrchestratorRequest) {
    let mut latest = BTreeMap::new();
    let mut next = 0;
    let events = request
        .past_events
        .iter_mut()
        .chain(&mut request.new_events);
    for HistoryEvent {
        event_id,
        event_type,
        ..
    } in events
    {
        match event_type.as_mut().unwrap() {
            EventType::TaskScheduled(_) | EventType::TimerCreated(_) => {
                latest.insert(*event_id, next);
                *event_id = next;
                next += 1;
            }
            EventType::TaskCompleted(done) => {
                done.task_scheduled_id = latest[&done.task_scheduled_id];
            }
            EventType::TaskFailed(failed) => {
                failed.task_scheduled_id = latest[&failed.task_scheduled_id];
            }
            EventType::TimerFired(fired) => fired.timer_id = latest[&fired.timer_id],
            _ => {}
        }
    }
}

/// JSON text as a value; a missing or an empty text is `null`.
fn json(text: Option<&String>) -> Value {
    let text = text.map_or("null", |text| if text.is_empty() { "null" } else { text });
    serde_json::from_str(text).unwrap()
}

fn summary(actions: &[OrchestratorAction]) -> Vec<String> {
    let mut lines: Vec<String> = actions
        .iter()
        .map(
            |action| match action.orchestrator_action_type.as_ref().unwrap() {
                Action::ScheduleTask(task) => {
                    format!("activity {} {}", task.name, json(task.input.as_ref()))
                }
                Action::CreateTimer(timer) => format!("timer {:?}", timer.fire_at),
                Action::CompleteOrchestration(complete) => {
                    let cause = complete.failure_details.as_ref().map(|details| {
                        let inner = details.inner_failure.as_ref().unwrap();
                        (&inner.error_type, &inner.error_message)
                    });
                    format!(
                        "completed {} {} {cause:?}",
                        complete.orchestration_status,
                        json(complete.result.as_ref())
                    )
                }
                other => panic!("{other:?} is in no recording"),
            },
        )
        .collect();
    lines.sort();
    lines
}

#[tokio::test]
async fn recorded_episodes_ask_for_the_same() {
    if folder().is_none() {
        return;
    }
    let worker = worker(registry(), &TestRuntime::new());
    let mut checked = 0;
    for name in ["sequence", "fan_out", "timer", "retry", "failure"] {
        for number in 1.. {
            let Some(mut request) = read(&format!("{name}.{number}.req.b64")) else {
                break;
            };
            renumber(&mut request);
            let item = WorkRequest::Orchestrator {
                request,
                warm: false,
            };
            let (ours, _) = response(ask(&worker, item).await);
            let theirs: OrchestratorResponse =
                read(&format!("{name}.{number}.resp.b64")).expect("an answer");
            assert_eq!(
                summary(&ours.actions),
                summary(&theirs.actions),
                "{name}.{number}"
            );
            assert_eq!(ours.instance_id, theirs.instance_id);
            assert_eq!(ours.custom_status, theirs.custom_status);
            checked += 1;
        }
    }
    assert_eq!(checked, 14);
}

#[tokio::test]
async fn a_recorded_batch_of_operations_gives_the_same() {
    if folder().is_none() {
        return;
    }
    let request: EntityBatchRequest = read("entity_batch.1.req.b64").unwrap();
    let theirs: EntityBatchResult = read("entity_batch.1.resp.b64").unwrap();
    let worker = worker(registry(), &TestRuntime::new());
    let WorkAnswer::Entity(ours) = ask(&worker, entity(request)).await else {
        panic!("no result");
    };
    assert_eq!(ours.entity_state, theirs.entity_state);
    let results = |result: &EntityBatchResult| -> Vec<Result<Value, String>> {
        let results = result.results.iter();
        results
            .map(|result| match result.result_type.as_ref().unwrap() {
                ResultType::Success(success) => Ok(json(success.result.as_ref())),
                ResultType::Failure(failure) => {
                    let details = failure.failure_details.as_ref().unwrap();
                    Err(details.error_message.clone())
                }
            })
            .collect()
    };
    assert_eq!(results(&ours), results(&theirs));
    assert_eq!(ours.actions, theirs.actions);
}
