//! SVG. A sub-workflow is one box in it: the layout knows no boxes in boxes.

mod order;
mod writer;

use std::panic::{AssertUnwindSafe, catch_unwind};

use agent_sdk::workflow::{EdgeView, EndView, GraphView, NodeKind, NodeState, NodeView};
use layout::adt::dag::NodeHandle;
use layout::core::base::Orientation;
use layout::core::color::Color;
use layout::core::geometry::Point;
use layout::core::style::{LineStyleKind, StyleAttr};
use layout::std_shapes::shapes::{Arrow, Element, LineEndKind, ShapeKind};
use layout::topo::layout::VisualGraph;
use order::Order;
use writer::Writer;

/// The text of nodes.
const FONT_SIZE: usize = 14;
/// The text of edges, as the layout is told: it leaves so much room for each letter and line.
const EDGE_TEXT: usize = 9;
/// How many steps a look for edges that cross may take where they are untangled, which looks often.
const NEAT_CROSSINGS_MAX: usize = 20_000;
/// How many places the rows of a picture may have where everything is moved to where it looks best.
const NEAT_PLACES_MAX: usize = 300;
/// How many places a picture may have at all.
const PLACES_MAX: usize = 2_000;
/// From line to line, in pixels.
const LINE_HEIGHT: f64 = 17.0;
/// How wide a letter of a node is at most, on average.
const LETTER: f64 = 9.0;
/// Labels of edges are broken after so many characters, where they have a space.
const LABEL_CHARS_MAX: usize = 40;
const LINE: u32 = 0x33_33_33_ff;
const FAN_IN: u32 = 0xfa_fa_d2_ff;
const START: u32 = 0x90_ee_90_ff;
/// How round the corners of agents and ports are.
const ROUNDED: usize = 15;

/// A graph that is not drawn: the time it takes grows much faster than the graph.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the graph of `{workflow}` is too large or too tangled for SVG: it takes {places} places, of \
     at most {PLACES_MAX}; take the format mermaid, dot or json"
)]
pub(crate) struct TooLarge {
    workflow: String,
    places: usize,
}

/// The picture of one graph. The layout has assertions that some tangled graphs break when it makes
/// the picture neat: those are drawn without that, and so are large ones, for the time it takes.
pub(super) fn svg(view: &GraphView) -> Result<String, TooLarge> {
    let order = order::order(view);
    let too_large = || TooLarge {
        workflow: view.name.clone(),
        places: order.places,
    };
    if order.places > PLACES_MAX {
        return Err(too_large());
    }
    // What was drawn before a panic is thrown away.
    let attempt = |is_neat| {
        let draw = AssertUnwindSafe(|| drawn(view, &order, is_neat));
        catch_unwind(draw).ok()
    };
    // Where a panic ends the process, nothing is tried that may panic.
    let is_small = order.places <= NEAT_PLACES_MAX && order.crossings <= NEAT_CROSSINGS_MAX;
    let can_fail = cfg!(panic = "unwind");
    let neat = (is_small && can_fail).then(|| attempt(true)).flatten();
    neat.or_else(|| attempt(false)).ok_or_else(too_large)
}

fn drawn(view: &GraphView, order: &Order, is_neat: bool) -> String {
    let mut picture = VisualGraph::new(Orientation::TopToBottom);
    // It would look for rounds along every way there is; there are none.
    picture.dag.set_validate(false);
    let input = view.has_input.then(|| {
        let shape = ShapeKind::new_circle("input\n(Start)");
        add(&mut picture, shape, style(START, 0))
    });
    let nodes: Vec<NodeHandle> = view
        .nodes
        .iter()
        .map(|node| add(&mut picture, ShapeKind::new_box(&label(node)), look(node)))
        .collect();
    let joins: Vec<NodeHandle> = view
        .joins
        .iter()
        .map(|_| {
            add(
                &mut picture,
                ShapeKind::new_circle("fan-in"),
                style(FAN_IN, 0),
            )
        })
        .collect();
    let find = |end: EndView| match end {
        EndView::Input => input,
        EndView::Node(index) => nodes.get(index).copied(),
        EndView::Join(index) => joins.get(index).copied(),
    };
    for number in &order.edges {
        let Some((edge, from)) = view
            .edges
            .get(*number)
            .and_then(|edge| Some((edge, find(edge.from)?)))
        else {
            continue;
        };
        let back = order.backward.get(*number) == Some(&true);
        let to = match edge.to {
            Some(end) => find(end),
            None => Some(add(&mut picture, ShapeKind::new_circle(""), style(LINE, 0))),
        };
        match to {
            Some(to) if back && to != from => picture.add_edge(arrow(edge, true), to, from),
            Some(to) => picture.add_edge(arrow(edge, false), from, to),
            None => {}
        }
    }
    let mut writer = Writer::default();
    picture.do_it(false, !is_neat, !is_neat, &mut writer);
    writer.finish(&view.name)
}

