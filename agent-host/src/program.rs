//! The program that every app is: `run`, `ask`, `replay` and `graph`.

use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use agent_sdk::model::ChatModel;
use agent_sdk::{App, CorrelationId, RunRequest, RunState, SessionId};
use clap::Parser as _;
use tokio_util::sync::CancellationToken;

use crate::app::FunctionApp;
use crate::backend::Backend;
use crate::cli::{AskOptions, Cli, Command};
use crate::config::{HubLocation, Settings, Variables};
use crate::error::{HostError, link_of};
use crate::graph;
use crate::host::Host;
use crate::model::{self, Models};
use crate::replay;
use crate::serve::{self, Ending};
use crate::telemetry;

/// What `run` logs unless it is told otherwise.
const RUN_LOG: &str = "info";
/// What `ask` logs unless it is told otherwise: its output is the answer.
const ASK_LOG: &str = "warn";
/// How long threads that block may hold up the end of the process.
const THREADS_END: Duration = Duration::from_secs(1);
/// Said where other machines may call and nothing says by which name.
const NO_NAME: &str = "links in answers to other machines are paths only: set AGENT_BASE_URL to \
                       what this app is called outside";
/// How long `ask` lets the hub end after its answer.
const ASK_END: Duration = Duration::from_secs(5);
/// How long running steps may take to end where the requests have used up the deadline.
const SHUTDOWN_LEAST: Duration = Duration::from_secs(2);
/// How much longer than the agent's own limit `ask` waits, for the turns before it.
const ASK_QUEUE: Duration = Duration::from_mins(1);

/// Runs the app as the command line says.
pub(crate) fn run(app: FunctionApp) -> Result<(), HostError> {
    let cli = Cli::parse();
    let is_replay = matches!(cli.command, Some(Command::Replay(_)));
    let code = execute(app, cli);
    match code {
        Ok(replay::FITS) => Ok(()),
        Ok(code) => std::process::exit(code),
        // Nobody knows whether the code fits: that is not what a divergence says.
        Err(error) if is_replay => {
            let _ = writeln!(std::io::stderr(), "Error: {error}");
            std::process::exit(replay::UNREADABLE)
        }
        Err(error) => Err(error),
    }
}

/// Does what the command line says. Returns the code with which the process ends.
fn execute(app: FunctionApp, cli: Cli) -> Result<i32, HostError> {
    if let Some(Command::Graph(options)) = &cli.command {
        let picture = graph::print(app, options)?;
        let _ = write!(std::io::stdout(), "{picture}");
        return Ok(replay::FITS);
    }
    let settings = Settings::resolve(&cli, &Variables::load()?, &binary_name())?;
    let default_log = match cli.command {
        Some(Command::Ask(_) | Command::Replay(_)) => ASK_LOG,
        None | Some(Command::Run | Command::Graph(_)) => RUN_LOG,
    };
    start_logs(&settings, default_log)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(HostError::Runtime)?;
    let result = runtime.block_on(async {
        match cli.command {
            Some(Command::Replay(options)) => {
                return replay::run(app, &settings, &options, &mut std::io::stdout()).await;
            }
            Some(Command::Ask(options)) => ask(app, settings, &options).await?,
            // The graph is printed by now.
            None | Some(Command::Run | Command::Graph(_)) => serve(app, settings).await?,
        }
        Ok(replay::FITS)
    });
    runtime.shutdown_timeout(THREADS_END);
    result
}

fn start_logs(settings: &Settings, default: &str) -> Result<(), HostError> {
    let (setting, filter) = match &settings.log_filter {
        Some((setting, filter)) => (*setting, filter.as_str()),
        None => ("AGENT_LOG", default),
    };
    telemetry::start(filter, settings.log_json).map_err(|_| {
        HostError::Setting(crate::config::SettingError::Invalid {
            setting,
            value: filter.to_owned(),
            expected: "a filter such as `info` or `agent_host=debug`",
        })
    })
}

/// The file name of this program, after which its hub is named.
fn binary_name() -> String {
    std::env::current_exe()
        .ok()
        .and_then(|path| Some(path.file_stem()?.to_str()?.to_owned()))
        .unwrap_or_else(|| String::from("app"))
}

