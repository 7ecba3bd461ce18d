//! What clients read: instances and entities, one or a page of them.

use std::fmt::Write as _;
use std::sync::Arc;

use durable_task::wire::proto::TaskFailureDetails;
use durable_task::{
    EntityId, EntityMetadata, ExecutionId, Failure, Fetch, InstanceFilter, InstanceId,
    InstanceState, Page, Timestamp,
};
use rusqlite::types::Value;
use rusqlite::{Connection, Row, params, params_from_iter};

use super::convert::{
    instance_id, instance_id_or_none, message, status, status_text, stored_len, tags, time,
    time_or_none,
};
use super::fault::Fault;
use super::{entity, load, payload};
use crate::store::listing::Cursor;

/// The most that one page of a listing holds, in bytes of inputs, outputs and states; at least one
/// item.
pub(super) const PAGE_BYTES_MAX: usize = 8 * 1024 * 1024;

/// The most that one page of a listing holds, in items.
pub(super) const PAGE_ITEMS_MAX: usize = 1_000;

const METADATA: &str = "
SELECT i.instance_id, i.execution_id, i.name, i.version, i.status, i.parked, i.failure,
    i.custom_status, i.parent_id, i.tags, i.created_at, i.updated_at, i.completed_at,
    i.scheduled_at
FROM instances i
WHERE 1";
const PAYLOADS: &str = "
SELECT i.instance_id, i.execution_id, i.name, i.version, i.status, i.parked, i.failure,
    i.custom_status, i.parent_id, i.tags, i.created_at, i.updated_at, i.completed_at,
    i.scheduled_at, i.input, i.input_payload_id, pi.data, i.output, i.output_payload_id, po.data
FROM instances i
    LEFT JOIN payloads pi ON pi.id = i.input_payload_id
    LEFT JOIN payloads po ON po.id = i.output_payload_id
WHERE 1";
pub(super) const CHILDREN: &str = "
SELECT instance_id FROM instances WHERE parent_id = ?1 ORDER BY created_at, instance_id";
pub(super) const BACKLOG: &str = "SELECT count(*) FROM messages WHERE target_id = ?1";
pub(super) const ENTITY: &str = "SELECT modified_at, locked_by FROM entities WHERE entity_id = ?1";
pub(super) const ENTITY_STATE: &str = "
SELECT e.key, e.splice_count, e.state, e.state_payload_id, p.data
FROM entities e LEFT JOIN payloads p ON p.id = e.state_payload_id
WHERE e.entity_id = ?1";

/// Reads an instance.
pub(super) fn instance(
    connection: &Connection,
    id: &InstanceId,
    fetch: Fetch,
) -> Result<Option<InstanceState>, Fault> {
    let mut statement = connection.prepare_cached(&of_one(fetch))?;
    let mut rows = statement.query(params![id.as_str()])?;
    rows.next()?.map(|row| state(row, fetch)).transpose()
}

/// The statement that reads one instance by its id.
pub(super) fn of_one(fetch: Fetch) -> String {
    format!("{} AND i.instance_id = ?1", columns(fetch))
}

/// Lists instances, oldest first.
pub(super) fn instances(
    connection: &Connection,
    filter: &InstanceFilter,
    fetch: Fetch,
    page_size: usize,
    after: Option<&Cursor>,
) -> Result<Page<InstanceState>, Fault> {
    let page_size = page_size.clamp(1, PAGE_ITEMS_MAX);
    let query = Query::new(filter, fetch, after, page_size + 1);
    let mut statement = connection.prepare_cached(&query.sql)?;
    let mut rows = statement.query(params_from_iter(query.parameters))?;
    let mut items: Vec<InstanceState> = Vec::new();
    let mut bytes = 0;
    let mut more = false;
    while let Some(row) = rows.next()? {
        if items.len() == page_size || bytes > PAGE_BYTES_MAX {
            more = true;
            break;
        }
        let state = state(row, fetch)?;
        bytes += state.input.as_ref().map_or(0, String::len);
        bytes += state.output.as_ref().map_or(0, String::len);
        items.push(state);
    }
    let next = items.last().filter(|_| more);
    Ok(Page {
        next: next.map(|last| Cursor::after(last).to_token()),
        items,
    })
}

