//! The management API over entities.

use axum::body::Body;
use axum::http::{Method, Request};
use serde_json::{Value, json};

use crate::durable_functions::{PREFIX, app};
use crate::support::TestApp;

/// Ends when an entity has this state.
async fn has_state(app: &TestApp, path: &str, state: &Value) {
    loop {
        let answer = app.look(path).await;
        if answer.status == 200 && answer.document() == *state {
            return;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn an_entity_is_sent_operations_read_and_deleted() {
    let app = app().await;
    let path = "/entities/COUNTER/a";
    assert_eq!(app.look(path).await.status, 404);
    for body in ["1", "2"] {
        let path = format!("{path}?op=add");
        let sent = app.manage(Method::POST, &path, Some(body)).await;
        assert_eq!((sent.status, sent.text.as_str()), (202, ""));
    }
    has_state(&app, path, &json!(3)).await;
    // What is not JSON by its type is a string.
    let text = Request::post(format!("{PREFIX}/Entities/counter/a?OP=name"))
        .header("content-type", "text/plain")
        .body(Body::from("three"));
    assert_eq!(app.send(text.unwrap()).await.status, 202);
    has_state(&app, path, &json!("three")).await;
    assert_eq!(app.remove(path).await.status, 202);
    while app.look(path).await.status != 404 {
        tokio::task::yield_now().await;
    }
    app.end().await;
}

#[tokio::test]
async fn an_empty_key_is_written_as_a_dollar() {
    let app = app().await;
    let sent = app
        .manage(Method::POST, "/entities/counter/$?op=add", Some("5"))
        .await;
    assert_eq!(sent.status, 202);
    has_state(&app, "/entities/counter/$", &json!(5)).await;
    let list = app.look("/entities/counter").await.document();
    assert_eq!(list[0]["entityId"], json!({"name": "counter", "key": ""}));
    app.end().await;
}

#[tokio::test]
async fn bad_requests_are_refused() {
    let app = app().await;
    let message = "The function 'nobody' doesn't exist, is disabled, or is not an entity function";
    for method in [Method::POST, Method::DELETE] {
        let answer = app.manage(method, "/entities/nobody/a", None).await;
        assert_eq!((answer.status, answer.message()), (400, message.to_owned()));
    }
    for (path, body) in [
        ("/entities/counter/a%23b?op=add", Some("1")),
        ("/entities/counter/a?op=add", Some("{")),
    ] {
        let answer = app.manage(Method::POST, path, body).await;
        assert_eq!(answer.status, 400, "{path}");
    }
    assert_eq!(app.look("/entities").await.document(), json!([]));
    app.end().await;
}

#[tokio::test]
async fn entities_are_listed_page_by_page() {
    let app = app().await;
    for key in ["a", "b", "c"] {
        let path = format!("/entities/counter/{key}?op=add");
        app.manage(Method::POST, &path, Some("7")).await;
        has_state(&app, &format!("/entities/counter/{key}"), &json!(7)).await;
    }
    let page = app.look("/entities/Counter?top=2&fetchState=true").await;
    let list = page.document();
    assert_eq!(list.as_array().unwrap().len(), 2);
    assert_eq!(list[0]["entityId"], json!({"name": "counter", "key": "a"}));
    assert_eq!(list[0]["state"], 7);
    assert!(
        list[0]["lastOperationTime"]
            .as_str()
            .unwrap()
            .ends_with('Z')
    );
    let token = page.header("x-ms-continuation-token").unwrap();
    let rest = Request::get(format!("{PREFIX}/entities/counter?top=2"))
        .header("x-ms-continuation-token", token)
        .body(Body::empty());
    let rest = app.send(rest.unwrap()).await;
    let list = rest.document();
    assert_eq!(list.as_array().unwrap().len(), 1);
    assert_eq!(list[0]["entityId"]["key"], "c");
    assert_eq!(list[0]["state"], Value::Null);
    assert_eq!(rest.header("x-ms-continuation-token"), None);
    assert_eq!(app.look("/entities/other").await.document(), json!([]));
    let old = app.look("/entities?lastOperationTimeTo=2020-01-01").await;
    assert_eq!(old.document(), json!([]));
    app.end().await;
}
