//! The in-memory sidecar of the .NET SDK: official server code, without entities.

use agent_tests::tools::{need, reference_hub};
use durable_task::grpc::GrpcOptions;

use crate::cases;
use crate::processes::{dotnet_worker, in_memory_sidecar};
use crate::twin::{Twin, connect};

#[tokio::test(flavor = "multi_thread")]
async fn our_worker_gives_what_the_dotnet_worker_gives_on_the_in_memory_sidecar() {
    let Some(program) = need(reference_hub()) else {
        return;
    };
    let mut all = cases::orchestrations();
    all.extend(cases::controlled());
    let versions = cases::versions();
    let theirs = {
        let (_sidecar, address) = in_memory_sidecar(&program).await;
        let _worker = dotnet_worker(&program, &address, &[]);
        let client = connect(&address).client();
        let mut theirs = cases::run(&*client, &all).await;
        theirs.extend(cases::run(&*client, &versions).await);
        theirs
    };
    let (_sidecar, address) = in_memory_sidecar(&program).await;
    let twin = Twin::start(GrpcOptions::new(&address), &[]).await;
    let mut ours = cases::run(&*twin.client(), &all).await;
    twin.end().await;
    let twin = Twin::start(GrpcOptions::new(&address), script_twin::VERSIONS).await;
    ours.extend(cases::run(&*twin.client(), &versions).await);
    twin.end().await;
    let differences = cases::differences(&ours, &theirs);
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}