/// The instances that one started, oldest first.
pub(super) fn children(connection: &Connection, id: &InstanceId) -> Result<Vec<InstanceId>, Fault> {
    load::ids(connection, CHILDREN, params![id.as_str()])
}

/// Reads an entity.
pub(super) fn entity(
    connection: &Connection,
    id: &EntityId,
    include_state: bool,
) -> Result<Option<EntityMetadata>, Fault> {
    let target = id.to_instance_id();
    let backlog: i64 = connection
        .prepare_cached(BACKLOG)?
        .query_row(params![target.as_str()], |row| row.get(0))?;
    let backlog = usize::try_from(backlog).unwrap_or(usize::MAX);
    let mut statement = connection.prepare_cached(ENTITY)?;
    let mut rows = statement.query(params![target.as_str()])?;
    let Some(row) = rows.next()? else {
        // Only messages wait for it: it has not changed yet.
        return Ok((backlog > 0).then(|| EntityMetadata {
            id: id.clone(),
            state: None,
            modified_at: Timestamp::EPOCH,
            backlog,
            locked_by: None,
        }));
    };
    Ok(Some(EntityMetadata {
        id: id.clone(),
        state: if include_state {
            entity_state(connection, &target)?
        } else {
            None
        },
        modified_at: time(row, 0)?,
        backlog,
        locked_by: instance_id_or_none(row, 1)?,
    }))
}

pub(super) fn entity_state(
    connection: &Connection,
    id: &InstanceId,
) -> Result<Option<String>, Fault> {
    let mut statement = connection.prepare_cached(ENTITY_STATE)?;
    let mut rows = statement.query(params![id.as_str()])?;
    match rows.next()? {
        Some(row) => entity::state(connection, row, 0),
        None => Ok(None),
    }
}

fn columns(fetch: Fetch) -> &'static str {
    match fetch {
        Fetch::Metadata => METADATA,
        Fetch::Payloads => PAYLOADS,
    }
}

fn state(row: &Row<'_>, fetch: Fetch) -> Result<InstanceState, Fault> {
    let execution_id: Arc<str> = row.get(1)?;
    let version: Option<String> = row.get(3)?;
    let status_column: String = row.get(4)?;
    let failure: Option<Vec<u8>> = row.get(6)?;
    let failure = failure
        .map(|bytes| message::<TaskFailureDetails>(&bytes, "instances.failure"))
        .transpose()?;
    let tags_column: Option<String> = row.get(9)?;
    let (input, output) = match fetch {
        Fetch::Metadata => (None, None),
        Fetch::Payloads => (
            payload::text(row, 14, "instances.input")?,
            payload::text(row, 17, "instances.output")?,
        ),
    };
    Ok(InstanceState {
        instance_id: instance_id(row, 0)?,
        execution_id: ExecutionId::new(execution_id),
        name: row.get(2)?,
        version: version.unwrap_or_default(),
        status: status(&status_column)?,
        parked: row.get(5)?,
        input,
        output,
        failure: failure.map(Failure::from),
        custom_status: row.get(7)?,
        parent: instance_id_or_none(row, 8)?,
        tags: tags(tags_column.as_deref())?,
        created_at: time(row, 10)?,
        updated_at: time(row, 11)?,
        completed_at: time_or_none(row, 12)?,
        scheduled_at: time_or_none(row, 13)?,
    })
}

/// A listing of instances as SQL. Its text depends on which parts of the filter are set, never on
/// their values.
pub(super) struct Query {
    pub(super) sql: String,
    pub(super) parameters: Vec<Value>,
}

