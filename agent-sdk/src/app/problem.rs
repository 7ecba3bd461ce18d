//! Why an application can't run.

use durable_task::RegistryError;

use crate::tool::MissingResource;
use crate::workflow::durable::WorkflowProblem;

/// Why an application can't run: every problem that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppError {
    /// At least one.
    pub problems: Vec<AppProblem>,
}

impl std::fmt::Display for AppError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (index, problem) in self.problems.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for AppError {}

/// One reason why an application can't run. All are final until the program is changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AppProblem {
    /// There is nothing to host.
    #[error("Must provide at least one agent; add `.agent::<YourAgent>()`")]
    NoAgent,
    /// There is no model to ask.
    #[error("no model is set; add `.model(..)`")]
    NoModel,
    /// Names must differ in more than case, since hubs lower-case them.
    #[error("Duplicate agent names found: {names:?} (case does not count)")]
    DuplicateAgents {
        /// Each name once, as it was first written.
        names: Vec<String>,
    },
    /// The name begins a route of the host.
    #[error(
        "agent `{name}` has a reserved name; `agents`, `health`, `tasks`, `admin` and `runtime` \
         begin routes of the host"
    )]
    ReservedName {
        /// The name.
        name: String,
    },
    /// The name can't be part of a key.
    #[error("agent `{name}` has a name that no hub can store: {source}")]
    InvalidName {
        /// The name.
        name: String,
        /// What is wrong with it.
        source: durable_task::IdError,
    },
    /// A limit that must be at least one is zero.
    #[error("agent `{agent}`: `{limit}` must not be zero")]
    ZeroLimit {
        /// The agent.
        agent: String,
        /// The limit's name.
        limit: &'static str,
    },
    /// Providers refuse the name of the output type.
    #[error("agent `{agent}`: output type `{name}` must match [a-zA-Z0-9_-]{{1,64}}")]
    InvalidOutputName {
        /// The agent.
        agent: String,
        /// The name.
        name: String,
    },
    /// Providers refuse the tool's name.
    #[error("agent `{agent}`: tool `{tool}` must match [a-zA-Z0-9_-]{{1,64}}")]
    InvalidToolName {
        /// The agent.
        agent: String,
        /// The tool.
        tool: String,
    },
    /// A tool that demands strict mode has a schema that does not allow it.
    #[error("agent `{agent}`: the schema of tool `{tool}` does not fit strict mode: {problem}")]
    NotStrict {
        /// The agent.
        agent: String,
        /// The tool.
        tool: String,
        /// What does not fit.
        problem: String,
    },
    /// Two tools of one agent have the same name.
    #[error("agent `{agent}` has two tools named `{tool}`")]
    DuplicateTool {
        /// The agent.
        agent: String,
        /// The tool.
        tool: String,
    },
    /// A tool needs what nobody registered.
    #[error(transparent)]
    MissingResource(MissingResource),
    /// Two pieces of code under one name, or a name that no hub takes.
    #[error(transparent)]
    Registry(RegistryError),
    /// The name is one of those under which agents run.
    #[error(
        "{kind} `{name}` has a name that agents keep for themselves: `agent-run`, `agent-model`, \
         `agent-tool`, and whatever begins with `dafx-`"
    )]
    NameOfAgents {
        /// `orchestrator`, `activity` or `entity`.
        kind: &'static str,
        /// The name.
        name: String,
    },
    /// What is wrong with the workflows, and with their names among all others.
    #[error(transparent)]
    Workflow(WorkflowProblem),
    /// Two values of one type: a tool could not say which it means.
    #[error("two resources of type `{type_name}` are registered; wrap one in a type of its own")]
    DuplicateResource {
        /// The type.
        type_name: &'static str,
    },
}
