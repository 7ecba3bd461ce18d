//! How many outputs the graph alone gives a run.

use super::graph::{Exit, Graph, Node, OutputCount, Target, To};

/// More than one is all the same.
const MANY: u8 = 2;

/// Counts the outputs of one run, if every node gives one message for each that it gets.
pub fn count(graph: &Graph) -> OutputCount {
    let (most, _) = solve(graph, Bound::Most);
    let (least, _) = solve(graph, Bound::Least);
    match (least, most) {
        (_, 0) => OutputCount::None,
        (1, 1) => OutputCount::One,
        (0, 1) => OutputCount::AtMostOne,
        _ => OutputCount::Any,
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Bound {
    /// Of all ways that a run can go, the one with the fewest outputs: from above, since a loop
    /// gives nothing until it is left.
    Least,
    /// The one with the most, from below.
    Most,
}

/// From 0, 1, [`MANY`] the fixed point, and after how many rounds it was found. Nodes change at
/// most twice, always in the same direction.
fn solve(graph: &Graph, bound: Bound) -> (u8, usize) {
    let start = match bound {
        Bound::Most => 0,
        Bound::Least => MANY,
    };
    let mut counts = vec![start; graph.nodes.len()];
    for round in 1.. {
        let mut changed = false;
        // Targets mostly come after their sources, so one or two rounds do.
        for (number, node) in graph.nodes.iter().enumerate().rev() {
            let found = of_node(graph, node, &counts, bound);
            if let Some(count) = counts.get_mut(number)
                && *count != found
            {
                *count = found;
                changed = true;
            }
        }
        if !changed {
            return (of_exit(graph, &graph.input, &counts, bound), round);
        }
    }
    (MANY, 0)
}

fn of_node(graph: &Graph, node: &Node, counts: &[u8], bound: Bound) -> u8 {
    match (&node.exit, bound) {
        // One for each item of a list, which may be empty.
        (Exit::Output, Bound::Least) if node.each => 0,
        (Exit::Output, Bound::Most) if node.each => MANY,
        (exit, _) => of_exit(graph, exit, counts, bound),
    }
}

fn of_exit(graph: &Graph, exit: &Exit, counts: &[u8], bound: Bound) -> u8 {
    match exit {
        Exit::Output => 1,
        Exit::Drop => 0,
        Exit::To(targets) => sum(targets
            .iter()
            .map(|target| of_target(graph, target, counts))),
        Exit::Switch(switch) => {
            let arms = graph.switches.get(*switch).into_iter();
            let arms = arms.flat_map(|switch| &switch.arms).map(|arm| {
                let targets = arm.targets.iter();
                sum(targets.map(|target| of_target(graph, &target.target, counts)))
            });
            let found = match bound {
                Bound::Least => arms.min(),
                Bound::Most => arms.max(),
            };
            found.unwrap_or(0)
        }
    }
}

/// What a closed tuple leads to counts once, at its first element.
fn of_target(graph: &Graph, target: &Target, counts: &[u8]) -> u8 {
    let node = match target.to {
        To::Node(node) | To::Each(node) => Some(node),
        To::Join { join, slot: 0 } => graph.joins.get(join).map(|join| join.target),
        To::Join { .. } => None,
    };
    node.and_then(|node| counts.get(node)).copied().unwrap_or(0)
}

fn sum(counts: impl Iterator<Item = u8>) -> u8 {
    counts.fold(0, |sum, count| (sum + count).min(MANY))
}

/// How often every node was looked at.
#[cfg(test)]
pub fn rounds(graph: &Graph) -> usize {
    solve(graph, Bound::Most).1 + solve(graph, Bound::Least).1
}
