//! SVG. A sub-workflow is one box in it: the layout knows no boxes in boxes.

use agent_sdk::workflow::{EdgeView, EndView, GraphView, NodeKind, NodeState, NodeView};
use layout::adt::dag::NodeHandle;
use layout::backends::svg::SVGWriter;
use layout::core::base::Orientation;
use layout::core::color::Color;
use layout::core::geometry::Point;
use layout::core::style::{LineStyleKind, StyleAttr};
use layout::std_shapes::render::get_shape_size;
use layout::std_shapes::shapes::{Arrow, Element, LineEndKind, ShapeKind};
use layout::topo::layout::VisualGraph;

const FONT_SIZE: usize = 14;
const LINE: u32 = 0x33_33_33_ff;
const FAN_IN: u32 = 0xfa_fa_d2_ff;
const START: u32 = 0x90_ee_90_ff;
/// How round the corners of agents and ports are.
const ROUNDED: usize = 15;

/// The picture of one graph.
pub(super) fn svg(view: &GraphView) -> String {
    let mut picture = VisualGraph::new(Orientation::TopToBottom);
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
    for edge in &view.edges {
        let Some(from) = find(edge.from) else {
            continue;
        };
        let to = match edge.to {
            Some(end) => find(end),
            None => Some(add(
                &mut picture,
                ShapeKind::new_circle(" "),
                style(LINE, 0),
            )),
        };
        if let Some(to) = to {
            picture.add_edge(arrow(edge), from, to);
        }
    }
    let mut writer = SVGWriter::new();
    picture.do_it(false, false, false, &mut writer);
    writer.finalize()
}

fn add(picture: &mut VisualGraph, shape: ShapeKind, look: StyleAttr) -> NodeHandle {
    let orientation = Orientation::TopToBottom;
    let size: Point = get_shape_size(orientation, &shape, FONT_SIZE, false);
    picture.add_node(Element::create(shape, look, orientation, size))
}

fn arrow(edge: &EdgeView) -> Arrow {
    let line = match edge.label {
        Some(_) => LineStyleKind::Dashed,
        None => LineStyleKind::Normal,
    };
    let text = edge.label.as_deref().unwrap_or_default();
    let look = StyleAttr::new(Color::new(LINE), 1, None, 0, FONT_SIZE);
    let (none, arrow) = (LineEndKind::None, LineEndKind::Arrow);
    Arrow::new(none, arrow, line, text, &look, &None, &None)
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
