//! A program with an embedded hub in a file that runs workflows, for the test that kills it. It
//! takes requests from its standard input, one a line, and answers each with a line:
//!
//! - `start WORKFLOW ID JSON`: `ok` once the run is durable;
//! - `tend WORKFLOW ID`: answers its first open request; `ended` or `going`;
//! - `die N`: the program ends in the middle of an executor, after so many more points of them;
//! - `story WORKFLOW ID`: what came of it, with all of its events.

use std::error::Error;
use std::io::{BufRead, Write};
use std::sync::Arc;

use agent_sdk::workflow::superstep::EventKind;
use agent_sdk::workflow::{WorkflowClient, WorkflowError};
use agent_tests::flows;
use durable_task::{InstanceId, Registry, Runtime, TokioRuntime, Worker, WorkerOptions};
use serde_json::{Value, json};
use task_hub::{Hub, HubOptions};

type Outcome<T> = Result<T, Box<dyn Error>>;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Outcome<()> {
    let file = std::env::args().nth(1).ok_or("usage: workflow-app HUB")?;
    let tokio = TokioRuntime::current().ok_or("no tokio runtime")?;
    let runtime: Arc<dyn Runtime> = Arc::new(tokio);
    let app = Arc::new(flows::app()?);
    let hub = Hub::open(HubOptions::file(file), Arc::clone(&runtime)).await?;
    let mut registry = Registry::new();
    app.register(&mut registry, hub.client())?;
    let worker = Worker::start(registry, WorkerOptions::default(), runtime);
    let _attachment = hub.attach(worker)?;
    let client = WorkflowClient::new(app, hub.client());
    say("ready")?;
    let handle = tokio::runtime::Handle::current();
    let reading = tokio::task::spawn_blocking(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            let answer = handle.block_on(answer(&client, &line));
            let answer = answer.unwrap_or_else(|error| format!("refused {error}"));
            if say(&answer).is_err() {
                return;
            }
        }
    });
    reading.await?;
    Ok(())
}

fn say(line: &str) -> std::io::Result<()> {
    let mut output = std::io::stdout().lock();
    writeln!(output, "{line}")?;
    output.flush()
}

async fn answer(client: &WorkflowClient, line: &str) -> Outcome<String> {
    let mut words = line.splitn(4, ' ');
    let mut word = || words.next().unwrap_or_default();
    let (verb, workflow, id) = (word(), word(), word());
    let run = InstanceId::from_stored(id);
    match verb {
        "start" => {
            client.start_named(workflow, word(), Some(id)).await?;
            Ok(String::from("ok"))
        }
        "tend" => tend(client, workflow, &run).await,
        "die" => {
            flows::die_after(workflow.parse()?);
            Ok(String::from("ok"))
        }
        "story" => story(client, workflow, &run).await,
        other => Err(format!("`{other}` is no verb").into()),
    }
}

/// Answers in the order of the ids, so that answers come in the same order in every life.
async fn tend(client: &WorkflowClient, workflow: &str, run: &InstanceId) -> Outcome<String> {
    let status = client.status(workflow, run).await?;
    if status.status.is_terminal() {
        return Ok(String::from("ended"));
    }
    let first = status.pending.iter().min_by_key(|open| open.id.clone());
    if let Some(open) = first {
        let data = open.data.as_ref().ok_or("a request without data")?;
        let visa = serde_json::to_string(&flows::visa(data)?)?;
        match client.respond(workflow, run, &open.id, &visa).await {
            // It was answered in the life before this one.
            Ok(_) | Err(WorkflowError::RequestClosed { .. } | WorkflowError::RunEnded { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(String::from("going"))
}

async fn story(client: &WorkflowClient, workflow: &str, run: &InstanceId) -> Outcome<String> {
    let status = client.status(workflow, run).await?;
    let failure = status.failure.map(|failure| failure.message);
    let page = client.events(workflow, run, 0).await?;
    let events: Vec<Value> = page
        .events
        .into_iter()
        // An answer may come twice, where a process died in between.
        .filter(|recorded| recorded.event.kind != EventKind::RequestIgnored)
        .map(|recorded| serde_json::to_value(recorded.event))
        .collect::<Result<_, _>>()?;
    let story = json!({"outputs": status.outputs, "failure": failure, "events": events});
    Ok(story.to_string())
}
