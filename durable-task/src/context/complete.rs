//! Continue as new.

use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll};

use serde::Serialize;

use crate::episode::Handle;
use crate::{OrchestrationError, json};

use super::OrchestrationContext;

impl OrchestrationContext {
    /// Ends this execution when awaited and begins a new one with another input and an empty
    /// history, so that an endless orchestration stays small.
    ///
    /// Events that nobody has read go along, locks are released, activities that still run are
    /// forgotten. It never returns, so it fits where any value is expected:
    ///
    /// ```
    /// # use durable_task::{OrchestrationContext, OrchestrationError};
    /// async fn count(ctx: OrchestrationContext, so_far: u64) -> Result<u64, OrchestrationError> {
    ///     let more: bool = ctx.wait_for_event_named("more").await?;
    ///     if more {
    ///         return ctx.continue_as_new(&(so_far + 1)).await;
    ///     }
    ///     Ok(so_far)
    /// }
    /// ```
    pub fn continue_as_new<T>(&self, input: &(impl Serialize + ?Sized)) -> ContinueAsNew<T> {
        let what = || String::from("the input of the next execution");
        ContinueAsNew {
            state: self.state.clone(),
            input: Some(json::encode(what, input)),
            keep_events: true,
            never: PhantomData,
        }
    }
}

/// The end of an execution. Made by [`OrchestrationContext::continue_as_new`].
#[must_use = "the execution ends when this is awaited"]
#[derive(Debug)]
pub struct ContinueAsNew<T> {
    state: Handle,
    input: Option<Result<String, OrchestrationError>>,
    keep_events: bool,
    never: PhantomData<fn() -> T>,
}

impl<T> ContinueAsNew<T> {
    /// Drops the events that nobody has read.
    pub fn discard_events(mut self) -> Self {
        self.keep_events = false;
        self
    }
}

impl<T> Future for ContinueAsNew<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<T> {
        let keep_events = self.keep_events;
        if let Some(input) = self.input.take() {
            let mut state = self.state.borrow_mut();
            match input {
                Ok(input) => state.continue_as_new(input, keep_events),
                Err(error) => state.misuse(error.into()),
            }
        }
        Poll::Pending
    }
}
