//! The activities that steps call.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use durable_task::{ActivityContext, Failure, Registry, RegistryError};
use serde_json::Value;

pub(crate) fn register(registry: &mut Registry) -> Result<(), RegistryError> {
    type Ctx = ActivityContext;
    registry.activity_fn("Echo", |_: Ctx, input: Value| async move { Ok(input) })?;
    registry.activity_fn("Hello", |_: Ctx, name: String| async move {
        Ok(format!("Hello, {name}!"))
    })?;
    registry.activity_fn("Upper", |_: Ctx, text: String| async move {
        Ok(text.to_uppercase())
    })?;
    registry.activity_fn("Big", |_: Ctx, chars: usize| async move {
        Ok("x".repeat(chars))
    })?;
    registry.activity_fn("Sleep", |_: Ctx, millis: u64| async move {
        tokio::time::sleep(Duration::from_millis(millis)).await;
        Ok(millis)
    })?;
    registry.activity_fn("Fail", |_: Ctx, failure: Value| async move {
        Err::<Value, _>(failure_of(&failure))
    })?;
    let calls: Arc<Mutex<BTreeMap<String, u64>>> = Arc::default();
    registry.activity_fn("FailTimes", move |_: Ctx, input: Value| {
        let calls = Arc::clone(&calls);
        async move { fail_times(&calls, &input) }
    })
}

/// Fails the first `times` calls with the given key, then succeeds.
fn fail_times(calls: &Mutex<BTreeMap<String, u64>>, input: &Value) -> Result<String, Failure> {
    let key = input["key"].as_str().unwrap_or_default().to_owned();
    let mut calls = calls.lock().unwrap_or_else(PoisonError::into_inner);
    let count = calls.entry(key).or_default();
    let before = *count;
    *count += 1;
    if before < input["times"].as_u64().unwrap_or(0) {
        return Err(script_failure(format!("attempt {}", before + 1)));
    }
    Ok(format!("succeeded after {before}"))
}

/// The failure that a JSON object describes: `message` and `inner`.
pub(crate) fn failure_of(object: &Value) -> Failure {
    let failure = script_failure(object["message"].as_str().unwrap_or("failed"));
    if object["inner"].is_object() {
        return failure.caused_by(failure_of(&object["inner"]));
    }
    failure
}

/// Named as its twin is.
fn script_failure(message: impl Into<String>) -> Failure {
    Failure::new("ReferenceHub.ScriptFailure", message)
}
