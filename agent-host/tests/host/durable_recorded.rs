//! What a real host with the Durable extension answered, request by request, is what this one
//! answers, but for the differences that `docs/http.md` lists.

use std::path::PathBuf;

use axum::http::Method;
use durable_task::WaitFor;
use serde_json::Value;

use crate::durable_functions::{PREFIX, app};
use crate::support::{Answer, TestApp};

/// The recording lies beside the repository; without it the test says so, and fails in CI.
fn recording() -> Option<Value> {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../shared/fixtures/functions-host/37-http-api.json");
    if let Ok(text) = std::fs::read_to_string(&file) {
        return Some(serde_json::from_str(&text).unwrap());
    }
    assert!(
        std::env::var_os("CI").is_none(),
        "{} is missing",
        file.display()
    );
    eprintln!("skipped: {} is missing", file.display());
    None
}

/// An answer, as far as it is compared.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Seen {
    status: u16,
    content_type: Option<String>,
    location: Option<String>,
    retry_after: Option<String>,
    continues: bool,
    body: String,
}

impl Seen {
    fn recorded(response: &Value) -> Self {
        let headers: Vec<&str> = response["headers"]
            .as_array()
            .unwrap()
            .iter()
            .map(|text| text.as_str().unwrap())
            .collect();
        let header = |name: &str| {
            let pair = headers
                .chunks(2)
                .find(|pair| pair[0].eq_ignore_ascii_case(name));
            pair.map(|pair| plain(pair[1]))
        };
        Self {
            status: response["status"].as_u64().unwrap().try_into().unwrap(),
            content_type: header("content-type"),
            location: header("location"),
            retry_after: header("retry-after"),
            continues: header("x-ms-continuation-token").is_some(),
            body: plain(response["body"].as_str().unwrap()),
        }
    }

    fn ours(answer: &Answer) -> Self {
        let header = |name| answer.header(name).map(plain);
        Self {
            status: answer.status,
            content_type: header("content-type"),
            location: header("location"),
            retry_after: header("retry-after"),
            continues: header("x-ms-continuation-token").is_some(),
            body: plain(&answer.text),
        }
    }
}

/// A text without what every run, host and hub has of its own: ids, times, names, keys.
fn plain(text: &str) -> String {
    let text = text
        .replace("http://127.0.0.1:12020", "http://localhost:7071")
        .replace("taskHub=QHub7", "taskHub=memory")
        .replace("&code=testsystem", "")
        .replace("?code=testsystem", "");
    let mut plain = String::new();
    for part in text.split_inclusive(|c: char| !c.is_ascii_alphanumeric() && !"-:".contains(c)) {
        let word = part.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
        let is_id = word.len() == 32 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
        let is_time = word.len() == "2026-11-21T12:41:29Z".len() && word.ends_with('Z');
        match part.strip_prefix(word) {
            Some(rest) if is_id => plain.push_str(&["ID", rest].concat()),
            Some(rest) if is_time => plain.push_str(&["TIME", rest].concat()),
            _ => plain.push_str(part),
        }
    }
    plain
}

