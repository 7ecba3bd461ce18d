//! Small graphs whose nodes are played by the test.

use std::any::TypeId;
use std::sync::Arc;
use std::time::Duration;

use durable_task::Failure;
use serde_json::{Value, json};

use crate::agent::AgentDefinition;
use crate::workflow::superstep::{Next, Run, RunError, Task, TaskAnswer, TaskResult, Work};
use crate::workflow::{
    Arm, ExecutorDefinition, Exit, Graph, GraphNode, InvalidMessage, Join, Message, NodeCode,
    NodeDefinition, NodeFacts, OutputCount, PortDefinition, RouteError, Routed, Slot, Target, To,
    TypeData, as_it_is,
};

pub(super) fn message(value: &Value) -> Message {
    Message::of(value).unwrap()
}

fn any_json(text: &str) -> Result<Message, InvalidMessage> {
    let value: Value = serde_json::from_str(text).map_err(|error| InvalidMessage {
        path: ".".to_owned(),
        problem: error.to_string(),
    })?;
    if value == json!("wrong") {
        return Err(InvalidMessage {
            path: "answer".to_owned(),
            problem: "it is wrong".to_owned(),
        });
    }
    Ok(message(&value))
}

const ANY: TypeData = TypeData {
    name: || "Any",
    schema: || Value::Bool(true),
    check: any_json,
};

pub(super) fn leak<T>(value: Vec<T>) -> &'static [T] {
    Box::leak(value.into_boxed_slice())
}

pub(super) fn executor() -> NodeCode {
    NodeCode::Executor(ExecutorDefinition {
        run: Arc::new(|_| Box::pin(async { Err(Failure::new("Played", "by the test")) })),
        needs: Vec::new(),
        retry: None,
        timeout: None,
        concurrency: None,
        state: Vec::new(),
    })
}

pub(super) fn agent() -> NodeCode {
    NodeCode::Agent(|| AgentDefinition::new("Agent"))
}

pub(super) fn port(timeout: Option<Duration>, with_default: bool) -> NodeCode {
    NodeCode::Port(PortDefinition {
        request_type: || "Question",
        response_type: || "Answer",
        response_schema: || Value::Bool(true),
        check: any_json,
        timeout,
        default: with_default.then_some(|question| {
            if question.json() == "13" {
                return Err(Failure::new("Unlucky", "thirteen"));
            }
            Ok(message(&json!({ "default_for": question })))
        }),
    })
}

pub(super) fn node(id: &'static str, code: NodeCode, exit: Exit) -> GraphNode {
    let definition = move || NodeDefinition {
        name: id,
        description: "",
        type_id: TypeId::of::<Value>(),
        type_name: "node",
        code: code.clone(),
    };
    GraphNode {
        id,
        each: false,
        definition: Box::leak(Box::new(definition)),
        input: ANY,
        output: ANY,
        facts: NodeFacts::default(),
        yields: &as_it_is,
        exit,
    }
}

/// Keeps the conversation, as an edge to an agent does.
fn keep(message: &Message) -> Result<Message, RouteError> {
    match message.json().len() {
        0 => Err(wrong("nothing")),
        _ => Ok(message.clone()),
    }
}

pub(super) fn wrong(problem: &str) -> RouteError {
    RouteError {
        from: "A",
        to: "B",
        problem: problem.to_owned(),
    }
}

pub(super) fn to(all: &[To]) -> Exit {
    let target = |&to: &To| Target { to, convert: &keep };
    Exit::To(leak(all.iter().map(target).collect()))
}

pub(super) const OUT: Exit = Exit::Output(&as_it_is);

pub(super) fn joined(messages: &[Message]) -> Result<Message, RouteError> {
    Message::of(&messages.to_vec()).map_err(|error| wrong(&error.to_string()))
}

pub(super) fn join(target: usize, sources: &[usize]) -> Join {
    Join {
        target,
        sources: leak(sources.to_vec()),
        convert: &joined,
    }
}

