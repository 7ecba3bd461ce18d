use agent_sdk::workflow::JoinView;
use serde_json::Value;

use super::*;

fn node(id: &str, kind: NodeKind) -> NodeView {
    NodeView {
        id: id.to_owned(),
        kind,
        description: String::new(),
        is_start: false,
        each: false,
        is_output: false,
        input_type: String::new(),
        output_type: String::new(),
        input_schema: Value::Null,
        output_schema: Value::Null,
        inner: None,
        run: None,
    }
}

fn edge(from: usize, to: Option<usize>, label: Option<&str>) -> EdgeView {
    EdgeView {
        from: EndView::Node(from),
        to: to.map(EndView::Node),
        label: label.map(str::to_owned),
    }
}

fn view(nodes: Vec<NodeView>, joins: Vec<JoinView>, edges: Vec<EdgeView>) -> GraphView {
    GraphView {
        name: "any".to_owned(),
        description: String::new(),
        version: String::new(),
        supersteps_max: 100,
        input_schema: Value::Null,
        output_schema: Value::Null,
        slots: Vec::new(),
        has_input: false,
        nodes,
        joins,
        edges,
    }
}

#[test]
fn names_and_labels_are_in_the_picture_and_escaped() {
    let nodes = vec![
        node("review", NodeKind::Agent),
        node("publish", NodeKind::Executor),
    ];
    let edges = vec![
        edge(0, Some(1), Some("Review::Ok(\"<b>\" & x)")),
        edge(0, None, Some("_")),
        edge(1, Some(0), None),
    ];
    let picture = svg(&view(nodes, Vec::new(), edges));
    assert!(picture.starts_with("<?xml"), "{picture}");
    for expected in ["review", "(agent)", "publish", "&lt;b&gt;", "&amp; x"] {
        assert!(picture.contains(expected), "{expected} in\n{picture}");
    }
    assert!(!picture.contains("<b>"), "{picture}");
}

#[test]
fn a_lone_node_and_one_that_leads_to_itself_are_drawn() {
    let lone = svg(&view(
        vec![node("lone", NodeKind::Executor)],
        Vec::new(),
        Vec::new(),
    ));
    assert!(lone.contains("lone"), "{lone}");
    let again = svg(&view(
        vec![node("again", NodeKind::Executor)],
        Vec::new(),
        vec![edge(0, Some(0), Some("Again"))],
    ));
    assert!(again.contains("again"), "{again}");
    assert!(again.contains("Again"), "{again}");
}

#[test]
fn a_long_chain_with_fan_ins_is_drawn() {
    let nodes: Vec<NodeView> = (0..60)
        .map(|index| node(&format!("step_{index}"), NodeKind::Executor))
        .collect();
    let edges = (0..59).map(|index| edge(index, Some(index + 1), None));
    let join = JoinView {
        id: "fan_in::x".to_owned(),
        target: 3,
        sources: vec![1, 2],
    };
    let picture = svg(&view(nodes, vec![join], edges.collect()));
    assert!(picture.contains("step_59"), "{picture}");
}
