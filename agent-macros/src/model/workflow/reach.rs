//! Rules for the whole graph: every node is reached, every loop ends.

use super::check::{Found, Start};
use super::draft::{Draft, Head, Role, Way, WayOut};
use super::graph::{Source, To};
use super::report::{About, Reports};
use super::scan::{components, reverse_postorder};
use crate::messages;
use crate::syntax::workflow::path_text;

/// Checks the rules; gives the nodes in reverse postorder.
pub fn check(draft: &Draft, found: &Found, about: &About, reports: &mut Reports) -> Vec<usize> {
    let view = View::new(draft);
    let starts = view.starts(found);
    let mut order = reverse_postorder(&starts, &view.edges);
    if starts.is_empty() {
        view.without_nodes(found, about, reports);
    } else {
        view.unreached(found, &mut order, about, reports);
    }
    view.alone(found, reports);
    Loops::new(&view, found).check(reports);
    order
}

/// Every edge there is, those of second ways out as well.
struct View<'a> {
    draft: &'a Draft,
    edges: Vec<Vec<usize>>,
}

impl<'a> View<'a> {
    fn new(draft: &'a Draft) -> Self {
        let mut edges = vec![Vec::new(); draft.nodes.len()];
        for way in &draft.ways {
            if let Source::Node(node) = way.source
                && let Some(edges) = edges.get_mut(node)
            {
                edges.extend(targets(draft, way).into_iter().map(|(node, _)| node));
            }
        }
        Self { draft, edges }
    }

    /// The first nodes.
    fn starts(&self, found: &Found) -> Vec<usize> {
        if let Start::Node(node, _) = found.start {
            return vec![node];
        }
        let ways = self.draft.ways.iter();
        ways.filter(|way| way.source == Source::Input)
            .flat_map(|way| targets(self.draft, way))
            .map(|(node, _)| node)
            .collect()
    }

    fn without_nodes(&self, found: &Found, about: &About, reports: &mut Reports) {
        if let Start::Way(way) = found.start
            && let Some(way) = self.draft.ways.get(way)
            && let Some(at) = self.draft.mentions.get(way.mention)
        {
            let fields = vec![
                ("workflow", about.workflow.to_owned()),
                ("parameter", about.parameter_name()),
            ];
            reports.blame(at, &messages::WITHOUT_NODES, fields);
        }
    }

    /// Blames what nothing leads to, and not what only that leads to.
    fn unreached(
        &self,
        found: &Found,
        order: &mut Vec<usize>,
        about: &About,
        reports: &mut Reports,
    ) {
        let mut reached = vec![false; self.edges.len()];
        let loose = reverse_postorder(&self.draft.loose, &self.edges);
        for node in order.iter().chain(&loose) {
            if let Some(reached) = reached.get_mut(*node) {
                *reached = true;
            }
        }
        let start = match found.start {
            Start::Node(node, _) => self.draft.nodes.get(node).map(|node| node.text.clone()),
            Start::Way(_) => None,
        };
        let start = start.unwrap_or_else(|| about.parameter_name());
        // Each part comes after those that it leads to, so the other way round causes come first.
        for component in components(&self.edges).into_iter().rev() {
            let is_reached = |node: &usize| reached.get(*node).copied().unwrap_or(true);
            if component.iter().any(is_reached) {
                continue;
            }
            let first = component
                .iter()
                .filter_map(|node| self.draft.nodes.get(*node))
                .filter_map(|node| Some((self.source_of(node.mentions.as_slice())?, node)))
                .min_by_key(|(mention, _)| *mention);
            if let Some((mention, node)) = first
                && let Some(at) = self.draft.mentions.get(mention)
            {
                let fields = vec![("node", node.id.clone()), ("start", start.clone())];
                reports.blame(at, &messages::UNREACHABLE_NODE, fields);
            }
            for node in reverse_postorder(&component, &self.edges) {
                if let Some(reached) = reached.get_mut(node)
                    && !std::mem::replace(reached, true)
                {
                    order.push(node);
                }
            }
        }
    }

    /// The mention that begins a statement, else the first.
    fn source_of(&self, mentions: &[usize]) -> Option<usize> {
        let begins = |mention: &&usize| {
            let at = self.draft.mentions.get(**mention);
            at.is_some_and(|at| !matches!(at.role, Role::Reached | Role::Each))
        };
        let found = mentions.iter().find(begins).or(mentions.first());
        found.copied()
    }

    /// A statement of one node is the start, or says nothing.
    fn alone(&self, found: &Found, reports: &mut Reports) {
        for (number, mention) in self.draft.mentions.iter().enumerate() {
            let is_start = matches!(found.start, Start::Node(_, start) if start == number);
            if mention.role == Role::Alone && !is_start {
                let fields = vec![("node", path_text(&mention.path))];
                reports.blame(mention, &messages::PATH_WITHOUT_EDGE, fields);
            }
        }
    }
}

/// Where a way leads: nodes with the mentions of them.
fn targets(draft: &Draft, way: &Way) -> Vec<(usize, usize)> {
    match &way.exit {
        WayOut::Drop => Vec::new(),
        WayOut::To(heads) => heads.iter().map(head_target).collect(),
        WayOut::Join { joins, .. } => joins
            .iter()
            .filter_map(|join| draft.joins.get(*join))
            .map(|join| (join.target, join.mention))
            .collect(),
        WayOut::Switch(switch) => draft
            .switches
            .get(*switch)
            .into_iter()
            .flat_map(|switch| &switch.arms)
            .flat_map(|arm| arm.heads.iter().map(head_target))
            .collect(),
    }
}

