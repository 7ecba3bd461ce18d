//! What clients ask.

use std::time::Duration;

use durable_task::Timestamp;
use durable_task::wire::proto::purge_instances_request::Request as What;
use durable_task::wire::proto::{
    CreateTaskHubRequest, DeleteTaskHubRequest, InstanceBatch, InstanceQuery,
    ListInstanceIdsRequest, OrchestrationIdReusePolicy, OrchestrationStatus, PurgeInstanceFilter,
    PurgeInstancesRequest, QueryInstancesRequest, RaiseEventRequest, RestartInstanceRequest,
    ResumeRequest, RewindInstanceRequest, SkipGracefulOrchestrationTerminationsRequest,
    SuspendRequest, TerminateRequest,
};
use tonic::{Code, Request};

use crate::support::worker::{complete, kinds};
use crate::support::{Client, Server, Worker, ended, instance, is, start, state};

/// Starts an instance and ends it.
async fn run(client: &mut Client, worker: &mut Worker, id: &str, result: &str) {
    client
        .start_instance(start(id, "Order", "1"))
        .await
        .unwrap();
    let episode = worker.episode().await;
    worker
        .decide(&episode.token, vec![complete(0, result)])
        .await;
}

#[tokio::test]
async fn an_instance_is_started_waited_for_and_read() {
    let server = Server::start().await;
    let mut client = server.client().await;
    let mut worker = server.worker().await;
    client.hello(()).await.unwrap();
    let mut request = start("a", "Order", "{\"n\":1}");
    request.version = Some(String::from("1.0"));
    request.tags.insert(String::from("k"), String::from("v"));
    let started = client.start_instance(request).await.unwrap().into_inner();
    assert_eq!(started.instance_id, "a");

    let mut waiting = client.clone();
    let begun = tokio::spawn(async move { waiting.wait_for_instance_start(instance("a")).await });
    let mut waiting = client.clone();
    let over =
        tokio::spawn(async move { waiting.wait_for_instance_completion(instance("a")).await });
    let episode = worker.episode().await;
    worker.decide(&episode.token, Vec::new()).await;
    let begun = begun.await.unwrap().unwrap().into_inner();
    let shown = begun.orchestration_state.unwrap();
    assert!(begun.exists && is(&shown, OrchestrationStatus::Running));
    assert_eq!(shown.input.as_deref(), Some("{\"n\":1}"));
    assert_eq!(shown.version.as_deref(), Some("1.0"));
    assert_eq!(shown.tags.get("k").map(String::as_str), Some("v"));
    assert!(shown.created_timestamp.is_some() && shown.last_updated_timestamp.is_some());
    assert_eq!(shown.execution_id, episode.request.execution_id);

    let raise = RaiseEventRequest {
        instance_id: String::from("a"),
        name: String::from("go"),
        input: Some(String::from("5")),
    };
    client.raise_event(raise).await.unwrap();
    let episode = worker.episode().await;
    assert_eq!(kinds(&episode.request.new_events), ["episode", "raised"]);
    worker.decide(&episode.token, vec![complete(0, "7")]).await;
    let over = over.await.unwrap().unwrap().into_inner();
    let shown = over.orchestration_state.unwrap();
    assert_eq!(shown.output.as_deref(), Some("7"));
    assert!(shown.completed_timestamp.is_some());

    let mut bare = instance("a");
    bare.get_inputs_and_outputs = false;
    for response in [
        client.get_instance(bare.clone()).await.unwrap(),
        client.wait_for_instance_completion(bare).await.unwrap(),
    ] {
        let shown = response.into_inner().orchestration_state.unwrap();
        assert_eq!((shown.input, shown.output), (None, None));
    }
}

#[tokio::test]
async fn without_an_id_one_is_made_up() {
    let server = Server::start().await;
    let mut client = server.client().await;
    let started = client
        .start_instance(start("", "Order", "1"))
        .await
        .unwrap();
    let id = started.into_inner().instance_id;
    assert_eq!(id.len(), 32);
    assert!(is(
        &state(&mut client, &id).await,
        OrchestrationStatus::Pending
    ));
}

