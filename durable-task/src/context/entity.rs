//! Calls of entities, and signals to them.

use std::fmt;
use std::future::Future;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::episode::{Handle, OpenTask};
use crate::{EntityId, OrchestrationError, Timestamp, json};

use super::OrchestrationContext;

impl OrchestrationContext {
    /// Calls an operation of an entity when awaited, and waits for its result.
    ///
    /// Inside a critical section only its own entities can be called, each by one call at a time.
    #[track_caller]
    pub fn call_entity<O: DeserializeOwned>(
        &self,
        entity: &EntityId,
        operation: impl Into<String>,
        input: &(impl Serialize + ?Sized),
    ) -> EntityCall<O> {
        let operation = operation.into();
        let input = encode(entity, &operation, input);
        self.call_entity_by(entity, operation, input, json::read)
    }

    /// With an input that is written, and a function that reads the result.
    #[track_caller]
    pub(crate) fn call_entity_by<O>(
        &self,
        entity: &EntityId,
        operation: String,
        input: Result<String, OrchestrationError>,
        decode: json::Decode<O>,
    ) -> EntityCall<O> {
        EntityCall {
            state: self.state.clone(),
            entity: entity.clone(),
            input,
            operation,
            task: None,
            at: Location::caller(),
            decode,
        }
    }

    /// Ends the orchestration: it did what it must not do.
    pub(crate) fn fail_with(&self, error: OrchestrationError) {
        self.state.borrow_mut().misuse(error.into());
    }

    /// Sends a one-way operation to an entity.
    ///
    /// Inside a critical section its own entities can't be signalled.
    #[track_caller]
    pub fn signal_entity(
        &self,
        entity: &EntityId,
        operation: impl AsRef<str>,
        input: &(impl Serialize + ?Sized),
    ) -> Result<(), OrchestrationError> {
        self.signal(entity, operation.as_ref(), input, None)
    }

    /// Sends a one-way operation to an entity, to be delivered at a time.
    #[track_caller]
    pub fn signal_entity_at(
        &self,
        entity: &EntityId,
        operation: impl AsRef<str>,
        input: &(impl Serialize + ?Sized),
        time: Timestamp,
    ) -> Result<(), OrchestrationError> {
        self.signal(entity, operation.as_ref(), input, Some(time))
    }

    #[track_caller]
    fn signal(
        &self,
        entity: &EntityId,
        operation: &str,
        input: &(impl Serialize + ?Sized),
        time: Option<Timestamp>,
    ) -> Result<(), OrchestrationError> {
        let input = encode(entity, operation, input)?;
        self.signal_entity_json(entity, operation, input, time)
    }

    /// With an input that is written.
    #[track_caller]
    pub(crate) fn signal_entity_json(
        &self,
        entity: &EntityId,
        operation: &str,
        input: String,
        time: Option<Timestamp>,
    ) -> Result<(), OrchestrationError> {
        let at = Location::caller();
        self.state
            .borrow_mut()
            .signal_entity(entity, operation, input, time, at)
    }
}

fn encode(
    entity: &EntityId,
    operation: &str,
    input: &(impl Serialize + ?Sized),
) -> Result<String, OrchestrationError> {
    let what = || format!("the input of operation `{operation}` of entity `{entity}`");
    json::encode(what, input)
}

/// A call of an entity. Made by [`OrchestrationContext::call_entity`].
#[must_use = "an entity is called when the call is awaited"]
pub struct EntityCall<O> {
    state: Handle,
    entity: EntityId,
    operation: String,
    input: Result<String, OrchestrationError>,
    task: Option<OpenTask>,
    at: &'static Location<'static>,
    decode: json::Decode<O>,
}

impl<O> EntityCall<O> {
    fn begin(&self) -> Result<OpenTask, OrchestrationError> {
        let input = self.input.clone()?;
        let mut state = self.state.borrow_mut();
        let id = state.call_entity(&self.entity, &self.operation, input, self.at)?;
        Ok(OpenTask::new(&self.state, id))
    }
}

impl<O> Future for EntityCall<O> {
    type Output = Result<O, OrchestrationError>;

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        let mut task = match self.task.take() {
            Some(task) => task,
            None => self.begin()?,
        };
        match task.poll(self.at) {
            Poll::Pending => {
                self.task = Some(task);
                Poll::Pending
            }
            Poll::Ready(Ok(text)) => {
                let (entity, operation) = (&self.entity, &self.operation);
                let what = || format!("the result of `{operation}` of entity `{entity}`");
                Poll::Ready(json::decode_by(self.decode, what, text.as_deref()))
            }
            Poll::Ready(Err(failure)) => Poll::Ready(Err(OrchestrationError::Entity {
                entity: self.entity.clone(),
                operation: self.operation.clone(),
                failure: Box::new(failure),
            })),
        }
    }
}

impl<O> fmt::Debug for EntityCall<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EntityCall")
            .field("entity", &self.entity)
            .field("operation", &self.operation)
            .finish_non_exhaustive()
    }
}
