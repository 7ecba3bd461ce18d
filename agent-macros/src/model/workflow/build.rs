//! Reads a body as a graph: numbers what it mentions, and notes what leads where.

use std::collections::BTreeSet;
use std::ops::Range;

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::Path;

use super::draft::{
    Closed, Draft, DraftArm, DraftFork, DraftJoin, DraftSwitch, First, Head, Mentioned, Role, Way,
    WayOut,
};
use super::graph::{Source, To};
use super::names::Names;
use super::report::{About, Reports};
use crate::messages;
use crate::syntax::text::text;
use crate::syntax::workflow::{
    Body, Chain, Element, Match, Mention, Statement, Tuple, paren_tokens, path_text,
};

/// Reads a body as a graph.
pub fn build(body: &Body, about: &About, reports: &mut Reports) -> Draft {
    let mut builder = Builder {
        names: Names::new(body, about),
        about,
        reports,
        position: 0,
        draft: Draft {
            nodes: Vec::new(),
            mentions: Vec::new(),
            ways: Vec::new(),
            joins: Vec::new(),
            switches: Vec::new(),
            forks: Vec::new(),
            closed: Vec::new(),
            first: First::Missing,
            loose: Vec::new(),
        },
    };
    for statement in &body.statements {
        builder.statement(statement);
    }
    let Builder {
        names,
        reports,
        mut draft,
        ..
    } = builder;
    draft.ways.sort_by_key(|way| way.mention);
    names.check(&draft.mentions, about, reports);
    draft.nodes = names.nodes;
    draft
}

struct Builder<'a> {
    names: Names,
    about: &'a About<'a>,
    reports: &'a mut Reports,
    position: usize,
    draft: Draft,
}

/// How a path ends.
enum End {
    /// With the output of a node, or the input, at this mention.
    Source(Source, usize),
    /// With `()`, at this position.
    Nothing(TokenStream, usize),
    /// With a tuple.
    Tuple(TupleEnd),
    /// With something that was reported.
    Lost,
}

struct TupleEnd {
    ends: Vec<End>,
    fork: usize,
    inside: Range<usize>,
    written: String,
    at: TokenStream,
    position: usize,
}

/// What a path leads to next.
struct Entry {
    /// Nothing, for `()`.
    heads: Vec<Head>,
    /// As it is written.
    written: String,
    /// Whether a part of it was reported and is missing.
    is_lost: bool,
}

