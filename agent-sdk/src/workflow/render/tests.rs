#![allow(
    clippy::unnecessary_wraps,
    reason = "stand-ins for conversions, which can fail"
)]

use std::any::TypeId;
use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::*;
use crate::agent::AgentDefinition;
use crate::workflow::{
    Arm, Exit, GraphNode, Join, Message, NodeCode, NodeDefinition, NodeFacts, OutputCount,
    PortDefinition, RouteError, Routed, Target, To, TypeData,
};

fn text(json: &str) -> Result<Message, crate::workflow::InvalidMessage> {
    Ok(Message::of(&json.to_owned()).unwrap())
}

fn same(message: &Message) -> Result<Message, RouteError> {
    Ok(message.clone())
}

fn all(_: &[Message]) -> Result<Message, RouteError> {
    Ok(Message::of(&()).unwrap())
}

fn nowhere(_: &Message) -> Result<Vec<Routed>, RouteError> {
    Ok(Vec::new())
}

const STRING: TypeData = TypeData {
    name: std::any::type_name::<String>,
    schema: || json!({"type": "string"}),
    check: text,
};

fn definition(code: NodeCode) -> NodeDefinition {
    NodeDefinition {
        name: "any",
        description: "Does something.",
        type_id: TypeId::of::<()>(),
        type_name: "any",
        code,
    }
}

fn agent() -> NodeDefinition {
    definition(NodeCode::Agent(|| AgentDefinition::new("any")))
}

fn port() -> NodeDefinition {
    definition(NodeCode::Port(PortDefinition {
        request_type: || "Question",
        response_type: || "Answer",
        response_schema: || Value::Null,
        check: text,
        timeout: None,
        default: None,
    }))
}

fn inner() -> NodeDefinition {
    definition(NodeCode::Workflow(&INNER))
}

const fn node(
    id: &'static str,
    definition: &'static (dyn Fn() -> NodeDefinition + Send + Sync),
    exit: Exit,
) -> GraphNode {
    GraphNode {
        id,
        each: false,
        definition,
        input: STRING,
        output: STRING,
        facts: NodeFacts::NONE,
        yields: &same,
        exit,
    }
}

const fn to(to: To) -> Target {
    Target { to, convert: &same }
}

const fn graph(
    name: &'static str,
    start: Exit,
    nodes: &'static [GraphNode],
    joins: &'static [Join],
) -> Graph {
    Graph {
        name,
        description: "A workflow.",
        version: "v1",
        supersteps_max: 100,
        retry: None,
        timeout: None,
        input: STRING,
        output: STRING,
        outputs: OutputCount::One,
        slots: &[],
        start,
        nodes,
        joins,
        forks: &[],
    }
}

static INNER: Graph = graph(
    "inner",
    Exit::To(&[to(To::Node(0)), to(To::Node(1))]),
    &[
        node(
            "left",
            &agent,
            Exit::To(&[to(To::Join { join: 0, slot: 0 })]),
        ),
        node(
            "right",
            &agent,
            Exit::To(&[to(To::Join { join: 0, slot: 1 })]),
        ),
        node("both", &agent, Exit::Output(&same)),
    ],
    &[Join {
        target: 2,
        sources: &[0, 1],
        convert: &all,
    }],
);

static OUTER: Graph = graph(
    "outer",
    Exit::To(&[to(To::Node(0))]),
    &[
        node(
            "ask",
            &port,
            Exit::Switch {
                route: &nowhere,
                arms: &[
                    Arm {
                        label: "Answer::Yes(\"<b>\")",
                        targets: &[To::Node(1), To::Each(2)],
                    },
                    Arm {
                        label: "_",
                        targets: &[],
                    },
                ],
            },
        ),
        node("sub-flow", &inner, Exit::Drop),
        GraphNode {
            each: true,
            ..node("item", &agent, Exit::Output(&same))
        },
    ],
    &[],
);

