//! Mermaid flowcharts.

use std::fmt::Write;

use super::view::{EdgeView, GraphView, NodeKind, NodeState, NodeView};

/// The colours of a run.
const CLASSES: [(NodeState, &str, &str); 4] = [
    (NodeState::Running, "running", "fill:#cfe8ff,stroke:#1f6feb"),
    (NodeState::Waiting, "waiting", "fill:#fff3bf,stroke:#b58900"),
    (
        NodeState::Completed,
        "completed",
        "fill:#d3f9d8,stroke:#2b8a3e",
    ),
    (NodeState::Failed, "failed", "fill:#ffe3e3,stroke:#c92a2a"),
];

/// The whole flowchart.
pub fn mermaid(view: &GraphView) -> String {
    let mut out = String::from("flowchart TD\n");
    let mut classes = Vec::new();
    graph(view, "", 1, &mut out, &mut classes);
    for (state, class, style) in CLASSES {
        let ids: Vec<&str> = classes
            .iter()
            .filter(|(_, of)| *of == state)
            .map(|(id, _)| id.as_str())
            .collect();
        if !ids.is_empty() {
            line(&mut out, 1, &format!("classDef {class} {style};"));
            line(&mut out, 1, &format!("class {} {class};", ids.join(",")));
        }
    }
    out
}

fn graph(
    view: &GraphView,
    prefix: &str,
    depth: usize,
    out: &mut String,
    classes: &mut Vec<(String, NodeState)>,
) {
    if view.has_input {
        line(
            out,
            depth,
            &format!("{}([\"input (Start)\"]);", id(prefix, "input")),
        );
    }
    for node in &view.nodes {
        let own = id(prefix, &node.id);
        if let Some(run) = node.run {
            classes.push((own.clone(), run.state));
        }
        match &node.inner {
            Some(inner) => {
                line(out, depth, &format!("subgraph {own} [\"{}\"]", label(node)));
                graph(inner, &format!("{own}__"), depth + 1, out, classes);
                line(out, depth, "end");
            }
            None => line(out, depth, &format!("{own}{};", shape(node))),
        }
    }
    for join in &view.joins {
        line(out, depth, &format!("{}((fan-in))", id(prefix, &join.id)));
    }
    for (index, edge) in view.edges.iter().enumerate() {
        line(out, depth, &arrow(view, prefix, index, edge));
    }
}

fn arrow(view: &GraphView, prefix: &str, index: usize, edge: &EdgeView) -> String {
    let from = id(prefix, view.end_id(edge.from));
    let to = match edge.to {
        Some(end) => id(prefix, view.end_id(end)),
        None => format!("{from}__drop{index}((\" \"))"),
    };
    match &edge.label {
        Some(label) => format!("{from} -.->|\"{}\"| {to};", escaped(label)),
        None => format!("{from} --> {to};"),
    }
}

/// Agents are rounded, questions to people are hexagons, workflows have two lines at the side, what
/// runs per item is slanted.
fn shape(node: &NodeView) -> String {
    let label = label(node);
    match node.kind {
        NodeKind::RequestPort => format!("{{{{\"{label}\"}}}}"),
        NodeKind::Agent => format!("([\"{label}\"])"),
        NodeKind::Workflow => format!("[[\"{label}\"]]"),
        NodeKind::Executor if node.each => format!("[/\"{label}\"/]"),
        NodeKind::Executor => format!("[\"{label}\"]"),
    }
}

/// The text in a node.
fn label(node: &NodeView) -> String {
    let mut text = escaped(&node.id);
    if node.each {
        text = format!("each({text})");
    }
    if node.is_start {
        text.push_str(" (Start)");
    }
    if let Some(run) = node.run.filter(|run| run.runs > 1) {
        let _ = write!(text, " ×{}", run.runs);
    }
    text
}

/// Letters, digits and `_` only, beginning with a letter.
fn id(prefix: &str, name: &str) -> String {
    let allowed = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    let name: String = name.chars().map(allowed).collect();
    let id = format!("{prefix}{name}");
    if id.starts_with(|c: char| c.is_ascii_alphabetic()) {
        id
    } else {
        format!("n_{id}")
    }
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '"' => escaped.push_str("#quot;"),
            '#' => escaped.push_str("#35;"),
            '<' => escaped.push_str("#lt;"),
            '>' => escaped.push_str("#gt;"),
            '&' => escaped.push_str("#amp;"),
            '\n' | '\r' => escaped.push(' '),
            c => escaped.push(c),
        }
    }
    escaped
}

fn line(out: &mut String, depth: usize, text: &str) {
    let _ = writeln!(out, "{:indent$}{text}", "", indent = depth * 2);
}
