//! What runs give, and how they fail.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use durable_task::{Failure, Status};
use serde_json::{Value, json};
use tokio::sync::Barrier;
use tokio_util::sync::CancellationToken;

use super::fixture::*;
use crate::agent::AgentDefinition;
use crate::model::{ChatModel, ModelError, ModelRequest, ModelResponse, ScriptedModel};
use crate::workflow::superstep::EventKind;
use crate::workflow::{Exit, GraphNode, NodeAnswer, NodeCode, OutputCount, Target, To};

#[tokio::test]
async fn a_chain_gives_what_its_last_node_gives_and_its_events_tell_the_way() {
    let graph = keep(graph("chain", vec![adds("a", to(&[1])), adds("b", OUT)]));
    let scene = Scene::of(&[graph]).await;
    let run = scene.start("CHAIN", json!("x")).await;
    let status = scene.ended("chain", &run).await;
    assert_eq!(status.outputs.unwrap(), [message(json!("xab"))]);
    assert_eq!((&*status.workflow, &*status.version), ("chain", "v1"));
    let kinds = scene.events("chain", &run).await;
    let expected = [
        EventKind::Started,
        EventKind::SuperstepStarted,
        EventKind::ExecutorInvoked,
        EventKind::ExecutorCompleted,
        EventKind::SuperstepCompleted,
        EventKind::SuperstepStarted,
        EventKind::ExecutorInvoked,
        EventKind::ExecutorCompleted,
        EventKind::Output,
        EventKind::SuperstepCompleted,
        EventKind::Completed,
    ];
    assert_eq!(kinds, expected);
    scene.close().await;
}

