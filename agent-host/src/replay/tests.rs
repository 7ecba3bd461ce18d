use std::path::{Path, PathBuf};
use std::time::Duration;

use agent_sdk::model::ScriptedModel;
use axum::body::Body;
use axum::http::Request;
use clap::Parser as _;
use durable_task::{
    Activity, ActivityContext, ActivityError, InstanceId, OrchestrationContext, OrchestrationError,
    Orchestrator, StartRequest, WaitFor,
};
use http_body_util::BodyExt as _;
use tokio::net::TcpListener;
use tower::ServiceExt as _;

use super::*;
use crate::cli::{Cli, Command};
use crate::config::{HubLocation, Variables};
use crate::host::Host;

/// What every version calls.
struct Say;

impl Activity for Say {
    const NAME: &'static str = "say";
    type Input = String;
    type Output = String;

    async fn run(&self, _: ActivityContext, text: String) -> Result<String, ActivityError> {
        Ok(text)
    }
}

/// The code before a deployment, and two ways to change it.
mod before {
    use super::{OrchestrationContext, OrchestrationError, Orchestrator};

    pub struct Greet;

    impl Orchestrator for Greet {
        const NAME: &'static str = "greet";
        type Input = String;
        type Output = String;

        async fn run(
            ctx: OrchestrationContext,
            name: String,
        ) -> Result<String, OrchestrationError> {
            let said: String = ctx.call_activity("say", &name).await?;
            let more: String = ctx.wait_for_event_named("more").await?;
            Ok(said + &more)
        }
    }
}

mod diverging {
    use super::{OrchestrationContext, OrchestrationError, Orchestrator};

    pub struct Greet;

    impl Orchestrator for Greet {
        const NAME: &'static str = "greet";
        type Input = String;
        type Output = String;

        async fn run(
            ctx: OrchestrationContext,
            name: String,
        ) -> Result<String, OrchestrationError> {
            ctx.sleep(std::time::Duration::from_secs(1)).await;
            ctx.call_activity("say", &name).await
        }
    }
}

mod compatible {
    use super::{OrchestrationContext, OrchestrationError, Orchestrator};

    pub struct Greet;

    impl Orchestrator for Greet {
        const NAME: &'static str = "greet";
        type Input = String;
        type Output = String;

        async fn run(
            ctx: OrchestrationContext,
            name: String,
        ) -> Result<String, OrchestrationError> {
            let said: String = ctx.call_activity("say", &name).await?;
            let more: String = ctx.wait_for_event_named("more").await?;
            // What comes after the wait has not run yet, so it may change.
            ctx.call_activity("say", &(said + &more)).await
        }
    }
}

mod agents {
    use agent_sdk::prelude::*;

    /// Hosted beside the orchestrators.
    #[agent(instructions = "You tell jokes.", tools = [])]
    pub struct Joker;
}

fn app<O: Orchestrator>() -> FunctionApp {
    let app = FunctionApp::new().agent::<agents::Joker>();
    app.offline_model(ScriptedModel::new())
        .register(|registry| {
            registry.activity(Say)?;
            registry.orchestrator::<O>()
        })
}

/// Runs the old code until an instance waits for its event.
async fn waiting(hub: HubLocation) -> Host {
    let host = app::<before::Greet>().start(hub).await.unwrap();
    let id = InstanceId::new("g1").unwrap();
    let request = StartRequest::new("greet", id.clone()).input_json("\"Ann\"");
    let client = host.client();
    client.start(request).await.unwrap();
    client
        .wait(&id, WaitFor::Start, Duration::from_mins(1))
        .await
        .unwrap();
    // The result of the activity is in the history.
    while client.history(&id).await.unwrap().len() < 7 {
        tokio::task::yield_now().await;
    }
    host
}

/// Replays as a command line says.
async fn replayed(app: FunctionApp, arguments: &[&str]) -> (Result<i32, HostError>, String) {
    let cli = Cli::parse_from(["app", "replay"].iter().chain(arguments));
    let settings = Settings::resolve(&cli, &Variables::none(), "app").unwrap();
    let Some(Command::Replay(options)) = cli.command else {
        panic!("{cli:?}");
    };
    let mut output = Vec::new();
    let code = run(app, &settings, &options, &mut output).await;
    (code, String::from_utf8(output).unwrap())
}

async fn exported(host: &Host) -> Vec<u8> {
    let path = "/runtime/webhooks/durabletask/instances/g1/history";
    let request = Request::get(path).body(Body::empty()).unwrap();
    let response = host.router().oneshot(request).await.unwrap();
    assert_eq!(response.status(), 200);
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    bytes.to_vec()
}

/// A file with the history of the waiting instance, as the management API gives it.
async fn download(folder: &Path) -> PathBuf {
    let host = waiting(HubLocation::Memory).await;
    let file = folder.join("g1.json");
    std::fs::write(&file, exported(&host).await).unwrap();
    host.shutdown(Duration::from_secs(5)).await;
    file
}

#[tokio::test]
async fn the_export_is_the_history_without_a_loss() {
    let host = waiting(HubLocation::Memory).await;
    let bytes = exported(&host).await;
    let id = InstanceId::new("g1").unwrap();
    let history = host.client().history(&id).await.unwrap();
    assert_eq!(durable_task::history_from_bytes(&bytes).unwrap(), history);
    let document: Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(document["instanceId"], "g1");
    assert_eq!(document["name"], "greet");
    assert_eq!(document["runtimeStatus"], "Running");
    host.shutdown(Duration::from_secs(5)).await;
}

