//! Samples in which people decide.

use std::error::Error;

use serde_json::{Value, json};

use super::{Answer, Demo, Sample, run_id};
use crate::scene::TestResult;

const MODERATION: &str = "content_moderation";
const REVIEW: &str = "human_review_executor-0";
const APPROVED: &str =
    "✅ Content 'article-001' has been APPROVED and published.\nReviewer notes: Well written.";
const REJECTED: &str =
    "❌ Content 'article-002' has been REJECTED.\nReviewer notes: It promises money.";

/// What is open, as the status has it: all but the schema of the answer.
fn open(status: &Value) -> Result<Value, Box<dyn Error>> {
    let requests = status["pendingHumanInputRequests"].as_array();
    let mut one = match requests.map(Vec::as_slice) {
        Some([one]) => one.clone(),
        other => return Err(format!("{other:?} is not one request").into()),
    };
    let schema = one["responseSchema"].take();
    assert_eq!(schema["required"], json!(["approved"]), "{schema}");
    Ok(one)
}

fn delivered(answer: &Answer, run: &str, request: &str) {
    let expected = json!({
        "message": "Response delivered successfully",
        "instanceId": run,
        "requestId": request,
    });
    assert_eq!(answer.with(200), expected);
}

async fn came_of_it(demo: &mut Demo<'_>, output: &str) -> TestResult {
    let status = demo.send("What came of it").await?.with(200);
    assert_eq!(status["runtimeStatus"], "Completed");
    assert_eq!(status["output"], json!([output]));
    assert_eq!(status.get("pendingHumanInputRequests"), None);
    Ok(())
}

#[tokio::test]
async fn a_human_moderates() -> TestResult {
    match Sample::new("workflow-hitl")? {
        Some(sample) => is_moderated(&sample).await,
        None => Ok(()),
    }
}

/// Sends all that its file holds, and more.
pub(super) async fn is_moderated(sample: &Sample) -> TestResult {
    let mut demo = sample.start().await?;
    let started = demo.send("A submission").await?.with(202);
    assert_eq!(started["instanceId"], "article-001");
    demo.waiting_for(MODERATION, "article-001", &[REVIEW])
        .await?;
    let title = "Who waits for whom: take a request's `respondUrl` from here";
    let status = demo.send(title).await?.with(200);
    assert_eq!(status["customStatus"]["state"], "waiting_for_human_input");
    let address = format!(
        "{}/api/workflow/{MODERATION}/respond/article-001/{REVIEW}",
        demo.host
    );
    let expected = json!({
        "requestId": REVIEW,
        "sourceExecutor": "human_review_executor",
        "requestData": {
            "content_id": "article-001",
            "title": "The Future of AI in Healthcare",
            "body": "AI helps doctors to find diseases earlier.",
            "author": "Dr. Jane Smith",
            "ai_analysis": {
                "is_appropriate": true,
                "risk_level": "low",
                "concerns": [],
                "recommendation": "Approve",
            },
            "prompt": "Please review \"The Future of AI in Healthcare\" by Dr. Jane Smith: the \
                       analysis says risk Low.",
        },
        "requestType": "workflow_hitl::messages::HumanApprovalRequest",
        "responseType": "workflow_hitl::messages::HumanApprovalResponse",
        "responseSchema": null,
        "respondUrl": address,
    });
    assert_eq!(open(&status)?, expected);
    // What the notifier tells the human is where the status says that the answer goes.
    assert_eq!(demo.printed("review article-001: POST ").await?, address);
    assert_eq!(demo.request("The human approves").url, address);
    delivered(
        &demo.send("The human approves").await?,
        "article-001",
        REVIEW,
    );
    let output = demo.finished(MODERATION, "article-001").await?;
    assert_eq!(output, json!([APPROVED]));
    came_of_it(&mut demo, APPROVED).await?;
    let again = demo.send("The human approves").await?.with(409);
    let problem = "Workflow run 'article-001' is in terminal state 'Completed'.";
    assert_eq!(again, json!({"error": problem}));

    demo.send("Another submission").await?.with(202);
    demo.waiting_for(MODERATION, "article-002", &[REVIEW])
        .await?;
    let title = "An answer of the wrong form: 400 with the field, and the request stays open";
    let wrong = demo.send(title).await?.with(400);
    assert_eq!(wrong["path"], "approved");
    let problem = wrong["problem"].as_str().unwrap_or_default();
    let expected = "invalid type: string \"no\", expected a boolean";
    assert!(problem.starts_with(expected), "{problem}");
    let status = demo
        .get(&format!("workflow/{MODERATION}/status/article-002"))
        .await?;
    let request = open(&status.with(200))?;
    assert_eq!(request["requestId"], REVIEW, "it stays open");
    assert_eq!(request["requestData"]["ai_analysis"]["risk_level"], "high");
    delivered(
        &demo.send("The human rejects").await?,
        "article-002",
        REVIEW,
    );
    let output = demo.finished(MODERATION, "article-002").await?;
    assert_eq!(output, json!([REJECTED]));
    let picture = demo.send("The graph with the state of that run").await?;
    assert_eq!(picture.content_type, "image/svg+xml");
    assert!(picture.text.contains("human_review_executor"));
    demo.end().await
}

