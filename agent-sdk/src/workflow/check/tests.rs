//! The checks at run time: on graphs by hand, and on random ones against a slow and simple
//! reference.

#![allow(clippy::unnecessary_wraps, reason = "the graph's data has these types")]

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::message::borrows;
use super::*;
use crate::workflow::{
    Arm, Fork, GraphNode, InvalidMessage, Join, Message, NodeDefinition, NodeFacts, OutputCount,
    Registered, RouteError, Routed, Slot, Target, TypeData, as_it_is,
};

/// The most nodes of these graphs.
const NODES: usize = 8;
/// The slots of their state.
const SLOTS: usize = 3;

fn refuse(_: &str) -> Result<Message, InvalidMessage> {
    Err(InvalidMessage {
        path: ".".to_owned(),
        problem: "never asked".to_owned(),
    })
}

fn nothing() -> NodeDefinition {
    unreachable!("these graphs never run")
}

fn nowhere(_: &Message) -> Result<Vec<Routed>, RouteError> {
    Ok(Vec::new())
}

fn slot(name: &'static str, written: &'static str) -> Slot {
    Slot {
        name,
        written,
        type_id: std::any::TypeId::of::<()>,
        type_name: || "()",
        schema: || serde_json::Value::Null,
        default: None,
        merge: None,
    }
}

/// What a node of a graph is made of.
#[derive(Debug, Clone, Default)]
struct Plan {
    reads: u128,
    writes: u128,
    may_write: u128,
    undeclared: bool,
    each: bool,
    way: Way,
}

/// Where it leads.
#[derive(Debug, Clone, Default)]
enum Way {
    #[default]
    Ends,
    To(Vec<To>),
    Switch(Vec<Vec<To>>),
}

/// A graph for ever: tests are short.
fn graph(plans: &[Plan], joins: &[(usize, Vec<usize>)], forks: Vec<Fork>) -> &'static Graph {
    const IDS: [&str; NODES] = ["a", "b", "c", "d", "e", "f", "g", "h"];
    const TYPE: TypeData = TypeData::inner::<()>(refuse);
    let nodes = plans.iter().zip(IDS).map(|(plan, id)| GraphNode {
        id,
        each: plan.each,
        definition: &nothing,
        input: TYPE,
        output: TYPE,
        facts: NodeFacts {
            reads: plan.reads,
            writes: plan.writes,
            may_write: plan.may_write,
            undeclared: plan.undeclared,
            ..NodeFacts::default()
        },
        yields: &as_it_is,
        exit: exit(&plan.way),
    });
    let joins = joins.iter().map(|(target, sources)| Join {
        target: *target,
        sources: sources.clone().leak(),
        convert: &|_| unreachable!("these graphs never run"),
    });
    let start = exit(&Way::To(vec![To::Node(0)]));
    Box::leak(Box::new(Graph {
        slots: vec![
            slot("mail", "Mail"),
            slot("budget", "Budget"),
            slot("plan", "Plan"),
        ]
        .leak(),
        start,
        nodes: nodes.collect::<Vec<_>>().leak(),
        joins: joins.collect::<Vec<_>>().leak(),
        forks: forks.leak(),
        outputs: OutputCount::Any,
        ..crate::workflow::unfinished("test", "for tests")
    }))
}

fn exit(way: &Way) -> Exit {
    match way {
        Way::Ends => Exit::Drop,
        Way::To(targets) => {
            let target = |to: &To| Target {
                to: *to,
                convert: &as_it_is,
            };
            Exit::To(targets.iter().map(target).collect::<Vec<_>>().leak())
        }
        Way::Switch(arms) => {
            let arm = |targets: &Vec<To>| Arm {
                label: "_",
                targets: targets.clone().leak(),
            };
            Exit::Switch {
                route: &nowhere,
                arms: arms.iter().map(arm).collect::<Vec<_>>().leak(),
            }
        }
    }
}

fn node(way: Way) -> Plan {
    Plan {
        way,
        ..Plan::default()
    }
}

fn to(node: usize) -> Way {
    Way::To(vec![To::Node(node)])
}

