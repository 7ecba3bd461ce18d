//! The interpreter.

use std::time::Duration;

use durable_task::{
    EntityId, Failure, InstanceId, OrchestrationContext, OrchestrationError, Registry,
    RegistryError, RetryPolicy,
};
use futures_util::future::LocalBoxFuture;
use serde_json::{Value, json};

use crate::activities::failure_of;

/// Versions that scripts name.
pub const VERSIONS: &[&str] = &["1.0", "2.0", "2.5", "3.0", "4.0"];

pub(crate) fn register(registry: &mut Registry, versions: &[&str]) -> Result<(), RegistryError> {
    registry.orchestrator_fn("Script", "", run)?;
    for version in versions {
        registry.orchestrator_fn("Script", *version, run)?;
    }
    Ok(())
}

/// Why steps do not go on.
enum Stop {
    /// A step ended the script with an output.
    Complete(Value),
    /// A step failed.
    Failed(Box<Problem>),
}

/// A failure as the SDK for .NET shows it to the code.
struct Problem {
    /// The name of the exception, without its namespace.
    exception: &'static str,
    message: String,
    /// What the called activity, orchestration or entity recorded.
    details: Option<Failure>,
    /// What the instance records if nobody catches it.
    recorded: Failure,
}

type Outcome = Result<Value, Stop>;

async fn run(ctx: OrchestrationContext, input: Value) -> Result<Value, OrchestrationError> {
    let steps = match input {
        Value::Array(steps) => steps,
        step @ Value::Object(_) => vec![step],
        _ => Vec::new(),
    };
    match all(&ctx, &steps).await {
        Ok(results) | Err(Stop::Complete(results)) => Ok(results),
        Err(Stop::Failed(problem)) => Err(problem.recorded.into()),
    }
}

/// One step after the other.
async fn all(ctx: &OrchestrationContext, steps: &[Value]) -> Outcome {
    let mut results = Vec::with_capacity(steps.len());
    for step in steps {
        results.push(caught(ctx, step).await?);
    }
    Ok(Value::Array(results))
}

/// A step; with `catch` its failure is a result.
fn caught<'a>(ctx: &'a OrchestrationContext, step: &'a Value) -> LocalBoxFuture<'a, Outcome> {
    Box::pin(async move {
        match inner(ctx, step).await {
            Err(Stop::Failed(problem)) if step["catch"] == true => {
                let mut result = json!({"caught": problem.exception, "message": problem.message});
                if let Some(details) = &problem.details {
                    result["failure"] = describe(details);
                }
                Ok(result)
            }
            outcome => outcome,
        }
    })
}

fn describe(failure: &Failure) -> Value {
    json!({
        "type": failure.error_type,
        "message": failure.message,
        "inner": failure.inner.as_deref().map(describe),
    })
}

async fn inner(ctx: &OrchestrationContext, step: &Value) -> Outcome {
    let has = |name: &str| step.get(name).is_some();
    if let Some(name) = step["call"].as_str() {
        call(ctx, step, name).await
    } else if let Some(steps) = step["parallel"].as_array() {
        let running = steps.iter().map(|step| caught(ctx, step));
        let results = ctx.join_all(running).await;
        results
            .into_iter()
            .collect::<Result<Vec<_>, _>>()
            .map(Value::Array)
    } else if has("timerMs") {
        ctx.sleep(millis(&step["timerMs"])).await;
        Ok("fired".into())
    } else if let Some(name) = step["wait"].as_str() {
        wait(ctx, step, name).await
    } else if let Some(name) = step["sub"].as_str() {
        sub(ctx, step, name).await
    } else if has("continueAsNew") {
        continue_as_new(ctx, step).await
    } else if has("status") {
        ctx.set_custom_status(&step["status"]);
        Ok(Value::Null)
    } else if has("sendEvent") {
        send_event(ctx, &step["sendEvent"])
    } else if has("entityCall") {
        entity_call(ctx, &step["entityCall"]).await
    } else if has("entitySignal") {
        entity_signal(ctx, &step["entitySignal"])
    } else if let Some(entities) = step["lock"].as_array() {
        lock(ctx, entities, &step["steps"]).await
    } else {
        plain(ctx, step)
    }
}