#[tokio::test]
async fn a_human_may_answer_after_a_crash() -> TestResult {
    let Some(sample) = Sample::new("workflow-hitl")? else {
        return Ok(());
    };
    let mut demo = sample.start().await?;
    demo.send("A submission").await?.with(202);
    let before = demo
        .waiting_for(MODERATION, "article-001", &[REVIEW])
        .await?;
    demo.running.kill()?;

    let mut demo = sample.start().await?;
    let after = demo
        .waiting_for(MODERATION, "article-001", &[REVIEW])
        .await?;
    assert_eq!(after["createdTime"], before["createdTime"]);
    assert_eq!(open(&after)?["requestData"], open(&before)?["requestData"]);
    delivered(
        &demo.send("The human approves").await?,
        "article-001",
        REVIEW,
    );
    let output = demo.finished(MODERATION, "article-001").await?;
    assert_eq!(output, json!([APPROVED]));
    assert!(!demo.running.output().contains("panicked"));
    Ok(())
}

/// What the notifier printed, and what the status says to a caller that came by a proxy.
async fn links(variables: &[(&str, &str)]) -> Result<Option<[String; 2]>, Box<dyn Error>> {
    let Some(mut sample) = Sample::new("workflow-hitl")? else {
        return Ok(None);
    };
    for (name, value) in variables {
        sample = sample.env(name, value);
    }
    let mut demo = sample.start().await?;
    demo.send("A submission").await?.with(202);
    demo.waiting_for(MODERATION, "article-001", &[REVIEW])
        .await?;
    let mut request = demo.request("What came of it");
    let forwarded = [
        ("x-forwarded-host", "moderation.example"),
        ("x-forwarded-proto", "https"),
    ];
    request.headers = forwarded
        .map(|(name, value)| (name.into(), value.into()))
        .into();
    let status = open(&demo.transmit(&request).await?.with(200))?;
    let shown = status["respondUrl"].as_str().ok_or("no link")?.to_owned();
    Ok(Some([
        demo.printed("review article-001: POST ").await?,
        shown,
    ]))
}

