//! Small graphs as data, and an application with them on a hub.

use std::any::TypeId;
use std::sync::Arc;
use std::time::Duration;

use durable_task::testing::TestRuntime;
use durable_task::{
    BoxFuture, Failure, InstanceId, Registry, RetryPolicy, Runtime, TokioRuntime, Worker,
    WorkerOptions,
};
use serde_json::{Value, json};
use task_hub::store::memory::MemoryStore;
use task_hub::{Hub, HubLimits};

use crate::app::{App, AppBuilder};
use crate::workflow::superstep::EventKind;
use crate::workflow::{
    Convert, ExecutorDefinition, Exit, Graph, GraphNode, InvalidMessage, Join, Message, NodeAnswer,
    NodeCall, NodeCode, NodeDefinition, NodeFacts, OutputCount, PortDefinition, Routed, Slot,
    Target, To, TypeData, WorkflowClient, WorkflowStatus,
};

/// Longer than anything here takes; reached only by a test that fails.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

pub(crate) const SAME: Convert = &|message| Ok(message.clone());

pub(crate) const ANY: TypeData = TypeData {
    name: || "Any",
    schema: || Value::Bool(true),
    check: |text| {
        let read = serde_json::from_str(text).map(Message::from_raw);
        read.map_err(|error| InvalidMessage {
            path: String::from("."),
            problem: error.to_string(),
        })
    },
};

/// A number.
pub(crate) const NUMBER: TypeData = TypeData {
    name: || "u64",
    schema: || json!({"type": "integer"}),
    check: |text| {
        let read = serde_json::from_str::<u64>(text).map(|number| message(json!(number)));
        read.map_err(|error| InvalidMessage {
            path: String::from("."),
            problem: error.to_string(),
        })
    },
};

pub(crate) fn leak<T>(items: Vec<T>) -> &'static [T] {
    Box::leak(items.into_boxed_slice())
}

#[allow(
    clippy::needless_pass_by_value,
    reason = "tests read best with plain values"
)]
pub(crate) fn message(value: Value) -> Message {
    Message::of(&value).unwrap()
}

pub(crate) fn value(message: &Message) -> Value {
    message.read().unwrap()
}

pub(crate) fn to(nodes: &[usize]) -> Exit {
    let targets = nodes.iter().map(|&node| Target {
        to: To::Node(node),
        convert: SAME,
    });
    Exit::To(leak(targets.collect()))
}

pub(crate) fn to_each(node: usize) -> Exit {
    Exit::To(leak(vec![Target {
        to: To::Each(node),
        convert: SAME,
    }]))
}

pub(crate) fn to_join(join: usize, slot: usize) -> Exit {
    Exit::To(leak(vec![Target {
        to: To::Join { join, slot },
        convert: SAME,
    }]))
}

pub(crate) const OUT: Exit = Exit::Output(SAME);

/// Back to a node while a condition holds, else an output... of the node after it.
pub(crate) fn back_while(
    node: usize,
    after: usize,
    holds: impl Fn(&Value) -> bool + Send + Sync + 'static,
) -> Exit {
    let route = Box::leak(Box::new(move |message: &Message| {
        let next = if holds(&value(message)) { node } else { after };
        Ok(vec![Routed {
            to: To::Node(next),
            message: message.clone(),
        }])
    }));
    Exit::Switch { route, arms: &[] }
}

pub(crate) fn graph(name: &'static str, nodes: Vec<GraphNode>) -> Graph {
    Graph {
        name,
        description: "",
        version: "v1",
        supersteps_max: 50,
        retry: None,
        timeout: None,
        input: ANY,
        output: ANY,
        outputs: OutputCount::Any,
        slots: &[],
        start: to(&[0]),
        nodes: leak(nodes),
        joins: &[],
        forks: &[],
    }
}

pub(crate) fn keep(graph: Graph) -> &'static Graph {
    Box::leak(Box::new(graph))
}

pub(crate) fn join(target: usize, sources: &[usize]) -> Join {
    Join {
        target,
        sources: leak(sources.to_vec()),
        convert: &|messages| {
            Ok(message(Value::from(
                messages.iter().map(value).collect::<Vec<_>>(),
            )))
        },
    }
}

