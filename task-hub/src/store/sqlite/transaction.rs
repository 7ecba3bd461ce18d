//! Transactions, whose statements are planned once, as all others are.

use rusqlite::Connection;

use super::fault::Fault;

const WRITE: &str = "BEGIN IMMEDIATE";
const READ: &str = "BEGIN";
const COMMIT: &str = "COMMIT";

/// Writes all of it or, on an error, nothing.
pub(super) fn write<T>(
    connection: &Connection,
    work: impl FnOnce(&Connection) -> Result<T, Fault>,
) -> Result<T, Fault> {
    run(connection, WRITE, work)
}

/// Reads as of one moment.
pub(super) fn read<T>(
    connection: &Connection,
    work: impl FnOnce(&Connection) -> Result<T, Fault>,
) -> Result<T, Fault> {
    run(connection, READ, work)
}

fn run<T>(
    connection: &Connection,
    begin: &str,
    work: impl FnOnce(&Connection) -> Result<T, Fault>,
) -> Result<T, Fault> {
    connection.prepare_cached(begin)?.execute([])?;
    let _open = Open(connection);
    let done = work(connection)?;
    connection.prepare_cached(COMMIT)?.execute([])?;
    Ok(done)
}

/// A transaction that is rolled back unless it was committed.
struct Open<'a>(&'a Connection);

impl Drop for Open<'_> {
    fn drop(&mut self) {
        // SQLite itself rolls back after some errors.
        if !self.0.is_autocommit() {
            // Whoever sees the error that led here closes the connection, or can go on with it.
            let _ = self.0.execute_batch("ROLLBACK");
        }
    }
}
