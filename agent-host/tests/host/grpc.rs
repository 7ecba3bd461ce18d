//! An app whose engine is a gRPC service.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use agent_host::{Backend, FunctionApp};
use durable_task::grpc::GrpcOptions;
use durable_task::{Runtime, TokioRuntime};
use serde_json::json;
use task_hub::sidecar::{Sidecar, SidecarOptions};
use task_hub::{Hub, HubOptions};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::model::{Control, TestModel};
use crate::support::{TestApp, Weather, definition};

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
