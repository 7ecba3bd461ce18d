//! The command line of every app.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

const PORT_HELP: &str = "Port to serve on [env: FUNCTIONS_CUSTOMHANDLER_PORT, which counts only \
                         with `--backend embedded`] [default: 7071]";
const HUB_HELP: &str = "Where all state is: `memory` or a file [env: AGENT_HUB] \
                        [default: .agent-hub/{binary}.db; for `ask`: memory]";
const MODEL_HELP: &str = "Who answers: `offline` or `openai` [env: AGENT_MODEL] \
                          [default: openai if OPENAI_API_KEY is set]";
const BACKEND_HELP: &str = "Which engine: `embedded` [env: AGENT_BACKEND] [default: embedded]";

/// The command line: without a command it is `run`.
#[derive(Debug, Clone, Parser)]
#[command(about = "A function app: agents over HTTP, on a durable engine.", version = None)]
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
    fn options_stand_with_or_without_the_command() {
        let expected = CommonOptions {
            port: Some(80),
            hub: Some(PathBuf::from("memory")),
            model: Some(String::from("offline")),
            backend: None,
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