fn add(picture: &mut VisualGraph, shape: ShapeKind, look: StyleAttr) -> NodeHandle {
    let (text, is_round) = match &shape {
        ShapeKind::Circle(text) => (text.as_str(), true),
        ShapeKind::Box(text) => (text.as_str(), false),
        _ => ("", false),
    };
    let size = size(text, is_round);
    picture.add_node(Element::create(shape, look, Orientation::TopToBottom, size))
}

/// Of a shape around a text. What has none is a dot.
fn size(text: &str, is_round: bool) -> Point {
    let count = |number: usize| f64::from(u32::try_from(number).unwrap_or(u32::MAX));
    if text.is_empty() {
        return Point::new(12.0, 12.0);
    }
    let longest = text.lines().map(|line| line.chars().count()).max();
    let width = count(longest.unwrap_or(0)) * LETTER + 20.0;
    let height = count(text.lines().count()) * LINE_HEIGHT + 14.0;
    if is_round {
        Point::new(width * 1.2, height * 1.2)
    } else {
        Point::new(width, height)
    }
}

/// The arrow of an edge; turned if its ends are changed for the layout.
fn arrow(edge: &EdgeView, turned: bool) -> Arrow {
    let line = match edge.label {
        Some(_) => LineStyleKind::Dashed,
        None => LineStyleKind::Normal,
    };
    let text = broken(edge.label.as_deref().unwrap_or_default());
    let look = StyleAttr::new(Color::new(LINE), 1, None, 0, EDGE_TEXT);
    let (start, end) = if turned {
        (LineEndKind::Arrow, LineEndKind::None)
    } else {
        (LineEndKind::None, LineEndKind::Arrow)
    };
    Arrow::new(start, end, line, &text, &look, &None, &None)
}

/// A label in lines.
fn broken(label: &str) -> String {
    let mut text = String::with_capacity(label.len());
    let mut chars = 0;
    for word in label.split_whitespace() {
        let count = word.chars().count();
        if !text.is_empty() {
            let fits = chars + count < LABEL_CHARS_MAX;
            text.push(if fits { ' ' } else { '\n' });
            chars = if fits { chars + 1 } else { 0 };
        }
        text.push_str(word);
        chars += count;
    }
    text
}

fn look(node: &NodeView) -> StyleAttr {
    let fill = match node.run.map(|run| run.state) {
        Some(NodeState::Running) => 0xcf_e8_ff_ff,
        Some(NodeState::Waiting) => 0xff_f3_bf_ff,
        Some(NodeState::Completed) => 0xd3_f9_d8_ff,
        Some(NodeState::Failed) => 0xff_e3_e3_ff,
        None if node.is_start => START,
        None => match node.kind {
            NodeKind::Executor => 0xad_d8_e6_ff,
            NodeKind::Agent => 0xe6_e6_fa_ff,
            NodeKind::RequestPort => 0xff_e4_b5_ff,
            NodeKind::Workflow => 0xee_ee_ee_ff,
        },
    };
    match node.kind {
        NodeKind::Agent | NodeKind::RequestPort => style(fill, ROUNDED),
        NodeKind::Executor | NodeKind::Workflow => style(fill, 0),
    }
}

fn style(fill: u32, rounded: usize) -> StyleAttr {
    StyleAttr::new(
        Color::new(LINE),
        1,
        Some(Color::new(fill)),
        rounded,
        FONT_SIZE,
    )
}

/// What it is called, and what it is if that is not a function.
fn label(node: &NodeView) -> String {
    let mut label = if node.each {
        format!("each({})", node.id)
    } else {
        node.id.clone()
    };
    let kind = match node.kind {
        NodeKind::Executor => None,
        NodeKind::Agent => Some("agent"),
        NodeKind::RequestPort => Some("request port"),
        NodeKind::Workflow => Some("workflow"),
    };
    let notes: Vec<&str> = kind
        .into_iter()
        .chain(node.is_start.then_some("Start"))
        .collect();
    if !notes.is_empty() {
        label = format!("{label}\n({})", notes.join(", "));
    }
    label
}

#[cfg(test)]
mod tests;
