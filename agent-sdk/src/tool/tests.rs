//! Tools as the attribute makes them: what the model is told, and what happens when it calls.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::*;
use crate::tool;

#[derive(Deserialize, schemars::JsonSchema)]
struct Day {
    city: String,
    #[serde(default)]
    night: bool,
}

#[derive(Serialize)]
struct Forecast {
    text: String,
}

struct Station {
    name: &'static str,
}

/// Forecast for some days.
#[tool(crate = crate, timeout = "5s")]
async fn forecast(
    /// Days, in order.
    days: Vec<Day>,
    /// How sure to be.
    confidence: Option<f64>,
    station: &Station,
    calls: &AtomicU32,
    ctx: &ToolContext,
) -> Result<Forecast, ToolError> {
    tokio::task::yield_now().await;
    calls.fetch_add(1, Ordering::Relaxed);
    let Some(day) = days.first() else {
        return Err(ToolError::retryable("no days"));
    };
    let text = format!(
        "{} at {} (night: {}, confidence: {confidence:?}), {} {}",
        day.city,
        station.name,
        day.night,
        ctx.call_id(),
        ctx.idempotency_key(),
    );
    Ok(Forecast { text })
}

/// Adds.
#[tool(crate = crate)]
fn add(left: i64, right: i64) -> i64 {
    left + right
}

/// Does nothing.
#[tool(crate = crate, strict)]
fn nothing() {}

#[derive(Debug)]
struct Offline {
    cause: &'static str,
}

impl fmt::Display for Offline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if f.alternate() {
            write!(f, "offline: {}", self.cause)
        } else {
            f.write_str("offline")
        }
    }
}

/// Fails.
#[tool(crate = crate)]
async fn fail() -> Result<(), Offline> {
    tokio::task::yield_now().await;
    Err(Offline { cause: "storm" })
}

/// Gives what JSON can't hold.
#[tool(crate = crate)]
fn unwritable() -> std::collections::BTreeMap<(u8, u8), u8> {
    [((1, 2), 3)].into()
}

fn context() -> ToolContext {
    let mut resources = Resources::default();
    resources.insert(Station { name: "north" });
    resources.insert(AtomicU32::new(0));
    ToolContext {
        agent: "Guide".into(),
        session_id: "s1".into(),
        call_id: "call-7".into(),
        idempotency_key: "run-1:0:3".into(),
        resources: Arc::new(resources),
        cancelled: CancellationToken::new(),
    }
}

async fn run<T: Tool>(arguments: Value) -> Result<Value, ToolError> {
    (T::definition().run)(context(), arguments).await
}

#[test]
fn the_model_is_told_name_description_and_schema() {
    let definition = forecast::definition();
    assert_eq!((definition.name, forecast::NAME), ("forecast", "forecast"));
    assert_eq!(definition.description, "Forecast for some days.");
    assert_eq!(definition.timeout, Some(Duration::from_secs(5)));
    let properties = &definition.parameters["properties"];
    assert_eq!(properties["days"]["description"], "Days, in order.");
    assert_eq!(properties["days"]["items"]["type"], "object");
    assert_eq!(properties["confidence"]["description"], "How sure to be.");
    assert_eq!(properties.as_object().unwrap().len(), 2);
    assert_eq!(definition.parameters["required"], json!(["days"]));
    assert_eq!(definition.strict_problem(), None);
    assert!(!definition.strict && nothing::definition().strict);
}

#[test]
fn resources_are_needed_and_the_context_is_not() {
    let needs = forecast::definition().needs;
    let names: Vec<&str> = needs.iter().map(|need| (need.type_name)()).collect();
    assert_eq!(names.len(), 2, "{names:?}");
    assert!(names[0].ends_with("Station") && names[1].ends_with("AtomicU32"));
    assert!(context().resources.missing(&needs).is_empty());
    assert_eq!(Resources::default().missing(&needs).len(), 2);
}

