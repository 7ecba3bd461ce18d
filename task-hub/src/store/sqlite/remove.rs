//! Removing all that belongs to an instance or entity.

use durable_task::InstanceId;
use rusqlite::{Connection, params};

use super::fault::Fault;
use super::{entity, instance, payload, transaction};

const HISTORY_PAYLOADS: &str = "
DELETE FROM payloads WHERE id IN (
    SELECT payload_id FROM history WHERE instance_key = ?1 AND payload_id IS NOT NULL)";
const HISTORY: &str = "DELETE FROM history WHERE instance_key = ?1";
const TASK_PAYLOADS: &str = "
DELETE FROM payloads WHERE id IN (
    SELECT payload_id FROM tasks WHERE instance_key = ?1 AND payload_id IS NOT NULL)";
const TASKS: &str = "DELETE FROM tasks WHERE instance_key = ?1";
const INSTANCE: &str = "DELETE FROM instances WHERE key = ?1";
const MESSAGE_PAYLOADS: &str = "
DELETE FROM payloads WHERE id IN (
    SELECT payload_id FROM messages WHERE target_id = ?1 AND payload_id IS NOT NULL)";
const MESSAGES: &str = "DELETE FROM messages WHERE target_id = ?1";
const TIMER_PAYLOADS: &str = "
DELETE FROM payloads WHERE id IN (
    SELECT payload_id FROM timers WHERE target_id = ?1 AND payload_id IS NOT NULL)";
const TIMERS: &str = "DELETE FROM timers WHERE target_id = ?1";
const CHUNKS: &str = "DELETE FROM stream_chunks WHERE instance_id = ?1";

/// Every statement here, for the test of their query plans.
#[cfg(test)]
pub(super) const STATEMENTS: [&str; 10] = [
    HISTORY_PAYLOADS,
    HISTORY,
    TASK_PAYLOADS,
    TASKS,
    INSTANCE,
    MESSAGE_PAYLOADS,
    MESSAGES,
    TIMER_PAYLOADS,
    TIMERS,
    CHUNKS,
];

/// Every table but `meta`. Without a condition SQLite drops the pages of a table as a whole.
const ALL: &str = "
DELETE FROM instances; DELETE FROM history; DELETE FROM entities; DELETE FROM entity_splices;
DELETE FROM messages; DELETE FROM tasks; DELETE FROM timers; DELETE FROM payloads;
DELETE FROM stream_chunks;";

/// Removes everything, in one transaction.
pub(super) fn all(connection: &Connection) -> Result<(), Fault> {
    transaction::write(connection, |connection| Ok(connection.execute_batch(ALL)?))
}

/// Removes an instance or entity with all its rows.
pub(super) fn target(connection: &Connection, id: &InstanceId) -> Result<(), Fault> {
    if id.is_entity() {
        entity::remove(connection, id)?;
    }
    if let Some((key, payloads)) = instance::values(connection, id)? {
        history(connection, key)?;
        for payload_id in payloads {
            payload::remove(connection, payload_id)?;
        }
        for statement in [TASK_PAYLOADS, TASKS, INSTANCE] {
            connection
                .prepare_cached(statement)?
                .execute(params![key])?;
        }
    }
    for statement in [MESSAGE_PAYLOADS, MESSAGES, TIMER_PAYLOADS, TIMERS, CHUNKS] {
        connection
            .prepare_cached(statement)?
            .execute(params![id.as_str()])?;
    }
    Ok(())
}

/// Removes the history of an instance.
pub(super) fn history(connection: &Connection, key: i64) -> rusqlite::Result<()> {
    for statement in [HISTORY_PAYLOADS, HISTORY] {
        connection
            .prepare_cached(statement)?
            .execute(params![key])?;
    }
    Ok(())
}
