//! A second opinion, as plain as can be: every rule by looking at everything, again and again.

use std::collections::{BTreeMap, BTreeSet};

use super::body::{Body, Chain, Element, Statement};

/// What a right body means.
#[derive(Debug, PartialEq, Eq)]
pub struct Shape {
    /// Where the message of each node goes, and that of the input.
    pub exits: BTreeMap<String, String>,
    /// How many outputs there are.
    pub outputs: String,
    /// How many tuples there are.
    pub forks: usize,
}

/// Where a message goes.
#[derive(Clone)]
enum Exit {
    Output,
    Drop,
    To(Vec<String>, String),
    Switch(Vec<Vec<String>>, String),
}

const INPUT: &str = "order";
const RESERVED: [&str; 7] = [
    "start", "status", "respond", "run", "cancel", "events", "graph",
];

/// Why a body is wrong, or what it means.
pub fn check(body: &Body) -> Result<Shape, String> {
    forms(body)?;
    lets(body)?;
    let start = start(body)?;
    let exits = exits(body, &start)?;
    let occurrences = occurrences(body);
    each_alone(body, &occurrences)?;
    closed_exact(body, &occurrences)?;
    let reached = reached(&exits);
    for name in occurrences.keys() {
        if !reached.contains(name) {
            return Err(format!("{name} is not reached"));
        }
    }
    if reached.len() < 2 {
        return Err("no node".to_owned());
    }
    loops(&exits)?;
    let outputs = outputs(body, &exits);
    let shown = |exit: &Exit| match exit {
        Exit::Output => "output".to_owned(),
        Exit::Drop => "drop".to_owned(),
        Exit::To(_, text) | Exit::Switch(_, text) => text.clone(),
    };
    let mut forks = 0;
    body.clone().chains(&mut |chain| {
        forks += chain
            .iter()
            .filter(|element| matches!(element, Element::Tuple(_)))
            .count();
    });
    Ok(Shape {
        exits: exits
            .iter()
            .map(|(name, exit)| (name.clone(), shown(exit)))
            .collect(),
        outputs,
        forks,
    })
}

fn top_chains(body: &Body) -> Vec<&Chain> {
    let mut found = Vec::new();
    for statement in &body.statements {
        match statement {
            Statement::Path(chain) => found.push(chain),
            Statement::Match(_, arms) => found.extend(arms),
            Statement::Let(..) => {}
        }
    }
    found
}

fn all_chains(body: &Body) -> Vec<&Chain> {
    let mut found = top_chains(body);
    let mut next = 0;
    while next < found.len() {
        for element in found[next] {
            if let Element::Tuple(chains) = element {
                found.extend(chains);
            }
        }
        next += 1;
    }
    found
}

/// What can be told of each chain by itself.
fn forms(body: &Body) -> Result<(), String> {
    let tops: Vec<*const Chain> = body
        .statements
        .iter()
        .filter_map(|statement| match statement {
            Statement::Path(chain) => Some(std::ptr::from_ref(chain)),
            _ => None,
        })
        .collect();
    let arms: Vec<*const Chain> = body
        .statements
        .iter()
        .filter_map(|statement| match statement {
            Statement::Match(_, arms) => Some(arms.iter().map(std::ptr::from_ref)),
            _ => None,
        })
        .flatten()
        .collect();
    let mut with_values = arms.clone();
    for chain in all_chains(body) {
        let pointer = std::ptr::from_ref(chain);
        let (is_path, is_arm) = (tops.contains(&pointer), arms.contains(&pointer));
        let may_have_value = with_values.contains(&pointer);
        if let (true, Some(Element::Tuple(chains))) = (may_have_value, chain.first()) {
            with_values.extend(chains.iter().map(std::ptr::from_ref));
        }
        for (index, element) in chain.iter().enumerate() {
            match element {
                Element::Nothing if index + 1 < chain.len() => return Err("() inside".to_owned()),
                Element::Nothing if chain.len() == 1 && !is_arm => {
                    return Err("() alone".to_owned());
                }
                Element::Tuple(chains) if chains.len() < 2 => return Err("one".to_owned()),
                Element::Value(_) if index > 0 || !may_have_value => {
                    return Err("a value outside of an arm".to_owned());
                }
                Element::Each(name) if name == INPUT => return Err("each input".to_owned()),
                Element::Node(name) | Element::Value(name)
                    if name == INPUT && !(is_path && index == 0) =>
                {
                    return Err("input as target".to_owned());
                }
                _ => {}
            }
        }
        if is_path && !matches!(chain.first(), Some(Element::Node(_))) {
            return Err("a path begins with no node".to_owned());
        }
    }
    Ok(())
}

