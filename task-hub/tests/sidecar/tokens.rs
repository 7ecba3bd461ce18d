//! Completion tokens: one use, one stream, one kind.

use durable_task::wire::proto::{
    AbandonActivityTaskRequest, AbandonOrchestrationTaskRequest, ActivityResponse,
    EntityBatchResult, OrchestrationStatus, OrchestratorResponse,
};

use crate::support::worker::{call, complete, kinds};
use crate::support::{Server, ended, is, start, state};

#[tokio::test]
async fn a_step_goes_to_the_worker_and_back_in_two_commits() {
    let server = Server::start().await;
    let mut client = server.client().await;
    let mut worker = server.worker().await;
    client
        .start_instance(start("a", "Order", "1"))
        .await
        .unwrap();

    let episode = worker.episode().await;
    assert_eq!(kinds(&episode.request.new_events), ["episode", "start"]);
    assert!(episode.request.entity_parameters.is_some());
    worker
        .decide(&episode.token, vec![call(0, "Pay", "7")])
        .await;

    let before = server.stats().commits;
    for step in 0..10 {
        let activity = worker.activity().await;
        assert_eq!(activity.request.task_id, step);
        let of = activity.request.orchestration_instance.unwrap();
        assert_eq!(of.instance_id, "a");
        worker.done(&activity.token, "8").await;
        let episode = worker.episode().await;
        assert_eq!(kinds(&episode.request.new_events), ["episode", "completed"]);
        let past = episode.request.past_events;
        assert!(past.iter().all(|event| event.timestamp.is_some()));
        assert_eq!(
            past.len(),
            4 + 4 * usize::try_from(step).unwrap(),
            "all of it"
        );
        worker
            .decide(&episode.token, vec![call(step + 1, "Pay", "7")])
            .await;
    }
    assert_eq!(server.stats().commits - before, 2 * 10);

    let activity = worker.activity().await;
    worker.done(&activity.token, "8").await;
    let episode = worker.episode().await;
    worker
        .decide(&episode.token, vec![complete(11, "\"done\"")])
        .await;
    let state = ended(&mut client, "a").await;
    assert!(is(&state, OrchestrationStatus::Completed));
    assert_eq!(state.output.as_deref(), Some("\"done\""));
}

#[tokio::test]
async fn an_answer_is_durable_when_it_is_acknowledged() {
    let server = Server::start().await;
    let mut client = server.client().await;
    let mut worker = server.worker().await;
    client
        .start_instance(start("a", "Order", "1"))
        .await
        .unwrap();
    let episode = worker.episode().await;
    worker.decide(&episode.token, vec![complete(0, "5")]).await;
    let state = state(&mut client, "a").await;
    assert!(
        is(&state, OrchestrationStatus::Completed),
        "reads see durable state only"
    );
}

#[tokio::test]
async fn unknown_stale_and_repeated_tokens_change_nothing() {
    let server = Server::start().await;
    let mut client = server.client().await;
    let mut worker = server.worker().await;
    client
        .start_instance(start("a", "Order", "1"))
        .await
        .unwrap();
    let first = worker.episode().await;

    for token in ["", "0", "no such token"] {
        worker.decide(token, vec![complete(0, "\"wrong\"")]).await;
        worker.done(token, "\"wrong\"").await;
        let result = EntityBatchResult {
            completion_token: token.to_owned(),
            ..EntityBatchResult::default()
        };
        client.complete_entity_task(result).await.unwrap();
    }
    // A token of another kind.
    worker.done(&first.token, "\"wrong\"").await;
    let abandon = AbandonActivityTaskRequest {
        completion_token: first.token.clone(),
    };
    client
        .abandon_task_activity_work_item(abandon)
        .await
        .unwrap();

    worker.decide(&first.token, vec![call(0, "Pay", "7")]).await;
    // The same one again.
    worker
        .decide(&first.token, vec![complete(0, "\"wrong\"")])
        .await;
    let activity = worker.activity().await;
    worker.done(&activity.token, "1").await;
    worker.done(&activity.token, "2").await;
    let abandon = AbandonOrchestrationTaskRequest {
        completion_token: first.token,
    };
    client
        .abandon_task_orchestrator_work_item(abandon)
        .await
        .unwrap();

    let last = worker.episode().await;
    assert_eq!(kinds(&last.request.new_events), ["episode", "completed"]);
    worker
        .decide(&last.token, vec![complete(1, "\"right\"")])
        .await;
    let state = ended(&mut client, "a").await;
    assert_eq!(state.output.as_deref(), Some("\"right\""));
}

