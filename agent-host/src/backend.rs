//! Which engine runs an app, and that engine once it is started.

use std::sync::Arc;
use std::time::Duration;

#[cfg(feature = "grpc")]
use durable_task::grpc::{GrpcHealth, GrpcHub, GrpcOptions};
use durable_task::{Client, Runtime, Worker};
use task_hub::{Hub, HubHealth, HubOptions};

use crate::config::HubLocation;
use crate::error::HostError;

/// Which engine runs an app.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Backend {
    /// The one in this process, with its state there.
    Embedded(HubLocation),
    /// A service that speaks the Durable Task gRPC protocol.
    #[cfg(feature = "grpc")]
    Grpc(GrpcOptions),
}

impl From<HubLocation> for Backend {
    fn from(location: HubLocation) -> Self {
        Self::Embedded(location)
    }
}

impl Backend {
    /// The name of the hub, as links show it: that of its file, which is no secret, without its
    /// folder, which might be.
    pub(crate) fn task_hub(&self) -> String {
        let file = match self {
            Self::Embedded(HubLocation::File(path)) => path.file_stem(),
            Self::Embedded(HubLocation::Memory) => None,
            #[cfg(feature = "grpc")]
            Self::Grpc(options) => {
                let named = options.task_hub.clone();
                return named.unwrap_or_else(|| String::from("default"));
            }
        };
        let name = file.and_then(|stem| stem.to_str());
        name.unwrap_or("memory").to_owned()
    }
}

impl std::fmt::Display for Backend {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Embedded(location) => location.fmt(f),
            #[cfg(feature = "grpc")]
            Self::Grpc(options) => f.write_str(&options.endpoint),
        }
    }
}

/// An engine that has been started.
pub(crate) enum Engine {
    Embedded(Hub),
    #[cfg(feature = "grpc")]
    Grpc(GrpcHub),
}

impl Engine {
    /// Opens the hub as it is, or begins to connect to the service.
    pub(crate) async fn open(
        backend: &Backend,
        runtime: Arc<dyn Runtime>,
    ) -> Result<Self, HostError> {
        Self::open_with(backend, |options| options, runtime).await
    }

    /// The same, with a hub that is set up. A service is set up where it runs.
    pub(crate) async fn open_with(
        backend: &Backend,
        setup: impl FnOnce(HubOptions) -> HubOptions,
        runtime: Arc<dyn Runtime>,
    ) -> Result<Self, HostError> {
        match backend {
            Backend::Embedded(location) => {
                let options = match location {
                    HubLocation::Memory => HubOptions::memory(),
                    HubLocation::File(path) => HubOptions::file(path),
                };
                Ok(Self::Embedded(Hub::open(setup(options), runtime).await?))
            }
            #[cfg(feature = "grpc")]
            Backend::Grpc(options) => Ok(Self::Grpc(GrpcHub::connect(options.clone())?)),
        }
    }

    /// The hub, where it is in this process.
    #[allow(clippy::unnecessary_wraps, reason = "other engines are elsewhere")]
    pub(crate) fn embedded(&self) -> Option<&Hub> {
        match self {
            Self::Embedded(hub) => Some(hub),
            #[cfg(feature = "grpc")]
            Self::Grpc(_) => None,
        }
    }

    pub(crate) fn client(&self) -> Arc<dyn Client> {
        match self {
            Self::Embedded(hub) => hub.client(),
            #[cfg(feature = "grpc")]
            Self::Grpc(hub) => hub.client(),
        }
    }

    /// Gives work to a worker from now on.
    pub(crate) fn attach(&self, worker: Arc<Worker>) -> Result<(), HostError> {
        match self {
            Self::Embedded(hub) => Ok(hub.attach(worker).map(drop)?),
            #[cfg(feature = "grpc")]
            Self::Grpc(hub) => Ok(hub.attach(worker)?),
        }
    }

    /// Says where this process serves, for the error that a second process on a hub file gets.
    pub(crate) fn announce(&self, address: &str) {
        match self {
            Self::Embedded(hub) => hub.announce(address),
            #[cfg(feature = "grpc")]
            Self::Grpc(_) => {}
        }
    }

    /// Why it can't work, if so.
    pub(crate) fn problem(&self) -> Option<String> {
        match self {
            Self::Embedded(hub) => problem_of(hub.health()),
            #[cfg(feature = "grpc")]
            Self::Grpc(hub) => match hub.health() {
                GrpcHealth::Connected => None,
                GrpcHealth::Connecting => Some(String::from("the service does not answer yet")),
                GrpcHealth::Reconnecting { reason, failures } => Some(format!(
                    "the service can't be reached, {failures} times in a row: {reason}"
                )),
                other => Some(format!("there is no connection to the service: {other:?}")),
            },
        }
    }

    /// Gives out no more work, and lets what runs end until the deadline.
    pub(crate) async fn shutdown(&self, deadline: Duration) {
        match self {
            Self::Embedded(hub) => hub.shutdown(deadline).await,
            #[cfg(feature = "grpc")]
            Self::Grpc(hub) => hub.shutdown(deadline).await,
        }
    }
}

fn problem_of(health: HubHealth) -> Option<String> {
    match health {
        HubHealth::Healthy => None,
        HubHealth::Failing { reason, failures } => Some(format!(
            "the hub's store failed {failures} times in a row: {reason}"
        )),
        HubHealth::Stopped => Some(String::from("the hub has been shut down")),
        other => Some(format!("the hub does not work: {other:?}")),
    }
}