/// `a >> b; match b { .. => c >> d, .. => d }`, where `c` writes and `d` reads.
#[test]
fn a_read_names_the_way_that_writes_nothing() {
    let plans = [
        node(to(1)),
        node(Way::Switch(vec![vec![To::Node(2)], vec![To::Node(3)]])),
        Plan {
            writes: 1,
            way: to(3),
            ..Plan::default()
        },
        Plan {
            reads: 1,
            ..Plan::default()
        },
    ];
    let graph = graph(&plans, &[], vec![]);
    let solution: Solution<4> = solve(graph, 0, 0);
    assert_eq!(solution.written[2..], [0, 0]);
    assert_eq!(
        unwritten(graph, &solution, 3, 0).as_str(),
        "executor `d` reads `Mail`, which nothing has written on the path `a >> b >> d` [AGT670]"
    );
    let with_default: Solution<4> = solve(graph, 1, 0);
    assert_eq!(with_default.written, [1; 4]);
    check_node(graph, &with_default, 3);
}

#[test]
#[should_panic(
    expected = "executor `b` reads `Budget`, which nothing has written on the path `a >> b`"
)]
fn a_wrong_node_stops_the_build() {
    let plans = [
        node(to(1)),
        Plan {
            reads: 2,
            ..Plan::default()
        },
    ];
    let graph = graph(&plans, &[], vec![]);
    check_node(graph, &solve::<2>(graph, 0, 0), 1);
}

/// A loop is one more way in, and cannot bring what only it writes.
/// What `a` sets without having declared it is told where it does.
#[test]
fn a_slot_that_is_set_undeclared_is_not_missed_later() {
    let plan = |undeclared| {
        let first = Plan {
            undeclared,
            ..node(to(1))
        };
        let second = Plan {
            reads: 1,
            ..node(Way::Ends)
        };
        let graph = graph(&[first, second], &[], vec![]);
        solve::<2>(graph, 0, 0).written[1]
    };
    assert_eq!(plan(false), 0);
    assert_eq!(plan(true), u128::MAX);
}

#[test]
#[should_panic(expected = "executor `b` uses slot `Mail`, and the workflow has no state")]
fn the_first_node_that_uses_state_is_told_where_there_is_none() {
    let graph = graph(&[node(to(1)), node(to(2)), node(Way::Ends)], &[], vec![]);
    let used: &[&[&str]] = &[&[], &["Mail", "Budget"], &["Mail"]];
    check_no_state(graph, used, 0);
    check_no_state(graph, used, 2);
    assert_eq!(
        no_state("b", "Mail").as_str(),
        "executor `b` uses slot `Mail`, and the workflow has no state; declare one with a field of \
         that type: `#[workflow(state = ..)]` [AGT718]"
    );
    check_no_state(graph, used, 1);
}

#[test]
fn a_loop_brings_nothing_to_the_first_round() {
    let plans = [
        Plan {
            reads: 1,
            way: to(1),
            ..Plan::default()
        },
        Plan {
            writes: 1,
            way: Way::Switch(vec![vec![To::Node(0)], vec![]]),
            ..Plan::default()
        },
    ];
    let graph = graph(&plans, &[], vec![]);
    let solution: Solution<2> = solve(graph, 0, 0);
    assert_eq!(solution.written, [0, 0]);
    assert!(
        unwritten(graph, &solution, 0, 0)
            .as_str()
            .ends_with("the path `a` [AGT670]")
    );
}

/// `a >> (b, c) >> d`: `d` has what either of them wrote.
fn diamond(left: u128, right: u128) -> &'static Graph {
    let join = |slot| Way::To(vec![To::Join { join: 0, slot }]);
    let writer = |writes, slot| Plan {
        writes,
        way: join(slot),
        ..Plan::default()
    };
    let plans = [
        node(Way::To(vec![To::Node(1), To::Node(2)])),
        writer(left, 0),
        writer(right, 1),
        Plan {
            writes: left | right,
            ..Plan::default()
        },
    ];
    let elements: Vec<&[To]> = vec![&[To::Node(1)], &[To::Node(2)]];
    let fork = Fork {
        elements: elements.leak(),
        joins: &[0],
    };
    graph(&plans, &[(3, vec![1, 2])], vec![fork])
}

