//! What people send to workflows is in no log, at any level.

use std::io::Write;
use std::sync::{Arc, Mutex};

use axum::http::Method;
use tracing_subscriber::fmt::MakeWriter;

use crate::workflows_by_hand::{draft, three, verdict};

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

/// All of it runs on the thread of the test, whose log is taken.
#[tokio::test]
async fn what_is_sent_is_not_logged() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(log.clone())
        .finish();
    // A log that is the only one is asked about a place in the code on whatever thread comes there
    // first, where another test may have none; of two, each is asked.
    let _second = tracing::Dispatch::new(
        tracing_subscriber::fmt()
            .with_writer(std::io::sink)
            .finish(),
    );
    let guard = tracing::subscriber::set_default(subscriber);
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
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(
        log.contains("/api/workflow/{wf}/run"),
        "it was taken: {log}"
    );
    let lines: Vec<&str> = log.lines().filter(|line| line.contains("hush")).collect();
    assert!(lines.is_empty(), "{lines:#?}");
}
