//! The management API over instances: start, look, signal, end, list, remove.

use agent_host::HubLimits;
use axum::body::Body;
use axum::http::{Method, Request};
use durable_task::WaitFor;
use serde_json::{Value, json};

use crate::durable_functions::{PREFIX, app, app_with};
use crate::support::Answer;

fn ids(answer: &Answer) -> Vec<String> {
    let list = answer.document();
    let id = |item: &Value| item["instanceId"].as_str().unwrap().to_owned();
    list.as_array().unwrap().iter().map(id).collect()
}

#[tokio::test]
async fn a_start_is_refused_before_anything_is_created() {
    let app = app().await;
    for (path, body, message) in [
        (
            "/orchestrators/NoSuch/x",
            None,
            "The function 'NoSuch' doesn't exist, is disabled, or is not an orchestrator function",
        ),
        (
            "/orchestrators/Hello/x?version=9",
            None,
            "The orchestrator function 'Hello' has no version '9'",
        ),
        ("/orchestrators/Hello/@x", None, "Invalid instance id: "),
        ("/orchestrators/Hello/x%5Cy", None, "Invalid instance id: "),
        (
            "/orchestrators/Hello/x",
            Some("not json"),
            "Invalid JSON content",
        ),
        (
            "/orchestrators/Hello/x?timeout=1&pollingInterval=2",
            None,
            "The query parameter 'pollingInterval' must not be longer than 'timeout'",
        ),
        (
            "/orchestrators/Hello/x?timeout=soon",
            None,
            "The query parameter 'timeout' must be a number of seconds",
        ),
        (
            "/orchestrators/Hello/x?taskHub=other",
            None,
            "This app serves the task hub 'memory' and no other",
        ),
        (
            "/orchestrators/Hello/x?connection=other",
            None,
            "This app has the connection 'Storage' and no other",
        ),
    ] {
        let answer = app.manage(Method::POST, path, body).await;
        assert_eq!(answer.status, 400, "{path}: {answer:?}");
        assert!(answer.message().starts_with(message), "{path}: {answer:?}");
    }
    assert_eq!(app.look("/instances").await.document(), json!([]));
    app.end().await;
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_in_the_form_of_the_family() {
    let app = app_with(|app| app.body_limit(10)).await;
    let body = Some("\"0123456789\"");
    let answer = app.manage(Method::POST, "/orchestrators/Hello", body).await;
    assert_eq!(answer.status, 413);
    let message = "The request body is larger than the limit of 10 bytes";
    assert_eq!(answer.message(), message);
    app.end().await;
}

#[tokio::test]
async fn names_of_orchestrators_match_without_case() {
    let app = app().await;
    let id = app.ended("hELLO", None).await;
    assert_eq!(id.len(), 32);
    let status = app.look(&format!("/INSTANCES/{id}")).await.document();
    assert_eq!(status["name"], "Hello");
    app.end().await;
}

#[tokio::test]
async fn a_start_can_wait_for_the_end() {
    let app = app().await;
    let answer = app
        .manage(
            Method::POST,
            "/orchestrators/Hello/h?timeout=60&pollingInterval=0.1",
            None,
        )
        .await;
    assert_eq!(answer.status, 200);
    let output = json!(["Hello Tokyo!", "Hello Seattle!", "Hello London!"]);
    assert_eq!(answer.document(), output);

    let failed = app.tell("/orchestrators/Throws/t?timeout=60").await;
    assert_eq!(failed.status, 200);
    assert_eq!(failed.document()["runtimeStatus"], "Failed");
    let path = "/orchestrators/Throws/t?timeout=60&returnInternalServerErrorOnFailure=true";
    assert_eq!(app.tell(path).await.status, 500);

    let path = "/orchestrators/Long/l?timeout=0&returnInternalServerErrorOnFailure=true";
    let late = app.tell(path).await;
    assert_eq!(late.status, 202);
    let link = late.document()["statusQueryGetUri"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(
        link.ends_with("&returnInternalServerErrorOnFailure=true"),
        "{link}"
    );
    app.end().await;
}

#[tokio::test]
async fn a_wait_ends_with_the_server() {
    let app = app().await;
    let request = Request::post(format!("{PREFIX}/orchestrators/Long/l?timeout=600"));
    let request = request.body(Body::empty()).unwrap();
    let router = app.host.router();
    let waiting = tokio::spawn(async move {
        tower::ServiceExt::oneshot(router, request)
            .await
            .unwrap()
            .status()
    });
    while app.look("/instances/l").await.status == 404 {
        tokio::task::yield_now().await;
    }
    app.end().await;
    assert_eq!(waiting.await.unwrap(), 202);
}

#[tokio::test]
async fn an_event_completes_an_instance() {
    let app = app().await;
    app.started("Long/a", Some("{\"b\":1,\"a\":12345678901234567890123}"))
        .await;
    let status = app.look("/instances/a").await;
    // What was stored is shown as it was stored.
    assert!(
        status
            .text
            .contains(r#""input":{"b":1,"a":12345678901234567890123}"#),
        "{status:?}"
    );

    let text = Request::post(format!("{PREFIX}/instances/a/raiseEvent/go"))
        .header("content-type", "text/plain")
        .body(Body::from("1"));
    let refused = app.send(text.unwrap()).await;
    assert_eq!(refused.status, 400);
    let message = "Only application/json request content is supported";
    assert_eq!(refused.message(), message);
    let refused = app
        .manage(Method::POST, "/instances/a/raiseEvent/go", Some("{"))
        .await;
    assert_eq!(refused.status, 400);
    assert_eq!(refused.message(), "Invalid JSON content");

    let raised = app
        .manage(
            Method::POST,
            "/instances/a/RaiseEvent/GO",
            Some("{\"x\": 1}"),
        )
        .await;
    assert_eq!((raised.status, raised.text.as_str()), (202, ""));
    app.waits("a", WaitFor::Completion).await;
    let status = app.look("/instances/a?showInput=false").await;
    assert_eq!(status.status, 200);
    let status = status.document();
    assert_eq!(status["output"], json!({"x": 1}));
    assert_eq!(status["input"], Value::Null);
    app.end().await;
}

#[tokio::test]
async fn a_state_that_does_not_fit_is_a_server_error_and_an_ended_one_is_gone() {
    let app = app().await;
    app.started("Long/a", None).await;
    let refused = app.tell("/instances/a/resume").await;
    assert_eq!(refused.status, 500);
    assert_eq!(
        refused.message(),
        "The instance 'a' can't be resumed: it is Running"
    );
    assert_eq!(app.tell("/instances/a/suspend").await.status, 202);
    assert_eq!(app.tell("/instances/a/suspend").await.status, 500);
    assert_eq!(app.tell("/instances/a/resume").await.status, 202);
    assert_eq!(app.tell("/instances/a/terminate").await.status, 202);
    for verb in ["terminate", "suspend", "resume"] {
        assert_eq!(app.tell(&format!("/instances/a/{verb}")).await.status, 410);
        assert_eq!(app.tell(&format!("/instances/b/{verb}")).await.status, 404);
    }
    app.end().await;
}

#[tokio::test]
async fn children_go_with_their_parent_if_that_is_asked_for() {
    let app = app().await;
    app.started("Parent/p", None).await;
    app.started_child("p-child").await;
    let child = app.look("/instances/p-child").await.document();
    assert_eq!(child["parentInstanceId"], "p");
    let parent = app.look("/instances/p").await.document();
    assert_eq!(parent["version"], "1.2");

    let refused = app.remove("/instances/p?recursive=true").await;
    assert_eq!(refused.status, 412);
    assert!(refused.document().is_string(), "{refused:?}");
    assert_eq!(
        app.tell("/instances/p/terminate?recursive=true")
            .await
            .status,
        202
    );
    app.waits("p-child", WaitFor::Completion).await;
    let removed = app.remove("/instances/p?recursive=true").await;
    assert_eq!(removed.document(), json!({"instancesDeleted": 2}));
    app.end().await;
}

#[tokio::test]
async fn a_list_is_read_page_by_page() {
    let app = app().await;
    for number in 0..40 {
        app.begin(&format!("Long/n{number:02}"), Some("1")).await;
    }
    app.ended("Hello/h", None).await;
    let mut found = Vec::new();
    let mut token = String::new();
    loop {
        let request = Request::get(format!("{PREFIX}/instances?top=17&showInput=false"))
            .header("x-ms-continuation-token", &token)
            .body(Body::empty());
        let page = app.send(request.unwrap()).await;
        assert!(page.document()[0]["input"].is_null());
        let some = ids(&page);
        assert!(some.len() <= 17);
        found.extend(some);
        match page.header("x-ms-continuation-token") {
            Some(next) => next.clone_into(&mut token),
            None => break,
        }
    }
    let mut expected: Vec<String> = (0..40).map(|number| format!("n{number:02}")).collect();
    expected.push(String::from("h"));
    assert_eq!(found, expected);

    let path = "/instances?runtimeStatus=Completed,Failed&instanceIdPrefix=h";
    assert_eq!(ids(&app.look(path).await), ["h"]);
    assert_eq!(
        ids(&app.look("/instances?instanceIdPrefix=n0").await).len(),
        10
    );
    assert!(ids(&app.look("/instances?createdTimeTo=2020-01-01").await).is_empty());
    assert_eq!(
        ids(&app.look("/instances?createdTimeFrom=2020-01-01").await).len(),
        41
    );
    for bad in [
        "runtimeStatus=Done",
        "top=0",
        "top=many",
        "createdTimeFrom=yesterday",
        "showInput=maybe",
    ] {
        assert_eq!(
            app.look(&format!("/instances?{bad}")).await.status,
            400,
            "{bad}"
        );
    }
    let request = Request::get(format!("{PREFIX}/instances"))
        .header("x-ms-continuation-token", "bm9uZQ==")
        .body(Body::empty());
    let refused = app.send(request.unwrap()).await;
    assert_eq!(refused.status, 400, "{refused:?}");
    app.end().await;
}

#[tokio::test]
async fn ended_instances_are_removed_by_filter() {
    let app = app().await;
    app.ended("Throws/t", None).await;
    app.ended("Hello/h", None).await;
    app.started("Long/l", None).await;
    for (query, status) in [
        ("", 400),
        ("?createdTimeFrom=never", 400),
        ("?createdTimeFrom=2020-01-01&recursive=true", 400),
        ("?createdTimeFrom=2999-01-01", 404),
        ("?createdTimeFrom=2020-01-01&createdTimeTo=2021-01-01", 404),
    ] {
        let answer = app.remove(&format!("/instances{query}")).await;
        assert_eq!(answer.status, status, "{query}: {answer:?}");
    }
    assert!(app.remove("/instances").await.document().is_string());
    let path = "/instances?createdTimeFrom=2020-01-01&runtimeStatus=Failed";
    let removed = app.remove(path).await;
    assert_eq!(removed.document(), json!({"instancesDeleted": 1}));
    let removed = app.remove("/instances?createdTimeFrom=2020-01-01").await;
    assert_eq!(removed.document(), json!({"instancesDeleted": 1}));
    assert_eq!(ids(&app.look("/instances").await), ["l"]);
    app.end().await;
}

#[tokio::test]
async fn the_history_of_an_instance_is_shown_as_the_extension_shows_it() {
    let app = app().await;
    app.ended("Hello/h", Some("{\"x\":1}")).await;
    let status = app
        .look("/instances/h?showHistory=true&showHistoryOutput=true")
        .await;
    let status = status.document();
    let mut events = status["historyEvents"].as_array().unwrap().clone();
    for event in &mut events {
        for time in ["Timestamp", "ScheduledTime"] {
            if let Some(value) = event.get_mut(time) {
                *value = json!("T");
            }
        }
    }
    let said = |city: &str| {
        json!({"EventType": "TaskCompleted", "Result": format!("Hello {city}!"),
            "Timestamp": "T", "ScheduledTime": "T", "FunctionName": "SayHello",
            "Input": format!("\"{city}\"")})
    };
    let expected = [
        json!({"EventType": "ExecutionStarted", "Input": "{\"x\":1}", "Correlation": null,
            "ParentTraceContext": null, "ScheduledStartTime": null, "Generation": 0,
            "GenerateNewTrace": false, "Timestamp": "T", "FunctionName": "Hello"}),
        said("Tokyo"),
        said("Seattle"),
        said("London"),
        json!({"EventType": "ExecutionCompleted", "OrchestrationStatus": "Completed",
            "Result": ["Hello Tokyo!", "Hello Seattle!", "Hello London!"],
            "FailureDetails": null, "Timestamp": "T"}),
    ];
    assert_eq!(events, expected);
    let without = app.look("/instances/h").await.document();
    assert!(without.get("historyEvents").is_none());
    app.end().await;
}

#[tokio::test]
async fn a_failure_tells_its_causes_and_nothing_of_the_inside() {
    let app = app().await;
    app.ended("Throws/t", None).await;
    let status = app.look("/instances/t?showHistory=true").await;
    assert!(!status.text.contains(".rs"), "{status:?}");
    let status = status.document();
    assert_eq!(status["output"], "My.Error: orchestrator broke");
    let details = json!({"errorType": "My.Error", "errorMessage": "orchestrator broke",
        "isNonRetriable": false, "innerFailure": {"errorType": "My.Cause",
            "errorMessage": "the disk", "isNonRetriable": false, "innerFailure": null}});
    assert_eq!(status["failureDetails"], details);
    app.end().await;
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let app = app().await;
    for (method, path) in [
        (Method::GET, ""),
        (Method::GET, "/orchestrators/Hello"),
        (Method::PUT, "/instances/a"),
        (Method::POST, "/instances/a/explode"),
        (Method::GET, "/instances/a"),
        (Method::DELETE, "/instances/a"),
        (Method::POST, "/instances/a/raiseEvent/x"),
    ] {
        let answer = app.manage(method, path, None).await;
        assert_eq!((answer.status, answer.text.as_str()), (404, ""), "{path}");
    }
    let rewind = app.tell("/instances/a/rewind").await;
    assert_eq!(rewind.status, 404);
    assert_eq!(rewind.document(), "No instance with id 'a' was found");
    let restart = app.tell("/instances/a/restart").await;
    assert_eq!(restart.status, 400);
    assert_eq!(restart.message(), "An instance with id 'a' was not found");
    assert_eq!(app.tell("/makeprimary").await.status, 400);
    app.end().await;
}

#[tokio::test]
async fn an_instance_is_started_again_under_a_chosen_id() {
    let app = app().await;
    app.ended("Hello/h", Some("7")).await;
    for (query, message) in [
        ("", "The query parameter 'newInstanceId' is required"),
        ("?newInstanceId=@a", "Invalid instance id: "),
        (
            "?newInstanceId=b&version=3",
            "The orchestrator function 'Hello' has no version '3'",
        ),
    ] {
        let answer = app
            .tell(&format!("/instances/h/restartWithOptions{query}"))
            .await;
        assert_eq!(answer.status, 400, "{query}");
        assert!(answer.message().starts_with(message), "{query}: {answer:?}");
    }
    let path = "/instances/h/restartWithOptions?newInstanceId=again&timeout=60";
    assert_eq!(app.tell(path).await.status, 200);
    let again = app.look("/instances/again").await.document();
    assert_eq!(
        (&again["name"], &again["input"]),
        (&json!("Hello"), &json!(7))
    );
    app.started("Long/l", None).await;
    let answer = app
        .tell("/instances/h/restartWithOptions?newInstanceId=l")
        .await;
    assert_eq!(answer.status, 409);
    app.end().await;
}

#[tokio::test]
async fn an_instance_is_started_again_from_its_input() {
    let app = app().await;
    app.ended("Hello/h", Some("7")).await;
    let first = app.look("/instances/h").await.document();
    let answer = app.tell("/instances/h/restart?timeout=60").await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let listed = ids(&app.look("/instances").await);
    assert_eq!(listed.len(), 2);
    let other = listed.iter().find(|id| *id != "h").unwrap();
    let other = app.look(&format!("/instances/{other}")).await.document();
    assert_eq!(
        (&other["name"], &other["input"]),
        (&json!("Hello"), &json!(7))
    );

    let path = "/instances/h/restart?restartWithNewInstanceId=false&timeout=60";
    assert_eq!(app.tell(path).await.status, 200);
    let again = app.look("/instances/h").await.document();
    assert_eq!(again["input"], first["input"]);
    assert_eq!(ids(&app.look("/instances").await).len(), 2);

    app.started("Long/l", None).await;
    let path = "/instances/l/restart?restartWithNewInstanceId=false";
    let refused = app.tell(path).await;
    assert_eq!(refused.status, 409);
    let message = "An Orchestration instance with the status Running already exists.";
    assert_eq!(refused.message(), message);
    app.end().await;
}

#[tokio::test]
async fn only_a_failed_instance_is_rewound() {
    let app = app().await;
    app.ended("Hello/h", None).await;
    let refused = app.tell("/instances/h/rewind").await;
    assert_eq!(refused.status, 412);
    let text = "The instance 'h' is Completed; only a failed one can be rewound";
    assert_eq!(refused.document(), text);
    app.end().await;
}

#[tokio::test]
async fn the_api_can_be_taken_away() {
    let app = app_with(|app| app.management_api(false)).await;
    let answer = app.look("/instances").await;
    assert_eq!(
        (answer.status, answer.text.as_str()),
        (404, r#"{"error":"Not found"}"#)
    );
    app.end().await;
}

#[tokio::test]
async fn an_app_sets_up_its_hub() {
    let mut limits = HubLimits::default();
    limits.input_bytes_max = 10;
    let app = app_with(move |app| app.hub(move |hub| hub.limits(limits))).await;
    for (id, input, status) in [("a", "\"fits\"", 202), ("b", "\"too long for it\"", 400)] {
        let path = format!("/orchestrators/Long/{id}");
        let answer = app.manage(Method::POST, &path, Some(input)).await;
        assert_eq!(answer.status, status, "{}", answer.text);
        let named = answer.text.contains("input_bytes_max");
        assert_eq!(named, status == 400, "{}", answer.text);
    }
    app.end().await;
}
