//! Large bodies: what is done grows with the body, and not faster.

use std::fmt::Write as _;

use super::*;

/// A body of that many nodes, with every form there is.
fn large(nodes: usize) -> String {
    let mut body = String::from("order >> n0;");
    for first in (0..nodes).step_by(10) {
        let name = |offset: usize| format!("n{}", first + offset);
        write!(
            body,
            "let {} = shared; {} >> {} >> ({} >> {}, {}) >> {}; \
             match {} {{ P(x) if x > {first} => {}(x), Q => {}, _ => () }} \
             {} >> each({}) >> {}; {} >> {};",
            name(8),
            name(0),
            name(1),
            name(2),
            name(3),
            name(4),
            name(5),
            name(5),
            name(6),
            name(0),
            name(6),
            name(7),
            name(8),
            name(8),
            name(9),
        )
        .unwrap();
        if first + 10 < nodes {
            write!(body, "{} >> {};", name(9), name(10)).unwrap();
        }
    }
    body
}

#[test]
fn five_hundred_nodes_are_read() {
    let graph = graph(&large(500));
    assert_eq!(graph.nodes.len(), 500);
    assert_eq!(graph.joins.len(), 50);
    assert_eq!(graph.switches.len(), 50);
}

#[test]
fn five_hundred_nodes_in_one_path_are_read() {
    let names: Vec<String> = (0..500).map(|node| format!("n{node}")).collect();
    assert_eq!(graph(&format!("{};", names.join(" >> "))).nodes.len(), 500);
    let tuple = format!("a >> ({}) >> b;", names.join(", "));
    assert_eq!(graph(&tuple).joins[0].sources.len(), 500);
}

/// All else goes over nodes and edges once.
#[test]
fn outputs_are_counted_in_a_few_rounds() {
    for nodes in [50, 100, 500] {
        let rounds = outputs::rounds(&graph(&large(nodes)));
        assert!(rounds <= 6, "{rounds} for {nodes} nodes");
    }
}
