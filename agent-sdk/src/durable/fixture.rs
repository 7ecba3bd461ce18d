//! A hub for unit tests: entities and instances are what the test puts in.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use durable_task::wire::proto::HistoryEvent;
use durable_task::{
    Client, ClientError, EntitiesCleaned, EntityCleaning, EntityFilter, EntityId, EntityMetadata,
    ExecutionId, Fetch, HistoryPart, InstanceFilter, InstanceId, InstanceState, Page, Purged,
    StartRequest, Status, Timestamp, WaitFor,
};

use crate::agent::AgentDefinition;
use crate::app::App;
use crate::model::{
    ChatMessage, ChatModel, FinishReason, ModelError, ModelRequest, ModelResponse, Role, Usage,
};

/// What a test sees and sets.
#[derive(Default)]
pub(super) struct FakeHub {
    /// What looks at the entity show, one after the other; the last one stays.
    pub(super) entity: Mutex<VecDeque<Option<EntityMetadata>>>,
    pub(super) instances: Mutex<HashMap<InstanceId, InstanceState>>,
    pub(super) signals: Mutex<Vec<String>>,
}

impl FakeHub {
    pub(super) fn show(&self, looks: impl IntoIterator<Item = Option<EntityMetadata>>) {
        *self.entity.lock().unwrap() = looks.into_iter().collect();
    }

    pub(super) fn end(&self, run: &InstanceId, status: Status, output: Option<String>) {
        let mut instances = self.instances.lock().unwrap();
        let state = instances.get_mut(run).expect("the run was started");
        state.status = status;
        state.output = output;
    }
}

/// How an entity looks.
pub(super) fn entity(
    state: Option<&str>,
    locked_by: Option<&str>,
    backlog: usize,
) -> EntityMetadata {
    EntityMetadata {
        id: EntityId::new("dafx-joker", "s").unwrap(),
        state: state.map(str::to_owned),
        modified_at: Timestamp::EPOCH,
        backlog,
        locked_by: locked_by.map(InstanceId::from_stored),
    }
}

fn unsupported<T>(operation: &'static str) -> Result<T, ClientError> {
    Err(ClientError::Unsupported { operation })
}

#[async_trait]
impl Client for FakeHub {
    async fn start(&self, request: StartRequest) -> Result<ExecutionId, ClientError> {
        let instance = request.instance_id;
        let mut instances = self.instances.lock().unwrap();
        if instances.contains_key(&instance) {
            return Err(ClientError::AlreadyExists { instance });
        }
        let execution_id = ExecutionId::new("e");
        let state = InstanceState {
            instance_id: instance.clone(),
            execution_id: execution_id.clone(),
            name: request.name,
            version: String::new(),
            status: Status::Running,
            parked: false,
            input: request.input,
            output: None,
            failure: None,
            custom_status: None,
            parent: None,
            tags: request.tags,
            created_at: Timestamp::EPOCH,
            updated_at: Timestamp::EPOCH,
            completed_at: None,
            scheduled_at: None,
        };
        instances.insert(instance, state);
        Ok(execution_id)
    }

    async fn get(
        &self,
        instance: &InstanceId,
        _: Fetch,
    ) -> Result<Option<InstanceState>, ClientError> {
        Ok(self.instances.lock().unwrap().get(instance).cloned())
    }

    async fn wait(
        &self,
        instance: &InstanceId,
        _: WaitFor,
        _: Duration,
    ) -> Result<InstanceState, ClientError> {
        let known = self.instances.lock().unwrap().get(instance).cloned();
        let instance = instance.clone();
        let mut state = known.ok_or(ClientError::NotFound { instance })?;
        // As backends do that wait without payloads.
        state.output = None;
        Ok(state)
    }

    async fn raise_event(
        &self,
        _: &InstanceId,
        _: &str,
        _: Option<String>,
    ) -> Result<(), ClientError> {
        unsupported("raise")
    }

    async fn terminate(
        &self,
        _: &InstanceId,
        _: Option<String>,
        _: bool,
    ) -> Result<(), ClientError> {
        unsupported("terminate")
    }

    async fn suspend(&self, _: &InstanceId, _: Option<String>) -> Result<(), ClientError> {
        unsupported("suspend")
    }

    async fn resume(&self, _: &InstanceId, _: Option<String>) -> Result<(), ClientError> {
        unsupported("resume")
    }

    async fn purge(&self, _: &InstanceId, _: bool) -> Result<u64, ClientError> {
        unsupported("purge")
    }

    async fn query(
        &self,
        _: &InstanceFilter,
        _: Fetch,
        _: usize,
        _: Option<&str>,
    ) -> Result<Page<InstanceState>, ClientError> {
        unsupported("query")
    }

    async fn history(&self, _: &InstanceId) -> Result<Vec<HistoryEvent>, ClientError> {
        unsupported("tell histories")
    }

    async fn signal_entity(
        &self,
        _: &EntityId,
        operation: &str,
        _: Option<String>,
        _: Option<Timestamp>,
    ) -> Result<(), ClientError> {
        self.signals.lock().unwrap().push(operation.to_owned());
        Ok(())
    }

    async fn get_entity(
        &self,
        _: &EntityId,
        _: bool,
    ) -> Result<Option<EntityMetadata>, ClientError> {
        let mut looks = self.entity.lock().unwrap();
        if looks.len() > 1 {
            return Ok(looks.pop_front().flatten());
        }
        Ok(looks.front().cloned().flatten())
    }

    async fn purge_matching(&self, _: &InstanceFilter, _: Duration) -> Result<Purged, ClientError> {
        unsupported("purge")
    }

    async fn rewind(&self, _: &InstanceId, _: Option<String>) -> Result<(), ClientError> {
        unsupported("rewind")
    }

    async fn restart(&self, _: &InstanceId, _: bool) -> Result<InstanceId, ClientError> {
        unsupported("restart")
    }

    async fn history_part(
        &self,
        _: &InstanceId,
        _: Option<&ExecutionId>,
        _: Option<u64>,
    ) -> Result<HistoryPart, ClientError> {
        unsupported("tell histories")
    }

    async fn clean_entities(
        &self,
        _: EntityCleaning,
        _: Option<&str>,
    ) -> Result<EntitiesCleaned, ClientError> {
        unsupported("clean entities")
    }

    async fn query_entities(
        &self,
        _: &EntityFilter,
        _: bool,
        _: usize,
        _: Option<&str>,
    ) -> Result<Page<EntityMetadata>, ClientError> {
        unsupported("list entities")
    }
}

/// Says how many messages it was given.
pub(super) struct Counter;

#[async_trait]
impl ChatModel for Counter {
    fn provider(&self) -> &'static str {
        "counter"
    }

    async fn complete(&self, request: ModelRequest) -> Result<ModelResponse, ModelError> {
        let text = format!("{} messages", request.messages.len());
        Ok(ModelResponse {
            message: ChatMessage::text(Role::Assistant, text),
            usage: Usage::default(),
            finish_reason: FinishReason::Stop,
            model: request.idempotency_key,
        })
    }
}

/// An app with one agent, `Joker`.
pub(super) fn app(model: impl ChatModel, change: impl FnOnce(&mut AgentDefinition)) -> Arc<App> {
    let mut joker = AgentDefinition::new("Joker");
    change(&mut joker);
    Arc::new(
        App::builder()
            .model(Arc::new(model))
            .agent_definition(joker)
            .build()
            .unwrap(),
    )
}