#[test]
fn a_flowchart_shows_shapes_labels_and_what_is_inside() {
    let expected = r#"flowchart TD
  ask{{"ask (Start)"}};
  subgraph sub_flow ["sub-flow"]
    sub_flow__input(["input (Start)"]);
    sub_flow__left(["left"]);
    sub_flow__right(["right"]);
    sub_flow__both(["both"]);
    sub_flow__fan_in__both__ac1ec3e5((fan-in))
    sub_flow__input --> sub_flow__left;
    sub_flow__input --> sub_flow__right;
    sub_flow__left --> sub_flow__fan_in__both__ac1ec3e5;
    sub_flow__right --> sub_flow__fan_in__both__ac1ec3e5;
    sub_flow__fan_in__both__ac1ec3e5 --> sub_flow__both;
  end
  item(["each(item)"]);
  ask -.->|"Answer::Yes(#quot;#lt;b#gt;#quot;)"| sub_flow;
  ask -.->|"Answer::Yes(#quot;#lt;b#gt;#quot;)"| item;
  ask -.->|"_"| ask__drop2((" "));
"#;
    assert_eq!(OUTER.render(GraphFormat::Mermaid), expected);
}

#[test]
fn the_digest_of_a_fan_in_is_that_of_the_reference() {
    // sha256("both|left|right"), by another program.
    let view = GraphView::of(&INNER);
    assert_eq!(view.joins[0].id, "fan_in::both::ac1ec3e5");
}

#[test]
fn a_digraph_has_the_same_nodes_and_quotes_what_is_special() {
    let dot = OUTER.render(GraphFormat::Dot);
    for expected in [
        "\"ask\" [shape=hexagon, fillcolor=lightgreen, label=\"ask\\n(Start)\"];",
        "label=\"sub-workflow: sub-flow\";",
        "\"sub-flow/left\" -> \"sub-flow/fan_in::both::ac1ec3e5\";",
        "\"ask\" -> \"item\" [style=dashed, label=\"Answer::Yes(\\\"<b>\\\")\"];",
        "\"ask\" -> \"drop 2\" [style=dashed, label=\"_\"];",
    ] {
        assert!(dot.contains(expected), "{expected} in\n{dot}");
    }
    assert_eq!(dot.matches('{').count(), dot.matches('}').count());
}

#[test]
fn as_data_it_has_the_form_of_the_reference() {
    let data: Value = serde_json::from_str(&OUTER.render(GraphFormat::Json)).unwrap();
    assert_eq!(data["start_executor_id"], "ask");
    assert_eq!(data["version"], "v1");
    assert_eq!(data["output_executors"], json!(["item"]));
    assert_eq!(data["executors"]["ask"]["type"], "request_port");
    let groups = &data["edge_groups"];
    assert_eq!(groups[0]["type"], "SwitchCaseEdgeGroup");
    assert_eq!(groups[0]["edges"][1]["id"], "ask->item");
    let inner = &data["executors"]["sub-flow"]["workflow"];
    assert_eq!(inner["start_executor_id"], "input");
    assert_eq!(inner["edge_groups"][0]["type"], "FanOutEdgeGroup");
    assert_eq!(inner["edge_groups"][1]["type"], "FanInEdgeGroup");
    assert_eq!(inner["edge_groups"][1]["edges"][0]["target_id"], "both");
}

#[test]
fn a_run_colours_its_nodes_inside_too() {
    let ran = |state, runs| NodeRun { state, runs };
    let runs = BTreeMap::from([
        ("ask".to_owned(), ran(NodeState::Waiting, 3)),
        ("sub-flow/left".to_owned(), ran(NodeState::Failed, 1)),
    ]);
    let view = GraphView::of(&OUTER).with_runs(&runs);
    let chart = view.render(GraphFormat::Mermaid);
    assert!(chart.contains("ask{{\"ask (Start) ×3\"}};"), "{chart}");
    assert!(chart.contains("class ask waiting;"), "{chart}");
    assert!(chart.contains("class sub_flow__left failed;"), "{chart}");
    assert!(!chart.contains("completed"), "{chart}");
    let data: Value = serde_json::from_str(&view.render(GraphFormat::Json)).unwrap();
    let run = &data["executors"]["ask"]["run"];
    assert_eq!(*run, json!({"state": "waiting", "runs": 3}));
}
