//! Samples as workers of a service in another process: what they answer is what they answer with an
//! engine of their own, whoever of the two is killed.

use std::error::Error;
use std::path::Path;
use std::time::Duration;

use agent_tests::Http;
use agent_tests::tools::Sidecar;
use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::time::Instant;

use super::humans::{is_moderated, is_moderated_inside};
use super::{LOOK, PATIENCE, Sample};
use crate::scene::TestResult;

#[tokio::test]
async fn a_human_moderates_on_a_service() -> TestResult {
    let Some(sample) = Sample::with("workflow-hitl", &["grpc"])? else {
        return Ok(());
    };
    let service = Sidecar::start(Path::new("memory"), &[])?;
    is_moderated(&sample.on(&service)).await
}

#[tokio::test]
async fn a_sub_workflow_is_answered_on_a_service() -> TestResult {
    let Some(sample) = Sample::with("subworkflow-hitl", &["grpc"])? else {
        return Ok(());
    };
    let service = Sidecar::start(Path::new("memory"), &[])?;
    is_moderated_inside(&sample.on(&service)).await
}

const WORKFLOW: &str = "content_moderation";
const REVIEW: &str = "human_review_executor-0";
/// How often the program is killed; each third time the service is killed, too.
const KILLS: u32 = 12;
/// How many runs there are.
const RUNS: u32 = 8;
/// How long the program lives each time.
const LIFE: Duration = Duration::from_millis(400);

/// What somebody wants of the app who tries again whatever happens.
struct Wish {
    run: String,
    approved: bool,
    is_answered: bool,
    has_ended: bool,
}

impl Wish {
    fn new(run: &str, approved: bool) -> Self {
        let verdict = if approved { "yes" } else { "no" };
        Self {
            run: format!("{run}-{verdict}"),
            approved,
            is_answered: false,
            has_ended: false,
        }
    }

    /// One step on the way to the end. Nothing that the app answers may be wrong; it may be gone.
    async fn go_on(&mut self, http: &Http) -> TestResult {
        let body = json!({"content_id": self.run, "title": "T", "body": "B", "author": "A"});
        let path = format!("workflow/{WORKFLOW}/run?runId={}", self.run);
        let start = http.request(Method::POST, &path).body(body.to_string());
        let Ok(started) = http.send(start).await else {
            return Ok(());
        };
        assert!(matches!(started.status, 202 | 503), "{started:?}");
        let path = format!("workflow/{WORKFLOW}/status/{}", self.run);
        let Ok(status) = http.get(&path).await else {
            return Ok(());
        };
        assert!(matches!(status.status, 200 | 404 | 503), "{status:?}");
        let name = &status.body["runtimeStatus"];
        assert!(name != "Failed" && name != "Terminated", "{status:?}");
        self.has_ended = name == "Completed";
        let custom = &status.body["customStatus"];
        // Where the rest of its superstep comes to an end first, there is one order of events.
        let waits = custom["state"] == "waiting_for_human_input" && custom["busy"] != true;
        if waits && status.body["pendingHumanInputRequests"][0]["requestId"] == REVIEW {
            let path = format!("workflow/{WORKFLOW}/respond/{}/{REVIEW}", self.run);
            let body = json!({"approved": self.approved, "reviewer_notes": ""});
            let answer = http.request(Method::POST, &path).body(body.to_string());
            if let Ok(answer) = http.send(answer).await {
                // An answer that was cut off may have been taken: then it is told so.
                assert!(matches!(answer.status, 200 | 409 | 503), "{answer:?}");
                self.is_answered |= answer.status == 200;
            }
        }
        Ok(())
    }

    fn output(&self) -> Value {
        let verdict = if self.approved {
            "✅ Content 'ID' has been APPROVED and published.\nReviewer notes: None"
        } else {
            "❌ Content 'ID' has been REJECTED.\nReviewer notes: None"
        };
        json!([verdict.replace("ID", &self.run)])
    }
}

/// The events of a run, in order, without what differs between runs.
async fn events(http: &Http, run: &str) -> Result<Vec<Value>, Box<dyn Error>> {
    let answer = http
        .get(&format!("workflow/{WORKFLOW}/events/{run}"))
        .await?;
    let text = answer.body.as_str().ok_or("no events")?;
    let mut events = Vec::new();
    for data in text.lines().filter_map(|line| line.strip_prefix("data: ")) {
        let mut event: Value = serde_json::from_str(&data.replace(run, "ID"))?;
        let fields = event.as_object_mut().ok_or("no object")?;
        fields.retain(|name, _| name != "index" && name != "at");
        // An answer that was sent again, since a kill cut off what came of it.
        if event["type"] != "request_ignored" {
            events.push(event);
        }
    }
    Ok(events)
}

#[tokio::test]
async fn kills_of_app_and_service_are_seen_by_nobody_who_tries_again() -> TestResult {
    let Some(sample) = Sample::with("workflow-hitl", &["grpc"])? else {
        return Ok(());
    };
    let folder = TempDir::new()?;
    let hub = folder.path().join("service.db");
    let mut service = Sidecar::start(&hub, &[])?;
    let address = service.address().to_owned();
    let sample = sample.on(&service);
    let mut wishes: Vec<Wish> = (0..RUNS)
        .map(|number| Wish::new(&format!("article-{number}"), number % 2 == 0))
        .collect();
    for kill in 0..KILLS {
        let app = sample.program.start().await?;
        let end = Instant::now() + LIFE;
        // A few at a time, so that there is something left for each life.
        let first = wishes.iter().position(|wish| !wish.has_ended);
        while Instant::now() < end {
            for wish in wishes.iter_mut().skip(first.unwrap_or(0)).take(2) {
                wish.go_on(&app.http()).await?;
            }
            if kill % 3 == 2 && end - Instant::now() < LIFE / 2 {
                break;
            }
        }
        if kill % 3 == 2 {
            service.kill();
            for wish in &mut wishes {
                wish.go_on(&app.http()).await?;
            }
            service = Sidecar::start_at(&address, &hub)?;
        }
        app.kill()?;
    }
    let app = sample.program.start().await?;
    let http = app.http();
    let all = async {
        while wishes.iter().any(|wish| !wish.has_ended) {
            for wish in wishes.iter_mut().filter(|wish| !wish.has_ended) {
                wish.go_on(&http).await?;
            }
            tokio::time::sleep(LOOK).await;
        }
        Ok::<_, Box<dyn Error>>(())
    };
    tokio::time::timeout(PATIENCE, all).await??;
    let mut undisturbed = [true, false].map(|approved| Wish::new("undisturbed", approved));
    let mut expected = Vec::new();
    for wish in &mut undisturbed {
        while !wish.has_ended {
            wish.go_on(&http).await?;
        }
        assert!(wish.is_answered);
        expected.push(events(&http, &wish.run).await?);
    }
    assert_ne!(expected[0], expected[1]);
    for wish in &wishes {
        let status = http
            .get(&format!("workflow/{WORKFLOW}/status/{}", wish.run))
            .await?;
        assert_eq!(status.body["output"], wish.output(), "{}", wish.run);
        let expected = &expected[usize::from(!wish.approved)];
        assert_eq!(events(&http, &wish.run).await?, *expected, "{}", wish.run);
    }
    let output = app.output();
    assert!(!output.contains("panicked"), "{output}");
    drop(service);
    app.kill()?;
    Ok(())
}
