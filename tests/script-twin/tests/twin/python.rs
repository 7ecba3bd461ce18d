//! The in-memory backend of the Python SDK. It gives what our embedded hub gives.

use std::collections::BTreeMap;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use agent_tests::tools::{self, need};
use durable_task::grpc::GrpcOptions;
use durable_task::{
    ActivityContext, InstanceId, OrchestrationContext, Registry, StartRequest, Status, WaitFor,
};
use serde_json::{Value, json};
use task_hub::{Hub, HubOptions};

use crate::cases::{self, Case};
use crate::manage::{self, PurgeOfRunning};
use crate::processes::{Process, free_ports};
use crate::twin::{Twin, connect, runtime, worker};

/// Where that backend answers otherwise, and why.
const OTHERWISE: &[(&str, &str)] = &[
    ("caught", "the failure of a child loses its type"),
    ("generations", "a custom status ends with its generation"),
    ("sub", "a child is not told who started it"),
];

const PROGRAM: &str = "import sys, threading
from durabletask.testing import create_test_backend
backend = create_test_backend(port=int(sys.argv[1]))
threading.Event().wait()
";

/// How long anything may take.
const TIMEOUT: Duration = Duration::from_mins(2);

/// The backend, and its address.
async fn backend() -> Option<(Process, String)> {
    let packages = need(tools::python("tests/python"))?;
    let [port] = free_ports();
    let mut command = Command::new("python3");
    command
        .env("PYTHONPATH", packages)
        .args(["-c", PROGRAM, &port.to_string()]);
    let mut backend = Process::start(command);
    backend.listens(port).await;
    Some((backend, format!("http://127.0.0.1:{port}")))
}

#[tokio::test(flavor = "multi_thread")]
async fn scripts_run_on_the_in_memory_backend_of_the_python_sdk() {
    let Some((_backend, address)) = backend().await else {
        return;
    };
    let mut all = cases::orchestrations();
    all.extend(cases::controlled());
    all.extend(cases::entities());
    let twin = Twin::start(GrpcOptions::new(address), &[]).await;
    let there = cases::run(&*twin.client(), &all).await;
    twin.end().await;
    let here = embedded(&all).await;
    let differences = cases::differences(&there, &here);
    let names = differences.iter().filter_map(|text| text.split(':').next());
    let expected = OTHERWISE.iter().map(|(name, _)| *name);
    assert!(names.eq(expected), "{}", differences.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn instances_are_managed_on_that_backend() {
    let Some((_backend, address)) = backend().await else {
        return;
    };
    let twin = Twin::start(GrpcOptions::new(address), &[]).await;
    manage::instances(&*twin.client(), PurgeOfRunning::Refused).await;
    manage::past(&*twin.client()).await;
    manage::entities(&*twin.client()).await;
    twin.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_activities_and_a_megabyte_run_on_that_backend() {
    let Some((_backend, address)) = backend().await else {
        return;
    };
    let twin = Twin::start(GrpcOptions::new(address), &[]).await;
    let calls: Vec<Value> = (0..1_000)
        .map(|n| json!({"call": "Echo", "input": n}))
        .collect();
    let big = json!([{"call": "Big", "input": 1_000_000}]);
    let client = twin.client();
    for (name, steps) in [("fan-out", json!([{"parallel": calls}])), ("big", big)] {
        let id = InstanceId::new(name).unwrap();
        let mut request = StartRequest::new("Script", id.clone()).input_json(steps.to_string());
        request.version = Some(String::new());
        client.start(request).await.unwrap();
        let state = client
            .wait(&id, WaitFor::Completion, TIMEOUT)
            .await
            .unwrap();
        assert_eq!(state.status, Status::Completed, "{name}");
        let output: Value = serde_json::from_str(state.output.as_deref().unwrap()).unwrap();
        match name {
            "fan-out" => assert_eq!(output[0], (0..1_000).collect::<Value>()),
            _ => assert_eq!(output[0].as_str().map(str::len), Some(1_000_000)),
        }
    }
    twin.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn versions_run_on_that_backend() {
    let Some((_backend, address)) = backend().await else {
        return;
    };
    let twin = Twin::start(GrpcOptions::new(address), script_twin::VERSIONS).await;
    let outcomes = cases::run(&*twin.client(), &cases::versions()).await;
    twin.end().await;
    assert_eq!(outcomes["versions"]["status"], "Completed", "{outcomes:?}");
    assert_eq!(
        outcomes["versions"]["output"][0]["version"], "4.0",
        "{outcomes:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn workers_of_that_backend_get_what_they_have_code_for() {
    let Some((_backend, address)) = backend().await else {
        return;
    };
    let mut orchestrators = Registry::new();
    let twice = |ctx: OrchestrationContext, name: String| async move {
        let first: String = ctx.call_activity("greet", &name).await?;
        ctx.call_activity::<String>("greet", &first).await
    };
    orchestrators.orchestrator_fn("twice", "", twice).unwrap();
    let mut activities = Registry::new();
    let greet = |_: ActivityContext, name: String| async move { Ok(format!("Hello, {name}!")) };
    activities.activity_fn("greet", greet).unwrap();
    let first = Twin::with(GrpcOptions::new(&address), orchestrators).await;
    let client = connect(&address).client();
    let ids: Vec<InstanceId> = (0..5)
        .map(|number| InstanceId::new(format!("filtered-{number}")).unwrap())
        .collect();
    for id in &ids {
        let request = StartRequest::new("twice", id.clone()).input_json("\"a\"");
        client.start(request).await.unwrap();
        let state = client.wait(id, WaitFor::Start, TIMEOUT).await.unwrap();
        assert_eq!(state.status, Status::Running);
    }
    let second = Twin::with(GrpcOptions::new(&address), activities).await;
    for id in &ids {
        let state = client.wait(id, WaitFor::Completion, TIMEOUT).await.unwrap();
        assert_eq!(
            state.output.as_deref(),
            Some("\"Hello, Hello, a!!\""),
            "{state:?}"
        );
    }
    first.end().await;
    second.end().await;
}

/// What the embedded hub gives.
pub async fn embedded(all: &[Case]) -> BTreeMap<&'static str, Value> {
    let hub = Hub::open(HubOptions::memory(), runtime()).await.unwrap();
    let worker = worker(&[]);
    hub.attach(Arc::clone(&worker) as _).unwrap();
    let outcomes = cases::run(&*hub.client(), all).await;
    hub.shutdown(Duration::from_secs(10)).await;
    worker.drain(Duration::ZERO).await;
    outcomes
}
