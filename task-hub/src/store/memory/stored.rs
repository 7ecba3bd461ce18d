use std::sync::Arc;

use durable_task::wire::proto::TaskFailureDetails;
use durable_task::{Failure, Fetch, InstanceId, InstanceState, Timestamp};

use crate::store::{HistoryRow, Identity, Step};

/// An instance and its history.
#[derive(Debug, Clone)]
pub(super) struct Stored {
    pub(super) identity: Arc<Identity>,
    pub(super) step: Step,
    pub(super) input: Option<String>,
    pub(super) output: Option<String>,
    pub(super) failure: Option<TaskFailureDetails>,
    pub(super) completed_at: Option<Timestamp>,
    pub(super) history: Vec<HistoryRow>,
}

impl Stored {
    pub(super) fn state(&self, fetch: Fetch) -> InstanceState {
        let with = |text: &Option<String>| text.clone().filter(|_| fetch == Fetch::Payloads);
        let identity = &self.identity;
        InstanceState {
            instance_id: identity.instance_id.clone(),
            execution_id: identity.execution_id.clone(),
            name: identity.name.clone(),
            version: identity.version.clone().unwrap_or_default(),
            status: self.step.status,
            parked: self.step.parked,
            input: with(&self.input),
            output: with(&self.output),
            failure: self.failure.clone().map(Failure::from),
            custom_status: self.step.custom_status.as_deref().map(str::to_owned),
            parent: identity.parent_id().map(InstanceId::from_stored),
            tags: identity.tags.clone(),
            created_at: identity.created_at,
            updated_at: self.step.updated_at,
            completed_at: self.completed_at,
            scheduled_at: identity.scheduled_at,
        }
    }
}