/// Steps that wait for nothing.
fn plain(ctx: &OrchestrationContext, step: &Value) -> Outcome {
    let has = |name: &str| step.get(name).is_some();
    if has("newGuid") {
        Ok(ctx.new_uuid().to_string().into())
    } else if has("utcNow") {
        Ok(ctx.now().to_round_trip().into())
    } else if has("self") {
        Ok(json!({
            "instanceId": ctx.instance_id().as_str(),
            "version": ctx.version(),
            "parent": ctx.parent().map(|parent| parent.as_str().to_owned()),
        }))
    } else if has("complete") {
        Err(Stop::Complete(step["complete"].clone()))
    } else if step["failWith"].is_object() {
        Err(thrown(failure_of(&step["failWith"])))
    } else {
        Err(thrown(failure_of(
            &json!({"message": format!("unknown step {step}")}),
        )))
    }
}

fn thrown(recorded: Failure) -> Stop {
    Stop::Failed(Box::new(Problem {
        exception: "ScriptFailure",
        message: recorded.message.clone(),
        details: None,
        recorded,
    }))
}

async fn call(ctx: &OrchestrationContext, step: &Value, name: &str) -> Outcome {
    let mut call = ctx.call_activity::<Value>(name, &step["input"]);
    if let Some(policy) = retry(&step["retry"]) {
        call = call.retry(policy);
    }
    if let Some(version) = step["version"].as_str() {
        call = call.version(version);
    }
    for (key, value) in tags(step) {
        call = call.tag(key, value);
    }
    call.await.map_err(|error| failed(name, error))
}

fn tags(step: &Value) -> Vec<(&str, &str)> {
    let tags = step["tags"].as_object().into_iter().flatten();
    tags.filter_map(|(key, value)| Some((key.as_str(), value.as_str()?)))
        .collect()
}

async fn sub(ctx: &OrchestrationContext, step: &Value, name: &str) -> Outcome {
    let mut call = ctx.call_sub_orchestration::<Value>(name, &step["input"]);
    if let Some(policy) = retry(&step["retry"]) {
        call = call.retry(policy);
    }
    if let Some(id) = step["instance"].as_str() {
        call = call.instance_id(instance(ctx, id));
    }
    if let Some(version) = step["version"].as_str() {
        call = call.version(version);
    }
    for (key, value) in tags(step) {
        call = call.tag(key, value);
    }
    call.await.map_err(|error| failed(name, error))
}

fn retry(step: &Value) -> Option<RetryPolicy> {
    let attempts = step.as_object()?.get("maxAttempts").and_then(Value::as_u64);
    let attempts = u32::try_from(attempts.unwrap_or(3)).unwrap_or(u32::MAX);
    let first = if step["firstMs"].is_null() {
        Duration::from_secs(1)
    } else {
        millis(&step["firstMs"])
    };
    let mut policy = RetryPolicy::new(attempts, first)
        .backoff_coefficient(step["coefficient"].as_f64().unwrap_or(1.0));
    if !step["maxMs"].is_null() {
        policy = policy.max_interval(millis(&step["maxMs"]));
    }
    if !step["timeoutMs"].is_null() {
        policy = policy.total_time(millis(&step["timeoutMs"]));
    }
    Some(policy)
}

async fn wait(ctx: &OrchestrationContext, step: &Value, name: &str) -> Outcome {
    let event = ctx.wait_for_event_named::<Value>(name);
    if step["timeoutMs"].is_null() {
        return event.await.map_err(|error| failed(name, error));
    }
    match event.timeout(millis(&step["timeoutMs"])).await {
        Ok(data) => Ok(data.unwrap_or_else(|| "timeout".into())),
        Err(error) => Err(failed(name, error)),
    }
}

