//! Bodies that are right by the way they are made, changes to them, and bodies at random.

use super::body::{Body, Chain, Element, Random, Statement};

/// A body that keeps every rule.
pub fn valid(random: &mut Random) -> Body {
    let size = 2 + random.below(10);
    Growth {
        random,
        left: size,
        made: 0,
        statements: Vec::new(),
        free: Vec::new(),
        ends: Vec::new(),
    }
    .grow()
}

struct Growth<'r> {
    random: &'r mut Random,
    /// How many nodes may still be made.
    left: usize,
    made: usize,
    statements: Vec<Statement>,
    /// Nodes that may be named again: outside of closed tuples, and not for each item.
    free: Vec<String>,
    /// Those of them that lead nowhere yet.
    ends: Vec<String>,
}

impl Growth<'_> {
    fn grow(mut self) -> Body {
        let first = self.fresh();
        let mut chain = vec![Element::Node(first.clone())];
        let has_source = self.random.chance(50);
        self.free.push(first.clone());
        if has_source && self.random.chance(40) {
            self.ends.push(first);
            let mut arms = vec![chain];
            let more = self.random.below(3);
            for _ in 0..more {
                arms.push(self.target(false));
            }
            self.statements
                .push(Statement::Match("order".to_owned(), arms));
        } else {
            if has_source {
                chain.insert(0, Element::Node("order".to_owned()));
            }
            self.extend(&mut chain, first, false);
            self.statements.push(Statement::Path(chain));
        }
        while self.left > 0 && !self.ends.is_empty() {
            let end = self.random.below(self.ends.len());
            let end = self.ends.remove(end);
            self.lead_on(end);
        }
        self.finish(has_source)
    }

    /// The order of statements is free, if the parameter says where the start is.
    fn finish(self, may_move: bool) -> Body {
        let Self {
            random,
            mut statements,
            free,
            ..
        } = self;
        let fixed = usize::from(!may_move);
        for index in fixed..statements.len() {
            let other = index + random.below(statements.len() - index);
            statements.swap(index, other);
        }
        let mut body = Body { statements };
        for name in free {
            let kind = random.below(100);
            if kind < 15 {
                let given = format!("second_{name}");
                for found in body.names() {
                    if *found == name {
                        found.clone_from(&given);
                    }
                }
                let path = if random.chance(50) {
                    "shared".to_owned()
                } else {
                    name.clone()
                };
                body.statements.insert(0, Statement::Let(given, path));
            } else if kind < 30 {
                for found in body.names() {
                    if *found == name {
                        *found = format!("mail::{name}");
                    }
                }
            }
        }
        body
    }

    fn fresh(&mut self) -> String {
        self.left = self.left.saturating_sub(1);
        self.made += 1;
        format!("n{}", self.made)
    }

    /// What comes after a node of a chain; inside of a closed tuple it must end in a node.
    fn extend(&mut self, chain: &mut Chain, last: String, is_closed: bool) {
        if self.left == 0 || self.random.chance(25) {
            if !is_closed {
                self.ends.push(last);
            }
            return;
        }
        match self.random.below(if is_closed { 4 } else { 7 }) {
            0 | 1 => {
                let node = self.fresh();
                chain.push(Element::Node(node.clone()));
                if !is_closed {
                    self.free.push(node.clone());
                }
                self.extend(chain, node, is_closed);
            }
            2 => {
                let tuple = self.tuple(true);
                chain.push(tuple);
                let node = self.fresh();
                chain.push(Element::Node(node.clone()));
                if !is_closed {
                    self.free.push(node.clone());
                }
                self.extend(chain, node, is_closed);
            }
            3 => {
                let node = self.fresh();
                chain.push(Element::Each(node));
                if self.left > 0 && self.random.chance(60) {
                    let node = self.fresh();
                    chain.push(Element::Node(node.clone()));
                    if !is_closed {
                        self.free.push(node.clone());
                    }
                    self.extend(chain, node, is_closed);
                }
            }
            4 => {
                let tuple = self.tuple(false);
                chain.push(tuple);
            }
            5 => {
                chain.push(Element::Nothing);
            }
            _ => {
                let tuple = self.tuple(true);
                chain.push(tuple);
                let tuple = self.tuple_of_nodes();
                chain.push(tuple);
            }
        }
    }

    fn tuple(&mut self, is_closed: bool) -> Element {
        let count = 2 + self.random.below(2);
        let chains = (0..count).map(|_| self.inner(is_closed)).collect();
        Element::Tuple(chains)
    }

    /// What can follow a closed tuple: elements that begin with a node.
    fn tuple_of_nodes(&mut self) -> Element {
        let mut chains = Vec::new();
        for _ in 0..2 {
            let node = self.fresh();
            self.free.push(node.clone());
            let mut chain = vec![Element::Node(node.clone())];
            self.extend(&mut chain, node, false);
            chains.push(chain);
        }
        Element::Tuple(chains)
    }

    /// A chain that something leads to.
    fn inner(&mut self, is_closed: bool) -> Chain {
        let node = self.fresh();
        if self.random.chance(15) {
            let mut chain = vec![Element::Each(node)];
            if self.random.chance(50) {
                let node = self.fresh();
                chain.push(Element::Node(node.clone()));
                if !is_closed {
                    self.free.push(node.clone());
                    self.ends.push(node);
                }
            }
            return chain;
        }
        if self.random.chance(15) && self.left > 2 {
            let mut chain = vec![self.tuple(true)];
            chain.push(Element::Node(node.clone()));
            if !is_closed {
                self.free.push(node.clone());
            }
            self.extend(&mut chain, node, is_closed);
            return chain;
        }
        if !is_closed {
            self.free.push(node.clone());
        }
        let mut chain = vec![Element::Node(node.clone())];
        self.extend(&mut chain, node, is_closed);
        chain
    }

    /// A statement that leads on from a node.
    fn lead_on(&mut self, node: String) {
        match self.random.below(4) {
            0 => {
                let mut chain = vec![Element::Node(node.clone())];
                self.extend(&mut chain, node, false);
                if chain.len() > 1 {
                    self.statements.push(Statement::Path(chain));
                }
            }
            // Two paths that meet: the node of the other one leads nowhere, so there is no loop.
            1 if !self.ends.is_empty() => {
                let end = self.random.below(self.ends.len());
                let end = self.ends.remove(end);
                let chain = vec![Element::Node(node), Element::Node(end)];
                self.statements.push(Statement::Path(chain));
            }
            _ => {
                let mut arms = vec![vec![Element::Nothing]];
                let more = 1 + self.random.below(3);
                for _ in 0..more {
                    arms.push(self.target(true));
                }
                let last = self.random.below(arms.len());
                arms.swap(0, last);
                self.statements.push(Statement::Match(node, arms));
            }
        }
    }

    /// Where an arm leads: to new nodes or, if one arm of the `match` leads nowhere, back.
    fn target(&mut self, may_go_back: bool) -> Chain {
        match self.random.below(5) {
            0 if may_go_back && !self.free.is_empty() => {
                let name = self.random.pick(&self.free).cloned().unwrap_or_default();
                vec![Element::Node(name)]
            }
            1 if may_go_back && !self.free.is_empty() => {
                let name = self.random.pick(&self.free).cloned().unwrap_or_default();
                let inner = self.inner(false);
                vec![Element::Tuple(vec![vec![Element::Value(name)], inner])]
            }
            2 => vec![Element::Nothing],
            3 => {
                let mut chain = self.inner(false);
                if let Some(Element::Node(name)) = chain.first() {
                    chain[0] = Element::Value(name.clone());
                }
                chain
            }
            _ => {
                if self.left > 1 && self.random.chance(50) {
                    let mut chain = vec![];
                    let is_closed = self.random.chance(50);
                    chain.push(self.tuple(is_closed));
                    if is_closed {
                        let node = self.fresh();
                        self.free.push(node.clone());
                        self.ends.push(node.clone());
                        chain.push(Element::Node(node));
                    }
                    chain
                } else {
                    self.inner(false)
                }
            }
        }
    }
}

