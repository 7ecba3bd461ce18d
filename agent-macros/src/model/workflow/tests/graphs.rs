//! What is made of a body that is right.

use super::*;

/// A graph as a short text.
fn shown(graph: &Graph) -> String {
    let id = |node: &usize| graph.nodes[*node].id.clone();
    let to = |to: &To| match to {
        To::Node(node) => id(node),
        To::Each(node) => format!("each {}", id(node)),
        To::Join { join, slot } => {
            let join = &graph.joins[*join];
            assert!(join.sources.len() > *slot);
            format!("{}#{slot}", id(&join.target))
        }
    };
    let exit = |exit: &Exit| match exit {
        Exit::Output => "output".to_owned(),
        Exit::Drop => "drop".to_owned(),
        Exit::To(targets) => {
            let targets: Vec<String> = targets.iter().map(|target| to(&target.to)).collect();
            targets.join("+")
        }
        Exit::Switch(switch) => {
            let arms = graph.switches[*switch].arms.iter().map(|arm| {
                let targets = arm.targets.iter().map(|target| {
                    let value = match &target.value {
                        Some(value) => format!("({})", crate::syntax::text::text(value)),
                        None => String::new(),
                    };
                    format!("{}{value}", to(&target.target.to))
                });
                let targets: Vec<String> = targets.collect();
                format!("{} => {}", arm.label, targets.join("+"))
            });
            format!("[{}]", arms.collect::<Vec<_>>().join(", "))
        }
    };
    let mut lines = vec![format!("-> {}", exit(&graph.input))];
    for node in &graph.nodes {
        let each = if node.each { "each " } else { "" };
        lines.push(format!("{each}{} -> {}", node.id, exit(&node.exit)));
    }
    lines.join("; ")
}

#[test]
fn bodies_as_graphs() {
    for (body, expected) in [
        ("a;", "-> a; a -> output"),
        ("order >> a;", "-> a; a -> output"),
        ("a >> b >> c;", "-> a; a -> b; b -> c; c -> output"),
        ("a >> b >> ();", "-> a; a -> b; b -> drop"),
        ("order >> (a, b >> ());", "-> a+b; a -> output; b -> drop"),
        (
            "a >> (b, c >> d) >> e;",
            "-> a; a -> b+c; b -> e#0; c -> d; d -> e#1; e -> output",
        ),
        (
            "a >> (b, c) >> (d, e >> f);",
            "-> a; a -> b+c; b -> d#0+e#0; c -> d#1+e#1; d -> output; e -> f; f -> output",
        ),
        (
            "a >> each(b) >> c;",
            "-> a; a -> each b; each b -> c; c -> output",
        ),
        (
            "a >> ((b, each(c)) >> d, e) >> f;",
            "-> a; a -> b+each c+e; b -> d#0; each c -> d#1; d -> f#0; e -> f#1; f -> output",
        ),
        (
            "match order { A(x) if x > 3 => b(x.clone()), B => (c, d >> e), _ => () }",
            "-> [A(x) if x > 3 => b(x.clone()), B => c+d, _ => ]; b -> output; c -> output; \
             d -> e; e -> output",
        ),
        (
            "draft >> review; match review { Ok(x) => publish(x), Err(y) => revise(y) >> review }",
            "-> draft; draft -> review; review -> [Ok(x) => publish(x), Err(y) => revise(y)]; \
             publish -> output; revise -> review",
        ),
        (
            "match order { A(x) => each(b)(x) >> c, B => (d(1), e) >> c2, }",
            "-> [A(x) => each b(x), B => d(1)+e]; each b -> c; c -> output; d -> c2#0; \
             e -> c2#1; c2 -> output",
        ),
        ("b >> c; c >> d;", "-> b; b -> c; c -> d; d -> output"),
        (
            "match a { X => d, _ => () } order >> a; let c = b; d >> c;",
            "-> a; a -> [X => d, _ => ]; d -> c; c -> output",
        ),
        (
            "a >> (b, c); b >> d; c >> d;",
            "-> a; a -> b+c; b -> d; c -> d; d -> output",
        ),
        ("a >> (b, c) >> ();", "-> a; a -> b+c; b -> drop; c -> drop"),
    ] {
        assert_eq!(shown(&graph(body)), expected, "{body}");
    }
}

#[test]
fn a_loop_comes_after_what_leads_to_it() {
    let graph = graph("a >> b >> c; match c { X => b, Y => d } d >> e;");
    let ids: Vec<&str> = graph.nodes.iter().map(|node| node.id.as_str()).collect();
    assert_eq!(ids, ["a", "b", "c", "d", "e"]);
}

