//! A graph with nothing in it that runs, to be drawn.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::workflow::{Exit, Graph, GraphNode, NodeCode, To};

/// How many hexadecimal digits tell fan-ins of one target apart.
const DIGEST_CHARS: usize = 8;

/// What kind of node stands in a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NodeKind {
    /// A function.
    Executor,
    /// An agent.
    Agent,
    /// A question to somebody outside.
    RequestPort,
    /// Another workflow.
    Workflow,
}

/// Where a node of a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NodeState {
    /// It is at work.
    Running,
    /// It waits for an answer from outside.
    Waiting,
    /// It has run.
    Completed,
    /// It failed.
    Failed,
}

/// What became of a node in a run; a node that is not mentioned has not run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeRun {
    /// Where it stands.
    pub state: NodeState,
    /// How often it was begun.
    pub runs: u32,
}

/// A graph as it is drawn.
#[derive(Debug, Clone)]
pub struct GraphView {
    /// The workflow's name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Which graph it is.
    pub version: String,
    /// How many supersteps a run may take.
    pub supersteps_max: u32,
    /// The schema of the input.
    pub input_schema: Value,
    /// The schema of what it returns.
    pub output_schema: Value,
    /// Names and schemas of the slots.
    pub slots: Vec<(String, Value)>,
    /// Whether the input itself goes to several places, and so is drawn.
    pub has_input: bool,
    /// The nodes, from the start on.
    pub nodes: Vec<NodeView>,
    /// The fan-ins.
    pub joins: Vec<JoinView>,
    /// The edges, in order of their sources.
    pub edges: Vec<EdgeView>,
}

/// A node as it is drawn.
#[derive(Debug, Clone)]
pub struct NodeView {
    /// Its id.
    pub id: String,
    /// What kind it is.
    pub kind: NodeKind,
    /// What it is for.
    pub description: String,
    /// Whether it is the first one.
    pub is_start: bool,
    /// Whether it runs once per item of a list.
    pub each: bool,
    /// Whether what it gives is an output of the run, at least on some way.
    pub is_output: bool,
    /// The type that it takes.
    pub input_type: String,
    /// The type that it gives.
    pub output_type: String,
    /// The schema of what it takes.
    pub input_schema: Value,
    /// The schema of what it gives.
    pub output_schema: Value,
    /// The workflow that it is.
    pub inner: Option<Box<GraphView>>,
    /// What became of it, in the picture of a run.
    pub run: Option<NodeRun>,
}

/// A fan-in as it is drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JoinView {
    /// `fan_in::{target}::{digest}`.
    pub id: String,
    /// The node that it leads to.
    pub target: usize,
    /// The nodes that it waits for.
    pub sources: Vec<usize>,
}

/// The end of an edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum EndView {
    /// The input of the run.
    Input,
    /// A node.
    Node(usize),
    /// A fan-in.
    Join(usize),
}

/// An edge as it is drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EdgeView {
    /// Where it begins.
    pub from: EndView,
    /// Where it ends; `None` where the message is dropped.
    pub to: Option<EndView>,
    /// The arm of a `match` that takes it.
    pub label: Option<String>,
}

impl GraphView {
    /// The view of a graph, sub-workflows included.
    pub fn of(graph: &'static Graph) -> Self {
        Self::within(graph, &mut BTreeSet::new())
    }

    /// A workflow that contains itself, which no host takes, is not followed for ever.
    fn within(graph: &'static Graph, outer: &mut BTreeSet<&'static str>) -> Self {
        outer.insert(graph.name);
        let joins = graph.joins.iter().map(|join| JoinView {
            id: join_id(graph, join.target, join.sources),
            target: join.target,
            sources: join.sources.to_vec(),
        });
        let joins: Vec<JoinView> = joins.collect();
        let first = first_node(&graph.start);
        let nodes = graph.nodes.iter().enumerate();
        let nodes = nodes.map(|(index, node)| node_view(node, first == Some(index), outer));
        let view = Self {
            name: graph.name.to_owned(),
            description: graph.description.to_owned(),
            version: graph.version.to_owned(),
            supersteps_max: graph.supersteps_max,
            input_schema: (graph.input.schema)(),
            output_schema: (graph.output.schema)(),
            slots: graph
                .slots
                .iter()
                .map(|slot| (slot.name.to_owned(), (slot.schema)()))
                .collect(),
            has_input: first.is_none(),
            nodes: nodes.collect(),
            edges: edges(graph, first.is_none(), &joins),
            joins,
        };
        outer.remove(graph.name);
        view
    }

    /// The same picture with what became of each node, by id; nodes of a sub-workflow are named
    /// `{node}/{inner node}`.
    #[must_use]
    pub fn with_runs(mut self, runs: &BTreeMap<String, NodeRun>) -> Self {
        self.set_runs("", runs);
        self
    }

    fn set_runs(&mut self, prefix: &str, runs: &BTreeMap<String, NodeRun>) {
        for node in &mut self.nodes {
            let id = format!("{prefix}{}", node.id);
            node.run = runs.get(&id).copied();
            if let Some(inner) = &mut node.inner {
                inner.set_runs(&format!("{id}/"), runs);
            }
        }
    }

