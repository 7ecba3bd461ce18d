//! Why an app did not run.

use std::fmt;
use std::net::SocketAddr;

use agent_sdk::{AppError, RunError, RunFailure};
use durable_task::RegistryError;
use task_hub::{AttachError, OpenError};

use crate::config::SettingError;

/// Why an app could not start, or `ask` got no answer. `Debug` is the same text as `Display`: it is
/// what a `main` that returns this error prints.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum HostError {
    /// The app itself is not sound. Final until the program is changed.
    #[error("{0}")]
    App(#[from] AppError),
    /// Command line, environment or settings file. Final until they are changed.
    #[error("{0}")]
    Setting(#[from] SettingError),
    /// There is no model to ask. Final until a key is set or the program is changed.
    #[error("{problem}")]
    Model {
        /// What is missing, and how to give it.
        problem: String,
    },
    /// No key opens the routes of the level that the app asks for. Final until one is set.
    #[error("the routes ask for the admin key, and AGENT_ADMIN_KEY is not set")]
    NoAdminKey,
    /// The hub can't be opened: another process has it, or its file can't be read or written.
    #[error("{0}")]
    Hub(#[from] OpenError),
    /// The hub takes no worker. A retry may help.
    #[error("{0}")]
    Attach(#[from] AttachError),
    /// The service of the backend `grpc` can't be used as it is set. Final until that is changed.
    #[cfg(feature = "grpc")]
    #[error("{0}")]
    Grpc(#[from] durable_task::grpc::GrpcError),
    /// Two things have one name on the hub. Final until the program is changed.
    #[error("{0}")]
    Register(#[from] RegistryError),
    /// The port is taken or not allowed.
    #[error("can't listen on port {port}: {source}; choose another with --port")]
    Listen {
        /// The port.
        port: u16,
        /// What went wrong.
        source: std::io::Error,
    },
    /// The process could not start its threads.
    #[error("the runtime could not start: {0}")]
    Runtime(#[source] std::io::Error),
    /// `ask` does not know whom to ask.
    #[error("{problem}; this app hosts {}", agents.join(", "))]
    AskWhom {
        /// What is missing or wrong.
        problem: String,
        /// Who can be asked.
        agents: Vec<String>,
    },
    /// `ask` was asked nothing.
    #[error("Message is required")]
    NoMessage,
    /// `ask` could not write the answer: a full disk, for example.
    #[error("the answer can't be written to standard output: {0}")]
    Unwritten(#[source] std::io::Error),
    /// `ask` could not start the run.
    #[error("{0}")]
    Ask(#[from] RunError),
    /// `replay` can't get at the histories.
    #[error("replay: {problem}")]
    Replay {
        /// What is missing or wrong.
        problem: String,
    },
    /// `graph` does not know which graph to print.
    #[error("{problem}{}", hosted(workflows))]
    WhichGraph {
        /// What is missing or wrong.
        problem: String,
        /// What can be printed.
        workflows: Vec<String>,
    },
    /// `graph` can't draw this as SVG. Another format does.
    #[error("{problem}")]
    NotDrawn {
        /// Why not.
        problem: String,
    },
    /// The agent gave no answer.
    #[error("{0}")]
    Failed(#[from] RunFailure),
    /// The agent took longer than it may.
    #[error("there is no answer yet; the run goes on in the hub, if that is a file")]
    Unanswered,
}

impl fmt::Debug for HostError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

fn hosted(workflows: &[String]) -> String {
    if workflows.is_empty() {
        return String::from("; this app hosts no workflow");
    }
    format!("; this app hosts `{}`", workflows.join("`, `"))
}

/// Where a server listens, as a link.
pub(crate) fn link_of(address: SocketAddr) -> String {
    let host = if address.ip().is_unspecified() {
        String::from("localhost")
    } else {
        address.ip().to_string()
    };
    format!("http://{host}:{}", address.port())
}
