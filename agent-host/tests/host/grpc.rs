//! An app whose engine is a gRPC service.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use agent_host::{Backend, FunctionApp};
use axum::http::Method;
use durable_task::grpc::GrpcOptions;
use durable_task::{Runtime, TokioRuntime};
use serde_json::json;
use task_hub::sidecar::{Sidecar, SidecarOptions};
use task_hub::{Hub, HubOptions};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tonic::service::Routes;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;

use crate::durable_functions::{self, PREFIX};
use crate::model::{Control, TestModel};
use crate::support::{TestApp, Weather, definition};
use crate::workflows_by_hand::Review;

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_answers_on_a_grpc_service() {
    let runtime =
        || -> Arc<dyn Runtime> { Arc::new(TokioRuntime::new(tokio::runtime::Handle::current())) };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let hub = Hub::open(HubOptions::memory(), runtime()).await.unwrap();
    let sidecar = Sidecar::new(Arc::new(hub), runtime(), SidecarOptions::default());
    let stop = CancellationToken::new();
    let serving = tokio::spawn(sidecar.serve(listener, stop.clone()));
    let model = Control::new();
    let app = FunctionApp::new()
        .agent_definition(definition::<Weather>())
        .model(TestModel(Arc::clone(&model)));
    let host = app
        .start(Backend::Grpc(GrpcOptions::new(address)))
        .await
        .unwrap();
    assert!(host.hub().is_none());
    let app = TestApp { host, model };
    let body = json!({"message": "Hi", "thread_id": "s1"});
    let answer = app.run(&body).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let session = app.get("/api/agents/Weather/s1").await;
    assert_eq!(session.status, 200, "{session:?}");
    assert!(session.text.contains("Hi"), "{session:?}");
    assert_eq!(app.get("/api/health").await.status, 200);
    app.host.shutdown(Duration::from_secs(5)).await;
    stop.cancel();
    serving.await.unwrap().unwrap();
}

/// The service knows none of the calls, as an old one does not know a new one.
#[tokio::test(flavor = "multi_thread")]
async fn what_the_service_can_not_do_is_a_501() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let stop = CancellationToken::new();
    let serving = Server::builder()
        .add_routes(Routes::default())
        .serve_with_incoming_shutdown(TcpIncoming::from(listener), stop.clone().cancelled_owned());
    let serving = tokio::spawn(serving);
    let model = Control::new();
    let app = durable_functions::functions()
        .workflow::<Review>()
        .model(TestModel(Arc::clone(&model)));
    let host = app
        .start(Backend::Grpc(GrpcOptions::new(address)))
        .await
        .unwrap();
    let app = TestApp { host, model };
    let draft = r#"{"title": "News"}"#;
    let event = r#"{"eventName": "editor", "response": 1}"#;
    let run = "this backend can't start orchestrations";
    let read = "this backend can't read instances";
    for (method, path, body, says) in [
        (Method::POST, "workflow/review/run", draft, run),
        (Method::GET, "workflow/review/status/r1", "", read),
        (Method::GET, "workflow/review/events/r1", "", read),
        (Method::GET, "workflow/review/graph?instanceId=r1", "", read),
        (
            Method::POST,
            "workflow/review/respond/r1/editor-0",
            "1",
            read,
        ),
        (
            Method::DELETE,
            "workflow/review/respond/r1/editor-0",
            "",
            read,
        ),
        (Method::POST, "workflow/review/cancel/r1", "", read),
        (Method::POST, "workflows/review/run", draft, run),
        (Method::GET, "workflows/review/status/r1", "", read),
        (Method::POST, "workflows/review/respond/r1", event, read),
    ] {
        let told = format!("{method} {path}");
        let answer = app.ask(method, &format!("/api/{path}"), body).await;
        assert_eq!(answer.status, 501, "{told}: {answer:?}");
        assert!(answer.text.contains(says), "{told}: {answer:?}");
        assert_eq!(answer.header("retry-after"), None, "{told}");
    }
    for (method, path) in [
        (Method::POST, "orchestrators/Hello"),
        (Method::GET, "instances"),
        (Method::GET, "instances/r1"),
        (Method::GET, "instances/r1/history"),
        (Method::POST, "instances/r1/terminate"),
        (Method::POST, "instances/r1/rewind"),
        (Method::GET, "entities"),
        (Method::GET, "entities/Counter/a"),
        (Method::POST, "entities/Counter/a?op=add"),
    ] {
        let told = format!("{method} {path}");
        let answer = app.ask(method, &format!("{PREFIX}/{path}"), "").await;
        assert_eq!(answer.status, 501, "{told}: {answer:?}");
        assert!(
            answer.text.contains("this backend can't"),
            "{told}: {answer:?}"
        );
    }
    app.host.shutdown(Duration::from_secs(5)).await;
    stop.cancel();
    serving.await.unwrap().unwrap();
}
