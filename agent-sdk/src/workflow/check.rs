//! What is certainly written where, and who writes at the same time: computed by the compiler, from
//! the graph as a constant.
//!
//! A slot is *definitely written* at a node if every way to the node has written it: at the start
//! those with a default; over an edge what its source had and wrote; at a fan-in what any of its
//! sources has; over `each(b)` what its source had, since the list may be empty. This is the
//! greatest fixed point of these rules. Everything here is bounded by the size of the graph.

mod message;
mod names;
mod rivals;

use self::rivals::rivals;
use super::text::Text;
use super::{Exit, Graph, To};

pub use self::message::check_message;
pub use self::names::check_names;

/// What is known of a graph of `N` nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Solution<const N: usize> {
    /// The slots that are certainly written before each node.
    pub written: [u128; N],
    /// Another node that may write a slot at the same time as each node.
    pub rivals: [Option<Rival>; N],
}

/// Another node that may write the same slot at the same time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rival {
    /// The node; the same one, if it runs several times at once.
    pub node: usize,
    /// The slot.
    pub slot: usize,
}

/// Computes what the checks of a graph look at. `defaults` are the slots that are there from the
/// start, `reduced` those that parallel nodes may write.
pub const fn solve<const N: usize>(graph: &Graph, defaults: u128, reduced: u128) -> Solution<N> {
    Solution {
        written: written(graph, defaults),
        rivals: rivals(graph, reduced),
    }
}

/// What is certainly written when a node is done.
const fn after(graph: &Graph, node: usize, before: u128) -> u128 {
    let node = &graph.nodes[node];
    if node.facts.undeclared {
        u128::MAX
    } else if node.each {
        before
    } else {
        before | node.facts.writes
    }
}

const fn written<const N: usize>(graph: &Graph, defaults: u128) -> [u128; N] {
    let mut before = [u128::MAX; N];
    meet_targets(graph, &graph.start, defaults, &mut before);
    // Sources come before targets except in loops, so few rounds are needed. Masks only shrink.
    let mut changed = true;
    while changed {
        changed = false;
        let mut node = 0;
        while node < N {
            let known = after(graph, node, before[node]);
            changed |= meet_targets(graph, &graph.nodes[node].exit, known, &mut before);
            node += 1;
        }
        let mut join = 0;
        while join < graph.joins.len() {
            let (target, known) = (graph.joins[join].target, joined(graph, join, &before));
            changed |= meet(&mut before[target], known);
            join += 1;
        }
    }
    before
}

/// What the sources of a fan-in have together.
const fn joined<const N: usize>(graph: &Graph, join: usize, before: &[u128; N]) -> u128 {
    let sources = graph.joins[join].sources;
    let (mut known, mut index) = (0, 0);
    while index < sources.len() {
        known |= after(graph, sources[index], before[sources[index]]);
        index += 1;
    }
    known
}

const fn meet(mask: &mut u128, other: u128) -> bool {
    let old = *mask;
    *mask = old & other;
    *mask != old
}

const fn meet_targets<const N: usize>(
    graph: &Graph,
    exit: &Exit,
    known: u128,
    before: &mut [u128; N],
) -> bool {
    let (mut changed, mut index) = (false, 0);
    while index < target_count(exit) {
        // A fan-in meets when all of its sources are known.
        if let Some(node) = reached(graph, exit, index, false) {
            changed |= meet(&mut before[node], known);
        }
        index += 1;
    }
    changed
}

/// How many ways lead out.
const fn target_count(exit: &Exit) -> usize {
    match exit {
        Exit::Output(_) | Exit::Drop => 0,
        Exit::To(targets) => targets.len(),
        Exit::Switch { arms, .. } => {
            let (mut count, mut arm) = (0, 0);
            while arm < arms.len() {
                count += arms[arm].targets.len();
                arm += 1;
            }
            count
        }
    }
}

/// The end of a way out: `index` is less than [`target_count`].
const fn target(exit: &Exit, index: usize) -> Option<To> {
    match exit {
        Exit::Output(_) | Exit::Drop => None,
        Exit::To(targets) => Some(targets[index].to),
        Exit::Switch { arms, .. } => {
            let (mut arm, mut rest) = (0, index);
            while rest >= arms[arm].targets.len() {
                rest -= arms[arm].targets.len();
                arm += 1;
            }
            Some(arms[arm].targets[rest])
        }
    }
}

/// The node at the end of a way out, with or without a fan-in between.
const fn reached(graph: &Graph, exit: &Exit, index: usize, through_joins: bool) -> Option<usize> {
    match target(exit, index) {
        Some(To::Node(node) | To::Each(node)) => Some(node),
        Some(To::Join { join, .. }) if through_joins => Some(graph.joins[join].target),
        Some(To::Join { .. }) | None => None,
    }
}

/// Nodes in the order in which they were found.
struct Members<const N: usize> {
    nodes: [usize; N],
    count: usize,
    known: [bool; N],
}

impl<const N: usize> Members<N> {
    const fn add(&mut self, node: usize) {
        if !self.known[node] {
            self.known[node] = true;
            self.nodes[self.count] = node;
            self.count += 1;
        }
    }
}