/// A small change somewhere.
pub fn change(body: &mut Body, random: &mut Random) {
    let names: Vec<String> = body.names().into_iter().map(|name| name.clone()).collect();
    let Some(any) = random.pick(&names).cloned() else {
        return;
    };
    match random.below(10) {
        0 | 1 => {
            let mut found = body.names();
            let place = random.below(found.len());
            if let Some(name) = found.get_mut(place) {
                (*name).clone_from(&any);
            }
        }
        2 => {
            let other = random.pick(&names).cloned().unwrap_or_default();
            let chain = vec![Element::Node(any), Element::Node(other)];
            let place = random.below(body.statements.len() + 1);
            body.statements.insert(place, Statement::Path(chain));
        }
        3 => {
            let place = random.below(body.statements.len());
            body.statements.remove(place);
        }
        4 => at_random(body, random, |chain, random| {
            if let Some(Element::Tuple(chains)) = chain.last_mut() {
                let _ = random;
                chains.swap(0, 1);
            } else {
                chain.push(Element::Nothing);
            }
        }),
        5 => at_random(body, random, |chain, random| {
            let place = random.below(chain.len() + 1);
            chain.insert(place, Element::Node(any.clone()));
        }),
        6 => at_random(body, random, |chain, random| {
            let place = random.below(chain.len());
            if chain.len() > 1 {
                chain.remove(place);
            }
        }),
        7 => at_random(body, random, |chain, random| {
            let place = random.below(chain.len());
            if let Element::Node(name) = &chain[place] {
                chain[place] = Element::Each(name.clone());
            }
        }),
        8 => {
            let arms = vec![vec![Element::Nothing], vec![Element::Node(any.clone())]];
            let other = random.pick(&names).cloned().unwrap_or_default();
            body.statements.push(Statement::Match(other, arms));
        }
        _ => {
            let count = body.statements.len();
            if count > 1 {
                let (one, other) = (random.below(count), random.below(count));
                body.statements.swap(one, other);
            }
        }
    }
}

