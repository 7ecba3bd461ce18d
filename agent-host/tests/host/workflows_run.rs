//! `POST workflow/{wf}/run`, `GET workflow/{wf}/status/{id}`.

use agent_host::FunctionApp;
use axum::http::Method;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::support::{TestApp, json_request, read};
use crate::workflows_by_hand::{Echo, Review, app, draft, error, three, verdict};

const WAIT: &[(&str, &str)] = &[("x-ms-wait-for-response", "true")];

async fn waited(app: &TestApp, path: &str, body: &str) -> (u16, Value) {
    let answer = app.ask_with(Method::POST, path, body, WAIT).await;
    (answer.status, answer.json())
}

#[tokio::test]
async fn a_run_is_started_and_can_be_followed() {
    let app = three().await;
    let answer = app
        .post_text("/api/workflow/ECHO/run?runId=a%20b", "Hi")
        .await;
    assert_eq!(answer.status, 202, "{answer:?}");
    let status_path = "/api/workflow/Echo/status/a%20b";
    assert_eq!(answer.header("location"), Some(status_path));
    let expected = json!({
        "instanceId": "a b",
        "statusQueryGetUri": format!("http://localhost:7071{status_path}"),
        "respondUri": "http://localhost:7071/api/workflow/Echo/respond/a%20b/{requestId}",
        "message": "Workflow started",
    });
    assert_eq!(answer.json(), expected);

    let mut status = app.ended_run("eCHO", "a%20b").await;
    for time in ["createdTime", "lastUpdatedTime"] {
        let text = status[time].take();
        assert!(text.as_str().unwrap().ends_with('Z'), "{text}");
    }
    let expected = json!({
        "instanceId": "a b", "runtimeStatus": "Completed", "customStatus": {"state": "running"},
        "output": ["Hi"], "error": null, "createdTime": null, "lastUpdatedTime": null,
        "version": "v1",
    });
    assert_eq!(status, expected);
    app.end().await;
}

#[tokio::test]
async fn a_run_without_an_id_gets_one() {
    let app = three().await;
    let first = app.post_text("/api/workflow/Echo/run", "Hi").await.json();
    let second = app.post_text("/api/workflow/Echo/run", "Hi").await.json();
    assert_ne!(first["instanceId"], second["instanceId"]);
    let id = first["instanceId"].as_str().unwrap();
    assert_eq!(app.ended_run("Echo", id).await["output"], json!(["Hi"]));
    app.end().await;
}

#[tokio::test]
async fn who_waits_gets_the_end() {
    let app = three().await;
    let path = "/api/workflow/Echo/run?runId=r1";
    let expected = json!({"instanceId": "r1", "runtimeStatus": "Completed", "output": ["Hi"]});
    assert_eq!(waited(&app, path, "Hi").await, (200, expected));

    let path = "/api/workflow/Echo/run?runId=r2&waitForResponse=YES&timeoutSeconds=200";
    let answer = app.post_text(path, "boom").await;
    assert_eq!(answer.status, 200);
    let failed = answer.json();
    assert_eq!(failed["runtimeStatus"], "Failed");
    assert_eq!(failed["output"], Value::Null);
    let text = failed["error"].as_str().unwrap();
    assert!(text.contains("it went off"), "{text}");
    let status = app.run_status("Echo", "r2").await;
    assert_eq!(status["error"], failed["error"]);
    assert_eq!(status["output"], Value::Null);
    app.end().await;
}

#[tokio::test]
async fn a_wait_ends_without_an_answer_while_somebody_is_asked() {
    let app = three().await;
    let path = "/api/workflow/review/run?runId=r1&waitForResponse=true&timeoutSeconds=1";
    let answer = app.post_text(path, &draft()).await;
    assert_eq!(answer.status, 202);
    assert_eq!(answer.json()["message"], "Workflow started");
    assert_eq!(app.open_requests("review", "r1", 2).await.len(), 2);
    app.end().await;
}