#[test]
fn a_fan_in_has_what_its_sources_have_together() {
    let graph = diamond(1, 2);
    let solution: Solution<4> = solve(graph, 4, 0);
    assert_eq!(solution.written, [4, 4, 4, 7]);
    // What comes after the fan-in is parallel to nothing.
    assert_eq!(solution.rivals, [None; 4]);
}

#[test]
fn two_elements_must_not_write_one_slot() {
    let graph = diamond(3, 2);
    let solution: Solution<4> = solve(graph, 0, 0);
    let rival = Rival { node: 1, slot: 1 };
    assert_eq!(solution.rivals, [None, None, Some(rival), None]);
    assert_eq!(
        parallel(graph, 2, rival).as_str(),
        "executors `b` and `c` run in parallel and both write `Budget`; say in the state how two \
         values become one: `#[slot(reduce = path)]` [AGT671]"
    );
    let reduced: Solution<4> = solve(graph, 0, 2);
    assert_eq!(reduced.rivals, [None; 4]);
}

#[test]
fn each_is_its_own_rival_and_writes_nothing_for_certain() {
    let plans = [
        node(Way::To(vec![To::Each(1)])),
        Plan {
            writes: 1,
            each: true,
            way: to(2),
            ..Plan::default()
        },
        Plan::default(),
    ];
    let graph = graph(&plans, &[], vec![]);
    let solution: Solution<3> = solve(graph, 0, 0);
    assert_eq!(solution.written, [0, 0, 0]);
    let rival = Rival { node: 1, slot: 0 };
    assert_eq!(solution.rivals[1], Some(rival));
    assert_eq!(
        parallel(graph, 1, rival).as_str(),
        "executor `b` runs several times at once and writes `Mail`; say in the state how two \
         values become one: `#[slot(reduce = path)]` [AGT671]"
    );
}

/// The paths of an open tuple meet again in one node, which then runs twice.
#[test]
fn what_two_open_paths_reach_is_parallel_to_itself() {
    let plans = [
        node(Way::To(vec![To::Node(1), To::Node(2)])),
        node(to(3)),
        node(to(3)),
        Plan {
            may_write: 1,
            ..Plan::default()
        },
    ];
    let elements: Vec<&[To]> = vec![&[To::Node(1)], &[To::Node(2)]];
    let fork = Fork {
        elements: elements.leak(),
        joins: &[],
    };
    let solution: Solution<4> = solve(graph(&plans, &[], vec![fork]), 0, 0);
    assert_eq!(solution.rivals[3], Some(Rival { node: 3, slot: 0 }));
}

#[test]
fn text_that_is_too_long_is_cut_between_words() {
    let mut text = Text::new();
    for _ in 0..1000 {
        text.push("näme ");
    }
    assert!(text.as_str().ends_with("näme "));
    assert!(text.as_str().len() > 2000);
}

fn agent(name: &'static str, path: &'static str) -> Option<Registered> {
    Some(Registered {
        kind: "agent",
        name,
        path,
    })
}

#[test]
fn one_item_may_stand_twice() {
    let nodes = [agent("Guide", "a::Guide"), None, agent("Guide", "a::Guide")];
    for node in 0..3 {
        check_names(None, &nodes, node);
    }
}

#[test]
#[should_panic(expected = "two agents are named `guide`: `a::Guide` and `b::Guide`; give one")]
fn two_items_of_one_name_stop_the_build() {
    let nodes = [agent("Guide", "a::Guide"), agent("guide", "b::Guide")];
    check_names(None, &nodes, 0);
    check_names(None, &nodes, 1);
}

#[test]
#[should_panic(expected = "two agents are named `Guide`: `w::Guide` and `a::Guide`")]
fn the_workflow_has_a_name_as_well() {
    check_names(agent("Guide", "w::Guide"), &[agent("Guide", "a::Guide")], 0);
}

