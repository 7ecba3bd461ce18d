//! Rules for single nodes: one way out, one entry into closed tuples, `each` alone, one start.

use super::draft::{Draft, First, Mentioned, Role, Way, WayOut};
use super::graph::{Source, To};
use super::names::Named;
use super::report::{About, Reports};
use crate::messages::{self, Message};
use crate::syntax::workflow::path_text;

/// What is known when these rules were checked.
pub struct Found {
    /// Where the graph starts.
    pub start: Start,
    /// The first way out of each node, by number.
    pub exits: Vec<Option<usize>>,
    /// Whether a node has several, all but the first of which were reported.
    pub contested: Vec<bool>,
}

/// Where the graph starts.
#[derive(Clone, Copy)]
pub enum Start {
    /// The input takes this way.
    Way(usize),
    /// It goes to this node, which is mentioned here.
    Node(usize, usize),
}

/// Checks the rules; gives `None` if there is no start.
pub fn check(draft: &Draft, about: &About, reports: &mut Reports) -> Option<Found> {
    let mut checks = Checks { draft, reports };
    for node in &draft.nodes {
        checks.each(node);
    }
    checks.closed_tuples();
    let mut exits = vec![None; draft.nodes.len()];
    let mut contested = vec![false; draft.nodes.len()];
    let mut input = None;
    for (number, way) in draft.ways.iter().enumerate() {
        let first = match way.source {
            Source::Input => &mut input,
            Source::Node(node) => match exits.get_mut(node) {
                Some(exit) => exit,
                None => continue,
            },
        };
        let Some(first) = first.and_then(|first| draft.ways.get(first)) else {
            *first = Some(number);
            continue;
        };
        if let Source::Node(node) = way.source
            && let Some(contested) = contested.get_mut(node)
        {
            *contested = true;
        }
        checks.second_way(first, way);
    }
    let start = start(draft, input, about, reports)?;
    Some(Found {
        start,
        exits,
        contested,
    })
}

/// The parameter, if it is a source, else the first node of the first path.
fn start(
    draft: &Draft,
    input: Option<usize>,
    about: &About,
    reports: &mut Reports,
) -> Option<Start> {
    let fields = || {
        vec![
            ("workflow", about.workflow.to_owned()),
            ("parameter", about.parameter_name()),
        ]
    };
    if let Some(input) = input {
        return Some(Start::Way(input));
    }
    if matches!(draft.first, First::Wrong) {
        return None;
    }
    let is_input = |mention: &&Mentioned| mention.source == Source::Input;
    if let Some(alone) = draft.mentions.iter().find(is_input) {
        reports.blame(alone, &messages::WITHOUT_NODES, fields());
        return None;
    }
    match draft.first {
        First::Path(mention) => match draft.mentions.get(mention)?.source {
            Source::Node(node) => Some(Start::Node(node, mention)),
            Source::Input => None,
        },
        First::Match(mention) => {
            let at = draft.mentions.get(mention)?;
            reports.blame(at, &messages::NO_START, fields());
            None
        }
        First::Missing => {
            reports.add(0, about.at, &messages::NO_START, fields());
            None
        }
        First::Wrong => None,
    }
}

struct Checks<'a> {
    draft: &'a Draft,
    reports: &'a mut Reports,
}

