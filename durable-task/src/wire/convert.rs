//! Conversions between the protocol's messages and our own types, used by clients and servers of
//! the gRPC service alike.

use crate::wire::proto::{self, OrchestrationStatus};
use crate::{
    EntityId, EntityMetadata, ExecutionId, InstanceId, InstanceState, StartRequest, Status,
    Timestamp,
};

impl From<OrchestrationStatus> for Status {
    fn from(status: OrchestrationStatus) -> Self {
        match status {
            OrchestrationStatus::Running => Self::Running,
            OrchestrationStatus::Completed => Self::Completed,
            OrchestrationStatus::ContinuedAsNew => Self::ContinuedAsNew,
            OrchestrationStatus::Failed => Self::Failed,
            OrchestrationStatus::Canceled => Self::Canceled,
            OrchestrationStatus::Terminated => Self::Terminated,
            OrchestrationStatus::Pending => Self::Pending,
            OrchestrationStatus::Suspended => Self::Suspended,
        }
    }
}

impl From<Status> for OrchestrationStatus {
    fn from(status: Status) -> Self {
        match status {
            Status::Running => Self::Running,
            Status::Completed => Self::Completed,
            Status::ContinuedAsNew => Self::ContinuedAsNew,
            Status::Failed => Self::Failed,
            Status::Canceled => Self::Canceled,
            Status::Terminated => Self::Terminated,
            Status::Pending => Self::Pending,
            Status::Suspended => Self::Suspended,
        }
    }
}

impl From<proto::OrchestrationState> for InstanceState {
    fn from(state: proto::OrchestrationState) -> Self {
        let status = state.orchestration_status().into();
        let time = |time: Option<prost_types::Timestamp>| time.map(Timestamp::from);
        let created_at = time(state.created_timestamp).unwrap_or_default();
        let updated_at = time(state.last_updated_timestamp).unwrap_or(created_at);
        // Some services write "none" as an empty text.
        let some = |text: Option<String>| text.filter(|text| !text.is_empty());
        Self {
            instance_id: InstanceId::from_stored(state.instance_id),
            execution_id: ExecutionId::new(state.execution_id.unwrap_or_default()),
            name: state.name,
            version: state.version.unwrap_or_default(),
            status,
            parked: false,
            input: some(state.input),
            output: some(state.output),
            failure: state.failure_details.map(Into::into),
            custom_status: some(state.custom_status),
            parent: some(state.parent_instance_id).map(InstanceId::from_stored),
            tags: state.tags,
            created_at,
            updated_at,
            completed_at: time(state.completed_timestamp),
            scheduled_at: time(state.scheduled_start_timestamp),
        }
    }
}

impl From<StartRequest> for proto::CreateInstanceRequest {
    /// The reuse policy is always there: without one, services replace instances as they like.
    fn from(request: StartRequest) -> Self {
        let replaceable = request.replaceable.into_iter();
        Self {
            instance_id: request.instance_id.as_str().to_owned(),
            name: request.name,
            version: request.version,
            input: request.input,
            scheduled_start_timestamp: request.scheduled_at.map(Into::into),
            orchestration_id_reuse_policy: Some(proto::OrchestrationIdReusePolicy {
                replaceable_status: replaceable
                    .map(|status| OrchestrationStatus::from(status).into())
                    .collect(),
            }),
            execution_id: request.execution_id.map(|id| id.as_str().to_owned()),
            tags: request.tags,
            parent_trace_context: request.trace_context,
            request_time: None,
        }
    }
}

impl TryFrom<proto::EntityMetadata> for EntityMetadata {
    type Error = String;

