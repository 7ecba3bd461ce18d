//! Makes a graph of a sketch, as the macro makes one of a body.

use std::time::Duration;

use super::behaviour::{self, ALL_SLOTS, Ball, Does, absorb, json, mix, written};
use crate::agent::AgentDefinition;
use crate::workflow::{
    Arm, Convert, Exit, Graph, GraphNode, Join, Message, NodeCode, NodeFacts, OutputCount,
    RouteError, Routed, Target, To, TypeData, as_it_is,
};

/// A path: its parts and its end.
#[derive(Debug, Clone)]
pub struct Sketch {
    /// In order; there may be none.
    pub parts: Vec<Part>,
    /// Where the last part leads.
    pub end: End,
}

/// A part of a path.
#[derive(Debug, Clone)]
pub enum Part {
    /// An executor.
    Executor(Does),
    /// `each(executor)`.
    Each(Does),
    /// A port, and how long it waits.
    Port(Option<Duration>),
    /// `each(port)`.
    EachPort,
    /// An agent.
    Agent,
    /// `each(agent)`.
    EachAgent,
    /// Another workflow.
    Workflow(&'static Graph),
    /// A closed tuple; what follows must begin with single nodes.
    Closed(Vec<Vec<Part>>),
}

/// The end of a path.
#[derive(Debug, Clone)]
pub enum End {
    /// An output.
    Output,
    /// Nowhere.
    Drop,
    /// An open tuple.
    Open(Vec<Sketch>),
    /// A choice by the message among tuples of paths; an empty one drops it.
    Switch(Vec<Vec<Sketch>>),
    /// A choice: back to the first node of the whole while there is fuel, else on.
    Back(Box<Sketch>),
}

fn leak<T>(value: Vec<T>) -> &'static [T] {
    Box::leak(value.into_boxed_slice())
}

#[derive(Default)]
struct Builder {
    nodes: Vec<GraphNode>,
    joins: Vec<Join>,
    first: Vec<To>,
}

const ANY: TypeData = TypeData {
    name: || "Any",
    schema: || serde_json::Value::Bool(true),
    check: json,
};

