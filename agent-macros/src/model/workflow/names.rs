//! What the paths of a body stand for: the input, or a node, which a `let` may have named.

use std::collections::BTreeMap;

use syn::Path;
use syn::ext::IdentExt;

use super::draft::Mentioned;
use super::graph::Source;
use super::report::{About, Reports};
use crate::messages;
use crate::syntax::text::text;
use crate::syntax::workflow::{Body, Let, Statement};

/// Names that nodes can't have, because routes have them.
const NAMES_RESERVED: [&str; 7] = [
    "start", "status", "respond", "run", "cancel", "events", "graph",
];
/// How long the name of a function may be: `dafx-{workflow}-{node}`.
const FUNCTION_BYTES_MAX: usize = 128;
/// What stands around the two names.
const FUNCTION_BYTES_AROUND: usize = "dafx--".len();

/// A node, as far as its names go.
pub struct Named {
    /// Its name in the graph.
    pub id: String,
    /// What it is.
    pub path: Path,
    /// The same as text.
    pub text: String,
    /// The `let` that names it, with its position.
    pub given: Option<(syn::Ident, usize)>,
    /// Its mentions, by number.
    pub mentions: Vec<usize>,
}

/// The names of one body.
pub struct Names {
    parameter: Option<String>,
    lets: BTreeMap<String, usize>,
    paths: BTreeMap<String, usize>,
    /// The nodes, in no order that matters.
    pub nodes: Vec<Named>,
}

impl Names {
    /// With the `let` statements of a body, which hold wherever they stand.
    pub fn new(body: &Body, about: &About) -> Self {
        let mut names = Self {
            parameter: about.parameter.map(|name| name.unraw().to_string()),
            lets: BTreeMap::new(),
            paths: BTreeMap::new(),
            nodes: Vec::new(),
        };
        for statement in &body.statements {
            let Statement::Let(written) = statement else {
                continue;
            };
            let id = written.name.unraw().to_string();
            if names.parameter.as_ref() != Some(&id) && !names.lets.contains_key(&id) {
                names.lets.insert(id.clone(), names.nodes.len());
                names.nodes.push(Named {
                    id,
                    text: text(&written.path),
                    path: written.path.clone(),
                    given: None,
                    mentions: Vec::new(),
                });
            }
        }
        names
    }

    /// What a path stands for. A new one is a new node.
    pub fn resolve(&mut self, path: &Path) -> Source {
        let alone = path.get_ident().map(|word| word.unraw().to_string());
        if alone.is_some() && alone == self.parameter {
            return Source::Input;
        }
        if let Some(node) = alone.and_then(|word| self.lets.get(&word)) {
            return Source::Node(*node);
        }
        let written = text(path);
        let next = self.nodes.len();
        let node = *self.paths.entry(written.clone()).or_insert(next);
        if node == next {
            let last = path.segments.last();
            self.nodes.push(Named {
                id: last.map_or(String::new(), |last| last.ident.unraw().to_string()),
                path: path.clone(),
                text: written,
                given: None,
                mentions: Vec::new(),
            });
        }
        Source::Node(node)
    }

    /// A `let` statement at its position.
    pub fn named(&mut self, written: &Let, position: usize, reports: &mut Reports) {
        let id = written.name.unraw().to_string();
        let mut fields = vec![("name", id.clone()), ("path", text(&written.path))];
        let mut report = |message, fields| reports.add(position, &written.name, message, fields);
        let Some(known) = self
            .lets
            .get(&id)
            .and_then(|node| self.nodes.get_mut(*node))
        else {
            return report(&messages::LET_HIDES_INPUT, fields);
        };
        if known.given.is_some() {
            fields.push(("first", known.text.clone()));
            return report(&messages::LET_TWICE, fields);
        }
        known.given = Some((written.name.clone(), position));
        if !known.mentions.is_empty() {
            report(&messages::LET_AFTER_USE, fields);
        }
        self.given_to(written, &id, position, reports);
    }

    /// What a `let` names is no name of the body itself.
    fn given_to(&self, written: &Let, id: &str, position: usize, reports: &mut Reports) {
        let Some(word) = written
            .path
            .get_ident()
            .map(|word| word.unraw().to_string())
        else {
            return;
        };
        if Some(&word) == self.parameter.as_ref() {
            reports.add(position, &written.path, &messages::LET_FORM, Vec::new());
        } else if word != id
            && let Some(other) = self.lets.get(&word).and_then(|node| self.nodes.get(*node))
        {
            let fields = vec![
                ("name", word),
                ("second", id.to_owned()),
                ("path", other.text.clone()),
            ];
            reports.add(position, &written.path, &messages::LET_OF_LET, fields);
        }
    }

    /// Names that are taken or not allowed, and those of no use.
    pub fn check(&self, mentions: &[Mentioned], about: &About, reports: &mut Reports) {
        let mut order: Vec<(usize, &Named)> = self
            .nodes
            .iter()
            .map(|node| (node.position(mentions), node))
            .collect();
        order.sort_by_key(|(position, _)| *position);
        let mut first_of: BTreeMap<&str, &Named> = BTreeMap::new();
        for (position, node) in order {
            if let (Some((name, _)), []) = (&node.given, node.mentions.as_slice()) {
                let fields = vec![("name", node.id.clone())];
                reports.add(position, name, &messages::LET_UNUSED, fields);
            }
            let first = *first_of.entry(node.id.as_str()).or_insert(node);
            if std::ptr::eq(first, node) {
                node.check_name(mentions, about, reports);
            } else {
                let fields = vec![
                    ("id", node.id.clone()),
                    ("first", first.text.clone()),
                    ("second", node.text.clone()),
                ];
                let message = &messages::TWO_NODES_OF_ONE_NAME;
                node.blame(mentions, message, fields, reports);
            }
        }
    }
}

impl Named {
    /// Where it is named for the first time.
    fn position(&self, mentions: &[Mentioned]) -> usize {
        let first = self.mentions.first().and_then(|first| mentions.get(*first));
        match (&self.given, first) {
            (Some((_, position)), _) => *position,
            (None, Some(mention)) => mention.position,
            (None, None) => 0,
        }
    }

    fn check_name(&self, mentions: &[Mentioned], about: &About, reports: &mut Reports) {
        let most = FUNCTION_BYTES_MAX.saturating_sub(FUNCTION_BYTES_AROUND);
        let is_ascii = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        let fits = self.id.bytes().all(is_ascii) && self.id.len() + about.name.len() <= most;
        let lower = self.id.to_ascii_lowercase();
        let message = if NAMES_RESERVED.contains(&lower.as_str()) {
            &messages::NODE_NAME_RESERVED
        } else if fits {
            return;
        } else {
            &messages::NODE_NAME
        };
        let fields = vec![
            ("id", self.id.clone()),
            ("path", self.text.clone()),
            ("most", most.to_string()),
        ];
        self.blame(mentions, message, fields, reports);
    }

    /// Its `let`, else its first mention.
    fn blame(
        &self,
        mentions: &[Mentioned],
        message: &'static messages::Message,
        fields: Vec<(&'static str, String)>,
        reports: &mut Reports,
    ) {
        if let Some((name, position)) = &self.given {
            reports.add(*position, name, message, fields);
        } else if let Some(mention) = self.mentions.first().and_then(|first| mentions.get(*first)) {
            reports.blame(mention, message, fields);
        }
    }
}
