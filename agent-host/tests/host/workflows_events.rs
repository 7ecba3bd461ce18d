//! `GET workflow/{wf}/events/{id}`: server-sent events.

use agent_host::FunctionApp;
use agent_sdk::prelude::*;
use axum::body::Body;
use axum::http::{Method, Request};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::support::{Answer, TestApp};
use crate::workflows_by_hand::{Review, app, draft, error, three, verdict};

/// One event as it was sent.
#[derive(Debug, Clone, PartialEq)]
pub struct Sent {
    pub id: usize,
    pub event: String,
    pub data: Value,
}

fn events(text: &str) -> Vec<Sent> {
    let blocks = text.split("\n\n").filter(|block| block.contains("data:"));
    let field = |block: &str, name: &str| {
        let mut lines = block.lines();
        let line = lines.find_map(|line| line.strip_prefix(name));
        line.unwrap_or_else(|| panic!("{name} in {block}"))
            .trim_start()
            .to_owned()
    };
    blocks
        .map(|block| Sent {
            id: field(block, "id:").parse().unwrap(),
            event: field(block, "event:"),
            data: serde_json::from_str(&field(block, "data:")).unwrap(),
        })
        .collect()
}

pub fn kinds(all: &[Sent]) -> Vec<&str> {
    all.iter().map(|sent| sent.event.as_str()).collect()
}

async fn stream(app: &TestApp, path: &str, last: Option<&str>) -> Answer {
    let headers: Vec<_> = last.map(|id| ("last-event-id", id)).into_iter().collect();
    app.ask_with(Method::GET, path, "", &headers).await
}

const PATH: &str = "/api/workflow/Echo/events/r1";

#[tokio::test]
async fn the_events_of_a_run_are_sent_in_order_until_its_end() {
    let app = three().await;
    app.start_run("Echo", "r1", "Hi").await;
    let answer = stream(&app, PATH, None).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.headers["content-type"], "text/event-stream");
    assert_eq!(answer.headers["cache-control"], "no-cache");
    let all = events(&answer.text);
    let waits = answer.text.lines().filter(|line| *line == "retry: 2000");
    assert_eq!(waits.count(), all.len(), "each says when to come again");
    let expected = [
        "started",
        "superstep_started",
        "executor_invoked",
        "executor_completed",
        "output",
        "superstep_completed",
        "completed",
    ];
    assert_eq!(kinds(&all), expected);
    let ids: Vec<usize> = all.iter().map(|sent| sent.id).collect();
    assert_eq!(ids, [0, 1, 2, 3, 4, 5, 6]);
    let mut invoked = all[2].data.clone();
    assert!(invoked["at"].take().is_string());
    let expected = json!({
        "index": 2, "at": null, "type": "executor_invoked", "executor_id": "echo", "data": "Hi",
        "iteration": 1,
    });
    assert_eq!(invoked, expected);
    // The same later, and in the other family.
    assert_eq!(events(&stream(&app, PATH, None).await.text), all);
    let path = "/api/workflows/echo/events/r1";
    assert_eq!(events(&stream(&app, path, None).await.text), all);
    app.end().await;
}

#[tokio::test]
async fn a_reader_goes_on_where_it_was() {
    let app = three().await;
    app.start_run("Echo", "r1", "Hi").await;
    let all = events(&stream(&app, PATH, None).await.text);
    for seen in 0..all.len() {
        let id = seen.to_string();
        let rest = events(&stream(&app, PATH, Some(&id)).await.text);
        assert_eq!(rest, all[seen + 1..]);
        let path = format!("{PATH}?after={seen}");
        assert_eq!(events(&stream(&app, &path, None).await.text), rest);
    }
    // The header is what a browser adds when it comes again; the query stays as it was.
    let path = format!("{PATH}?after=1");
    assert_eq!(events(&stream(&app, &path, Some("4")).await.text), all[5..]);
    // After the end there is nothing, and the stream ends.
    for beyond in ["100", "18446744073709551615"] {
        assert_eq!(events(&stream(&app, PATH, Some(beyond)).await.text), []);
    }
    let text = "'Last-Event-ID' and 'after' must be the id of an event: a whole number.";
    for bad in ["x", "-1", "1.5", "18446744073709551616"] {
        let answer = stream(&app, PATH, Some(bad)).await;
        assert_eq!((answer.status, answer.json()), (400, error(text)), "{bad}");
        let answer = stream(&app, &format!("{PATH}?after={bad}"), None).await;
        assert_eq!((answer.status, answer.json()), (400, error(text)), "{bad}");
    }
    app.end().await;
}

