//! The typed side of a hub's client: orchestrations and entities by their types.

mod entity;
mod handle;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;
use std::future::IntoFuture;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{
    BoxFuture, Client, ClientError, EntityType, InstanceId, OrchestrationError, Orchestrator,
    Payload, StartRequest, Status, Timestamp, check_tags, json,
};

pub use entity::{ClientSignals, EntityHandle};
pub use handle::{InstanceHandle, WaitError};

/// Starts orchestrations and finds them again, with the types of their inputs and results.
///
/// It is a [`Client`] with types: cheap to clone, and as good as the client below it.
///
/// ```
/// use std::sync::Arc;
/// use std::time::Duration;
/// use durable_task::{Client, DurableClient, Orchestrator, WaitError};
///
/// async fn run<Publish>(hub: Arc<dyn Client>) -> Result<String, Box<dyn std::error::Error>>
/// where
///     Publish: Orchestrator<Input = String, Output = String>,
/// {
///     let client = DurableClient::new(hub);
///     let publish = client.start::<Publish>("rust".to_owned()).tag("team", "docs").await?;
///     match publish.wait(Duration::from_secs(60)).await {
///         Err(WaitError::TimedOut { .. }) => Ok(format!("{} still runs", publish.id())),
///         result => Ok(result?),
///     }
/// }
/// ```
#[derive(Clone)]
pub struct DurableClient {
    client: Arc<dyn Client>,
}

impl DurableClient {
    /// Adds types to a client.
    pub fn new(client: Arc<dyn Client>) -> Self {
        Self { client }
    }

    /// The client below it, for all that has no type.
    pub fn client(&self) -> &Arc<dyn Client> {
        &self.client
    }

    /// Starts an orchestration when awaited.
    #[allow(
        clippy::needless_pass_by_value,
        reason = "a wrong input is then a plain type error"
    )]
    pub fn start<O: Orchestrator>(&self, input: O::Input) -> StartCall<O::Output> {
        let what = || format!("the input of orchestration `{}`", O::NAME);
        let input = json::encode_payload(what, &input);
        let call = self.start_call(O::NAME.to_owned(), input, O::Output::from_json);
        if O::VERSION.is_empty() {
            call
        } else {
            call.version(O::VERSION)
        }
    }

    /// Starts an orchestration by name when awaited. `T` is what it returns.
    pub fn start_named<T: DeserializeOwned>(
        &self,
        name: impl Into<String>,
        input: &(impl Serialize + ?Sized),
    ) -> StartCall<T> {
        let name = name.into();
        let input = json::encode(|| format!("the input of orchestration `{name}`"), input);
        self.start_call(name, input, json::read)
    }

    fn start_call<T>(
        &self,
        name: String,
        input: Result<String, OrchestrationError>,
        decode: json::Decode<T>,
    ) -> StartCall<T> {
        StartCall {
            client: self.clone(),
            name,
            input,
            id: None,
            version: None,
            tags: BTreeMap::new(),
            start_at: None,
            replaceable: Vec::new(),
            decode,
        }
    }

    /// An orchestration that exists, or will. Asks nothing of the hub.
    pub fn attach<O: Orchestrator>(&self, id: InstanceId) -> InstanceHandle<O::Output> {
        InstanceHandle::new(self.clone(), id, O::Output::from_json)
    }

    /// The same for one whose type is not known. `T` is what it returns.
    pub fn attach_named<T: DeserializeOwned>(&self, id: InstanceId) -> InstanceHandle<T> {
        InstanceHandle::new(self.clone(), id, json::read)
    }

    /// An entity by its type and key. Asks nothing of the hub; a key that can't be part of an id is
    /// an error of what is asked of the entity.
    pub fn entity<E: EntityType>(&self, key: impl AsRef<str>) -> EntityHandle<E> {
        EntityHandle::new(self.clone(), key.as_ref())
    }
}

impl From<Arc<dyn Client>> for DurableClient {
    fn from(client: Arc<dyn Client>) -> Self {
        Self::new(client)
    }
}

impl fmt::Debug for DurableClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DurableClient")
    }
}

/// The start of an orchestration. Made by [`DurableClient::start`].
#[must_use = "an orchestration is started when the call is awaited"]
pub struct StartCall<T> {
    client: DurableClient,
    name: String,
    input: Result<String, OrchestrationError>,
    id: Option<InstanceId>,
    version: Option<String>,
    tags: BTreeMap<String, String>,
    start_at: Option<Timestamp>,
    replaceable: Vec<Status>,
    decode: json::Decode<T>,
}

impl<T> StartCall<T> {
    /// Sets its id; without, it gets a random one.
    pub fn instance_id(mut self, id: InstanceId) -> Self {
        self.id = Some(id);
        self
    }

    /// Asks for a version of the orchestrator.
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.version = Some(version.into());
        self
    }

    /// Adds a label, by which it can be found. All labels together have at most
    /// [`TAGS_UTF8_BYTES_MAX`](crate::TAGS_UTF8_BYTES_MAX).
    pub fn tag(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.tags.insert(key.into(), value.into());
        self
    }

    /// Does not begin before this time.
    pub fn start_at(mut self, time: Timestamp) -> Self {
        self.start_at = Some(time);
        self
    }

    /// Replaces an instance of the same id that is in one of these states. Without, an id that is
    /// taken is an error.
    pub fn replace(mut self, statuses: impl IntoIterator<Item = Status>) -> Self {
        self.replaceable.extend(statuses);
        self
    }
}

impl<T> StartCall<T> {
    async fn run(self) -> Result<InstanceHandle<T>, ClientError> {
        let input = self.input.map_err(|error| invalid("input", &error))?;
        check_tags(&self.tags).map_err(|error| invalid("tags", &error))?;
        let id = self
            .id
            .unwrap_or_else(|| InstanceId::from_stored(uuid::Uuid::new_v4().simple().to_string()));
        let request = StartRequest {
            version: self.version,
            tags: self.tags,
            scheduled_at: self.start_at,
            replaceable: self.replaceable,
            ..StartRequest::new(self.name, id.clone()).input_json(input)
        };
        self.client.client.start(request).await?;
        Ok(InstanceHandle::new(self.client, id, self.decode))
    }
}

impl<T: 'static> IntoFuture for StartCall<T> {
    type Output = Result<InstanceHandle<T>, ClientError>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl<T> fmt::Debug for StartCall<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StartCall")
            .field("name", &self.name)
            .field("id", &self.id)
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

/// A request that is wrong before it is made.
fn invalid(field: &'static str, error: &OrchestrationError) -> ClientError {
    ClientError::Invalid {
        field,
        problem: error.to_string(),
    }
}
