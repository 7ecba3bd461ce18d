//! Workflows as data, an app that hosts them, and what the tests ask of it.

use std::any::{TypeId, type_name};
use std::sync::Arc;
use std::time::Duration;

use agent_host::{FunctionApp, HubLocation};
use agent_sdk::AgentDefinition;
use agent_sdk::workflow::{
    Arm, Convert, DefaultAnswer, Described, ExecutorDefinition, Exit, Graph, GraphNode,
    InvalidMessage, Join, Message, NoYields, Node, NodeAnswer, NodeCall, NodeCode, NodeDefinition,
    NodeFacts, OutputCount, Plain, PortDefinition, Route, Target, To, TypeData, Workflow,
};
use axum::body::Body;
use axum::http::{Method, Request};
use durable_task::{Failure, Payload};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::model::{Control, TestModel};
use crate::support::{Answer, TestApp, Weather, definition};

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Mail {
    pub to: String,
    pub lines: Vec<Line>,
    pub extra: Option<Value>,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Line {
    pub count: u32,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Draft {
    pub title: String,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Verdict {
    pub approved: bool,
    pub by: Person,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Person {
    pub name: String,
}

fn check<T: Payload>(text: &str) -> Result<Message, InvalidMessage> {
    let value =
        T::from_json_located(text).map_err(|(path, problem)| InvalidMessage { path, problem })?;
    Ok(Message::of(&value).unwrap())
}

const fn of<T: Payload + Described>() -> TypeData {
    TypeData::described::<T>(check::<T>)
}

const SAME: Convert = &|message| Ok(message.clone());
const OUT: Exit = Exit::Output(SAME);

const fn to(to: To) -> Target {
    Target { to, convert: SAME }
}

type Definition = &'static (dyn Fn() -> NodeDefinition + Send + Sync);

const fn node(
    id: &'static str,
    definition: Definition,
    [input, output]: [TypeData; 2],
    exit: Exit,
) -> GraphNode {
    GraphNode {
        id,
        each: false,
        definition,
        input,
        output,
        facts: NodeFacts::NONE,
        yields: SAME,
        exit,
    }
}

const fn graph(
    name: &'static str,
    [input, output]: [TypeData; 2],
    start: Exit,
    nodes: &'static [GraphNode],
) -> Graph {
    Graph {
        name,
        description: "A workflow of the tests.",
        version: "v1",
        supersteps_max: 20,
        retry: None,
        timeout: None,
        input,
        output,
        outputs: OutputCount::Any,
        slots: &[],
        start,
        nodes,
        joins: &[],
        forks: &[],
    }
}

fn defined<T: 'static>(name: &'static str, code: NodeCode) -> NodeDefinition {
    NodeDefinition {
        name,
        description: "",
        type_id: TypeId::of::<T>(),
        type_name: type_name::<T>(),
        code,
    }
}

fn executor<I: Payload, O: Payload>(
    name: &'static str,
    run: fn(I) -> Result<O, Failure>,
) -> NodeDefinition {
    let run = move |call: NodeCall| -> durable_task::BoxFuture<'static, _> {
        let given = run(call.message.read().unwrap()).map(|given| NodeAnswer {
            messages: vec![Message::of(&given).unwrap()],
            ..NodeAnswer::default()
        });
        Box::pin(async move { given })
    };
    let executor = ExecutorDefinition {
        run: Arc::new(run),
        needs: Vec::new(),
        retry: None,
        timeout: None,
        concurrency: None,
        state: Vec::new(),
    };
    defined::<(I, O)>(name, NodeCode::Executor(executor))
}

fn port<Q: 'static, A: Payload + Described>(
    timeout: Option<Duration>,
    default: Option<DefaultAnswer>,
) -> NodeDefinition {
    let port = PortDefinition {
        request_type: type_name::<Q>,
        response_type: type_name::<A>,
        response_schema: A::schema,
        check: check::<A>,
        timeout,
        default,
    };
    defined::<(Q, A)>("port", NodeCode::Port(port))
}

/// Writes the two implementations of a workflow that is a constant.
macro_rules! workflow {
    ($(#[$doc:meta])* $type:ident($input:ty) -> $output:ty = $graph:ident) => {
        $(#[$doc])*
        pub struct $type;

        impl Node for $type {
            type Input = $input;
            type Output = $output;
            type Kind = Plain;
            type This = Self;
            type Yielded = NoYields;
            const INPUT: agent_sdk::workflow::Codec<Self::Input> = agent_sdk::workflow::Codec::OF;
            const OUTPUT: agent_sdk::workflow::Codec<Self::Output> = agent_sdk::workflow::Codec::OF;

            fn definition() -> NodeDefinition {
                defined::<Self>(Self::NAME, NodeCode::Workflow(&$graph))
            }
        }

        impl Workflow for $type {
            const NAME: &'static str = $graph.name;
            const GRAPH: &'static Graph = &$graph;
        }
    };
}

workflow! {
    /// Gives back its text; `boom` fails.
    Echo(String) -> Vec<String> = ECHO
}

static ECHO: Graph = graph(
    "Echo",
    [of::<String>(), of::<Vec<String>>()],
    Exit::To(&[to(To::Node(0))]),
    &[node("echo", &echo, [of::<String>(), of::<String>()], OUT)],
);

fn echo() -> NodeDefinition {
    executor("echo", |text: String| {
        if text == "boom" {
            return Err(Failure::new("Boom", "it went off").non_retriable());
        }
        Ok(text)
    })
}

workflow! {
    /// Gives back its mail.
    Post(Mail) -> Vec<Mail> = POST
}

static POST: Graph = graph(
    "post",
    [of::<Mail>(), of::<Vec<Mail>>()],
    Exit::To(&[to(To::Node(0))]),
    &[node("store", &store, [of::<Mail>(), of::<Mail>()], OUT)],
);

fn store() -> NodeDefinition {
    executor("store", Ok::<Mail, Failure>)
}

workflow! {
    /// Asks two questions at once, and notes both answers.
    Review(Draft) -> Vec<String> = REVIEW
}

static REVIEW: Graph = graph(
    "review",
    [of::<Draft>(), of::<Vec<String>>()],
    Exit::To(&[to(To::Node(0)), to(To::Node(1))]),
    REVIEW_NODES,
);

const REVIEW_NODES: &[GraphNode] = &[
    node("editor", &ask, ASKED, Exit::To(&[to(To::Node(2))])),
    node("lawyer", &ask, ASKED, Exit::To(&[to(To::Node(2))])),
    node("note", &note, [of::<Verdict>(), of::<String>()], OUT),
];

const ASKED: [TypeData; 2] = [of::<Draft>(), of::<Verdict>()];

fn ask() -> NodeDefinition {
    port::<Draft, Verdict>(None, None)
}

fn note() -> NodeDefinition {
    executor("note", |verdict: Verdict| {
        Ok(format!("{}: {}", verdict.by.name, verdict.approved))
    })
}

workflow! {
    /// The same with another graph version.
    ReviewNext(Draft) -> Vec<String> = REVIEW_NEXT
}

static REVIEW_NEXT: Graph = Graph {
    version: "v2",
    ..graph(
        "review",
        [of::<Draft>(), of::<Vec<String>>()],
        Exit::To(&[to(To::Node(0)), to(To::Node(1))]),
        REVIEW_NODES,
    )
};

workflow! {
    /// Has the questions of another workflow.
    Outer(Draft) -> Vec<Vec<String>> = OUTER
}

static OUTER: Graph = graph(
    "outer",
    [of::<Draft>(), of::<Vec<Vec<String>>>()],
    Exit::To(&[to(To::Node(0))]),
    &[node(
        "inner",
        &Review::definition,
        [of::<Draft>(), of::<Vec<String>>()],
        OUT,
    )],
);

workflow! {
    /// Asks, and takes `nobody` for an answer very soon.
    Patient(Draft) -> Vec<String> = PATIENT
}

static PATIENT: Graph = graph(
    "patient",
    [of::<Draft>(), of::<Vec<String>>()],
    Exit::To(&[to(To::Node(0))]),
    &[
        node("ask", &ask_soon, ASKED, Exit::To(&[to(To::Node(1))])),
        node("note", &note, [of::<Verdict>(), of::<String>()], OUT),
    ],
);

const SOON: Duration = Duration::from_millis(1);

fn ask_soon() -> NodeDefinition {
    let nobody: DefaultAnswer =
        |_| Ok(Message::of(&json!({"approved": false, "by": {"name": "nobody"}})).unwrap());
    port::<Draft, Verdict>(Some(SOON), Some(nobody))
}

workflow! {
    /// Asks, and fails very soon.
    Strict(Draft) -> Vec<Verdict> = STRICT
}

static STRICT: Graph = graph(
    "strict",
    [of::<Draft>(), of::<Vec<Verdict>>()],
    Exit::To(&[to(To::Node(0))]),
    &[node("ask", &ask_strictly, ASKED, OUT)],
);

fn ask_strictly() -> NodeDefinition {
    port::<Draft, Verdict>(Some(SOON), None)
}

workflow! {
    /// Has everything that can be drawn. It is never run.
    Newsroom(Value) -> Vec<Value> = NEWSROOM
}

const ANY: [TypeData; 2] = [of::<Value>(), of::<Value>()];

static NEWSROOM: Graph = Graph {
    joins: &[Join {
        target: 4,
        sources: &[2, 3],
        convert: &|all| Ok(Message::of(&all.to_vec()).unwrap()),
    }],
    ..graph(
        "newsroom",
        ANY,
        Exit::To(&[to(To::Node(0))]),
        NEWSROOM_NODES,
    )
};

const NEWSROOM_NODES: &[GraphNode] = &[
    node(
        "sort_incoming",
        &any,
        ANY,
        Exit::Switch {
            route: NOWHERE,
            arms: &[
                Arm {
                    label: "Kind::Spam",
                    targets: &[],
                },
                Arm {
                    label: "Kind::Question(_)",
                    targets: &[To::Node(1)],
                },
                Arm {
                    label: "Kind::Story { words, .. } if words > 200",
                    targets: &[To::Node(2), To::Node(3)],
                },
                Arm {
                    label: "Kind::Digest(items)",
                    targets: &[To::Each(7)],
                },
            ],
        },
    ),
    node("answer_reader", &agent, ANY, OUT),
    node(
        "check_facts",
        &any,
        ANY,
        Exit::To(&[to(To::Join { join: 0, slot: 0 })]),
    ),
    node(
        "check_style",
        &agent,
        ANY,
        Exit::To(&[to(To::Join { join: 0, slot: 1 })]),
    ),
    node("merge_remarks", &any, ANY, Exit::To(&[to(To::Node(5))])),
    node(
        "editor_in_chief",
        &ask,
        ANY,
        Exit::Switch {
            route: NOWHERE,
            arms: &[
                Arm {
                    label: "Decision::Publish",
                    targets: &[To::Node(6)],
                },
                Arm {
                    label: "Decision::Again(_)",
                    targets: &[To::Node(0)],
                },
            ],
        },
    ),
    node("publish", &Review::definition, ANY, OUT),
    GraphNode {
        each: true,
        ..node("shorten", &any, ANY, Exit::To(&[to(To::Node(6))]))
    },
];

workflow! {
    /// Chooses from so much that it can't be drawn. It is never run.
    Maze(Value) -> Vec<Value> = MAZE
}

static MAZE: Graph = graph(
    "maze",
    ANY,
    Exit::To(&[to(To::Node(0))]),
    &[node(
        "choose",
        &any,
        ANY,
        Exit::Switch {
            route: NOWHERE,
            arms: &[Arm {
                label: "Way(_)",
                targets: &[],
            }; 1_100],
        },
    )],
);

const NOWHERE: Route = &|_| Ok(Vec::new());

fn any() -> NodeDefinition {
    executor("any", Ok::<Value, Failure>)
}

fn agent() -> NodeDefinition {
    let agent: fn() -> AgentDefinition = definition::<Weather>;
    defined::<Weather>("Weather", NodeCode::Agent(agent))
}

/// Starts an app on a hub in memory.
pub async fn app(options: impl FnOnce(FunctionApp) -> FunctionApp) -> TestApp {
    app_on(HubLocation::Memory, options).await
}

pub async fn app_on(hub: HubLocation, options: impl FnOnce(FunctionApp) -> FunctionApp) -> TestApp {
    let model = Control::new();
    let app = options(FunctionApp::new()).model(TestModel(Arc::clone(&model)));
    let host = app.start(hub).await.unwrap();
    TestApp { host, model }
}

/// An app with `Echo`, `post` and `review`.
pub async fn three() -> TestApp {
    app(|app| {
        app.workflow::<Echo>()
            .workflow::<Post>()
            .workflow::<Review>()
    })
    .await
}

pub fn draft() -> String {
    json!({"title": "News"}).to_string()
}

/// What a port of these tests takes.
pub fn verdict(name: &str) -> String {
    json!({"approved": true, "by": {"name": name}}).to_string()
}

impl TestApp {
    /// Sends a request with a body, a text unless the headers say otherwise.
    pub async fn ask(&self, method: Method, path: &str, body: &str) -> Answer {
        self.ask_with(method, path, body, &[]).await
    }

    pub async fn ask_with(
        &self,
        method: Method,
        path: &str,
        body: &str,
        headers: &[(&str, &str)],
    ) -> Answer {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", "localhost:7071");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = Body::from(body.to_owned());
        self.send(request.body(body).unwrap()).await
    }

    pub async fn post_text(&self, path: &str, body: &str) -> Answer {
        self.ask(Method::POST, path, body).await
    }

    /// Starts a run with an id of its own.
    pub async fn start_run(&self, workflow: &str, run: &str, body: &str) {
        let path = format!("/api/workflow/{workflow}/run?runId={run}");
        let answer = self.post_text(&path, body).await;
        assert_eq!(answer.status, 202, "{answer:?}");
    }

    /// The status of a run.
    pub async fn run_status(&self, workflow: &str, run: &str) -> Value {
        let path = format!("/api/workflow/{workflow}/status/{run}");
        let answer = self.get(&path).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()
    }

    /// Looks until a run stands like that; each look is a request, so that no test sleeps.
    pub async fn run_until(
        &self,
        workflow: &str,
        run: &str,
        is_so: impl Fn(&Value) -> bool,
    ) -> Value {
        let look = async {
            loop {
                let status = self.run_status(workflow, run).await;
                if is_so(&status) {
                    return status;
                }
                tokio::task::yield_now().await;
            }
        };
        let minute = Duration::from_mins(1);
        tokio::time::timeout(minute, look).await.unwrap()
    }

    /// The ids of the open requests, once there are so many.
    pub async fn open_requests(&self, workflow: &str, run: &str, count: usize) -> Vec<String> {
        let is_so = |status: &Value| ids(status).len() == count;
        ids(&self.run_until(workflow, run, is_so).await)
    }

    /// The status of a run that has ended.
    pub async fn ended_run(&self, workflow: &str, run: &str) -> Value {
        let is_so = |status: &Value| {
            let name = status["runtimeStatus"].as_str().unwrap();
            matches!(name, "Completed" | "Failed" | "Terminated")
        };
        self.run_until(workflow, run, is_so).await
    }

    /// Answers a request.
    pub async fn answer(&self, workflow: &str, run: &str, request: &str, body: &str) -> Answer {
        let path = format!("/api/workflow/{workflow}/respond/{run}/{request}");
        self.post_text(&path, body).await
    }
}

fn ids(status: &Value) -> Vec<String> {
    let pending = status["pendingHumanInputRequests"].as_array();
    let pending = pending.into_iter().flatten();
    pending
        .map(|request| request["requestId"].as_str().unwrap().to_owned())
        .collect()
}

/// The body of a refusal in the shape of most routes.
pub fn error(text: &str) -> Value {
    json!({ "error": text })
}

impl TestApp {
    /// The same, of a run that is being started.
    pub async fn open_requests_once_there(&self, workflow: &str, run: &str, count: usize) {
        let path = format!("/api/workflow/{workflow}/status/{run}");
        while self.get(&path).await.status == 404 {
            tokio::task::yield_now().await;
        }
        self.open_requests(workflow, run, count).await;
    }
}
