//! Turns of one session, one after the other.

use std::sync::Arc;

use agent_sdk::{Deletion, RunError, RunState, SessionId};
use futures_util::future::join_all;
use tokio::sync::Semaphore;

use super::scene::{PATIENCE, Recorded, Scene, app, say, session};
use super::turn::response;

#[tokio::test(flavor = "multi_thread")]
async fn fifty_concurrent_runs_of_a_session_do_not_interleave() {
    let model = Recorded {
        asked: Arc::default(),
        answer: |request: agent_sdk::model::ModelRequest| async move {
            tokio::task::yield_now().await;
            let last = request.messages.last().unwrap().to_text();
            Ok(response(&format!("re {last}")))
        },
    };
    let scene = Scene::in_memory(app(model, |_| {})).await;
    let runs = (0..50).map(|number| {
        let scene = &scene;
        async move {
            let started = scene.client.start(say(&number.to_string())).await.unwrap();
            let state = scene.client.wait(&started.run, PATIENCE).await.unwrap();
            assert!(matches!(state, RunState::Answered(_)), "{state:?}");
        }
    });
    // The starts are polled, and so made, in this order.
    join_all(runs).await;
    let expected: Vec<String> = (0..50)
        .flat_map(|number| [format!("user: {number}"), format!("assistant: re {number}")])
        .collect();
    assert_eq!(scene.conversation(&session()).await, expected);
    scene.close().await;
}

/// A model that answers once it is let.
fn gated(gate: &Arc<Semaphore>) -> impl agent_sdk::model::ChatModel {
    let gate = Arc::clone(gate);
    Recorded {
        asked: Arc::default(),
        answer: move |_| {
            let gate = Arc::clone(&gate);
            async move {
                gate.acquire().await.unwrap().forget();
                Ok(response("Ha."))
            }
        },
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_queue_of_a_session_is_limited() {
    let gate = Arc::new(Semaphore::new(0));
    let scene = Scene::in_memory(app(gated(&gate), |joker| joker.queued_runs_max = 3)).await;
    // One at work, three waiting.
    let mut runs = Vec::new();
    for number in 0..4 {
        runs.push(
            scene
                .client
                .start(say(&number.to_string()))
                .await
                .unwrap()
                .run,
        );
    }
    let refused = scene.client.start(say("5")).await;
    assert!(
        matches!(refused, Err(RunError::QueueFull { limit: 3, .. })),
        "{refused:?}"
    );
    let elsewhere = say("5").in_session(SessionId::random());
    scene.client.start(elsewhere).await.unwrap();
    gate.add_permits(1000);
    for run in runs {
        let state = scene.client.wait(&run, PATIENCE).await.unwrap();
        assert!(matches!(state, RunState::Answered(_)), "{state:?}");
    }
    assert_eq!(scene.conversation(&session()).await.len(), 8);
    scene.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_waits_for_the_turn_that_holds_the_session() {
    let gate = Arc::new(Semaphore::new(1));
    let scene = Scene::in_memory(app(gated(&gate), |_| {})).await;
    let delete = async || scene.client.delete_session("Joker", &session()).await;
    assert_eq!(delete().await.unwrap(), Deletion::NotFound);
    scene.answer(say("Hi")).await;
    let held = scene.client.start(say("Ho")).await.unwrap();
    assert_eq!(delete().await.unwrap(), Deletion::Queued);
    assert_eq!(
        scene.conversation(&session()).await.len(),
        2,
        "it is still there"
    );
    let after = scene.client.start(say("New")).await.unwrap();
    gate.add_permits(1000);
    let state = scene.client.wait(&held.run, PATIENCE).await.unwrap();
    assert!(matches!(state, RunState::Answered(answer) if answer.message_count == 4));
    let state = scene.client.wait(&after.run, PATIENCE).await.unwrap();
    assert!(matches!(state, RunState::Answered(answer) if answer.message_count == 2));
    assert_eq!(
        scene.conversation(&session()).await,
        ["user: New", "assistant: Ha."]
    );
    assert_eq!(delete().await.unwrap(), Deletion::Deleted);
    assert_eq!(
        scene.client.session("Joker", &session()).await.unwrap(),
        None
    );
    assert_eq!(delete().await.unwrap(), Deletion::NotFound);
    scene.close().await;
}
