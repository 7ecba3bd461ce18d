//! The command line of every app.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::graph::Format;

const PORT_HELP: &str = "Port to serve on [env: FUNCTIONS_CUSTOMHANDLER_PORT, which counts only \
                         with `--backend embedded`] [default: 7071]";
const HUB_HELP: &str = "Where all state is: `memory` or a file [env: AGENT_HUB] \
                        [default: .agent-hub/{binary}.db; for `ask`: memory]";
const MODEL_HELP: &str = "Who answers: `offline` or `openai` [env: AGENT_MODEL] \
                          [default: openai if OPENAI_API_KEY is set]";
const BACKEND_HELP: &str = "Which engine: `embedded` or `grpc` [env: AGENT_BACKEND] \
                            [default: embedded]";
const ENDPOINT_HELP: &str = "Where the service of `--backend grpc` is [env: AGENT_ENDPOINT, or \
                             DURABLE_TASK_SCHEDULER_CONNECTION_STRING]";

/// The command line: without a command it is `run`.
#[derive(Debug, Clone, Parser)]
#[command(
    about = "A function app: agents, workflows and durable orchestrations, over HTTP.",
    version = None
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    #[command(flatten)]
    pub(crate) options: CommonOptions,
}

/// What to do.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub(crate) enum Command {
    /// Serve over HTTP until SIGTERM or Ctrl-C (the default).
    Run,
    /// Ask an agent once, print its answer, and end.
    Ask(AskOptions),
    /// Run recorded histories against the code of this program. Ends with 0 if all fit, with 1 if
    /// one diverges, with 2 if one can't be read.
    Replay(ReplayOptions),
    /// Print the graph of a workflow.
    Graph(GraphOptions),
}

/// What every command understands, before its name or after it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub(crate) struct CommonOptions {
    #[arg(long, global = true, value_name = "N", help = PORT_HELP)]
    pub(crate) port: Option<u16>,
    #[arg(long, global = true, value_name = "memory|FILE", help = HUB_HELP)]
    pub(crate) hub: Option<PathBuf>,
    #[arg(long, global = true, value_name = "PROVIDER", help = MODEL_HELP)]
    pub(crate) model: Option<String>,
    #[arg(long, global = true, value_name = "BACKEND", help = BACKEND_HELP)]
    pub(crate) backend: Option<String>,
    #[arg(long, global = true, value_name = "URL", help = ENDPOINT_HELP)]
    pub(crate) endpoint: Option<String>,
}

/// One question.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub(crate) struct AskOptions {
    /// What to ask
    pub(crate) text: String,
    /// Whom to ask; needed where the app hosts several agents
    #[arg(long, value_name = "NAME")]
    pub(crate) agent: Option<String>,
    /// The conversation to go on with [default: a new one]
    #[arg(long, value_name = "ID")]
    pub(crate) session: Option<String>,
}

/// Which graph to print.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub(crate) struct GraphOptions {
    /// The workflow; needed where the app hosts several
    #[arg(value_name = "WORKFLOW")]
    pub(crate) workflow: Option<String>,
    /// `mermaid`, `dot`, `json` or `svg`
    #[arg(long, value_name = "FORMAT", default_value = "mermaid")]
    pub(crate) format: Format,
}

/// Which histories to replay.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub(crate) struct ReplayOptions {
    /// Histories as the management API gives them, or protobuf `HistoryChunk`s; `-` is standard
    /// input
    #[arg(value_name = "FILE", required_unless_present_any = ["instance", "all_running"])]
    #[arg(conflicts_with_all = ["instance", "all_running", "url"])]
    pub(crate) files: Vec<String>,
    /// An instance of the hub, or of the app at `--url`; can be repeated
    #[arg(long, value_name = "ID")]
    pub(crate) instance: Vec<String>,
    /// Every instance that has not ended
    #[arg(long)]
    pub(crate) all_running: bool,
    /// A running app to take the histories from, instead of the hub
    #[arg(long, value_name = "BASE")]
    pub(crate) url: Option<String>,
    /// The key of that app's management API
    #[arg(
        long,
        value_name = "KEY",
        env = "AGENT_DURABLETASK_KEY",
        hide_env_values = true
    )]
    pub(crate) code: Option<Key>,
    /// One line of JSON per history
    #[arg(long)]
    pub(crate) json: bool,
}

