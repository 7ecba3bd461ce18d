//! Entities over the wire.

use durable_task::wire::proto::history_event::EventType;
use durable_task::wire::proto::operation_action::OperationActionType;
use durable_task::wire::proto::operation_result::ResultType;
use durable_task::wire::proto::orchestrator_action::OrchestratorActionType as Action;
use durable_task::wire::proto::send_entity_message_action::EntityMessageType;
use durable_task::wire::proto::work_item::Request;
use durable_task::wire::proto::{
    AbandonEntityTaskRequest, EntityBatchResult, EntityOperationCalledEvent,
    EntityOperationSignaledEvent, EntityQuery, GetEntityRequest, OperationAction, OperationResult,
    OperationResultSuccess, OrchestrationInstance, QueryEntitiesRequest, SendEntityMessageAction,
    SendEventAction, SendSignalAction, SignalEntityRequest,
};
use task_hub::HubOptions;
use task_hub::sidecar::{EntityForm, SidecarOptions};

use crate::support::worker::{action, complete};
use crate::support::{Client, Server, ended, start};

const COUNTER: &str = "@counter@k";

fn signal(id: &str) -> SignalEntityRequest {
    SignalEntityRequest {
        instance_id: id.to_owned(),
        name: String::from("add"),
        input: Some(String::from("2")),
        ..SignalEntityRequest::default()
    }
}

/// The state of an entity; `None` if it does not exist.
async fn get(client: &mut Client, id: &str) -> Option<String> {
    let mut answers = Vec::new();
    for include_state in [false, true] {
        let request = GetEntityRequest {
            instance_id: id.to_owned(),
            include_state,
        };
        let response = client.get_entity(request).await.unwrap().into_inner();
        assert!(response.entity.is_some() || !response.exists);
        if let Some(entity) = &response.entity {
            assert_eq!(entity.instance_id, id);
            assert!(entity.last_modified_time.is_some());
            let is_shown = response.exists && include_state;
            assert_eq!(entity.serialized_state.is_some(), is_shown);
        }
        answers.push(response.entity.filter(|_| response.exists));
    }
    assert_eq!(answers[0].is_some(), answers[1].is_some());
    answers.remove(1)?.serialized_state
}

#[tokio::test]
async fn a_signal_reaches_the_worker_and_its_state_is_kept() {
    let server = Server::start().await;
    let mut client = server.client().await;
    let mut worker = server.worker().await;
    assert_eq!(get(&mut client, COUNTER).await, None);
    client.signal_entity(signal(COUNTER)).await.unwrap();
    let item = worker.entity().await;
    assert_eq!(item.request.instance_id, COUNTER);
    assert_eq!(item.request.entity_state, None);
    // It has work and no state, another one whose id begins the same has both.
    client.signal_entity(signal("@counter@k2")).await.unwrap();
    let other = worker.entity().await;
    worker.operated(&other, "7", "7").await;
    assert_eq!(get(&mut client, COUNTER).await, None);
    assert_eq!(get(&mut client, "@counter@k2").await.as_deref(), Some("7"));
    let event = &item.request.operation_requests[0];
    assert!(event.timestamp.is_some());
    let Some(EventType::EntityOperationSignaled(signaled)) = &event.event_type else {
        panic!("{event:?}");
    };
    assert_eq!(
        (signaled.operation.as_str(), signaled.input.as_deref()),
        ("add", Some("2"))
    );
    worker.operated(&item, "2", "2").await;
    assert_eq!(get(&mut client, COUNTER).await.as_deref(), Some("2"));

    client.signal_entity(signal(COUNTER)).await.unwrap();
    let first = worker.entity().await;
    assert_eq!(first.request.entity_state.as_deref(), Some("2"));
    let abandon = AbandonEntityTaskRequest {
        completion_token: first.token.clone(),
    };
    client.abandon_task_entity_work_item(abandon).await.unwrap();
    let second = worker.entity().await;
    assert_ne!(first.token, second.token);
    worker.operated(&first, "9", "9").await;
    worker.operated(&second, "4", "4").await;
    assert_eq!(get(&mut client, COUNTER).await.as_deref(), Some("4"));

    let query = EntityQuery {
        instance_id_starts_with: Some(String::from("@counter@")),
        include_state: true,
        ..EntityQuery::default()
    };
    let request = QueryEntitiesRequest { query: Some(query) };
    let listed = client.query_entities(request).await.unwrap().into_inner();
    let states = listed.entities.into_iter();
    let states: Vec<_> = states.filter_map(|one| one.serialized_state).collect();
    assert_eq!(states, ["4", "7"]);
}

