//! A naive interpreter of graphs: what a run gives, worked out in another way. It keeps letters in
//! plain lists, looks through all of them each time and knows nothing of tasks and events.

use std::any::TypeId;

use futures_util::FutureExt;

use crate::workflow::generate::answer_of;
use crate::workflow::superstep::START_SOURCE;
use crate::workflow::{Exit, Graph, Message, NodeAnswer, NodeCall, NodeCode, Place, To};

/// How a run ends: its outputs, or the kind of failure; and how often each node was sent something.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Ending {
    pub outcome: Result<Vec<Message>, String>,
    pub sent: Vec<usize>,
}

/// A message to a node; an item of a list says of which.
#[derive(Clone)]
struct Letter {
    to: usize,
    message: Message,
    list: Option<(usize, usize)>,
}

struct World {
    graph: &'static Graph,
    letters: Vec<Letter>,
    outputs: Vec<Message>,
    /// (fan-in, slot, message), in the order in which they came.
    waiting: Vec<(usize, usize, Message)>,
    /// Each list that was scattered: the node, and what came of its items.
    lists: Vec<(usize, Vec<Option<Vec<Message>>>)>,
}

/// One run of an executor on its own.
pub(super) fn call(
    graph: &'static Graph,
    node: usize,
    message: &Message,
    state: Vec<(TypeId, Message)>,
    round: u32,
) -> Result<NodeAnswer, durable_task::Failure> {
    let NodeCode::Executor(executor) = (graph.nodes[node].definition)().code else {
        panic!("no executor");
    };
    let place = Place {
        workflow: String::new(),
        node: String::new(),
        instance: String::new(),
        root_instance: String::new(),
        root_workflow: String::new(),
        request_prefix: String::new(),
        round,
    };
    let activity = durable_task::__private::activity_context(
        "test",
        "run",
        0,
        tokio_util::sync::CancellationToken::new(),
        std::sync::Arc::default(),
    );
    let call = NodeCall {
        message: message.clone(),
        state,
        sources: vec![START_SOURCE.to_owned()],
        ..NodeCall::new(message.clone(), place, activity)
    };
    (executor.run)(call)
        .now_or_never()
        .expect("it waits for nothing")
}

/// What a run of a graph gives; `depth` is for sub-workflows.
pub(super) fn interpret(graph: &'static Graph, input: &Message) -> Ending {
    let mut world = World {
        graph,
        letters: Vec::new(),
        outputs: Vec::new(),
        waiting: Vec::new(),
        lists: Vec::new(),
    };
    let mut sent = vec![0; graph.nodes.len()];
    let outcome = world.live(input, &mut sent).map(|()| world.outputs);
    Ending { outcome, sent }
}

impl World {
    fn live(&mut self, input: &Message, sent: &mut [usize]) -> Result<(), String> {
        let mut state: Vec<Option<Message>> = Vec::new();
        for slot in self.graph.slots {
            state.push(slot.default.map(|make| make().unwrap()));
        }
        self.post(self.graph.start, input);
        for _ in 0..self.graph.supersteps_max {
            self.open_fan_ins();
            if self.letters.is_empty() {
                return self.end();
            }
            let letters = std::mem::take(&mut self.letters);
            let mut done = Vec::new();
            let mut answered = Vec::new();
            let mut failure = None;
            for letter in letters {
                sent[letter.to] += 1;
                match (self.graph.nodes[letter.to].definition)().code {
                    NodeCode::Port(_) => {
                        let answer = answer_of(&letter.message);
                        answered.push((letter, vec![answer]));
                    }
                    NodeCode::Workflow(inner) => match interpret(inner, &letter.message).outcome {
                        Ok(outputs) => {
                            let texts: Vec<&str> = outputs.iter().map(Message::json).collect();
                            let list = format!("[{}]", texts.join(","));
                            let list = serde_json::value::RawValue::from_string(list).unwrap();
                            let given = NodeAnswer {
                                messages: vec![Message::from_raw(list)],
                                ..NodeAnswer::default()
                            };
                            done.push((letter, given));
                        }
                        Err(_) => failure = failure.or(Some("NodeFailed")),
                    },
                    NodeCode::Agent(_) => panic!("not generated"),
                    NodeCode::Executor(_) => {
                        let facts = self.graph.nodes[letter.to].facts;
                        let mut seen = Vec::new();
                        for (index, slot) in self.graph.slots.iter().enumerate() {
                            if (facts.reads | facts.may_read) >> index & 1 == 1 {
                                let value = state[index].clone();
                                seen.extend(value.map(|value| ((slot.type_id)(), value)));
                            }
                        }
                        match call(self.graph, letter.to, &letter.message, seen, 0) {
                            Ok(answer) => done.push((letter, answer)),
                            Err(_) => failure = failure.or(Some("NodeFailed")),
                        }
                    }
                }
            }
            if let Some(failure) = failure {
                return Err(failure.to_owned());
            }
            self.write(&done, &mut state)?;
            for (letter, answer) in done {
                self.outputs.extend(answer.outputs);
                self.given(&letter, answer.messages);
            }
            for (letter, messages) in answered {
                self.given(&letter, messages);
            }
        }
        self.open_fan_ins();
        if self.letters.is_empty() {
            return self.end();
        }
        Err("SuperstepsExceeded".to_owned())
    }