#[test]
fn sources_mentions_and_joins() {
    let graph = graph(
        "let second = mail::send; order >> (mail::send, second) >> last; \
         match last { X => mail::first, _ => () } mail::first >> last2;",
    );
    let text = |path: &Path| crate::syntax::text::text(path);
    let node = |id: &str| graph.nodes.iter().find(|node| node.id == id).unwrap();
    assert_eq!(text(&node("send").path), "mail::send");
    assert_eq!(node("send").mentions.len(), 0);
    assert_eq!(text(&node("second").path), "mail::send");
    let mentions: Vec<String> = node("second").mentions.iter().map(text).collect();
    assert_eq!(mentions, ["second"]);
    let mentions: Vec<String> = node("first").mentions.iter().map(text).collect();
    assert_eq!(mentions, ["mail::first"]);
    assert_eq!(graph.joins.len(), 1);
    let join = &graph.joins[0];
    let sources: Vec<&str> = join
        .sources
        .iter()
        .map(|n| graph.nodes[*n].id.as_str())
        .collect();
    assert_eq!(sources, ["send", "second"]);
    assert_eq!(text(&join.at), "last");
    assert_eq!(graph.forks.len(), 1);
    assert_eq!(graph.forks[0].joins, [0]);
    assert_eq!(graph.forks[0].elements.len(), 2);
    let last = graph
        .nodes
        .iter()
        .position(|node| node.id == "last")
        .unwrap();
    assert_eq!(graph.switches[0].source, Source::Node(last));
    assert_eq!(
        graph.switches[0].arms[0].last.source_text().unwrap(),
        "first"
    );
}

#[test]
fn the_last_token_of_an_arm_is_where_it_ends() {
    let graph = graph("match order { A(x) => b(x), B => { c >> d } C => (e, f), _ => () }");
    let ends: Vec<usize> = graph.switches[0]
        .arms
        .iter()
        .map(|arm| arm.last.end().column)
        .collect();
    let text = of_body("match order { A(x) => b(x), B => { c >> d } C => (e, f), _ => () }");
    let expected: Vec<usize> = ["b(x)", "c >> d }", "(e, f)", "_ => ()"]
        .into_iter()
        .map(|part| text.find(part).unwrap() + part.len())
        .collect();
    assert_eq!(ends, expected);
}

#[test]
fn forks_hold_where_elements_begin() {
    let graph = graph(
        "a >> ((b, c) >> d, each(e), f >> g); match f2 { X => (h, i), _ => () } \
                       g >> f2;",
    );
    let elements = |fork: usize| -> Vec<Vec<&str>> {
        let name = |to: &To| match to {
            To::Node(node) | To::Each(node) => graph.nodes[*node].id.as_str(),
            To::Join { .. } => panic!("an element begins with a node"),
        };
        let elements = graph.forks[fork].elements.iter();
        elements
            .map(|heads| heads.iter().map(name).collect())
            .collect()
    };
    assert_eq!(elements(0), [vec!["b", "c"], vec!["e"], vec!["f"]]);
    assert_eq!(elements(1), [vec!["b"], vec!["c"]]);
    assert_eq!(elements(2), [vec!["h"], vec!["i"]]);
    assert!(graph.forks[0].joins.is_empty() && graph.forks[2].joins.is_empty());
    assert_eq!(graph.forks[1].joins, [0]);
}

#[test]
fn outputs_are_counted() {
    use super::graph::OutputCount::{Any, AtMostOne, None, One};

    for (body, expected) in [
        ("a;", One),
        ("a >> b;", One),
        ("a >> ();", None),
        ("a >> (b, c) >> d;", One),
        ("a >> (b, c) >> ();", None),
        ("a >> (b, c) >> (d, e);", Any),
        ("a >> (b, c) >> (d, e >> ());", One),
        ("a >> (b, c);", Any),
        ("a >> (b, c >> ());", One),
        ("a >> each(b);", Any),
        ("a >> each(b) >> c;", One),
        ("a >> each(b) >> ();", None),
        ("match order { A => b, _ => c }", One),
        ("match order { A => b, _ => () }", AtMostOne),
        ("match order { A => (b, c), _ => d }", Any),
        ("match order { A => (b, c >> ()), _ => d }", One),
        ("match order { A => (b, c) >> d, _ => () }", AtMostOne),
        ("a >> b; match b { A => a, _ => c }", One),
        ("a >> b; match b { A => a, _ => () }", None),
        ("a >> b; match b { A => a, B => c, _ => () }", AtMostOne),
        ("a >> (b, log); match b { A => a, B => c }", Any),
        ("a >> (b, log >> ()); match b { A => a, B => c }", One),
        ("a >> (b, c) >> d; match d { A => a, B => e }", One),
        ("a >> (b, c); b >> d; c >> d;", Any),
        ("a >> (b >> (x, y) >> z, c) >> d;", One),
    ] {
        assert_eq!(graph(body).outputs, expected, "{body}");
    }
}
