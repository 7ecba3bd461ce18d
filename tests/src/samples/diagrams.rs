//! The diagrams in the READMEs of the samples are those that their programs print.

use agent_tests::tools::workspace;

use super::Sample;
use crate::scene::TestResult;

/// The samples and their workflows.
const DRAWN: [(&str, &[&str]); 8] = [
    ("workflow-shared-state", &["email_triage_shared_state"]),
    ("workflow-no-shared-state", &["email_triage"]),
    ("workflow-parallel", &["parallel_review"]),
    ("workflow-hitl", &["content_moderation"]),
    ("subworkflow-hitl", &["moderation_pipeline"]),
    (
        "sequential-workflow",
        &["CancelOrder", "OrderStatus", "BatchCancelOrders"],
    ),
    ("concurrent-workflow", &["ExpertReview"]),
    ("workflow-hitl-ports", &["ExpenseReimbursement"]),
];

const END: &str = "<!-- end of graph -->\n";

/// The text with another diagram between the markers of that workflow.
fn redrawn(text: &str, workflow: &str, diagram: &str) -> Option<String> {
    let begin = format!("<!-- graph {workflow} -->\n");
    let (before, rest) = text.split_once(&begin)?;
    let (_, after) = rest.split_once(END)?;
    let diagram = diagram.trim_end();
    Some(format!(
        "{before}{begin}```mermaid\n{diagram}\n```\n{END}{after}"
    ))
}

/// `cargo xtask bless` sets `BLESS`, and the diagrams become those of the programs.
#[test]
fn diagrams_are_those_of_the_programs() -> TestResult {
    for (package, workflows) in DRAWN {
        let Some(sample) = Sample::new(package)? else {
            return Ok(());
        };
        let file = workspace().join("examples").join(package).join("README.md");
        let text = std::fs::read_to_string(&file)?;
        let mut drawn = text.clone();
        for workflow in workflows {
            let next = redrawn(&drawn, workflow, &sample.graph(workflow)?);
            drawn = next.ok_or_else(|| format!("{package}: no diagram of {workflow}"))?;
        }
        if std::env::var_os("BLESS").is_some() {
            std::fs::write(&file, &drawn)?;
        } else {
            assert_eq!(text, drawn, "{package}: `cargo xtask bless` draws it anew");
        }
    }
    Ok(())
}

#[test]
fn only_what_is_between_the_markers_is_drawn_anew() {
    let old = format!("a\n<!-- graph x -->\nold\n{END}b\n<!-- graph y -->\nkept\n{END}");
    let new = redrawn(&old, "x", "new\n").unwrap();
    let expected =
        format!("a\n<!-- graph x -->\n```mermaid\nnew\n```\n{END}b\n<!-- graph y -->\nkept\n{END}");
    assert_eq!(new, expected);
    assert_eq!(redrawn(&new, "x", "new").unwrap(), expected);
    assert_eq!(redrawn(&old, "z", "new"), None);
}
