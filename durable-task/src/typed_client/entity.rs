//! One entity, from outside.

use std::fmt;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{ClientError, EntityId, EntityMetadata, Timestamp, json};

use super::{DurableClient, invalid};

/// One entity. Made by [`DurableClient::entity`]; a clone is the same entity.
///
/// From outside an entity can be signalled and read; only orchestrations can call it.
#[derive(Clone)]
pub struct EntityHandle {
    client: DurableClient,
    id: EntityId,
}

impl EntityHandle {
    pub(super) fn new(client: DurableClient, id: EntityId) -> Self {
        Self { client, id }
    }

    /// Its id.
    pub fn id(&self) -> &EntityId {
        &self.id
    }

    /// Sends a one-way operation.
    pub async fn signal(
        &self,
        operation: &str,
        input: &(impl Serialize + ?Sized + Sync),
    ) -> Result<(), ClientError> {
        self.send(operation, input, None).await
    }

    /// Sends a one-way operation that is delivered at a time.
    pub async fn signal_at(
        &self,
        operation: &str,
        input: &(impl Serialize + ?Sized + Sync),
        time: Timestamp,
    ) -> Result<(), ClientError> {
        self.send(operation, input, Some(time)).await
    }

    async fn send(
        &self,
        operation: &str,
        input: &(impl Serialize + ?Sized + Sync),
        time: Option<Timestamp>,
    ) -> Result<(), ClientError> {
        let what = || {
            format!(
                "the input of operation `{operation}` of entity `{}`",
                self.id
            )
        };
        let input = json::encode(what, input).map_err(|error| invalid("input", &error))?;
        let client = &self.client.client;
        client
            .signal_entity(&self.id, operation, Some(input), time)
            .await
    }

    /// Its state; `None` if it has none.
    ///
    /// # Errors
    ///
    /// [`ClientError::Invalid`] if the state is not of this type.
    pub async fn state<S: DeserializeOwned>(&self) -> Result<Option<S>, ClientError> {
        let found = self.client.client.get_entity(&self.id, true).await?;
        let what = || format!("the state of entity `{}`", self.id);
        found
            .and_then(|entity| entity.state)
            .map(|text| json::decode(what, Some(&text)))
            .transpose()
            .map_err(|error| invalid("state", &error))
    }

    /// What the hub knows of it, without its state; `None` if nothing.
    pub async fn metadata(&self) -> Result<Option<EntityMetadata>, ClientError> {
        self.client.client.get_entity(&self.id, false).await
    }
}

impl fmt::Debug for EntityHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("EntityHandle").field(&self.id).finish()
    }
}
