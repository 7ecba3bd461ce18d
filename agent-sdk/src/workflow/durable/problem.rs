//! Why workflows can't be hosted.

/// Why workflows can't be hosted together. All are final until the program is changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WorkflowProblem {
    /// The name can't be used.
    #[error("workflow name '{name}' ({owner}): {problem}")]
    WorkflowName {
        /// The name.
        name: String,
        /// The type that has it.
        owner: &'static str,
        /// What is wrong with it.
        problem: String,
    },
    /// It has no graph.
    #[error("workflow `{name}` ({owner}) can't be run: {why}")]
    Unfinished {
        /// The workflow.
        name: String,
        /// The type that it is.
        owner: &'static str,
        /// Why it has none.
        why: &'static str,
    },
    /// The id of a node can't be used.
    #[error("node `{node}` of workflow `{workflow}`: {problem}")]
    NodeId {
        /// The workflow.
        workflow: String,
        /// The node.
        node: String,
        /// What is wrong with it.
        problem: String,
    },
    /// What says what a node is panics.
    #[error("the definition of node `{node}` of workflow `{workflow}` panicked: {problem}")]
    Definition {
        /// The workflow.
        workflow: String,
        /// The node.
        node: String,
        /// What the panic said.
        problem: String,
    },
    /// Two workflows of one name, both for new runs, or of one name and version.
    #[error(
        "Workflow '{name}' is already registered on this app: by `{first}`, and now by `{second}` \
         (case does not count); give one another name, or add the older one with \
         `.workflow_version::<..>()` if its version differs"
    )]
    TwoOfOneName {
        /// The name.
        name: String,
        /// The type that has it.
        first: &'static str,
        /// The one that wants it, too.
        second: &'static str,
    },
    /// Two agents of one name are nodes.
    #[error(
        "agent `{name}` is registered twice: by `{first}` and, as {place}, by `{second}` (case \
         does not count)"
    )]
    TwoAgentsOfOneName {
        /// The name.
        name: String,
        /// The type that has it.
        first: &'static str,
        /// The one that wants it, too.
        second: &'static str,
        /// Where that one stands.
        place: String,
    },
    /// One name on the hub for two things.
    #[error("`{name}` would be the name of both {first} and {second} (case does not count)")]
    NameTaken {
        /// The name.
        name: String,
        /// What has it.
        first: String,
        /// What wants it, too.
        second: String,
    },
    /// It would never end.
    #[error("a workflow must not contain itself: {path}")]
    ContainsItself {
        /// From the workflow to itself.
        path: String,
    },
}
