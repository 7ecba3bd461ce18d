//! What SQLite gives for the rows of a durable step with nothing around it: one writer thread with
//! group commit, submitters that each wait for their own commit. With one submitter each step is a
//! commit of its own.

use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread;
use std::time::Instant;

use rusqlite::{Connection, Transaction, params};
use tempfile::TempDir;

use crate::figure::per_second;

/// The tables that a step writes, as `docs/storage.md` describes them.
const SCHEMA: &str = "
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    CREATE TABLE instances (
        key INTEGER PRIMARY KEY, instance_id TEXT NOT NULL UNIQUE, status TEXT NOT NULL,
        updated_at INTEGER NOT NULL, history_rows INTEGER NOT NULL,
        history_events INTEGER NOT NULL, history_bytes INTEGER NOT NULL
    );
    CREATE TABLE history (
        instance_key INTEGER NOT NULL, row INTEGER NOT NULL, event_count INTEGER NOT NULL,
        events BLOB, payload_id INTEGER, PRIMARY KEY (instance_key, row)
    ) WITHOUT ROWID;
    CREATE TABLE tasks (
        id INTEGER PRIMARY KEY, instance_key INTEGER NOT NULL, execution_id TEXT NOT NULL,
        task_id INTEGER NOT NULL, name TEXT NOT NULL, request BLOB, payload_id INTEGER
    );
    CREATE UNIQUE INDEX tasks_by_instance ON tasks (instance_key, task_id);";
/// About what the events of a step take: a result, and the next activity.
const EVENTS: [u8; 128] = [1; 128];
/// About what the request of an activity takes.
const REQUEST: [u8; 96] = [1; 96];
const EXECUTION: &str = "0123456789abcdef0123456789abcdef";

/// One step of one instance, and where its submitter waits.
struct Step {
    instance: i64,
    number: i64,
    done: SyncSender<()>,
}

/// Runs `steps` steps for each of `submitters`.
pub fn steps_per_second(submitters: usize, steps: usize) -> rusqlite::Result<f64> {
    let Ok(folder) = TempDir::new() else {
        return Err(rusqlite::Error::InvalidPath("no temporary folder".into()));
    };
    let mut connection = Connection::open(folder.path().join("raw.db"))?;
    connection.execute_batch(SCHEMA)?;
    for instance in 0..as_integer(submitters) {
        connection.execute(
            "INSERT INTO instances VALUES (?1, ?2, 'Running', 0, 0, 0, 0)",
            params![instance, format!("steps-{instance}")],
        )?;
        connection.execute(
            "INSERT INTO tasks VALUES (NULL, ?1, ?2, 0, 'step', ?3, NULL)",
            params![instance, EXECUTION, REQUEST],
        )?;
    }
    let (submit, submitted) = channel();
    let start = Instant::now();
    for instance in 0..as_integer(submitters) {
        let submit = submit.clone();
        thread::spawn(move || submit_all(instance, steps, &submit));
    }
    // The writer ends when the last submitter has ended.
    drop(submit);
    write_all(&mut connection, &submitted)?;
    Ok(per_second(submitters * steps, start.elapsed()))
}

/// SQLite's integers.
fn as_integer(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn submit_all(instance: i64, steps: usize, submit: &Sender<Step>) {
    for number in 0..as_integer(steps) {
        let (done, committed) = sync_channel(1);
        let step = Step {
            instance,
            number,
            done,
        };
        if submit.send(step).is_err() || committed.recv().is_err() {
            return;
        }
    }
}

fn write_all(connection: &mut Connection, steps: &Receiver<Step>) -> rusqlite::Result<()> {
    while let Ok(first) = steps.recv() {
        let mut group = vec![first];
        group.extend(steps.try_iter());
        let transaction = connection.transaction()?;
        for step in &group {
            write(&transaction, step)?;
        }
        transaction.commit()?;
        for step in group {
            // Its submitter waits; if it is gone, nobody does.
            let _ = step.done.send(());
        }
    }
    Ok(())
}

/// The four rows of a sequential step.
fn write(transaction: &Transaction<'_>, step: &Step) -> rusqlite::Result<()> {
    let Step {
        instance, number, ..
    } = step;
    transaction
        .prepare_cached("INSERT INTO history VALUES (?1, ?2, 3, ?3, NULL)")?
        .execute(params![instance, number, EVENTS])?;
    transaction
        .prepare_cached(
            "UPDATE instances SET status = 'Running', updated_at = ?2, \
             history_rows = history_rows + 1, history_events = history_events + 3, \
             history_bytes = history_bytes + ?3 WHERE key = ?1",
        )?
        .execute(params![instance, number, as_integer(EVENTS.len())])?;
    transaction
        .prepare_cached("DELETE FROM tasks WHERE instance_key = ?1 AND task_id = ?2")?
        .execute(params![instance, number])?;
    transaction
        .prepare_cached("INSERT INTO tasks VALUES (NULL, ?1, ?2, ?3, 'step', ?4, NULL)")?
        .execute(params![instance, EXECUTION, number + 1, REQUEST])?;
    Ok(())
}
