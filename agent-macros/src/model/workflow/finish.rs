//! A graph that was checked, in its final order.

use syn::Path;

use super::check::{Found, Start};
use super::draft::{Draft, DraftArm, DraftJoin, Head, Mentioned, Role, WayOut};
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
    let joins = draft.joins.iter().map(|join| {
        let sources: Option<Vec<usize>> = join
            .sources
            .iter()
            .map(|node| finish.number(*node))
            .collect();
        Some(Join {
            target: finish.number(join.target)?,
            at: finish.path(join.mention)?,
            sources: sources?,
        })
    });
    let switches = draft.switches.into_iter().map(|switch| {
        let arms: Option<Vec<Arm>> = switch.arms.into_iter().map(|arm| finish.arm(arm)).collect();
        Some(Switch {
            source: finish.source(switch.source)?,
            at: finish.path(switch.mention)?,
            arms: arms?,
        })
    });
    let forks = draft.forks.into_iter().map(|fork| {
        let element = |heads: Vec<To>| heads.into_iter().map(|to| finish.to(to)).collect();
        let elements: Option<Vec<Vec<To>>> = fork.elements.into_iter().map(element).collect();
        Some(Fork {
            elements: elements?,
            joins: fork.joins,
            at: fork.at,
        })
    });
    let mut graph = Graph {
        input: input?,
        nodes: nodes?,
        joins: joins.collect::<Option<_>>()?,
        switches: switches.collect::<Option<_>>()?,
        forks: forks.collect::<Option<_>>()?,
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
            WayOut::To(heads) => {
                let targets: Option<Vec<Target>> =
                    heads.iter().map(|head| self.head(head)).collect();
                Exit::To(targets?)
            }
            WayOut::Join { joins, slot } => {
                let target = |join: usize| {
                    let at = self.joins.get(join)?.mention;
                    self.target(To::Join { join, slot }, at)
                };
                let targets: Option<Vec<Target>> = joins.into_iter().map(target).collect();
                Exit::To(targets?)
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

    fn arm(&self, arm: DraftArm) -> Option<Arm> {
        let target = |head: Head| {
            Some(ArmTarget {
                target: self.head(&head)?,
                value: head.value,
            })
        };
        let targets: Option<Vec<ArmTarget>> = arm.heads.into_iter().map(target).collect();
        Some(Arm {
            label: text(&arm.pattern),
            pattern: arm.pattern,
            targets: targets?,
            last: arm.last,
        })
    }
}
