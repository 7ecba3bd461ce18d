//! Values that are too large for their own row.

use rusqlite::{Connection, Row, params};

use super::fault::Fault;

/// Values above this are stored in `payloads`, in bytes.
pub(super) const INLINE_BYTES_MAX: usize = 32 * 1024;

const INSERT: &str = "INSERT INTO payloads (data) VALUES (?1)";
const UPDATE: &str = "UPDATE payloads SET data = ?2 WHERE id = ?1";
const DELETE: &str = "DELETE FROM payloads WHERE id = ?1";

/// Where a value is: in its own column, in `payloads`, or nowhere.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Place<'a, V: ?Sized> {
    /// What goes into the value's own column.
    pub(super) inline: Option<&'a V>,
    /// What goes into the column `..payload_id`.
    pub(super) id: Option<i64>,
}

/// Stores a value if it is large, and says what its columns are.
pub(super) fn place<'a, V>(
    connection: &Connection,
    value: Option<&'a V>,
) -> rusqlite::Result<Place<'a, V>>
where
    V: ?Sized + AsRef<[u8]>,
{
    match value {
        Some(large) if large.as_ref().len() > INLINE_BYTES_MAX => Ok(Place {
            inline: None,
            id: Some(insert(connection, large.as_ref())?),
        }),
        inline => Ok(Place { inline, id: None }),
    }
}

/// Stores a value and returns its id.
pub(super) fn insert(connection: &Connection, data: &[u8]) -> rusqlite::Result<i64> {
    connection.prepare_cached(INSERT)?.insert(params![data])
}

/// Stores another value under the same id.
pub(super) fn update(connection: &Connection, id: i64, data: &[u8]) -> rusqlite::Result<()> {
    connection
        .prepare_cached(UPDATE)?
        .execute(params![id, data])?;
    Ok(())
}

/// Removes a value.
pub(super) fn remove(connection: &Connection, id: Option<i64>) -> rusqlite::Result<()> {
    if let Some(id) = id {
        connection.prepare_cached(DELETE)?.execute(params![id])?;
    }
    Ok(())
}

/// Reads bytes from three columns: the value's own, its payload's id, its payload's data.
pub(super) fn bytes(row: &Row<'_>, first: usize, what: &str) -> Result<Option<Vec<u8>>, Fault> {
    if let Some(inline) = row.get(first)? {
        return Ok(Some(inline));
    }
    large(row, first, what)
}

/// Reads bytes that are never missing, as [`bytes`] does.
pub(super) fn bytes_required(row: &Row<'_>, first: usize, what: &str) -> Result<Vec<u8>, Fault> {
    bytes(row, first, what)?.ok_or_else(|| Fault::Corrupt(what.to_owned()))
}

/// Reads a text from three columns: the value's own, its payload's id, its payload's data.
pub(super) fn text(row: &Row<'_>, first: usize, what: &str) -> Result<Option<String>, Fault> {
    if let Some(inline) = row.get(first)? {
        return Ok(Some(inline));
    }
    large(row, first, what)?
        .map(|bytes| String::from_utf8(bytes).map_err(|_| Fault::Corrupt(what.to_owned())))
        .transpose()
}

fn large(row: &Row<'_>, first: usize, what: &str) -> Result<Option<Vec<u8>>, Fault> {
    let id: Option<i64> = row.get(first + 1)?;
    if id.is_none() {
        return Ok(None);
    }
    match row.get(first + 2)? {
        Some(data) => Ok(Some(data)),
        None => Err(Fault::Corrupt(format!("{what} without its payload"))),
    }
}