/// A choice by a number: the arm of that number gets it.
pub(super) fn switch(arms: &[&[To]]) -> Exit {
    let arms: Vec<Vec<To>> = arms.iter().map(|arm| arm.to_vec()).collect();
    let shown: Vec<Arm> = arms
        .iter()
        .map(|arm| Arm {
            label: "arm",
            targets: leak(arm.clone()),
        })
        .collect();
    let route = move |message: &Message| {
        let number: usize = message.read().map_err(|error| wrong(&error.to_string()))?;
        let routed = |to: &To| Routed {
            to: *to,
            message: message.clone(),
        };
        Ok(arms[number].iter().map(routed).collect())
    };
    Exit::Switch {
        route: Box::leak(Box::new(route)),
        arms: leak(shown),
    }
}

pub(super) fn slot(
    name: &'static str,
    type_id: fn() -> TypeId,
    default: Option<fn() -> Result<Message, RouteError>>,
    merge: Option<crate::workflow::Merge>,
) -> Slot {
    Slot {
        name,
        written: name,
        type_id,
        type_name: || "slot",
        schema: || Value::Bool(true),
        default,
        merge,
    }
}

pub(super) fn graph(start: Exit, nodes: Vec<GraphNode>, joins: Vec<Join>) -> Graph {
    Graph {
        name: "lab",
        description: "",
        version: "1",
        supersteps_max: 10,
        retry: None,
        timeout: None,
        input: ANY,
        output: ANY,
        outputs: OutputCount::Any,
        slots: &[],
        start,
        nodes: leak(nodes),
        joins: leak(joins),
        forks: &[],
    }
}

/// A run whose nodes are played.
pub(super) struct Lab {
    pub run: Run,
    pub tasks: Vec<Task>,
}

impl Lab {
    pub(super) fn new(graph: Graph, input: &Value) -> Self {
        let graph = Box::leak(Box::new(graph));
        Self {
            run: Run::start(graph, &message(input)),
            tasks: Vec::new(),
        }
    }

    /// The tasks that begin, as `node message`.
    pub(super) fn begin(&mut self) -> Vec<String> {
        match self.run.next_step() {
            Next::Tasks(tasks) => self.tasks = tasks,
            other => panic!("no tasks: {other:?}"),
        }
        let graph = self.run.graph();
        let shown = |task: &Task| {
            let message = match &task.work {
                Work::Executor { message, .. } | Work::Workflow { message, .. } => message,
                Work::Agent(agent) => agent.message(),
            };
            format!("{} {}", graph.nodes[task.node].id, message.json())
        };
        self.tasks.iter().map(shown).collect()
    }

    /// They end with these.
    pub(super) fn end(&mut self, values: &[Value]) {
        assert_eq!(values.len(), self.tasks.len());
        let answer = |value| Ok(TaskAnswer::message(message(value)));
        self.run.finish(values.iter().map(answer).collect());
    }

    pub(super) fn end_with(&mut self, results: Vec<TaskResult>) {
        self.run.finish(results);
    }

    /// What was begun, and what they give: until the run ends.
    pub(super) fn step(&mut self, expected: &[&str], values: &[Value]) {
        assert_eq!(self.begin(), expected);
        self.end(values);
    }

    pub(super) fn waits(&mut self) {
        assert_eq!(self.run.next_step(), Next::Wait);
    }

    pub(super) fn outcome(&mut self) -> Result<Vec<String>, RunError> {
        match self.run.next_step() {
            Next::Done(outcome) => {
                outcome.map(|all| all.iter().map(|one| one.json().to_owned()).collect())
            }
            other => panic!("not over: {other:?}"),
        }
    }

    pub(super) fn failure(&mut self) -> String {
        self.outcome().expect_err("it succeeded").to_string()
    }

    pub(super) fn open(&self) -> Vec<String> {
        let open = self.run.open_requests();
        open.map(|request| request.id.to_string()).collect()
    }
}
