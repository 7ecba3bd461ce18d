//! Between columns and rows.

use std::collections::BTreeMap;
use std::sync::Arc;

use durable_task::{ExecutionId, InstanceId, Status, Timestamp};
use prost::Message;
use rusqlite::Row;

use super::fault::Fault;
use crate::store::CriticalSection;

/// The text of a status, as it is stored.
pub(super) fn status_text(status: Status) -> &'static str {
    match status {
        Status::Pending => "Pending",
        Status::Running => "Running",
        Status::Suspended => "Suspended",
        Status::Completed => "Completed",
        Status::Failed => "Failed",
        Status::Terminated => "Terminated",
        Status::Canceled => "Canceled",
        Status::ContinuedAsNew => "ContinuedAsNew",
    }
}

/// The status that a text stands for.
pub(super) fn status(text: &str) -> Result<Status, Fault> {
    Ok(match text {
        "Pending" => Status::Pending,
        "Running" => Status::Running,
        "Suspended" => Status::Suspended,
        "Completed" => Status::Completed,
        "Failed" => Status::Failed,
        "Terminated" => Status::Terminated,
        "Canceled" => Status::Canceled,
        "ContinuedAsNew" => Status::ContinuedAsNew,
        _ => return Err(Fault::Corrupt("instances.status".to_owned())),
    })
}

/// An id or a count as SQLite stores it. They count from 0 and never come near the end of the
/// range.
pub(super) fn stored(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A length as SQLite stores it.
pub(super) fn stored_len(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}

/// An id or a count.
pub(super) fn number(row: &Row<'_>, column: usize) -> Result<u64, Fault> {
    let value: i64 = row.get(column)?;
    u64::try_from(value).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(column, value).into())
}

/// A time.
pub(super) fn time(row: &Row<'_>, column: usize) -> Result<Timestamp, Fault> {
    Ok(Timestamp::from_ticks(row.get(column)?))
}

/// A time that may be missing.
pub(super) fn time_or_none(row: &Row<'_>, column: usize) -> Result<Option<Timestamp>, Fault> {
    let ticks: Option<i64> = row.get(column)?;
    Ok(ticks.map(Timestamp::from_ticks))
}

/// The id of an instance or entity.
pub(super) fn instance_id(row: &Row<'_>, column: usize) -> Result<InstanceId, Fault> {
    let text: Arc<str> = row.get(column)?;
    Ok(InstanceId::from_stored(text))
}

/// The id of an instance or entity that may be missing.
pub(super) fn instance_id_or_none(
    row: &Row<'_>,
    column: usize,
) -> Result<Option<InstanceId>, Fault> {
    let text: Option<Arc<str>> = row.get(column)?;
    Ok(text.map(InstanceId::from_stored))
}

/// The id of an execution that may be missing.
pub(super) fn execution_id_or_none(
    row: &Row<'_>,
    column: usize,
) -> Result<Option<ExecutionId>, Fault> {
    let text: Option<Arc<str>> = row.get(column)?;
    Ok(text.map(ExecutionId::new))
}

/// A message of the protocol. `what` names the column for the error.
pub(super) fn message<M: Message + Default>(bytes: &[u8], what: &str) -> Result<M, Fault> {
    M::decode(bytes).map_err(|_| Fault::Corrupt(what.to_owned()))
}

/// Labels as a JSON object; `None` if there are none.
pub(super) fn tags_text(tags: &BTreeMap<String, String>) -> Result<Option<String>, Fault> {
    if tags.is_empty() {
        return Ok(None);
    }
    let text =
        serde_json::to_string(tags).map_err(|_| Fault::Corrupt("instances.tags".to_owned()))?;
    Ok(Some(text))
}

/// Labels from a JSON object.
pub(super) fn tags(text: Option<&str>) -> Result<BTreeMap<String, String>, Fault> {
    match text {
        None => Ok(BTreeMap::new()),
        Some(text) => {
            serde_json::from_str(text).map_err(|_| Fault::Corrupt("instances.tags".to_owned()))
        }
    }
}

/// Critical sections as a JSON array; `None` if there are none.
pub(super) fn locks_text(locks: &[CriticalSection]) -> Result<Option<String>, Fault> {
    if locks.is_empty() {
        return Ok(None);
    }
    let text =
        serde_json::to_string(locks).map_err(|_| Fault::Corrupt("instances.locks".to_owned()))?;
    Ok(Some(text))
}

/// Critical sections from a JSON array.
pub(super) fn locks(text: Option<&str>) -> Result<Vec<CriticalSection>, Fault> {
    match text {
        None => Ok(Vec::new()),
        Some(text) => {
            serde_json::from_str(text).map_err(|_| Fault::Corrupt("instances.locks".to_owned()))
        }
    }
}
