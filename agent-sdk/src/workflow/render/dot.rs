//! Graphviz.

use std::fmt::Write;

use sha2::{Digest, Sha256};

use super::view::{EdgeView, GraphView, NodeKind, NodeState, NodeView, short_hex};

/// The whole digraph.
pub fn dot(view: &GraphView) -> String {
    let mut out = String::from("digraph Workflow {\n");
    line(&mut out, 1, "rankdir=TD;");
    // So that edges may end at clusters.
    line(&mut out, 1, "compound=true;");
    line(
        &mut out,
        1,
        "node [shape=box, style=filled, fillcolor=lightblue];",
    );
    line(&mut out, 1, "edge [color=black, arrowhead=vee];");
    graph(view, "", 1, &mut out);
    out.push_str("}\n");
    out
}

fn graph(view: &GraphView, namespace: &str, depth: usize, out: &mut String) {
    if view.has_input {
        let id = quoted(namespace, "input");
        let text = "[fillcolor=lightgreen, shape=oval, label=\"input\\n(Start)\"];";
        line(out, depth, &format!("{id} {text}"));
    }
    for node in &view.nodes {
        line(
            out,
            depth,
            &format!("{} [{}];", quoted(namespace, &node.id), attributes(node)),
        );
        if let Some(inner) = &node.inner {
            cluster(node, inner, &format!("{namespace}{}/", node.id), depth, out);
        }
    }
    for join in &view.joins {
        let text = "[shape=ellipse, fillcolor=lightgoldenrod, label=\"fan-in\"];";
        line(
            out,
            depth,
            &format!("{} {text}", quoted(namespace, &join.id)),
        );
    }
    for (index, edge) in view.edges.iter().enumerate() {
        arrow(view, namespace, depth, (index, edge), out);
    }
}

fn cluster(node: &NodeView, inner: &GraphView, namespace: &str, depth: usize, out: &mut String) {
    let digest = Sha256::digest(namespace.as_bytes());
    let digest = short_hex(&digest);
    line(out, depth, &format!("subgraph cluster_{digest} {{"));
    line(out, depth + 1, "style=dashed;");
    let label = escaped(&format!("sub-workflow: {}", node.id));
    line(out, depth + 1, &format!("label=\"{label}\";"));
    graph(inner, namespace, depth + 1, out);
    line(out, depth, "}");
}

fn arrow(
    view: &GraphView,
    namespace: &str,
    depth: usize,
    (index, edge): (usize, &EdgeView),
    out: &mut String,
) {
    let from = quoted(namespace, view.end_id(edge.from));
    let to = if let Some(end) = edge.to {
        quoted(namespace, view.end_id(end))
    } else {
        let id = quoted(namespace, &format!("drop {index}"));
        line(out, depth, &format!("{id} [shape=point, label=\"\"];"));
        id
    };
    let style = edge.label.as_ref().map_or(String::new(), |label| {
        format!(" [style=dashed, label=\"{}\"]", escaped(label))
    });
    line(out, depth, &format!("{from} -> {to}{style};"));
}

fn attributes(node: &NodeView) -> String {
    let mut label = escaped(&node.id);
    if node.each {
        label = format!("each({label})");
    }
    if node.is_start {
        label.push_str("\\n(Start)");
    }
    if let Some(run) = node.run.filter(|run| run.runs > 1) {
        let _ = write!(label, "\\n×{}", run.runs);
    }
    let shape = match node.kind {
        NodeKind::Executor if node.each => "shape=parallelogram, ",
        NodeKind::Executor => "",
        NodeKind::Agent => "shape=oval, ",
        NodeKind::RequestPort => "shape=hexagon, ",
        NodeKind::Workflow => "shape=box3d, ",
    };
    let colour = match node.run.map(|run| run.state) {
        Some(NodeState::Running) => "fillcolor=\"#cfe8ff\", ",
        Some(NodeState::Waiting) => "fillcolor=\"#fff3bf\", ",
        Some(NodeState::Completed) => "fillcolor=\"#d3f9d8\", ",
        Some(NodeState::Failed) => "fillcolor=\"#ffe3e3\", ",
        None if node.is_start => "fillcolor=lightgreen, ",
        None => "",
    };
    format!("{shape}{colour}label=\"{label}\"")
}

fn quoted(namespace: &str, id: &str) -> String {
    format!("\"{}\"", escaped(&format!("{namespace}{id}")))
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '"' => escaped.push_str("\\\""),
            '\\' => escaped.push_str("\\\\"),
            '\n' | '\r' => escaped.push(' '),
            c => escaped.push(c),
        }
    }
    escaped
}

fn line(out: &mut String, depth: usize, text: &str) {
    let _ = writeln!(out, "{:indent$}{text}", "", indent = depth * 2);
}