#[tokio::test]
async fn a_wait_ends_with_the_server() {
    let app = app(FunctionApp::workflow::<Review>).await;
    let path = "/api/workflow/review/run?runId=r1&waitForResponse=true&timeoutSeconds=200";
    let request = axum::http::Request::post(path)
        .body(axum::body::Body::from(draft()))
        .unwrap();
    let waiting = tokio::spawn(app.host.router().oneshot(request));
    app.open_requests_once_there("review", "r1", 2).await;
    app.end().await;
    let answer = read(waiting.await.unwrap().unwrap()).await;
    assert_eq!(answer.status, 202, "{answer:?}");
    assert_eq!(answer.json()["instanceId"], "r1");
}

#[tokio::test]
async fn who_waits_is_told_that_the_run_was_cancelled() {
    let app = app(FunctionApp::workflow::<Review>).await;
    let path = "/api/workflow/review/run?runId=r1&waitForResponse=true&timeoutSeconds=200";
    let body: Value = serde_json::from_str(&draft()).unwrap();
    let waiting = tokio::spawn(app.host.router().oneshot(json_request(path, &body)));
    app.open_requests_once_there("review", "r1", 2).await;
    let answer = app.post_text("/api/workflow/review/cancel/r1", "").await;
    assert_eq!(answer.status, 200);
    let answer = read(waiting.await.unwrap().unwrap()).await;
    assert_eq!(answer.status, 500);
    let text = "Workflow orchestration 'r1' ended with unexpected status 'Terminated'.";
    assert_eq!(answer.json(), error(text));
    app.end().await;
}

#[tokio::test]
async fn what_can_not_be_read_of_the_wait_starts_nothing() {
    let app = three().await;
    let no_bool = "'waitForResponse' must be a boolean value.";
    let no_number = "'timeoutSeconds' must be an integer between 1 and 200.";
    for (query, text) in [
        ("waitForResponse=maybe", no_bool),
        ("waitForResponse=", no_bool),
        ("waitForResponse=1&timeoutSeconds=0", no_number),
        ("waitForResponse=1&timeoutSeconds=201", no_number),
        ("waitForResponse=1&timeoutSeconds=", no_number),
        ("waitForResponse=1&timeoutSeconds=ten", no_number),
    ] {
        let path = format!("/api/workflow/Echo/run?runId=r1&{query}");
        let answer = app.post_text(&path, "Hi").await;
        assert_eq!(
            (answer.status, answer.json()),
            (400, error(text)),
            "{query}"
        );
    }
    assert_eq!(app.get("/api/workflow/Echo/status/r1").await.status, 404);
    // It is not read where nobody waits.
    let path = "/api/workflow/Echo/run?runId=r1&timeoutSeconds=0";
    assert_eq!(app.post_text(path, "Hi").await.status, 202);
    app.end().await;
}

#[tokio::test]
async fn ids_of_runs_have_rules() {
    let app = three().await;
    let long = "x".repeat(101);
    for id in [
        "", "%40a", "a%2Fb", "a%5Cb", "a%23b", "a%3Fb", "a%5Eb", "a%00b", "a%0Ab", &long,
    ] {
        let path = format!("/api/workflow/Echo/run?runId={id}");
        let answer = app.post_text(&path, "Hi").await;
        assert_eq!(answer.status, 400, "{id}");
        let text = "'runId' must be between 1 and 100 characters, must not start with '@', and \
                    must not contain '/', '\\', '#', '?', '^', or control characters.";
        assert_eq!(answer.json(), error(text), "{id}");
    }
    for id in ["a%3A%3Ab", "..", "%20a"] {
        let path = format!("/api/workflow/Echo/run?runId={id}");
        assert_eq!(app.post_text(&path, "Hi").await.status, 400, "{id}");
    }
    for id in ["x".repeat(100), String::from("%C3%BC%7E-_.%3A")] {
        app.start_run("Echo", &id, "Hi").await;
        assert_eq!(app.ended_run("Echo", &id).await["output"], json!(["Hi"]));
    }
    app.end().await;
}

