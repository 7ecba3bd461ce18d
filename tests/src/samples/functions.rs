//! The sample that is made of functions alone, asked in the form of the plural routes.

use serde_json::json;

use super::{Sample, run_id};
use crate::scene::TestResult;

#[tokio::test]
async fn orders_are_cancelled_step_by_step() -> TestResult {
    let Some(sample) = Sample::new("sequential-workflow")? else {
        return Ok(());
    };
    let mut demo = sample.start().await?;
    let cancelled = "Cancellation email sent for order 12345 to jerry@example.com.";
    let started = demo
        .send("Cancels an order; the answer tells the id of the run")
        .await?;
    let id = run_id(&started, "CancelOrder");
    assert_eq!(demo.finished("CancelOrder", &id).await?, json!([cancelled]));

    let answer = demo.send("The same, and waits for the result").await?;
    assert_eq!(answer.plain(200), cancelled);

    let answer = demo.send("Where an order stands, as JSON").await?.with(200);
    let id = answer["runId"].as_str().ok_or("no id")?;
    let report = "Order 12345 for Jerry: Status=Active, Date=2026-01-15";
    let expected = json!({"runId": id, "workflowStatus": "Completed", "result": report});
    assert_eq!(answer, expected);
    assert_eq!(demo.finished("OrderStatus", id).await?, json!([report]));

    let answer = demo.send("A batch").await?;
    assert_eq!(
        answer.plain(200),
        "Batch cancellation complete: 3/3 orders cancelled. Reason: Customer requested \
         cancellation"
    );
    demo.end().await
}
