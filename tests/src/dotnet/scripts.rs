//! Every step kind of the script language, with what it has to give.

use serde_json::{Value, json};

use super::process::output;

/// A script and a look at its end.
pub struct Script {
    pub id: &'static str,
    pub options: &'static [&'static str],
    pub steps: Value,
    pub check: Check,
}

/// What a script has to give.
pub enum Check {
    /// This output. Such scripts run as children of one, at once.
    Gives(Value),
    /// Its state is looked at.
    Ends(fn(&Value)),
}

/// Events from outside: instance, name, data.
pub const EVENTS: &[[&str; 3]] = &[["events", "go", "{\"x\":[1]}"], ["events", "on", "2"]];

fn gives(id: &'static str, steps: Value, expected: Value) -> Script {
    Script {
        id,
        options: &[],
        steps,
        check: Check::Gives(expected),
    }
}

fn caught(what: &str, task: &str, message: &str, inner: &Value) -> Value {
    json!({
        "caught": "TaskFailedException",
        "message": format!("Task '{task} failed with an unhandled exception: {message}"),
        "failure": {"type": what, "message": message, "inner": inner},
    })
}

const FAILURE: &str = "ReferenceHub.ScriptFailure";

pub fn all() -> Vec<Script> {
    let mut all = activities();
    all.extend(orchestrations());
    all.extend(entities());
    all.extend(values());
    all
}

fn activities() -> Vec<Script> {
    let deep = json!({"type": FAILURE, "message": "i", "inner": null});
    vec![
        gives(
            "calls",
            json!([
                {"call": "Hello", "input": "a"},
                {"parallel": [{"call": "Echo", "input": 1}, {"call": "Upper", "input": "b"},
                    {"timerMs": 20}]},
                {"call": "Echo", "input": 1, "version": "3.0", "tags": {"t": "v"}},
                {"call": "Sleep", "input": 5},
            ]),
            json!(["Hello, a!", [1, "B", "fired"], 1, 5]),
        ),
        gives(
            "retries",
            json!([{"call": "FailTimes", "input": {"key": "k", "times": 2},
                "retry": {"maxAttempts": 3, "firstMs": 10}}]),
            json!(["succeeded after 2"]),
        ),
        gives(
            "failures",
            json!([
                {"call": "Fail", "input": {"message": "m", "inner": {"message": "i"},
                    "properties": {"a": 1}}, "catch": true},
                {"call": "Nobody", "catch": true},
            ]),
            json!([
                caught(FAILURE, "Fail' (#0)", "m", &deep),
                caught(
                    "ActivityTaskNotFound",
                    "Nobody' (#1)",
                    "No activity task named 'Nobody' was found.",
                    &Value::Null
                ),
            ]),
        ),
    ]
}

fn orchestrations() -> Vec<Script> {
    vec![
        Script {
            id: "events",
            options: &[],
            steps: json!([{"wait": "go"}, {"wait": "on", "timeoutMs": 60_000},
                {"wait": "never", "timeoutMs": 20}]),
            check: Check::Ends(|state| {
                assert_eq!(output(state), json!([{"x": [1]}, 2, "timeout"]));
            }),
        },
        gives(
            "timers",
            json!([{"timerMs": 30}, {"timerMs": 0}]),
            json!(["fired", "fired"]),
        ),
        gives(
            "children",
            json!([
                {"sub": "Script", "instance": "{self}-child", "version": "2.0", "tags": {"a": "b"},
                    "input": [{"self": 1}, {"call": "Hello", "input": "x"}]},
                {"sub": "Script", "input": [{"failWith": {"message": "m"}}], "catch": true},
            ]),
            json!([
                [{"instanceId": "children-child", "version": "2.0", "parent": "children"},
                    "Hello, x!"],
                caught(FAILURE, "Script' (#1)", "m", &Value::Null),
            ]),
        ),
        gives(
            "generations",
            json!([
                {"sendEvent": {"instance": "@self", "name": "e", "data": 5}},
                {"continueAsNew": [{"wait": "e"}, {"call": "Echo", "input": 2}],
                    "carryover": true},
            ]),
            json!([5, 2]),
        ),
        gives(
            "complete",
            json!([{"call": "Echo", "input": 1}, {"complete": {"done": true}},
                {"call": "Fail", "input": {"message": "no"}}]),
            json!({"done": true}),
        ),
    ]
}

