//! Between messages and our own types.

use durable_task::wire::proto;
use durable_task::wire::proto::OrchestrationStatus;
use durable_task::{EntityMetadata, InstanceState, Status as InstanceStatus, Timestamp};
use tonic::Status;

use super::status::invalid;

/// The first second of the year 1 and the last of 9999: what the protocol's time type can say.
const SECONDS: std::ops::RangeInclusive<i64> = -62_135_596_800..=253_402_300_799;

/// A time that was sent, if it is one.
pub(super) fn time(
    field: &str,
    value: Option<prost_types::Timestamp>,
) -> Result<Option<Timestamp>, Status> {
    match value {
        Some(time)
            if SECONDS.contains(&time.seconds) && (0..1_000_000_000).contains(&time.nanos) =>
        {
            Ok(Some(Timestamp::from(time)))
        }
        Some(time) => Err(invalid(
            field,
            format_args!(
                "{} s and {} ns since 1970 is not a time of the years 1 to 9999",
                time.seconds, time.nanos
            ),
        )),
        None => Ok(None),
    }
}

/// A text that may be left out; SDKs also leave it empty.
pub(super) fn text(value: Option<String>) -> Option<String> {
    value.filter(|text| !text.is_empty())
}

/// Statuses that were sent.
pub(super) fn statuses(field: &str, values: &[i32]) -> Result<Vec<InstanceStatus>, Status> {
    values
        .iter()
        .map(|value| {
            OrchestrationStatus::try_from(*value)
                .map(InstanceStatus::from)
                .map_err(|_| invalid(field, format_args!("{value} is not a status")))
        })
        .collect()
}

/// An instance, as it is shown.
pub(super) fn state(state: InstanceState) -> proto::OrchestrationState {
    proto::OrchestrationState {
        instance_id: state.instance_id.to_string(),
        name: state.name,
        version: Some(state.version),
        orchestration_status: OrchestrationStatus::from(state.status).into(),
        scheduled_start_timestamp: state.scheduled_at.map(Into::into),
        created_timestamp: Some(state.created_at.into()),
        last_updated_timestamp: Some(state.updated_at.into()),
        input: state.input,
        output: state.output,
        custom_status: state.custom_status,
        failure_details: state.failure.map(Into::into),
        execution_id: Some(state.execution_id.to_string()),
        completed_timestamp: state.completed_at.map(Into::into),
        parent_instance_id: state.parent.map(|parent| parent.to_string()),
        tags: state.tags,
    }
}

/// An entity, as it is shown.
pub(super) fn entity(entity: EntityMetadata) -> proto::EntityMetadata {
    proto::EntityMetadata {
        instance_id: entity.id.to_string(),
        last_modified_time: Some(entity.modified_at.into()),
        backlog_queue_size: count(entity.backlog),
        locked_by: entity.locked_by.map(|holder| holder.to_string()),
        serialized_state: entity.state,
    }
}

/// A number in a field of 32 bits.
pub(super) fn count(number: impl TryInto<i32>) -> i32 {
    number.try_into().unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use durable_task::{ExecutionId, InstanceId};
    use tonic::Code;

    use super::*;

    #[test]
    fn times_outside_of_the_calendar_are_refused() {
        let at = |seconds, nanos| time("at", Some(prost_types::Timestamp { seconds, nanos }));
        assert_eq!(at(1, 500).unwrap(), Some(Timestamp::from_ticks(10_000_005)));
        assert_eq!(time("at", None).unwrap(), None);
        for (seconds, nanos) in [
            (i64::MAX, 0),
            (i64::MIN, 0),
            (253_402_300_800, 0),
            (0, -1),
            (0, 1_000_000_000),
        ] {
            let status = at(seconds, nanos).unwrap_err();
            assert_eq!(status.code(), Code::InvalidArgument);
            assert!(status.message().starts_with("at: "), "{status}");
        }
    }

    #[test]
    fn what_is_not_a_status_is_refused() {
        let here = statuses("s", &[1, 7]).unwrap();
        assert_eq!(here, [InstanceStatus::Completed, InstanceStatus::Suspended]);
        let status = statuses("runtimeStatus", &[1, 8]).unwrap_err();
        assert_eq!(status.message(), "runtimeStatus: 8 is not a status");
    }

    #[test]
    fn times_that_sdks_read_without_a_check_are_always_there() {
        let shown = state(InstanceState {
            instance_id: InstanceId::from_stored("a"),
            execution_id: ExecutionId::new("e"),
            name: String::from("n"),
            version: String::new(),
            status: InstanceStatus::Pending,
            parked: false,
            input: None,
            output: None,
            failure: None,
            custom_status: None,
            parent: None,
            tags: std::collections::BTreeMap::new(),
            created_at: Timestamp::EPOCH,
            updated_at: Timestamp::EPOCH,
            completed_at: None,
            scheduled_at: None,
        });
        assert!(shown.created_timestamp.is_some() && shown.last_updated_timestamp.is_some());
        assert_eq!(shown.completed_timestamp, None);
    }
}