/// An app without agents has nobody who would ask a model.
fn choose_model(
    app: &FunctionApp,
    settings: &Settings,
) -> Result<Option<Arc<dyn ChatModel>>, HostError> {
    if !app.app.has_agents() {
        return Ok(None);
    }
    let models = Models {
        given: app.model.clone(),
        offline: app.offline_model.clone(),
    };
    model::choose(models, settings.model, settings.openai.as_ref()).map(Some)
}

/// The names of the agents that an app hosts.
fn agents_of(app: &App) -> Vec<String> {
    app.agents().map(|agent| agent.name.to_string()).collect()
}

/// Serves until the process is asked to end.
async fn serve(app: FunctionApp, settings: Settings) -> Result<(), HostError> {
    let model = choose_model(&app, &settings)?;
    let provider = model.as_ref().map_or("none", |model| model.provider());
    let deadline = app.deadline();
    let has_keys = !settings.keys.is_empty();
    if has_keys && !settings.origin.is_known() {
        tracing::warn!("{NO_NAME}");
    }
    let plan = app
        .into_plan(model)?
        .guarded(settings.keys, settings.origin)?;
    let agents = agents_of(plan.app());
    let workflows: Vec<&str> = plan.app().workflows().map(|graph| graph.name).collect();
    let url = plan.listening_on(settings.port);
    // The hub first: who has it already is a better answer than who has the port.
    let host = plan.start(&settings.backend).await?;
    let listening = serve::listen(settings.port, has_keys).await;
    let listener = match listening {
        Ok(listener) => listener,
        Err(source) => {
            host.shutdown(ASK_END).await;
            return Err(HostError::Listen {
                port: settings.port,
                source,
            });
        }
    };
    let address = listener.local_addr();
    if let Ok(address) = &address {
        url.listens_on(address.port());
    }
    let address = address.map(link_of).unwrap_or_default();
    host.announce(&address);
    let registered = host.registered();
    tracing::info!(
        %address,
        hub = %settings.backend,
        model = provider,
        ?agents,
        ?workflows,
        orchestrators = ?registered.orchestrators,
        executors = ?registered.executors,
        entities = ?registered.entities,
        "serving"
    );
    let ending = Ending {
        stop: CancellationToken::new(),
        closing: host.closing().clone(),
        deadline,
    };
    let stop = ending.stop.clone();
    tokio::spawn(async move {
        serve::signalled().await;
        tracing::info!("asked to end; running requests are let through");
        stop.cancel();
    });
    let left = serve::serve(listener, host.router(), host.head_timeout(), &ending).await;
    host.shutdown(left.max(SHUTDOWN_LEAST)).await;
    tracing::info!("ended");
    Ok(())
}

/// Asks once and prints the answer.
async fn ask(app: FunctionApp, settings: Settings, options: &AskOptions) -> Result<(), HostError> {
    if options.text.trim().is_empty() {
        return Err(HostError::NoMessage);
    }
    let model = choose_model(&app, &settings)?;
    let plan = app.into_plan(model)?;
    let names = agents_of(plan.app());
    let agent = whom(options, names)?;
    let limit = plan
        .app()
        .agent(&agent)
        .map_or(ASK_QUEUE, |agent| agent.timeout + ASK_QUEUE);
    let request = question(agent, options)?;
    if let Backend::Embedded(HubLocation::File(path)) = &settings.backend {
        tracing::debug!(hub = %path.display(), "the answer becomes part of this hub");
    }
    let host = plan.start(&settings.backend).await?;
    let answer = answer(&host, request, limit).await;
    host.shutdown(ASK_END).await;
    print(&mut std::io::stdout(), &answer?)
}