#[tokio::test]
async fn a_superstep_runs_all_its_tasks_at_once_and_a_fan_in_takes_them_in_written_order() {
    let together = Arc::new(Barrier::new(2));
    let waits = |id: &'static str, slot| {
        let together = Arc::clone(&together);
        let run = later(move |value| {
            let together = Arc::clone(&together);
            async move {
                together.wait().await;
                json!(format!("{}{id}", value.as_str().unwrap()))
            }
        });
        executor(id, run, to_join(0, slot))
    };
    let mut graph = graph(
        "fan",
        vec![
            adds("a", to(&[1, 2])),
            waits("b", 0),
            waits("c", 1),
            adds("d", OUT),
        ],
    );
    graph.joins = leak(vec![join(3, &[1, 2])]);
    let scene = Scene::of(&[keep(graph)]).await;
    let outputs = scene.outputs("fan", json!("x")).await;
    assert_eq!(outputs, [json!(r#"["xab","xac"]d"#)]);
    scene.close().await;
}

#[tokio::test]
async fn an_each_node_runs_per_item_in_order_and_honours_its_limit() {
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let seen = (Arc::clone(&now), Arc::clone(&most));
    let mut run = later(move |value| {
        let (now, most) = seen.clone();
        async move {
            most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            tokio::task::yield_now().await;
            now.fetch_sub(1, Ordering::SeqCst);
            json!(value.as_u64().unwrap() * 2)
        }
    });
    run.concurrency = Some(2);
    let mut each = executor("double", run, OUT);
    each.each = true;
    let mut graph = graph("items", vec![each]);
    graph.start = to_each(0);
    let scene = Scene::of(&[keep(graph)]).await;
    let outputs = scene
        .outputs("items", json!([1, 2, 3, 4, 5, 6, 7, 8]))
        .await;
    let flat: Vec<Value> = outputs
        .iter()
        .flat_map(|value| {
            value
                .as_array()
                .cloned()
                .unwrap_or_else(|| vec![value.clone()])
        })
        .collect();
    assert_eq!(
        flat,
        (1..=8).map(|number| json!(number * 2)).collect::<Vec<_>>()
    );
    assert!(most.load(Ordering::SeqCst) <= 2);
    scene.close().await;
}

/// Reads `last` and `sum`, writes both, and gives what it read.
fn notes(id: &'static str, exit: Exit) -> GraphNode {
    let run = executor_definition(move |call| {
        let read: Vec<Value> = call.state.iter().map(|(_, slot)| value(slot)).collect();
        let mut answer = NodeAnswer {
            messages: vec![message(json!(read))],
            ..NodeAnswer::default()
        };
        if id != "end" {
            answer.updates = vec![
                (
                    std::any::TypeId::of::<Sum>(),
                    message(json!(format!("{id}1"))),
                ),
                (
                    std::any::TypeId::of::<Sum>(),
                    message(json!(format!("{id}2"))),
                ),
            ];
        }
        if id == "a" {
            let last = (std::any::TypeId::of::<Last>(), message(json!("from a")));
            answer.updates.push(last);
        }
        Box::pin(async move { Ok(answer) })
    });
    let mut node = executor(id, run, exit);
    node.facts.may_read = 0b11;
    node.facts.may_write = 0b11;
    node
}

#[tokio::test]
async fn state_is_read_as_it_was_when_the_superstep_began_and_merged_in_task_order() {
    let mut graph = graph(
        "state",
        vec![
            notes("a", to(&[1, 2])),
            notes("b", to_join(0, 0)),
            notes("c", to_join(0, 1)),
            notes("end", OUT),
        ],
    );
    graph.slots = slots();
    graph.joins = leak(vec![join(3, &[1, 2])]);
    let scene = Scene::of(&[keep(graph)]).await;
    let outputs = scene.outputs("state", json!(null)).await;
    assert_eq!(
        outputs,
        [json!(["from a", ["a1", "a2", "b1", "b2", "c1", "c2"]])]
    );
    scene.close().await;
}

fn agent(name: &'static str) -> fn() -> AgentDefinition {
    match name {
        "Writer" => || AgentDefinition::new("Writer"),
        _ => || AgentDefinition::new("Editor"),
    }
}

#[tokio::test]
async fn agents_are_asked_in_sessions_of_the_run_and_hand_the_conversation_on() {
    struct Editor;
    let mut graph = graph(
        "talk",
        vec![
            node("writer", NodeCode::Agent(agent("Writer")), to_text(1)),
            typed_node::<Editor>("editor", NodeCode::Agent(agent("Editor")), OUT),
        ],
    );
    graph.start = to(&[0]);
    let model = ScriptedModel::new().otherwise("Fine.");
    let app = app(&[keep(graph)]).model(Arc::new(model)).build().unwrap();
    assert!(app.agent("writer").is_none(), "nobody outside can ask it");
    assert_eq!(app.all_agents().count(), 2);
    let scene = Scene::new(app).await;
    let outputs = scene.outputs("talk", json!("Write.")).await;
    assert_eq!(outputs, [json!({"executor_id": "editor", "text": "Fine."})]);
    scene.close().await;
}

/// What an agent said, to another one.
fn to_text(node: usize) -> Exit {
    Exit::To(leak(vec![Target {
        to: To::Node(node),
        convert: &|given| {
            let text = message(value(given)["text"].clone());
            Ok(text.with_conversation(given.shared_conversation()))
        },
    }]))
}

struct Refuses;

#[async_trait::async_trait]
impl ChatModel for Refuses {
    fn provider(&self) -> &'static str {
        "refuses"
    }

    async fn complete(&self, _: ModelRequest) -> Result<ModelResponse, ModelError> {
        Err(ModelError::ContentFilter {
            provider: "refuses",
            message: "no".into(),
        })
    }
}

#[tokio::test]
async fn an_agent_that_fails_fails_the_run() {
    let graph = graph(
        "talk",
        vec![node("writer", NodeCode::Agent(agent("Writer")), OUT)],
    );
    let app = app(&[keep(graph)]).model(Arc::new(Refuses));
    let scene = Scene::new(app.build().unwrap()).await;
    let failure = scene.failure("talk", json!("Write.")).await;
    assert_eq!(failure.error_type, "NodeFailed");
    assert!(failure.message.contains("`writer`"), "{failure}");
    scene.close().await;
}

#[tokio::test]
async fn a_sub_workflow_is_a_run_of_its_own_and_gives_its_outputs_as_one_value() {
    let mut inner = graph("inner", vec![adds("i", OUT)]);
    inner.outputs = OutputCount::One;
    let inner = keep(inner);
    let outer = graph(
        "outer",
        vec![
            adds("a", to(&[1])),
            workflow("sub", inner, to(&[2])),
            adds("z", OUT),
        ],
    );
    let scene = Scene::of(&[keep(outer)]).await;
    assert!(
        scene.client.app().workflow("inner").is_none(),
        "it has no routes"
    );
    let run = scene.start("outer", json!("x")).await;
    let status = scene.ended("outer", &run).await;
    assert_eq!(status.outputs.unwrap(), [message(json!("xaiz"))]);
    let runs = scene.client.node_runs("outer", &run).await.unwrap();
    let ids: Vec<&str> = runs.keys().map(String::as_str).collect();
    assert_eq!(ids, ["a", "sub", "sub/i", "z"]);
    scene.close().await;
}

#[tokio::test]
async fn an_executor_is_repeated_as_it_says_else_as_its_workflow_says() {
    for of_node in [true, false] {
        let tries = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&tries);
        let mut run = function(move |value| match count.fetch_add(1, Ordering::SeqCst) {
            0 | 1 => Err(Failure::new("Busy", "later")),
            _ => Ok(value),
        });
        run.retry = of_node.then(retry);
        let mut graph = graph("again", vec![executor("flaky", run, OUT)]);
        graph.retry = (!of_node).then_some(retry as fn() -> _);
        let scene = Scene::of(&[keep(graph)]).await;
        assert_eq!(scene.outputs("again", json!(7)).await, [json!(7)]);
        assert_eq!(tries.load(Ordering::SeqCst), 3);
        scene.close().await;
    }
}