/// A named version is not asked for: the next generation runs the newest.
async fn continue_as_new(ctx: &OrchestrationContext, step: &Value) -> Outcome {
    let mut next = ctx.continue_as_new(&step["continueAsNew"]);
    if step["carryover"] == false {
        next = next.discard_events();
    }
    next.await
}

fn send_event(ctx: &OrchestrationContext, event: &Value) -> Outcome {
    let target = instance(ctx, event["instance"].as_str().unwrap_or_default());
    let name = event["name"].as_str().unwrap_or_default();
    ctx.send_event(&target, name, &event["data"])
        .map(|()| Value::Null)
        .map_err(|error| failed(name, error))
}

async fn entity_call(ctx: &OrchestrationContext, call: &Value) -> Outcome {
    let entity = entity(&call["entity"])?;
    let operation = call["op"].as_str().unwrap_or_default();
    ctx.call_entity::<Value>(&entity, operation, &call["input"])
        .await
        .map_err(|error| failed(operation, error))
}

fn entity_signal(ctx: &OrchestrationContext, signal: &Value) -> Outcome {
    let entity = entity(&signal["entity"])?;
    let (operation, input) = (signal["op"].as_str().unwrap_or_default(), &signal["input"]);
    let sent = if signal["delayMs"].is_null() {
        ctx.signal_entity(&entity, operation, input)
    } else {
        let at = ctx.now().saturating_add(millis(&signal["delayMs"]));
        ctx.signal_entity_at(&entity, operation, input, at)
    };
    sent.map(|()| Value::Null)
        .map_err(|error| failed(operation, error))
}

async fn lock(ctx: &OrchestrationContext, entities: &[Value], steps: &Value) -> Outcome {
    let entities = entities.iter().map(entity).collect::<Result<Vec<_>, _>>()?;
    let guard = ctx
        .lock(&entities)
        .await
        .map_err(|error| failed("lock", error))?;
    let results = all(ctx, steps.as_array().map_or(&[], Vec::as_slice)).await;
    guard.release();
    results
}

fn entity(text: &Value) -> Result<EntityId, Stop> {
    let text = text.as_str().unwrap_or_default();
    EntityId::parse(text).ok_or_else(|| {
        let message = format!("`{text}` is not the id of an entity");
        thrown(failure_of(&json!({"message": message})))
    })
}

fn instance(ctx: &OrchestrationContext, text: &str) -> InstanceId {
    let own = ctx.instance_id();
    match text {
        "@self" => own,
        text => InstanceId::from_stored(text.replace("{self}", own.as_str())),
    }
}

fn millis(value: &Value) -> Duration {
    Duration::try_from_secs_f64(value.as_f64().unwrap_or(0.0) / 1_000.0).unwrap_or_default()
}

/// What the SDK for .NET throws. It names a task by its number, which code can't see here.
fn failed(name: &str, error: OrchestrationError) -> Stop {
    let (exception, message, details) = match error {
        OrchestrationError::Activity { failure, .. }
        | OrchestrationError::SubOrchestration { failure, .. } => (
            "TaskFailedException",
            format!(
                "Task '{name}' failed with an unhandled exception: {}",
                failure.message
            ),
            Some(*failure),
        ),
        OrchestrationError::Entity {
            entity,
            operation,
            failure,
        } => (
            "EntityOperationFailedException",
            format!(
                "Operation '{operation}' of entity '{entity}' failed: {}",
                failure.message
            ),
            Some(*failure),
        ),
        other => ("InvalidOperationException", other.to_string(), None),
    };
    let namespace = match exception {
        "TaskFailedException" => "Microsoft.DurableTask",
        "EntityOperationFailedException" => "Microsoft.DurableTask.Entities",
        _ => "System",
    };
    let recorded = Failure::new(format!("{namespace}.{exception}"), message.clone());
    let recorded = match &details {
        Some(inner) => recorded.caused_by(inner.clone()),
        None => recorded,
    };
    Stop::Failed(Box::new(Problem {
        exception,
        message,
        details,
        recorded,
    }))
}
