//! Samples with agents and without humans.

use serde_json::{Value, json};

use super::{Demo, Sample, run_id};
use crate::scene::TestResult;

/// Sends a request that waits for the end of its run, and compares what came out.
async fn waits(demo: &mut Demo<'_>, workflow: &str, title: &str, output: &str) -> TestResult {
    let answer = demo.send(title).await?.with(200);
    let id = answer["instanceId"].as_str().ok_or("no id")?.to_owned();
    let expected = json!({
        "instanceId": id,
        "runtimeStatus": "Completed",
        "output": [output],
    });
    assert_eq!(answer, expected, "{title}");
    assert_eq!(demo.finished(workflow, &id).await?, json!([output]));
    Ok(())
}

#[tokio::test]
async fn emails_are_sorted_out_with_shared_state() -> TestResult {
    let Some(sample) = Sample::new("workflow-shared-state")? else {
        return Ok(());
    };
    let mut demo = sample.start().await?;
    for (title, output) in [
        ("A prize: spam", "Email marked as spam: it says \"winner\""),
        (
            "A reminder",
            "Email sent: Thank you, I will be at the sprint planning.",
        ),
        (
            "A question",
            "Email sent: Thank you, let us have a call on Thursday.",
        ),
        (
            "A link that nobody should follow",
            "Email marked as spam: it says \"urgent\"",
        ),
    ] {
        waits(&mut demo, "email_triage_shared_state", title, output).await?;
    }
    let graph = demo.send("The graph").await?;
    assert_eq!(graph.status, 200);
    assert_eq!(graph.text, sample.graph("email_triage_shared_state")?);
    demo.end().await
}

#[tokio::test]
async fn emails_are_sorted_out_with_the_conversation_handed_on() -> TestResult {
    let Some(sample) = Sample::new("workflow-no-shared-state")? else {
        return Ok(());
    };
    let mut demo = sample.start().await?;
    for (title, output) in [
        ("Spam", "Email marked as spam: it says \"winner\""),
        // That the reply is about the planning shows that the second agent saw the email.
        (
            "A reminder",
            "Email sent: Thank you, I will be at the sprint planning.",
        ),
    ] {
        waits(&mut demo, "email_triage", title, output).await?;
    }
    let refused = demo
        .send("Not an email: 400, and nothing is started")
        .await?;
    let refused = refused.with(400);
    assert_eq!(refused["path"], "email_id");
    let text = refused["error"].as_str().unwrap_or_default();
    let expected = "Invalid input: email_id: invalid type: integer `7`, expected a string";
    assert!(text.starts_with(expected), "{text}");
    let graph = demo.send("The graph").await?;
    assert_eq!(graph.text, sample.graph("email_triage")?);
    demo.end().await
}

fn report(words: u32, chars: u32) -> String {
    format!(
        "=== Document Analysis Report ===\n\n\n--- SummaryAgent ---\n\
         The document was reviewed from several sides.\n\n--- Processor: statistics ---\n\
         Words: {words}, Chars: {chars}"
    )
}

#[tokio::test]
async fn a_document_is_reviewed_in_parallel() -> TestResult {
    let Some(sample) = Sample::new("workflow-parallel")? else {
        return Ok(());
    };
    let workflow = "parallel_review";
    let mut demo = sample.start().await?;
    // The figures are those of what both agents say together, labels included.
    let title = "A quarterly report; waits for the result";
    waits(&mut demo, workflow, title, &report(15, 122)).await?;

    let title = "Two short sentences; answers at once with the links of the run";
    let started = demo.send(title).await?.with(202);
    let link = |kind: &str| format!("{}/api/workflow/{workflow}/{kind}/review-2", demo.host);
    let expected = json!({
        "instanceId": "review-2",
        "statusQueryGetUri": link("status"),
        "respondUri": link("respond") + "/{requestId}",
        "message": "Workflow started",
    });
    assert_eq!(started, expected);
    let output = json!([report(12, 99)]);
    assert_eq!(demo.finished(workflow, "review-2").await?, output);
    let status = demo.send("Where it stands").await?.with(200);
    assert_eq!(status["instanceId"], "review-2");
    assert_eq!(status["runtimeStatus"], "Completed");
    assert_eq!(status["output"], output);
    assert_eq!(status["error"], Value::Null);
    assert_eq!(status.get("pendingHumanInputRequests"), None);

    let events = demo.send("What happened, as server-sent events").await?;
    for (kind, times) in [("superstep_started", 8), ("executor_completed", 11)] {
        let event = format!("event: {kind}");
        let found = events.text.lines().filter(|line| *line == event).count();
        assert_eq!(found, times, "{kind}");
    }
    let picture = demo.send("The graph, with the state of that run").await?;
    assert_eq!(picture.status, 200);
    assert_eq!(picture.content_type, "image/svg+xml");
    assert!(picture.text.contains("<svg"));
    demo.end().await
}

#[tokio::test]
async fn two_experts_are_asked_at_once() -> TestResult {
    let Some(sample) = Sample::new("concurrent-workflow")? else {
        return Ok(());
    };
    let workflow = "ExpertReview";
    let mut demo = sample.start().await?;
    let output = "Physicist: Temperature is the average kinetic energy of particles.\n\
                  Chemist: Temperature decides how fast substances react.";
    let answer = demo.send("A question to both experts").await?;
    assert_eq!(answer.plain(200), output);

    let started = demo.send("Without waiting").await?;
    assert_eq!(run_id(&started, workflow), "question-1");
    assert_eq!(
        demo.finished(workflow, "question-1").await?,
        json!([output])
    );
    let status = demo.send("Where it stands").await?.with(200);
    let expected = json!({"runId": "question-1", "status": "Completed", "waitingForInput": null});
    assert_eq!(status, expected);
    let title = "What it gave, which the singular routes tell";
    assert_eq!(demo.send(title).await?.with(200)["output"], json!([output]));
    demo.end().await
}
