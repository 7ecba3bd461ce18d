//! What goes wrong while an executor runs: the same text in memory and on a hub, with the node's
//! name, and nothing of the superstep is applied.

use std::fmt;

use agent_sdk::App;
use agent_sdk::prelude::*;
use agent_sdk::workflow::{Keyed, SLOT_BYTES_MAX, Workflow};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Value, json};

use super::stage::{Outcome, Stage, in_memory};

/// What is done wrong.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
enum Fault {
    None,
    Output,
    Message,
    Yield,
    Slot,
    Event,
    NotANumber,
    HugeOutput,
    HugeSlot,
    TooMany,
    EventName,
    Panic,
}

/// Can't be written if it is true.
#[derive(Debug, Deserialize, JsonSchema)]
struct Glass(bool);

impl Serialize for Glass {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0 {
            return Err(serde::ser::Error::custom("the glass is broken"));
        }
        serializer.serialize_bool(false)
    }
}

impl fmt::Display for Glass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
struct Text(String);

#[derive(Serialize, Deserialize, JsonSchema)]
struct Window(Glass);

#[derive(WorkflowState)]
struct House {
    window: Window,
    text: Text,
    log: Keyed<String, u32>,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Reading {
    value: f64,
    glass: Glass,
    text: String,
}

/// Its own work is in order.
#[executor(writes(Keyed<String, u32>))]
async fn steady(_: Fault, ctx: &WorkflowContext<steady>) -> Result<Reading, ExecutorError> {
    ctx.set::<Keyed<String, u32>>((String::from("steady"), 1));
    ctx.add_event("steady", &1);
    Ok(Reading {
        value: 1.0,
        glass: Glass(false),
        text: String::new(),
    })
}

#[executor(yields(Reading), may_write(Window, Text))]
async fn faulty(fault: Fault, ctx: &WorkflowContext<faulty>) -> Result<Reading, ExecutorError> {
    let reading = |value, glass, text| Reading {
        value,
        glass: Glass(glass),
        text,
    };
    let fine = reading(1.0, false, String::new());
    match fault {
        Fault::None | Fault::Message => {}
        Fault::Output => return Ok(reading(1.0, true, String::new())),
        Fault::Yield => ctx.yield_output(reading(1.0, true, String::new())),
        Fault::Slot => ctx.set::<Window>(Window(Glass(true))),
        Fault::Event => ctx.add_event("broken", &Glass(true)),
        Fault::NotANumber => return Ok(reading(f64::NAN, false, String::new())),
        Fault::HugeOutput => return Ok(reading(1.0, false, "h".repeat(13 << 20))),
        Fault::HugeSlot => ctx.set::<Text>(Text("h".repeat(SLOT_BYTES_MAX))),
        Fault::TooMany => (0..2_000).for_each(|tick| ctx.add_event("tick", &tick)),
        Fault::EventName => ctx.add_event("no name", &1),
        Fault::Panic => return Err(panics()),
    }
    Ok(fine)
}

fn panics() -> ExecutorError {
    panic!("it panics")
}

#[executor(sends(Reading))]
async fn sender(fault: Fault, ctx: &WorkflowContext<sender>) -> Result<(), ExecutorError> {
    ctx.send(Reading {
        value: 2.0,
        glass: Glass(matches!(fault, Fault::Message)),
        text: String::new(),
    });
    Ok(())
}

/// Three at once, of which one may fail.
#[workflow(state = House)]
fn works(fault: Fault) -> Vec<Reading> {
    fault >> (steady, faulty, sender);
}

/// What the run says, from the node on.
fn expected(fault: Fault) -> Option<(&'static str, &'static str, &'static str)> {
    Some(match fault {
        Fault::None => return None,
        Fault::Output | Fault::Yield => (
            "faulty",
            "InvalidMessage",
            "Reading` can't be written: the glass is broken",
        ),
        Fault::Message => (
            "sender",
            "InvalidMessage",
            "Reading` can't be written: the glass is broken",
        ),
        Fault::Slot => (
            "faulty",
            "InvalidMessage",
            "Window` can't be written: the glass is broken",
        ),
        Fault::Event => (
            "faulty",
            "InvalidEvent",
            "event `broken` of node `faulty` can't be written: the glass is broken",
        ),
        Fault::NotANumber => (
            "faulty",
            "InvalidMessage",
            "NaN and infinite numbers become null",
        ),
        Fault::HugeOutput => (
            "faulty",
            "PayloadTooLarge",
            "bytes of JSON, and the limit is 12582912",
        ),
        Fault::HugeSlot => (
            "faulty",
            "StateTooLarge",
            "Text` takes 4194306 bytes of JSON, and the limit is 4194304",
        ),
        Fault::TooMany => (
            "faulty",
            "TooManyEvents",
            "node `faulty`: one run of an executor may add 1000 events",
        ),
        Fault::EventName => (
            "faulty",
            "InvalidEvent",
            "a name has ASCII letters, digits, `_`, `-` and `.`, and at most 64 of them",
        ),
        Fault::Panic => ("faulty", "Panic", "it panics"),
    })
}

const FAULTS: [Fault; 12] = [
    Fault::None,
    Fault::Output,
    Fault::Message,
    Fault::Yield,
    Fault::Slot,
    Fault::Event,
    Fault::NotANumber,
    Fault::HugeOutput,
    Fault::HugeSlot,
    Fault::TooMany,
    Fault::EventName,
    Fault::Panic,
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fault_of_a_node_fails_the_run_with_its_name_and_nothing_is_half_done() -> Outcome {
    let stage = Stage::new(App::builder().workflow::<works>().build()?).await?;
    for fault in FAULTS {
        let input = serde_json::to_value(fault)?;
        let story = stage.run(works::NAME, &input).await?;
        let memory = in_memory(works::GRAPH, &input).await?;
        assert_eq!(story, memory, "{fault:?}");
        let Some((node, error_type, end)) = expected(fault) else {
            assert_eq!(story.outputs.map(|outputs| outputs.len()), Some(3));
            continue;
        };
        let failure = story.failure.as_deref().ok_or("it did not fail")?;
        let begin = format!("node `{node}` failed in superstep 1: {error_type}: ");
        assert!(failure.starts_with(&begin), "{fault:?}: {failure}");
        assert!(failure.ends_with(end), "{fault:?}: {failure}");
        assert!(failure.len() < 600, "{fault:?}: {} bytes", failure.len());
        assert_eq!(story.outputs, None);
        // What the others did is told, and is not applied.
        for kind in ["output", "superstep_completed", "completed"] {
            assert_eq!(story.of_kind(kind), Vec::<&Value>::new(), "{fault:?}");
        }
        let completed: Vec<_> = story.of_kind("executor_completed");
        let completed: Vec<_> = completed
            .iter()
            .map(|event| &event["executor_id"])
            .collect();
        let others = ["steady", "faulty", "sender"];
        let others: Vec<&str> = others.into_iter().filter(|id| *id != node).collect();
        assert_eq!(completed, others, "{fault:?}");
    }
    Ok(())
}

/// What an executor adds is told where it ended, with its name and data.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_of_executors_stand_before_the_end_of_their_run() -> Outcome {
    let stage = Stage::new(App::builder().workflow::<works>().build()?).await?;
    let story = stage.run(works::NAME, &json!("None")).await?;
    let kinds: Vec<&str> = story
        .events
        .iter()
        .filter_map(|event| event["type"].as_str())
        .collect();
    let expected = [
        "started",
        "superstep_started",
        "executor_invoked",
        "executor_invoked",
        "executor_invoked",
        "custom",
        "executor_completed",
        "output",
        "executor_completed",
        "output",
        "executor_completed",
        "output",
        "superstep_completed",
        "completed",
    ];
    assert_eq!(kinds, expected);
    let custom = json!({
        "type": "custom", "executor_id": "steady", "name": "steady", "data": 1, "iteration": 1,
    });
    assert_eq!(story.of_kind("custom"), [&custom]);
    Ok(())
}
