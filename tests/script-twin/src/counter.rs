//! The entity `counter`.

use durable_task::{EntityContext, EntityId, Failure, InstanceId, Registry, RegistryError};
use serde_json::Value;

pub(crate) fn register(registry: &mut Registry) -> Result<(), RegistryError> {
    registry.entity_fn("counter", run)
}

fn run(ctx: &mut EntityContext) -> Result<Value, Failure> {
    let count: i64 = ctx.state()?.unwrap_or(0);
    match ctx.operation() {
        "add" => {
            let count = count + ctx.input::<i64>()?;
            ctx.set_state(&count)?;
            Ok(count.into())
        }
        "get" => Ok(count.into()),
        "reset" => {
            ctx.set_state(&0)?;
            Ok(Value::Null)
        }
        "delete" => {
            ctx.delete_state();
            Ok(Value::Null)
        }
        "fail" => {
            ctx.set_state(&(count + 1_000))?;
            Err(Failure::new(
                "System.InvalidOperationException",
                "counter failed",
            ))
        }
        "addThenSignal" => {
            let input: Value = ctx.input()?;
            let count = count + input["amount"].as_i64().unwrap_or(0);
            ctx.set_state(&count)?;
            let target = input["target"].as_str().and_then(EntityId::parse);
            let target = target.ok_or_else(|| Failure::new("InvalidInput", "no `target`"))?;
            ctx.signal(&target, "add", &input["amount"], None)?;
            Ok(count.into())
        }
        "startOrchestration" => {
            let input: Value = ctx.input()?;
            let id = InstanceId::new(input["id"].as_str().unwrap_or_default())
                .map_err(|error| Failure::new("InvalidInput", error.to_string()))?;
            ctx.start_orchestration("Script", &id, &input["input"])?;
            Ok(Value::Null)
        }
        other => Err(Failure::new(
            "System.NotSupportedException",
            format!("No operation {other}"),
        )),
    }
}