    /// How an end is called.
    pub(super) fn end_id(&self, end: EndView) -> &str {
        match end {
            EndView::Input => "input",
            EndView::Node(index) => self.nodes.get(index).map_or("", |node| node.id.as_str()),
            EndView::Join(index) => self.joins.get(index).map_or("", |join| join.id.as_str()),
        }
    }
}

/// The node that the input goes to as it is, if it goes to one only.
fn first_node(start: &Exit) -> Option<usize> {
    match start {
        Exit::To([target]) => match target.to {
            To::Node(index) | To::Each(index) => Some(index),
            To::Join { .. } => None,
        },
        _ => None,
    }
}

fn node_view(
    node: &'static GraphNode,
    is_start: bool,
    outer: &mut BTreeSet<&'static str>,
) -> NodeView {
    let (code, description) = match node.defined() {
        Ok(definition) => (Some(definition.code), definition.description.to_owned()),
        Err(problem) => (None, format!("its definition panicked: {problem}")),
    };
    let (kind, inner) = match code {
        Some(NodeCode::Executor(_)) | None => (NodeKind::Executor, None),
        Some(NodeCode::Agent(_)) => (NodeKind::Agent, None),
        Some(NodeCode::Port(_)) => (NodeKind::RequestPort, None),
        Some(NodeCode::Workflow(inner)) if outer.contains(inner.name) => (NodeKind::Workflow, None),
        Some(NodeCode::Workflow(inner)) => {
            let inner = GraphView::within(inner, outer);
            (NodeKind::Workflow, Some(Box::new(inner)))
        }
    };
    NodeView {
        id: node.id.to_owned(),
        kind,
        description,
        is_start,
        each: node.each,
        is_output: node.facts.yields || matches!(node.exit, Exit::Output(_)),
        input_type: short_name((node.input.name)()),
        output_type: short_name((node.output.name)()),
        input_schema: (node.input.schema)(),
        output_schema: (node.output.schema)(),
        inner,
        run: None,
    }
}

fn edges(graph: &Graph, draws_input: bool, joins: &[JoinView]) -> Vec<EdgeView> {
    let mut edges = Vec::new();
    if draws_input {
        add_exit(EndView::Input, &graph.start, &mut edges);
    }
    for (index, node) in graph.nodes.iter().enumerate() {
        add_exit(EndView::Node(index), &node.exit, &mut edges);
    }
    for (index, join) in joins.iter().enumerate() {
        edges.push(EdgeView {
            from: EndView::Join(index),
            to: Some(EndView::Node(join.target)),
            label: None,
        });
    }
    edges
}

fn add_exit(from: EndView, exit: &Exit, edges: &mut Vec<EdgeView>) {
    match exit {
        Exit::Output(_) | Exit::Drop => {}
        Exit::To(targets) => edges.extend(targets.iter().map(|target| EdgeView {
            from,
            to: Some(end(target.to)),
            label: None,
        })),
        Exit::Switch { arms, .. } => {
            for arm in *arms {
                let label = Some(arm.label.to_owned());
                if arm.targets.is_empty() {
                    let to = None;
                    edges.push(EdgeView { from, to, label });
                    continue;
                }
                edges.extend(arm.targets.iter().map(|to| EdgeView {
                    from,
                    to: Some(end(*to)),
                    label: label.clone(),
                }));
            }
        }
    }
}

fn end(to: To) -> EndView {
    match to {
        To::Node(index) | To::Each(index) => EndView::Node(index),
        To::Join { join, .. } => EndView::Join(join),
    }
}

/// `fan_in::{target}::{digest}`, the digest over the target and its sources in order of their ids.
fn join_id(graph: &Graph, target: usize, sources: &[usize]) -> String {
    let id = |index: usize| graph.nodes.get(index).map_or("", |node| node.id);
    let mut sources: Vec<&str> = sources.iter().map(|source| id(*source)).collect();
    sources.sort_unstable();
    let target = id(target);
    let text = std::iter::once(target).chain(sources).collect::<Vec<_>>();
    let digest = Sha256::digest(text.join("|").as_bytes());
    format!("fan_in::{target}::{}", short_hex(&digest))
}

/// Enough of a digest to tell a few things apart.
pub(super) fn short_hex(digest: &[u8]) -> String {
    let mut hex = String::with_capacity(DIGEST_CHARS);
    for byte in digest.iter().take(DIGEST_CHARS / 2) {
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}

/// `app::Draft` to `Draft`, in type arguments too.
fn short_name(path: &str) -> String {
    let mut short = String::new();
    let mut rest = path;
    while let Some(end) = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':')) {
        let (name, tail) = rest.split_at(end);
        short.push_str(name.rsplit("::").next().unwrap_or(name));
        let width = tail.chars().next().map_or(0, char::len_utf8);
        short.push_str(&tail[..width]);
        rest = &tail[width..];
    }
    short.push_str(rest.rsplit("::").next().unwrap_or(rest));
    short
}

#[cfg(test)]
mod tests {
    use super::short_name;

    #[test]
    fn paths_are_cut_inside_of_arguments_too() {
        for (path, expected) in [
            ("app::Draft", "Draft"),
            ("alloc::vec::Vec<app::mail::Mail>", "Vec<Mail>"),
            ("(alloc::string::String, u32)", "(String, u32)"),
            ("()", "()"),
        ] {
            assert_eq!(short_name(path), expected);
        }
    }
}
