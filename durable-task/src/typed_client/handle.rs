//! One orchestration, from outside.

use std::fmt;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::wire::proto::HistoryEvent;
use crate::{
    ClientError, Event, Failure, Fetch, InstanceId, InstanceState, OrchestrationError, Status,
    WaitFor, json,
};

use super::{DurableClient, invalid};

/// Why there is no result of an orchestration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WaitError {
    /// It has failed. Final, unless it is rewound or restarted.
    #[error("instance `{instance}` failed: {failure}")]
    Failed {
        /// Which one.
        instance: InstanceId,
        /// How.
        failure: Box<Failure>,
    },
    /// It was ended from outside, or by itself before its end. Final, unless it is restarted.
    #[error("instance `{instance}` has ended as {status:?}{}", because(.reason.as_deref()))]
    Ended {
        /// Which one.
        instance: InstanceId,
        /// [`Status::Terminated`] or [`Status::Canceled`].
        status: Status,
        /// Why, if it was said.
        reason: Option<String>,
    },
    /// It has not ended in time. Wait again; if it is parked, register its orchestrator or its
    /// activity first.
    #[error("instance `{instance}` has not ended in time: it is {status:?}{}", code(*.parked))]
    TimedOut {
        /// Which one.
        instance: InstanceId,
        /// Where it stands.
        status: Status,
        /// Whether it waits for code that no worker has.
        parked: bool,
    },
    /// Its result is not of the type that is expected. Final.
    #[error("the result of instance `{instance}` is not of the expected type: {problem}")]
    Decode {
        /// Which one.
        instance: InstanceId,
        /// What the deserializer said.
        problem: String,
    },
    /// The hub could not be asked.
    #[error(transparent)]
    Client(#[from] ClientError),
}

fn because(reason: Option<&str>) -> String {
    match reason {
        Some(reason) => format!(": {reason}"),
        None => String::new(),
    }
}

fn code(parked: bool) -> &'static str {
    if parked {
        ", and no worker has code for it, or for an activity that it calls"
    } else {
        ""
    }
}

impl WaitError {
    /// Whether waiting again may give a result.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::TimedOut { .. } => true,
            Self::Client(error) => error.is_retryable(),
            Self::Failed { .. } | Self::Ended { .. } | Self::Decode { .. } => false,
        }
    }
}

/// One orchestration that returns `T`. Made by [`DurableClient::start`] and
/// [`DurableClient::attach`]; a clone is the same orchestration.
pub struct InstanceHandle<T> {
    client: DurableClient,
    id: InstanceId,
    decode: json::Decode<T>,
}

impl<T> Clone for InstanceHandle<T> {
    fn clone(&self) -> Self {
        Self::new(self.client.clone(), self.id.clone(), self.decode)
    }
}

impl<T> fmt::Debug for InstanceHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("InstanceHandle").field(&self.id).finish()
    }
}

impl<T> InstanceHandle<T> {
    pub(super) fn new(client: DurableClient, id: InstanceId, decode: json::Decode<T>) -> Self {
        Self { client, id, decode }
    }

    /// Its id.
    pub fn id(&self) -> &InstanceId {
        &self.id
    }

    /// Where it stands, with its input and output; `None` if the hub does not know it.
    pub async fn state(&self) -> Result<Option<InstanceState>, ClientError> {
        self.client.client.get(&self.id, Fetch::Payloads).await
    }

    /// Waits until its first episode has run, at most for `timeout`; then its state as it is.
    pub async fn wait_for_start(&self, timeout: Duration) -> Result<InstanceState, ClientError> {
        let client = &self.client.client;
        client.wait(&self.id, WaitFor::Start, timeout).await
    }

    /// What it last said of itself, as a value; `None` if nothing.
    ///
    /// # Errors
    ///
    /// [`ClientError::Invalid`] if it is not of this type.
    pub async fn custom_status<S: DeserializeOwned>(&self) -> Result<Option<S>, ClientError> {
        let state = self.client.client.get(&self.id, Fetch::Metadata).await?;
        let state = state.ok_or_else(|| ClientError::NotFound {
            instance: self.id.clone(),
        })?;
        let what = || format!("the custom status of instance `{}`", self.id);
        state
            .custom_status
            .map(|text| json::decode(what, Some(&text)))
            .transpose()
            .map_err(|error| invalid("custom status", &error))
    }

    /// Sends an external event of a type.
    pub async fn raise<E: Event + Sync>(&self, payload: &E) -> Result<(), ClientError> {
        let what = || format!("the payload of event `{}`", E::NAME);
        let input = json::encode_payload(what, payload);
        self.send(E::NAME, input).await
    }

