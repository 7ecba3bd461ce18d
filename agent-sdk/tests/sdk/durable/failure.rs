//! Turns that go wrong, and what is left of them.

use std::sync::Arc;
use std::time::Duration;

use agent_sdk::model::{ChatModel, ModelError, ModelRequest, ScriptedModel};
use agent_sdk::tool::ToolError;
use agent_sdk::{RunFailure, RunState};
use serde_json::json;

use tokio::sync::Notify;
use tokio::time::timeout;

use super::scene::{PATIENCE, Recorded, Scene, app, correlation, say, session};
use super::turn::response;

fn rate_limit() -> ModelError {
    ModelError::RateLimit {
        provider: "scripted",
        message: "slow down".into(),
        retry_after: Some(Duration::from_secs(7)),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_failure_is_told_noted_and_leaves_the_session_free() {
    let model = ScriptedModel::new()
        .fail_times(1, rate_limit())
        .otherwise("Ha.");
    let scene = Scene::in_memory(app(model, |_| {})).await;
    let request = say("Hi").correlated(correlation("bad"));
    let failure = scene.failure(request.clone()).await;
    assert_eq!(failure.error_type, "rate_limit");
    assert_eq!(failure.retry_after, Some(Duration::from_secs(7)));
    assert!(failure.message.contains("slow down"), "{failure}");
    assert_eq!(
        scene.conversation(&session()).await,
        ["user: Hi", "assistant: error"]
    );

    let answer = scene.answer(say("Again")).await;
    assert_eq!((answer.text.as_str(), answer.message_count), ("Ha.", 4));

    scene
        .raw()
        .purge(request.run_id().instance_id(), true)
        .await
        .unwrap();
    let found = scene
        .client
        .find("Joker", &session(), &request.correlation)
        .await
        .unwrap();
    assert!(matches!(found, Some(RunState::Failed(failure)) if failure.error_type == "rate_limit"));
    scene.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_model_call_is_tried_again_as_often_as_the_agent_says() {
    let unreachable = ModelError::Network {
        provider: "scripted",
        message: "no line".into(),
    };
    let model = ScriptedModel::new()
        .fail_times(1, unreachable)
        .otherwise("Ha.");
    let scene = Scene::in_memory(app(model, |joker| joker.model_attempts_max = 2)).await;
    assert_eq!(scene.answer(say("Hi")).await.text, "Ha.");
    scene.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_final_failure_is_not_tried_again() {
    let refused = ModelError::Auth {
        provider: "scripted",
        message: "no key".into(),
    };
    let model = ScriptedModel::new().fail_times(1, refused).otherwise("Ha.");
    let scene = Scene::in_memory(app(model, |joker| joker.model_attempts_max = 5)).await;
    assert_eq!(scene.failure(say("Hi")).await.error_type, "auth");
    scene.close().await;
}

/// A model that never answers to "hang".
fn hangs() -> impl ChatModel {
    Recorded {
        asked: Arc::default(),
        answer: |request: ModelRequest| async move {
            if request.messages.last().unwrap().to_text() == "hang" {
                std::future::pending::<()>().await;
            }
            Ok(response("Ha."))
        },
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_past_its_deadline_fails_and_frees_the_session() {
    let app = app(hangs(), |joker| joker.timeout = Duration::from_millis(50));
    let scene = Scene::in_memory(app).await;
    let failure = scene.failure(say("hang")).await;
    assert_eq!(failure.error_type, RunFailure::RUN_TIMEOUT);
    assert_eq!(failure.message, "the run took longer than 50ms");
    assert_eq!(
        scene.conversation(&session()).await,
        ["user: hang", "assistant: error"]
    );
    scene.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_wait_for_the_session_does_not_count() {
    // The first run ends at its deadline; the second has waited as long, and has its own time.
    let app = app(hangs(), |joker| joker.timeout = Duration::from_millis(500));
    let scene = Scene::in_memory(app).await;
    let first = scene.client.start(say("hang")).await.unwrap();
    assert_eq!(scene.answer(say("Hi")).await.text, "Ha.");
    let state = scene.client.wait(&first.run, Duration::ZERO).await.unwrap();
    assert!(matches!(state, RunState::Failed(_)), "{state:?}");
    scene.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_tool_does_wrong_is_told_to_the_model() {
    let model = || {
        ScriptedModel::new()
            .when(|_| true)
            .call("look", |_| json!({}))
            .answer(|turn| turn.tool_text("look"))
    };
    let cases: [(agent_sdk::tool::ToolFn, &str); 2] = [
        (
            |_, _| Box::pin(async { Err(ToolError::failed("no eyes")) }),
            "no eyes",
        ),
        (|_, _| panic!("on purpose"), "Tool 'look' panicked"),
    ];
    for (run, told) in cases {
        let scene = Scene::in_memory(app(model(), |joker| joker.tools[0].run = run)).await;
        assert_eq!(scene.answer(say("go")).await.text, told);
        scene.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_turn_from_outside_that_can_not_be_read_changes_nothing() {
    let scene = Scene::in_memory(app(ScriptedModel::new(), |_| {})).await;
    scene.answer(say("Hi")).await;
    let entity = durable_task::EntityId::new("dafx-joker", "s").unwrap();
    let input = Some(String::from(r#"{"request": 1}"#));
    scene
        .raw()
        .signal_entity(&entity, "append", input, None)
        .await
        .unwrap();
    assert_eq!(scene.conversation(&session()).await.len(), 2);
    assert_eq!(scene.answer(say("Again")).await.message_count, 4);
    scene.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_ended_from_outside_says_so_and_frees_the_session() {
    let scene = Scene::in_memory(app(hangs(), |_| {})).await;
    let started = scene.client.start(say("hang")).await.unwrap();
    // The second run is queued behind the first.
    let second = scene.client.start(say("Ho")).await.unwrap();
    scene
        .raw()
        .terminate(started.run.instance_id(), None, true)
        .await
        .unwrap();
    let state = scene.client.wait(&second.run, PATIENCE).await.unwrap();
    assert!(matches!(state, RunState::Answered(_)), "{state:?}");
    let state = scene
        .client
        .wait(&started.run, Duration::ZERO)
        .await
        .unwrap();
    assert!(
        matches!(&state, RunState::Failed(failure) if failure.error_type == RunFailure::TERMINATED),
        "{state:?}"
    );
    scene.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_has_ended_stops_its_model_call() {
    struct Stopped(Arc<Notify>);
    impl Drop for Stopped {
        fn drop(&mut self) {
            self.0.notify_one();
        }
    }
    let begun = Arc::new(Notify::new());
    let stopped = Arc::new(Notify::new());
    let (begins, stops) = (Arc::clone(&begun), Arc::clone(&stopped));
    let model = Recorded {
        asked: Arc::default(),
        answer: move |_| {
            let guard = Stopped(Arc::clone(&stops));
            begins.notify_one();
            async move {
                let _guard = guard;
                std::future::pending().await
            }
        },
    };
    let app = app(model, |joker| joker.timeout = Duration::from_millis(200));
    let scene = Scene::in_memory(app).await;
    let terminated = scene.client.start(say("one")).await.unwrap();
    begun.notified().await;
    let id = terminated.run.instance_id();
    scene.raw().terminate(id, None, true).await.unwrap();
    timeout(PATIENCE, stopped.notified())
        .await
        .expect("terminated");
    // The next one ends at its deadline.
    scene.client.start(say("two")).await.unwrap();
    timeout(PATIENCE, stopped.notified())
        .await
        .expect("past its deadline");
    scene.close().await;
}
