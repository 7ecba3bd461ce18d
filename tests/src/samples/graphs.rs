//! `graph`, as somebody types it.

use std::process::Output;

use serde_json::Value;

use super::Sample;
use crate::scene::TestResult;

const FORMATS: [&str; 4] = ["mermaid", "dot", "json", "svg"];

fn printed(sample: &Sample, arguments: &[&str]) -> Result<Output, Box<dyn std::error::Error>> {
    let arguments = std::iter::once("graph").chain(arguments.iter().copied());
    Ok(sample.program.command(arguments).output()?)
}

#[tokio::test]
async fn every_format_is_printed_as_it_is_served() -> TestResult {
    const WORKFLOW: &str = "content_moderation";
    let Some(sample) = Sample::new("workflow-hitl")? else {
        return Ok(());
    };
    let mut texts = Vec::new();
    for format in FORMATS {
        // The name may be left out, since there is no other.
        let alone = printed(&sample, &["--format", format])?;
        assert!(alone.status.success(), "{alone:?}");
        let named = printed(&sample, &[WORKFLOW, "--format", &format.to_uppercase()])?;
        assert_eq!(alone.stdout, named.stdout, "{format}");
        assert_eq!(alone.stderr, b"", "nothing but the graph");
        let text = String::from_utf8(alone.stdout)?;
        for node in [
            "input_router",
            "ContentAnalyzerAgent",
            "human_review_executor",
        ] {
            assert!(text.contains(node), "{node} in {text}");
        }
        texts.push((format, text));
    }
    let [(_, mermaid), (_, dot), (_, json), (_, svg)] = &texts[..] else {
        return Err("four formats".into());
    };
    assert!(mermaid.starts_with("flowchart TD\n"), "{mermaid}");
    assert_eq!(printed(&sample, &[])?.stdout, mermaid.as_bytes());
    assert!(dot.starts_with("digraph"), "{dot}");
    let json: Value = serde_json::from_str(json)?;
    assert_eq!(
        json["executors"]["publish_executor"]["id"],
        "publish_executor"
    );
    assert!(
        svg.starts_with("<?xml") && svg.ends_with("</svg>\n"),
        "{svg}"
    );
    assert_eq!(
        std::fs::read_dir(sample.folder.path())?.count(),
        0,
        "nothing is opened or started for it"
    );

    let demo = sample.start().await?;
    for (format, text) in &texts {
        let path = format!("workflow/{WORKFLOW}/graph?format={format}");
        assert_eq!(demo.get(&path).await?.text, *text, "{format}");
    }
    assert!(demo.running.terminate().await?.success());
    Ok(())
}

#[test]
fn what_can_not_be_printed_says_why() -> TestResult {
    let Some(sample) = Sample::new("sequential-workflow")? else {
        return Ok(());
    };
    let hosted = "this app hosts `BatchCancelOrders`, `CancelOrder`, `OrderStatus`";
    for (arguments, code, says) in [
        (
            &[][..],
            1,
            format!("Error: say of which workflow: `graph NAME`; {hosted}\n"),
        ),
        (
            &["Other"],
            1,
            format!("Error: there is no workflow `Other`; {hosted}\n"),
        ),
        (
            &["CancelOrder", "--format", "png"],
            2,
            String::from("there is no format `png`; there are `mermaid`, `dot`, `json` and `svg`"),
        ),
    ] {
        let output = printed(&sample, arguments)?;
        let said = String::from_utf8(output.stderr)?;
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
        assert!(said.contains(&says), "{arguments:?}: {said}");
        assert_eq!(output.stdout, b"", "{arguments:?}");
    }
    let any_case = printed(&sample, &["cancelorder"])?;
    assert!(any_case.status.success(), "{any_case:?}");
    Ok(())
}
