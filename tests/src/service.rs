//! Apps whose engine is a service in another process: real programs, a real `task-hub serve`, and
//! what each says where the other is not there or is not what it should be.

use std::error::Error;
use std::path::Path;
use std::time::Duration;

use agent_tests::tools::{Sidecar, need, program};
use agent_tests::{CallLog, Http, Phase, Program, free_port};
use serde_json::Value;
use tempfile::TempDir;

use crate::scene::{AGENT, SESSION, TestResult};

/// The example and its agent.
const EXAMPLE: (&str, &str) = ("weather-agent", "WeatherAgent");
const QUESTION: &str = "What is the weather in Seattle?";
const ANSWER: &str = "The weather in Seattle: light rain, 12 °C, 87 % humidity.";
const SCHEDULER: &str = "DURABLE_TASK_SCHEDULER_CONNECTION_STRING";
/// How long anything may take that has to happen.
const PATIENCE: Duration = Duration::from_mins(1);
const LOOK: Duration = Duration::from_millis(20);

/// The example as somebody builds it who wants to use it with a service.
fn example(folder: &Path) -> Option<Program> {
    let path = need(program(EXAMPLE.0, &["grpc"]))?;
    Some(Program::new(path, folder))
}

fn on(url: &str) -> [String; 4] {
    ["--backend", "grpc", "--endpoint", url].map(str::to_owned)
}

/// What it said before it ended by itself with that code.
fn ended(program: &Program, arguments: &[&str], code: i32) -> Result<[String; 2], Box<dyn Error>> {
    let output = program.command(arguments.iter().copied()).output()?;
    let [said, problem] =
        [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {problem}");
    assert!(!problem.contains("panicked"), "{problem}");
    Ok([said, problem])
}

/// The last line of what a program says that refuses to start.
fn refusal(program: &Program, arguments: &[&str]) -> Result<String, Box<dyn Error>> {
    let [_, said] = ended(program, arguments, 1)?;
    let last = said.lines().last().unwrap_or_default();
    Ok(last.to_owned())
}

/// Waits until its health has that status.
async fn until(http: &Http, status: u16) -> Result<Value, Box<dyn Error>> {
    let reached = async {
        loop {
            // Where a test waits for long, the connection that it used last has been closed.
            match http.get("health").await {
                Ok(answer) if answer.status == status => return answer.body,
                Ok(_) | Err(_) => tokio::time::sleep(LOOK).await,
            }
        }
    };
    Ok(tokio::time::timeout(PATIENCE, reached).await?)
}

#[tokio::test]
async fn the_example_answers_on_a_service_and_leaves_its_state_there() -> TestResult {
    let folder = TempDir::new()?;
    let Some(example) = example(folder.path()) else {
        return Ok(());
    };
    let service = Sidecar::start(&folder.path().join("service.db"), &[])?;
    let example = example.on(on(&service.url()));
    let app = example.start().await?;
    let http = app.http();
    let answer = http.run(EXAMPLE.1, "s1", "k1", QUESTION, true).await?;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.body["response"], ANSWER);
    app.kill()?;

    let app = example.start().await?;
    let http = app.http();
    let answer = http.fetch(EXAMPLE.1, "s1", "k1").await?;
    assert_eq!(answer.body["response"], ANSWER, "{answer:?}");
    let answer = http.run(EXAMPLE.1, "s1", "k1", QUESTION, true).await?;
    assert_eq!(answer.body["response"], ANSWER, "it is the same run");
    let turns = http.conversation(EXAMPLE.1, "s1").await?;
    assert_eq!(turns.len(), 2, "{turns:?}");
    let output = app.output();
    assert!(!output.contains("panicked"), "{output}");
    // What it has code for is the first that somebody looks for who waits for a worker.
    let serving = output.lines().find(|line| line.contains("serving"));
    let serving = serving.ok_or("it does not say what it serves")?;
    for name in [
        "\"WeatherAgent\"",
        "\"agent-run\"",
        "\"agent-tool\"",
        "entities={",
    ] {
        assert!(serving.contains(name), "{name}: {serving}");
    }
    let listed = http
        .get("../runtime/webhooks/durabletask/instances")
        .await?;
    let run = listed.body[0]["instanceId"].as_str().ok_or("no run")?;
    assert!(app.terminate().await?.success());
    // The service has the histories as well.
    let url = service.url();
    for (id, verdict, code) in [(run, "OK", 0), ("nobody", "UNREADABLE", 2)] {
        let replay = [
            "replay",
            "--backend",
            "grpc",
            "--endpoint",
            &url,
            "--instance",
            id,
        ];
        let [said, _] = ended(&example, &replay, code)?;
        assert!(said.starts_with(&format!("{verdict} {id}\n")), "{said}");
    }
    let hub = example.hub_file();
    assert!(!hub.exists(), "it has no state of its own");
    Ok(())
}

/// Arguments and variables.
type Form<'a> = (&'a [&'a str], &'a [(&'a str, &'a str)]);