    fn end(&self) -> Result<(), String> {
        if self.waiting.is_empty() {
            Ok(())
        } else {
            Err("FanInIncomplete".to_owned())
        }
    }

    fn write(
        &self,
        done: &[(Letter, NodeAnswer)],
        state: &mut [Option<Message>],
    ) -> Result<(), String> {
        for (index, slot) in self.graph.slots.iter().enumerate() {
            let mut writers = Vec::new();
            for (task, (_, answer)) in done.iter().enumerate() {
                for (type_id, value) in &answer.updates {
                    if *type_id == (slot.type_id)() {
                        writers.push((task, value.clone()));
                    }
                }
            }
            match slot.merge {
                // One by one: it must be the same as all at once.
                Some(merge) => {
                    for (_, value) in writers {
                        let merged = merge(state[index].as_ref(), &[value]).unwrap();
                        state[index] = Some(merged);
                    }
                }
                None if writers.iter().any(|(task, _)| *task != writers[0].0) => {
                    return Err("StateConflict".to_owned());
                }
                None => {
                    if let Some((_, value)) = writers.pop() {
                        state[index] = Some(value);
                    }
                }
            }
        }
        Ok(())
    }

    fn given(&mut self, letter: &Letter, messages: Vec<Message>) {
        let exit = self.graph.nodes[letter.to].exit;
        let Some((list, item)) = letter.list else {
            for message in messages {
                self.post(exit, &message);
            }
            return;
        };
        self.lists[list].1[item] = Some(messages);
        if self.lists[list].1.iter().all(Option::is_some) {
            let all = self.lists[list].1.clone();
            self.end_of_list(letter.to, all.into_iter().flatten().flatten().collect());
        }
    }

    fn end_of_list(&mut self, node: usize, all: Vec<Message>) {
        let exit = self.graph.nodes[node].exit;
        if matches!(exit, Exit::Output(_)) {
            for message in all {
                self.post(exit, &message);
            }
        } else {
            self.post(exit, &Message::of(&all).unwrap());
        }
    }

    fn post(&mut self, exit: Exit, message: &Message) {
        let ways: Vec<(To, Message)> = match exit {
            Exit::Drop => return,
            Exit::Output(convert) => {
                self.outputs.push(convert(message).unwrap());
                return;
            }
            Exit::To(targets) => targets
                .iter()
                .map(|target| (target.to, (target.convert)(message).unwrap()))
                .collect(),
            Exit::Switch { route, .. } => {
                let routed = route(message).unwrap();
                routed
                    .into_iter()
                    .map(|one| (one.to, one.message))
                    .collect()
            }
        };
        for (to, message) in ways {
            match to {
                To::Node(to) => self.letters.push(Letter {
                    to,
                    message,
                    list: None,
                }),
                To::Join { join, slot } => self.waiting.push((join, slot, message)),
                To::Each(to) => {
                    let items: Vec<Message> = serde_json::from_str(message.json()).unwrap();
                    if items.is_empty() {
                        self.end_of_list(to, Vec::new());
                        continue;
                    }
                    let list = self.lists.len();
                    self.lists.push((to, vec![None; items.len()]));
                    for (item, message) in items.into_iter().enumerate() {
                        self.letters.push(Letter {
                            to,
                            message,
                            list: Some((list, item)),
                        });
                    }
                }
            }
        }
    }

    fn open_fan_ins(&mut self) {
        for (index, join) in self.graph.joins.iter().enumerate() {
            loop {
                let first = |slot: usize| {
                    self.waiting
                        .iter()
                        .position(|(join, of, _)| *join == index && *of == slot)
                };
                let places: Option<Vec<usize>> = (0..join.sources.len()).map(first).collect();
                let Some(mut places) = places else { break };
                let parts: Vec<Message> = places
                    .iter()
                    .map(|place| self.waiting[*place].2.clone())
                    .collect();
                places.sort_unstable();
                for place in places.into_iter().rev() {
                    self.waiting.remove(place);
                }
                self.letters.push(Letter {
                    to: join.target,
                    message: (join.convert)(&parts).unwrap(),
                    list: None,
                });
            }
        }
    }
}