#[tokio::test]
async fn tokens_look_random_and_are_never_the_same() {
    let server = Server::start().await;
    let mut client = server.client().await;
    let mut worker = server.worker().await;
    let mut seen = std::collections::BTreeSet::new();
    for index in 0..20 {
        let start = start(&format!("i{index}"), "Order", "1");
        client.start_instance(start).await.unwrap();
        let episode = worker.episode().await;
        assert_eq!(episode.token.len(), 32);
        assert!(seen.insert(episode.token));
    }
}

#[tokio::test]
async fn what_is_abandoned_comes_back_under_another_token() {
    let server = Server::start().await;
    let mut client = server.client().await;
    let mut worker = server.worker().await;
    client
        .start_instance(start("a", "Order", "1"))
        .await
        .unwrap();
    let first = worker.episode().await;
    let abandon = AbandonOrchestrationTaskRequest {
        completion_token: first.token.clone(),
    };
    client
        .abandon_task_orchestrator_work_item(abandon)
        .await
        .unwrap();
    let second = worker.episode().await;
    assert_ne!(first.token, second.token);
    assert_eq!(first.request.new_events, second.request.new_events);
    worker
        .decide(&first.token, vec![complete(0, "\"wrong\"")])
        .await;
    worker
        .decide(&second.token, vec![call(0, "Pay", "7")])
        .await;

    let first = worker.activity().await;
    let abandon = AbandonActivityTaskRequest {
        completion_token: first.token.clone(),
    };
    client
        .abandon_task_activity_work_item(abandon)
        .await
        .unwrap();
    let second = worker.activity().await;
    assert_ne!(first.token, second.token);
    worker.done(&first.token, "\"wrong\"").await;
    worker.done(&second.token, "\"right\"").await;
    let last = worker.episode().await;
    worker.decide(&last.token, vec![complete(1, "1")]).await;
    ended(&mut client, "a").await;
}

#[tokio::test]
async fn the_items_of_a_stream_that_ends_go_to_another_one() {
    let server = Server::start().await;
    let mut client = server.client().await;
    let mut first = server.worker().await;
    client
        .start_instance(start("a", "Order", "1"))
        .await
        .unwrap();
    let old = first.episode().await;
    let mut second = server.worker().await;
    drop(first);
    let new = second.episode().await;
    assert_eq!(old.request.new_events, new.request.new_events);
    // Whoever has been given up may still answer.
    let late = OrchestratorResponse {
        completion_token: old.token,
        actions: vec![complete(0, "\"late\"")],
        ..OrchestratorResponse::default()
    };
    client.complete_orchestrator_task(late).await.unwrap();
    second.decide(&new.token, vec![call(0, "Pay", "1")]).await;

    let old = second.activity().await;
    let mut third = server.worker().await;
    drop(second);
    let new = third.activity().await;
    let late = ActivityResponse {
        completion_token: old.token,
        result: Some(String::from("\"late\"")),
        ..ActivityResponse::default()
    };
    client.complete_activity_task(late).await.unwrap();
    third.done(&new.token, "\"in time\"").await;
    let last = third.episode().await;
    third.decide(&last.token, vec![complete(1, "2")]).await;
    assert_eq!(ended(&mut client, "a").await.output.as_deref(), Some("2"));
}
