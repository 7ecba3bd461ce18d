//! A sidecar over the Azure Storage backend: completion tokens, streamed histories, entities.

use durable_task::grpc::GrpcOptions;

use crate::processes::{azurite, dotnet_worker, storage_sidecar};
use crate::twin::{Twin, connect};
use crate::{cases, tools};

#[tokio::test(flavor = "multi_thread")]
async fn our_worker_gives_what_the_dotnet_worker_gives_on_azure_storage() {
    let Some(program) = tools::reference_hub() else {
        return;
    };
    let Some((_storage, connection)) = azurite().await else {
        return;
    };
    let mut all = cases::orchestrations();
    all.extend(cases::controlled());
    all.extend(cases::entities());
    let theirs = {
        let (_sidecar, address) = storage_sidecar(&program, &connection, "theirs").await;
        let _worker = dotnet_worker(&program, &address, &["--explicit-entity-events"]);
        cases::run(&*connect(&address).client(), &all).await
    };
    let (_sidecar, address) = storage_sidecar(&program, &connection, "ours").await;
    let twin = Twin::start(GrpcOptions::new(&address)).await;
    let ours = cases::run(&*twin.client(), &all).await;
    for (name, outcome) in theirs {
        assert_eq!(ours[name], outcome, "{name}: ours (left), theirs (right)");
    }
    twin.end().await;
}
