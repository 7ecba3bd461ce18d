//! `Idempotency-Key`, and the bound of a session's queue.

use serde_json::{Value, json};

use crate::support::{Answer, TestApp, json_request};

async fn run_with_key(app: &TestApp, key: &str, body: &Value) -> Answer {
    let mut request = json_request("/api/agents/Weather/run", body);
    request
        .headers_mut()
        .insert("idempotency-key", key.parse().unwrap());
    app.send(request).await
}

#[tokio::test]
async fn a_repeated_request_is_the_same_run() {
    let app = TestApp::one().await;
    let body = json!({"message": "Hi", "session_id": "s1"});
    let first = run_with_key(&app, "k1", &body).await;
    let second = run_with_key(&app, "\"k1\"", &body).await;
    assert_eq!((first.status, second.status), (200, 200));
    assert_eq!(first.text, second.text);
    assert_eq!(first.json()["correlation_id"], "k1");
    assert_eq!(app.model.calls().len(), 1);
    let third = run_with_key(&app, "k2", &body).await.json();
    assert_eq!(third["message_count"], 4);
    app.end().await;
}

#[tokio::test]
async fn a_repeated_request_without_a_session_is_the_same_run() {
    let app = TestApp::one().await;
    let body = json!({"message": "Hi"});
    let first = run_with_key(&app, "k1", &body).await;
    assert_eq!(run_with_key(&app, "k1", &body).await.text, first.text);
    let other = run_with_key(&app, "k1", &json!({"message": "Ho"})).await;
    assert_eq!(other.status, 422);
    assert_eq!(app.model.calls().len(), 1);
    app.end().await;
}

#[tokio::test]
async fn a_repeated_request_joins_a_run_that_is_not_done() {
    let app = TestApp::one().await;
    let body = json!({"message": "hold on", "session_id": "s1"});
    let (first, second, ()) = tokio::join!(
        run_with_key(&app, "k1", &body),
        run_with_key(&app, "k1", &body),
        async {
            app.model.called(1).await;
            app.model.release(1);
        }
    );
    assert_eq!(first.text, second.text);
    assert_eq!(first.json()["response"], "held on");
    assert_eq!(app.model.calls().len(), 1);
    app.end().await;
}

#[tokio::test]
async fn the_same_key_with_another_body_is_refused() {
    let app = TestApp::one().await;
    run_with_key(&app, "k1", &json!({"message": "Hi", "session_id": "s1"})).await;
    let answer = run_with_key(&app, "k1", &json!({"message": "Ho", "session_id": "s1"})).await;
    assert_eq!(answer.status, 422);
    let text = "Idempotency-Key 'k1' was used with another request of this session";
    assert_eq!(answer.json(), json!({ "error": text }));
    let state = app.get("/api/agents/Weather/s1").await.json();
    assert_eq!(
        state["data"]["conversationHistory"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    app.end().await;
}

#[tokio::test]
async fn a_key_that_is_no_id_is_refused() {
    let app = TestApp::one().await;
    for key in ["", "a/b", "a?b"] {
        let answer = run_with_key(&app, key, &json!({"message": "Hi"})).await;
        assert_eq!(answer.status, 400, "{key}");
    }
    assert!(app.model.calls().is_empty());
    app.end().await;
}

#[tokio::test]
async fn the_run_after_a_full_queue_is_refused_and_a_repeated_one_is_not() {
    let app = TestApp::one().await;
    let ask = |number: usize| {
        let message = format!("hold {number}");
        json!({"message": message, "session_id": "s1", "wait_for_response": false})
    };
    assert_eq!(run_with_key(&app, "k0", &ask(0)).await.status, 202);
    app.model.called(1).await;
    for number in 1..=100 {
        let answer = run_with_key(&app, &format!("k{number}"), &ask(number)).await;
        assert_eq!(answer.status, 202, "{number}: {answer:?}");
    }
    let answer = run_with_key(&app, "k101", &ask(101)).await;
    assert_eq!(answer.status, 429);
    assert!(
        answer.json()["error"].as_str().unwrap().contains("100"),
        "{answer:?}"
    );
    assert!(answer.header("retry-after").is_some());
    assert_eq!(run_with_key(&app, "k7", &ask(7)).await.status, 202);
    // Other sessions have their own queue.
    let other = json!({"message": "Hi", "session_id": "s2"});
    assert_eq!(run_with_key(&app, "k101", &other).await.status, 200);
    app.model.release(101);
    crate::late::answered(&app, "/api/agents/Weather/s1/runs/k100").await;
    assert_eq!(run_with_key(&app, "k101", &ask(101)).await.status, 202);
    app.model.release(1);
    app.end().await;
}