#[tokio::test]
async fn a_call_gets_arguments_resources_and_context() {
    let arguments = json!({ "days": [{ "city": "Rome", "night": true }], "confidence": 0.5 });
    assert_eq!(
        run::<forecast>(arguments).await.unwrap(),
        json!({ "text": "Rome at north (night: true, confidence: Some(0.5)), call-7 run-1:0:3" })
    );
    assert_eq!(
        run::<add>(json!({ "left": 2, "right": 3 })).await.unwrap(),
        json!(5)
    );
}

#[tokio::test]
async fn what_may_be_left_out_may_also_be_null() {
    for arguments in [
        json!({ "days": [{ "city": "Rome" }] }),
        json!({ "days": [{ "city": "Rome" }], "confidence": null }),
    ] {
        let answer = run::<forecast>(arguments).await.unwrap();
        assert!(
            answer["text"]
                .as_str()
                .unwrap()
                .contains("confidence: None")
        );
    }
}

#[tokio::test]
async fn no_arguments_may_be_an_empty_object_or_nothing() {
    for arguments in [json!({}), Value::Null] {
        assert_eq!(run::<nothing>(arguments).await.unwrap(), Value::Null);
    }
}

#[tokio::test]
async fn arguments_that_do_not_fit_are_told_by_their_path() {
    for (arguments, path, problem) in [
        (json!({}), "days", "is missing"),
        (
            json!({ "days": null }),
            "days",
            "invalid type: null, expected a sequence",
        ),
        (
            json!({ "days": [{ "city": 5 }] }),
            "days[0].city",
            "invalid type: integer `5`",
        ),
        (
            json!({ "days": [{ "city": "a" }, {}] }),
            "days[1]",
            "missing field `city`",
        ),
        (
            json!({ "days": [], "confidence": "high" }),
            "confidence",
            "invalid type: string",
        ),
        (
            json!({ "day": [] }),
            "day",
            "is unknown; the tool takes `days`, `confidence`",
        ),
        (json!([1]), "arguments", "expected an object"),
        (json!("{}"), "arguments", "expected an object"),
    ] {
        match run::<forecast>(arguments.clone()).await {
            Err(ToolError::Arguments {
                path: at,
                problem: what,
            }) => {
                assert_eq!(at, path, "{arguments}");
                assert!(what.starts_with(problem), "{arguments}: {what}");
            }
            other => panic!("{arguments}: {other:?}"),
        }
    }
    let error = run::<nothing>(json!({ "x": 1 })).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "invalid arguments: `x`: is unknown; the tool takes no arguments"
    );
}

#[tokio::test]
async fn errors_keep_what_they_say() {
    let error = run::<forecast>(json!({ "days": [] })).await.unwrap_err();
    assert_eq!(error, ToolError::retryable("no days"));
    let error = run::<fail>(json!({})).await.unwrap_err();
    assert_eq!(error, ToolError::failed("offline: storm"));
    let error = run::<unwritable>(json!({})).await.unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("the result can't be written as JSON: ")
    );
}

#[tokio::test]
async fn a_resource_that_is_not_there_is_an_error_and_no_panic() {
    let mut context = context();
    context.resources = Arc::default();
    let arguments = json!({ "days": [] });
    let error = (forecast::definition().run)(context, arguments)
        .await
        .unwrap_err();
    let text = error.to_string();
    assert!(
        text.starts_with("no resource of type `") && text.contains("Station"),
        "{text}"
    );
}

#[test]
fn the_function_can_be_called_as_it_is_written() {
    assert_eq!(add(1, 2), 3);
    nothing();
}

#[tokio::test]
async fn a_tool_that_did_not_compile_only_stands_in() {
    let definition = builder::ToolBuilder::invalid("broken");
    assert_eq!(
        (definition.name, definition.parameters["type"].as_str()),
        ("broken", Some("object"))
    );
    assert!((definition.run)(context(), json!({})).await.is_err());
}
