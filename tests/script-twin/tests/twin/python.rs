//! The in-memory backend of the Python SDK. It gives what our embedded hub gives.

use std::collections::BTreeMap;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use durable_task::grpc::GrpcOptions;
use serde_json::Value;
use task_hub::{Hub, HubOptions};

use crate::cases::{self, Case};
use crate::processes::{Process, free_ports};
use crate::tools;
use crate::twin::{Twin, runtime, worker};

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

#[tokio::test(flavor = "multi_thread")]
async fn scripts_run_on_the_in_memory_backend_of_the_python_sdk() {
    let Some(python) = tools::python() else {
        return;
    };
    let [port] = free_ports();
    let mut command = Command::new(python);
    command.args(["-c", PROGRAM, &port.to_string()]);
    let mut backend = Process::start(command);
    backend.listens(port).await;
    let mut all = cases::orchestrations();
    all.extend(cases::controlled());
    all.extend(cases::entities());
    let twin = Twin::start(GrpcOptions::new(format!("http://127.0.0.1:{port}")), &[]).await;
    let there = cases::run(&*twin.client(), &all).await;
    twin.end().await;
    let here = embedded(&all).await;
    let differences = cases::differences(&there, &here);
    let names = differences.iter().filter_map(|text| text.split(':').next());
    let expected = OTHERWISE.iter().map(|(name, _)| *name);
    assert!(names.eq(expected), "{}", differences.join("\n"));
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
