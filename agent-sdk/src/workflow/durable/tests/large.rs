//! Large values: taken from the history where the process does not have them.

use std::any::TypeId;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use durable_task::testing::TestRuntime;
use serde_json::{Value, json};
use task_hub::store::memory::MemoryStore;
use tokio::sync::Notify;

use super::fixture::*;
use crate::workflow::durable::large::INLINE_BYTES_MAX;
use crate::workflow::superstep::PAYLOAD_BYTES_MAX;
use crate::workflow::{Graph, GraphNode, Message, NodeAnswer, TypeData};

/// Writes both slots and gives a message, all of that many bytes.
fn writer(bytes: usize) -> GraphNode {
    let run = executor_definition(move |_| {
        let text = |letter: &str| message(json!(letter.repeat(bytes)));
        let answer = NodeAnswer {
            messages: vec![text("m")],
            updates: vec![
                (TypeId::of::<Last>(), text("l")),
                (TypeId::of::<Sum>(), text("s")),
            ],
            ..NodeAnswer::default()
        };
        Box::pin(async move { Ok(answer) })
    });
    let mut node = executor("write", run, to(&[1, 2]));
    node.facts.may_write = 0b11;
    node
}

/// What holds readers up in the middle, in the first life.
#[derive(Default)]
struct Gate {
    is_open: AtomicBool,
    begun: AtomicUsize,
    all_began: Notify,
}

/// Gives what it read, shortened; waits at the gate.
fn reader(id: &'static str, gate: &Arc<Gate>) -> GraphNode {
    let gate = Arc::clone(gate);
    let run = executor_definition(move |call| {
        let short = |message: &Message| {
            let text = message.json();
            json!([text.len(), &text[..5]])
        };
        let slots = call.state.iter().map(|(_, slot)| short(slot));
        let read: Vec<Value> = std::iter::once(short(&call.message)).chain(slots).collect();
        let gate = Arc::clone(&gate);
        Box::pin(async move {
            if gate.begun.fetch_add(1, Ordering::SeqCst) == 1 {
                gate.all_began.notify_one();
            }
            if !gate.is_open.load(Ordering::SeqCst) {
                call.activity.cancelled().cancelled().await;
            }
            Ok(NodeAnswer {
                messages: vec![message(json!(read))],
                ..NodeAnswer::default()
            })
        })
    });
    let mut node = executor(id, run, OUT);
    node.facts.may_read = 0b11;
    node
}

fn readers(bytes: usize, gate: &Arc<Gate>) -> &'static Graph {
    let nodes = vec![writer(bytes), reader("b", gate), reader("c", gate)];
    let mut graph = graph("readers", nodes);
    graph.slots = slots();
    keep(graph)
}

async fn scene(graph: &'static Graph, store: Arc<MemoryStore>) -> Scene {
    let runtime = Arc::new(TestRuntime::new());
    Scene::on(app(&[graph]).build().unwrap(), store, runtime).await
}

/// The activities are handed out again without the orchestration: nothing has what they take.
#[tokio::test]
async fn an_activity_that_runs_again_in_a_new_process_finds_large_values_in_the_history() {
    for bytes in [10, INLINE_BYTES_MAX, 5 * INLINE_BYTES_MAX] {
        let gate: Arc<Gate> = Arc::default();
        let graph = readers(bytes, &gate);
        let store: Arc<MemoryStore> = Arc::default();
        let first = scene(graph, Arc::clone(&store)).await;
        let run = first.start("readers", json!(1)).await;
        gate.all_began.notified().await;
        store.faults().hold_after(0);
        first.worker.drain(Duration::ZERO).await;
        gate.is_open.store(true, Ordering::SeqCst);
        let second = scene(graph, Arc::new(store.after_crash())).await;
        let status = second.ended("readers", &run).await;
        let quoted = bytes + 2;
        let read = json!([
            [quoted, "\"mmmm"],
            [quoted, "\"llll"],
            [quoted + 2, "[\"sss"]
        ]);
        let outputs = status.outputs.unwrap();
        assert_eq!(outputs, [message(read.clone()), message(read)]);
        let found = second.client.app().large_values().count();
        assert_eq!(found, if quoted > INLINE_BYTES_MAX { 3 } else { 0 });
    }
}