fn head_target(head: &Head) -> (usize, usize) {
    match head.to {
        To::Node(node) | To::Each(node) => (node, head.mention),
        // Heads are nodes; what closes a tuple is a way of its own.
        To::Join { join, .. } => (join, head.mention),
    }
}

/// Which nodes can end: those that lead nowhere, those all of whose targets can end, and those with
/// an arm all of whose targets can.
struct Loops<'a> {
    view: &'a View<'a>,
    /// For each node its choices: the targets that have to end for it to end. None: it ends.
    choices: Vec<Vec<Vec<(usize, usize)>>>,
    /// For each node who waits for it: the node, and the number of the choice.
    waiting: Vec<Vec<(usize, usize)>>,
    /// How many targets of each choice are left.
    left: Vec<Vec<usize>>,
    ends: Vec<bool>,
}

#[allow(
    clippy::indexing_slicing,
    reason = "all lists have a place for each node, and edges hold numbers of nodes"
)]
impl<'a> Loops<'a> {
    fn new(view: &'a View<'a>, found: &Found) -> Self {
        let count = view.draft.nodes.len();
        let mut choices = vec![Vec::new(); count];
        for (node, exit) in found.exits.iter().enumerate() {
            let is_contested = found.contested.get(node).copied().unwrap_or(false);
            // What was reported already is taken for an end.
            let way = exit
                .filter(|_| !is_contested)
                .and_then(|way| view.draft.ways.get(way));
            if let Some(way) = way {
                choices[node] = choices_of(view.draft, way);
            }
        }
        let mut loops = Self {
            view,
            waiting: vec![Vec::new(); count],
            left: Vec::new(),
            ends: vec![false; count],
            choices,
        };
        for (node, choices) in loops.choices.iter().enumerate() {
            loops.left.push(choices.iter().map(Vec::len).collect());
            for (number, choice) in choices.iter().enumerate() {
                for (target, _) in choice {
                    loops.waiting[*target].push((node, number));
                }
            }
        }
        loops
    }

    /// Blames one edge of each loop that nothing leaves.
    fn check(mut self, reports: &mut Reports) {
        for node in 0..self.ends.len() {
            let choices = &self.left[node];
            if choices.is_empty() || choices.contains(&0) {
                self.end(node);
            }
        }
        for component in components(&self.view.edges) {
            for node in component {
                while !self.ends[node] {
                    let cycle = self.cycle(node);
                    if cycle.is_empty() {
                        break;
                    }
                    self.report(&cycle, reports);
                    for (member, _) in cycle {
                        self.end(member);
                    }
                }
            }
        }
    }

    /// Notes that a node can end, and whatever follows from that.
    fn end(&mut self, node: usize) {
        let mut found = vec![node];
        while let Some(node) = found.pop() {
            if std::mem::replace(&mut self.ends[node], true) {
                continue;
            }
            for (waiting, choice) in std::mem::take(&mut self.waiting[node]) {
                let left = &mut self.left[waiting][choice];
                *left -= 1;
                if *left == 0 {
                    found.push(waiting);
                }
            }
        }
    }

    /// Goes from node to node that can't end, until one comes again. The mention is that by which
    /// the next node is reached.
    fn cycle(&self, from: usize) -> Vec<(usize, usize)> {
        let mut place = vec![None; self.ends.len()];
        let mut path = Vec::new();
        let mut node = from;
        loop {
            if let Some(first) = place[node] {
                return path.split_off(first);
            }
            place[node] = Some(path.len());
            let targets = self.choices[node].iter().flatten();
            // The last one, which is most likely to be written last.
            let next = targets.copied().rfind(|(target, _)| !self.ends[*target]);
            let Some((target, mention)) = next else {
                return path;
            };
            path.push((node, mention));
            node = target;
        }
    }

    /// At the edge that is written last.
    fn report(&self, cycle: &[(usize, usize)], reports: &mut Reports) {
        let Some((place, (_, mention))) = cycle
            .iter()
            .enumerate()
            .max_by_key(|(_, (_, mention))| *mention)
        else {
            return;
        };
        let Some(at) = self.view.draft.mentions.get(*mention) else {
            return;
        };
        let id = |place: usize| {
            let (node, _) = cycle[place % cycle.len()];
            let node = self.view.draft.nodes.get(node);
            node.map_or(String::new(), |node| node.id.clone())
        };
        let path: Vec<String> = (0..=cycle.len()).map(|step| id(place + 1 + step)).collect();
        let fields = vec![
            ("loop", path.join(" >> ")),
            ("node", id(place)),
            ("next", id(place + 1)),
        ];
        reports.blame(at, &messages::ENDLESS_LOOP, fields);
    }
}

fn choices_of(draft: &Draft, way: &Way) -> Vec<Vec<(usize, usize)>> {
    match &way.exit {
        WayOut::Switch(switch) => draft
            .switches
            .get(*switch)
            .into_iter()
            .flat_map(|switch| &switch.arms)
            .map(|arm| arm.heads.iter().map(head_target).collect())
            .collect(),
        _ => vec![targets(draft, way)],
    }
}
