//! A hub that goes away in the middle of a run, and the next one on the same file.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use agent_sdk::RunState;
use agent_sdk::model::{ChatModel, ModelRequest, ScriptedModel};
use serde_json::json;
use tokio::sync::Notify;

use super::scene::{PATIENCE, Recorded, Scene, app, correlation, say, session};

fn script() -> ScriptedModel {
    ScriptedModel::new()
        .when(|_| true)
        .call("look", |_| json!({"at": "Rome"}))
        .answer(|turn| format!("I saw {}.", turn.tool_result("look")["at"]))
}

/// Keys of the model calls, in the order in which they began.
fn keys(asked: &Mutex<Vec<ModelRequest>>) -> Vec<String> {
    let asked = asked.lock().unwrap();
    asked
        .iter()
        .map(|request| request.idempotency_key.clone().unwrap())
        .collect()
}

/// Runs one life of a process: when it ends, all its tasks are gone, wherever they were.
fn life<T>(run: impl AsyncFnOnce() -> T) -> T {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    let result = runtime.block_on(run());
    runtime.shutdown_timeout(Duration::from_secs(10));
    result
}

/// A run whose process dies while the `hangs_at`-th model call is open goes on with that call.
fn crash_during(hangs_at: usize) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("hub.db");
    let asked = Arc::new(Mutex::new(Vec::new()));
    let request = say("go").correlated(correlation("key"));
    let run = life(async || {
        let reached = Arc::new(Notify::new());
        let (count, hung) = (Arc::clone(&asked), Arc::clone(&reached));
        let model = Recorded {
            asked: Arc::clone(&asked),
            answer: move |request| {
                let hangs = count.lock().unwrap().len() == hangs_at;
                let hung = Arc::clone(&hung);
                async move {
                    if hangs {
                        hung.notify_one();
                        std::future::pending::<()>().await;
                    }
                    script().complete(request).await
                }
            },
        };
        let scene = Scene::on_file(app(model, |_| {}), &path).await;
        let started = scene.client.start(request.clone()).await.unwrap();
        reached.notified().await;
        started.run
    });
    life(async || {
        let model = Recorded {
            asked: Arc::clone(&asked),
            answer: |request| async move { script().complete(request).await },
        };
        let scene = Scene::on_file(app(model, |_| {}), &path).await;
        let again = scene.client.start(request.clone()).await.unwrap();
        assert!(again.attached, "the acknowledged start is there");
        assert_eq!(again.run, run);
        assert_eq!(scene.answer(request.clone()).await.text, "I saw \"Rome\".");
        let keys = keys(&asked);
        assert_eq!(keys.len(), 3, "two calls, and one of them twice");
        assert_eq!(
            keys[hangs_at - 1],
            keys[hangs_at],
            "the repeated call has its key again"
        );
        assert_ne!(keys[0], keys[2]);
        let kept = [
            "user: go",
            "assistant: functionCall",
            "tool: functionResult",
            "assistant: I saw \"Rome\".",
        ];
        assert_eq!(scene.conversation(&session()).await, kept);
        scene.close().await;
    });
}

#[test]
fn a_crash_in_the_first_model_call_repeats_it_alone() {
    crash_during(1);
}

#[test]
fn a_crash_in_the_second_model_call_repeats_it_alone() {
    crash_during(2);
}

#[test]
fn runs_that_wait_for_their_session_survive_in_order() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("hub.db");
    let runs = life(async || {
        let hanging = Recorded {
            asked: Arc::default(),
            answer: |_| std::future::pending(),
        };
        let scene = Scene::on_file(app(hanging, |_| {}), &path).await;
        let mut runs = Vec::new();
        for number in 0..5 {
            runs.push(
                scene
                    .client
                    .start(say(&number.to_string()))
                    .await
                    .unwrap()
                    .run,
            );
        }
        runs
    });
    life(async || {
        let model = ScriptedModel::new().otherwise("Ha.");
        let scene = Scene::on_file(app(model, |_| {}), &path).await;
        for run in &runs {
            let state = scene.client.wait(run, PATIENCE).await.unwrap();
            assert!(matches!(state, RunState::Answered(_)), "{state:?}");
        }
        let mut lines = scene.conversation(&session()).await;
        lines.retain(|line| line.starts_with("user"));
        assert_eq!(
            lines,
            ["user: 0", "user: 1", "user: 2", "user: 3", "user: 4"]
        );
        scene.close().await;
    });
}
