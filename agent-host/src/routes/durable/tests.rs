//! Who may manage instances.

use std::sync::Arc;
use std::time::Duration;

use agent_sdk::model::ScriptedModel;
use axum::body::Body;
use axum::http::Request;
use http_body_util::BodyExt as _;
use tower::ServiceExt as _;

use crate::FunctionApp;
use crate::auth::FunctionKeys;
use crate::config::HubLocation;
use crate::host::Host;
use crate::routes::Origin;

const LIST: &str = "/runtime/webhooks/durabletask/instances";

mod functions {
    use agent_sdk::prelude::*;

    /// Needed to have an app.
    #[agent(instructions = "You tell jokes.", tools = [])]
    pub struct Joker;
}

async fn host(keys: FunctionKeys) -> Host {
    let app = FunctionApp::new().agent::<functions::Joker>();
    let plan = app.into_plan(Some(Arc::new(ScriptedModel::new()))).unwrap();
    let plan = plan.guarded(keys, Origin::default()).unwrap();
    plan.start(&HubLocation::Memory.into()).await.unwrap()
}

async fn status(host: &Host, path: &str, key: Option<&str>) -> u16 {
    let mut request = Request::get(path).header("host", "localhost");
    if let Some(key) = key {
        request = request.header("x-functions-key", key);
    }
    let request = request.body(Body::empty()).unwrap();
    let response = host.router().oneshot(request).await.unwrap();
    response.status().as_u16()
}

#[tokio::test]
async fn the_system_key_and_the_admin_key_open_the_api_and_function_keys_do_not() {
    let keys = FunctionKeys::parse(Some("f"), Some("a")).with_system(Some("s"));
    let host = host(keys).await;
    for (key, expected) in [
        (None, 401),
        (Some("f"), 401),
        (Some("x"), 401),
        (Some("a"), 200),
        (Some("s"), 200),
    ] {
        assert_eq!(status(&host, LIST, key).await, expected, "{key:?}");
        // What is unknown is told to nobody either.
        let unknown = LIST.replace("instances", "nothing");
        let expected = if expected == 200 { 404 } else { expected };
        assert_eq!(status(&host, &unknown, key).await, expected, "{key:?}");
    }
    assert_eq!(status(&host, &format!("{LIST}?code=s"), None).await, 200);
    assert_eq!(status(&host, "/api/agents", Some("s")).await, 401);
    host.shutdown(Duration::from_secs(5)).await;
}

#[tokio::test]
async fn with_function_keys_alone_the_api_is_closed() {
    let host = host(FunctionKeys::parse(Some("f"), None)).await;
    assert_eq!(status(&host, LIST, Some("f")).await, 401);
    assert_eq!(status(&host, "/api/agents", Some("f")).await, 200);
    host.shutdown(Duration::from_secs(5)).await;
}

#[tokio::test]
async fn a_refusal_looks_as_recorded_and_links_carry_the_system_key_alone() {
    let keys = FunctionKeys::parse(None, Some("admin key")).with_system(Some("sys key"));
    let host = host(keys).await;
    let request = Request::get(LIST).body(Body::empty()).unwrap();
    let response = host.router().oneshot(request).await.unwrap();
    assert_eq!(response.status(), 401);
    assert_eq!(response.headers()["www-authenticate"], "Bearer");
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    assert!(bytes.is_empty());

    let request = Request::post("/runtime/webhooks/durabletask/orchestrators/agent-run/x")
        .header("x-functions-key", "admin key")
        .body(Body::empty())
        .unwrap();
    let response = host.router().oneshot(request).await.unwrap();
    assert_eq!(response.status(), 202);
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    assert!(text.contains("&code=sys%20key\""), "{text}");
    assert!(!text.contains("admin"), "{text}");
    host.shutdown(Duration::from_secs(5)).await;
}

#[tokio::test]
async fn a_page_of_others_may_not_manage_without_keys() {
    let host = host(FunctionKeys::default()).await;
    let request = Request::get(LIST).header("origin", "https://evil.example");
    let request = request.body(Body::empty()).unwrap();
    let response = host.router().oneshot(request).await.unwrap();
    assert_eq!(response.status(), 403);
    host.shutdown(Duration::from_secs(5)).await;
}
