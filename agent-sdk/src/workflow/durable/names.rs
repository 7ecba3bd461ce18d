//! The names under which workflows run on a hub.

use durable_task::{ID_CHARS_MAX, InstanceId};
use sha2::{Digest, Sha256};

use crate::agent::SessionId;

/// Before the name of a workflow in the names of its orchestration and its activities.
const PREFIX: &str = "dafx-";
/// Between the parts of the id of a run that a run has started.
const CHILD: &str = "::";
/// The longest name of a function that the Functions host takes.
const FUNCTION_NAME_CHARS_MAX: usize = 128;
/// The longest name of a workflow, in characters.
pub(crate) const NAME_CHARS_MAX: usize = 63;
/// The longest id of a node, in characters.
pub(crate) const NODE_ID_CHARS_MAX: usize = 128;

/// Names that no workflow can have, because the routes of an application with one workflow have
/// them in that place.
pub const WORKFLOW_NAMES_RESERVED: [&str; 6] =
    ["run", "status", "respond", "cancel", "events", "graph"];

/// The functions that serve a workflow over HTTP on the Functions host: `dafx-{workflow}-{this}`.
pub(crate) const HTTP_FUNCTIONS: [&str; 3] = ["start", "status", "respond"];

/// The name of the orchestration that is a run of a workflow.
pub fn orchestration_name(workflow: &str) -> String {
    format!("{PREFIX}{workflow}")
}

/// The name of the activity that runs a node of a workflow.
pub fn activity_name(workflow: &str, node: &str) -> String {
    format!("{PREFIX}{workflow}-{node}")
}

/// Whether an orchestration is a run of a workflow; case does not count.
pub(crate) fn is_run_of(orchestration: &str, workflow: &str) -> bool {
    orchestration.eq_ignore_ascii_case(&orchestration_name(workflow))
}

/// The workflow that an orchestration is a run of.
pub(crate) fn workflow_of(orchestration: &str) -> Option<&str> {
    let (prefix, name) = orchestration.split_at_checked(PREFIX.len())?;
    prefix.eq_ignore_ascii_case(PREFIX).then_some(name)
}

/// The id of a run that a node starts.
pub(crate) fn child_instance(parent: &InstanceId, node: &str, ordinal: u32) -> InstanceId {
    let id = format!("{parent}{CHILD}{node}{CHILD}{ordinal}");
    if id.chars().count() <= ID_CHARS_MAX {
        return InstanceId::from_stored(id);
    }
    InstanceId::from_stored(format!(
        "wf-{}{CHILD}{node}{CHILD}{ordinal}",
        digest(&[parent.as_str()])
    ))
}

/// Whether an id has the form of one that a run gives to those that it starts.
pub(crate) fn is_child_form(id: &str) -> bool {
    id.contains(CHILD)
}

/// The conversation of an agent's node in a run. Nobody outside can name it.
pub(crate) fn node_session(run: &InstanceId, node: &str) -> SessionId {
    SessionId::nested(&format!("wf-{}", digest(&[run.as_str()])), node)
}

/// 32 hexadecimal digits of SHA-256 over texts without line feeds.
fn digest(parts: &[&str]) -> String {
    let digest = Sha256::digest(parts.join("\n").as_bytes());
    let digits = digest.iter().take(16).map(|byte| format!("{byte:02x}"));
    digits.collect()
}

/// What is wrong with the name of a workflow.
pub(crate) fn workflow_name_problem(name: &str) -> Option<String> {
    let mut characters = name.chars();
    let begins = characters.next().is_some_and(|c| c.is_ascii_alphabetic());
    let goes_on = characters.all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    if name.is_empty() {
        return Some(String::from("a workflow name must be a non-empty string"));
    }
    if !begins || !goes_on || name.len() > NAME_CHARS_MAX {
        return Some(format!(
            "a workflow name has 1-{NAME_CHARS_MAX} characters, ASCII letters, digits, '_' or '-', \
             starting with a letter"
        ));
    }
    let reserved = WORKFLOW_NAMES_RESERVED
        .iter()
        .find(|word| word.eq_ignore_ascii_case(name));
    reserved.map(|word| format!("`{word}` is part of the routes of workflows"))
}