fn entities() -> Vec<Script> {
    let on = |op: &str, input: Value| {
        let call = json!({"entity": "@counter@k", "op": op, "input": input});
        json!({"entityCall": call})
    };
    vec![
        gives(
            "entities",
            json!([
                on("add", json!(3)),
                {"entitySignal": {"entity": "@counter@k", "op": "add", "input": 4}},
                on("get", Value::Null),
                on("addThenSignal", json!({"amount": 1, "target": "@counter@t"})),
                {"entityCall": {"entity": "@counter@t", "op": "get"}},
                on("startOrchestration", json!({"id": "by-entity", "input": [{"self": 1}]})),
                on("delete", Value::Null),
                on("get", Value::Null),
            ]),
            json!([3, null, 7, 8, 1, null, null, 0]),
        ),
        Script {
            id: "entity-failure",
            options: &[],
            steps: json!([{"entityCall": {"entity": "@counter@f", "op": "fail"}, "catch": true}]),
            check: Check::Ends(|state| {
                let failure = &output(state)[0];
                assert_eq!(
                    failure["caught"], "EntityOperationFailedException",
                    "{failure}"
                );
            }),
        },
        gives(
            "locks",
            json!([{"lock": ["@counter@b", "@counter@a"], "steps": [
                {"entityCall": {"entity": "@counter@a", "op": "add", "input": 1}},
                {"entityCall": {"entity": "@counter@b", "op": "add", "input": 2}},
                {"call": "Echo", "input": 3},
            ]}]),
            json!([[1, 2, 3]]),
        ),
        gives(
            "later",
            json!([
                {"entitySignal": {"entity": "@counter@l", "op": "add", "input": 4, "delayMs": 20}},
                {"timerMs": 2_000},
                {"entityCall": {"entity": "@counter@l", "op": "get"}},
            ]),
            json!([null, "fired", 4]),
        ),
    ]
}

fn values() -> Vec<Script> {
    vec![
        Script {
            id: "values",
            options: &["--version", "7.0", "--tags", "{\"q\":\"r\"}"],
            steps: json!([{"newGuid": 1}, {"utcNow": 1}, {"self": 1}]),
            check: Check::Ends(|state| {
                let output = output(state);
                assert_eq!(output[0].as_str().map(str::len), Some(36), "{output}");
                assert!(output[1].as_str().is_some_and(|now| now.starts_with("20")));
                let me = json!({"instanceId": "values", "version": "7.0", "parent": null});
                assert_eq!(output[2], me);
                assert_eq!(state["tags"]["q"], "r", "{state}");
            }),
        },
        Script {
            id: "status",
            options: &[],
            steps: json!([
                {"status": {"a": 1}},
                {"sendEvent": {"instance": "@self", "name": "e", "data": {"x": 1}}},
                {"wait": "e"},
            ]),
            check: Check::Ends(|state| {
                assert_eq!(output(state), json!([null, null, {"x": 1}]));
                assert_eq!(state["customStatus"], "{\"a\":1}", "{state}");
            }),
        },
        Script {
            id: "fails",
            options: &[],
            steps: json!([{"failWith": {"message": "m", "inner": {"message": "i"},
                "properties": {"a": 1}}}]),
            check: Check::Ends(|state| {
                assert_eq!(state["status"], "Failed");
                let failure = &state["failureDetails"];
                assert_eq!(failure["type"], FAILURE, "{state}");
                assert_eq!(failure["inner"]["message"], "i", "{state}");
            }),
        },
    ]
}