#[tokio::test]
async fn an_id_names_one_run() {
    let app = three().await;
    let body = r#"{"to": "a", "lines": [], "extra": {"one": 1, "two": 2}}"#;
    let same = r#" {"extra":{"two":2,"one":1},"lines":[],"to":"a"}"#;
    app.start_run("post", "r1", body).await;
    app.start_run("post", "r1", same).await;
    let created = app.ended_run("post", "r1").await["createdTime"].take();
    // It is the same run also when it has ended.
    let path = "/api/workflow/post/run?runId=r1";
    assert_eq!(waited(&app, path, body).await.0, 200);
    assert_eq!(app.run_status("post", "r1").await["createdTime"], created);

    let text = "'runId' 'r1' belongs to a run with another input.";
    let other = r#"{"to": "b", "lines": []}"#;
    for (path, body) in [
        (path, other),
        ("/api/workflow/Echo/run?runId=r1", "Hi"),
        ("/api/workflow/Echo/run?runId=r1", body),
    ] {
        let answer = app.post_text(path, body).await;
        assert_eq!((answer.status, answer.json()), (409, error(text)), "{path}");
    }
    app.end().await;
}

#[tokio::test]
async fn equal_starts_at_once_are_one_run() {
    let app = three().await;
    let start = |body: &'static str| {
        let request = axum::http::Request::post("/api/workflow/Echo/run?runId=r1");
        let request = request.body(axum::body::Body::from(body)).unwrap();
        app.host.router().oneshot(request)
    };
    let answers = tokio::join!(start("Hi"), start("Hi"), start("Ho"), start("Hi"));
    let statuses = [answers.0, answers.1, answers.2, answers.3];
    let statuses = statuses.map(|answer| answer.unwrap().status().as_u16());
    let count = |status| statuses.iter().filter(|&&other| other == status).count();
    let output = app.ended_run("Echo", "r1").await["output"].take();
    let refused = if output == json!(["Hi"]) { 1 } else { 3 };
    assert_eq!((count(202), count(409)), (4 - refused, refused));
    app.end().await;
}

