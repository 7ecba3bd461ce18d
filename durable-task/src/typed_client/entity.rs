//! One entity, from outside.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use crate::entity::{Operation, problem};
use crate::{
    BoxFuture, Client, ClientError, EntityId, EntityMetadata, EntityType, Payload, SignalSender,
    Timestamp, json,
};

use super::{DurableClient, invalid};

/// One entity. Made by [`DurableClient::entity`]; a clone is the same entity.
///
/// From outside an entity can be signalled and read; only orchestrations can call it.
pub struct EntityHandle<E> {
    client: DurableClient,
    id: Result<EntityId, ClientError>,
    entity: PhantomData<fn() -> E>,
}

impl<E: EntityType> EntityHandle<E> {
    pub(super) fn new(client: DurableClient, key: &str) -> Self {
        let id = EntityId::new(E::NAME, key).map_err(|error| ClientError::Invalid {
            field: "key",
            problem: problem(E::NAME, key, &error),
        });
        Self {
            client,
            id,
            entity: PhantomData,
        }
    }

    /// Sends a one-way operation; it is durable once awaited.
    pub fn signal(&self) -> E::Signals<ClientSignals> {
        self.signals(None)
    }

    /// The same, to be delivered at a time.
    pub fn signal_at(&self, time: Timestamp) -> E::Signals<ClientSignals> {
        self.signals(Some(time))
    }

    fn signals(&self, at: Option<Timestamp>) -> E::Signals<ClientSignals> {
        E::signals(ClientSignals {
            client: Arc::clone(&self.client.client),
            id: self.id.clone(),
            at,
        })
    }

    /// Its state; `None` if it has none.
    ///
    /// # Errors
    ///
    /// [`ClientError::Invalid`] if its key can't be part of an id, or its state is of another type.
    pub async fn state(&self) -> Result<Option<E::State>, ClientError> {
        let id = self.id.clone()?;
        let known = self.client.client.get_entity(&id, true).await?;
        let Some(text) = known.and_then(|known| known.state) else {
            return Ok(None);
        };
        E::State::from_json(&text)
            .map(Some)
            .map_err(|error| ClientError::Invalid {
                field: "state",
                problem: format!("that of entity `{id}` is not of the expected type: {error}"),
            })
    }

    /// What the hub knows of it, without its state; `None` if nothing.
    ///
    /// # Errors
    ///
    /// [`ClientError::Invalid`] if its key can't be part of an id.
    pub async fn metadata(&self) -> Result<Option<EntityMetadata>, ClientError> {
        let id = self.id.clone()?;
        self.client.client.get_entity(&id, false).await
    }
}

impl<E> Clone for EntityHandle<E> {
    fn clone(&self) -> Self {
        Self {
            client: self.client.clone(),
            id: self.id.clone(),
            entity: PhantomData,
        }
    }
}

impl<E> fmt::Debug for EntityHandle<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("EntityHandle").field(&self.id).finish()
    }
}

/// One-way operations from a client.
pub struct ClientSignals {
    client: Arc<dyn Client>,
    id: Result<EntityId, ClientError>,
    at: Option<Timestamp>,
}

impl SignalSender for ClientSignals {
    type Sent = BoxFuture<'static, Result<(), ClientError>>;

    fn send<O: Operation>(self, input: &O::Input) -> Self::Sent {
        let what = || format!("the input of operation `{}`", O::NAME);
        let input = json::encode_payload(what, input).map_err(|error| invalid("input", &error));
        Box::pin(async move {
            let (id, input) = (self.id?, input?);
            self.client
                .signal_entity(&id, O::NAME, Some(input), self.at)
                .await
        })
    }
}

impl fmt::Debug for ClientSignals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ClientSignals").field(&self.id).finish()
    }
}
