//! The gRPC service `TaskHubSidecarService`: workers and clients in any language on a hub of ours.
//!
//! `docs/protocol.md` has the rules. `items`, `chunks`, `answers` and `convert` are pure; `table`
//! knows which work items are out; `service` answers the methods; `server` owns the sockets.

mod answers;
mod chunks;
mod convert;
mod entities;
mod history;
mod instances;
mod items;
mod listing;
mod options;
mod profile;
mod server;
mod service;
mod status;
mod stream;
mod table;
mod unread;

pub use options::{EntityForm, SidecarOptions};
pub use server::{ServeError, Sidecar};

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use durable_task::{Client, InstanceId, Runtime};
use tokio_util::sync::CancellationToken;
use tonic::Status;

use self::table::Table;
use crate::{Hub, HubHealth};

/// What all calls share.
struct Core {
    hub: Arc<Hub>,
    client: Arc<dyn Client>,
    runtime: Arc<dyn Runtime>,
    options: SidecarOptions,
    table: Table,
    /// Bytes of items that wait to be written, on all streams.
    unread: Arc<AtomicUsize>,
    /// Ends the streams of work items.
    ending: CancellationToken,
}

impl Core {
    fn new(hub: Arc<Hub>, runtime: Arc<dyn Runtime>, options: SidecarOptions) -> Self {
        Self {
            client: hub.client(),
            hub,
            runtime,
            options,
            table: Table::default(),
            unread: Arc::default(),
            ending: CancellationToken::new(),
        }
    }

    /// Why the hub has failed, if it has.
    fn failure(&self) -> Option<String> {
        match self.hub.health() {
            HubHealth::Failed { reason } => Some(reason),
            _ => None,
        }
    }

    /// 128 random bits as text.
    fn random_id(&self) -> String {
        format!("{:032x}", self.runtime.random())
    }
}

/// An id that somebody asks about: any that may exist, also one that could not be started here.
fn known(text: &str) -> Result<InstanceId, Status> {
    if text.is_empty() {
        return Err(Status::invalid_argument("instanceId: it must not be empty"));
    }
    Ok(InstanceId::from_stored(text))
}