fn lets(body: &Body) -> Result<(), String> {
    let mut ids: BTreeMap<String, String> = BTreeMap::new();
    let mut named = BTreeSet::new();
    for statement in &body.statements {
        if let Statement::Let(name, _) = statement
            && (name == INPUT || !named.insert(name.clone()))
        {
            return Err(format!("let {name}"));
        }
    }
    for (index, statement) in body.statements.iter().enumerate() {
        if let Statement::Let(name, path) = statement {
            if (named.contains(path) && path != name) || path == INPUT {
                return Err("let of a let".to_owned());
            }
            let before = Body {
                statements: body.statements[..index].to_vec(),
            };
            if occurrences(&before).contains_key(name) {
                return Err("let after use".to_owned());
            }
            if !occurrences(body).contains_key(name) {
                return Err("let without use".to_owned());
            }
            ids.insert(name.clone(), format!("let {path}"));
        }
    }
    for path in occurrences(body).into_keys().filter(|path| path != INPUT) {
        let id = path.rsplit("::").next().unwrap_or_default().to_owned();
        if RESERVED.contains(&id.to_lowercase().as_str()) {
            return Err("reserved".to_owned());
        }
        if named.contains(&path) {
            continue;
        }
        if ids.insert(id, path).is_some() {
            return Err("two of one name".to_owned());
        }
    }
    Ok(())
}

/// How often each name stands in a path or `match`.
fn occurrences(body: &Body) -> BTreeMap<String, usize> {
    let mut found = BTreeMap::new();
    for name in body.clone().names() {
        *found.entry(name.clone()).or_default() += 1;
    }
    found
}

/// `order`, or the node that takes its place.
fn start(body: &Body) -> Result<String, String> {
    if occurrences(body).contains_key(INPUT) {
        return Ok(INPUT.to_owned());
    }
    let mut statements = body.statements.iter();
    match statements.find(|statement| !matches!(statement, Statement::Let(..))) {
        Some(Statement::Path(chain)) => match chain.first() {
            Some(Element::Node(name)) => Ok(name.clone()),
            _ => Err("no start".to_owned()),
        },
        _ => Err("no start".to_owned()),
    }
}

/// What a message that goes to an element goes to first.
fn heads(element: &Element) -> Vec<String> {
    match element {
        Element::Node(name) => vec![name.clone()],
        Element::Value(name) => vec![format!("{name} x")],
        Element::Each(name) => vec![format!("each {name}")],
        Element::Tuple(chains) => chains.iter().flat_map(|chain| heads(&chain[0])).collect(),
        Element::Nothing => Vec::new(),
    }
}

fn plain(head: &str) -> String {
    head.trim_start_matches("each ")
        .trim_end_matches(" x")
        .to_owned()
}

fn once(heads: &[String]) -> Result<(), String> {
    for (index, head) in heads.iter().enumerate() {
        let twice = heads[..index]
            .iter()
            .any(|other| plain(other) == plain(head) && !other.ends_with(" x"));
        if twice && !head.ends_with(" x") {
            return Err(format!("twice {head}"));
        }
    }
    Ok(())
}