struct OfNode;

pub(crate) fn node(id: &'static str, code: NodeCode, exit: Exit) -> GraphNode {
    typed_node::<OfNode>(id, code, exit)
}

pub(crate) fn typed_node<T: 'static>(id: &'static str, code: NodeCode, exit: Exit) -> GraphNode {
    let type_id = match &code {
        NodeCode::Workflow(_) => TypeId::of::<&'static Graph>(),
        _ => TypeId::of::<T>(),
    };
    let definition = NodeDefinition {
        name: id,
        description: "",
        type_id,
        type_name: std::any::type_name::<T>(),
        code,
    };
    GraphNode {
        id,
        each: false,
        definition: Box::leak(Box::new(move || definition.clone())),
        input: ANY,
        output: ANY,
        facts: NodeFacts::default(),
        yields: SAME,
        exit,
    }
}

type Running = BoxFuture<'static, Result<NodeAnswer, Failure>>;

pub(crate) fn executor_definition(
    run: impl Fn(NodeCall) -> Running + Send + Sync + 'static,
) -> ExecutorDefinition {
    ExecutorDefinition {
        run: Arc::new(run),
        needs: Vec::new(),
        retry: None,
        timeout: None,
        concurrency: None,
        state: Vec::new(),
    }
}

/// An executor that gives one message at once.
pub(crate) fn function(
    run: impl Fn(Value) -> Result<Value, Failure> + Send + Sync + 'static,
) -> ExecutorDefinition {
    executor_definition(move |call| {
        let given = run(value(&call.message)).map(|given| NodeAnswer {
            messages: vec![message(given)],
            ..NodeAnswer::default()
        });
        Box::pin(async move { given })
    })
}

/// An executor that gives one message later.
pub(crate) fn later<F>(run: impl Fn(Value) -> F + Send + Sync + 'static) -> ExecutorDefinition
where
    F: Future<Output = Value> + Send + 'static,
{
    executor_definition(move |call| {
        let given = run(value(&call.message));
        Box::pin(async move {
            Ok(NodeAnswer {
                messages: vec![message(given.await)],
                ..NodeAnswer::default()
            })
        })
    })
}

pub(crate) fn executor(id: &'static str, run: ExecutorDefinition, exit: Exit) -> GraphNode {
    node(id, NodeCode::Executor(run), exit)
}

/// Adds its name to a text.
pub(crate) fn adds(id: &'static str, exit: Exit) -> GraphNode {
    let run = function(move |value| {
        let before = value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned);
        Ok(json!(format!("{before}{id}")))
    });
    executor(id, run, exit)
}

/// A port that takes numbers.
pub(crate) fn port(id: &'static str, timeout: Option<Duration>, exit: Exit) -> GraphNode {
    let definition = PortDefinition {
        request_type: || "Question",
        response_type: || "u64",
        response_schema: || json!({"type": "integer"}),
        check: NUMBER.check,
        timeout,
        default: None,
    };
    node(id, NodeCode::Port(definition), exit)
}

pub(crate) fn workflow(id: &'static str, inner: &'static Graph, exit: Exit) -> GraphNode {
    node(id, NodeCode::Workflow(inner), exit)
}

pub(crate) fn retry() -> RetryPolicy {
    RetryPolicy::new(3, Duration::from_millis(1))
}

/// A slot that holds what was written last, and one that sums.
pub(crate) struct Last;
pub(crate) struct Sum;

pub(crate) fn slots() -> &'static [Slot] {
    leak(vec![
        Slot {
            name: "last",
            type_id: TypeId::of::<Last>,
            type_name: || "Last",
            schema: || Value::Bool(true),
            default: None,
            merge: None,
            written: "Last",
        },
        Slot {
            name: "sum",
            type_id: TypeId::of::<Sum>,
            type_name: || "Sum",
            schema: || Value::Bool(true),
            default: Some(|| Ok(message(json!([])))),
            merge: Some(|current, written| {
                let mut list = current.map_or_else(|| json!([]), value);
                let items = list.as_array_mut().unwrap();
                items.extend(written.iter().map(value));
                Ok(message(list))
            }),
            written: "Sum",
        },
    ])
}

