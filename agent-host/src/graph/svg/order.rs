//! In which order a layout gets the edges, and how much work it will be. The layout is for graphs
//! without rounds: edges that lead back are turned for it. It looks for rounds itself, along every
//! way there is, of which a few fan-outs in a row make millions: the order of the edges leaves it
//! nothing to look for.

use agent_sdk::workflow::{EdgeView, EndView, GraphView};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Seen {
    No,
    /// On the way to where the search is.
    Open,
    Done,
}

/// How the edges of a graph are to be laid out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Order {
    /// Of each edge, whether it leads back to where its way came from.
    pub(super) backward: Vec<bool>,
    /// The edges, by number: none comes before one into the place where it begins, if those that
    /// lead back are turned.
    pub(super) edges: Vec<usize>,
    /// How many places the rows of the picture have, one for each shape, and one for each row that
    /// an edge or its label passes.
    pub(super) places: usize,
    /// How many steps it takes to look once for edges that cross, about.
    pub(super) crossings: usize,
}

/// The order for a graph.
pub(super) fn order(view: &GraphView) -> Order {
    let mut ways = Ways::new(view);
    ways.search();
    let (before, rows) = (ways.before(), ways.places());
    let mut edges: Vec<usize> = (0..view.edges.len()).collect();
    edges.sort_by_key(|edge| ways.ends(*edge).and_then(|(from, _)| before.get(from)));
    let widths = ways.widths(&edges, rows);
    let following = widths.iter().skip(1).chain([&0]);
    let steps = widths.iter().zip(following).map(|(this, next)| {
        let pairs = this.saturating_mul(*this);
        pairs.saturating_mul(*next)
    });
    Order {
        places: widths
            .iter()
            .fold(0, |sum, width| sum.saturating_add(*width)),
        crossings: steps.fold(0, usize::saturating_add),
        backward: ways.back,
        edges,
    }
}

/// Where the edges of a graph lead. The input, the nodes and the fan-ins have numbers in this
/// order; the dots of edges that lead nowhere have none.
struct Ways<'a> {
    view: &'a GraphView,
    /// Of each place, its edges and where they lead.
    out: Vec<Vec<(usize, usize)>>,
    seen: Vec<Seen>,
    back: Vec<bool>,
    /// The places in the order in which the search left them.
    left: Vec<usize>,
}

impl<'a> Ways<'a> {
    fn new(view: &'a GraphView) -> Self {
        let places = 1 + view.nodes.len() + view.joins.len();
        let mut ways = Self {
            view,
            out: vec![Vec::new(); places],
            seen: vec![Seen::No; places],
            back: vec![false; view.edges.len()],
            left: Vec::with_capacity(places),
        };
        for (number, edge) in view.edges.iter().enumerate() {
            let (from, to) = (ways.place(edge.from), edge.to.map(|to| ways.place(to)));
            if let (Some(out), Some(to)) = (ways.out.get_mut(from), to) {
                out.push((number, to));
            }
        }
        ways
    }

    fn places(&self) -> usize {
        self.out.len()
    }

    fn place(&self, end: EndView) -> usize {
        match end {
            EndView::Input => 0,
            EndView::Node(index) => 1 + index,
            EndView::Join(index) => 1 + self.view.nodes.len() + index,
        }
    }

    /// Depth first, from the beginning of the graph.
    fn search(&mut self) {
        let starts = self.view.nodes.iter().enumerate();
        let starts = starts.filter_map(|(index, node)| node.is_start.then_some(1 + index));
        let starts: Vec<usize> = starts.collect();
        for start in [0].into_iter().chain(starts).chain(1..self.places()) {
            self.search_from(start);
        }
    }

    fn search_from(&mut self, start: usize) {
        let mut path = Vec::new();
        self.enter(start, &mut path);
        while let Some((at, next)) = path.last_mut() {
            let way = self.out.get(*at).and_then(|out| out.get(*next)).copied();
            *next += 1;
            match way {
                Some((edge, to)) if self.seen.get(to) == Some(&Seen::Open) => {
                    if let Some(back) = self.back.get_mut(edge) {
                        *back = true;
                    }
                }
                Some((_, to)) => self.enter(to, &mut path),
                None => {
                    if let Some(seen) = self.seen.get_mut(*at) {
                        *seen = Seen::Done;
                    }
                    self.left.push(*at);
                    path.pop();
                }
            }
        }
    }

    fn enter(&mut self, place: usize, path: &mut Vec<(usize, usize)>) {
        if let Some(seen) = self.seen.get_mut(place).filter(|seen| **seen == Seen::No) {
            *seen = Seen::Open;
            path.push((place, 0));
        }
    }

    /// Of each place, how many come before it: those from which an edge leads to it among them.
    fn before(&self) -> Vec<usize> {
        let mut before = vec![0; self.places()];
        for (count, place) in self.left.iter().rev().enumerate() {
            if let Some(before) = before.get_mut(*place) {
                *before = count;
            }
        }
        before
    }

    /// Where an edge begins and ends if those that lead back are turned.
    fn ends(&self, edge: usize) -> Option<(usize, Option<usize>)> {
        let is_turned = self.back.get(edge) == Some(&true);
        let edge = self.view.edges.get(edge)?;
        let (from, to) = (self.place(edge.from), edge.to.map(|to| self.place(to)));
        Some(match to {
            Some(to) if is_turned => (to, Some(from)),
            to => (from, to),
        })
    }

    /// How many places each row has.
    fn widths(&self, ordered: &[usize], places: usize) -> Vec<usize> {
        let all = || {
            ordered.iter().filter_map(|edge| {
                let (from, to) = self.ends(*edge)?;
                Some((from, to, rows_of(self.view.edges.get(*edge)?)))
            })
        };
        let mut rows = vec![0_usize; places];
        for (from, to, height) in all() {
            let below = rows.get(from).map_or(0, |row| row + height);
            if let Some(row) = to.filter(|to| *to != from).and_then(|to| rows.get_mut(to)) {
                *row = below.max(*row);
            }
        }
        // Where the count of places begins to be another than in the row above.
        let mut changes = vec![0_isize; 2 * places + 2 * ordered.len() + 4];
        let mut add = |first: usize, end: usize| {
            if let Some(change) = changes.get_mut(first) {
                *change += 1;
            }
            if let Some(change) = changes.get_mut(end) {
                *change -= 1;
            }
        };
        // The first place is the input's.
        for row in rows.iter().skip(usize::from(!self.view.has_input)) {
            add(*row, row + 1);
        }
        for (from, to, height) in all() {
            let row = |place: usize| rows.get(place).copied().unwrap_or(0);
            match to {
                Some(to) if to == from => add(row(from), row(from) + 1),
                Some(to) => add(row(from) + 1, row(to)),
                None => add(row(from) + 1, row(from) + height + 1),
            }
        }
        let sums = changes.iter().scan(0_isize, |sum, change| {
            *sum += change;
            Some(usize::try_from(*sum).unwrap_or(0))
        });
        sums.collect()
    }
}

/// To how many rows below an edge leads at least. Its label has a row of its own.
fn rows_of(edge: &EdgeView) -> usize {
    if edge.label.is_some() { 2 } else { 1 }
}