impl Query {
    pub(super) fn new(
        filter: &InstanceFilter,
        fetch: Fetch,
        after: Option<&Cursor>,
        limit: usize,
    ) -> Self {
        let mut query = Self {
            sql: columns(fetch).to_owned(),
            parameters: Vec::new(),
        };
        query.statuses(filter);
        query.times(filter);
        if let Some(name) = &filter.name {
            query.and("i.name = ?", [name.clone().into()]);
        }
        if let Some(prefix) = &filter.id_prefix {
            query.and("i.instance_id >= ?", [prefix.clone().into()]);
            if let Some(end) = prefix_end(prefix) {
                query.and("i.instance_id < ?", [end.into()]);
            }
        }
        if let Some(parent) = &filter.parent {
            query.and("i.parent_id = ?", [parent.to_string().into()]);
        }
        for (key, value) in &filter.tags {
            query.and(
                "EXISTS (SELECT 1 FROM json_each(i.tags) t WHERE t.key = ? AND t.value = ?)",
                [key.clone().into(), value.clone().into()],
            );
        }
        if let Some(after) = after {
            let created_at = after.created_at.ticks();
            query.and(
                "(i.created_at, i.instance_id) > (?, ?)",
                [created_at.into(), after.id.clone().into()],
            );
        }
        query
            .sql
            .push_str(" ORDER BY i.created_at, i.instance_id LIMIT ?");
        query.parameters.push(stored_len(limit).into());
        query
    }

    fn statuses(&mut self, filter: &InstanceFilter) {
        if filter.statuses.is_empty() {
            return;
        }
        let marks = vec!["?"; filter.statuses.len()].join(", ");
        let statuses = filter.statuses.iter();
        let values = statuses.map(|status| Value::from(status_text(*status).to_owned()));
        self.and(&format!("i.status IN ({marks})"), values);
    }

    fn times(&mut self, filter: &InstanceFilter) {
        let bounds = [
            ("i.created_at >= ?", filter.created_from),
            ("i.created_at < ?", filter.created_to),
            ("i.completed_at >= ?", filter.completed_from),
            ("i.completed_at < ?", filter.completed_to),
        ];
        for (condition, bound) in bounds {
            if let Some(bound) = bound {
                self.and(condition, [bound.ticks().into()]);
            }
        }
    }

    fn and(&mut self, condition: &str, values: impl IntoIterator<Item = Value>) {
        // Writing to a string can't fail.
        let _ = write!(self.sql, " AND {condition}");
        self.parameters.extend(values);
    }
}

/// The first text after all that begin with `prefix`; `None` if nothing comes after them.
pub(super) fn prefix_end(prefix: &str) -> Option<String> {
    let mut end = prefix.to_owned();
    while let Some(last) = end.pop() {
        // Skips the gap of the surrogates, which are no characters.
        let next = (u32::from(last) + 1..=u32::from(char::MAX)).find_map(char::from_u32);
        if let Some(next) = next {
            end.push(next);
            return Some(end);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::prefix_end;

    #[test]
    fn end_of_a_prefix_is_the_next_text() {
        let cases = [
            ("", None),
            ("a", Some("b")),
            ("ab@", Some("abA")),
            ("\u{d7ff}", Some("\u{e000}")),
            ("a\u{10ffff}", Some("b")),
            ("\u{10ffff}", None),
        ];
        for (prefix, end) in cases {
            assert_eq!(prefix_end(prefix).as_deref(), end, "{prefix:?}");
        }
    }

    proptest! {
        #[test]
        fn range_of_a_prefix_is_all_that_begin_with_it(
            prefix in any::<String>(), id in any::<String>(),
        ) {
            for id in [id.clone(), format!("{prefix}{id}")] {
                let inside = id >= prefix
                    && prefix_end(&prefix).is_none_or(|end| id < end);
                prop_assert_eq!(inside, id.starts_with(&prefix));
            }
        }
    }
}