impl Builder<'_> {
    fn next_position(&mut self) -> usize {
        self.position += 1;
        self.position
    }

    fn statement(&mut self, statement: &Statement) {
        let first = match statement {
            Statement::Let(named) => {
                let position = self.next_position();
                return self.names.named(named, position, self.reports);
            }
            Statement::Match(matched) => First::Match(self.matched(matched)),
            Statement::Chain(chain) => match self.path(chain) {
                Some(mention) => First::Path(mention),
                None => First::Wrong,
            },
        };
        if matches!(self.draft.first, First::Missing) {
            self.draft.first = first;
        }
    }

    /// A path that is a statement; gives the mention that it begins with.
    fn path(&mut self, chain: &Chain) -> Option<usize> {
        match chain.elements.first()? {
            Element::Node(first) => {
                let role = match chain.elements.len() {
                    1 => Role::Alone,
                    _ => Role::Begins,
                };
                let (source, mention) = self.mention(first, role);
                self.rest(End::Source(source, mention), chain);
                Some(mention)
            }
            other => {
                let written = written(other);
                let at = tokens(other);
                let parameter = self.about.parameter_name();
                let fields = vec![("written", written), ("parameter", parameter)];
                let position = self.next_position();
                self.reports
                    .add(position, &at, &messages::PATH_WITHOUT_NODE, fields);
                let (entry, end) = self.element(other);
                self.loosen(&entry);
                self.rest(end, chain);
                None
            }
        }
    }

    /// Everything after the first element; gives how it ends.
    fn rest(&mut self, first: End, chain: &Chain) -> End {
        let mut end = first;
        for element in chain.elements.iter().skip(1) {
            let (entry, next) = self.element(element);
            self.connect(end, entry);
            end = next;
        }
        end
    }

    /// A path that something leads to.
    fn inner(&mut self, chain: &Chain) -> (Entry, End) {
        match chain.elements.first() {
            Some(first) => {
                let (entry, end) = self.element(first);
                let end = self.rest(end, chain);
                (entry, end)
            }
            None => (Entry::nothing(true), End::Lost),
        }
    }

    fn element(&mut self, element: &Element) -> (Entry, End) {
        match element {
            Element::Node(mention) => self.target(mention, Role::Reached),
            Element::Each(mention) => self.target(mention, Role::Each),
            Element::Tuple(tuple) => self.tuple(tuple),
            Element::Nothing(paren) => {
                let position = self.next_position();
                let end = End::Nothing(paren_tokens(paren), position);
                (Entry::nothing(false), end)
            }
        }
    }

    fn target(&mut self, written: &Mention, role: Role) -> (Entry, End) {
        let (source, mention) = self.mention(written, role);
        let Source::Node(node) = source else {
            if let Some(at) = self.draft.mentions.get(mention) {
                let fields = vec![("parameter", path_text(&written.path))];
                self.reports.blame(at, &messages::INPUT_AS_TARGET, fields);
            }
            return (Entry::nothing(true), End::Lost);
        };
        let to = match role {
            Role::Each => To::Each(node),
            _ => To::Node(node),
        };
        let head = Head {
            to,
            mention,
            value: written.value.clone(),
        };
        let path = path_text(&written.path);
        let entry = Entry {
            heads: vec![head],
            written: match role {
                Role::Each => format!("each({path})"),
                _ => path,
            },
            is_lost: false,
        };
        (entry, End::Source(source, mention))
    }

    fn mention(&mut self, written: &Mention, role: Role) -> (Source, usize) {
        self.mention_path(&written.path, role)
    }

    fn mention_path(&mut self, path: &Path, role: Role) -> (Source, usize) {
        let source = self.names.resolve(path);
        let mention = self.draft.mentions.len();
        let position = self.next_position();
        self.draft.mentions.push(Mentioned {
            position,
            path: path.clone(),
            source,
            role,
        });
        if let Source::Node(node) = source
            && let Some(node) = self.names.nodes.get_mut(node)
        {
            node.mentions.push(mention);
        }
        (source, mention)
    }

    fn tuple(&mut self, tuple: &Tuple) -> (Entry, End) {
        let position = self.next_position();
        let fork = self.draft.forks.len();
        self.draft.forks.push(DraftFork {
            elements: Vec::new(),
            joins: Vec::new(),
            at: tuple.paren.span.join(),
        });
        let before = self.draft.mentions.len();
        let mut heads = Vec::new();
        let mut elements = Vec::new();
        let mut ends = Vec::new();
        let mut written = Vec::new();
        let mut is_lost = false;
        for chain in &tuple.chains {
            let (entry, end) = self.inner(chain);
            is_lost |= entry.is_lost;
            elements.push(entry.heads.iter().map(|head| head.to).collect());
            written.push(entry.written);
            heads.extend(entry.heads);
            ends.push(end);
        }
        if let Some(fork) = self.draft.forks.get_mut(fork) {
            fork.elements = elements;
        }
        let written = format!("({})", written.join(", "));
        let entry = Entry {
            heads,
            written: written.clone(),
            is_lost,
        };
        let end = TupleEnd {
            ends,
            fork,
            inside: before..self.draft.mentions.len(),
            written,
            at: paren_tokens(&tuple.paren),
            position,
        };
        (entry, End::Tuple(end))
    }

    fn connect(&mut self, end: End, entry: Entry) {
        match end {
            _ if entry.is_lost => {
                if matches!(end, End::Source(Source::Input, _)) {
                    self.draft.first = First::Wrong;
                }
                self.loosen(&entry);
            }
            End::Source(source, mention) => {
                if let Some(at) = self.draft.mentions.get(mention) {
                    let source = path_text(&at.path);
                    self.once(&source, &entry.heads);
                }
                let exit = if entry.heads.is_empty() {
                    WayOut::Drop
                } else {
                    WayOut::To(entry.heads)
                };
                self.way(source, mention, exit);
            }
            End::Tuple(tuple) => self.close(tuple, &entry),
            End::Nothing(..) => {}
            End::Lost => self.loosen(&entry),
        }
    }

    /// What leads there is missing.
    fn loosen(&mut self, entry: &Entry) {
        for head in &entry.heads {
            if let To::Node(node) | To::Each(node) = head.to {
                self.draft.loose.push(node);
            }
        }
    }

    /// Every target of one message is another node, unless it gets a value of its own.
    fn once(&mut self, source: &str, heads: &[Head]) {
        let mut seen = BTreeSet::new();
        for head in heads.iter().filter(|head| head.value.is_none()) {
            let (To::Node(node) | To::Each(node)) = head.to else {
                continue;
            };
            if !seen.insert(node)
                && let Some(at) = self.draft.mentions.get(head.mention)
            {
                let target = path_text(&at.path);
                let fields = vec![
                    ("source", source.to_owned()),
                    ("path", target.clone()),
                    ("target", target),
                ];
                self.reports.blame(at, &messages::DUPLICATE_EDGE, fields);
            }
        }
    }

    fn way(&mut self, source: Source, mention: usize, exit: WayOut) {
        self.draft.ways.push(Way {
            source,
            mention,
            exit,
        });
    }

    /// A tuple with something after it.
    fn close(&mut self, tuple: TupleEnd, entry: &Entry) {
        self.once(&tuple.written, &entry.heads);
        self.draft.closed.push(Closed {
            inside: tuple.inside,
            target: entry.written.clone(),
        });
        let mut sources = Vec::new();
        for end in tuple.ends {
            match end {
                End::Source(Source::Node(node), mention) => sources.push((node, mention)),
                End::Source(Source::Input, _) | End::Lost => return self.loosen(entry),
                End::Nothing(at, position) => {
                    let fields = vec![("target", entry.written.clone())];
                    self.reports
                        .add(position, &at, &messages::TUPLE_DROPPED, fields);
                }
                End::Tuple(open) => {
                    let fields = vec![("target", entry.written.clone()), ("written", open.written)];
                    self.reports
                        .add(open.position, &open.at, &messages::TUPLE_OPEN, fields);
                }
            }
        }
        let joins = self.joins(&sources, entry);
        if let Some(fork) = self.draft.forks.get_mut(tuple.fork) {
            fork.joins.clone_from(&joins);
        }
        for (slot, (node, mention)) in sources.into_iter().enumerate() {
            let exit = if joins.is_empty() {
                WayOut::Drop
            } else {
                let joins = joins.clone();
                WayOut::Join { joins, slot }
            };
            self.way(Source::Node(node), mention, exit);
        }
    }

    /// One for each target of a closed tuple.
    fn joins(&mut self, sources: &[(usize, usize)], entry: &Entry) -> Vec<usize> {
        let mut joins = Vec::new();
        for head in &entry.heads {
            match (head.to, self.draft.mentions.get(head.mention)) {
                (To::Node(target), _) => {
                    joins.push(self.draft.joins.len());
                    self.draft.joins.push(DraftJoin {
                        target,
                        mention: head.mention,
                        sources: sources.iter().map(|(node, _)| *node).collect(),
                    });
                }
                (_, Some(at)) => {
                    let fields = vec![("node", path_text(&at.path))];
                    self.reports.blame(at, &messages::EACH_OF_TUPLE, fields);
                }
                (_, None) => {}
            }
        }
        joins
    }

    /// Gives the mention of what is matched.
    fn matched(&mut self, matched: &Match) -> usize {
        let (source, mention) = self.mention_path(&matched.source, Role::Matched);
        let mut arms = Vec::new();
        for arm in &matched.arms {
            let (entry, _) = self.inner(&arm.target);
            self.once(&path_text(&matched.source), &entry.heads);
            arms.push(DraftArm {
                pattern: arm.pattern.clone(),
                heads: entry.heads,
                last: arm.last,
            });
        }
        let switch = self.draft.switches.len();
        self.draft.switches.push(DraftSwitch {
            source,
            mention,
            arms,
        });
        self.way(source, mention, WayOut::Switch(switch));
        mention
    }
}

impl Entry {
    fn nothing(is_lost: bool) -> Self {
        Self {
            heads: Vec::new(),
            written: "()".to_owned(),
            is_lost,
        }
    }
}

/// An element as it is written, roughly.
fn written(element: &Element) -> String {
    match element {
        Element::Node(mention) => text(&mention.path),
        Element::Each(mention) => format!("each({})", text(&mention.path)),
        Element::Tuple(tuple) => {
            let parts: Vec<String> = tuple
                .chains
                .iter()
                .map(|chain| {
                    let parts: Vec<String> = chain.elements.iter().map(written).collect();
                    parts.join(" >> ")
                })
                .collect();
            format!("({})", parts.join(", "))
        }
        Element::Nothing(_) => "()".to_owned(),
    }
}

/// The narrowest tokens of an element.
fn tokens(element: &Element) -> TokenStream {
    match element {
        Element::Node(mention) | Element::Each(mention) => mention.path.to_token_stream(),
        Element::Tuple(tuple) => paren_tokens(&tuple.paren),
        Element::Nothing(paren) => paren_tokens(paren),
    }
}
