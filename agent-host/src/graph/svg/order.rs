//! Which edges lead back. The layout is for graphs without rounds: it gets those edges turned.

use agent_sdk::workflow::{EndView, GraphView};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Seen {
    No,
    /// On the way to where the search is.
    Open,
    Done,
}

/// Of each edge of a graph, whether it leads back to where its way came from.
pub(super) fn backward(view: &GraphView) -> Vec<bool> {
    let place = |end: EndView| match end {
        EndView::Input => 0,
        EndView::Node(index) => 1 + index,
        EndView::Join(index) => 1 + view.nodes.len() + index,
    };
    let places = 1 + view.nodes.len() + view.joins.len();
    let mut ways: Vec<Vec<(usize, usize)>> = vec![Vec::new(); places];
    for (number, edge) in view.edges.iter().enumerate() {
        if let (Some(from), Some(to)) = (ways.get_mut(place(edge.from)), edge.to) {
            from.push((number, place(to)));
        }
    }
    let mut back = vec![false; view.edges.len()];
    let mut seen = vec![Seen::No; places];
    let starts = view.nodes.iter().enumerate();
    let starts = starts.filter_map(|(index, node)| node.is_start.then_some(1 + index));
    for start in std::iter::once(0).chain(starts).chain(1..places) {
        search(start, &ways, &mut seen, &mut back);
    }
    back
}

/// Depth first.
fn search(start: usize, ways: &[Vec<(usize, usize)>], seen: &mut [Seen], back: &mut [bool]) {
    let mut path = Vec::new();
    enter(start, seen, &mut path);
    while let Some((at, next)) = path.last_mut() {
        let way = ways.get(*at).and_then(|ways| ways.get(*next)).copied();
        *next += 1;
        match way {
            Some((edge, to)) if seen.get(to) == Some(&Seen::Open) => {
                if let Some(back) = back.get_mut(edge) {
                    *back = true;
                }
            }
            Some((_, to)) => enter(to, seen, &mut path),
            None => {
                if let Some(seen) = seen.get_mut(*at) {
                    *seen = Seen::Done;
                }
                path.pop();
            }
        }
    }
}

fn enter(place: usize, seen: &mut [Seen], path: &mut Vec<(usize, usize)>) {
    if let Some(seen) = seen.get_mut(place).filter(|seen| **seen == Seen::No) {
        *seen = Seen::Open;
        path.push((place, 0));
    }
}
