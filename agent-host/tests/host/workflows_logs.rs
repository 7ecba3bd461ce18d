//! What is logged of workflows, and that what people send to them is in no log, at any level.

use std::io::Write;
use std::sync::{Arc, Mutex};

use agent_host::{FunctionApp, HubLocation};
use axum::http::Method;
use tracing::Dispatch;
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::fmt::MakeWriter;

use crate::workflows_by_hand::{Echo, Review, ReviewNext, app_on, draft, three, verdict};

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

impl Log {
    /// The log of this thread, as long as the guard is held.
    fn taken() -> (Self, (DefaultGuard, Dispatch)) {
        let log = Self::default();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_ansi(false)
            .with_writer(log.clone())
            .finish();
        // A log that is the only one is asked about a place in the code on whatever thread comes
        // there first, where another test may have none; of two, each is asked.
        let second = Dispatch::new(
            tracing_subscriber::fmt()
                .with_writer(std::io::sink)
                .finish(),
        );
        let guard = tracing::subscriber::set_default(subscriber);
        (log, (guard, second))
    }

    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

/// All of it runs on the thread of the test, whose log is taken.
#[tokio::test]
async fn what_is_sent_is_not_logged() {
    let (log, guard) = Log::taken();
    let app = three().await;
    app.start_run("Echo", "r1", "hush-input").await;
    app.ended_run("Echo", "r1").await;
    let title = draft().replace("News", "hush-title");
    app.start_run("review", "r2", &title).await;
    app.open_requests("review", "r2", 2).await;
    let wrong = r#"{"approved": "hush-wrong"}"#;
    app.answer("review", "r2", "editor-0", wrong).await;
    app.answer("review", "r2", "editor-0", &verdict("hush-name"))
        .await;
    app.answer("review", "r2", "editor-0", &verdict("hush-again"))
        .await;
    app.answer("review", "r2", "hush-request", &verdict("x"))
        .await;
    for (method, path, body) in [
        (
            Method::POST,
            "/api/workflow/post/run",
            r#"{"to": 1, "x": "hush-field"}"#,
        ),
        (Method::POST, "/api/workflow/post/run", "hush-text"),
        (Method::POST, "/api/workflow/post/run?runId=@hush-id", "x"),
        (
            Method::POST,
            "/api/workflows/post/run?code=hush-key",
            "hush-text",
        ),
        (
            Method::POST,
            "/api/workflows/review/respond/r2",
            r#"{"eventName": "hush-event"}"#,
        ),
        (Method::GET, "/api/workflow/review/status/hush-run", ""),
        (
            Method::GET,
            "/api/workflow/review/graph?format=hush-format",
            "",
        ),
        (
            Method::POST,
            "/api/workflow/review/cancel/r2?reason=hush-reason",
            "",
        ),
        (Method::GET, "/api/workflow/review/events/r2", ""),
    ] {
        app.ask(method, path, body).await;
    }
    app.end().await;
    drop(guard);
    let log = log.text();
    assert!(
        log.contains("/api/workflow/{wf}/run"),
        "it was taken: {log}"
    );
    let lines: Vec<&str> = log.lines().filter(|line| line.contains("hush")).collect();
    assert!(lines.is_empty(), "{lines:#?}");
}

#[tokio::test]
async fn a_start_says_once_how_many_runs_wait_for_a_version_that_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let hub = || HubLocation::File(folder.path().join("one.db"));
    let old = app_on(hub(), |app| app.workflow::<Echo>().workflow::<Review>()).await;
    for run in ["r1", "r2", "r3"] {
        old.start_run("review", run, &draft()).await;
        old.open_requests("review", run, 2).await;
    }
    old.post_text("/api/workflow/review/cancel/r3", "").await;
    old.ended_run("review", "r3").await;
    old.start_run("Echo", "r4", "Hi").await;
    old.ended_run("Echo", "r4").await;
    old.end().await;

    let (log, guard) = Log::taken();
    let new = app_on(hub(), |app| {
        app.workflow::<ReviewNext>().workflow_version::<Review>()
    });
    new.await.end().await;
    let new = app_on(hub(), FunctionApp::workflow::<ReviewNext>).await;
    let said = async {
        while !log.text().contains(" wait, and nothing touches them") {
            tokio::task::yield_now().await;
        }
    };
    let minute = std::time::Duration::from_mins(1);
    tokio::time::timeout(minute, said).await.unwrap();
    new.end().await;
    drop(guard);
    let log = log.text();
    let lines: Vec<&str> = log
        .lines()
        .filter(|line| line.contains("not registered"))
        .collect();
    assert_eq!(lines.len(), 1, "{lines:#?}");
    for word in [" WARN ", "workflow=\"review\"", "version=\"v1\"", "count=2"] {
        assert!(lines[0].contains(word), "{word} in {}", lines[0]);
    }
}