#[tokio::test]
async fn what_does_not_exist_is_told() {
    let server = Server::start().await;
    let mut client = server.client().await;
    let none = instance("none");
    let got = client
        .get_instance(none.clone())
        .await
        .unwrap()
        .into_inner();
    assert!(!got.exists && got.orchestration_state.is_none());
    let raise = RaiseEventRequest {
        instance_id: String::from("none"),
        name: String::from("go"),
        input: None,
    };
    let terminate = TerminateRequest {
        instance_id: String::from("none"),
        ..TerminateRequest::default()
    };
    for refused in [
        client
            .wait_for_instance_start(none.clone())
            .await
            .unwrap_err(),
        client.wait_for_instance_completion(none).await.unwrap_err(),
        client.raise_event(raise).await.unwrap_err(),
        client.terminate_instance(terminate).await.unwrap_err(),
    ] {
        assert_eq!(refused.code(), Code::NotFound);
        assert_eq!(refused.message(), "instance `none` was not found");
    }
}

#[tokio::test]
async fn a_used_id_is_refused_unless_the_policy_allows_it() {
    let server = Server::start().await;
    let mut client = server.client().await;
    let mut worker = server.worker().await;
    run(&mut client, &mut worker, "a", "1").await;
    let again = start("a", "Order", "2");
    let refused = client.start_instance(again.clone()).await.unwrap_err();
    assert_eq!(refused.code(), Code::AlreadyExists);
    assert_eq!(refused.message(), "instance `a` exists already");
    let policy = |status: OrchestrationStatus| {
        let mut again = again.clone();
        again.orchestration_id_reuse_policy = Some(OrchestrationIdReusePolicy {
            replaceable_status: vec![status.into()],
        });
        again
    };
    let refused = client
        .start_instance(policy(OrchestrationStatus::Failed))
        .await;
    assert_eq!(refused.unwrap_err().code(), Code::AlreadyExists);
    let replaced = client
        .start_instance(policy(OrchestrationStatus::Completed))
        .await;
    replaced.unwrap();
    let shown = state(&mut client, "a").await;
    assert_eq!(shown.input.as_deref(), Some("2"));
}

#[tokio::test]
async fn a_start_waits_for_its_time() {
    let server = Server::start().await;
    let mut client = server.client().await;
    let _worker = server.worker().await;
    let mut later = start("later", "Order", "1");
    let at = Timestamp::now().saturating_add(Duration::from_hours(1));
    later.scheduled_start_timestamp = Some(at.into());
    client.start_instance(later).await.unwrap();
    let shown = state(&mut client, "later").await;
    assert!(is(&shown, OrchestrationStatus::Pending));
    assert_eq!(shown.scheduled_start_timestamp, Some(at.into()));
}

#[tokio::test]
async fn an_instance_is_held_back_let_go_and_ended() {
    let server = Server::start().await;
    let mut client = server.client().await;
    let mut worker = server.worker().await;
    client
        .start_instance(start("a", "Order", "1"))
        .await
        .unwrap();
    let episode = worker.episode().await;
    worker.decide(&episode.token, Vec::new()).await;
    let (instance_id, reason) = (String::from("a"), Some(String::from("r")));
    let suspend = SuspendRequest {
        instance_id: instance_id.clone(),
        reason: reason.clone(),
    };
    client.suspend_instance(suspend.clone()).await.unwrap();
    assert!(is(
        &state(&mut client, "a").await,
        OrchestrationStatus::Suspended
    ));
    let resume = ResumeRequest {
        instance_id: instance_id.clone(),
        reason,
    };
    client.resume_instance(resume.clone()).await.unwrap();
    let episode = worker.episode().await;
    let events = kinds(&episode.request.new_events);
    assert_eq!(events, ["episode", "suspended", "resumed"]);
    worker.decide(&episode.token, Vec::new()).await;
    let terminate = TerminateRequest {
        instance_id,
        output: Some(String::from("\"bye\"")),
        recursive: true,
    };
    client.terminate_instance(terminate.clone()).await.unwrap();
    let shown = ended(&mut client, "a").await;
    assert!(is(&shown, OrchestrationStatus::Terminated));
    assert_eq!(shown.output.as_deref(), Some("\"bye\""));
    // For SDKs it is no error to do so with what has ended.
    client.terminate_instance(terminate).await.unwrap();
    client.suspend_instance(suspend).await.unwrap();
    client.resume_instance(resume).await.unwrap();
    assert!(is(
        &state(&mut client, "a").await,
        OrchestrationStatus::Terminated
    ));
}