/// The graph of a sketch.
pub fn build(name: &'static str, sketch: &Sketch, supersteps_max: u32) -> &'static Graph {
    let mut builder = Builder::default();
    // The first node is made first, so that paths can lead back to it.
    let does = Does {
        node: 999,
        ..Does::default()
    };
    let first = builder.node(&Part::Executor(does));
    builder.first = vec![To::Node(first)];
    let exit = builder.path(sketch);
    builder.leave(first, exit);
    let graph = Graph {
        name,
        description: "",
        version: "1",
        supersteps_max,
        retry: None,
        timeout: None,
        input: ANY,
        output: ANY,
        outputs: OutputCount::Any,
        slots: leak(ALL_SLOTS.to_vec()),
        start: Exit::To(leak(vec![Target {
            to: To::Node(first),
            convert: &as_it_is,
        }])),
        nodes: leak(builder.nodes),
        joins: leak(builder.joins),
        forks: &[],
    };
    Box::leak(Box::new(graph))
}

impl Builder {
    fn node(&mut self, part: &Part) -> usize {
        let index = self.nodes.len();
        let each = matches!(part, Part::Each(_) | Part::EachPort | Part::EachAgent);
        let mut facts = NodeFacts::default();
        if let Part::Executor(does) | Part::Each(does) = part {
            facts = NodeFacts {
                reads: 0,
                may_read: does.reads.into(),
                writes: 0,
                may_write: does.writes.into(),
                sends: does.sends,
                yields: does.yields,
                ..NodeFacts::NONE
            };
        }
        let part = part.clone();
        let definition = move || match &part {
            Part::Executor(does) | Part::Each(does) => does.definition(),
            Part::Port(timeout) => behaviour::port(*timeout),
            Part::EachPort => behaviour::port(None),
            Part::Workflow(graph) => {
                behaviour::definition::<Graph>("inner", NodeCode::Workflow(graph))
            }
            Part::Agent | Part::EachAgent | Part::Closed(_) => {
                let agent = || AgentDefinition::new("Agent");
                behaviour::definition::<AgentDefinition>("Agent", NodeCode::Agent(agent))
            }
        };
        self.nodes.push(GraphNode {
            id: Box::leak(format!("n{index}").into_boxed_str()),
            each,
            definition: Box::leak(Box::new(definition)),
            input: ANY,
            output: ANY,
            facts,
            yields: &as_it_is,
            exit: Exit::Drop,
        });
        index
    }

    fn leave(&mut self, node: usize, exit: Exit) {
        if let Some(node) = self.nodes.get_mut(node) {
            node.exit = exit;
        }
    }

    /// The way into a path.
    fn path(&mut self, sketch: &Sketch) -> Exit {
        let mut exit = self.end(&sketch.end);
        let mut next: Vec<To> = Vec::new();
        for part in sketch.parts.iter().rev() {
            next = self.part(part, exit, &next);
            exit = self.all(&next);
        }
        exit
    }

    /// Adds a part that leads to `exit`, which are `next`; what leads into it.
    fn part(&mut self, part: &Part, exit: Exit, next: &[To]) -> Vec<To> {
        let Part::Closed(elements) = part else {
            let node = self.node(part);
            self.leave(node, exit);
            let each = self.nodes.get(node).is_some_and(|node| node.each);
            return vec![if each { To::Each(node) } else { To::Node(node) }];
        };
        let first_join = self.joins.len();
        for to in next {
            let &To::Node(target) = to else { continue };
            self.joins.push(Join {
                target,
                sources: &[],
                convert: &put_together,
            });
        }
        let joins = first_join..self.joins.len();
        let mut sources = Vec::new();
        let mut entries = Vec::new();
        for (slot, parts) in elements.iter().enumerate() {
            let to = joins.clone().map(|join| To::Join { join, slot });
            let mut next: Vec<To> = to.collect();
            let mut last = None;
            for part in parts.iter().rev() {
                let exit = self.all(&next);
                next = self.part(part, exit, &next);
                last = last.or(next.first().copied());
            }
            if let Some(To::Node(node) | To::Each(node)) = last {
                sources.push(node);
            }
            entries.extend(next);
        }
        let sources = leak(sources);
        for join in joins {
            if let Some(join) = self.joins.get_mut(join) {
                join.sources = sources;
            }
        }
        entries
    }

    fn all(&self, to: &[To]) -> Exit {
        Exit::To(leak(to.iter().map(|&to| self.target(to)).collect()))
    }

    fn target(&self, to: To) -> Target {
        let agent = |node: usize| {
            let node = self.nodes.get(node);
            node.is_some_and(|node| matches!((node.definition)().code, NodeCode::Agent(_)))
        };
        let convert: Convert = match to {
            To::Each(node) if agent(node) => &list_of_texts,
            To::Each(_) => &list,
            To::Node(node) if agent(node) => &ask,
            To::Node(_) | To::Join { .. } => &as_it_is,
        };
        Target { to, convert }
    }

    fn switch(&self, arms: Vec<Vec<To>>, choose: fn(Ball, u64) -> u64) -> Exit {
        let targets = |arm: &Vec<To>| arm.iter().map(|&to| self.target(to)).collect();
        let ways: Vec<Vec<Target>> = arms.iter().map(targets).collect();
        let route = move |message: &Message| {
            let chosen = choose(absorb(message)?, ways.len() as u64);
            let chosen = usize::try_from(chosen).ok().and_then(|arm| ways.get(arm));
            let routed = |target: &Target| {
                let message = (target.convert)(message)?;
                let to = target.to;
                Ok(Routed { to, message })
            };
            chosen.into_iter().flatten().map(routed).collect()
        };
        let arms = arms.into_iter().map(|targets| Arm {
            label: "arm",
            targets: leak(targets),
        });
        Exit::Switch {
            route: Box::leak(Box::new(route)),
            arms: leak(arms.collect()),
        }
    }

    fn end(&mut self, end: &End) -> Exit {
        match end {
            End::Output => Exit::Output(&as_it_is),
            End::Drop => Exit::Drop,
            End::Open(paths) => {
                let to: Vec<To> = paths.iter().flat_map(|path| self.way_in(path)).collect();
                self.all(&to)
            }
            End::Switch(arms) => {
                let arms: Vec<Vec<To>> = arms
                    .iter()
                    .map(|paths| paths.iter().flat_map(|path| self.way_in(path)).collect())
                    .collect();
                self.switch(arms, |ball, count| (ball.value >> 8) % count)
            }
            End::Back(on) => {
                let arms = vec![self.first.clone(), self.way_in(on)];
                self.switch(arms, |ball, _| {
                    u64::from(ball.fuel == 0 || ball.value % 3 == 0)
                })
            }
        }
    }

    /// What leads into a path: of one without parts, an executor that leads to its end.
    fn way_in(&mut self, sketch: &Sketch) -> Vec<To> {
        let exit = self.path(sketch);
        match exit {
            Exit::To(targets) if !sketch.parts.is_empty() => {
                targets.iter().map(|target| target.to).collect()
            }
            exit => {
                let does = Does {
                    node: self.nodes.len(),
                    ..Does::default()
                };
                let node = self.node(&Part::Executor(does));
                self.leave(node, exit);
                vec![To::Node(node)]
            }
        }
    }
}

/// What an agent is asked: the JSON as text, with the conversation before it.
fn ask(message: &Message) -> Result<Message, RouteError> {
    let text = written(&message.json())?;
    Ok(text.with_conversation(message.shared_conversation()))
}

/// A list of up to four messages.
fn list(message: &Message) -> Result<Message, RouteError> {
    let ball = absorb(message)?;
    let item = |number| Ball {
        value: mix(ball.value, number),
        ..ball
    };
    let items: Vec<Ball> = (0..(ball.value >> 3) % 5).map(item).collect();
    written(&items)
}

fn list_of_texts(message: &Message) -> Result<Message, RouteError> {
    let items: Vec<Message> = serde_json::from_str(list(message)?.json()).unwrap_or_default();
    let texts: Vec<&str> = items.iter().map(Message::json).collect();
    written(&texts)
}

fn put_together(messages: &[Message]) -> Result<Message, RouteError> {
    written(&messages.to_vec())
}
