//! The graph as data, in the form of the reference system's `to_dict`.

use serde_json::{Map, Value, json};

use super::view::{EdgeView, EndView, GraphView, NodeView};

/// The whole graph, indented.
pub fn json(view: &GraphView) -> String {
    format!("{:#}\n", value(view))
}

fn value(view: &GraphView) -> Value {
    let executors: Map<String, Value> = view
        .nodes
        .iter()
        .map(|node| (node.id.clone(), executor(node)))
        .collect();
    let start = view.nodes.iter().find(|node| node.is_start);
    let outputs = view.nodes.iter().filter(|node| node.is_output);
    let slots: Map<String, Value> = view.slots.iter().cloned().collect();
    json!({
        "id": view.name,
        "name": view.name,
        "description": view.description,
        "version": view.version,
        "max_iterations": view.supersteps_max,
        "start_executor_id": start.map_or("input", |node| node.id.as_str()),
        "executors": executors,
        "edge_groups": edge_groups(view),
        "output_executors": outputs.map(|node| node.id.as_str()).collect::<Vec<_>>(),
        "intermediate_executors": [],
        "input_schema": view.input_schema,
        "output_schema": view.output_schema,
        "state": slots,
    })
}

fn executor(node: &NodeView) -> Value {
    let mut value = json!({
        "id": node.id,
        "type": node.kind,
        "description": node.description,
        "each": node.each,
        "input_type": node.input_type,
        "output_type": node.output_type,
        "input_schema": node.input_schema,
        "output_schema": node.output_schema,
    });
    if let Some(inner) = &node.inner {
        value["workflow"] = self::value(inner);
    }
    if let Some(run) = &node.run {
        value["run"] = json!(run);
    }
    value
}

/// What leaves one node is one group; each fan-in is one, too.
fn edge_groups(view: &GraphView) -> Vec<Value> {
    let sources = std::iter::once(EndView::Input).chain((0..view.nodes.len()).map(EndView::Node));
    let mut groups: Vec<Value> = sources
        .filter_map(|source| {
            let edges: Vec<&EdgeView> = view
                .edges
                .iter()
                .filter(|edge| edge.from == source && !matches!(edge.to, Some(EndView::Join(_))))
                .collect();
            (!edges.is_empty()).then(|| group(view, source, &edges))
        })
        .collect();
    groups.extend(view.joins.iter().map(|join| {
        let target = view.end_id(EndView::Node(join.target));
        let sources: Vec<&str> = join
            .sources
            .iter()
            .map(|source| view.end_id(EndView::Node(*source)))
            .collect();
        let edges: Vec<Value> = sources
            .iter()
            .map(|source| edge(source, Some(target), None))
            .collect();
        json!({"id": join.id, "type": "FanInEdgeGroup", "edges": edges})
    }));
    groups
}

fn group(view: &GraphView, source: EndView, edges: &[&EdgeView]) -> Value {
    let from = view.end_id(source);
    let kind = if edges.iter().any(|edge| edge.label.is_some()) {
        "SwitchCaseEdgeGroup"
    } else if edges.len() > 1 {
        "FanOutEdgeGroup"
    } else {
        "SingleEdgeGroup"
    };
    let edges: Vec<Value> = edges
        .iter()
        .map(|one| {
            let to = one.to.map(|end| view.end_id(end));
            edge(from, to, one.label.as_deref())
        })
        .collect();
    json!({"id": format!("{kind}/{from}"), "type": kind, "edges": edges})
}

fn edge(from: &str, to: Option<&str>, condition: Option<&str>) -> Value {
    let id = format!("{from}->{}", to.unwrap_or_default());
    let mut value = json!({"id": id, "source_id": from, "target_id": to});
    if let Some(condition) = condition {
        value["condition_name"] = condition.into();
    }
    value
}
