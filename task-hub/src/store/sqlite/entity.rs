//! Rows of entities: their states, whole or as splices, and who holds them.

use std::sync::Arc;

use durable_task::InstanceId;
use rusqlite::{Connection, Row, params};

use super::convert::{instance_id_or_none, number, stored, stored_len, time};
use super::fault::Fault;
use super::payload::{self, INLINE_BYTES_MAX};
use super::splice::Splice;
use crate::store::{EntityLock, EntityRow, EntityWrite, StateChange};

/// Changes of a state above this are written as splices, in bytes.
pub(super) const SPLICED_BYTES_MIN: usize = 64 * 1024;

/// What a splice costs besides what it inserts, in bytes: its row, and the time to apply it.
pub(super) const SPLICE_ROW_BYTES: u64 = 64;

/// What is stored of the state, and the length of the full copy, which SQLite knows without reading
/// it.
pub(super) const HEAD: &str = "
SELECT e.key, e.state_payload_id, e.splice_count, coalesce(length(p.data), 0)
FROM entities e LEFT JOIN payloads p ON p.id = e.state_payload_id
WHERE e.entity_id = ?1";
/// What the splices of a state add up to.
pub(super) const SPLICED: &str = "
SELECT coalesce(sum(length(inserted)), 0), coalesce(sum(removed), 0)
FROM entity_splices WHERE entity_key = ?1";
const SET_LOCK: &str = "
INSERT INTO entities (entity_id, splice_count, locked_by, lock_id, modified_at)
VALUES (?1, 0, ?2, ?3, ?4)
ON CONFLICT (entity_id) DO UPDATE SET
    locked_by = excluded.locked_by, lock_id = excluded.lock_id,
    modified_at = excluded.modified_at";
const SET_ALL: &str = "
INSERT INTO entities
    (entity_id, state, state_payload_id, splice_count, locked_by, lock_id, modified_at)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
ON CONFLICT (entity_id) DO UPDATE SET
    state = excluded.state, state_payload_id = excluded.state_payload_id,
    splice_count = excluded.splice_count, locked_by = excluded.locked_by,
    lock_id = excluded.lock_id, modified_at = excluded.modified_at";
const INSERT_SPLICE: &str = "
INSERT INTO entity_splices (entity_key, number, position, removed, inserted)
VALUES (?1, ?2, ?3, ?4, ?5)";
const DELETE_SPLICES: &str = "DELETE FROM entity_splices WHERE entity_key = ?1";
const DELETE: &str = "DELETE FROM entities WHERE key = ?1";
pub(super) const SPLICES: &str = "
SELECT position, removed, inserted FROM entity_splices WHERE entity_key = ?1 ORDER BY number";
pub(super) const ROW: &str = "
SELECT e.locked_by, e.lock_id, e.modified_at, e.key, e.splice_count,
    e.state, e.state_payload_id, p.data
FROM entities e LEFT JOIN payloads p ON p.id = e.state_payload_id
WHERE e.entity_id = ?1";

/// What is stored of an entity's state.
struct Head {
    key: i64,
    payload_id: Option<i64>,
    splice_count: u64,
    /// The length of the last full copy, if that is a payload.
    full_bytes: u64,
}

/// Writes an entity; without state and lock its row is removed.
pub(super) fn write(connection: &Connection, write: &EntityWrite) -> Result<(), Fault> {
    let gone = !write.exists && write.lock.is_none();
    match &write.state {
        _ if gone => remove(connection, &write.id),
        StateChange::Keep => {
            let (holder, section) = lock_columns(write.lock.as_ref());
            connection.prepare_cached(SET_LOCK)?.execute(params![
                write.id.as_str(),
                holder,
                section,
                write.modified_at.ticks()
            ])?;
            Ok(())
        }
        StateChange::Replace { from, to } => {
            replace(connection, write, from.as_deref(), to.as_deref())
        }
    }
}

/// Removes an entity's row and state.
pub(super) fn remove(connection: &Connection, id: &InstanceId) -> Result<(), Fault> {
    if let Some(head) = head(connection, id)? {
        payload::remove(connection, head.payload_id)?;
        delete_splices(connection, &head)?;
        connection
            .prepare_cached(DELETE)?
            .execute(params![head.key])?;
    }
    Ok(())
}

/// Reads an entity.
pub(super) fn read(connection: &Connection, id: &InstanceId) -> Result<Option<EntityRow>, Fault> {
    let mut statement = connection.prepare_cached(ROW)?;
    let mut rows = statement.query(params![id.as_str()])?;
    let Some(row) = rows.next()? else {
        return Ok(None);
    };
    let holder = instance_id_or_none(row, 0)?;
    let section: Option<String> = row.get(1)?;
    let lock = holder
        .zip(section)
        .map(|(holder, section)| EntityLock { holder, section });
    Ok(Some(EntityRow {
        modified_at: time(row, 2)?,
        state: state(connection, row, 3)?.map(Arc::from),
        lock,
    }))
}

