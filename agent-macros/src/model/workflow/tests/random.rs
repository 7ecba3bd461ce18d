//! Random bodies: what the model says of them, and what a checker says that knows nothing of it.

mod body;
mod generate;
mod reference;

use std::collections::BTreeMap;

use self::body::{Body as Written, Random};
use super::*;
use crate::model::workflow::graph::Graph;

/// How many bodies of each kind.
const BODIES: u64 = 7_000;

/// What the model makes of a body.
fn read(body: &Written) -> Result<Graph, Vec<String>> {
    let (workflow, errors) = read_with("", &of_body(&body.to_string()));
    match workflow {
        Some(workflow) if errors.is_empty() => Ok(workflow.graph),
        None if !errors.is_empty() => Err(errors.into_iter().map(|(_, text)| text).collect()),
        _ => panic!("neither accepted nor rejected: {body}"),
    }
}

/// Both agree; tells whether the body is right.
fn agree(body: &Written) -> bool {
    let expected = reference::check(body);
    match (read(body), expected) {
        (Ok(graph), Ok(shape)) => {
            assert_eq!(shape_of(&graph), shape, "{body}");
            assert_order(&graph, body);
            true
        }
        (Err(_), Err(_)) => false,
        (Ok(_), Err(reason)) => panic!("accepted, but {reason}: {body}"),
        (Err(errors), Ok(_)) => panic!("rejected: {body}\n{errors:#?}"),
    }
}

/// The graph by the names of its nodes, as the reference has it.
fn shape_of(graph: &Graph) -> reference::Shape {
    let name = |node: usize| {
        let node = &graph.nodes[node];
        let path = crate::syntax::text::text(&node.path);
        if path.ends_with(&node.id) {
            path
        } else {
            node.id.clone()
        }
    };
    let target = |to: To| match to {
        To::Node(node) => name(node),
        To::Each(node) => format!("each {}", name(node)),
        To::Join { join, slot } => {
            let join = &graph.joins[join];
            let sources: Vec<String> = join.sources.iter().map(|node| name(*node)).collect();
            format!("{} of ({}) in {slot}", name(join.target), sources.join(" "))
        }
    };
    let exit = |exit: &Exit| match exit {
        Exit::Output => "output".to_owned(),
        Exit::Drop => "drop".to_owned(),
        Exit::To(targets) => {
            let targets: Vec<String> = targets.iter().map(|found| target(found.to)).collect();
            targets.join(", ")
        }
        Exit::Switch(switch) => {
            let arms = graph.switches[*switch].arms.iter().map(|arm| {
                let targets = arm.targets.iter().map(|found| {
                    let value = if found.value.is_some() { " x" } else { "" };
                    format!("{}{value}", target(found.target.to))
                });
                targets.collect::<Vec<_>>().join(", ")
            });
            format!("match {}", arms.collect::<Vec<_>>().join(" | "))
        }
    };
    let mut exits = BTreeMap::new();
    exits.insert("order".to_owned(), exit(&graph.input));
    for (number, node) in graph.nodes.iter().enumerate() {
        exits.insert(name(number), exit(&node.exit));
    }
    reference::Shape {
        exits,
        outputs: format!("{:?}", graph.outputs),
        forks: graph.forks.len(),
    }
}

/// Targets come after their sources, except on the way back in a loop.
fn assert_order(graph: &Graph, body: &Written) {
    let mut edges = vec![Vec::new(); graph.nodes.len()];
    for (number, node) in graph.nodes.iter().enumerate() {
        edges[number] = targets(graph, &node.exit);
    }
    let mut reaches = edges.clone();
    loop {
        let mut changed = false;
        for node in 0..reaches.len() {
            for next in reaches[node].clone() {
                for further in reaches[next].clone() {
                    if !reaches[node].contains(&further) {
                        reaches[node].push(further);
                        changed = true;
                    }
                }
            }
        }
        if !changed {
            break;
        }
    }
    for (node, targets) in edges.iter().enumerate() {
        for target in targets {
            let is_loop = node == *target || reaches[*target].contains(&node);
            assert!(node < *target || is_loop, "{node} {target}: {body}");
        }
    }
    assert!(targets(graph, &graph.input).contains(&0), "{body}");
}

fn targets(graph: &Graph, exit: &Exit) -> Vec<usize> {
    let target = |to: &To| match to {
        To::Node(node) | To::Each(node) => *node,
        To::Join { join, .. } => graph.joins[*join].target,
    };
    match exit {
        Exit::Output | Exit::Drop => Vec::new(),
        Exit::To(targets) => targets.iter().map(|found| target(&found.to)).collect(),
        Exit::Switch(switch) => {
            let arms = graph.switches[*switch].arms.iter();
            arms.flat_map(|arm| &arm.targets)
                .map(|found| target(&found.target.to))
                .collect()
        }
    }
}

#[test]
fn valid_bodies_are_accepted_as_they_were_meant() {
    for seed in 0..BODIES {
        let body = generate::valid(&mut Random::new(seed));
        assert!(agree(&body), "the generator made a wrong body: {body}");
    }
}

#[test]
fn bodies_with_a_change_are_judged_alike() {
    let mut accepted = 0;
    for seed in 0..BODIES {
        let random = &mut Random::new(1_000_000 + seed);
        let mut body = generate::valid(random);
        for _ in 0..=random.below(2) {
            generate::change(&mut body, random);
        }
        accepted += u64::from(agree(&body));
    }
    assert!(
        (BODIES / 20..BODIES * 19 / 20).contains(&accepted),
        "{accepted} of {BODIES}: a change should break some bodies, and leave some"
    );
}

#[test]
fn bodies_without_a_plan_are_judged_alike() {
    let mut accepted = 0;
    for seed in 0..BODIES {
        let body = generate::any(&mut Random::new(2_000_000 + seed));
        accepted += u64::from(agree(&body));
    }
    assert!(accepted > BODIES / 100, "{accepted} of {BODIES}");
}

/// For each rule a change that breaks it in whatever body, and the messages that may tell so.
#[test]
fn every_rule_is_enforced_in_every_body() {
    for (rule, numbers) in generate::BREACHES {
        let mut broken = 0;
        for seed in 0..400 {
            let random = &mut Random::new(3_000_000 + seed);
            let mut body = generate::valid(random);
            if !generate::breach(rule, &mut body, random) {
                continue;
            }
            broken += 1;
            let errors = read(&body)
                .map(|_| ())
                .expect_err(&format!("{rule}: {body}"));
            let told = errors
                .iter()
                .any(|error| numbers.iter().any(|number| error.contains(number)));
            assert!(told, "{rule}: {errors:?}: {body}");
            assert!(reference::check(&body).is_err(), "{rule}: {body}");
        }
        assert!(broken > 20, "{rule} was broken {broken} times");
    }
}
