use durable_task::testing::TestRuntime;
use durable_task::wire::proto::operation_action::OperationActionType;
use durable_task::wire::proto::operation_result::ResultType;
use durable_task::wire::proto::{EntityBatchRequest, EntityBatchResult, OperationRequest};
use durable_task::{
    Accepts, Entity, EntityContext, EntityId, EntityProfile, Failure, InstanceId, Registry,
    WorkAnswer, WorkHandler,
};
use serde_json::Value;

use crate::support::{abandoned, ask, entity, worker};

struct Counter;

impl Entity for Counter {
    const NAME: &'static str = "Counter";

    fn run(&self, ctx: &mut EntityContext) -> Result<Value, Failure> {
        let count: i64 = ctx.state()?.unwrap_or(0);
        match ctx.operation() {
            "add" => {
                let count = count + ctx.input::<i64>()?;
                ctx.set_state(&count)?;
            }
            "get" => return Ok(count.into()),
            "reset" => ctx.delete_state(),
            "spoil" => {
                ctx.set_state(&(count + 1000))?;
                tell(ctx)?;
                return Err(Failure::new("Spoiled", "as asked"));
            }
            "panic" => {
                ctx.set_state(&(count + 1000))?;
                panic!("oh no");
            }
            "tell" => tell(ctx)?,
            other => return Err(Failure::new("UnknownOperation", other)),
        }
        Ok(Value::Null)
    }
}

fn tell(ctx: &mut EntityContext) -> Result<(), Failure> {
    let other = EntityId::new("counter", "other").unwrap();
    ctx.signal(&other, "add", &1, None)?;
    ctx.signal(&other, "add", &2, Some(ctx.now()))?;
    ctx.start_orchestration(
        "report",
        &InstanceId::new("r").unwrap(),
        &ctx.id().to_string(),
    )
}

async fn run(state: Option<&str>, operations: &[(&str, Option<&str>)]) -> EntityBatchResult {
    let mut registry = Registry::new();
    registry.entity(Counter).unwrap();
    let worker = worker(registry, &TestRuntime::new());
    let request = EntityBatchRequest {
        instance_id: String::from("@counter@k"),
        entity_state: state.map(str::to_owned),
        operations: operations
            .iter()
            .map(|(operation, input)| OperationRequest {
                operation: (*operation).to_owned(),
                input: input.map(str::to_owned),
                ..OperationRequest::default()
            })
            .collect(),
        ..EntityBatchRequest::default()
    };
    match ask(&worker, entity(request)).await {
        WorkAnswer::Entity(result) => result,
        other => panic!("{other:?}"),
    }
}

/// Result, or type of failure, per operation.
fn outcomes(result: &EntityBatchResult) -> Vec<Result<Option<&str>, &str>> {
    let outcomes = result.results.iter();
    outcomes
        .map(|result| match result.result_type.as_ref().unwrap() {
            ResultType::Success(success) => {
                assert!(success.start_time_utc.is_some() && success.end_time_utc.is_some());
                Ok(success.result.as_deref())
            }
            ResultType::Failure(failure) => {
                Err(&*failure.failure_details.as_ref().unwrap().error_type)
            }
        })
        .collect()
}

#[tokio::test]
async fn operations_run_in_order_on_one_state() {
    let operations = [
        ("get", None),
        ("add", Some("3")),
        ("add", Some("4")),
        ("get", None),
    ];
    let result = run(Some("5"), &operations).await;
    let expected = [Ok(Some("5")), Ok(None), Ok(None), Ok(Some("12"))];
    assert_eq!(outcomes(&result), expected);
    assert_eq!(result.entity_state.as_deref(), Some("12"));
    assert!(result.actions.is_empty());
}

#[tokio::test]
async fn a_failed_operation_undoes_its_state_and_messages_only() {
    let operations = [
        ("add", Some("1")),
        ("spoil", None),
        ("panic", None),
        ("add", Some("\"x\"")),
        ("nonsense", None),
        ("tell", None),
        ("get", None),
    ];
    let result = run(None, &operations).await;
    let expected = [
        Ok(None),
        Err("Spoiled"),
        Err("Panic"),
        Err("InvalidInput"),
        Err("UnknownOperation"),
        Ok(None),
        Ok(Some("1")),
    ];
    assert_eq!(outcomes(&result), expected);
    assert_eq!(result.entity_state.as_deref(), Some("1"));
    let told: Vec<_> = result
        .actions
        .iter()
        .map(
            |action| match action.operation_action_type.as_ref().unwrap() {
                OperationActionType::SendSignal(signal) => {
                    let input = signal.input.as_deref().unwrap();
                    let at = signal.scheduled_time.is_some();
                    format!(
                        "{} {} {} {input} {at}",
                        action.id, signal.instance_id, signal.name
                    )
                }
                OperationActionType::StartNewOrchestration(start) => {
                    let input = start.input.as_deref().unwrap();
                    format!("{} {} {} {input}", action.id, start.instance_id, start.name)
                }
            },
        )
        .collect();
    let expected = [
        "0 @counter@other add 1 false",
        "1 @counter@other add 2 true",
        "2 r report \"@counter@k\"",
    ];
    assert_eq!(told, expected);
}

#[tokio::test]
async fn a_deleted_state_is_no_state() {
    let result = run(Some("5"), &[("reset", None), ("get", None)]).await;
    assert_eq!(outcomes(&result), [Ok(None), Ok(Some("0"))]);
    assert_eq!(result.entity_state, None);
}

#[tokio::test]
async fn a_state_of_another_type_is_an_error_that_changes_nothing() {
    let result = run(Some("\"x\""), &[("add", Some("1"))]).await;
    assert_eq!(outcomes(&result), [Err("InvalidState")]);
    assert_eq!(result.entity_state.as_deref(), Some("\"x\""));
}

#[tokio::test]
async fn an_entity_without_code_is_given_back() {
    let mut registry = Registry::new();
    registry.entity(Counter).unwrap();
    let worker = worker(registry, &TestRuntime::new());
    let counter = EntityProfile {
        name: String::from("counter"),
        synchronous: true,
    };
    assert_eq!(worker.profile().entities, Accepts::Only(vec![counter]));
    let table = [
        ("@other@k", "no code for entity `other`"),
        ("no entity", "`no entity` is not the id of an entity"),
    ];
    for (instance, expected) in table {
        let request = EntityBatchRequest {
            instance_id: instance.to_owned(),
            ..EntityBatchRequest::default()
        };
        assert_eq!(abandoned(ask(&worker, entity(request)).await), expected);
    }
}