fn exits(body: &Body, start: &str) -> Result<BTreeMap<String, Exit>, String> {
    let mut exits: BTreeMap<String, Exit> = BTreeMap::new();
    let mut insert = |name: &str, exit: Exit| match exits.insert(name.to_owned(), exit) {
        Some(_) => Err(format!("two ways out of {name}")),
        None => Ok(()),
    };
    for chain in all_chains(body) {
        for pair in chain.windows(2) {
            let targets = heads(&pair[1]);
            once(&targets)?;
            match &pair[0] {
                Element::Node(name) | Element::Value(name) | Element::Each(name) => {
                    if targets.is_empty() {
                        insert(name, Exit::Drop)?;
                    } else {
                        let text = targets.join(", ");
                        let targets = targets.iter().map(|head| plain(head)).collect();
                        insert(name, Exit::To(targets, text))?;
                    }
                }
                Element::Tuple(chains) => {
                    let mut sources = Vec::new();
                    for chain in chains {
                        match chain.last() {
                            Some(
                                Element::Node(name) | Element::Value(name) | Element::Each(name),
                            ) => sources.push(name.clone()),
                            _ => return Err("an element has no last node".to_owned()),
                        }
                    }
                    if targets.iter().any(|head| head.starts_with("each ")) {
                        return Err("each of a tuple".to_owned());
                    }
                    for (slot, source) in sources.iter().enumerate() {
                        if targets.is_empty() {
                            insert(source, Exit::Drop)?;
                            continue;
                        }
                        let text: Vec<String> = targets
                            .iter()
                            .map(|head| format!("{head} of ({}) in {slot}", sources.join(" ")))
                            .collect();
                        insert(source, Exit::To(targets.clone(), text.join(", ")))?;
                    }
                }
                Element::Nothing => {}
            }
        }
    }
    for statement in &body.statements {
        if let Statement::Match(source, arms) = statement {
            let targets: Vec<Vec<String>> = arms.iter().map(|arm| heads(&arm[0])).collect();
            for targets in &targets {
                once(targets)?;
            }
            let texts: Vec<String> = targets.iter().map(|targets| targets.join(", ")).collect();
            let text = format!("match {}", texts.join(" | "));
            let plain = |targets: &Vec<String>| targets.iter().map(|head| plain(head)).collect();
            insert(
                source,
                Exit::Switch(targets.iter().map(plain).collect(), text),
            )?;
        }
    }
    let mut first = body
        .statements
        .iter()
        .filter(|statement| !matches!(statement, Statement::Let(..)));
    let mut is_start = start != INPUT;
    for statement in &mut first {
        if let Statement::Path(chain) = statement
            && chain.len() == 1
            && !is_start
        {
            return Err("a path says nothing".to_owned());
        }
        is_start = false;
    }
    if start != INPUT {
        insert(INPUT, Exit::To(vec![start.to_owned()], start.to_owned()))?;
    }
    for name in occurrences(body).into_keys() {
        exits.entry(name).or_insert(Exit::Output);
    }
    Ok(exits)
}

fn each_alone(body: &Body, occurrences: &BTreeMap<String, usize>) -> Result<(), String> {
    for chain in all_chains(body) {
        for element in chain {
            if let Element::Each(name) = element
                && occurrences[name] != 1
            {
                return Err(format!("{name} is each and more"));
            }
        }
    }
    Ok(())
}

fn closed_exact(body: &Body, occurrences: &BTreeMap<String, usize>) -> Result<(), String> {
    for chain in all_chains(body) {
        for pair in chain.windows(2) {
            let Element::Tuple(chains) = &pair[0] else {
                continue;
            };
            let mut inside = Body {
                statements: chains.iter().cloned().map(Statement::Path).collect(),
            };
            for name in inside.names() {
                if occurrences[name] != 1 {
                    return Err(format!("{name} in a closed tuple and more"));
                }
            }
        }
    }
    Ok(())
}

fn targets(exit: &Exit) -> Vec<String> {
    match exit {
        Exit::Output | Exit::Drop => Vec::new(),
        Exit::To(targets, _) => targets.clone(),
        Exit::Switch(arms, _) => arms.concat(),
    }
}

/// Everything on any path from the input.
fn reached(exits: &BTreeMap<String, Exit>) -> BTreeSet<String> {
    let mut reached = BTreeSet::from([INPUT.to_owned()]);
    loop {
        let more: Vec<String> = reached
            .iter()
            .filter_map(|name| exits.get(name))
            .flat_map(targets)
            .filter(|name| !reached.contains(name))
            .collect();
        if more.is_empty() {
            return reached;
        }
        reached.extend(more);
    }
}