/// Reads a state from five columns: key, splice count, state, its payload's id and data.
pub(super) fn state(
    connection: &Connection,
    row: &Row<'_>,
    first: usize,
) -> Result<Option<String>, Fault> {
    let unreadable = || Fault::Corrupt("entities.state".to_owned());
    let key: i64 = row.get(first)?;
    let splice_count = number(row, first + 1)?;
    if splice_count == 0 {
        return payload::text(row, first + 2, "entities.state");
    }
    let mut text = payload::bytes_required(row, first + 2, "entities.state")?;
    let mut statement = connection.prepare_cached(SPLICES)?;
    let mut splices = statement.query(params![key])?;
    let mut applied = 0;
    while let Some(row) = splices.next()? {
        let length = |column| -> Result<usize, Fault> {
            usize::try_from(number(row, column)?).map_err(|_| unreadable())
        };
        let inserted = row.get_ref(2)?.as_blob().map_err(|_| unreadable())?;
        let splice = Splice {
            position: length(0)?,
            removed: length(1)?,
            inserted,
        };
        splice.apply(&mut text).ok_or_else(unreadable)?;
        applied += 1;
    }
    if applied != splice_count {
        return Err(unreadable());
    }
    String::from_utf8(text).map(Some).map_err(|_| unreadable())
}

fn replace(
    connection: &Connection,
    write: &EntityWrite,
    from: Option<&str>,
    to: Option<&str>,
) -> Result<(), Fault> {
    let head = head(connection, &write.id)?;
    if let (Some(head), Some(from), Some(to)) = (&head, from, to)
        && let Some(splice) = splice(connection, head, from, to)?
    {
        connection.prepare_cached(INSERT_SPLICE)?.execute(params![
            head.key,
            stored(head.splice_count),
            stored_len(splice.position),
            stored_len(splice.removed),
            splice.inserted
        ])?;
        return set_all(
            connection,
            write,
            None,
            head.payload_id,
            head.splice_count + 1,
        );
    }
    let old = head.as_ref().and_then(|head| head.payload_id);
    if let Some(head) = &head {
        delete_splices(connection, head)?;
    }
    match (to, old) {
        (Some(large), Some(id)) if large.len() > INLINE_BYTES_MAX => {
            payload::update(connection, id, large.as_bytes())?;
            set_all(connection, write, None, Some(id), 0)
        }
        (to, old) => {
            payload::remove(connection, old)?;
            let place = payload::place(connection, to)?;
            set_all(connection, write, place.inline, place.id, 0)
        }
    }
}

/// The change as a splice, if it is to be written as one.
fn splice<'a>(
    connection: &Connection,
    head: &Head,
    from: &str,
    to: &'a str,
) -> Result<Option<Splice<'a>>, Fault> {
    if to.len() <= SPLICED_BYTES_MIN || head.full_bytes <= SPLICED_BYTES_MIN as u64 {
        return Ok(None);
    }
    let (inserted, removed) = spliced(connection, head)?;
    // What the engine believes to be stored; otherwise a full copy puts it right.
    if head.full_bytes + inserted != from.len() as u64 + removed {
        return Ok(None);
    }
    let splice = Splice::between(from.as_bytes(), to.as_bytes());
    let rows = (head.splice_count + 1) * SPLICE_ROW_BYTES;
    let cost = inserted + splice.inserted.len() as u64 + rows;
    Ok((cost < head.full_bytes / 2).then_some(splice))
}

/// How many bytes the splices of a state insert, and how many they remove.
fn spliced(connection: &Connection, head: &Head) -> Result<(u64, u64), Fault> {
    if head.splice_count == 0 {
        return Ok((0, 0));
    }
    let mut statement = connection.prepare_cached(SPLICED)?;
    let mut rows = statement.query(params![head.key])?;
    match rows.next()? {
        Some(row) => Ok((number(row, 0)?, number(row, 1)?)),
        None => Ok((0, 0)),
    }
}

fn set_all(
    connection: &Connection,
    write: &EntityWrite,
    state: Option<&str>,
    payload_id: Option<i64>,
    splice_count: u64,
) -> Result<(), Fault> {
    let (holder, section) = lock_columns(write.lock.as_ref());
    connection.prepare_cached(SET_ALL)?.execute(params![
        write.id.as_str(),
        state,
        payload_id,
        stored(splice_count),
        holder,
        section,
        write.modified_at.ticks()
    ])?;
    Ok(())
}

fn head(connection: &Connection, id: &InstanceId) -> Result<Option<Head>, Fault> {
    let mut statement = connection.prepare_cached(HEAD)?;
    let mut rows = statement.query(params![id.as_str()])?;
    let Some(row) = rows.next()? else {
        return Ok(None);
    };
    Ok(Some(Head {
        key: row.get(0)?,
        payload_id: row.get(1)?,
        splice_count: number(row, 2)?,
        full_bytes: number(row, 3)?,
    }))
}

fn delete_splices(connection: &Connection, head: &Head) -> rusqlite::Result<()> {
    if head.splice_count > 0 {
        connection
            .prepare_cached(DELETE_SPLICES)?
            .execute(params![head.key])?;
    }
    Ok(())
}

fn lock_columns(lock: Option<&EntityLock>) -> (Option<&str>, Option<&str>) {
    lock.map(|lock| (lock.holder.as_str(), lock.section.as_str()))
        .unzip()
}
