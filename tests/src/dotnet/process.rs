//! The SDK's worker and client, as processes.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

/// How long anything may take that has to happen.
const PATIENCE: Duration = Duration::from_mins(2);
/// How long the SDK waits for an instance.
const WAIT_SECONDS: &str = "90";

/// How the SDK talks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// As to a sidecar.
    Plain,
    /// As to Durable Task Scheduler: entity messages in a form of their own, headers.
    Scheduler,
}

/// The SDK on one server.
#[derive(Debug, Clone)]
pub struct Sdk {
    program: PathBuf,
    address: String,
    form: Form,
}

/// A worker that is connected; dropping it kills it.
pub struct Worker {
    process: Child,
    _output: Lines<BufReader<ChildStdout>>,
}

impl Sdk {
    pub fn new(program: PathBuf, address: &str, form: Form) -> Self {
        Self {
            program,
            address: format!("http://{address}"),
            form,
        }
    }

    /// The same at another address.
    pub fn through(&self, address: &str) -> Self {
        Self::new(self.program.clone(), address, self.form)
    }

    fn command(&self, verb: &str) -> Command {
        let mut command = Command::new(&self.program);
        command.args([verb, "--address", &self.address]);
        if self.form == Form::Scheduler {
            command.args(["--task-hub", "hub"]);
        }
        command.stdin(Stdio::null()).kill_on_drop(true);
        command
    }

    /// Starts a worker and waits until it is connected.
    pub async fn worker(&self, options: &[&str]) -> Worker {
        let mut process = self
            .command("grpc-worker")
            .args(options)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(process.stdout.take().unwrap()).lines();
        let connected = async {
            while let Some(line) = output.next_line().await.unwrap() {
                if line.contains("\"connected\"") {
                    return true;
                }
            }
            false
        };
        let connected = tokio::time::timeout(PATIENCE, connected).await;
        assert_eq!(connected, Ok(true), "the worker does not connect");
        Worker {
            process,
            _output: output,
        }
    }

    /// Asks with the client; the JSON that it prints, `null` for nothing.
    pub async fn ask(&self, verb: &str, arguments: &[&str]) -> Value {
        let asked = self
            .command("grpc-client")
            .arg(verb)
            .args(arguments)
            .output();
        let output = tokio::time::timeout(PATIENCE, asked).await;
        let output = output.expect("the client ends").unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let lines = text.lines().filter(|line| !line.trim().is_empty());
        let values: Result<Vec<Value>, _> = lines.map(serde_json::from_str).collect();
        let mut values = values.unwrap_or_else(|error| panic!("{verb}: {error}: {text}"));
        let value = match values.len() {
            0 => Value::Null,
            1 => values.remove(0),
            _ => Value::Array(values),
        };
        assert!(
            value.get("error").is_none(),
            "{verb} {arguments:?}: {value}"
        );
        value
    }

    /// Starts a script.
    pub async fn start(&self, arguments: &[&str], steps: &Value) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("input.json");
        std::fs::write(&file, steps.to_string()).unwrap();
        let mut all = arguments.to_vec();
        all.extend(["--input-file", file.to_str().unwrap()]);
        self.ask("start", &all).await;
    }

    /// Waits for the end of an instance.
    pub async fn wait(&self, id: &str) -> Value {
        self.ask("wait", &["--id", id, "--seconds", WAIT_SECONDS])
            .await
    }

    /// How many events the history of an instance has.
    pub async fn events(&self, id: &str) -> usize {
        let history = self.ask("history", &["--id", id]).await;
        let text = history.to_string();
        text.matches("\"timestamp\"").count() + text.matches("\"Timestamp\"").count()
    }

    /// Waits until the history of an instance has grown, so that its worker is in the middle of
    /// things, or until the instance has ended.
    pub async fn goes_on(&self, id: &str, before: usize) {
        let grows = async {
            while self.events(id).await <= before {
                let state = self.ask("get", &["--id", id]).await;
                if state["status"] == "Completed" {
                    return;
                }
            }
        };
        let grew = tokio::time::timeout(PATIENCE, grows).await;
        grew.expect("the instance goes on");
    }

    /// Asks for an entity until it has that state: nothing tells when a signal has been worked.
    pub async fn entity(&self, id: &str, state: &str) -> Value {
        for _ in 0..100 {
            let entity = self.ask("entity", &["--entity", id]).await;
            if entity["state"] == state {
                return entity;
            }
        }
        panic!("{id} never is {state}");
    }
}

impl Worker {
    /// Ends it as a lack of power would.
    pub fn kill(mut self) {
        self.process.start_kill().unwrap();
    }
}

/// The output of an instance that has completed.
pub fn output(state: &Value) -> Value {
    assert_eq!(state["status"], "Completed", "{state}");
    let text = state["output"].as_str().unwrap_or("null");
    serde_json::from_str(text).unwrap()
}
