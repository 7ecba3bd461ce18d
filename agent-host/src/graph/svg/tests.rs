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

/// The picture of a graph that is small enough for one.
fn picture(view: &GraphView) -> String {
    svg(view).unwrap()
}

fn nodes(count: usize) -> Vec<NodeView> {
    (0..count)
        .map(|index| node(&format!("step_{index}_"), NodeKind::Executor))
        .collect()
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
    let picture = picture(&view(nodes, Vec::new(), edges));
    assert!(picture.starts_with("<?xml"), "{picture}");
    for expected in ["review", "(agent)", "publish", "&lt;b&gt;", "&amp; x"] {
        assert!(picture.contains(expected), "{expected} in\n{picture}");
    }
    assert!(!picture.contains("<b>"), "{picture}");
}

#[test]
fn a_lone_node_and_one_that_leads_to_itself_are_drawn() {
    let lone = picture(&view(
        vec![node("lone", NodeKind::Executor)],
        Vec::new(),
        Vec::new(),
    ));
    assert!(lone.contains("lone"), "{lone}");
    let again = picture(&view(
        vec![node("again", NodeKind::Executor)],
        Vec::new(),
        vec![edge(0, Some(0), Some("Again"))],
    ));
    assert!(again.contains("again"), "{again}");
    assert!(again.contains("Again"), "{again}");
}

#[test]
fn a_long_chain_with_fan_ins_is_drawn() {
    let edges = (0..59).map(|index| edge(index, Some(index + 1), None));
    let join = JoinView {
        id: "fan_in::x".to_owned(),
        target: 3,
        sources: vec![1, 2],
    };
    let picture = picture(&view(nodes(60), vec![join], edges.collect()));
    assert!(picture.contains("step_59_"), "{picture}");
}

fn names_are_in(picture: &str, count: usize) {
    for index in 0..count {
        let name = format!("step_{index}_");
        assert!(picture.contains(&name), "{name} in {picture}");
    }
}

#[test]
fn five_hundred_nodes_are_drawn() {
    let chain = (0..499).map(|index| edge(index, Some(index + 1), None));
    names_are_in(
        &picture(&view(nodes(500), Vec::new(), chain.collect())),
        500,
    );
    let fan = (1..499).flat_map(|index| [edge(0, Some(index), None), edge(index, Some(499), None)]);
    names_are_in(&picture(&view(nodes(500), Vec::new(), fan.collect())), 500);
    let tree = (1..500).map(|index| edge((index - 1) / 3, Some(index), None));
    names_are_in(&picture(&view(nodes(500), Vec::new(), tree.collect())), 500);
    let alone = view(nodes(500), Vec::new(), Vec::new());
    names_are_in(&picture(&alone), 500);
}

/// There are 2^60 ways through this.
#[test]
fn many_fan_outs_in_a_row_are_drawn() {
    let diamonds = (0..60).flat_map(|index| {
        let [from, to] = [3 * index, 3 * index + 3];
        [from + 1, from + 2].into_iter().flat_map(move |between| {
            [
                edge(from, Some(between), None),
                edge(between, Some(to), None),
            ]
        })
    });
    names_are_in(
        &picture(&view(nodes(181), Vec::new(), diamonds.collect())),
        181,
    );
    // The same from the end to the beginning: the order in the program is another.
    let diamonds = (0..20).flat_map(|index| {
        let [to, from] = [3 * index, 3 * index + 3];
        [to + 1, to + 2].into_iter().flat_map(move |between| {
            [
                edge(between, Some(to), None),
                edge(from, Some(between), None),
            ]
        })
    });
    let mut backwards = nodes(61);
    backwards[60].is_start = true;
    names_are_in(
        &picture(&view(backwards, Vec::new(), diamonds.collect())),
        61,
    );
}

/// From each of some nodes to each of the later ones, and back from each to each.
fn tangled(count: usize, step: usize) -> GraphView {
    let edges = (0..count).flat_map(|from| {
        let others = (0..count).filter(move |to| (from + to * 7) % step == 0);
        others.map(move |to| edge(from, Some(to), (to % 3 == 0).then_some("Some(_)")))
    });
    view(nodes(count), Vec::new(), edges.collect())
}

#[test]
fn a_tangled_graph_is_drawn_plainly_and_a_larger_one_not_at_all() {
    names_are_in(&picture(&tangled(12, 1)), 12);
    names_are_in(&picture(&tangled(100, 30)), 100);
    let refused = svg(&tangled(20, 1)).unwrap_err();
    assert!(
        refused.to_string().contains("it takes 4098 places"),
        "{refused}"
    );
}

#[test]
fn where_the_layout_gives_up_it_is_asked_for_less() {
    let edges = vec![
        edge(0, Some(1), Some("Some(_)")),
        edge(1, Some(2), Some("Some(_)")),
        edge(0, Some(2), Some("Some(_)")),
        edge(1, Some(2), None),
        edge(2, Some(2), None),
        edge(0, Some(0), None),
    ];
    let view = view(nodes(3), Vec::new(), edges);
    let order = order::order(&view);
    assert!(
        catch_unwind(|| drawn(&view, &order, true)).is_err(),
        "it could be drawn neatly"
    );
    names_are_in(&picture(&view), 3);
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
    let order = order::order(&view);
    assert_eq!(order.backward, [false, false, false, true, false, true]);
    // Turned, the fourth begins where the first does.
    assert_eq!(order.edges, [0, 3, 1, 2, 4, 5]);
    // The rows: n3; n2 and the label of the way back; n1 and the label of what ends; its dot and a
    // label; n0 and the label of its round.
    assert_eq!((order.places, order.crossings), (9, 26));
    // The start is on top, though something leads back to it.
    let picture = picture(&view);
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
    let picture = picture(&view(
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
        let picture = picture(&GraphView::of(graph));
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
fn a_graph_that_is_too_large_is_refused_and_says_where_else_to_look() {
    let large = view(nodes(PLACES_MAX + 1), Vec::new(), Vec::new());
    let text = "the graph of `any` is too large or too tangled for SVG: it takes 2001 places, of \
                at most 2000; take the format mermaid, dot or json";
    assert_eq!(svg(&large).unwrap_err().to_string(), text);
    // Few edges, each of which passes many rows.
    let chain = (0..499).map(|index| edge(index, Some(index + 1), None));
    let long = (0..400).map(|index| edge(index, Some(499), None));
    let long = view(nodes(500), Vec::new(), chain.chain(long).collect());
    assert!(svg(&long).is_err());
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
        let picture = picture(&view(nodes, Vec::new(), edges));
        for index in 0..count {
            let name = format!("node_{index}_");
            prop_assert!(picture.contains(&name), "{name} in {picture}");
        }
        prop_assert!(!picture.contains("NaN") && !picture.contains("inf"), "{picture}");
    }
}