/// Writes the answer. A reader that has gone has seen what it wanted; anything else is a failure.
fn print(output: &mut impl std::io::Write, answer: &str) -> Result<(), HostError> {
    match writeln!(output, "{answer}").and_then(|()| output.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(HostError::Unwritten(error))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

fn question(agent: String, options: &AskOptions) -> Result<RunRequest, HostError> {
    let request = RunRequest::new(agent, options.text.as_str()).correlated(CorrelationId::random());
    match &options.session {
        None => Ok(request),
        Some(session) => SessionId::new(session)
            .map(|session| request.in_session(session))
            .map_err(|problem| {
                HostError::Setting(crate::config::SettingError::Session {
                    value: session.clone(),
                    problem,
                })
            }),
    }
}

async fn answer(host: &Host, request: RunRequest, limit: Duration) -> Result<String, HostError> {
    let started = host.agents().start(request).await?;
    match host.agents().wait(&started.run, limit).await? {
        RunState::Answered(answer) => Ok(answer.text),
        RunState::Failed(failure) => Err(failure.into()),
        RunState::Running => Err(HostError::Unanswered),
    }
}

/// The agent that is meant: the one that is named, or the only one.
fn whom(options: &AskOptions, mut agents: Vec<String>) -> Result<String, HostError> {
    let position = match &options.agent {
        Some(name) => agents
            .iter()
            .position(|agent| agent.eq_ignore_ascii_case(name)),
        None if agents.len() == 1 => Some(0),
        None => None,
    };
    match (position, &options.agent) {
        (Some(position), _) => Ok(agents.swap_remove(position)),
        (None, Some(name)) => Err(HostError::AskWhom {
            problem: format!("there is no agent `{name}`"),
            agents,
        }),
        (None, None) => Err(HostError::AskWhom {
            problem: String::from("say whom to ask with --agent"),
            agents,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(agent: Option<&str>, session: Option<&str>) -> AskOptions {
        AskOptions {
            text: String::from("Hi"),
            agent: agent.map(str::to_owned),
            session: session.map(str::to_owned),
        }
    }

    #[test]
    fn the_only_agent_is_meant_and_among_several_the_named_one() {
        let one = vec![String::from("Joker")];
        let two = vec![String::from("Joker"), String::from("Poet")];
        assert_eq!(whom(&options(None, None), one.clone()).unwrap(), "Joker");
        assert_eq!(
            whom(&options(Some("poet"), None), two.clone()).unwrap(),
            "Poet"
        );
        let error = whom(&options(None, None), two.clone()).unwrap_err();
        let text = "say whom to ask with --agent; this app hosts Joker, Poet";
        assert_eq!(error.to_string(), text);
        let error = whom(&options(Some("King"), None), two).unwrap_err();
        assert_eq!(
            error.to_string(),
            "there is no agent `King`; this app hosts Joker, Poet"
        );
    }

    #[test]
    fn a_question_goes_to_the_named_session() {
        let request = question(String::from("J"), &options(None, Some("s1"))).unwrap();
        assert_eq!(request.session.as_str(), "s1");
        assert!(question(String::from("J"), &options(None, Some("a/b"))).is_err());
        let error = question(String::from("J"), &options(None, Some("run"))).unwrap_err();
        assert_eq!(
            error.to_string(),
            "--session: `run` is reserved and can't be a session id: a route has this name"
        );
    }

    #[tokio::test]
    async fn a_question_without_text_is_refused() {
        let settings = Settings::resolve(
            &Cli::parse_from(["app", "ask", " "]),
            &Variables::none(),
            "app",
        );
        let mut options = options(None, None);
        options.text = String::from(" ");
        let error = ask(FunctionApp::new(), settings.unwrap(), &options)
            .await
            .unwrap_err();
        assert_eq!(error.to_string(), "Message is required");
    }

    /// Takes what is written and fails when it is to hand it on.
    struct Failing(std::io::ErrorKind);

    impl std::io::Write for Failing {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Err(self.0.into())
        }
    }

    #[test]
    fn an_answer_that_cannot_be_written_is_a_failure_unless_the_reader_has_gone() {
        let mut output = Vec::new();
        print(&mut output, "Hi").unwrap();
        assert_eq!(output, b"Hi\n");
        print(&mut Failing(std::io::ErrorKind::BrokenPipe), "Hi").unwrap();
        let error = print(&mut Failing(std::io::ErrorKind::StorageFull), "Hi").unwrap_err();
        let text = error.to_string();
        assert!(text.starts_with("the answer can't be written"), "{text}");
    }
}
