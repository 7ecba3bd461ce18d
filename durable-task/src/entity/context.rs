//! What an operation of an entity works with.

use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio_util::sync::CancellationToken;

use crate::wire::proto::operation_action::OperationActionType;
use crate::wire::proto::{SendSignalAction, StartNewOrchestrationAction};
use crate::{EntityId, Failure, InstanceId, Resources, Timestamp, json};

/// One operation on one entity.
#[derive(Debug)]
pub struct EntityContext {
    pub(super) id: EntityId,
    pub(super) operation: String,
    pub(super) request: String,
    pub(super) input: Option<String>,
    pub(super) state: Option<String>,
    pub(super) now: Timestamp,
    pub(super) actions: Vec<OperationActionType>,
    pub(super) surroundings: Surroundings,
}

/// What operations that wait have around them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Surroundings {
    pub(crate) cancelled: CancellationToken,
    pub(crate) resources: Arc<Resources>,
}

impl EntityContext {
    /// The entity.
    pub fn id(&self) -> &EntityId {
        &self.id
    }

    /// The operation's name.
    pub fn operation(&self) -> &str {
        &self.operation
    }

    /// What the operation was called with.
    pub fn input<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        json::decode_input(self.input.as_deref())
    }

    pub(crate) fn input_json(&self) -> Option<&str> {
        self.input.as_deref()
    }

    pub(crate) fn set_state_json(&mut self, text: String) {
        self.state = Some(text);
    }

    /// The state; `None` before it is first set, and after it is deleted.
    pub fn state<T: DeserializeOwned>(&self) -> Result<Option<T>, Failure> {
        let Some(text) = &self.state else {
            return Ok(None);
        };
        serde_json::from_str(text).map(Some).map_err(|error| {
            let message = format!("the state of entity `{}` can't be read: {error}", self.id);
            Failure::new("InvalidState", message).non_retriable()
        })
    }

    /// The state as JSON text, as it is stored.
    pub fn state_json(&self) -> Option<&str> {
        self.state.as_deref()
    }

    /// Sets the state.
    pub fn set_state(&mut self, state: &(impl Serialize + ?Sized)) -> Result<(), Failure> {
        let what = || format!("the state of entity `{}`", self.id);
        self.state = Some(json::encode(what, state)?);
        Ok(())
    }

    /// Removes the state: the entity exists no more.
    pub fn delete_state(&mut self) {
        self.state = None;
    }

    /// When the batch of operations began.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// `{entity}:{request}`: the same whenever this operation is run again after a crash, and
    /// different for any other. Hand it to whatever can recognise a repeated request.
    pub fn idempotency_key(&self) -> String {
        format!("{}:{}", self.id, self.request)
    }

    /// Cancelled when the process shuts down. An operation may then end, or fail: that is not
    /// recorded, and it runs again when there is a worker, on the state that it began with. So does
    /// one that goes on regardless and is dropped after a grace period. Operations that don't wait
    /// have no use for it.
    pub fn cancelled(&self) -> &CancellationToken {
        &self.surroundings.cancelled
    }

    /// A value that was registered with [`Registry::resource`](crate::Registry::resource), for
    /// operations that wait: others must not touch the world.
    pub fn resource<T: Send + Sync + 'static>(&self) -> Option<&T> {
        self.surroundings.resources.get()
    }

    /// Sends a one-way operation to an entity, at a later time if `at` is given. It leaves when the
    /// operation succeeds.
    pub fn signal(
        &mut self,
        entity: &EntityId,
        operation: impl Into<String>,
        input: &(impl Serialize + ?Sized),
        at: Option<Timestamp>,
    ) -> Result<(), Failure> {
        let what = || format!("the input of a signal to entity `{entity}`");
        let input = json::encode(what, input)?;
        self.signal_json(entity, operation, input, at);
        Ok(())
    }

    /// With an input that is written.
    pub(crate) fn signal_json(
        &mut self,
        entity: &EntityId,
        operation: impl Into<String>,
        input: String,
        at: Option<Timestamp>,
    ) {
        self.actions
            .push(OperationActionType::SendSignal(SendSignalAction {
                instance_id: entity.to_string(),
                name: operation.into(),
                input: Some(input),
                scheduled_time: at.map(Into::into),
                request_time: Some(self.now.into()),
                parent_trace_context: None,
            }));
    }

    /// Starts an orchestration and does not wait for it. It starts when the operation succeeds.
    pub fn start_orchestration(
        &mut self,
        name: impl Into<String>,
        instance: &InstanceId,
        input: &(impl Serialize + ?Sized),
    ) -> Result<(), Failure> {
        let name = name.into();
        let what = || format!("the input of orchestration `{name}`");
        let input = json::encode(what, input)?;
        self.actions
            .push(OperationActionType::StartNewOrchestration(
                StartNewOrchestrationAction {
                    instance_id: instance.as_str().to_owned(),
                    name,
                    input: Some(input),
                    request_time: Some(self.now.into()),
                    ..StartNewOrchestrationAction::default()
                },
            ));
        Ok(())
    }
}