/// What we answer instead, where we differ on purpose.
fn adapted(step: &str, mut seen: Seen) -> Seen {
    let details = r#","failureDetails":{"errorType":"My.Error","#.to_owned()
        + r#""errorMessage":"orchestrator broke","isNonRetriable":false,"#
        + r#""innerFailure":{"errorType":"My.Cause","errorMessage":"the disk","#
        + r#""isNonRetriable":false,"innerFailure":null}}}"#;
    match step {
        // The reason of a suspension is no output.
        "status suspended" => seen.body = seen.body.replace(r#""output":"r""#, r#""output":null"#),
        // What the app has no code for is refused.
        "start bad name" => {
            seen = Seen {
                status: 400,
                location: None,
                retry_after: None,
                body: String::from(
                    "{\"Message\":\"The function 'NoSuch' doesn't exist, is disabled, or is not \
                     an orchestrator function\"}",
                ),
                ..seen
            }
        }
        // No stack trace is shown.
        "start not json" => {
            seen.body = String::from(
                "{\"Message\":\"Invalid JSON content\",\
                 \"ExceptionMessage\":\"expected ident at line 1 column 2\"}",
            );
        }
        // A failure tells its causes.
        "status failed" | "status failed 500" | "status after rewind" => {
            assert_eq!(seen.body.pop(), Some('}'));
            seen.body.push_str(&details);
        }
        // Lists are in the order of creation: the older one of the two comes first.
        "list" => {
            let (_, second) = seen.body.split_once("},{").unwrap();
            seen.body = ["[{", second].concat();
        }
        // There is no failed instance of an unknown function.
        "purge many" => seen.body = seen.body.replace('2', "1"),
        _ => {}
    }
    seen
}

/// Brings the app to where the recorded host was when it got the request.
async fn prepare(app: &TestApp, step: &str, id: &str) {
    match step {
        "status running" => app.waits(id, WaitFor::Start).await,
        "terminate" => reaches(app, id, "Running").await,
        "start existing running id" => app.waits("lng", WaitFor::Start).await,
        "status suspended" => reaches(app, id, "Suspended").await,
        "status terminated" => reaches(app, id, "Terminated").await,
        "status failed" | "rewind" => reaches(app, "thr", "Failed").await,
        "restart" => reaches(app, "h1", "Completed").await,
        _ => {}
    }
}

async fn reaches(app: &TestApp, id: &str, status: &str) {
    loop {
        let answer = app.look(&format!("/instances/{id}")).await;
        if answer.document()["runtimeStatus"] == status {
            return;
        }
        tokio::task::yield_now().await;
    }
}

/// In the order in which they were recorded.
const STEPS: [&str; 26] = [
    "start without id",
    "status running",
    "suspend",
    "status suspended",
    "resume",
    "terminate",
    "status terminated",
    "terminate again",
    "event to finished",
    "event unknown",
    "status unknown",
    "start existing finished id",
    "start long",
    "start existing running id",
    "start bad name",
    "start not json",
    "fail",
    "status failed",
    "status failed 500",
    "rewind",
    "status after rewind",
    "restart",
    "list",
    "list prefix",
    "purge",
    "purge again",
];

#[tokio::test]
async fn the_recorded_requests_get_the_recorded_answers() {
    let Some(recording) = recording() else {
        return;
    };
    let recorded = recording["effect"].as_object().unwrap();
    // `no key` is tested where keys are, `purge many` at the end.
    assert_eq!(recorded.len(), STEPS.len() + 2);
    let app = app().await;
    app.ended("Hello/h1", Some("{\"x\":1}")).await;
    let first = &recorded["start without id"]["response"]["body"];
    let first: Value = serde_json::from_str(first.as_str().unwrap()).unwrap();
    let recorded_id = first["id"].as_str().unwrap();
    let mut id = String::new();
    for step in STEPS.into_iter().chain(["purge many"]) {
        let exchange = &recorded[step];
        prepare(&app, step, &id).await;
        let request = exchange["request"]
            .as_str()
            .unwrap()
            .replace(recorded_id, &id);
        // Our list begins with the oldest.
        let request = match step {
            "list" => request.replace("top=2", "top=1"),
            _ => request,
        };
        let (method, path) = request.split_once(' ').unwrap();
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let body = exchange["body"].as_str();
        let mut answer = app.manage(method.clone(), path, body).await;
        // It runs again, for a moment.
        while step == "status after rewind" && answer.status == 202 {
            tokio::task::yield_now().await;
            answer = app.manage(method.clone(), path, body).await;
        }
        let expected = adapted(step, Seen::recorded(&exchange["response"]));
        assert_eq!(Seen::ours(&answer), expected, "{step}: {PREFIX}{path}");
        if step == "start without id" {
            answer.document()["id"]
                .as_str()
                .unwrap()
                .clone_into(&mut id);
        }
    }
    app.end().await;
}

#[test]
fn a_text_loses_what_is_of_its_own() {
    let link = "http://127.0.0.1:12020/30892e74376c4b2eae7f4adba2ffe2f1";
    let query = "taskHub=QHub7&connection=S&code=testsystem";
    let text = format!(r#"{{"a":"{link}?{query}","t":"2026-11-21T12:41:29Z"}}"#);
    let expected = r#"{"a":"http://localhost:7071/ID?taskHub=memory&connection=S","t":"TIME"}"#;
    assert_eq!(plain(&text), expected);
}
