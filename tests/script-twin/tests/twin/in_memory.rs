//! The in-memory sidecar of the .NET SDK: official server code, without entities.

use durable_task::grpc::GrpcOptions;

use crate::processes::{dotnet_worker, in_memory_sidecar};
use crate::twin::{Twin, connect};
use crate::{cases, tools};

#[tokio::test(flavor = "multi_thread")]
async fn our_worker_gives_what_the_dotnet_worker_gives_on_the_in_memory_sidecar() {
    let Some(program) = tools::reference_hub() else {
        return;
    };
    let mut all = cases::orchestrations();
    all.extend(cases::controlled());
    let theirs = {
        let (_sidecar, address) = in_memory_sidecar(&program).await;
        let _worker = dotnet_worker(&program, &address, &[]);
        cases::run(&*connect(&address).client(), &all).await
    };
    let (_sidecar, address) = in_memory_sidecar(&program).await;
    let twin = Twin::start(GrpcOptions::new(&address)).await;
    let ours = cases::run(&*twin.client(), &all).await;
    for (name, outcome) in theirs {
        assert_eq!(ours[name], outcome, "{name}: ours (left), theirs (right)");
    }
    twin.end().await;
}