#[tokio::test]
async fn a_caller_that_stops_waiting_cancels_nothing() {
    let server = Server::start().await;
    let mut client = server.client().await;
    let mut worker = server.worker().await;
    client
        .start_instance(start("a", "Order", "1"))
        .await
        .unwrap();
    let mut request = Request::new(instance("a"));
    request.set_timeout(Duration::from_millis(50));
    let gone = client
        .wait_for_instance_completion(request)
        .await
        .unwrap_err();
    assert!(
        matches!(gone.code(), Code::Cancelled | Code::DeadlineExceeded),
        "{gone}"
    );
    let episode = worker.episode().await;
    worker.decide(&episode.token, vec![complete(0, "1")]).await;
    ended(&mut client, "a").await;
}

#[tokio::test]
async fn instances_are_listed_in_pages() {
    let server = Server::start().await;
    let mut client = server.client().await;
    let mut worker = server.worker().await;
    for index in 0..5 {
        run(&mut client, &mut worker, &format!("o{index}"), "1").await;
    }
    client
        .start_instance(start("running", "Order", "1"))
        .await
        .unwrap();
    let (mut token, mut ids, mut pages) = (None, Vec::new(), 0);
    loop {
        let query = InstanceQuery {
            runtime_status: vec![OrchestrationStatus::Completed.into()],
            max_instance_count: 2,
            instance_id_prefix: Some(String::from("o")),
            continuation_token: token,
            ..InstanceQuery::default()
        };
        let request = QueryInstancesRequest { query: Some(query) };
        let page = client.query_instances(request).await.unwrap().into_inner();
        pages += 1;
        ids.extend(
            page.orchestration_state
                .into_iter()
                .map(|state| state.instance_id),
        );
        token = page.continuation_token;
        if token.is_none() {
            break;
        }
    }
    assert_eq!(ids, ["o0", "o1", "o2", "o3", "o4"]);
    assert_eq!(pages, 3);

    let (mut key, mut ids) = (Some(String::new()), Vec::new());
    while let Some(last_instance_key) = key {
        let request = ListInstanceIdsRequest {
            page_size: 2,
            last_instance_key: Some(last_instance_key),
            ..ListInstanceIdsRequest::default()
        };
        let page = client
            .list_instance_ids(request)
            .await
            .unwrap()
            .into_inner();
        assert!(page.instance_ids.len() <= 2);
        ids.extend(page.instance_ids);
        key = page.last_instance_key;
    }
    assert_eq!(ids, ["o0", "o1", "o2", "o3", "o4"], "those that have ended");
    let first = Some(String::from("a first page"));
    for (runtime_status, last_instance_key, expected) in [
        (vec![OrchestrationStatus::Failed], None, Some(0)),
        (vec![OrchestrationStatus::Completed], None, Some(5)),
        (Vec::new(), first, None),
    ] {
        let statuses = runtime_status.into_iter().map(Into::into);
        let request = ListInstanceIdsRequest {
            runtime_status: statuses.collect(),
            last_instance_key,
            ..ListInstanceIdsRequest::default()
        };
        let listed = client.list_instance_ids(request).await;
        let listed = listed.ok().map(|page| page.into_inner().instance_ids.len());
        assert_eq!(listed, expected);
    }
}

#[tokio::test]
async fn a_page_has_only_what_a_message_carries() {
    let server = Server::start().await;
    let mut client = server.client().await;
    for index in 0..5 {
        let large = start(&format!("o{index}"), "Order", &"x".repeat(1_500_000));
        client.start_instance(large).await.unwrap();
    }
    let (mut token, mut ids) = (None, Vec::new());
    loop {
        let query = InstanceQuery {
            fetch_inputs_and_outputs: true,
            continuation_token: token,
            ..InstanceQuery::default()
        };
        let request = QueryInstancesRequest { query: Some(query) };
        let page = client.query_instances(request).await.unwrap().into_inner();
        assert!((1..=2).contains(&page.orchestration_state.len()));
        ids.extend(
            page.orchestration_state
                .into_iter()
                .map(|state| state.instance_id),
        );
        token = page.continuation_token;
        if token.is_none() {
            break;
        }
    }
    assert_eq!(ids, ["o0", "o1", "o2", "o3", "o4"]);
}

