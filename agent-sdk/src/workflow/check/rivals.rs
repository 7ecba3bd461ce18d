//! Who may write a slot at the same time.

use super::super::{Fork, Graph, To};
use super::{Members, Rival, reached, target, target_count};

/// Another writer of a slot for each node that has one.
pub(super) const fn rivals<const N: usize>(graph: &Graph, reduced: u128) -> [Option<Rival>; N] {
    let mut rivals = [None; N];
    let (mut node, mut any) = (0, 0);
    while node < N {
        let writes = may_write(graph, node) & !reduced;
        any |= writes;
        if graph.nodes[node].each && writes != 0 {
            let slot = writes.trailing_zeros() as usize;
            rivals[node] = Some(Rival { node, slot });
        }
        node += 1;
    }
    if any == 0 {
        return rivals;
    }
    let downstream = downstream::<N>(graph);
    let mut fork = 0;
    while fork < graph.forks.len() {
        rivals_of(graph, &graph.forks[fork], reduced, &downstream, &mut rivals);
        fork += 1;
    }
    rivals
}

const fn may_write(graph: &Graph, node: usize) -> u128 {
    graph.nodes[node].facts.writes | graph.nodes[node].facts.may_write
}

/// What each node and all that it leads to may write.
const fn downstream<const N: usize>(graph: &Graph) -> [u128; N] {
    let mut masks = [0; N];
    let mut changed = true;
    while changed {
        changed = false;
        // Targets first.
        let mut left = N;
        while left > 0 {
            left -= 1;
            let exit = &graph.nodes[left].exit;
            let (mut mask, mut index) = (may_write(graph, left), 0);
            while index < target_count(exit) {
                if let Some(node) = reached(graph, exit, index, true) {
                    mask |= masks[node];
                }
                index += 1;
            }
            changed |= mask != masks[left];
            masks[left] = mask;
        }
    }
    masks
}

/// Two elements of one tuple run in parallel, with all that they reach before they are joined.
const fn rivals_of<const N: usize>(
    graph: &Graph,
    fork: &Fork,
    reduced: u128,
    downstream: &[u128; N],
    rivals: &mut [Option<Rival>; N],
) {
    let (mut element, mut seen) = (0, 0);
    while element < fork.elements.len() {
        let mask = element_writes(graph, fork, element, downstream) & !reduced;
        if seen & mask != 0 {
            name_rivals(graph, fork, element, seen & mask, rivals);
        }
        seen |= mask;
        element += 1;
    }
}

/// What the nodes of an element may write.
const fn element_writes<const N: usize>(
    graph: &Graph,
    fork: &Fork,
    element: usize,
    downstream: &[u128; N],
) -> u128 {
    if !fork.joins.is_empty() {
        // A closed tuple is left by its joins only, so this looks at its own nodes and no others.
        let inside = members::<N>(graph, fork, element);
        let (mut mask, mut index) = (0, 0);
        while index < inside.count {
            mask |= may_write(graph, inside.nodes[index]);
            index += 1;
        }
        return mask;
    }
    let starts = fork.elements[element];
    let (mut mask, mut index) = (0, 0);
    while index < starts.len() {
        let node = end_of(graph, starts[index]);
        mask |= downstream[node];
        index += 1;
    }
    mask
}

const fn end_of(graph: &Graph, to: To) -> usize {
    match to {
        To::Node(node) | To::Each(node) => node,
        To::Join { join, .. } => graph.joins[join].target,
    }
}

/// All nodes that an element reaches before its tuple is joined.
const fn members<const N: usize>(graph: &Graph, fork: &Fork, element: usize) -> Members<N> {
    let mut members = Members {
        nodes: [0; N],
        count: 0,
        known: [false; N],
    };
    let (starts, mut index) = (fork.elements[element], 0);
    while index < starts.len() {
        if !is_left(fork, starts[index]) {
            members.add(end_of(graph, starts[index]));
        }
        index += 1;
    }
    let mut next = 0;
    while next < members.count {
        let exit = &graph.nodes[members.nodes[next]].exit;
        let mut index = 0;
        while index < target_count(exit) {
            if let Some(to) = target(exit, index)
                && !is_left(fork, to)
            {
                members.add(end_of(graph, to));
            }
            index += 1;
        }
        next += 1;
    }
    members
}

/// Whether a way leads to a join that closes the tuple.
const fn is_left(fork: &Fork, to: To) -> bool {
    let To::Join { join, .. } = to else {
        return false;
    };
    let mut index = 0;
    while index < fork.joins.len() {
        if fork.joins[index] == join {
            return true;
        }
        index += 1;
    }
    false
}

/// Enters, for every node of an element that writes one of these slots, a node of an element before
/// it that does as well. Only done where there is something to report.
const fn name_rivals<const N: usize>(
    graph: &Graph,
    fork: &Fork,
    element: usize,
    slots: u128,
    rivals: &mut [Option<Rival>; N],
) {
    let later = members::<N>(graph, fork, element);
    let mut before = 0;
    while before < element {
        let earlier = members::<N>(graph, fork, before);
        let mut index = 0;
        while index < later.count {
            let node = later.nodes[index];
            let mut other = 0;
            while other < earlier.count && rivals[node].is_none() {
                let rival = earlier.nodes[other];
                let shared = slots & may_write(graph, node) & may_write(graph, rival);
                if shared != 0 {
                    let slot = shared.trailing_zeros() as usize;
                    rivals[node] = Some(Rival { node: rival, slot });
                }
                other += 1;
            }
            index += 1;
        }
        before += 1;
    }
}
