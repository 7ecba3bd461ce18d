//! Code that brings down its whole process runs again at each start of the process. The way out
//! is a process on the same file that has no such code.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use agent_tests::tools::{Sidecar, need};
use durable_task::wire::proto::TerminateRequest;
use durable_task::wire::proto::task_hub_sidecar_service_client::TaskHubSidecarServiceClient;
use durable_task::{InstanceId, TokioRuntime};
use task_hub::{Hub, HubOptions};
use tempfile::TempDir;
use tonic::transport::Channel;

use crate::kill_mixed::App;
use crate::scene::TestResult;

/// The instance, and what starts it.
const BAD: &str = "bad";
const START: &str = "1 start bad abort 1";
/// The process is started again so often.
const STARTS: usize = 2;
/// How long the rest may take.
const PATIENCE: Duration = Duration::from_mins(1);
const LOOK: Duration = Duration::from_millis(20);

/// Starts the program with a request, or without one, and waits for its death.
fn dies(file: &Path, request: Option<&str>) -> TestResult {
    let mut child = Command::new(env!("CARGO_BIN_EXE_mixed-app"))
        .arg(file)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    // Its end would be the end of the program.
    let mut input = child.stdin.take().ok_or("no input")?;
    if let Some(request) = request {
        writeln!(input, "{request}")?;
    }
    let status = child.wait()?;
    assert!(!status.success(), "{status}");
    Ok(())
}

fn dies_at_each_start(file: &Path) -> TestResult {
    dies(file, Some(START))?;
    for _ in 0..STARTS {
        dies(file, None)?;
    }
    Ok(())
}

/// The program lives again, and does what else there is.
fn goes_on(file: &Path) -> TestResult {
    let mut app = App::start(file)?;
    let state = app.ask_now(&format!("state {BAD}"))?;
    assert!(state.starts_with("Terminated"), "{state}");
    app.ask_now("start good sequence 2")?;
    let begun = Instant::now();
    while app.ask_now("state good")? != "Completed 2" {
        assert!(begun.elapsed() < PATIENCE, "it stands still");
        std::thread::sleep(LOOK);
    }
    app.kill()?;
    Ok(())
}

#[tokio::test]
async fn a_service_on_the_file_of_an_app_ends_what_brings_the_app_down() -> TestResult {
    let folder = TempDir::new()?;
    let file = folder.path().join("hub.db");
    dies_at_each_start(&file)?;
    let Some(mut service) = need(Sidecar::start(&file, &[])) else {
        return Ok(());
    };
    let channel = Channel::from_shared(service.url())?.connect().await?;
    let mut client = TaskHubSidecarServiceClient::new(channel);
    let terminate = TerminateRequest {
        instance_id: BAD.to_owned(),
        ..TerminateRequest::default()
    };
    client.terminate_instance(terminate).await?;
    // What was acknowledged needs no orderly end.
    service.kill();
    goes_on(&file)
}

#[tokio::test]
async fn a_hub_without_a_worker_ends_what_brings_the_app_down() -> TestResult {
    let folder = TempDir::new()?;
    let file = folder.path().join("hub.db");
    dies_at_each_start(&file)?;
    let runtime = Arc::new(TokioRuntime::current().ok_or("no tokio runtime")?);
    let hub = Hub::open(HubOptions::file(&file), runtime).await?;
    let bad = InstanceId::new(BAD)?;
    hub.client().terminate(&bad, None, false).await?;
    hub.shutdown(Duration::from_secs(5)).await;
    goes_on(&file)
}