#[tokio::test]
async fn a_body_is_json_or_a_text_whatever_its_type_says() {
    let app = three().await;
    for (body, output) in [
        ("Hi there", "Hi there"),
        (r#""Hi there""#, "Hi there"),
        ("12345", "12345"),
        (r#"{"a": 1}"#, r#"{"a": 1}"#),
        (" padded ", " padded "),
    ] {
        for kind in ["application/json", "text/plain"] {
            let headers = [WAIT[0], ("content-type", kind)];
            let path = "/api/workflow/Echo/run";
            let answer = app.ask_with(Method::POST, path, body, &headers).await;
            assert_eq!(answer.json()["output"], json!([output]), "{body} {kind}");
        }
    }
    let body = r#"{"to": "a", "lines": [{"count": 1}]}"#;
    let (status, answer) = waited(&app, "/api/workflow/post/run", body).await;
    assert_eq!(status, 200);
    let mail = json!({"to": "a", "lines": [{"count": 1}], "extra": null});
    assert_eq!(answer["output"], json!([mail]));
    app.end().await;
}

#[tokio::test]
async fn an_input_that_does_not_fit_starts_nothing() {
    let app = three().await;
    let count = r#"{"to": "a", "lines": [{"count": 1}, {"count": "two"}]}"#;
    for (body, path, says) in [
        (count, "lines[1].count", "invalid type: string"),
        (r#"{"to": 1, "lines": []}"#, "to", "invalid type: integer"),
        (r#"{"lines": []}"#, "to", "missing field `to`"),
        ("null", ".", "invalid type: null"),
        ("[1]", "[0]", "invalid type: integer"),
        (
            r#"{"to": "#,
            ".",
            "not JSON: EOF while parsing a value at line 1 column 7; and as",
        ),
        (
            "hello",
            ".",
            "not JSON: expected value at line 1 column 1; and as a text: invalid",
        ),
        (&"x".repeat(100_000), ".", "xxx.."),
    ] {
        let answer = app.post_text("/api/workflow/post/run?runId=r1", body).await;
        assert_eq!(answer.status, 400, "{body}");
        let refusal = answer.json();
        assert_eq!(refusal["path"], path, "{body}");
        let problem = refusal["problem"].as_str().unwrap();
        assert!(problem.contains(says), "{body}: {problem}");
        let told = refusal["error"].as_str().unwrap();
        assert!(told.starts_with("Invalid input: "), "{told}");
    }
    for body in ["", " \n"] {
        let answer = app.post_text("/api/workflow/post/run?runId=r1", body).await;
        let expected = error("Request body is required");
        assert_eq!((answer.status, answer.json()), (400, expected));
    }
    assert_eq!(app.get("/api/workflow/post/status/r1").await.status, 404);
    app.end().await;
}

#[tokio::test]
async fn keys_of_other_implementations_do_not_come_in() {
    let app = three().await;
    let body = r#"{"to": "a", "lines": [], "__subworkflow_address__": {"a": 1},
        "__subworkflow_input__": {"to": "b", "lines": []},
        "extra": [{"__pickled__": "gASV", "x": 1}, {"__type__": "m:C"}, 3]}"#;
    let (status, answer) = waited(&app, "/api/workflow/post/run", body).await;
    assert_eq!(status, 200);
    let mail = json!({"to": "a", "lines": [], "extra": [null, null, 3]});
    assert_eq!(answer["output"], json!([mail]));
    let pickled = r#"{"__pickled__": "gASV", "to": "a", "lines": []}"#;
    assert_eq!(waited(&app, "/api/workflow/post/run", pickled).await.0, 400);
    app.end().await;
}

#[tokio::test]
async fn one_workflow_needs_no_name() {
    let app = app(FunctionApp::workflow::<Review>).await;
    let answer = app.post_text("/api/workflow/run?runId=r1", &draft()).await;
    assert_eq!(answer.status, 202);
    let started = answer.json();
    let base = "http://localhost:7071/api/workflow";
    assert_eq!(started["statusQueryGetUri"], format!("{base}/status/r1"));
    app.open_requests("review", "r1", 2).await;
    let status = app.get("/api/workflow/status/r1").await.json();
    let request = &status["pendingHumanInputRequests"][0];
    let url = request["respondUrl"].as_str().unwrap();
    assert!(url.ends_with("/api/workflow/respond/r1/editor-0"), "{url}");
    let path = "/api/workflow/respond/r1/editor-0";
    assert_eq!(app.post_text(path, &verdict("Ann")).await.status, 200);
    let path = "/api/workflow/respond/r1/lawyer-0";
    assert_eq!(app.ask(Method::DELETE, path, "").await.status, 200);
    assert_eq!(
        app.ended_run("review", "r1").await["output"],
        json!(["Ann: true"])
    );
    assert_eq!(app.get("/api/workflow/events/r1").await.status, 200);
    assert_eq!(app.get("/api/workflow/graph").await.status, 200);
    let path = "/api/workflow/cancel/r1";
    assert_eq!(app.post_text(path, "").await.status, 409);
    // A run may be called as a workflow, and a workflow is found before it.
    let path = "/api/workflow/review/run?runId=graph";
    assert_eq!(app.post_text(path, &draft()).await.status, 202);
    assert_eq!(app.get("/api/workflow/status/graph").await.status, 200);
    app.end().await;
}

#[tokio::test]
async fn several_workflows_need_names_and_none_has_no_routes() {
    let two = app(|app| app.workflow::<Review>().workflow::<Echo>()).await;
    for (method, path) in [
        (Method::POST, "/api/workflow/run"),
        (Method::GET, "/api/workflow/status/r1"),
        (Method::POST, "/api/workflow/respond/r1/a"),
        (Method::GET, "/api/workflow/events/r1"),
        (Method::GET, "/api/workflow/graph"),
        (Method::POST, "/api/workflows/run"),
        (Method::GET, "/api/workflows/status/r1"),
    ] {
        let answer = two.ask(method, path, "Hi").await;
        assert_eq!(
            (answer.status, answer.json()),
            (404, error("Not found")),
            "{path}"
        );
    }
    two.end().await;
    let none = TestApp::one().await;
    let answer = none.post_text("/api/workflow/Echo/run", "Hi").await;
    assert_eq!((answer.status, answer.json()), (404, error("Not found")));
    none.end().await;
}

#[tokio::test]
async fn a_body_has_a_limit() {
    let app = app(|app| app.workflow::<Echo>().body_limit(10)).await;
    let body = "x".repeat(11);
    for path in [
        "/api/workflow/Echo/run?runId=r1",
        "/api/workflow/Echo/respond/r1/a-0",
        "/api/workflows/Echo/run?runId=r1",
        "/api/workflows/Echo/respond/r1",
    ] {
        assert_eq!(app.post_text(path, &body).await.status, 413, "{path}");
    }
    assert_eq!(app.get("/api/workflow/Echo/status/r1").await.status, 404);
    app.end().await;
}

#[tokio::test]
async fn an_input_that_the_hub_does_not_take_is_refused() {
    let app = app(|app| app.workflow::<Echo>().body_limit(64 << 20)).await;
    let body = "x".repeat(33 << 20);
    let answer = app
        .post_text("/api/workflow/Echo/run?runId=r1", &body)
        .await;
    assert_eq!(answer.status, 400);
    let text = answer.json()["error"].as_str().unwrap().to_owned();
    assert!(text.contains("input_bytes_max"), "{text}");
    assert_eq!(app.get("/api/workflow/Echo/status/r1").await.status, 404);
    app.end().await;
}

#[tokio::test]
async fn methods_and_paths_are_those_of_the_table() {
    let app = three().await;
    for (method, path, status) in [
        (Method::GET, "/api/workflow/Echo/run", 405),
        (Method::POST, "/api/workflow/Echo/status/r1", 405),
        (Method::PUT, "/api/workflow/Echo/respond/r1/a", 405),
        (Method::GET, "/api/workflow/Echo/cancel/r1", 405),
        (Method::POST, "/api/workflow/Echo/events/r1", 405),
        (Method::DELETE, "/api/workflow/Echo/graph", 405),
        (Method::GET, "/api/workflow/Echo/status/", 404),
        (Method::POST, "/api/workflow/Echo/respond/r1", 404),
        (Method::POST, "/api/workflow/Echo/respond//a", 400),
        (Method::GET, "/api/workflow/Echo/nothing", 404),
        (Method::GET, "/api/workflow/%FF/status/r1", 400),
        (Method::GET, "/api/workflow/Echo/status/%FF", 400),
    ] {
        let answer = app.ask(method.clone(), path, "x").await;
        assert_eq!(answer.status, status, "{method} {path}");
        assert!(answer.json()["error"].is_string(), "{method} {path}");
    }
    app.end().await;
}

#[tokio::test]
async fn the_app_lists_its_workflows() {
    let app = three().await;
    let health = app.get("/api/health").await.json();
    assert_eq!(health["workflow_count"], 3);
    let review = json!({
        "name": "review", "executors": ["editor", "lawyer", "note"], "version": "v1",
        "http_enabled": true, "mcp_tool_enabled": false,
    });
    assert_eq!(health["workflows"][2], review);
    assert_eq!(health["agents"], json!([]));
    app.end().await;
}