fn at_random(body: &mut Body, random: &mut Random, change: impl Fn(&mut Chain, &mut Random)) {
    let mut count = 0;
    body.chains(&mut |_| count += 1);
    let chosen = random.below(count);
    let mut index = 0;
    body.chains(&mut |chain| {
        if index == chosen {
            change(chain, random);
        }
        index += 1;
    });
}

/// Anything at all, of few nodes.
pub fn any(random: &mut Random) -> Body {
    let mut statements = Vec::new();
    for _ in 0..=random.below(3) {
        statements.push(match random.below(8) {
            0 => Statement::Let(name(random), format!("x{}", random.below(2))),
            1..=3 => {
                let arms = (0..=random.below(3)).map(|_| chain(random, 1)).collect();
                Statement::Match(name(random), arms)
            }
            _ => {
                let mut chain = chain(random, 2);
                if random.chance(30) {
                    chain.insert(0, Element::Node("order".to_owned()));
                }
                Statement::Path(chain)
            }
        });
    }
    Body { statements }
}

fn name(random: &mut Random) -> String {
    match random.below(40) {
        0 => "order".to_owned(),
        1 => "x::a".to_owned(),
        2 => "run".to_owned(),
        _ => ["a", "b", "c", "d", "e", "f", "g", "h"][random.below(8)].to_owned(),
    }
}

fn chain(random: &mut Random, depth: usize) -> Chain {
    (0..=random.below(3))
        .map(|_| match random.below(12) {
            0 => Element::Nothing,
            1 => Element::Each(name(random)),
            2 | 3 if depth > 0 => {
                let count = 2 + random.below(2);
                Element::Tuple((0..count).map(|_| chain(random, depth - 1)).collect())
            }
            _ => Element::Node(name(random)),
        })
        .collect()
}

