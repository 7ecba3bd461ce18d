//! Scripts, and what is done to their instances from outside.

use std::collections::BTreeMap;
use std::time::Duration;

use durable_task::{Client, Fetch, InstanceId, StartRequest, Status, WaitFor};
use serde_json::{Value, json};

use crate::outcome::outcome;

/// How long one script may take.
const TIMEOUT: Duration = Duration::from_secs(40);
/// How often a status is looked at.
const LOOK: Duration = Duration::from_millis(20);

/// What is done from outside.
#[derive(Clone)]
pub enum Act {
    /// Waits for the first episode.
    Started,
    /// Sends an event.
    Raise(&'static str, Value),
    /// Holds it back, and waits until that shows.
    Suspend,
    Resume,
    Terminate,
}

pub struct Case {
    pub name: &'static str,
    pub steps: Value,
    pub acts: Vec<Act>,
}

fn case(name: &'static str, steps: Value) -> Case {
    Case {
        name,
        steps,
        acts: Vec::new(),
    }
}

fn with(mut case: Case, acts: impl IntoIterator<Item = Act>) -> Case {
    case.acts.extend(acts);
    case
}

/// Scripts that need no entities.
pub fn orchestrations() -> Vec<Case> {
    let fail = json!({"message": "m", "inner": {"message": "i"}});
    let echoes: Vec<Value> = (0..20)
        .map(|n| json!({"call": "Echo", "input": n}))
        .collect();
    let big: Vec<Value> = (0..8)
        .map(|_| json!({"call": "Big", "input": 40_000}))
        .collect();
    vec![
        case(
            "sequence",
            json!([{"call":"Hello","input":"a"}, {"call":"Upper","input":"b"}, {"utcNow":1},
                   {"newGuid":1}, {"call":"Echo","input":{"a":[1,2.5,null,true,"x"]}}]),
        ),
        case("parallel", json!([{"parallel": echoes}])),
        case(
            "large",
            json!([{"parallel": big}, {"timerMs": 10}, {"call":"Echo","input":1}]),
        ),
        case("timer", json!([{"timerMs": 50}])),
        case("timeout", json!([{"wait":"go","timeoutMs":50}])),
        case(
            "sub",
            json!([{"sub":"Script","instance":"{self}-child","input":[{"self":1}]},
                   {"sub":"Script","input":[{"call":"Echo","input":1}]}]),
        ),
        case(
            "caught",
            json!([{"call":"Fail","input":fail,"catch":true},
                   {"failWith":{"message":"own"},"catch":true},
                   {"sub":"Script","input":[{"failWith":{"message":"sub"}}],"catch":true},
                   {"parallel":[{"call":"Fail","input":fail},{"call":"Echo","input":2}],
                    "catch":true}]),
        ),
        case("uncaught", json!([{"call":"Fail","input":fail}])),
        case(
            "failed",
            json!([{"failWith":{"message":"top","inner":{"message":"in"}}}]),
        ),
        case(
            "retry",
            json!([{"call":"FailTimes","input":{"key":"r","times":2},
                    "retry":{"maxAttempts":3,"firstMs":20}}]),
        ),
        case(
            "retry-used-up",
            json!([{"call":"FailTimes","input":{"key":"u","times":9},"catch":true,
                    "retry":{"maxAttempts":2,"firstMs":20,"coefficient":2.0,"maxMs":30}}]),
        ),
        case(
            "complete",
            json!([{"call":"Echo","input":1}, {"complete":{"early":true}}, 3]),
        ),
        case("unknown-step", json!([{"nothing":1}])),
        case("status", json!([{"status":{"p":1}}, {"status":"two"}])),
        case(
            "generations",
            json!([{"status":"first"}, {"call":"Echo","input":1},
                   {"continueAsNew":[{"call":"Echo","input":2}]}]),
        ),
        case(
            "event-to-itself",
            json!([{"parallel":[{"wait":"z"},
                    {"sendEvent":{"instance":"@self","name":"z","data":7}}]}]),
        ),
    ]
}

/// Scripts that name versions and tags. Code that has versions answers differently to a start
/// without one, so they need a worker of their own.
pub fn versions() -> Vec<Case> {
    vec![case(
        "versions",
        json!([{"call":"Hello","input":"v","tags":{"t":"1"}},
               {"sub":"Script","input":[{"self":1}],"version":"2.5","tags":{"u":"2"}},
               {"continueAsNew":[{"self":1}],"version":"4.0"}]),
    )]
}

/// Scripts to which something is done from outside.
pub fn controlled() -> Vec<Case> {
    use Act::{Raise, Resume, Started, Suspend, Terminate};
    vec![
        with(
            case("event", json!([{"wait":"go"}, {"wait":"GO"}])),
            [Raise("go", json!({"x":1})), Raise("go", json!([2]))],
        ),
        with(
            case(
                "carryover",
                json!([{"wait":"on"},
                       {"continueAsNew":[{"wait":"e"},{"wait":"f"}],"carryover":true}]),
            ),
            [
                Started,
                Raise("e", json!(5)),
                Raise("on", Value::Null),
                Raise("f", json!(6)),
            ],
        ),
        with(
            case("suspended", json!([{"wait":"x"}])),
            [Started, Suspend, Raise("x", json!(1)), Resume],
        ),
        with(
            case("terminated", json!([{"wait":"x"}])),
            [Started, Terminate],
        ),
    ]
}

/// The same, with nothing done to an instance before its first episode: the Azure Storage backend
/// now and then loses what comes while an instance is being created, whoever its worker is.
pub fn once_begun(cases: Vec<Case>) -> Vec<Case> {
    let begun = |mut case: Case| {
        if !matches!(case.acts.first(), None | Some(Act::Started)) {
            case.acts.insert(0, Act::Started);
        }
        case
    };
    cases.into_iter().map(begun).collect()
}

/// Scripts with entities.
pub fn entities() -> Vec<Case> {
    let call = |key: &str, op: &str, input: Value| {
        let entity = format!("@counter@{key}");
        json!({"entityCall": {"entity": entity, "op": op, "input": input}})
    };
    let mut caught = call("f", "fail", Value::Null);
    caught["catch"] = true.into();
    let mut unknown = call("f", "x", Value::Null);
    unknown["catch"] = true.into();
    vec![
        case(
            "entity-call",
            json!([
                call("c", "add", json!(3)),
                call("c", "get", Value::Null),
                call("c", "reset", Value::Null),
                call("c", "get", Value::Null)
            ]),
        ),
        case(
            "entity-failure",
            json!([
                call("f", "add", json!(1)),
                caught,
                unknown,
                call("f", "get", Value::Null)
            ]),
        ),
        case(
            "entity-signal",
            json!([{"entitySignal":{"entity":"@counter@s","op":"add","input":2}},
                   {"entitySignal":{"entity":"@counter@s","op":"add","input":3}},
                   call("s","get",Value::Null)]),
        ),
        case(
            "entity-lock",
            json!([{"lock":["@counter@l2","@counter@l1"],"steps":[
                        call("l1","add",json!(1)), call("l2","add",json!(2)),
                        call("l1","get",Value::Null)]},
                   call("l2","get",Value::Null)]),
        ),
        case(
            "entity-lock-failure",
            json!([{"lock":["@counter@m"],"steps":[{"failWith":{"message":"inside"}}],
                    "catch":true},
                   call("m","add",json!(4))]),
        ),
        case(
            "entity-actions",
            json!([
                call(
                    "a",
                    "addThenSignal",
                    json!({"amount":5,"target":"@counter@a"})
                ),
                call("a", "get", Value::Null)
            ]),
        ),
    ]
}

/// Runs all at once, and says what each came to.
pub async fn run(client: &dyn Client, cases: &[Case]) -> BTreeMap<&'static str, Value> {
    for case in cases {
        let mut request = StartRequest::new("Script", id(case));
        request = request.input_json(case.steps.to_string());
        request.version = Some(String::new());
        client.start(request).await.unwrap();
    }
    let mut outcomes = BTreeMap::new();
    for case in cases {
        for act in &case.acts {
            play(client, case, act).await;
        }
        let state = client
            .wait(&id(case), WaitFor::Completion, TIMEOUT)
            .await
            .unwrap();
        assert!(state.status.is_terminal(), "{}: {state:?}", case.name);
        outcomes.insert(case.name, outcome(&state));
    }
    outcomes
}