#[tokio::test]
async fn a_call_names_its_caller_and_is_answered() {
    let server = Server::start().await;
    let mut client = server.client().await;
    let mut worker = server.worker().await;
    client
        .start_instance(start("a", "Order", "1"))
        .await
        .unwrap();
    let episode = worker.episode().await;
    let called = EntityOperationCalledEvent {
        request_id: String::from("r1"),
        operation: String::from("add"),
        input: Some(String::from("3")),
        parent_instance_id: Some(String::from("a")),
        parent_execution_id: episode.request.execution_id.clone(),
        target_instance_id: Some(String::from(COUNTER)),
        scheduled_time: None,
    };
    let message = SendEntityMessageAction {
        entity_message_type: Some(EntityMessageType::EntityOperationCalled(called)),
    };
    let actions = vec![action(0, Action::SendEntityMessage(message))];
    worker.decide(&episode.token, actions).await;
    let item = worker.entity().await;
    let Some(EventType::EntityOperationCalled(called)) =
        &item.request.operation_requests[0].event_type
    else {
        panic!("{item:?}");
    };
    assert_eq!(called.request_id, "r1");
    assert_eq!(called.parent_instance_id.as_deref(), Some("a"));
    assert_eq!(called.parent_execution_id, episode.request.execution_id);
    worker.operated(&item, "3", "3").await;
    let episode = worker.episode().await;
    let Some(EventType::EntityOperationCompleted(completed)) =
        &episode.request.new_events[1].event_type
    else {
        panic!("{episode:?}");
    };
    assert_eq!(completed.request_id, "r1");
    assert_eq!(completed.output.as_deref(), Some("3"));
    worker.decide(&episode.token, vec![complete(1, "1")]).await;
    ended(&mut client, "a").await;
}

#[tokio::test]
async fn in_the_first_form_answers_need_no_token_and_one_item_is_out_at_a_time() {
    let mut options = SidecarOptions::default();
    options.entity_form = EntityForm::V1;
    let server = Server::with(options).await;
    let mut client = server.client().await;
    let mut worker = server.worker().await;
    let ids: Vec<String> = (0..4).map(|index| format!("@counter@{index}")).collect();
    for id in &ids {
        client.signal_entity(signal(id)).await.unwrap();
    }
    let mut seen = Vec::new();
    for _ in 0..4 {
        let (Request::EntityRequest(batch), _) = worker.item().await else {
            panic!("another form");
        };
        assert_eq!(batch.operations.len(), 1);
        let success = ResultType::Success(OperationResultSuccess::default());
        let state = format!("\"{}\"", batch.instance_id);
        let result = EntityBatchResult {
            results: vec![OperationResult {
                result_type: Some(success),
            }],
            entity_state: Some(state.clone()),
            ..EntityBatchResult::default()
        };
        worker.client.complete_entity_task(result).await.unwrap();
        assert_eq!(get(&mut client, &batch.instance_id).await, Some(state));
        seen.push(batch.instance_id);
    }
    seen.sort();
    assert_eq!(seen, ids);
}

#[tokio::test]
async fn what_goes_to_no_entity_is_dropped_and_spoils_no_list() {
    const NONE: &str = "@counter";
    let folder = tempfile::tempdir().unwrap();
    let options = SidecarOptions::default();
    let hub = HubOptions::file(folder.path().join("hub.db"));
    let server = Server::of(hub, options).await;
    let (mut client, mut worker) = (server.client().await, server.worker().await);
    client
        .start_instance(start("a", "Order", "1"))
        .await
        .unwrap();
    let episode = worker.episode().await;
    let signal = |id, target: &str| {
        let signal = EntityOperationSignaledEvent {
            operation: String::from("add"),
            target_instance_id: Some(target.to_owned()),
            ..EntityOperationSignaledEvent::default()
        };
        let message = SendEntityMessageAction {
            entity_message_type: Some(EntityMessageType::EntityOperationSignaled(signal)),
        };
        action(id, Action::SendEntityMessage(message))
    };
    let event = SendEventAction {
        instance: Some(OrchestrationInstance {
            instance_id: NONE.to_owned(),
            execution_id: None,
        }),
        name: String::from("op"),
        data: Some(String::from(r#"{"op":"add","signal":true,"id":"1"}"#)),
    };
    let actions = vec![
        signal(0, NONE),
        action(1, Action::SendEvent(event)),
        signal(2, COUNTER),
        complete(3, "1"),
    ];
    worker.decide(&episode.token, actions).await;
    let item = worker.entity().await;
    assert_eq!(item.request.instance_id, COUNTER);
    let signal = SendSignalAction {
        instance_id: NONE.to_owned(),
        name: String::from("add"),
        ..SendSignalAction::default()
    };
    let success = OperationResultSuccess::default();
    let result = EntityBatchResult {
        results: vec![OperationResult {
            result_type: Some(ResultType::Success(success)),
        }],
        actions: vec![OperationAction {
            id: 0,
            operation_action_type: Some(OperationActionType::SendSignal(signal)),
        }],
        entity_state: Some(String::from("1")),
        completion_token: item.token,
        ..EntityBatchResult::default()
    };
    client.complete_entity_task(result).await.unwrap();
    let query = EntityQuery {
        include_transient: true,
        ..EntityQuery::default()
    };
    let listed = client
        .query_entities(QueryEntitiesRequest { query: Some(query) })
        .await;
    let ids: Vec<String> = listed
        .unwrap()
        .into_inner()
        .entities
        .into_iter()
        .map(|entity| entity.instance_id)
        .collect();
    assert_eq!(ids, [COUNTER]);
}
