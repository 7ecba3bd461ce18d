//! External events.

use std::fmt;
use std::future::Future;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use serde::de::DeserializeOwned;

use crate::episode::{Handle, Waiter};
use crate::{OrchestrationError, Payload, json};

use super::OrchestrationContext;
use super::timer::{Sleep, Until};

/// The payload of an external event, as a type with a name.
///
/// Derive it, and it has the name of the type; `#[event(name = "..")]` gives another.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an event [AGT501]",
    label = "not declared with `#[derive(Event)]`",
    note = "add `#[derive(Event)]` to `{Self}`, or wait by name: \
            `ctx.wait_for_event_named::<{Self}>(\"..\")`"
)]
pub trait Event: Payload {
    /// The event's name. Names compare without case.
    const NAME: &'static str;
}

impl OrchestrationContext {
    /// Waits for an external event by name (without case). Events that nobody waits for are kept
    /// in the order of their arrival; of several waiters the first one is served first.
    #[track_caller]
    pub fn wait_for_event_named<T: DeserializeOwned>(
        &self,
        name: impl Into<String>,
    ) -> EventWait<T> {
        EventWait {
            wait: Wait::new(self, name.into()),
            decode: json::read,
        }
    }

    /// Waits for an external event by its type.
    #[track_caller]
    pub fn wait_for_event<T: Event>(&self) -> EventWait<T> {
        EventWait {
            wait: Wait::new(self, T::NAME.to_owned()),
            decode: T::from_json,
        }
    }
}

/// Waits for an event; begins when first awaited.
#[derive(Debug)]
struct Wait {
    state: Handle,
    name: String,
    waiter: Option<Waiter>,
    at: &'static Location<'static>,
}

impl Wait {
    #[track_caller]
    fn new(context: &OrchestrationContext, name: String) -> Self {
        Self {
            state: context.state.clone(),
            name,
            waiter: None,
            at: Location::caller(),
        }
    }

    fn poll<T>(&mut self, decode: json::Decode<T>) -> Poll<Result<T, OrchestrationError>> {
        let mut state = self.state.borrow_mut();
        let waiter = self
            .waiter
            .get_or_insert_with(|| state.wait_for_event(&self.name));
        match state.poll_event(waiter, self.at) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(text) => {
                drop(state);
                self.waiter = None;
                let what = || format!("the payload of event `{}`", self.name);
                Poll::Ready(json::decode_by(decode, what, text.as_deref()))
            }
        }
    }
}

impl Drop for Wait {
    fn drop(&mut self) {
        if let Some(waiter) = &self.waiter {
            self.state.borrow_mut().forget_event(waiter);
        }
    }
}

/// An external event to come. Made by [`OrchestrationContext::wait_for_event`].
#[must_use = "an event is waited for when it is awaited"]
pub struct EventWait<T> {
    wait: Wait,
    decode: json::Decode<T>,
}

impl<T> EventWait<T> {
    /// Waits no longer than this; then the result is `None`.
    #[track_caller]
    pub fn timeout(self, after: Duration) -> EventOrTimeout<T> {
        let timeout = Sleep::new(&self.wait.state, Until::After(after));
        EventOrTimeout {
            event: self,
            timeout,
        }
    }
}

impl<T> Future for EventWait<T> {
    type Output = Result<T, OrchestrationError>;

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        let decode = self.decode;
        self.wait.poll(decode)
    }
}

impl<T> fmt::Debug for EventWait<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("EventWait").field(&self.wait.name).finish()
    }
}

/// An external event, or `None` at a timeout. Made by [`EventWait::timeout`].
#[must_use = "an event is waited for when it is awaited"]
#[derive(Debug)]
pub struct EventOrTimeout<T> {
    event: EventWait<T>,
    timeout: Sleep,
}

impl<T> Future for EventOrTimeout<T> {
    type Output = Result<Option<T>, OrchestrationError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if let Poll::Ready(payload) = Pin::new(&mut self.event).poll(context) {
            return Poll::Ready(payload.map(Some));
        }
        Pin::new(&mut self.timeout).poll(context).map(|()| Ok(None))
    }
}