#[tokio::test]
async fn a_failure_and_a_panic_fail_the_run_and_name_the_node() {
    let fails = function(|_| Err(Failure::new("Broken", "no paper").non_retriable()));
    let panics = function(|_| panic!("out of ink"));
    for (run, cause, text) in [
        (fails, "Broken", "no paper"),
        (panics, "Panic", "out of ink"),
    ] {
        let graph = graph("printing", vec![executor("printer", run, OUT)]);
        let scene = Scene::of(&[keep(graph)]).await;
        let run = scene.start("printing", json!(1)).await;
        let status = scene.ended("printing", &run).await;
        assert_eq!(status.status, Status::Failed);
        let failure = status.failure.unwrap();
        assert!(
            failure.message.contains("printer") && failure.message.contains(text),
            "{failure}"
        );
        assert_eq!(failure.inner.unwrap().error_type, cause);
        let kinds = scene.events("printing", &run).await;
        assert!(
            kinds.ends_with(&[EventKind::ExecutorFailed, EventKind::Failed]),
            "{kinds:?}"
        );
        let runs = scene.client.node_runs("printing", &run).await.unwrap();
        assert_eq!(runs["printer"].state, crate::workflow::NodeState::Failed);
        scene.close().await;
    }
}

#[tokio::test]
async fn a_panic_on_an_edge_fails_the_run_and_nothing_else() {
    let convert = |given: &crate::workflow::Message| match given.json() {
        "13" => panic!("no letter 13"),
        _ => Ok(given.clone()),
    };
    let exit = Exit::Output(Box::leak(Box::new(convert)));
    let graph = graph("post", vec![executor("letter", function(Ok), exit)]);
    let scene = Scene::of(&[keep(graph)]).await;
    let failure = scene.failure("post", json!(13)).await;
    assert_eq!(failure.error_type, "Panic");
    assert!(
        failure.message.contains("`letter`") && failure.message.contains("no letter 13"),
        "{failure}"
    );
    assert_eq!(scene.outputs("post", json!(12)).await, [json!(12)]);
    scene.close().await;
}