/// A key on the command line. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Key(pub(crate) String);

impl std::str::FromStr for Key {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.to_owned()))
    }
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(arguments: &[&str]) -> Result<Cli, clap::Error> {
        Cli::try_parse_from(std::iter::once("app").chain(arguments.iter().copied()))
    }

    #[test]
    fn the_definition_is_sound() {
        use clap::CommandFactory;
        Cli::command().debug_assert();
    }

    #[test]
    fn the_help_names_what_is_hosted_and_each_command() {
        use clap::CommandFactory;
        let mut command = Cli::command();
        let help = command.render_long_help().to_string();
        assert!(
            help.contains("agents, workflows and durable orchestrations"),
            "{help}"
        );
        for line in [
            "run     Serve over HTTP",
            "ask     Ask an agent once",
            "replay  Run recorded histories",
            "graph   Print the graph of a workflow",
        ] {
            assert!(help.contains(line), "`{line}` in\n{help}");
        }
        let graph = command.find_subcommand_mut("graph").unwrap();
        let help = graph.render_long_help().to_string();
        for word in ["mermaid", "dot", "json", "svg", "[WORKFLOW]"] {
            assert!(help.contains(word), "`{word}` in\n{help}");
        }
    }

    #[test]
    fn options_stand_with_or_without_the_command() {
        let expected = CommonOptions {
            port: Some(80),
            hub: Some(PathBuf::from("memory")),
            model: Some(String::from("offline")),
            backend: None,
            endpoint: None,
        };
        let options = ["--port", "80", "--hub", "memory", "--model", "offline"];
        let bare = parse(&options).unwrap();
        assert_eq!((bare.command, &bare.options), (None, &expected));
        for arguments in [
            [&["run"], &options[..]].concat(),
            [&options[..], &["run"]].concat(),
        ] {
            let cli = parse(&arguments).unwrap();
            assert_eq!((cli.command, &cli.options), (Some(Command::Run), &expected));
        }
    }

    #[test]
    fn a_question() {
        let cli = parse(&[
            "ask",
            "Hi there",
            "--agent",
            "A",
            "--session",
            "s",
            "--hub",
            "f.db",
        ]);
        let cli = cli.unwrap();
        let expected = AskOptions {
            text: String::from("Hi there"),
            agent: Some(String::from("A")),
            session: Some(String::from("s")),
        };
        assert_eq!(cli.command, Some(Command::Ask(expected)));
        assert_eq!(cli.options.hub, Some(PathBuf::from("f.db")));
    }

    #[test]
    fn histories_come_from_files_or_from_one_other_place() {
        let options = |arguments: &[&str]| match parse(arguments) {
            Ok(Cli {
                command: Some(Command::Replay(options)),
                ..
            }) => Some(options),
            _ => None,
        };
        let files = options(&["replay", "a.json", "-", "--json"]).unwrap();
        assert_eq!((files.files.len(), files.json), (2, true));
        let url = [
            "replay",
            "--url",
            "https://a",
            "--code",
            "k",
            "--instance",
            "x",
        ];
        let app = options(&url).unwrap();
        assert_eq!(app.instance, ["x"]);
        assert_eq!(format!("{:?}", app.code), "Some(Key(..))");
        assert!(
            options(&["replay", "--all-running", "--hub", "f.db"])
                .unwrap()
                .all_running
        );
        assert!(options(&["replay"]).is_none());
        assert!(options(&["replay", "--url", "https://a"]).is_none());
        assert!(options(&["replay", "a.json", "--all-running"]).is_none());
    }

    #[test]
    fn mistakes_are_refused() {
        for arguments in [
            &["--port", "70000"][..],
            &["ask"],
            &["serve"],
            &["--prot", "1"],
        ] {
            assert!(parse(arguments).is_err(), "{arguments:?}");
        }
    }
}