/// Rules, and the messages that may tell of a breach.
pub const BREACHES: [(&str, &[&str]); 17] = [
    ("second way", &["AGT635", "AGT640", "AGT645"]),
    ("duplicate edge", &["AGT636", "AGT642"]),
    ("unreached", &["AGT637"]),
    ("endless", &["AGT638"]),
    ("entered", &["AGT639", "AGT645"]),
    ("matched", &["AGT641", "AGT646"]),
    ("repeated", &["AGT642", "AGT636"]),
    ("dropped", &["AGT643"]),
    ("left open", &["AGT644"]),
    ("each of tuple", &["AGT647"]),
    ("each again", &["AGT645"]),
    ("two starts", &["AGT631", "AGT633"]),
    ("no start", &["AGT630"]),
    ("let twice", &["AGT656"]),
    ("let unused", &["AGT654"]),
    ("one name", &["AGT650"]),
    ("reserved", &["AGT651"]),
];

/// Breaks a rule, if the body has what that takes.
pub fn breach(rule: &str, body: &mut Body, random: &mut Random) -> bool {
    let node = |name: &str| Element::Node(name.to_owned());
    let last = body.statements.len();
    let sources = sources(body);
    let inside = inside(body);
    match rule {
        "second way" => {
            let Some(source) = random.pick(&sources) else {
                return false;
            };
            let chain = vec![node(source), node("fresh")];
            body.statements.push(Statement::Path(chain));
        }
        "duplicate edge" => return duplicate(body, random),
        "unreached" => {
            let chain = vec![node("fresh"), node("fresher")];
            body.statements.push(Statement::Path(chain));
        }
        "endless" => return endless(body),
        "entered" | "matched" => {
            let Some(name) = random.pick(&inside) else {
                return false;
            };
            if rule == "matched" {
                let arms = vec![vec![Element::Nothing], vec![node("fresh")]];
                body.statements.push(Statement::Match(name.clone(), arms));
            } else {
                let mut found = false;
                for statement in &mut body.statements {
                    if let Statement::Match(_, arms) = statement {
                        arms.push(vec![node(name)]);
                        found = true;
                    }
                }
                return found;
            }
        }
        "repeated" | "dropped" | "left open" | "each of tuple" => {
            return in_closed(body, rule);
        }
        "each again" => {
            let mut each = None;
            body.chains(&mut |chain| {
                for element in chain {
                    if let Element::Each(name) = element {
                        each = Some(name.clone());
                    }
                }
            });
            let Some(each) = each else { return false };
            let chain = vec![node(&each), node("fresh")];
            body.statements.push(Statement::Path(chain));
        }
        "two starts" => {
            let is_source = body.names().into_iter().any(|name| name == "order");
            if !is_source {
                return false;
            }
            let chain = vec![node("order"), node("fresh")];
            body.statements
                .insert(random.below(last + 1), Statement::Path(chain));
        }
        "no start" => {
            if body.names().into_iter().any(|name| name == "order") {
                return false;
            }
            let place = body
                .statements
                .iter()
                .position(|statement| matches!(statement, Statement::Match(..)));
            let Some(place) = place else { return false };
            let moved = body.statements.remove(place);
            body.statements.insert(0, moved);
        }
        _ => return of_names(rule, body, random),
    }
    true
}

/// Breaks a rule about names.
fn of_names(rule: &str, body: &mut Body, random: &mut Random) -> bool {
    let last = body.statements.len();
    let node = |name: &str| Element::Node(name.to_owned());
    match rule {
        "let twice" | "let unused" => {
            let named = body
                .statements
                .iter()
                .find_map(|statement| match statement {
                    Statement::Let(name, _) => Some(name.clone()),
                    _ => None,
                });
            let name = match (rule, named) {
                ("let twice", Some(name)) => name,
                ("let twice", None) => return false,
                _ => "unused".to_owned(),
            };
            let again = Statement::Let(name, "other".to_owned());
            body.statements.insert(random.below(last + 1), again);
        }
        "one name" | "reserved" => {
            let (first, second) = match rule {
                "one name" => ("fresh", "mail::fresh"),
                _ => ("fresh", "run"),
            };
            let ends = vec![vec![node(first)], vec![node(second)]];
            let mut found = false;
            body.chains(&mut |chain| {
                if let Some(Element::Tuple(chains)) = chain.last_mut()
                    && !found
                {
                    chains.extend(ends.clone());
                    found = true;
                }
            });
            return found;
        }
        _ => return false,
    }
    true
}