#[tokio::test]
async fn state_that_grows_past_its_limit_fails_the_run_with_the_slot_and_the_limit() {
    let writes = |id, exit| {
        let run = executor_definition(|_| {
            let text = "x".repeat(crate::workflow::SLOT_BYTES_MAX / 2);
            let sum = std::any::TypeId::of::<Sum>();
            let answer = NodeAnswer {
                messages: vec![message(json!(1))],
                updates: vec![(sum, message(json!(text)))],
                ..NodeAnswer::default()
            };
            Box::pin(async move { Ok(answer) })
        });
        let mut node = executor(id, run, exit);
        node.facts.may_write = 0b11;
        node
    };
    let mut graph = graph("full", vec![writes("a", to(&[1])), writes("b", OUT)]);
    graph.slots = slots();
    let scene = Scene::of(&[keep(graph)]).await;
    let failure = scene.failure("full", json!(1)).await;
    assert_eq!(failure.error_type, "StateTooLarge");
    let text =
        "after superstep 2, slot `sum` takes 4194311 bytes of JSON, and the limit is 4194304";
    assert_eq!(failure.message, text);
    scene.close().await;
}

/// Notes whether it is cancelled when it is dropped.
struct Held(CancellationToken, Arc<Mutex<Option<bool>>>);

impl Drop for Held {
    fn drop(&mut self) {
        *self.1.lock().unwrap() = Some(self.0.is_cancelled());
    }
}

#[tokio::test]
async fn a_panic_in_one_of_each_fails_the_run_and_names_the_node() {
    let run = function(|item| match item.as_u64() {
        Some(2) => panic!("no two"),
        _ => Ok(item),
    });
    let mut node = executor("items", run, OUT);
    node.each = true;
    let mut graph = graph("all", vec![node]);
    graph.start = to_each(0);
    let scene = Scene::of(&[keep(graph)]).await;
    let failure = scene.failure("all", json!([1, 2, 3])).await;
    let text = "node `items` failed in superstep 1: Panic: no two";
    assert_eq!(failure.message, text);
    assert_eq!(scene.outputs("all", json!([1, 3])).await.len(), 2);
    scene.close().await;
}

#[tokio::test]
async fn an_attempt_that_takes_too_long_is_ended() {
    let seen = Arc::new(Mutex::new(None));
    let told = Arc::clone(&seen);
    let mut run = executor_definition(move |call| {
        let held = Held(call.activity.cancelled().clone(), Arc::clone(&told));
        Box::pin(async move {
            let _held = held;
            std::future::pending().await
        })
    });
    run.timeout = Some(Duration::from_millis(5));
    let graph = graph("slow", vec![executor("sleeper", run, OUT)]);
    let scene = Scene::of(&[keep(graph)]).await;
    let failure = scene.failure("slow", json!(1)).await;
    assert_eq!(failure.inner.unwrap().error_type, "Timeout");
    let seen = *seen.lock().unwrap();
    assert_eq!(seen, Some(true), "it is cancelled before it is dropped");
    scene.close().await;
}

#[tokio::test]
async fn a_run_that_takes_too_long_fails_and_takes_its_children_with_it() {
    let inner = keep(graph("inner", vec![port("ask", None, OUT)]));
    let mut outer = graph("outer", vec![workflow("sub", inner, OUT)]);
    outer.timeout = Some(Duration::from_hours(1));
    let (scene, runtime) = Scene::timeless(&[keep(outer)]).await;
    let run = scene.start("outer", json!(1)).await;
    let status = scene.pending("outer", &run, 1).await;
    let child = status.pending[0].owner.clone();
    runtime.advance(Duration::from_hours(1));
    let status = scene.ended("outer", &run).await;
    assert_eq!(status.failure.unwrap().error_type, "Timeout");
    let hub = scene.hub.client();
    let child = hub
        .wait(&child, durable_task::WaitFor::Completion, PATIENCE)
        .await
        .unwrap();
    assert_eq!(child.status, Status::Terminated);
}