#[tokio::test]
async fn a_large_value_is_named_in_the_input_of_an_activity_and_a_small_one_is_in_it() {
    for (bytes, is_large) in [(INLINE_BYTES_MAX - 2, false), (INLINE_BYTES_MAX - 1, true)] {
        let gate: Arc<Gate> = Arc::default();
        gate.is_open.store(true, Ordering::SeqCst);
        let scene = scene(readers(bytes, &gate), Arc::default()).await;
        let run = scene.start("readers", json!(1)).await;
        scene.ended("readers", &run).await;
        let history = scene.hub.client().history(&run).await.unwrap();
        let inputs: Vec<Value> = history
            .into_iter()
            .filter_map(|event| match event.event_type? {
                durable_task::wire::proto::history_event::EventType::TaskScheduled(task) => {
                    serde_json::from_str(&task.input?).ok()
                }
                _ => None,
            })
            .collect();
        assert_eq!(inputs.len(), 3);
        for input in &inputs[1..] {
            let last = input["shared_state_snapshot"].get("last");
            assert_eq!(last.is_none(), is_large);
            assert_eq!(input["large_state"]["last"]["bytes"].is_u64(), is_large);
            assert_eq!(input["message"].is_null(), is_large);
            assert_eq!(input["large_message"]["bytes"].is_u64(), is_large);
            let small = 4 * INLINE_BYTES_MAX;
            assert!(
                input.to_string().len() < small,
                "{}",
                input.to_string().len()
            );
        }
    }
}

const TEXT: TypeData = TypeData {
    name: || "String",
    ..ANY
};

fn gives(bytes: usize) -> impl Fn(Value) -> Result<Value, durable_task::Failure> {
    move |_| Ok(json!("x".repeat(bytes - 2)))
}

#[tokio::test]
async fn what_is_too_large_fails_the_run_and_names_the_node() {
    let one = graph(
        "one",
        vec![executor("a", function(gives(PAYLOAD_BYTES_MAX)), OUT)],
    );
    let two = PAYLOAD_BYTES_MAX + 1;
    let two = graph("two", vec![executor("a", function(gives(two)), OUT)]);
    let half = || function(gives(PAYLOAD_BYTES_MAX / 2 + 1));
    let mut outputs = vec![
        executor("a", half(), to(&[1])),
        executor("b", half(), OUT),
        executor("c", half(), OUT),
    ];
    outputs[0].exit = to(&[1, 2]);
    let three = graph("three", outputs);
    let mut joined = graph(
        "four",
        vec![
            adds("a", to(&[1, 2])),
            executor("b", half(), to_join(0, 0)),
            executor("c", half(), to_join(0, 1)),
            adds("d", OUT),
        ],
    );
    joined.joins = leak(vec![join(3, &[1, 2])]);
    joined.output = TEXT;
    let scene = Scene::of(&[keep(one), keep(two), keep(three), keep(joined)]).await;
    assert_eq!(scene.outputs("one", json!(1)).await.len(), 1);
    let limit = "bytes of JSON, and the limit is 12582912";
    for (workflow, error_type, text) in [
        (
            "two",
            "NodeFailed",
            "node `a` failed in superstep 1: PayloadTooLarge: what it gave (messages, outputs, \
             state and events) takes 12582913",
        ),
        (
            "three",
            "PayloadTooLarge",
            "what the run gives, with an output of node `c`, takes 12582914",
        ),
        (
            "four",
            "PayloadTooLarge",
            "a message to node `d` takes 12582917",
        ),
    ] {
        let failure = scene.failure(workflow, json!(1)).await;
        assert_eq!(failure.error_type, error_type);
        assert_eq!(failure.message, format!("{text} {limit}"));
    }
    scene.close().await;
}