#[tokio::test]
async fn what_has_ended_is_purged_one_by_one_in_batches_and_by_filter() {
    let server = Server::start().await;
    let mut client = server.client().await;
    let mut worker = server.worker().await;
    for index in 0..6 {
        run(&mut client, &mut worker, &format!("o{index}"), "1").await;
    }
    client
        .start_instance(start("running", "Order", "1"))
        .await
        .unwrap();
    let one = |id: &str| What::InstanceId(String::from(id));
    let batch = ["o1", "o2", "o2", "running", "none"].map(String::from);
    let filter = PurgeInstanceFilter {
        runtime_status: vec![OrchestrationStatus::Completed.into()],
        timeout: Duration::from_secs(20).try_into().ok(),
        ..PurgeInstanceFilter::default()
    };
    let table = [
        (one("o0"), 1),
        (one("o0"), 0),
        (one("running"), 0),
        (one("none"), 0),
        (
            What::InstanceBatch(InstanceBatch {
                instance_ids: batch.to_vec(),
            }),
            2,
        ),
        (What::PurgeInstanceFilter(filter), 3),
    ];
    for (what, deleted) in table {
        let text = format!("{what:?}");
        let request = PurgeInstancesRequest {
            request: Some(what),
            recursive: true,
            is_orchestration: false,
        };
        let purged = client.purge_instances(request).await.unwrap().into_inner();
        assert_eq!(purged.deleted_instance_count, deleted, "{text}");
        assert_eq!(purged.is_complete, Some(true));
    }
    assert!(is(
        &state(&mut client, "running").await,
        OrchestrationStatus::Pending
    ));
}

#[tokio::test]
async fn many_are_ended_at_once_and_what_could_not_be_is_told() {
    let server = Server::start().await;
    let mut client = server.client().await;
    for id in ["a", "b"] {
        client
            .start_instance(start(id, "Order", "1"))
            .await
            .unwrap();
    }
    let request = SkipGracefulOrchestrationTerminationsRequest {
        instance_batch: Some(InstanceBatch {
            instance_ids: ["a", "none", "b"].map(String::from).to_vec(),
        }),
        reason: Some(String::from("\"why\"")),
    };
    let left = client
        .skip_graceful_orchestration_terminations(request)
        .await;
    let left = left.unwrap().into_inner().unterminated_instance_ids;
    assert_eq!(left, ["none"]);
    for id in ["a", "b"] {
        assert!(is(
            &ended(&mut client, id).await,
            OrchestrationStatus::Terminated
        ));
    }
}

#[tokio::test]
async fn the_hub_is_there_already_and_can_be_emptied() {
    let server = Server::start().await;
    let mut client = server.client().await;
    let create = |recreate_if_exists| CreateTaskHubRequest { recreate_if_exists };
    for round in 0..2 {
        client
            .start_instance(start("a", "Order", "1"))
            .await
            .unwrap();
        client.create_task_hub(create(false)).await.unwrap();
        assert!(is(
            &state(&mut client, "a").await,
            OrchestrationStatus::Pending
        ));
        if round == 0 {
            client.create_task_hub(create(true)).await.unwrap();
        } else {
            let delete = DeleteTaskHubRequest {};
            client.delete_task_hub(delete).await.unwrap();
        }
        let gone = client.get_instance(instance("a")).await.unwrap();
        assert!(!gone.into_inner().exists);
    }
}

#[tokio::test]
async fn what_has_ended_is_restarted_and_what_failed_is_rewound() {
    let server = Server::start().await;
    let mut client = server.client().await;
    let mut worker = server.worker().await;
    run(&mut client, &mut worker, "a", "1").await;
    let restart = |id: &str, new: bool| RestartInstanceRequest {
        instance_id: id.to_owned(),
        restart_with_new_instance_id: new,
    };
    let again = client.restart_instance(restart("a", true)).await.unwrap();
    let id = again.into_inner().instance_id;
    assert_ne!(id, "a");
    let episode = worker.episode().await;
    assert_eq!(episode.request.instance_id, id);
    worker.decide(&episode.token, vec![complete(0, "2")]).await;
    let again = client.restart_instance(restart("a", false)).await.unwrap();
    assert_eq!(again.into_inner().instance_id, "a");
    let refused = client.restart_instance(restart("a", false)).await;
    assert_eq!(refused.unwrap_err().code(), Code::FailedPrecondition);
    let refused = client.restart_instance(restart("none", true)).await;
    assert_eq!(refused.unwrap_err().code(), Code::NotFound);
    let rewind = RewindInstanceRequest {
        instance_id: id,
        reason: None,
    };
    let refused = client.rewind_instance(rewind).await.unwrap_err();
    assert_eq!(
        refused.code(),
        Code::FailedPrecondition,
        "it has not failed"
    );
}
