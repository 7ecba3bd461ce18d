//! What programs ask of workflows.

use std::time::Duration;

use durable_task::{
    InstanceId, OrchestrationContext, OrchestrationError, StartRequest, Status, WaitFor,
};
use serde_json::json;

use super::fixture::*;
use crate::app::App;
use crate::workflow::durable::WorkflowCalls;
use crate::workflow::superstep::EventKind;
use crate::workflow::{
    Exit, Graph, GraphNode, NoYields, Node, NodeCode, NodeDefinition, NodeFacts, OutputCount,
    Plain, Target, To, Workflow, WorkflowError,
};

fn numbers() -> &'static Graph {
    let double = function(|value| Ok(json!(value.as_u64().unwrap() * 2)));
    let mut graph = graph("numbers", vec![executor("double", double, OUT)]);
    graph.input = NUMBER;
    graph.outputs = OutputCount::One;
    keep(graph)
}

#[tokio::test]
async fn an_input_that_does_not_fit_starts_nothing() {
    let scene = Scene::of(&[numbers()]).await;
    let run = InstanceId::new("r").unwrap();
    for wrong in ["\"x\"", "{", "null", r#"{"__type__": "m:C"}"#] {
        let error = scene
            .client
            .start_named("numbers", wrong, Some("r"))
            .await
            .unwrap_err();
        assert!(
            matches!(error, WorkflowError::InvalidInput { .. }),
            "{wrong}: {error}"
        );
    }
    let error = scene
        .client
        .start_named("none", "1", Some("r"))
        .await
        .unwrap_err();
    assert!(
        matches!(error, WorkflowError::UnknownWorkflow { .. }),
        "{error}"
    );
    let error = scene
        .client
        .start_named("numbers", "1", Some("@r"))
        .await
        .unwrap_err();
    assert!(
        matches!(error, WorkflowError::InvalidRunId { .. }),
        "{error}"
    );
    let error = scene.client.status("numbers", &run).await.unwrap_err();
    assert!(matches!(error, WorkflowError::UnknownRun { .. }), "{error}");
    scene.close().await;
}

#[tokio::test]
async fn the_same_id_and_input_is_the_same_run_and_another_input_a_conflict() {
    let other = keep(graph("other", vec![adds("a", OUT)]));
    let scene = Scene::of(&[numbers(), other]).await;
    let first = scene
        .client
        .start_named("numbers", "4", Some("r"))
        .await
        .unwrap();
    assert!(!first.attached);
    scene.ended("numbers", &first.run).await;
    let again = scene
        .client
        .start_named("NUMBERS", " 4 ", Some("r"))
        .await
        .unwrap();
    assert!(again.attached && again.run == first.run && again.workflow == "numbers");
    for (workflow, input) in [("numbers", "5"), ("other", "4")] {
        let error = scene
            .client
            .start_named(workflow, input, Some("r"))
            .await
            .unwrap_err();
        assert!(matches!(error, WorkflowError::Conflict { .. }), "{error}");
    }
    let error = scene.client.status("other", &first.run).await.unwrap_err();
    assert!(
        matches!(error, WorkflowError::UnknownRun { .. }),
        "foreign: {error}"
    );
    scene.close().await;
}