/// The slots that some way to each node has not written: the reference. It walks every way, as a
/// set of nodes with what was written so far, without any rule about masks meeting.
fn unwritten_somewhere(graph: &Graph, defaults: u128) -> Vec<BTreeSet<usize>> {
    let mut found = vec![BTreeSet::new(); graph.nodes.len()];
    for slot in 0..SLOTS {
        if defaults >> slot & 1 == 1 {
            continue;
        }
        let mut seen = vec![false; graph.nodes.len()];
        loop {
            let before = seen.clone();
            seen[0] = true;
            for (source, node) in graph.nodes.iter().enumerate() {
                let sets = !node.each && node.facts.writes >> slot & 1 == 1;
                if !seen[source] || sets {
                    continue;
                }
                for target in plain_targets(&node.exit) {
                    seen[target] = true;
                }
            }
            for join in graph.joins {
                let lacks = |source: &usize| {
                    let node = &graph.nodes[*source];
                    seen[*source] && (node.each || node.facts.writes >> slot & 1 == 0)
                };
                if join.sources.iter().all(lacks) {
                    seen[join.target] = true;
                }
            }
            if seen == before {
                break;
            }
        }
        for (node, seen) in seen.into_iter().enumerate() {
            if seen {
                found[node].insert(slot);
            }
        }
    }
    found
}

fn plain_targets(exit: &Exit) -> Vec<usize> {
    let node = |to| match to {
        To::Node(node) | To::Each(node) => Some(node),
        To::Join { .. } => None,
    };
    all_targets(exit).into_iter().filter_map(node).collect()
}

/// All ways out, through fan-ins too.
fn all_targets(exit: &Exit) -> Vec<To> {
    match exit {
        Exit::Output(_) | Exit::Drop => Vec::new(),
        Exit::To(targets) => targets.iter().map(|target| target.to).collect(),
        Exit::Switch { arms, .. } => arms.iter().flat_map(|arm| arm.targets).copied().collect(),
    }
}

/// The nodes of an element, by depth first search.
fn inside(graph: &Graph, fork: &Fork, to: To, found: &mut BTreeSet<usize>) {
    let node = match to {
        To::Join { join, .. } if fork.joins.contains(&join) => return,
        To::Join { join, .. } => graph.joins[join].target,
        To::Node(node) | To::Each(node) => node,
    };
    if found.insert(node) {
        for next in all_targets(&graph.nodes[node].exit) {
            inside(graph, fork, next, found);
        }
    }
}

/// The nodes that must be reported: pairs of elements with a slot that both write.
fn rivals_by_pairs(graph: &Graph, reduced: u128) -> BTreeSet<usize> {
    let writes = |node: usize| {
        let facts = &graph.nodes[node].facts;
        (facts.writes | facts.may_write) & !reduced
    };
    let each = |node: &usize| graph.nodes[*node].each && writes(*node) != 0;
    let mut found: BTreeSet<usize> = (0..graph.nodes.len()).filter(each).collect();
    for fork in graph.forks {
        let members: Vec<BTreeSet<usize>> = fork
            .elements
            .iter()
            .map(|starts| {
                let mut found = BTreeSet::new();
                for start in *starts {
                    inside(graph, fork, *start, &mut found);
                }
                found
            })
            .collect();
        for (index, later) in members.iter().enumerate() {
            for earlier in &members[..index] {
                for node in later {
                    if earlier
                        .iter()
                        .any(|rival| writes(*rival) & writes(*node) != 0)
                    {
                        found.insert(*node);
                    }
                }
            }
        }
    }
    found
}