/// Nodes that lead on, and are not for each item.
fn sources(body: &mut Body) -> Vec<String> {
    let mut found = Vec::new();
    body.chains(&mut |chain| {
        for pair in chain.windows(2) {
            if let Element::Node(name) | Element::Value(name) = &pair[0]
                && name != "order"
            {
                found.push(name.clone());
            }
        }
    });
    found
}

/// Nodes in closed tuples.
fn inside(body: &mut Body) -> Vec<String> {
    let mut found = Vec::new();
    body.chains(&mut |chain| {
        for pair in chain.windows(2) {
            if let Element::Tuple(chains) = &pair[0] {
                let mut inner = Body {
                    statements: chains.iter().cloned().map(Statement::Path).collect(),
                };
                found.extend(inner.names().into_iter().map(|name| name.clone()));
            }
        }
    });
    found
}

fn duplicate(body: &mut Body, random: &mut Random) -> bool {
    let mut edges = Vec::new();
    body.chains(&mut |chain| {
        for pair in chain.windows(2) {
            if let (Element::Node(source), Element::Node(target)) = (&pair[0], &pair[1]) {
                edges.push((source.clone(), target.clone()));
            }
        }
    });
    let Some((source, target)) = random.pick(&edges).cloned() else {
        return false;
    };
    if inside(body)
        .iter()
        .any(|name| *name == source || *name == target)
    {
        return false;
    }
    let chain = vec![Element::Node(source), Element::Node(target)];
    body.statements.push(Statement::Path(chain));
    true
}

/// Makes the last path lead back to where it begins.
fn endless(body: &mut Body) -> bool {
    for statement in body.statements.iter_mut().rev() {
        if let Statement::Path(chain) = statement
            && chain.len() > 1
            && let (Element::Node(first), Element::Node(last)) =
                (&chain[0], &chain[chain.len() - 1])
            && first != "order"
            && first != last
        {
            let (first, last) = (first.clone(), last.clone());
            let leads_on = body.statements.iter().any(|other| match other {
                Statement::Path(chain) => {
                    matches!(&chain[0], Element::Node(name) if *name == last)
                }
                Statement::Match(source, _) => *source == last,
                Statement::Let(..) => false,
            });
            let is_source = sources(body).contains(&last);
            if leads_on || is_source {
                return false;
            }
            let back = vec![Element::Node(last), Element::Node(first)];
            body.statements.push(Statement::Path(back));
            return true;
        }
    }
    false
}

/// Breaks the first closed tuple that there is.
fn in_closed(body: &mut Body, rule: &str) -> bool {
    let mut done = false;
    body.chains(&mut |chain| {
        if done {
            return;
        }
        for index in 1..chain.len() {
            let next_is_node = matches!(chain[index], Element::Node(_));
            let Element::Tuple(chains) = &mut chain[index - 1] else {
                continue;
            };
            match rule {
                "repeated" => {
                    let Some(Element::Node(name)) = chains[0].first().cloned() else {
                        continue;
                    };
                    chains.push(vec![Element::Node("fresh".to_owned()), Element::Node(name)]);
                }
                "dropped" => chains[0].push(Element::Nothing),
                "left open" => chains[0].push(Element::Tuple(vec![
                    vec![Element::Node("fresh".to_owned())],
                    vec![Element::Node("fresher".to_owned())],
                ])),
                _ if next_is_node => {
                    chain[index] = Element::Each("fresh".to_owned());
                }
                _ => continue,
            }
            done = true;
            return;
        }
    });
    done
}