#[tokio::test]
async fn a_raw_start_with_a_wrong_input_fails_and_an_envelope_from_outside_is_none() {
    let scene = Scene::of(&[numbers(), keep(graph("any", vec![adds("a", OUT)]))]).await;
    let hub = scene.hub.client();
    let start = async |id: &str, workflow: &str, input: &str| {
        let id = InstanceId::new(id).unwrap();
        let request = StartRequest::new(format!("dafx-{workflow}"), id.clone()).input_json(input);
        hub.start(request).await.unwrap();
        hub.wait(&id, WaitFor::Completion, PATIENCE).await.unwrap()
    };
    let state = start("a", "numbers", "\"x\"").await;
    assert_eq!(state.failure.unwrap().error_type, "InvalidInput");
    let envelope = json!({
        "__subworkflow_input__": 4,
        "__subworkflow_address__": {
            "root_instance_id": "x", "root_workflow_name": "y", "request_path_prefix": "z~0~"
        }
    });
    let state = start("b", "any", &envelope.to_string()).await;
    assert_eq!(
        state.output.as_deref(),
        Some(r#"["{}a"]"#),
        "a bare list of what is left"
    );
    scene.close().await;
}

#[tokio::test]
async fn a_run_is_cancelled_once() {
    let ask = keep(graph("ask", vec![port("ask", None, OUT)]));
    let scene = Scene::of(&[ask]).await;
    let run = scene.start("ask", json!(1)).await;
    scene.pending("ask", &run, 1).await;
    scene
        .client
        .cancel("ask", &run, Some("enough"))
        .await
        .unwrap();
    let status = scene.ended("ask", &run).await;
    assert_eq!(
        (status.status, status.pending.len()),
        (Status::Terminated, 0)
    );
    let error = scene.client.cancel("ask", &run, None).await.unwrap_err();
    assert!(matches!(error, WorkflowError::RunEnded { .. }), "{error}");
    let page = scene.client.events("ask", &run, 0).await.unwrap();
    assert_eq!(page.status, Status::Terminated);
    let kinds: Vec<EventKind> = page.events.iter().map(|event| event.event.kind).collect();
    assert!(kinds.contains(&EventKind::RequestInfo), "{kinds:?}");
    assert_eq!(kinds.last(), Some(&EventKind::Cancelled));
    scene.close().await;
}

#[tokio::test]
async fn events_go_on_from_any_index_and_are_told_as_they_come() {
    let ask = keep(graph(
        "ask",
        vec![adds("a", to(&[1])), port("ask", None, OUT)],
    ));
    let scene = Scene::of(&[ask]).await;
    let run = scene.start("ask", json!(1)).await;
    scene.pending("ask", &run, 1).await;
    let first = scene.client.events("ask", &run, 0).await.unwrap();
    let count = first.events.len();
    let last = first.events.last().unwrap();
    assert_eq!(last.event.kind, EventKind::SuperstepCompleted);
    assert!(
        first
            .events
            .iter()
            .enumerate()
            .all(|(index, event)| event.index == index)
    );
    let none = scene
        .client
        .next_events("ask", &run, count, Duration::ZERO)
        .await
        .unwrap();
    assert!(none.events.is_empty() && none.status == Status::Running);
    let (next, answered) = tokio::join!(
        scene.client.next_events("ask", &run, count, PATIENCE),
        scene.client.respond("ask", &run, "ask-0", "2"),
    );
    answered.unwrap();
    assert_eq!(
        next.unwrap().events[0].event.kind,
        EventKind::RequestAnswered
    );
    scene.ended("ask", &run).await;
    let whole = scene.client.events("ask", &run, 0).await.unwrap();
    assert_eq!(
        whole.events[..count],
        first.events,
        "what was told stays as it is"
    );
    let rest = scene.client.events("ask", &run, count).await.unwrap();
    assert_eq!(rest.events[..], whole.events[count..]);
    let beyond = scene
        .client
        .next_events("ask", &run, 10_000, PATIENCE)
        .await
        .unwrap();
    assert!(beyond.events.is_empty(), "an ended run has no more");
    scene.close().await;
}

struct Numbers;

impl Node for Numbers {
    type Input = u64;
    type Output = u64;
    type Kind = Plain;
    type This = Self;
    type Yielded = NoYields;
    const INPUT: crate::workflow::Codec<Self::Input> = crate::workflow::Codec::OF;
    const OUTPUT: crate::workflow::Codec<Self::Output> = crate::workflow::Codec::OF;

    fn definition() -> NodeDefinition {
        NodeDefinition {
            name: "numbers",
            description: "",
            type_id: std::any::TypeId::of::<Self>(),
            type_name: "Numbers",
            code: NodeCode::Workflow(Self::GRAPH),
        }
    }
}

const DOUBLE: GraphNode = GraphNode {
    id: "double",
    each: false,
    definition: &|| {
        let double = function(|value| Ok(json!(value.as_u64().unwrap() * 2)));
        (executor("double", double, OUT).definition)()
    },
    input: NUMBER,
    output: NUMBER,
    facts: NodeFacts::NONE,
    yields: SAME,
    exit: OUT,
};

impl Workflow for Numbers {
    const NAME: &'static str = "numbers";
    const GRAPH: &'static Graph = &Graph {
        name: "numbers",
        description: "",
        version: "v7",
        supersteps_max: 5,
        retry: None,
        timeout: None,
        input: NUMBER,
        output: NUMBER,
        outputs: OutputCount::One,
        slots: &[],
        start: Exit::To(&[Target {
            to: To::Node(0),
            convert: SAME,
        }]),
        nodes: &[DOUBLE],
        joins: &[],
        forks: &[],
    };
}

#[tokio::test]
async fn an_orchestrator_calls_a_workflow_by_its_type() {
    let app = App::builder().workflow::<Numbers>().register(|registry| {
        registry.orchestrator_fn(
            "caller",
            "",
            |ctx: OrchestrationContext, number: u64| async move {
                let once = ctx.call_workflow::<Numbers>(number).await?;
                let twice = ctx.call_workflow::<Numbers>(once).await?;
                Ok::<u64, OrchestrationError>(twice)
            },
        )
    });
    let scene = Scene::new(app.build().unwrap()).await;
    let hub = scene.hub.client();
    let id = InstanceId::new("c").unwrap();
    let start = StartRequest::new("caller", id.clone()).input_json("21");
    hub.start(start).await.unwrap();
    let ended = hub.wait(&id, WaitFor::Completion, PATIENCE).await.unwrap();
    assert_eq!(ended.output.as_deref(), Some("84"), "{:?}", ended.failure);
    let started = scene.client.start::<Numbers>(&4, None).await.unwrap();
    let status = scene.ended("numbers", &started.run).await;
    assert_eq!(status.result::<Numbers>().unwrap(), Some(8));
    assert_eq!(status.version, "v7");
    scene.close().await;
}