    /// The error is the id, where it is not that of an entity.
    fn try_from(entity: proto::EntityMetadata) -> Result<Self, String> {
        let Some(id) = EntityId::parse(&entity.instance_id) else {
            return Err(entity.instance_id);
        };
        let some = |text: Option<String>| text.filter(|text| !text.is_empty());
        Ok(Self {
            id,
            state: some(entity.serialized_state),
            modified_at: entity
                .last_modified_time
                .map(Timestamp::from)
                .unwrap_or_default(),
            backlog: usize::try_from(entity.backlog_queue_size).unwrap_or(0),
            locked_by: some(entity.locked_by).map(InstanceId::from_stored),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    const STATUSES: [OrchestrationStatus; 8] = [
        OrchestrationStatus::Running,
        OrchestrationStatus::Completed,
        OrchestrationStatus::ContinuedAsNew,
        OrchestrationStatus::Failed,
        OrchestrationStatus::Canceled,
        OrchestrationStatus::Terminated,
        OrchestrationStatus::Pending,
        OrchestrationStatus::Suspended,
    ];

    #[test]
    fn statuses_go_there_and_back() {
        for status in STATUSES {
            assert_eq!(OrchestrationStatus::from(Status::from(status)), status);
        }
    }

    #[test]
    fn a_state_keeps_all_that_it_says() {
        let time = |seconds| Some(prost_types::Timestamp { seconds, nanos: 0 });
        let state = InstanceState::from(proto::OrchestrationState {
            instance_id: "i".into(),
            name: "n".into(),
            version: Some("2".into()),
            orchestration_status: OrchestrationStatus::Failed.into(),
            created_timestamp: time(1),
            last_updated_timestamp: time(2),
            completed_timestamp: time(3),
            scheduled_start_timestamp: time(4),
            input: Some("1".into()),
            output: Some(String::new()),
            custom_status: Some("\"s\"".into()),
            failure_details: Some(proto::TaskFailureDetails {
                error_type: "T".into(),
                ..Default::default()
            }),
            execution_id: Some("e".into()),
            parent_instance_id: Some("p".into()),
            tags: BTreeMap::from([("a".into(), "b".into())]),
        });
        let at = |seconds: i64| Timestamp::from_ticks(seconds * 10_000_000);
        let expected = InstanceState {
            instance_id: InstanceId::from_stored("i"),
            execution_id: ExecutionId::new("e"),
            name: "n".into(),
            version: "2".into(),
            status: Status::Failed,
            parked: false,
            input: Some("1".into()),
            output: None,
            failure: Some(crate::Failure::new("T", "")),
            custom_status: Some("\"s\"".into()),
            parent: Some(InstanceId::from_stored("p")),
            tags: BTreeMap::from([("a".into(), "b".into())]),
            created_at: at(1),
            updated_at: at(2),
            completed_at: Some(at(3)),
            scheduled_at: Some(at(4)),
        };
        assert_eq!(state, expected);
    }

    #[test]
    fn a_start_always_says_what_it_may_replace() {
        let id = InstanceId::new("i").unwrap();
        let mut request = StartRequest::new("n", id);
        let message = proto::CreateInstanceRequest::from(request.clone());
        let policy = message.orchestration_id_reuse_policy.unwrap();
        assert_eq!(policy.replaceable_status, Vec::<i32>::new());
        request.replaceable = vec![Status::Failed, Status::Terminated];
        let message = proto::CreateInstanceRequest::from(request);
        let policy = message.orchestration_id_reuse_policy.unwrap();
        assert_eq!(policy.replaceable_status, vec![3, 5]);
    }

    #[test]
    fn an_entity_needs_an_id_of_one() {
        let entity = |id: &str| proto::EntityMetadata {
            instance_id: id.into(),
            backlog_queue_size: 2,
            locked_by: Some("o".into()),
            serialized_state: Some("7".into()),
            ..Default::default()
        };
        let metadata = EntityMetadata::try_from(entity("@counter@k")).unwrap();
        assert_eq!(metadata.id, EntityId::new("counter", "k").unwrap());
        assert_eq!(metadata.backlog, 2);
        assert_eq!(metadata.locked_by, Some(InstanceId::from_stored("o")));
        assert_eq!(metadata.state.as_deref(), Some("7"));
        assert_eq!(EntityMetadata::try_from(entity("k")), Err("k".into()));
    }
}