#[tokio::test]
async fn a_loop_that_hits_its_limit_says_where() {
    let mut graph = graph(
        "loop",
        vec![
            executor("turn", function(Ok), back_while(0, 1, |_| true)),
            adds("end", OUT),
        ],
    );
    graph.supersteps_max = 5;
    let scene = Scene::of(&[keep(graph)]).await;
    let failure = scene.failure("loop", json!(1)).await;
    assert!(failure.message.contains("5 supersteps"), "{failure}");
    assert!(failure.message.contains("`turn`"), "{failure}");
    scene.close().await;
}

#[tokio::test]
async fn an_executor_knows_where_it_runs_and_has_a_key_of_its_own() {
    let inner = executor_definition(|call| {
        let place = call.place.clone();
        let seen = json!([
            place.workflow,
            place.node,
            place.instance,
            place.root_instance,
            place.root_workflow,
            place.request_prefix,
            place.round,
            call.sources,
            call.activity.idempotency_key()
        ]);
        let answer = NodeAnswer {
            messages: vec![message(seen)],
            ..NodeAnswer::default()
        };
        Box::pin(async move { Ok(answer) })
    });
    let mut inner = graph("inner", vec![executor("look", inner, OUT)]);
    inner.outputs = OutputCount::One;
    let inner = keep(inner);
    let scene = Scene::of(&[keep(graph("outer", vec![workflow("sub", inner, OUT)]))]).await;
    let run = scene
        .client
        .start_named("outer", "1", Some("r1"))
        .await
        .unwrap()
        .run;
    let outputs = scene.ended("outer", &run).await.outputs.unwrap();
    let seen = value(&outputs[0]);
    let expected = json!([
        "inner",
        "look",
        "r1::sub::0",
        "r1",
        "outer",
        "sub~0~",
        0,
        ["__workflow_start__"]
    ]);
    assert_eq!(
        seen.as_array().unwrap()[..8],
        expected.as_array().unwrap()[..]
    );
    let key = seen[8].as_str().unwrap();
    assert!(key.starts_with("r1::sub::0:"), "{key}");
    scene.close().await;
}

#[tokio::test]
async fn a_failed_run_goes_on_after_a_rewind() {
    let works = Arc::new(AtomicUsize::new(0));
    let (runs, switch) = (Arc::new(AtomicUsize::new(0)), Arc::clone(&works));
    let count = Arc::clone(&runs);
    let first = function(move |value| {
        count.fetch_add(1, Ordering::SeqCst);
        Ok(value)
    });
    let second = function(move |value| match switch.load(Ordering::SeqCst) {
        0 => Err(Failure::new("Broken", "not yet")),
        _ => Ok(value),
    });
    let graph = graph(
        "mend",
        vec![
            executor("first", first, to(&[1])),
            executor("second", second, OUT),
        ],
    );
    let scene = Scene::of(&[keep(graph)]).await;
    let run = scene.start("mend", json!(5)).await;
    assert_eq!(scene.ended("mend", &run).await.status, Status::Failed);
    works.store(1, Ordering::SeqCst);
    scene.hub.client().rewind(&run, None).await.unwrap();
    let status = scene.ended("mend", &run).await;
    assert_eq!(status.outputs.unwrap(), [message(json!(5))]);
    assert_eq!(
        runs.load(Ordering::SeqCst),
        1,
        "what succeeded is not repeated"
    );
    let kinds = scene.events("mend", &run).await;
    assert_eq!(kinds.last(), Some(&EventKind::Completed), "{kinds:?}");
    scene.close().await;
}