#[tokio::test]
async fn the_environment_names_a_service_as_the_command_line_does() -> TestResult {
    let folder = TempDir::new()?;
    let Some(example) = example(folder.path()) else {
        return Ok(());
    };
    let service = Sidecar::start(Path::new("memory"), &[])?;
    let url = service.url();
    let scheduler = format!("Endpoint={url};Authentication=None;TaskHub=default");
    let nobody = "http://127.0.0.1:1";
    let forms: [Form<'_>; 4] = [
        (&["--backend", "grpc", "--endpoint", &url], &[]),
        (&[], &[("AGENT_BACKEND", "grpc"), ("AGENT_ENDPOINT", &url)]),
        (&["--backend", "grpc"], &[(SCHEDULER, &scheduler)]),
        (
            &["--backend", "grpc", "--endpoint", &url],
            &[("AGENT_ENDPOINT", nobody), (SCHEDULER, "wrong")],
        ),
    ];
    for (arguments, variables) in forms {
        let mut program = example.clone();
        for (name, value) in variables {
            program = program.env(name, *value);
        }
        let all = [&["ask", QUESTION], arguments].concat();
        let [said, _] = ended(&program, &all, 0)?;
        assert_eq!(said.trim_end(), ANSWER, "{arguments:?} {variables:?}");
    }
    Ok(())
}

/// `crash-app` as a worker of a service, with a log of its calls.
struct Traveller {
    folder: TempDir,
    service: Sidecar,
}

impl Traveller {
    /// Where the tools are there.
    fn new() -> Result<Option<Self>, Box<dyn Error>> {
        let folder = TempDir::new()?;
        let service = need(Sidecar::start(&folder.path().join("service.db"), &[]));
        Ok(service.map(|service| Self { folder, service }))
    }

    fn program(&self, epoch: u32) -> Program {
        let path = env!("CARGO_BIN_EXE_crash-app");
        let program = Program::new(path, self.folder.path()).on(on(&self.service.url()));
        let variables = CallLog::environment(self.folder.path(), epoch);
        variables
            .into_iter()
            .fold(program, |program, (name, value)| program.env(name, value))
    }

    fn log(&self) -> CallLog {
        CallLog::new(self.folder.path(), 0)
    }
}

async fn answer(http: &Http, key: &str) -> Result<Value, Box<dyn Error>> {
    let answered = async {
        loop {
            let answer = http.fetch(AGENT, SESSION, key).await?;
            if answer.status == 200 {
                return Ok::<_, Box<dyn Error>>(answer.body["response"].clone());
            }
            assert!(matches!(answer.status, 202 | 503), "{answer:?}");
            tokio::time::sleep(LOOK).await;
        }
    };
    tokio::time::timeout(PATIENCE, answered).await?
}

#[tokio::test]
async fn a_run_goes_on_after_its_app_was_killed() -> TestResult {
    let Some(scene) = Traveller::new()? else {
        return Ok(());
    };
    let log = scene.log();
    log.hold("in-tool-0")?;
    let app = scene.program(0).start().await?;
    let http = app.http();
    let sent = http.run(AGENT, SESSION, "k1", "go tools:1", false).await?;
    assert_eq!(sent.status, 202, "{sent:?}");
    log.wait_for(0, "tool-0", Phase::Began).await?;
    app.kill()?;
    log.release("in-tool-0")?;

    let app = scene.program(1).start().await?;
    assert_eq!(answer(&app.http(), "k1").await?, "done go tools:1");
    let began = |call: &&agent_tests::Call| call.phase == Phase::Began;
    let calls = log.calls()?;
    let made = calls.iter().filter(began);
    let made: Vec<(&str, u32)> = made.map(|call| (call.kind.as_str(), call.epoch)).collect();
    // The model's first answer was durable; what was under way is made again.
    let expected = [("model", 0), ("tool-0", 0), ("tool-0", 1), ("model", 1)];
    assert_eq!(made, expected);
    let turns = app.http().conversation(AGENT, SESSION).await?;
    assert_eq!(turns.len(), 2, "{turns:?}");
    Ok(())
}

#[tokio::test]
async fn a_run_goes_on_after_its_service_was_killed() -> TestResult {
    let Some(scene) = Traveller::new()? else {
        return Ok(());
    };
    let log = scene.log();
    log.hold("in-model")?;
    let app = scene.program(0).start().await?;
    let http = app.http();
    let sent = http.run(AGENT, SESSION, "k1", "hello plain", false).await?;
    assert_eq!(sent.status, 202, "{sent:?}");
    log.wait_for(0, "model", Phase::Began).await?;
    let Traveller {
        folder,
        mut service,
    } = scene;
    let address = service.address().to_owned();
    service.kill();
    let health = until(&app.http(), 500).await?;
    let error = health["error"].as_str().unwrap_or_default();
    assert!(error.starts_with("the service can't be reached"), "{error}");
    log.release("in-model")?;
    assert!(!app.output().contains("panicked"), "{}", app.output());

    let _service = Sidecar::start_at(&address, &folder.path().join("service.db"))?;
    until(&app.http(), 200).await?;
    assert_eq!(answer(&app.http(), "k1").await?, "done hello plain");
    let turns = app.http().conversation(AGENT, SESSION).await?;
    assert_eq!(turns.len(), 2, "{turns:?}");
    Ok(())
}