/// Fails the build, at the caller, if a node reads what may not be there or writes what another
/// node writes at the same time.
#[track_caller]
#[allow(
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "it runs in the compiler, and this is how it tells"
)]
pub const fn check_node<const N: usize>(graph: &Graph, solution: &Solution<N>, node: usize) {
    let missing = graph.nodes[node].facts.reads & !solution.written[node];
    if missing != 0 {
        let text = unwritten(graph, solution, node, missing.trailing_zeros() as usize);
        panic!("{}", text.as_str());
    }
    if let Some(rival) = solution.rivals[node] {
        let text = parallel(graph, node, rival);
        panic!("{}", text.as_str());
    }
}

/// Fails the build, at the caller, if a node is the first that uses state, in a workflow without.
#[track_caller]
#[allow(
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "it runs in the compiler, and this is how it tells"
)]
pub const fn check_no_state(graph: &Graph, used: &[&[&str]], node: usize) {
    let mut before = 0;
    while before < node {
        if !used[before].is_empty() {
            return;
        }
        before += 1;
    }
    if let [slot, ..] = used[node] {
        let text = no_state(graph.nodes[node].id, slot);
        panic!("{}", text.as_str());
    }
}

/// What is said of state that is not there.
pub(crate) const fn no_state(node: &str, slot: &str) -> Text {
    let mut text = Text::new();
    text.push("executor `");
    text.push(node);
    text.push("` uses slot `");
    text.push(slot);
    text.push(
        "`, and the workflow has no state; declare one with a field of that type: \
         `#[workflow(state = ..)]` [AGT718]",
    );
    text
}

/// What is said of a read that may find nothing.
pub(crate) const fn unwritten<const N: usize>(
    graph: &Graph,
    solution: &Solution<N>,
    node: usize,
    slot: usize,
) -> Text {
    let mut text = Text::new();
    text.push("executor `");
    text.push(graph.nodes[node].id);
    text.push("` reads `");
    text.push(graph.slots[slot].written);
    text.push("`, which nothing has written on the path `");
    let path = way_without(graph, solution, node, slot);
    let mut left = path.count;
    while left > 0 {
        left -= 1;
        text.push(graph.nodes[path.nodes[left]].id);
        if left > 0 {
            text.push(" >> ");
        }
    }
    text.push("` [AGT670]");
    text
}

/// A way from the start to a node on which a slot is not written, last node first.
const fn way_without<const N: usize>(
    graph: &Graph,
    solution: &Solution<N>,
    node: usize,
    slot: usize,
) -> Members<N> {
    let from = sources_without(graph, solution, slot);
    let mut way = Members {
        nodes: [0; N],
        count: 0,
        known: [false; N],
    };
    way.add(node);
    let mut at = node;
    while let Some(source) = from[at] {
        at = source;
        way.add(at);
    }
    way
}

/// From where each node is first reached while a slot is not written; the start has nothing.
const fn sources_without<const N: usize>(
    graph: &Graph,
    solution: &Solution<N>,
    slot: usize,
) -> [Option<usize>; N] {
    let bit = 1 << slot;
    let mut from = [None; N];
    let mut queue = Members {
        nodes: [0; N],
        count: 0,
        known: [false; N],
    };
    let mut index = 0;
    while index < target_count(&graph.start) {
        if let Some(node) = reached(graph, &graph.start, index, true) {
            queue.add(node);
        }
        index += 1;
    }
    let mut next = 0;
    while next < queue.count {
        let source = queue.nodes[next];
        next += 1;
        if after(graph, source, solution.written[source]) & bit != 0 {
            continue;
        }
        let exit = &graph.nodes[source].exit;
        let mut index = 0;
        while index < target_count(exit) {
            if let Some(node) = reached(graph, exit, index, false) {
                follow(solution, slot, (source, node), &mut from, &mut queue);
            }
            index += 1;
        }
        let mut join = 0;
        while join < graph.joins.len() {
            if contains(graph.joins[join].sources, source) {
                let node = graph.joins[join].target;
                follow(solution, slot, (source, node), &mut from, &mut queue);
            }
            join += 1;
        }
    }
    from
}

const fn contains(sources: &[usize], node: usize) -> bool {
    let mut index = 0;
    while index < sources.len() {
        if sources[index] == node {
            return true;
        }
        index += 1;
    }
    false
}

/// Enters a step of a way, if the slot is still not written behind it.
const fn follow<const N: usize>(
    solution: &Solution<N>,
    slot: usize,
    (source, node): (usize, usize),
    from: &mut [Option<usize>; N],
    queue: &mut Members<N>,
) {
    if solution.written[node] & 1 << slot == 0 && !queue.known[node] {
        from[node] = Some(source);
        queue.add(node);
    }
}

/// What is said of two nodes that write at the same time.
pub(crate) const fn parallel(graph: &Graph, node: usize, rival: Rival) -> Text {
    let mut text = Text::new();
    if rival.node == node {
        text.push("executor `");
        text.push(graph.nodes[node].id);
        text.push("` runs several times at once and writes `");
    } else {
        text.push("executors `");
        text.push(graph.nodes[rival.node].id);
        text.push("` and `");
        text.push(graph.nodes[node].id);
        text.push("` run in parallel and both write `");
    }
    text.push(graph.slots[rival.slot].written);
    text.push("`; say in the state how two values become one: `#[slot(reduce = path)]` [AGT671]");
    text
}

#[cfg(test)]
mod tests;