#[tokio::test]
async fn a_downloaded_history_fits_the_code_or_it_diverges() {
    let folder = tempfile::tempdir().unwrap();
    let file = download(folder.path()).await;
    let file = file.to_str().unwrap();

    let (code, text) = replayed(app::<before::Greet>(), &[file]).await;
    assert_eq!(code.unwrap(), FITS, "{text}");
    assert!(
        text.starts_with(&format!("OK {file}\n  instance `g1` of `greet`")),
        "{text}"
    );

    let (code, text) = replayed(app::<compatible::Greet>(), &[file]).await;
    assert_eq!(code.unwrap(), FITS, "{text}");

    let (code, text) = replayed(app::<diverging::Greet>(), &[file]).await;
    assert_eq!(code.unwrap(), DIVERGES, "{text}");
    assert!(text.starts_with(&format!("DIVERGES {file}\n")), "{text}");
    for part in ["history: activity `say`", "replay/tests.rs:", "advice: "] {
        assert!(text.contains(part), "{part}: {text}");
    }

    let (code, text) = replayed(app::<diverging::Greet>(), &["--json", file]).await;
    assert_eq!(code.unwrap(), DIVERGES);
    let line: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        (&line["source"], &line["verdict"]),
        (&json!(file), &json!("DIVERGES"))
    );
    assert_eq!(line["report"]["outcome"]["result"], "diverges");
}

#[tokio::test]
async fn what_cannot_be_read_is_worse_than_what_diverges() {
    let folder = tempfile::tempdir().unwrap();
    let good = download(folder.path()).await;
    let bad = folder.path().join("bad.json");
    let empty = folder.path().join("empty.json");
    std::fs::write(&bad, "{\"events\": 7}").unwrap();
    std::fs::write(&empty, "[]").unwrap();
    let missing = folder.path().join("missing.json");
    for bad in [bad, empty, missing] {
        let files = [bad.to_str().unwrap(), good.to_str().unwrap()];
        let (code, text) = replayed(app::<diverging::Greet>(), &files).await;
        assert_eq!(code.unwrap(), UNREADABLE, "{text}");
        assert!(text.starts_with("UNREADABLE "), "{text}");
        // The others are replayed all the same.
        assert!(text.contains("\nDIVERGES "), "{text}");
    }
    let other = app::<Other>();
    let (code, text) = replayed(other, &[good.to_str().unwrap()]).await;
    assert_eq!(code.unwrap(), DIVERGES, "{text}");
}

/// Code for other instances.
struct Other;

impl Orchestrator for Other {
    const NAME: &'static str = "other";
    type Input = ();
    type Output = ();

    async fn run(_: OrchestrationContext, (): ()) -> Result<(), OrchestrationError> {
        Ok(())
    }
}

#[tokio::test]
async fn histories_are_taken_from_a_hub_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("hub.db");
    let host = waiting(HubLocation::File(file.clone())).await;
    host.shutdown(Duration::from_secs(5)).await;
    let hub = file.to_str().unwrap();
    for (arguments, expected) in [
        (["--hub", hub, "--instance", "g1"], DIVERGES),
        (["--hub", hub, "--instance", "nobody"], UNREADABLE),
    ] {
        let (code, text) = replayed(app::<diverging::Greet>(), &arguments).await;
        assert_eq!(code.unwrap(), expected, "{text}");
    }
    let (code, text) = replayed(app::<diverging::Greet>(), &["--hub", hub, "--all-running"]).await;
    assert_eq!(code.unwrap(), DIVERGES, "{text}");
    // Nothing was run and nothing was changed: the old code goes on.
    let (code, text) = replayed(app::<before::Greet>(), &["--hub", hub, "--all-running"]).await;
    assert_eq!(code.unwrap(), FITS, "{text}");

    let none = folder.path().join("none.db");
    let arguments = ["--hub", none.to_str().unwrap(), "--all-running"];
    let (code, _) = replayed(app::<before::Greet>(), &arguments).await;
    let error = code.unwrap_err().to_string();
    assert!(
        error.starts_with("replay: there is no hub file "),
        "{error}"
    );
    assert!(!none.exists());
}

#[tokio::test]
async fn histories_are_taken_from_a_running_app() {
    let host = waiting(HubLocation::Memory).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let serving = tokio::spawn(axum::serve(listener, host.router()).into_future());
    let api = format!("{url}/runtime/webhooks/durabletask/");
    for (arguments, expected) in [
        (vec!["--url", &url, "--instance", "g1"], DIVERGES),
        (vec!["--url", &api, "--all-running"], DIVERGES),
        (vec!["--url", &url, "--instance", "nobody"], UNREADABLE),
    ] {
        let (code, text) = replayed(app::<diverging::Greet>(), &arguments).await;
        assert_eq!(code.unwrap(), expected, "{text}");
    }
    serving.abort();
    let (code, text) = replayed(app::<before::Greet>(), &["--url", &url, "--instance", "g1"]).await;
    assert_eq!(code.unwrap(), UNREADABLE, "{text}");
    let (code, _) = replayed(app::<before::Greet>(), &["--url", &url, "--all-running"]).await;
    assert!(code.is_err());
    host.shutdown(Duration::from_secs(5)).await;
}