/// Every message can come to an end within as many steps as there are nodes; and every path that
/// comes back to its beginning has a `match` with an arm that leaves it.
fn loops(exits: &BTreeMap<String, Exit>) -> Result<(), String> {
    let mut ends: BTreeSet<&String> = BTreeSet::new();
    for _ in 0..=exits.len() {
        let ended = ends.clone();
        let has_ended = |targets: &Vec<String>| targets.iter().all(|name| ended.contains(name));
        for (name, exit) in exits {
            let can_end = match exit {
                Exit::Output | Exit::Drop => true,
                Exit::To(targets, _) => has_ended(targets),
                Exit::Switch(arms, _) => arms.iter().any(has_ended),
            };
            if can_end {
                ends.insert(name);
            }
        }
    }
    if ends.len() < exits.len() {
        return Err("a loop".to_owned());
    }
    for name in exits.keys() {
        walk(exits, &mut vec![name.clone()]);
    }
    Ok(())
}

/// Goes every way there is until a node comes again.
fn walk(exits: &BTreeMap<String, Exit>, path: &mut Vec<String>) {
    // Longer ones are left to the other way of looking at it.
    if path.len() > 7 {
        return;
    }
    let last = path.last().cloned().unwrap_or_default();
    for target in exits.get(&last).map(targets).unwrap_or_default() {
        if target == path[0] {
            let leaves = |name: &String| match &exits[name] {
                Exit::Switch(arms, _) => arms
                    .iter()
                    .any(|targets| !targets.iter().any(|target| path.contains(target))),
                _ => false,
            };
            assert!(path.iter().any(leaves), "no arm leaves {path:?}");
        } else if !path.contains(&target) {
            path.push(target);
            walk(exits, path);
            path.pop();
        }
    }
}

/// By going through the body as it is written, as often as a loop can matter.
fn outputs(body: &Body, exits: &BTreeMap<String, Exit>) -> String {
    let mut known: BTreeMap<String, (u8, u8)> =
        exits.keys().map(|name| (name.clone(), (2, 0))).collect();
    for _ in 0..=exits.len() * 4 {
        let mut next = BTreeMap::new();
        for name in exits.keys() {
            next.insert(name.clone(), after(body, name, exits, &known));
        }
        if next == known {
            break;
        }
        known = next;
    }
    match known[INPUT] {
        (_, 0) => "None",
        (1, 1) => "One",
        (0, 1) => "AtMostOne",
        _ => "Any",
    }
    .to_owned()
}

type Known = BTreeMap<String, (u8, u8)>;

/// The fewest and the most outputs that come of what a node gives.
fn after(body: &Body, name: &str, exits: &BTreeMap<String, Exit>, known: &Known) -> (u8, u8) {
    for statement in &body.statements {
        if let Statement::Match(source, arms) = statement
            && source == name
        {
            let arms = arms.iter().map(|arm| entering(arm, 0, known));
            return arms
                .reduce(|one, other| (one.0.min(other.0), one.1.max(other.1)))
                .unwrap_or((0, 0));
        }
    }
    for chain in all_chains(body) {
        for index in 0..chain.len() {
            match &chain[index] {
                Element::Node(node) | Element::Value(node) | Element::Each(node)
                    if node == name && index + 1 < chain.len() =>
                {
                    return entering(chain, index + 1, known);
                }
                // What comes after the tuple is counted where the tuple is entered.
                Element::Tuple(chains) if index + 1 < chain.len() => {
                    let is_last = |inner: &Chain| match inner.last() {
                        Some(Element::Node(node) | Element::Value(node) | Element::Each(node)) => {
                            node == name
                        }
                        _ => false,
                    };
                    if chains.iter().any(is_last) {
                        return (0, 0);
                    }
                }
                Element::Each(node) if node == name => return (0, 2),
                _ => {}
            }
        }
    }
    match &exits[name] {
        Exit::Output => (1, 1),
        // The start that is no parameter.
        Exit::To(targets, _) => known[&targets[0]],
        _ => (0, 0),
    }
}

/// The same, of what goes to an element of a chain.
fn entering(chain: &Chain, index: usize, known: &Known) -> (u8, u8) {
    match &chain[index] {
        Element::Nothing => (0, 0),
        Element::Node(name) | Element::Value(name) | Element::Each(name) => known[name],
        Element::Tuple(_) if index + 1 < chain.len() => entering(chain, index + 1, known),
        Element::Tuple(chains) => {
            let parts = chains.iter().map(|chain| entering(chain, 0, known));
            parts.fold((0, 0), |sum, part| {
                ((sum.0 + part.0).min(2), (sum.1 + part.1).min(2))
            })
        }
    }
}