/// What is wrong with the id of a node.
pub(crate) fn node_id_problem(workflow: &str, id: &str, is_executor: bool) -> Option<String> {
    if id.is_empty() {
        return Some(String::from("a node id must be a non-empty string"));
    }
    if id.contains('~') {
        return Some(String::from(
            "a node id must not contain `~`, which separates the parts of a nested request's id",
        ));
    }
    if id.chars().count() > NODE_ID_CHARS_MAX {
        return Some(format!(
            "a node id has at most {NODE_ID_CHARS_MAX} characters"
        ));
    }
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if is_executor && !id.chars().all(is_allowed) {
        return Some(String::from(
            "it becomes part of a function's name, which has only ASCII letters, digits, '_' and \
             '-'",
        ));
    }
    let name = activity_name(workflow, id);
    (is_executor && name.len() > FUNCTION_NAME_CHARS_MAX).then(|| {
        format!(
            "its activity `{name}` has more than {FUNCTION_NAME_CHARS_MAX} characters; shorten the \
             name of the workflow or of the node"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_workflows_are_checked() {
        for good in ["a", "A-b_9", &"x".repeat(63), "graphs", "rerun"] {
            assert_eq!(workflow_name_problem(good), None, "{good}");
        }
        for (bad, why) in [
            ("", "non-empty"),
            ("9a", "starting with a letter"),
            ("-a", "starting with a letter"),
            ("a b", "ASCII letters"),
            ("ä", "starting with a letter"),
            ("a~b", "ASCII letters"),
            (&"x".repeat(64), "1-63"),
            ("run", "routes"),
            ("Status", "routes"),
        ] {
            let problem = workflow_name_problem(bad).unwrap();
            assert!(problem.contains(why), "{bad}: {problem}");
        }
    }

    #[test]
    fn ids_of_nodes_are_checked() {
        assert_eq!(node_id_problem("w", "a_1", true), None);
        assert_eq!(node_id_problem("w", "prüfen", false), None);
        for (bad, executor, why) in [
            ("", false, "non-empty"),
            ("a~b", false, "`~`"),
            (&*"x".repeat(129), false, "128"),
            ("prüfen", true, "ASCII"),
            (&*"x".repeat(122), true, "shorten"),
        ] {
            let problem = node_id_problem("w", bad, executor).unwrap();
            assert!(problem.contains(why), "{bad}: {problem}");
        }
        assert_eq!(node_id_problem("w", &"x".repeat(121), true), None);
    }

    #[test]
    fn children_have_ids_that_say_where_they_come_from() {
        let parent = InstanceId::new("r").unwrap();
        assert_eq!(child_instance(&parent, "sub", 2).as_str(), "r::sub::2");
        assert!(is_child_form("r::sub::2"));
        let long = InstanceId::from_stored("y".repeat(250));
        let child = child_instance(&long, "sub", 2);
        assert!(InstanceId::new(child.as_str()).is_ok());
        assert!(child.as_str().ends_with("::sub::2"));
        let other = InstanceId::from_stored("z".repeat(250));
        assert_ne!(child, child_instance(&other, "sub", 2));
    }

    #[test]
    fn a_session_belongs_to_one_node_of_one_run() {
        let run = InstanceId::new("r").unwrap();
        let other = InstanceId::new("s").unwrap();
        let session = node_session(&run, "writer");
        assert_eq!(session, node_session(&run, "writer"));
        assert_ne!(session, node_session(&other, "writer"));
        assert_ne!(session, node_session(&run, "reviewer"));
        assert!(SessionId::new(session.as_str()).is_err(), "from outside");
    }

    #[test]
    fn the_workflow_of_an_orchestration_is_found_without_case() {
        assert!(is_run_of("DAFX-Mail", "mail"));
        assert!(!is_run_of("dafx-mail-x", "mail"));
        assert_eq!(workflow_of("dafx-mail"), Some("mail"));
        assert_eq!(workflow_of("agent-run"), None);
        assert_eq!(workflow_of("ä"), None);
    }
}
