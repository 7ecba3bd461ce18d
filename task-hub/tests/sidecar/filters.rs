//! Several workers, each with what it takes.

use durable_task::wire::proto::{
    ActivityFilter, GetWorkItemsRequest, OrchestrationFilter, WorkItemFilters,
};
use tonic::Code;

use crate::support::worker::{call, complete};
use crate::support::{Server, Worker, ended, start};

fn filters(orchestrations: &[(&str, &[&str])], activities: &[&str]) -> GetWorkItemsRequest {
    let orchestration = |(name, versions): &(&str, &[&str])| OrchestrationFilter {
        name: (*name).to_owned(),
        versions: versions
            .iter()
            .map(|version| (*version).to_owned())
            .collect(),
    };
    let activity = |name: &&str| ActivityFilter {
        name: (*name).to_owned(),
        versions: Vec::new(),
    };
    GetWorkItemsRequest {
        work_item_filters: Some(WorkItemFilters {
            orchestrations: orchestrations.iter().map(orchestration).collect(),
            activities: activities.iter().map(activity).collect(),
            entities: Vec::new(),
        }),
        ..GetWorkItemsRequest::default()
    }
}

#[tokio::test]
async fn each_item_goes_to_a_worker_that_takes_it() {
    let server = Server::start().await;
    let mut client = server.client().await;
    let mut decides = Worker::of(server.client().await, filters(&[("Order", &[])], &[])).await;
    let mut pays = Worker::of(server.client().await, filters(&[], &["Pay"])).await;
    let mut ships = Worker::of(server.client().await, filters(&[], &["Ship"])).await;
    for index in 0..5 {
        let id = format!("i{index}");
        client
            .start_instance(start(&id, "Order", "1"))
            .await
            .unwrap();
        let episode = decides.episode().await;
        let actions = vec![call(0, "Pay", "1"), call(1, "Ship", "1")];
        decides.decide(&episode.token, actions).await;
        let paid = pays.activity().await;
        let shipped = ships.activity().await;
        assert_eq!((paid.request.task_id, shipped.request.task_id), (0, 1));
        pays.done(&paid.token, "1").await;
        let episode = decides.episode().await;
        decides.decide(&episode.token, Vec::new()).await;
        ships.done(&shipped.token, "1").await;
        let episode = decides.episode().await;
        decides.decide(&episode.token, vec![complete(2, "1")]).await;
        ended(&mut client, &id).await;
    }
}

#[tokio::test]
async fn what_no_filter_matches_waits_for_a_worker_that_takes_it() {
    let server = Server::start().await;
    let mut client = server.client().await;
    let mut orders = Worker::of(server.client().await, filters(&[("Order", &["1.0"])], &[])).await;
    for (id, version) in [("new", "2.0"), ("old", "1.0")] {
        let mut request = start(id, "Order", "1");
        request.version = Some(version.to_owned());
        client.start_instance(request).await.unwrap();
    }
    let episode = orders.episode().await;
    assert_eq!(episode.request.instance_id, "old");
    orders
        .decide(&episode.token, vec![call(0, "Pay", "1")])
        .await;
    let mut rest = server.worker().await;
    let mut got = Vec::new();
    for _ in 0..2 {
        use durable_task::wire::proto::work_item::Request;
        got.push(match rest.item().await {
            (Request::OrchestratorRequest(request), _) => request.instance_id,
            (Request::ActivityRequest(request), _) => request.name,
            other => panic!("{other:?}"),
        });
    }
    got.sort();
    assert_eq!(got, ["Pay", "new"]);
}

#[tokio::test]
async fn a_worker_gets_no_more_than_it_asked_for() {
    let server = Server::start().await;
    let mut client = server.client().await;
    let request = GetWorkItemsRequest {
        max_concurrent_orchestration_work_items: 2,
        ..GetWorkItemsRequest::default()
    };
    let mut small = Worker::of(server.client().await, request).await;
    for index in 0..3 {
        let id = format!("i{index}");
        client
            .start_instance(start(&id, "Order", "1"))
            .await
            .unwrap();
    }
    let first = small.episode().await;
    let second = small.episode().await;
    // The third one goes to whoever has room.
    let mut other = server.worker().await;
    let third = other.episode().await;
    let mut ids = [first, second, third].map(|given| given.request.instance_id);
    ids.sort();
    assert_eq!(ids, ["i0", "i1", "i2"]);
}

#[tokio::test]
async fn a_request_that_makes_no_sense_is_refused() {
    let server = Server::start().await;
    let mut client = server.client().await;
    let request = GetWorkItemsRequest {
        max_concurrent_entity_work_items: -3,
        ..GetWorkItemsRequest::default()
    };
    let refused = client.get_work_items(request).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
}