#[tokio::test]
async fn a_failed_run_ends_its_stream_with_the_failure() {
    let app = three().await;
    app.start_run("Echo", "r1", "boom").await;
    let all = events(&stream(&app, PATH, None).await.text);
    let last = all.last().unwrap();
    assert_eq!(last.event, "failed");
    let message = last.data["data"]["message"].as_str().unwrap();
    assert!(message.contains("it went off"), "{message}");
    assert!(kinds(&all).contains(&"executor_failed"));
    app.end().await;
}

#[executor]
async fn shout(text: String, ctx: &WorkflowContext<shout>) -> Result<String, ExecutorError> {
    ctx.add_event("heard", &json!({"letters": text.len()}));
    ctx.add_event("two.lines", &format!("{text}\n{text}"));
    Ok(text.to_uppercase())
}

#[workflow]
fn shouting(text: String) -> String {
    shout;
}

#[tokio::test]
async fn the_events_of_an_executor_are_sent_with_their_names() {
    let app = app(FunctionApp::workflow::<shouting>).await;
    app.start_run("shouting", "r1", "hey").await;
    let answer = stream(&app, "/api/workflow/shouting/events/r1", None).await;
    let all = events(&answer.text);
    let around = ["executor_invoked", "custom", "custom", "executor_completed"];
    assert_eq!(kinds(&all)[2..6], around);
    let told: Vec<_> = all[3..5]
        .iter()
        .map(|sent| {
            (
                &sent.data["executor_id"],
                &sent.data["name"],
                &sent.data["data"],
            )
        })
        .collect();
    let node = json!("shout");
    let heard = (json!("heard"), json!({"letters": 3}));
    let lines = (json!("two.lines"), json!("hey\nhey"));
    let expected = [(&node, &heard.0, &heard.1), (&node, &lines.0, &lines.1)];
    assert_eq!(told, expected);
    app.end().await;
}

/// What a stream has sent, as it comes.
pub struct Reader {
    body: Body,
    text: String,
}

impl Reader {
    pub async fn open(app: &TestApp, path: &str) -> Self {
        let request = Request::get(path).body(Body::empty()).unwrap();
        let response = app.host.router().oneshot(request).await.unwrap();
        assert_eq!(response.status(), 200);
        Self {
            body: response.into_body(),
            text: String::new(),
        }
    }

    /// Reads until an event of that kind has come.
    pub async fn until(&mut self, kind: &str) -> Vec<Sent> {
        loop {
            let all = events(&self.text);
            if all.iter().any(|sent| sent.event == kind) {
                return all;
            }
            let frame = self.body.frame().await.unwrap().unwrap();
            let bytes = frame.into_data().unwrap();
            self.text.push_str(std::str::from_utf8(&bytes).unwrap());
        }
    }

    pub async fn rest(self) -> Vec<Sent> {
        let bytes = self.body.collect().await.unwrap().to_bytes();
        events(&(self.text + std::str::from_utf8(&bytes).unwrap()))
    }
}