#[tokio::test]
async fn the_notifier_links_to_what_the_environment_names() -> TestResult {
    let path = format!("api/workflow/{MODERATION}/respond/article-001/{REVIEW}");
    let host = ("WEBSITE_HOSTNAME", "moderation.example");
    let base = ("AGENT_BASE_URL", "https://agents.example/team/");
    let by_host = format!("https://moderation.example/{path}");
    let by_base = format!("https://agents.example/team/{path}");
    for (variables, expected) in [(&[host][..], by_host), (&[host, base], by_base)] {
        let Some(links) = links(variables).await? else {
            return Ok(());
        };
        assert_eq!(links, [expected.clone(), expected], "{variables:?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_request_inside_of_a_sub_workflow_is_answered_outside() -> TestResult {
    match Sample::new("subworkflow-hitl")? {
        Some(sample) => is_moderated_inside(&sample).await,
        None => Ok(()),
    }
}

/// The same for the sample with a workflow in a workflow.
pub(super) async fn is_moderated_inside(sample: &Sample) -> TestResult {
    const PIPELINE: &str = "moderation_pipeline";
    const NESTED: &str = "review_sub~0~review_gate-0";
    let mut demo = sample.start().await?;
    demo.send("A submission").await?.with(202);
    demo.waiting_for(PIPELINE, "pipeline-1", &[NESTED]).await?;
    let title = "The request inside of the review is seen from outside: take its `respondUrl` from \
                 here";
    let request = open(&demo.send(title).await?.with(200))?;
    let address = format!(
        "{}/api/workflow/{PIPELINE}/respond/pipeline-1/{NESTED}",
        demo.host
    );
    let expected = json!({
        "requestId": NESTED,
        "sourceExecutor": "review_gate",
        "requestData": {
            "content_id": "article-001",
            "title": "The Future of AI",
            "body": "It is bright.",
            "prompt": "Please review \"The Future of AI\".",
        },
        "requestType": "subworkflow_hitl::HumanApprovalRequest",
        "responseType": "subworkflow_hitl::HumanApprovalResponse",
        "responseSchema": null,
        "respondUrl": address,
    });
    assert_eq!(request, expected);
    assert_eq!(demo.printed("review article-001: POST ").await?, address);

    let mut wrong = demo.request("The human approves");
    wrong.body = Some(json!({"reviewer_notes": "?"}).to_string());
    let refused = demo.transmit(&wrong).await?.with(400);
    assert_eq!(
        refused["problem"]
            .as_str()
            .map(|text| text.starts_with("missing field `approved`")),
        Some(true),
        "{refused}"
    );
    demo.running.kill()?;

    // The run inside survives a crash as the one outside does.
    let mut demo = sample.start().await?;
    demo.waiting_for(PIPELINE, "pipeline-1", &[NESTED]).await?;
    delivered(
        &demo.send("The human approves").await?,
        "pipeline-1",
        NESTED,
    );
    let output = "Content 'article-001' APPROVED and published. Reviewer notes: Fine.";
    assert_eq!(
        demo.finished(PIPELINE, "pipeline-1").await?,
        json!([output])
    );
    came_of_it(&mut demo, output).await?;
    let mut rejected = demo.request("A submission");
    rejected.url = rejected.url.replace("pipeline-1", "pipeline-2");
    demo.transmit(&rejected).await?.with(202);
    demo.waiting_for(PIPELINE, "pipeline-2", &[NESTED]).await?;
    let mut answer = demo.request("The human approves");
    answer.url = answer.url.replace("pipeline-1", "pipeline-2");
    answer.body = Some(json!({"approved": false}).to_string());
    delivered(&demo.transmit(&answer).await?, "pipeline-2", NESTED);
    let output = "Content 'article-001' REJECTED. Reviewer notes: None";
    assert_eq!(
        demo.finished(PIPELINE, "pipeline-2").await?,
        json!([output])
    );
    for title in ["A submission", title] {
        // Sent before the crash.
        demo.sent.insert(title.to_owned());
    }
    demo.end().await
}

const EXPENSES: &str = "ExpenseReimbursement";

/// What the plural status says.
async fn stands(demo: &mut Demo<'_>, title: &str, status: &str, waiting: Value) -> TestResult {
    let expected = json!({"runId": "expense-1", "status": status, "waitingForInput": waiting});
    assert_eq!(demo.send(title).await?.with(200), expected, "{title}");
    Ok(())
}

async fn agrees(demo: &mut Demo<'_>, title: &str, event: &str) -> TestResult {
    let expected = json!({
        "message": "Response sent to workflow.",
        "runId": "expense-1",
        "eventName": event,
        "validated": true,
    });
    assert_eq!(demo.send(title).await?.with(202), expected);
    Ok(())
}

#[tokio::test]
async fn three_approve_an_expense_by_the_names_of_ports() -> TestResult {
    let Some(sample) = Sample::new("workflow-hitl-ports")? else {
        return Ok(());
    };
    let mut demo = sample.start().await?;
    let started = demo.send("An expense").await?;
    assert_eq!(run_id(&started, EXPENSES), "expense-1");
    let (manager, budget, compliance) = (
        "ManagerApproval-0",
        "BudgetApproval-0",
        "ComplianceApproval-0",
    );
    demo.waiting_for(EXPENSES, "expense-1", &[manager]).await?;
    let input = json!({"expenseId": "EXP-2025-001", "amount": 1500.0, "employeeName": "Jerry"});
    let waiting = json!([{"eventName": "ManagerApproval", "input": input}]);
    stands(&mut demo, "Who is waited for", "Running", waiting).await?;

    let mut early = demo.request("Budget agrees");
    let refused = demo.transmit(&early).await?;
    assert_eq!(refused.status, 400, "{refused:?}");
    assert!(
        refused
            .text
            .contains("Workflow is not waiting for event 'BudgetApproval'."),
        "{refused:?}"
    );
    early.body = Some(json!({"eventName": "ManagerApproval", "response": {}}).to_string());
    let refused = demo.transmit(&early).await?;
    assert_eq!(refused.status, 400, "{refused:?}");
    assert!(
        refused.text.contains("missing field `approved`"),
        "{refused:?}"
    );
    demo.waiting_for(EXPENSES, "expense-1", &[manager]).await?;

    agrees(&mut demo, "The manager agrees", "ManagerApproval").await?;
    demo.waiting_for(EXPENSES, "expense-1", &[budget, compliance])
        .await?;
    agrees(
        &mut demo,
        "Compliance agrees, before budget does",
        "ComplianceApproval",
    )
    .await?;
    let status = demo.waiting_for(EXPENSES, "expense-1", &[budget]).await?;
    let data = &status["pendingHumanInputRequests"][0]["requestData"];
    assert_eq!(
        data,
        &json!({"expenseId": "EXP-2025-001", "amount": 1500.0})
    );
    agrees(&mut demo, "Budget agrees", "BudgetApproval").await?;
    let output = json!(["Expense EXP-2025-001 reimbursed: 1500.00 to Jerry."]);
    assert_eq!(demo.finished(EXPENSES, "expense-1").await?, output);
    stands(&mut demo, "What came of it", "Completed", Value::Null).await?;
    let title = "What it gave, which the singular routes tell";
    assert_eq!(demo.send(title).await?.with(200)["output"], output);
    demo.end().await
}

#[tokio::test]
async fn a_manager_who_denies_an_expense_ends_its_run() -> TestResult {
    let Some(sample) = Sample::new("workflow-hitl-ports")? else {
        return Ok(());
    };
    let mut demo = sample.start().await?;
    demo.send("An expense").await?;
    demo.waiting_for(EXPENSES, "expense-1", &["ManagerApproval-0"])
        .await?;
    let mut answer = demo.request("The manager agrees");
    let denied = json!({"eventName": "ManagerApproval", "response": {"approved": false}});
    answer.body = Some(denied.to_string());
    demo.transmit(&answer).await?.with(202);
    let events = demo
        .get(&format!("workflow/{EXPENSES}/events/expense-1"))
        .await?;
    let last = events
        .text
        .lines()
        .rfind(|line| line.starts_with("event: "));
    assert_eq!(last, Some("event: failed"));
    let status = demo
        .get(&format!("workflow/{EXPENSES}/status/expense-1"))
        .await?;
    let status = status.with(200);
    assert_eq!(status["runtimeStatus"], "Failed");
    let error = status["error"].as_str().unwrap_or_default();
    assert!(
        error.contains("Expense reimbursement denied by manager."),
        "{error}"
    );
    Ok(())
}