fn id(case: &Case) -> InstanceId {
    InstanceId::new(case.name).unwrap()
}

async fn play(client: &dyn Client, case: &Case, act: &Act) {
    let id = id(case);
    let done = match act {
        Act::Started => client.wait(&id, WaitFor::Start, TIMEOUT).await.map(drop),
        Act::Raise(name, data) => client.raise_event(&id, name, Some(data.to_string())).await,
        Act::Suspend => client.suspend(&id, Some("\"wait\"".into())).await,
        Act::Resume => client.resume(&id, None).await,
        Act::Terminate => client.terminate(&id, Some("\"bye\"".into()), false).await,
    };
    done.unwrap_or_else(|error| panic!("{}: {error}", case.name));
    if matches!(act, Act::Suspend) {
        let shown = async {
            while client
                .get(&id, Fetch::Payloads)
                .await
                .unwrap()
                .unwrap()
                .status
                != Status::Suspended
            {
                tokio::time::sleep(LOOK).await;
            }
        };
        let shown = tokio::time::timeout(TIMEOUT, shown).await;
        assert!(shown.is_ok(), "{}: it is not suspended", case.name);
    }
}

/// What differs, or nothing.
pub fn differences(
    ours: &BTreeMap<&'static str, Value>,
    theirs: &BTreeMap<&'static str, Value>,
) -> Vec<String> {
    let names = theirs
        .keys()
        .filter(|name| ours.get(*name) != theirs.get(*name));
    names
        .map(|name| {
            format!(
                "{name}:\n  ours   {:?}\n  theirs {:?}",
                ours.get(name),
                theirs[name]
            )
        })
        .collect()
}
