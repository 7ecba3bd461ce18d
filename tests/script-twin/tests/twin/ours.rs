//! Our own service: over gRPC scripts give what they give in one process.

use std::net::Ipv4Addr;
use std::sync::Arc;

use durable_task::grpc::GrpcOptions;
use task_hub::sidecar::{Sidecar, SidecarOptions};
use task_hub::{Hub, HubOptions};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::cases;
use crate::manage::{self, PurgeOfRunning};
use crate::python::embedded;
use crate::twin::{Twin, runtime};

#[tokio::test(flavor = "multi_thread")]
async fn scripts_give_the_same_over_grpc_as_in_one_process() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let hub = Hub::open(HubOptions::memory(), runtime()).await.unwrap();
    let sidecar = Sidecar::new(Arc::new(hub), runtime(), SidecarOptions::default());
    let stop = CancellationToken::new();
    let serving = tokio::spawn(sidecar.serve(listener, stop.clone()));
    let mut all = cases::orchestrations();
    all.extend(cases::controlled());
    all.extend(cases::entities());
    let twin = Twin::start(GrpcOptions::new(address), &[]).await;
    let there = cases::run(&*twin.client(), &all).await;
    manage::instances(&*twin.client(), PurgeOfRunning::Refused).await;
    manage::past(&*twin.client()).await;
    manage::entities(&*twin.client()).await;
    twin.end().await;
    stop.cancel();
    serving.await.unwrap().unwrap();
    let differences = cases::differences(&there, &embedded(&all).await);
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}