    /// Sends an external event by name.
    pub async fn raise_named(
        &self,
        name: &str,
        payload: &(impl Serialize + ?Sized + Sync),
    ) -> Result<(), ClientError> {
        let input = json::encode(|| format!("the payload of event `{name}`"), payload);
        self.send(name, input).await
    }

    async fn send(
        &self,
        name: &str,
        input: Result<String, OrchestrationError>,
    ) -> Result<(), ClientError> {
        let input = input.map_err(|error| invalid("payload", &error))?;
        let client = &self.client.client;
        client.raise_event(&self.id, name, Some(input)).await
    }

    /// Ends it. The orchestrations that it started go on.
    pub async fn terminate(&self, reason: impl Into<String>) -> Result<(), ClientError> {
        self.end(reason.into(), false).await
    }

    /// Ends it and, recursively, the orchestrations that it started.
    pub async fn terminate_with_children(
        &self,
        reason: impl Into<String>,
    ) -> Result<(), ClientError> {
        self.end(reason.into(), true).await
    }

    async fn end(&self, reason: String, recursive: bool) -> Result<(), ClientError> {
        // The reason becomes the output, which is JSON.
        let reason = serde_json::Value::from(reason).to_string();
        let client = &self.client.client;
        client.terminate(&self.id, Some(reason), recursive).await
    }

    /// Holds it back.
    pub async fn suspend(&self, reason: impl Into<String>) -> Result<(), ClientError> {
        let client = &self.client.client;
        client.suspend(&self.id, Some(reason.into())).await
    }

    /// Lets it go on after a suspension.
    pub async fn resume(&self, reason: impl Into<String>) -> Result<(), ClientError> {
        let client = &self.client.client;
        client.resume(&self.id, Some(reason.into())).await
    }

    /// Takes it back to before the failures that ended it, which are then tried again.
    pub async fn rewind(&self, reason: impl Into<String>) -> Result<(), ClientError> {
        let client = &self.client.client;
        client.rewind(&self.id, Some(reason.into())).await
    }

    /// Runs it once more from its input, under its own id; the ended one is replaced.
    pub async fn restart(&self) -> Result<(), ClientError> {
        self.client.client.restart(&self.id, false).await?;
        Ok(())
    }

    /// Runs it once more from its input, under a new id.
    pub async fn restart_as_new(&self) -> Result<Self, ClientError> {
        let id = self.client.client.restart(&self.id, true).await?;
        Ok(Self::new(self.client.clone(), id, self.decode))
    }

    /// Removes it after its end, with all it wrote. The orchestrations that it started stay.
    pub async fn purge(&self) -> Result<(), ClientError> {
        self.client.client.purge(&self.id, false).await?;
        Ok(())
    }

    /// Removes it after its end and, recursively, the orchestrations that it started. Returns how
    /// many were removed.
    pub async fn purge_with_children(&self) -> Result<u64, ClientError> {
        self.client.client.purge(&self.id, true).await
    }

    /// The history of its current execution.
    pub async fn history(&self) -> Result<Vec<HistoryEvent>, ClientError> {
        self.client.client.history(&self.id).await
    }
}

impl<T> InstanceHandle<T> {
    /// Waits for its result, at most for `timeout`.
    pub async fn wait(&self, timeout: Duration) -> Result<T, WaitError> {
        let client = &self.client.client;
        let state = client.wait(&self.id, WaitFor::Completion, timeout).await?;
        let instance = self.id.clone();
        match state.status {
            Status::Completed => {
                let text = state.output.as_deref().filter(|text| !text.is_empty());
                (self.decode)(text.unwrap_or("null")).map_err(|error| WaitError::Decode {
                    instance,
                    problem: error.to_string(),
                })
            }
            Status::Failed => {
                let failure = state
                    .failure
                    .unwrap_or_else(|| Failure::new("Unknown", "the failure has no details"));
                let failure = Box::new(failure);
                Err(WaitError::Failed { instance, failure })
            }
            Status::Terminated | Status::Canceled => Err(WaitError::Ended {
                instance,
                status: state.status,
                reason: state.output.map(plain),
            }),
            status => Err(WaitError::TimedOut {
                instance,
                status,
                parked: state.parked,
            }),
        }
    }
}

/// The text of a JSON text; other JSON as it is.
fn plain(text: String) -> String {
    serde_json::from_str(&text).unwrap_or(text)
}
