//! A graph that was checked, in its final order.

use syn::Path;

use super::check::{Found, Start};
use super::draft::{
    Draft, DraftArm, DraftFork, DraftJoin, DraftSwitch, Head, Mentioned, Role, WayOut,
};
use super::graph::{
    Arm, ArmTarget, Exit, Fork, Graph, Join, Node, OutputCount, Source, Switch, Target, To,
};
use super::names::Named;
use super::outputs;
use crate::syntax::text::text;

/// Numbers the nodes in the given order, which holds all of them. Nothing may have been reported.
pub fn finish(draft: Draft, found: &Found, order: &[usize]) -> Option<Graph> {
    let mut numbers = vec![None; draft.nodes.len()];
    for (number, node) in order.iter().enumerate() {
        *numbers.get_mut(*node)? = Some(number);
    }
    let finish = Finish {
        numbers,
        mentions: &draft.mentions,
        joins: &draft.joins,
    };
    let mut input = match found.start {
        Start::Node(node, mention) => Some(Exit::To(vec![
            finish.target(finish.to(To::Node(node))?, mention)?,
        ])),
        Start::Way(_) => None,
    };
    let mut exits: Vec<Option<Exit>> = (0..order.len()).map(|_| None).collect();
    for way in draft.ways {
        let exit = finish.exit(way.exit)?;
        match way.source {
            Source::Input => input = Some(exit),
            Source::Node(node) => *exits.get_mut(finish.number(node)?)? = Some(exit),
        }
    }
    let mut nodes: Vec<Option<Named>> = draft.nodes.into_iter().map(Some).collect();
    let nodes: Option<Vec<Node>> = order
        .iter()
        .zip(exits)
        .map(|(node, exit)| {
            let named = nodes.get_mut(*node)?.take()?;
            Some(finish.node(named, exit))
        })
        .collect();
    let mut graph = Graph {
        input: input?,
        nodes: nodes?,
        joins: all(draft.joins.iter(), |join| finish.join(join))?,
        switches: all(draft.switches, |switch| finish.switch(switch))?,
        forks: all(draft.forks, |fork| finish.fork(fork))?,
        outputs: OutputCount::Any,
    };
    graph.outputs = outputs::count(&graph);
    Some(graph)
}

struct Finish<'a> {
    numbers: Vec<Option<usize>>,
    mentions: &'a [Mentioned],
    joins: &'a [DraftJoin],
}

impl Finish<'_> {
    fn number(&self, node: usize) -> Option<usize> {
        self.numbers.get(node).copied().flatten()
    }

    fn path(&self, mention: usize) -> Option<Path> {
        Some(self.mentions.get(mention)?.path.clone())
    }

    fn source(&self, source: Source) -> Option<Source> {
        match source {
            Source::Input => Some(Source::Input),
            Source::Node(node) => Some(Source::Node(self.number(node)?)),
        }
    }

    fn to(&self, to: To) -> Option<To> {
        Some(match to {
            To::Node(node) => To::Node(self.number(node)?),
            To::Each(node) => To::Each(self.number(node)?),
            join @ To::Join { .. } => join,
        })
    }

    fn target(&self, to: To, mention: usize) -> Option<Target> {
        let at = self.path(mention)?;
        Some(Target { to, at })
    }

    fn head(&self, head: &Head) -> Option<Target> {
        self.target(self.to(head.to)?, head.mention)
    }

    fn exit(&self, way: WayOut) -> Option<Exit> {
        Some(match way {
            WayOut::Drop => Exit::Drop,
            WayOut::Switch(switch) => Exit::Switch(switch),
            WayOut::To(heads) => Exit::To(all(heads, |head| self.head(&head))?),
            WayOut::Join { joins, slot } => {
                let target = |join: usize| {
                    let at = self.joins.get(join)?.mention;
                    self.target(To::Join { join, slot }, at)
                };
                Exit::To(all(joins, target)?)
            }
        })
    }

    fn node(&self, named: Named, exit: Option<Exit>) -> Node {
        let at = |mention: &usize| self.mentions.get(*mention);
        let mentions = named.mentions.iter().filter_map(at);
        let each = mentions.clone().any(|mention| mention.role == Role::Each);
        let first = usize::from(named.given.is_none());
        Node {
            id: named.id,
            path: named.path,
            mentions: mentions
                .skip(first)
                .map(|mention| mention.path.clone())
                .collect(),
            each,
            exit: exit.unwrap_or(Exit::Output),
        }
    }

    fn join(&self, join: &DraftJoin) -> Option<Join> {
        Some(Join {
            target: self.number(join.target)?,
            at: self.path(join.mention)?,
            sources: all(&join.sources, |node| self.number(*node))?,
        })
    }

    fn switch(&self, switch: DraftSwitch) -> Option<Switch> {
        Some(Switch {
            source: self.source(switch.source)?,
            at: self.path(switch.mention)?,
            arms: all(switch.arms, |arm| self.arm(arm))?,
        })
    }

    fn fork(&self, fork: DraftFork) -> Option<Fork> {
        Some(Fork {
            elements: all(fork.elements, |heads| all(heads, |to| self.to(to)))?,
            joins: fork.joins,
            at: fork.at,
        })
    }

    fn arm(&self, arm: DraftArm) -> Option<Arm> {
        let target = |head: Head| {
            Some(ArmTarget {
                target: self.head(&head)?,
                value: head.value,
            })
        };
        Some(Arm {
            label: text(&arm.pattern),
            pattern: arm.pattern,
            targets: all(arm.heads, target)?,
            last: arm.last,
        })
    }
}

/// All of them, if each can be had.
fn all<T, U>(list: impl IntoIterator<Item = T>, map: impl FnMut(T) -> Option<U>) -> Option<Vec<U>> {
    list.into_iter().map(map).collect()
}