#[tokio::test]
async fn a_service_that_is_not_there_is_said_and_waited_for() -> TestResult {
    let folder = TempDir::new()?;
    let Some(example) = example(folder.path()) else {
        return Ok(());
    };
    let address = format!("127.0.0.1:{}", free_port()?);
    let url = format!("http://{address}");
    let [_, said] = ended(
        &example,
        &["ask", "Hi", "--backend", "grpc", "--endpoint", &url],
        1,
    )?;
    let last = said.lines().last().unwrap_or_default();
    assert!(
        last.starts_with("Error: the hub is unavailable: "),
        "{said}"
    );
    assert!(last.contains("Connection refused"), "{said}");
    assert!(
        said.contains(&url) && said.contains("trying again"),
        "{said}"
    );

    let app = example.on(on(&url)).start_unwell().await?;
    let http = app.http();
    let refused = http.run(EXAMPLE.1, "s1", "k1", QUESTION, true).await?;
    assert_eq!(refused.status, 503, "{refused:?}");
    let text = refused.body["error"].as_str().unwrap_or_default();
    assert!(text.starts_with("the hub is unavailable: "), "{text}");
    assert!(text.contains("Connection refused"), "{text}");
    let health = until(&http, 500).await?;
    let error = health["error"].as_str().unwrap_or_default();
    assert!(error.contains("Connection refused"), "{error}");

    let _service = Sidecar::start_at(&address, Path::new("memory"))?;
    until(&http, 200).await?;
    let answer = http.run(EXAMPLE.1, "s1", "k1", QUESTION, true).await?;
    assert_eq!(answer.body["response"], ANSWER, "{answer:?}");
    assert!(app.terminate().await?.success());
    Ok(())
}

#[tokio::test]
async fn an_app_ends_when_it_is_asked_to_while_its_service_is_not_there() -> TestResult {
    let folder = TempDir::new()?;
    let url = format!("http://127.0.0.1:{}", free_port()?);
    let program = Program::new(env!("CARGO_BIN_EXE_crash-app"), folder.path()).on(on(&url));
    let app = program.start_unwell().await?;
    let output = app.output();
    assert!(!output.contains("panicked"), "{output}");
    assert!(app.terminate().await?.success());
    Ok(())
}

#[test]
fn what_names_no_service_is_refused_before_anything_is_created() -> TestResult {
    let folder = TempDir::new()?;
    let Some(example) = example(folder.path()) else {
        return Ok(());
    };
    let endpoint = |value: &str| format!("--endpoint={value}");
    let address = "is not the address of a gRPC service";
    for (value, expected) in [
        ("127.0.0.1:4001", "begins neither with http:// nor with"),
        ("ftp://example.com", "begins neither with http:// nor with"),
        ("http://", "it is no URL"),
        ("http://a b", "it is no URL"),
        ("http://me:hush@127.0.0.1:1", "a user name or password"),
        ("Endpoint=https://x;Key=hush", SCHEDULER),
    ] {
        let said = refusal(&example, &["--backend", "grpc", &endpoint(value)])?;
        assert!(
            said.contains(address) && said.contains(expected),
            "{value}: {said}"
        );
        assert!(!said.contains("hush"), "{said}");
    }
    let said = refusal(&example, &["--backend", "grpc"])?;
    assert!(said.contains("--endpoint (AGENT_ENDPOINT)"), "{said}");
    for (value, expected) in [
        ("hush", "part 1 is not of the form `name=value`"),
        ("Endpoint=https://hush", "`Authentication` is missing"),
        (
            "Endpoint=https://hush;Authentication=None",
            "`TaskHub` is missing",
        ),
        (
            "Endpoint=https://x;Authentication=Environment;TaskHub=hush",
            "`AZURE_TENANT_ID` is not set",
        ),
        (
            "Endpoint=http://me:hush@x;Authentication=None;TaskHub=h",
            "a user name or password",
        ),
    ] {
        let program = example.clone().env(SCHEDULER, value);
        let said = refusal(&program, &["--backend", "grpc"])?;
        assert!(said.contains(expected), "{value}: {said}");
        assert!(!said.contains("hush"), "{said}");
    }
    assert_eq!(std::fs::read_dir(folder.path())?.count(), 0);
    Ok(())
}

#[test]
fn an_app_that_was_built_for_no_service_says_how_to_build_it() -> TestResult {
    let folder = TempDir::new()?;
    let Some(path) = need(program(EXAMPLE.0, &[])) else {
        return Ok(());
    };
    let plain = Program::new(path, folder.path());
    let arguments = ["--backend", "grpc", "--endpoint", "http://127.0.0.1:1"];
    let said = refusal(&plain, &arguments)?;
    assert_eq!(
        said,
        "Error: the backend `grpc` is not in this build (it needs the cargo feature `grpc` of \
         `agent-host`: build with `--features agent-host/grpc`); `--backend embedded` is"
    );
    assert_eq!(std::fs::read_dir(folder.path())?.count(), 0);
    Ok(())
}
