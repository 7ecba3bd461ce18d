//! Where messages go: what waits for the next superstep, the queues of fan-ins, the items of
//! `each`.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use serde_json::value::RawValue;

use super::guard::guarded;
use super::{MESSAGES_MAX, RunError, START_SOURCE};
use crate::workflow::message::join;
use crate::workflow::{Convert, Exit, Graph, GraphNode, Join, Message, RouteError, To};

/// A message on its way to a node.
#[derive(Debug)]
pub(super) struct Delivery {
    pub node: usize,
    pub message: Message,
    pub sources: Arc<[&'static str]>,
    pub item: Option<Item>,
    /// Which message of the run it was: the same for all that one message was handed on to.
    pub origin: u64,
}

/// The place of a message among the items of one round of `each`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Item {
    gather: u64,
    index: usize,
}

/// One round of `each` that is not over.
#[derive(Debug)]
struct Gather {
    node: usize,
    /// What each item gave, in order.
    given: Vec<Vec<Message>>,
    missing: usize,
}

/// An output of the run and who gave it.
pub(super) type Output = (&'static str, Message);

/// Runs the code of an edge.
pub(super) fn hand_on<T>(
    source_id: &'static str,
    code: impl FnOnce() -> Result<T, RouteError>,
) -> Result<T, RunError> {
    let place = || format!("what hands on the messages of `{source_id}` (`Into`, arms, guards)");
    guarded(code, place, |cause| RunError::Route { source_id, cause })
}

/// All messages between the nodes.
#[derive(Debug)]
pub(super) struct Flow {
    graph: &'static Graph,
    /// For the next superstep, in order.
    pub pending: Vec<Delivery>,
    /// Outputs that the run has not taken note of.
    pub outputs: Vec<Output>,
    /// Per fan-in, one queue per source.
    queues: Vec<Vec<VecDeque<Message>>>,
    /// The fan-ins that got a message since they were looked at.
    touched: BTreeSet<usize>,
    gathers: BTreeMap<u64, Gather>,
    gathers_begun: u64,
    /// How many messages have left a node or a fan-in.
    origins: u64,
}

impl Flow {
    pub(super) fn new(graph: &'static Graph) -> Self {
        let queues = |join: &Join| vec![VecDeque::new(); join.sources.len()];
        Self {
            graph,
            pending: Vec::new(),
            outputs: Vec::new(),
            queues: graph.joins.iter().map(queues).collect(),
            touched: BTreeSet::new(),
            gathers: BTreeMap::new(),
            gathers_begun: 0,
            origins: 0,
        }
    }

    pub(super) fn node(&self, index: usize) -> Result<&'static GraphNode, RunError> {
        let node = self.graph.nodes.get(index);
        node.ok_or_else(|| RunError::internal(format!("there is no node {index}")))
    }

    /// Hands on the input of the run.
    pub(super) fn start(&mut self, input: &Message) -> Result<(), RunError> {
        self.leave(START_SOURCE, self.graph.start, input)
    }

    /// Hands on what a node gave.
    pub(super) fn given(
        &mut self,
        node: usize,
        item: Option<Item>,
        messages: Vec<Message>,
    ) -> Result<(), RunError> {
        let Some(item) = item else {
            let from = self.node(node)?;
            return messages
                .iter()
                .try_for_each(|message| self.leave(from.id, from.exit, message));
        };
        let gather = self.gathers.get_mut(&item.gather);
        let gather = gather.ok_or_else(|| RunError::internal("an item of no round"))?;
        if let Some(place) = gather.given.get_mut(item.index) {
            *place = messages;
        }
        gather.missing -= 1;
        if gather.missing > 0 {
            return Ok(());
        }
        let Some(gather) = self.gathers.remove(&item.gather) else {
            return Ok(());
        };
        self.gathered(gather.node, &gather.given.concat())
    }

    /// Hands on what all items of a round gave.
    fn gathered(&mut self, node: usize, messages: &[Message]) -> Result<(), RunError> {
        let from = self.node(node)?;
        if let Exit::Output(_) = from.exit {
            return messages
                .iter()
                .try_for_each(|message| self.leave(from.id, from.exit, message));
        }
        let list = join(messages).map_err(|error| RunError::internal(error.to_string()))?;
        self.leave(from.id, from.exit, &list)
    }

    /// Hands on a message by a way out.
    fn leave(&mut self, from: &'static str, exit: Exit, message: &Message) -> Result<(), RunError> {
        self.origins += 1;
        let apply = |convert: Convert| hand_on(from, || convert(message));
        match exit {
            Exit::Drop => {}
            Exit::Output(convert) => {
                let output = apply(convert)?;
                self.outputs.push((from, output.without_conversation()));
            }
            Exit::To(targets) => {
                for target in targets {
                    let message = apply(target.convert)?;
                    self.deliver(from, target.to, message)?;
                }
            }
            Exit::Switch { route, .. } => {
                for routed in hand_on(from, || route(message))? {
                    self.deliver(from, routed.to, routed.message)?;
                }
            }
        }
        Ok(())
    }

    fn deliver(&mut self, from: &'static str, to: To, message: Message) -> Result<(), RunError> {
        match to {
            To::Node(node) => self.push(Delivery {
                node,
                message,
                sources: [from].into(),
                item: None,
                origin: self.origins,
            }),
            To::Each(node) => self.scatter(from, node, &message),
            To::Join { join, slot } => {
                let queue = self.queues.get_mut(join).and_then(|all| all.get_mut(slot));
                let queue = queue.ok_or_else(|| RunError::internal("there is no such fan-in"))?;
                queue.push_back(message);
                self.touched.insert(join);
                Ok(())
            }
        }
    }

    fn push(&mut self, delivery: Delivery) -> Result<(), RunError> {
        if self.pending.len() >= MESSAGES_MAX {
            return Err(RunError::TooManyMessages {
                source_id: delivery.sources.first().copied().unwrap_or_default(),
                count: self.pending.len() + 1,
                max: MESSAGES_MAX,
            });
        }
        self.pending.push(delivery);
        Ok(())
    }

    /// Sends each item of a list on its way; an empty list is over at once.
    fn scatter(&mut self, from: &'static str, node: usize, list: &Message) -> Result<(), RunError> {
        let items: Vec<Box<RawValue>> =
            serde_json::from_str(list.json()).map_err(|error| RunError::NoList {
                node: self.node(node).map_or("", |node| node.id),
                problem: error.to_string(),
            })?;
        if items.is_empty() {
            return self.gathered(node, &[]);
        }
        let gather = self.gathers_begun;
        self.gathers_begun += 1;
        let begun = Gather {
            node,
            given: vec![Vec::new(); items.len()],
            missing: items.len(),
        };
        self.gathers.insert(gather, begun);
        let sources: Arc<[&'static str]> = [from].into();
        for (index, item) in items.into_iter().enumerate() {
            self.push(Delivery {
                node,
                message: Message::from_raw(item),
                sources: Arc::clone(&sources),
                item: Some(Item { gather, index }),
                origin: self.origins,
            })?;
        }
        Ok(())
    }

    /// Lets every fan-in go that has a message of each source, as often as it has.
    pub(super) fn join(&mut self) -> Result<(), RunError> {
        while let Some(index) = self.touched.pop_first() {
            let Some(join) = self.graph.joins.get(index) else {
                continue;
            };
            let sources = join.sources.iter().map(|&source| Ok(self.node(source)?.id));
            let sources: Arc<[&'static str]> = sources.collect::<Result<_, RunError>>()?;
            while let Some(messages) = self.take_one_of_each(index) {
                let first = sources.first().copied().unwrap_or_default();
                let message = hand_on(first, || (join.convert)(&messages))?;
                self.origins += 1;
                self.push(Delivery {
                    node: join.target,
                    message,
                    sources: Arc::clone(&sources),
                    item: None,
                    origin: self.origins,
                })?;
            }
        }
        Ok(())
    }

    fn take_one_of_each(&mut self, join: usize) -> Option<Vec<Message>> {
        let queues = self.queues.get_mut(join)?;
        if queues.is_empty() || queues.iter().any(VecDeque::is_empty) {
            return None;
        }
        queues.iter_mut().map(VecDeque::pop_front).collect()
    }

    /// Says what is left when nothing more can come.
    pub(super) fn leftover(&self) -> Result<(), RunError> {
        for (join, queues) in self.graph.joins.iter().zip(&self.queues) {
            let sources = || join.sources.iter().zip(queues);
            let Some((&source, queue)) = sources().find(|(_, queue)| !queue.is_empty()) else {
                continue;
            };
            let empty = sources().filter(|(_, queue)| queue.is_empty());
            let missing = empty.map(|(&source, _)| Ok(self.node(source)?.id));
            return Err(RunError::Leftover {
                target: self.node(join.target)?.id,
                source_id: self.node(source)?.id,
                count: queue.len(),
                missing: missing.collect::<Result<_, RunError>>()?,
            });
        }
        match self.gathers.values().next() {
            Some(gather) => {
                let node = self.node(gather.node)?.id;
                let problem = format!("the run ended before `each({node})` was over");
                Err(RunError::internal(problem))
            }
            None => Ok(()),
        }
    }
}
