//! Calls of entities, and signals to them.

use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
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
        EntityCall {
            state: self.state.clone(),
            entity: entity.clone(),
            input: encode(entity, &operation, input),
            operation,
            task: None,
            at: Location::caller(),
            output: PhantomData,
        }
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
        let at = Location::caller();
        let input = encode(entity, operation, input)?;
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
    output: PhantomData<fn() -> O>,
}

impl<O> EntityCall<O> {
    fn begin(&self) -> Result<OpenTask, OrchestrationError> {
        let input = self.input.clone()?;
        let mut state = self.state.borrow_mut();
        let id = state.call_entity(&self.entity, &self.operation, input, self.at)?;
        Ok(OpenTask::new(&self.state, id))
    }
}

impl<O: DeserializeOwned> Future for EntityCall<O> {
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
                Poll::Ready(json::decode(what, text.as_deref()))
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