#[tokio::test]
async fn a_stream_follows_a_run_that_goes_on() {
    let app = three().await;
    app.start_run("review", "r1", &draft()).await;
    let path = "/api/workflow/review/events/r1";
    let mut reader = Reader::open(&app, path).await;
    let asked = reader.until("request_info").await;
    let asked = asked.iter().find(|sent| sent.event == "request_info");
    let data = &asked.unwrap().data;
    assert_eq!(data["request_id"], "editor-0");
    assert_eq!(data["source_executor_id"], "editor");
    assert_eq!(data["data"], json!({"title": "News"}));
    app.answer("review", "r1", "editor-0", &verdict("Ann"))
        .await;
    let so_far = reader.until("output").await;
    assert!(kinds(&so_far).contains(&"request_answered"), "{so_far:?}");
    let cancel = "/api/workflow/review/respond/r1/lawyer-0";
    app.ask(Method::DELETE, cancel, "").await;
    let all = reader.rest().await;
    let last = all.last().unwrap();
    assert_eq!(last.event, "completed");
    assert_eq!(last.data["data"], json!(["Ann: true"]));
    assert!(kinds(&all).contains(&"request_cancelled"));
    let ids: Vec<usize> = all.iter().map(|sent| sent.id).collect();
    assert_eq!(ids, (0..all.len()).collect::<Vec<_>>());
    assert_eq!(Reader::open(&app, path).await.rest().await, all);
    app.end().await;
}

#[tokio::test]
async fn a_stream_ends_when_its_run_is_cancelled() {
    let app = three().await;
    app.start_run("review", "r1", &draft()).await;
    let mut reader = Reader::open(&app, "/api/workflow/review/events/r1").await;
    reader.until("request_info").await;
    app.post_text("/api/workflow/review/cancel/r1", "").await;
    reader.rest().await;
    app.end().await;
}

#[tokio::test]
async fn a_stream_ends_with_the_server_and_goes_on_after_it() {
    let folder = tempfile::tempdir().unwrap();
    let hub = || agent_host::HubLocation::File(folder.path().join("one.db"));
    let first = crate::workflows_by_hand::app_on(hub(), FunctionApp::workflow::<Review>).await;
    first.start_run("review", "r1", &draft()).await;
    let path = "/api/workflow/events/r1";
    let mut reader = Reader::open(&first, path).await;
    reader.until("request_info").await;
    first.end().await;
    let seen = reader.rest().await;
    let last = seen.last().unwrap().id;

    let second = crate::workflows_by_hand::app_on(hub(), FunctionApp::workflow::<Review>).await;
    second.open_requests("review", "r1", 2).await;
    for request in ["editor-0", "lawyer-0"] {
        let answer = second
            .answer("review", "r1", request, &verdict("Ann"))
            .await;
        assert_eq!(answer.status, 200, "{answer:?}");
    }
    let id = last.to_string();
    let rest = events(&stream(&second, path, Some(&id)).await.text);
    assert_eq!(rest.first().unwrap().id, last + 1);
    assert_eq!(rest.last().unwrap().event, "completed");
    let all = events(&stream(&second, path, None).await.text);
    assert_eq!(all, [seen, rest].concat());
    second.end().await;
}

/// Many readers of one run are told the same.
#[tokio::test]
async fn many_readers_see_the_same() {
    let app = app(FunctionApp::workflow::<Review>).await;
    app.start_run("review", "r1", &draft()).await;
    let mut readers = Vec::new();
    for _ in 0..20 {
        let reader = Reader::open(&app, "/api/workflow/events/r1").await;
        readers.push(tokio::spawn(reader.rest()));
    }
    app.open_requests("review", "r1", 2).await;
    for request in ["editor-0", "lawyer-0"] {
        app.answer("review", "r1", request, &verdict("Ann")).await;
    }
    let mut all = Vec::new();
    for reader in readers {
        all.push(reader.await.unwrap());
    }
    assert!(all.windows(2).all(|pair| pair[0] == pair[1]));
    assert_eq!(all[0].last().unwrap().event, "completed");
    app.end().await;
}
