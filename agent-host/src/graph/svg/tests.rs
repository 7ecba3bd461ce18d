use agent_sdk::workflow::JoinView;
use agent_sdk::workflow::generate::{self, Mix};
use proptest::prelude::*;
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

#[test]
fn an_edge_that_leads_back_is_turned_for_the_layout() {
    let nodes: Vec<NodeView> = (0..4)
        .map(|index| NodeView {
            is_start: index == 3,
            ..node(&format!("n{index}"), NodeKind::Executor)
        })
        .collect();
    let edges = vec![
        edge(3, Some(2), None),
        edge(2, Some(1), None),
        edge(2, None, Some("_")),
        edge(1, Some(3), Some("Again")),
        edge(1, Some(0), Some("Done")),
        edge(0, Some(0), Some("Once more")),
    ];
    let view = view(nodes, Vec::new(), edges);
    let expected = [false, false, false, true, false, true];
    assert_eq!(order::backward(&view), expected);
    // The start is on top, though something leads back to it.
    let picture = svg(&view);
    let height = |name: &str| -> f64 {
        let (before, _) = picture.split_once(&format!(">{name}<")).unwrap();
        let (_, y) = before.rsplit_once("y=\"").unwrap();
        y.trim_end_matches('"').parse().unwrap()
    };
    assert!(height("n3") < height("n2"), "{picture}");
    assert!(height("n2") < height("n1"), "{picture}");
    assert_eq!(picture.matches("marker-start").count(), 1, "{picture}");
}

#[test]
fn long_labels_are_broken_and_nothing_ends_the_xml() {
    let label = "Story { words, .. } if words > 200 && !\"\u{0}</svg>\".is_empty()";
    assert!(broken(label).lines().count() > 1);
    assert!(
        broken(label)
            .lines()
            .all(|line| line.len() <= LABEL_CHARS_MAX)
    );
    assert_eq!(broken(""), "");
    let nodes = vec![node("a", NodeKind::Executor), node("b", NodeKind::Workflow)];
    let picture = svg(&view(
        nodes,
        Vec::new(),
        vec![edge(0, Some(1), Some(label))],
    ));
    assert_eq!(picture.matches("</svg>").count(), 1);
    assert!(!picture.contains('\u{0}'));
}

#[test]
fn generated_workflows_are_drawn_with_all_their_nodes() {
    let mix = Mix {
        ports: true,
        workflows: true,
        failures: false,
        flaky: false,
    };
    for seed in 0..60 {
        let graph = generate::graph(seed, 8, mix);
        let picture = svg(&GraphView::of(graph));
        for node in graph.nodes {
            assert!(
                picture.contains(node.id),
                "{seed}: {} in {picture}",
                node.id
            );
        }
    }
}

#[test]
fn a_graph_that_is_too_large_says_where_else_to_look() {
    let nodes = (0..=SHAPES_MAX).map(|index| node(&format!("n{index}"), NodeKind::Executor));
    let picture = svg(&view(nodes.collect(), Vec::new(), Vec::new()));
    assert!(picture.contains("mermaid"), "{picture}");
    assert!(picture.ends_with("</svg>\n"));
}

proptest! {
    /// Whatever the graph, it is drawn: no name is missing, and nothing is outside the picture.
    #[test]
    fn any_graph_is_drawn(
        count in 1_usize..12,
        ends in prop::collection::vec(
            (0_usize..12, prop::option::of(0_usize..12), any::<bool>()),
            0..24,
        ),
        start in 0_usize..12,
    ) {
        let nodes: Vec<NodeView> = (0..count)
            .map(|index| NodeView {
                is_start: index == start,
                each: index % 5 == 4,
                ..node(&format!("node_{index}_"), NodeKind::Agent)
            })
            .collect();
        let edges = ends
            .iter()
            .map(|&(from, to, is_labelled)| {
                edge(from % count, to.map(|to| to % count), is_labelled.then_some("Some(_)"))
            })
            .collect();
        let picture = svg(&view(nodes, Vec::new(), edges));
        for index in 0..count {
            let name = format!("node_{index}_");
            prop_assert!(picture.contains(&name), "{name} in {picture}");
        }
        prop_assert!(!picture.contains("NaN") && !picture.contains("inf"), "{picture}");
    }
}
