//! A sidecar over the Azure Storage backend: completion tokens, streamed histories, entities.

use agent_tests::tools::{need, reference_hub};
use durable_task::grpc::GrpcOptions;

use crate::cases;
use crate::manage::{self, PurgeOfRunning};
use crate::processes::{azurite, dotnet_worker, storage_sidecar};
use crate::twin::{Twin, connect};

#[tokio::test(flavor = "multi_thread")]
async fn our_worker_gives_what_the_dotnet_worker_gives_on_azure_storage() {
    let Some(program) = need(reference_hub()) else {
        return;
    };
    let Some((_storage, connection)) = azurite().await else {
        return;
    };
    let mut all = cases::orchestrations();
    all.extend(cases::once_begun(cases::controlled()));
    all.extend(cases::entities());
    let versions = cases::versions();
    let theirs = {
        let (_sidecar, address) = storage_sidecar(&program, &connection, "theirs").await;
        let _worker = dotnet_worker(&program, &address, &["--explicit-entity-events"]);
        let client = connect(&address).client();
        let mut theirs = cases::run(&*client, &all).await;
        theirs.extend(cases::run(&*client, &versions).await);
        theirs
    };
    let (_sidecar, address) = storage_sidecar(&program, &connection, "ours").await;
    let twin = Twin::start(GrpcOptions::new(&address), &[]).await;
    let mut ours = cases::run(&*twin.client(), &all).await;
    twin.end().await;
    let twin = Twin::start(GrpcOptions::new(&address), script_twin::VERSIONS).await;
    ours.extend(cases::run(&*twin.client(), &versions).await);
    twin.end().await;
    let differences = cases::differences(&ours, &theirs);
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn our_client_manages_instances_on_azure_storage() {
    let Some(program) = need(reference_hub()) else {
        return;
    };
    let Some((_storage, connection)) = azurite().await else {
        return;
    };
    let (_sidecar, address) = storage_sidecar(&program, &connection, "manage").await;
    let twin = Twin::start(GrpcOptions::new(&address), &[]).await;
    manage::instances(&*twin.client(), PurgeOfRunning::Done).await;
    manage::past(&*twin.client()).await;
    manage::entities(&*twin.client()).await;
    twin.end().await;
}
