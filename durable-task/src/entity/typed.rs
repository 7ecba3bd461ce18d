//! Entities as types: what `#[entity]` implements, and who can address one.

use std::time::Duration;

use serde_json::Value;

use crate::{
    BoxFuture, EntityCall, EntityContext, EntityId, Failure, IdError, OrchestrationContext,
    OrchestrationError, Payload, Timestamp, json,
};

/// A type that is the state of an entity, with operations; `#[entity]` on an `impl` block of it
/// makes it one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an entity [AGT504]",
    label = "none of its `impl` blocks has `#[entity]`",
    note = "put `#[entity]` on the `impl` block with its operations"
)]
pub trait EntityType: Sized + 'static {
    /// Its registered name; compares without case.
    const NAME: &'static str;
    /// The type itself.
    type State: Payload + Default;
    /// Its operations, as orchestrations call them.
    type Proxy;
    /// Its operations, as one-way messages.
    type Signals<S: SignalSender>;

    /// Addresses one of them.
    #[doc(hidden)]
    fn proxy(target: EntityTarget) -> Self::Proxy;
    /// Addresses one of them, one way.
    #[doc(hidden)]
    fn signals<S: SignalSender>(sender: S) -> Self::Signals<S>;
    /// Runs one operation.
    #[doc(hidden)]
    fn operations() -> Operations;
}

/// How the operations of an entity run.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub enum Operations {
    /// At once: none of them is `async`.
    Synchronous(fn(&mut EntityContext) -> Result<Value, Failure>),
    /// They may wait.
    Asynchronous(for<'a> fn(&'a mut EntityContext) -> BoxFuture<'a, Result<Value, Failure>>),
}

/// One operation of an entity.
#[doc(hidden)]
pub trait Operation {
    /// Its name.
    const NAME: &'static str;
    /// What it is called with.
    type Input: Payload;
    /// What it returns.
    type Output: Payload;
}

/// Who sends one-way operations: an orchestration, another entity, or a client.
pub trait SignalSender {
    /// What a sender gets back.
    type Sent;
    /// Sends one.
    #[doc(hidden)]
    fn send<O: Operation>(self, input: &O::Input) -> Self::Sent;
}

/// One entity, as an orchestration sees it.
#[derive(Debug, Clone)]
pub struct EntityTarget {
    context: OrchestrationContext,
    id: EntityId,
}

impl OrchestrationContext {
    /// The entity of a type with a key: its operations can be called, and signalled.
    ///
    /// A key that no hub takes fails the orchestration.
    pub fn entity<E: EntityType>(&self, key: impl AsRef<str>) -> E::Proxy {
        let id = EntityId::new(E::NAME, key.as_ref()).unwrap_or_else(|error| {
            let error = OrchestrationError::NotAllowed(problem(E::NAME, key.as_ref(), &error));
            self.fail_with(error);
            EntityId::refused(E::NAME)
        });
        E::proxy(EntityTarget {
            context: self.clone(),
            id,
        })
    }
}

pub(crate) fn problem(name: &str, key: &str, error: &IdError) -> String {
    format!("`{key}` can't be the key of an entity `{name}`: {error}")
}

impl EntityTarget {
    /// Its id, for locks.
    pub fn id(&self) -> EntityId {
        self.id.clone()
    }

    /// Calls an operation when awaited.
    #[doc(hidden)]
    #[track_caller]
    pub fn call<O: Operation>(&self, input: &O::Input) -> EntityCall<O::Output> {
        let operation = O::NAME;
        let what = || {
            format!(
                "the input of operation `{operation}` of entity `{}`",
                self.id
            )
        };
        let input = json::encode_payload(what, input);
        self.context
            .call_entity_by(&self.id, operation.to_owned(), input, O::Output::from_json)
    }

    /// Sends one-way operations, at a time if one is given.
    pub fn signals(&self, at: Option<Timestamp>) -> OrchestrationSignals {
        OrchestrationSignals {
            target: self.clone(),
            at,
        }
    }

    /// The same, some time from now.
    pub fn signals_after(&self, delay: Duration) -> OrchestrationSignals {
        self.signals(Some(self.context.now().saturating_add(delay)))
    }
}

/// One-way operations from an orchestration.
#[derive(Debug)]
pub struct OrchestrationSignals {
    target: EntityTarget,
    at: Option<Timestamp>,
}

impl SignalSender for OrchestrationSignals {
    type Sent = Result<(), OrchestrationError>;

    fn send<O: Operation>(self, input: &O::Input) -> Self::Sent {
        let operation = O::NAME;
        let id = &self.target.id;
        let what = || format!("the input of operation `{operation}` of entity `{id}`");
        let input = json::encode_payload(what, input)?;
        self.target
            .context
            .signal_entity_json(id, operation, input, self.at)
    }
}

/// One entity, as another entity sees it: one way only.
#[derive(Debug)]
pub struct EntitySignals<'a> {
    context: &'a mut EntityContext,
    id: Result<EntityId, Failure>,
    at: Option<Timestamp>,
}

impl EntityContext {
    /// Sends a one-way operation to the entity of a type with a key. It leaves when the running
    /// operation succeeds.
    pub fn signal_to<E: EntityType>(
        &mut self,
        key: impl AsRef<str>,
    ) -> E::Signals<EntitySignals<'_>> {
        self.signal_to_at::<E>(key, None)
    }

    /// The same, to be delivered at a time.
    pub fn signal_to_at<E: EntityType>(
        &mut self,
        key: impl AsRef<str>,
        at: Option<Timestamp>,
    ) -> E::Signals<EntitySignals<'_>> {
        let id = EntityId::new(E::NAME, key.as_ref()).map_err(|error| {
            Failure::new("InvalidId", problem(E::NAME, key.as_ref(), &error)).non_retriable()
        });
        E::signals(EntitySignals {
            context: self,
            id,
            at,
        })
    }
}

impl SignalSender for EntitySignals<'_> {
    type Sent = Result<(), Failure>;

    fn send<O: Operation>(self, input: &O::Input) -> Self::Sent {
        let input = json::encoded_output(input.to_json())?;
        self.context.signal_json(&self.id?, O::NAME, input, self.at);
        Ok(())
    }
}
