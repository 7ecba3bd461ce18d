//! Changed graphs and the runs of their old forms.

use std::sync::Arc;

use durable_task::TokioRuntime;
use serde_json::json;

use super::fixture::*;
use crate::app::App;
use crate::workflow::{Graph, WorkflowError};

/// A question, and then a node whose code differs from version to version.
fn version(version: &'static str) -> &'static Graph {
    let end = function(move |value| Ok(json!(format!("{value} by {version}"))));
    let mut graph = graph(
        "letters",
        vec![port("ask", None, to(&[1])), executor("end", end, OUT)],
    );
    graph.version = version;
    keep(graph)
}

#[tokio::test]
async fn an_old_version_beside_the_new_one_finishes_its_runs_with_its_code() {
    let (old, new) = (version("v1"), version("v2"));
    let store = Arc::default();
    let runtime = || Arc::new(TokioRuntime::current().unwrap());
    let before = Scene::on(app(&[old]).build().unwrap(), Arc::clone(&store), runtime()).await;
    let first = before.start("letters", json!("x")).await;
    before.pending("letters", &first, 1).await;
    before.close().await;

    // Without it, the run stands still and says so.
    let alone = Scene::on(app(&[new]).build().unwrap(), Arc::clone(&store), runtime()).await;
    let error = alone
        .client
        .respond("letters", &first, "ask-0", "1")
        .await
        .unwrap_err();
    assert!(
        matches!(&error, WorkflowError::NoCode { version, .. } if version == "v1"),
        "{error}"
    );
    alone
        .hub
        .client()
        .raise_event(&first, "ask-0", Some("1".into()))
        .await
        .unwrap();
    let status = alone.once("letters", &first, |status| status.parked).await;
    assert_eq!(
        (&*status.version, status.pending.len()),
        ("v1", 1),
        "untouched"
    );
    let second = alone.start("letters", json!("x")).await;
    let status = alone.pending("letters", &second, 1).await;
    assert_eq!(status.version, "v2");
    alone.close().await;

    let both = app(&[new]).workflow_graph(old, false).build().unwrap();
    assert_eq!(both.workflow("letters").unwrap().version, "v2");
    let scene = Scene::on(both, store, runtime()).await;
    let outputs = scene.ended("letters", &first).await.outputs.unwrap();
    assert_eq!(outputs, [message(json!("1 by v1"))]);
    scene
        .client
        .respond("letters", &second, "ask-0", "2")
        .await
        .unwrap();
    let outputs = scene.ended("letters", &second).await.outputs.unwrap();
    assert_eq!(outputs, [message(json!("2 by v2"))]);
    scene.close().await;
}

#[tokio::test]
async fn a_call_under_way_at_a_deployment_waits_for_its_own_version() {
    let begun = Arc::new(tokio::sync::Notify::new());
    let with_node = |version, run| {
        let mut graph = graph("letters", vec![executor("end", run, OUT)]);
        graph.version = version;
        keep(graph)
    };
    let signal = Arc::clone(&begun);
    let never_ends = later(move |_| {
        signal.notify_one();
        std::future::pending()
    });
    let by = |version| function(move |value| Ok(json!(format!("{value} by {version}"))));
    let store = Arc::default();
    let runtime = || Arc::new(TokioRuntime::current().unwrap());

    let before = app(&[with_node("v1", never_ends)]).build().unwrap();
    let before = Scene::on(before, Arc::clone(&store), runtime()).await;
    let run = before.start("letters", json!(1)).await;
    begun.notified().await;
    before.close().await;

    let seen = Arc::new(std::sync::Mutex::new(Vec::new()));
    let given = Arc::clone(&seen);
    let new = function(move |value| {
        given.lock().unwrap().push(value.clone());
        Ok(json!(format!("{value} by v2")))
    });
    let new = with_node("v2", new);
    let alone = Scene::on(app(&[new]).build().unwrap(), Arc::clone(&store), runtime()).await;
    // The call that waits is offered before any that is new.
    assert_eq!(alone.outputs("letters", json!(2)).await, [json!("2 by v2")]);
    let status = alone.client.status("letters", &run).await.unwrap();
    assert!(!status.status.is_terminal(), "{status:?}");
    assert!(status.parked, "it says so");
    let because = status.parked_because.unwrap();
    assert!(
        because.contains("version `v1`") && because.contains(".workflow_version::<..>()"),
        "{because}"
    );
    assert_eq!(*seen.lock().unwrap(), [json!(2)]);
    alone.close().await;

    let both = app(&[new]).workflow_graph(with_node("v1", by("v1")), false);
    let scene = Scene::on(both.build().unwrap(), store, runtime()).await;
    let outputs = scene.ended("letters", &run).await.outputs.unwrap();
    assert_eq!(outputs, [message(json!("1 by v1"))]);
    scene.close().await;
}

#[tokio::test]
async fn a_run_whose_sub_workflow_has_no_code_any_more_says_so() {
    let outer = |inner| keep(graph("outer", vec![workflow("sub", inner, OUT)]));
    let store = Arc::default();
    let runtime = || Arc::new(TokioRuntime::current().unwrap());
    let before = app(&[outer(version("v1"))]).build().unwrap();
    let before = Scene::on(before, Arc::clone(&store), runtime()).await;
    let run = before.start("outer", json!("x")).await;
    let status = before.pending("outer", &run, 1).await;
    assert_eq!((status.parked, status.parked_because), (false, None));
    before.close().await;

    let after = app(&[outer(version("v2"))]).build().unwrap();
    let after = Scene::on(after, Arc::clone(&store), runtime()).await;
    let status = after.client.status("outer", &run).await.unwrap();
    assert!(status.parked, "{status:?}");
    let because = status.parked_because.unwrap();
    assert!(
        because.contains("`letters`") && because.contains("`v1`"),
        "{because}"
    );
    after.close().await;
}

#[test]
fn two_of_one_name_for_new_runs_are_refused() {
    let error = App::builder()
        .workflow_graph(version("v1"), true)
        .workflow_graph(version("v2"), true)
        .build()
        .unwrap_err();
    assert!(
        error
            .to_string()
            .contains("Workflow 'letters' is already registered"),
        "{error}"
    );
}