/// Any graph: also shapes that the attribute refuses, since the rules are the same for them.
fn any_graph() -> impl Strategy<Value = &'static Graph> {
    let to = prop_oneof![
        8 => (0..NODES).prop_map(To::Node),
        1 => (0..NODES).prop_map(To::Each),
        2 => (0..2_usize, 0..2_usize).prop_map(|(join, slot)| To::Join { join, slot }),
    ];
    let way = prop_oneof![
        1 => Just(Way::Ends),
        4 => prop::collection::vec(to.clone(), 1..3).prop_map(Way::To),
        2 => prop::collection::vec(prop::collection::vec(to.clone(), 0..3), 1..4)
            .prop_map(Way::Switch),
    ];
    let mask = prop_oneof![3 => Just(0), 1 => 0..1_u128 << SLOTS];
    let plan = (
        mask.clone(),
        mask.clone(),
        mask,
        prop::bool::weighted(0.15),
        way,
    )
        .prop_map(|(reads, writes, may_write, each, way)| Plan {
            reads,
            writes,
            may_write,
            undeclared: false,
            each,
            way,
        });
    let join = (0..NODES, prop::collection::vec(0..NODES, 2..4));
    let fork = (
        prop::collection::vec(
            prop::collection::vec((0..NODES).prop_map(To::Node), 1..3),
            2..4,
        ),
        prop::collection::vec(0..2_usize, 0..2),
    );
    let plans = prop::collection::vec(plan, NODES);
    let joins = prop::collection::vec(join, 2);
    (plans, joins, prop::collection::vec(fork, 0..3)).prop_map(|(plans, joins, forks)| {
        let forks = forks.into_iter().map(|(elements, joins)| Fork {
            elements: elements
                .into_iter()
                .map(|starts| &*starts.leak())
                .collect::<Vec<_>>()
                .leak(),
            joins: joins.leak(),
        });
        graph(&plans, &joins, forks.collect())
    })
}

proptest! {
    #[test]
    fn what_is_written_agrees_with_all_ways(graph in any_graph(), defaults in 0..1_u128 << SLOTS) {
        let solution: Solution<NODES> = solve(graph, defaults, 0);
        for (node, slots) in unwritten_somewhere(graph, defaults).iter().enumerate() {
            for slot in 0..SLOTS {
                let written = solution.written[node] >> slot & 1 == 1;
                prop_assert_eq!(written, !slots.contains(&slot), "node {} slot {}", node, slot);
            }
        }
    }

    #[test]
    fn rivals_agree_with_all_pairs(graph in any_graph(), reduced in 0..1_u128 << SLOTS) {
        let solution: Solution<NODES> = solve(graph, 0, reduced);
        let found = (0..NODES).filter(|node| solution.rivals[*node].is_some());
        prop_assert_eq!(found.collect::<BTreeSet<_>>(), rivals_by_pairs(graph, reduced));
        for (node, rival) in solution.rivals.iter().enumerate() {
            let Some(rival) = rival else { continue };
            let both = may_writes(graph, node) & may_writes(graph, rival.node) & !reduced;
            prop_assert!(both >> rival.slot & 1 == 1);
        }
    }

    /// Each path that is shown is one: it starts at the start, and no step of it writes the slot.
    #[test]
    fn the_path_that_is_told_writes_nothing(graph in any_graph()) {
        let solution: Solution<NODES> = solve(graph, 0, 0);
        for (node, slots) in unwritten_somewhere(graph, 0).iter().enumerate() {
            for slot in slots {
                let way = way_without(graph, &solution, node, *slot);
                let path: Vec<usize> = way.nodes[..way.count].iter().rev().copied().collect();
                prop_assert_eq!(path[0], 0);
                for pair in path.windows(2) {
                    let before = &graph.nodes[pair[0]];
                    let leads = all_targets(&before.exit).into_iter().any(|to| match to {
                        To::Join { join, .. } => graph.joins[join].target == pair[1],
                        To::Node(node) | To::Each(node) => node == pair[1],
                    });
                    let joined = graph.joins.iter().any(|join| {
                        join.target == pair[1] && join.sources.contains(&pair[0])
                    });
                    prop_assert!(leads || joined);
                    prop_assert!(before.each || before.facts.writes >> slot & 1 == 0);
                }
            }
        }
    }
}

fn may_writes(graph: &Graph, node: usize) -> u128 {
    graph.nodes[node].facts.writes | graph.nodes[node].facts.may_write
}

#[test]
fn what_is_borrowed_in_place_of_a_message_is_named() {
    assert_eq!(
        borrows("review", "Order").as_str(),
        "executor `review` takes no message, since its first argument `&Order` is lent by the \
         application; take the message by value, `Order`, or nothing as `_: ()` before what is \
         lent [AGT674]"
    );
    check_message("review", None);
}