pub(crate) fn app(graphs: &[&'static Graph]) -> AppBuilder {
    let add = |app: AppBuilder, graph: &&'static Graph| app.workflow_graph(graph, true);
    graphs.iter().fold(App::builder(), add)
}

/// An application on a hub.
pub(crate) struct Scene {
    pub(crate) client: WorkflowClient,
    pub(crate) hub: Hub,
    pub(crate) worker: Arc<Worker>,
}

impl Scene {
    pub(crate) async fn of(graphs: &[&'static Graph]) -> Self {
        Self::new(app(graphs).build().unwrap()).await
    }

    pub(crate) async fn new(app: App) -> Self {
        Self::on(
            app,
            Arc::default(),
            Arc::new(TokioRuntime::current().unwrap()),
        )
        .await
    }

    /// One whose time stands still until it is moved.
    pub(crate) async fn timeless(graphs: &[&'static Graph]) -> (Self, TestRuntime) {
        let runtime = TestRuntime::new();
        let app = app(graphs).build().unwrap();
        let scene = Self::on(app, Arc::default(), Arc::new(runtime.clone())).await;
        (scene, runtime)
    }

    pub(crate) async fn on(app: App, store: Arc<MemoryStore>, runtime: Arc<dyn Runtime>) -> Self {
        let limits = HubLimits::default();
        let hub = Hub::with_store(store, limits, Arc::clone(&runtime)).await;
        let hub = hub.unwrap();
        let mut registry = Registry::new();
        app.register(&mut registry, hub.client()).unwrap();
        let worker = Worker::start(registry, WorkerOptions::default(), runtime);
        let _ = hub.attach(worker.clone()).unwrap();
        Self {
            client: WorkflowClient::new(Arc::new(app), hub.client()),
            hub,
            worker,
        }
    }

    pub(crate) async fn start(&self, workflow: &str, input: Value) -> InstanceId {
        let started = self
            .client
            .start_named(workflow, &input.to_string(), None)
            .await;
        started.unwrap().run
    }

    pub(crate) async fn ended(&self, workflow: &str, run: &InstanceId) -> WorkflowStatus {
        let status = self.client.wait(workflow, run, PATIENCE).await.unwrap();
        assert!(status.status.is_terminal(), "{status:?}");
        status
    }

    /// Runs it and gives its outputs.
    pub(crate) async fn outputs(&self, workflow: &str, input: Value) -> Vec<Value> {
        let run = self.start(workflow, input).await;
        let status = self.ended(workflow, &run).await;
        let outputs = status.outputs.as_ref();
        let outputs = outputs.unwrap_or_else(|| panic!("it failed: {status:?}"));
        outputs.iter().map(value).collect()
    }

    pub(crate) async fn failure(&self, workflow: &str, input: Value) -> Failure {
        let run = self.start(workflow, input).await;
        let status = self.ended(workflow, &run).await;
        status.failure.expect("it fails")
    }

    /// Waits until a run has so many open requests.
    pub(crate) async fn pending(
        &self,
        workflow: &str,
        run: &InstanceId,
        count: usize,
    ) -> WorkflowStatus {
        self.once(workflow, run, |status| status.pending.len() == count)
            .await
    }

    /// Waits until a run stands like that.
    pub(crate) async fn once(
        &self,
        workflow: &str,
        run: &InstanceId,
        holds: impl Fn(&WorkflowStatus) -> bool,
    ) -> WorkflowStatus {
        // What its sub-workflows ask is no change of the run itself.
        for _ in 0..10_000 {
            let status = self.client.status(workflow, run).await.unwrap();
            if holds(&status) {
                return status;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("{:?}", self.client.status(workflow, run).await);
    }

    pub(crate) async fn events(&self, workflow: &str, run: &InstanceId) -> Vec<EventKind> {
        let page = self.client.events(workflow, run, 0).await.unwrap();
        page.events
            .iter()
            .map(|recorded| recorded.event.kind)
            .collect()
    }

    pub(crate) async fn close(self) {
        let deadline = Duration::from_millis(200);
        self.hub.shutdown(deadline).await;
        self.worker.drain(deadline).await;
    }
}
