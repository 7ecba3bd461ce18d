//! An app on a hub file: what a restart keeps, and who may have the file.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use agent_host::{FunctionApp, HostError, HubLocation};
use serde_json::json;

use crate::model::{Control, TestModel};
use crate::support::{TestApp, Weather, definition, json_request};

async fn start(file: &Path, model: &Arc<Control>) -> Result<TestApp, HostError> {
    let app = FunctionApp::new()
        .agent_definition(definition::<Weather>())
        .model(TestModel(Arc::clone(model)));
    let host = app.start(HubLocation::File(file.to_owned())).await?;
    Ok(TestApp {
        host,
        model: Arc::clone(model),
    })
}

#[tokio::test]
async fn a_conversation_goes_on_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    // The folder of the file is made if it is not there.
    let file = folder.path().join("hubs").join("one.db");
    let ask = json!({"message": "Hi", "session_id": "s1"});
    let model = Control::new();
    for turn in 1..=3 {
        let app = start(&file, &model).await.unwrap();
        assert_eq!(app.run(&ask).await.json()["message_count"], turn * 2);
        app.end().await;
    }
    assert_eq!(model.calls().len(), 3);
}

#[tokio::test]
async fn a_run_that_the_shutdown_cut_goes_on_at_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("one.db");
    let model = Control::new();
    let app = start(&file, &model).await.unwrap();
    let body = json!({"message": "hold on", "session_id": "s1", "wait_for_response": false});
    let mut request = json_request("/api/agents/Weather/run", &body);
    request
        .headers_mut()
        .insert("idempotency-key", "k1".parse().unwrap());
    assert_eq!(app.send(request).await.status, 202);
    model.called(1).await;
    app.host.shutdown(Duration::from_millis(20)).await;
    let app = start(&file, &model).await.unwrap();
    model.called(2).await;
    model.release(2);
    let body = crate::late::answered(&app, "/api/agents/Weather/s1/runs/k1").await;
    assert_eq!(body["response"], "held on");
    let calls = model.calls();
    assert_eq!(calls.len(), 2);
    assert_eq!(calls[0].idempotency_key, calls[1].idempotency_key);
    assert!(calls[0].idempotency_key.is_some());
    app.end().await;
}

#[tokio::test]
async fn a_hub_that_is_in_use_is_refused_with_its_address() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("one.db");
    let model = Control::new();
    let app = start(&file, &model).await.unwrap();
    app.host.hub().unwrap().announce("http://127.0.0.1:7071");
    let error = start(&file, &model).await.err().unwrap();
    let text = error.to_string();
    assert!(matches!(error, HostError::Hub(_)), "{text}");
    for part in [
        "one.db",
        "in use",
        &std::process::id().to_string(),
        "http://127.0.0.1:7071",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    // What `main` prints is the same text.
    assert_eq!(format!("{error:?}"), text);
    app.end().await;
    start(&file, &model).await.unwrap().end().await;
}

#[tokio::test]
async fn an_app_that_is_not_sound_does_not_start() {
    let error = FunctionApp::new()
        .start(HubLocation::Memory)
        .await
        .err()
        .unwrap();
    let text = error.to_string();
    assert!(text.contains("Must provide at least one agent"), "{text}");
    let twice = FunctionApp::new()
        .agent_definition(definition::<Weather>())
        .agent_definition(definition::<Weather>())
        .model(TestModel(Control::new()));
    let error = twice.start(HubLocation::Memory).await.err().unwrap();
    assert!(
        error.to_string().contains("Duplicate agent names found"),
        "{error}"
    );
}
