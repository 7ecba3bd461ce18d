//! Listings of entities, and of instances by their ends.

use std::iter::Peekable;

use durable_task::{EntityFilter, EntityId, EntityMetadata, InstanceId, Page, Timestamp};
use rusqlite::{Connection, params};

use super::convert::{instance_id, instance_id_or_none, status, stored_len, time};
use super::fault::Fault;
use super::load;
use super::query::{BACKLOG, PAGE_BYTES_MAX, PAGE_ITEMS_MAX, entity_state, prefix_end};
use crate::store::EndedRow;

/// `?1` and `?2` are the bounds of the ids, `?3` whether the lower one is itself listed.
pub(super) const ENTITIES: &str = "
SELECT entity_id, modified_at, locked_by
FROM entities
WHERE entity_id >= ?1 AND entity_id < ?2 AND (?3 OR entity_id > ?1)
    AND (?4 OR state IS NOT NULL OR state_payload_id IS NOT NULL)
    AND modified_at >= ?5 AND modified_at < ?6
ORDER BY entity_id LIMIT ?7";
/// Entities that have nothing but messages.
pub(super) const ONLY_MESSAGES: &str = "
SELECT DISTINCT m.target_id
FROM messages m
WHERE m.target_id >= ?1 AND m.target_id < ?2 AND (?3 OR m.target_id > ?1)
    AND NOT EXISTS (SELECT 1 FROM entities e WHERE e.entity_id = m.target_id)
ORDER BY m.target_id LIMIT ?4";
pub(super) const ENDED: &str = "
SELECT instance_id, name, status, completed_at
FROM instances
WHERE completed_at IS NOT NULL AND (completed_at, instance_id) > (?1, ?2)
ORDER BY completed_at, instance_id LIMIT ?3";

/// After all ids of entities: `A` is the character after `@`.
const AFTER_ENTITIES: &str = "A";

/// Which ids are listed.
struct Range {
    from: String,
    to: String,
    /// Whether the first id itself is listed.
    inclusive: bool,
}

impl Range {
    fn new(filter: &EntityFilter, token: Option<&str>) -> Self {
        let prefix = filter.id_prefix.as_deref().unwrap_or("@");
        let after = token.filter(|token| *token >= prefix);
        Self {
            from: after.unwrap_or(prefix).to_owned(),
            to: prefix_end(prefix).unwrap_or_else(|| AFTER_ENTITIES.to_owned()),
            inclusive: after.is_none(),
        }
    }
}

/// An entity without its state and backlog.
struct Found {
    id: InstanceId,
    modified_at: Timestamp,
    locked_by: Option<InstanceId>,
}

/// Lists entities in the order of their ids. A token is the last id of the page before.
pub(super) fn entities(
    connection: &Connection,
    filter: &EntityFilter,
    include_state: bool,
    page_size: usize,
    token: Option<&str>,
) -> Result<Page<EntityMetadata>, Fault> {
    let page_size = page_size.clamp(1, PAGE_ITEMS_MAX);
    let range = Range::new(filter, token);
    let known = with_rows(connection, filter, &range, page_size + 1)?;
    let waiting = only_messages(connection, filter, &range, page_size + 1)?;
    let mut found = merged(known, waiting);
    let mut items: Vec<EntityMetadata> = Vec::new();
    let mut bytes = 0;
    while items.len() < page_size
        && bytes <= PAGE_BYTES_MAX
        && let Some(next) = found.next()
    {
        let state = if include_state {
            entity_state(connection, &next.id)?
        } else {
            None
        };
        bytes += state.as_ref().map_or(0, String::len);
        let backlog: i64 = connection
            .prepare_cached(BACKLOG)?
            .query_row(params![next.id.as_str()], |row| row.get(0))?;
        items.push(EntityMetadata {
            id: EntityId::parse(next.id.as_str())
                .ok_or_else(|| Fault::Corrupt("entities.entity_id".to_owned()))?,
            state,
            modified_at: next.modified_at,
            backlog: usize::try_from(backlog).unwrap_or(usize::MAX),
            locked_by: next.locked_by,
        });
    }
    let more = found.peek().is_some();
    let next = items.last().filter(|_| more);
    Ok(Page {
        next: next.map(|last| last.id.to_string()),
        items,
    })
}

fn with_rows(
    connection: &Connection,
    filter: &EntityFilter,
    range: &Range,
    limit: usize,
) -> Result<Vec<Found>, Fault> {
    let mut statement = connection.prepare_cached(ENTITIES)?;
    let mut rows = statement.query(params![
        range.from,
        range.to,
        range.inclusive,
        filter.include_transient,
        filter.modified_from.map_or(i64::MIN, Timestamp::ticks),
        filter.modified_to.map_or(i64::MAX, Timestamp::ticks),
        stored_len(limit)
    ])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(Found {
            id: instance_id(row, 0)?,
            modified_at: time(row, 1)?,
            locked_by: instance_id_or_none(row, 2)?,
        });
    }
    Ok(found)
}

/// They have not changed yet, so they count as changed at the epoch.
fn only_messages(
    connection: &Connection,
    filter: &EntityFilter,
    range: &Range,
    limit: usize,
) -> Result<Vec<Found>, Fault> {
    let modified_at = Timestamp::EPOCH;
    let wanted = filter.include_transient
        && filter.modified_from.is_none_or(|from| modified_at >= from)
        && filter.modified_to.is_none_or(|to| modified_at < to);
    if !wanted {
        return Ok(Vec::new());
    }
    let parameters = params![range.from, range.to, range.inclusive, stored_len(limit)];
    let ids = load::ids(connection, ONLY_MESSAGES, parameters)?;
    let found = ids.into_iter().map(|id| Found {
        id,
        modified_at,
        locked_by: None,
    });
    Ok(found.collect())
}

/// Both, in the order of their ids. None is in both.
fn merged(left: Vec<Found>, right: Vec<Found>) -> Peekable<impl Iterator<Item = Found>> {
    let mut all: Vec<Found> = left.into_iter().chain(right).collect();
    all.sort_by(|left, right| left.id.cmp(&right.id));
    all.into_iter().peekable()
}

/// Lists instances that have ended, in the order of their ends.
pub(super) fn ended(
    connection: &Connection,
    after: Option<&(Timestamp, InstanceId)>,
    limit: usize,
) -> Result<Vec<EndedRow>, Fault> {
    let (at, id) = after.map_or((i64::MIN, ""), |(at, id)| (at.ticks(), id.as_str()));
    let mut statement = connection.prepare_cached(ENDED)?;
    let mut rows = statement.query(params![at, id, stored_len(limit)])?;
    let mut ended = Vec::new();
    while let Some(row) = rows.next()? {
        let text: String = row.get(2)?;
        ended.push(EndedRow {
            instance: instance_id(row, 0)?,
            name: row.get(1)?,
            status: status(&text)?,
            completed_at: time(row, 3)?,
        });
    }
    Ok(ended)
}