impl Checks<'_> {
    /// A node that runs for each item is named once.
    fn each(&mut self, node: &Named) {
        let mentions = || node.mentions.iter();
        let at = |mention: &usize| self.draft.mentions.get(*mention);
        let is_each = mentions()
            .filter_map(at)
            .any(|mention| mention.role == Role::Each);
        if !is_each {
            return;
        }
        for later in mentions().skip(1).filter_map(at) {
            let message = match later.role {
                Role::Matched => &messages::EACH_MATCHED,
                _ => &messages::EACH_USED,
            };
            let fields = vec![
                ("node", path_text(&later.path)),
                ("path", node.text.clone()),
            ];
            self.reports.blame(later, message, fields);
        }
    }

    /// What is inside of a closed tuple is nowhere else. Tuples inside of others are checked with
    /// the outer one.
    fn closed_tuples(&mut self) {
        let mut tuples: Vec<_> = self.draft.closed.iter().collect();
        tuples.sort_by_key(|tuple| (tuple.inside.start, usize::MAX - tuple.inside.end));
        let mut end = 0;
        for tuple in tuples {
            if tuple.inside.end <= end {
                continue;
            }
            end = tuple.inside.end;
            let mut seen = vec![];
            for mention in tuple.inside.clone() {
                if let Some(Source::Node(node)) = self
                    .draft
                    .mentions
                    .get(mention)
                    .map(|mention| mention.source)
                {
                    seen.push((node, mention));
                }
            }
            seen.sort_unstable();
            seen.dedup_by_key(|(node, _)| *node);
            for (node, first) in seen {
                if let Some(node) = self.draft.nodes.get(node) {
                    self.inside(node, first, &tuple.inside, &tuple.target);
                }
            }
        }
    }

    /// One node of a closed tuple, which is named there first.
    fn inside(
        &mut self,
        node: &Named,
        first: usize,
        inside: &std::ops::Range<usize>,
        target: &str,
    ) {
        for other in &node.mentions {
            if *other == first {
                continue;
            }
            let (Some(at), Some(later)) = (
                self.draft.mentions.get(*other),
                self.draft.mentions.get(*other.max(&first)),
            ) else {
                continue;
            };
            let message: &'static Message = if inside.contains(other) {
                &messages::TUPLE_REPEATED
            } else {
                match at.role {
                    Role::Matched => &messages::TUPLE_MATCHED,
                    Role::Begins => &messages::TUPLE_LEFT,
                    Role::Alone if !self.is_first(*other) => continue,
                    Role::Alone | Role::Reached | Role::Each => &messages::TUPLE_ENTERED,
                }
            };
            let fields = vec![
                ("node", node.id.clone()),
                ("target", target.to_owned()),
                ("path", node.text.clone()),
                ("other", self.reached_from(*other)),
            ];
            self.reports.blame(later, message, fields);
        }
    }

    fn is_first(&self, mention: usize) -> bool {
        matches!(self.draft.first, First::Path(first) if first == mention)
    }

    /// What leads to a mention, for people.
    fn reached_from(&self, mention: usize) -> String {
        if self.is_first(mention) {
            return "the start".to_owned();
        }
        let leads = |way: &&Way| match &way.exit {
            WayOut::To(heads) => heads.iter().any(|head| head.mention == mention),
            WayOut::Switch(switch) => self.draft.switches.get(*switch).is_some_and(|switch| {
                let mut heads = switch.arms.iter().flat_map(|arm| &arm.heads);
                heads.any(|head| head.mention == mention)
            }),
            WayOut::Join { joins, .. } => joins.iter().any(|join| {
                let join = self.draft.joins.get(*join);
                join.is_some_and(|join| join.mention == mention)
            }),
            WayOut::Drop => false,
        };
        let from = self.draft.ways.iter().find(leads);
        if from.is_some_and(|way| matches!(way.exit, WayOut::Join { .. })) {
            return "a closed tuple".to_owned();
        }
        let at = from.and_then(|way| self.draft.mentions.get(way.mention));
        match at {
            Some(at) => format!("`{}`", path_text(&at.path)),
            None => "elsewhere".to_owned(),
        }
    }

    /// A source that leads on already.
    fn second_way(&mut self, first: &Way, second: &Way) {
        let Some(at) = self.draft.mentions.get(second.mention) else {
            return;
        };
        let source = path_text(&at.path);
        if let (WayOut::To(known), WayOut::To(again)) = (&first.exit, &second.exit)
            && again
                .iter()
                .all(|head| known.iter().any(|known| known.to == head.to))
        {
            for head in again {
                if let Some(at) = self.draft.mentions.get(head.mention) {
                    let target = path_text(&at.path);
                    let fields = vec![
                        ("source", source.clone()),
                        ("path", target.clone()),
                        ("target", target),
                    ];
                    self.reports.blame(at, &messages::DUPLICATE_EDGE, fields);
                }
            }
            return;
        }
        let fields = vec![
            ("node", source.clone()),
            ("parameter", source.clone()),
            ("first", self.describe(first)),
            ("instead", self.instead(&source, first, second)),
        ];
        let message = match second.source {
            Source::Input => &messages::TWO_STARTS,
            Source::Node(_) => &messages::SECOND_WAY_OUT,
        };
        self.reports.blame(at, message, fields);
    }

    /// Where a way leads.
    fn describe(&self, way: &Way) -> String {
        match &way.exit {
            WayOut::Drop => "to `()`".to_owned(),
            WayOut::Switch(_) => "by its `match`".to_owned(),
            WayOut::To(_) | WayOut::Join { .. } => match self.targets(way).as_slice() {
                [one] => format!("to `{one}`"),
                several => format!("to `({})`", several.join(", ")),
            },
        }
    }

    fn targets(&self, way: &Way) -> Vec<String> {
        let mentions: Vec<(usize, bool)> = match &way.exit {
            WayOut::To(heads) => heads
                .iter()
                .map(|head| (head.mention, matches!(head.to, To::Each(_))))
                .collect(),
            WayOut::Join { joins, .. } => joins
                .iter()
                .filter_map(|join| self.draft.joins.get(*join))
                .map(|join| (join.mention, false))
                .collect(),
            WayOut::Drop | WayOut::Switch(_) => Vec::new(),
        };
        let written = |(mention, each): (usize, bool)| {
            let path = path_text(&self.draft.mentions.get(mention)?.path);
            Some(if each { format!("each({path})") } else { path })
        };
        mentions.into_iter().filter_map(written).collect()
    }

    /// What to write instead of two ways.
    fn instead(&self, source: &str, first: &Way, second: &Way) -> String {
        match (&first.exit, &second.exit) {
            (WayOut::To(_), WayOut::To(_)) => {
                let mut targets = self.targets(first);
                for target in self.targets(second) {
                    if !targets.contains(&target) {
                        targets.push(target);
                    }
                }
                format!(
                    "write it once, with a tuple: `{source} >> ({});`",
                    targets.join(", ")
                )
            }
            (WayOut::Switch(_), WayOut::Switch(_)) => {
                format!("write one `match {source} {{ .. }}` with all arms")
            }
            (WayOut::Switch(_), _) | (_, WayOut::Switch(_)) => format!(
                "write the other targets into the arms of `match {source}`: \
                 `pattern => (first, second)`"
            ),
            (WayOut::Drop, _) | (_, WayOut::Drop) => {
                format!("remove `{source} >> ()`, or the other path")
            }
            _ => "keep one of them".to_owned(),
        }
    }
}
