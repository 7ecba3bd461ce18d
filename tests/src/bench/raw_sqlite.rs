//! What SQLite gives for the rows of sequences with nothing around it: one writer thread with group
//! commit, and submitters that each wait for their own commit. With one submitter each step is a
//! commit of its own.
//!
//! The tables and the rows are those of a sequence that a hub ran in the same file before.

use std::error::Error;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use durable_task::{ActivityContext, Failure, Timestamp};
use rusqlite::config::DbConfig;
use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags, Row, Statement, ToSql, params, params_from_iter};
use tempfile::TempDir;

use crate::figure::per_second;
use crate::hub::Stage;
use crate::workload;

/// The sequence that the hub runs: its id is as long as others are, and no other has it.
const MODEL: &str = "sequence-9-9-100";
const DEADLINE: Duration = Duration::from_secs(10);
/// Far above the ids that the hub has given.
const FIRST_TASK: i64 = 1_000_000;

/// As `docs/storage.md` has them for the connection that writes.
const SETTINGS: &str = "
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA fullfsync = 1;
    PRAGMA checkpoint_fullfsync = 1;
    PRAGMA wal_autocheckpoint = 4000;
    PRAGMA journal_size_limit = 67108864;";

/// The columns of a new instance, in the order in which they are bound.
const COLUMNS: &str = "
    instance_id, status, output, completed_at, created_at, updated_at, history_rows, \
    history_events, history_bytes, execution_id, generation, name, version, version_by_hub, \
    parked, parent_id, parent, tags, custom_status, input, input_payload_id, output_payload_id, \
    failure, locks, scheduled_at, trace";
const FIND: &str = "SELECT key FROM instances WHERE instance_id = ?1";
const STEP: &str = "
UPDATE instances SET
    version = ?2, version_by_hub = ?3, status = ?4, parked = ?5, parent = ?6, custom_status = ?7,
    locks = ?8, updated_at = ?9, history_rows = ?10, history_events = ?11, history_bytes = ?12
WHERE key = ?1";
const END: &str = "
UPDATE instances SET
    version = ?2, version_by_hub = ?3, status = ?4, parked = ?5, parent = ?6, custom_status = ?7,
    locks = ?8, updated_at = ?9, history_rows = ?10, history_events = ?11, history_bytes = ?12,
    completed_at = coalesce(?13, completed_at), output = coalesce(?14, output),
    output_payload_id = coalesce(?15, output_payload_id), failure = coalesce(?16, failure)
WHERE key = ?1";
const ADD_HISTORY: &str = "
INSERT INTO history (instance_key, row, event_count, events, payload_id)
VALUES (?1, ?2, ?3, ?4, ?5)";
const PAYLOAD_OF_TASK: &str = "SELECT payload_id FROM tasks WHERE id = ?1";
const CLOSE_TASK: &str = "DELETE FROM tasks WHERE id = ?1";
const OPEN_TASK: &str = "
INSERT INTO tasks (id, instance_key, execution_id, task_id, name, request, payload_id)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";

/// What is left of an instance, without its key and its times.
const SHAPE: &str = "
SELECT status, output, history_rows, history_events, history_bytes, execution_id, generation, name,
    version, version_by_hub, parked, parent_id, parent, tags, custom_status, input,
    input_payload_id, output_payload_id, failure, locks, scheduled_at, trace,
    typeof(created_at), typeof(updated_at), typeof(completed_at),
    (SELECT group_concat(row || ' ' || event_count || ' ' || hex(events), ', ')
        FROM history WHERE instance_key = key),
    (SELECT count(*) FROM tasks WHERE instance_key = key)
FROM instances WHERE instance_id = ?1";

/// Where sequences are written, and what is written of each.
pub struct Raw {
    connection: Connection,
    pattern: Arc<Pattern>,
    next_task: i64,
    /// Kept until the end.
    #[allow(dead_code, reason = "dropping it removes the folder")]
    folder: TempDir,
}

/// The rows of a sequence.
struct Pattern {
    /// Of its own row, all that does not change, as `COLUMNS` has it.
    identity: Vec<Value>,
    /// What its row has at the end.
    output: Value,
    /// What its commits write beside its row.
    commits: Vec<Rows>,
}

/// What one commit writes.
struct Rows {
    event_count: i64,
    events: Vec<u8>,
    /// How much history there is with it.
    all_events: i64,
    all_bytes: i64,
    /// Of the next activity; none with the last commit.
    task: Option<TaskRow>,
}

struct TaskRow {
    execution_id: String,
    task_id: i64,
    name: String,
    request: Vec<u8>,
}

/// One commit of one instance, and where its submitter waits.
struct Step {
    id: Arc<str>,
    number: usize,
    /// The open task, which the commit before has left.
    task: i64,
    done: SyncSender<i64>,
}

impl Raw {
    /// Has a hub make the file and run a sequence of that many steps in it.
    pub async fn open(steps: usize) -> Result<Self, Box<dyn Error>> {
        let folder = TempDir::new()?;
        let file = folder.path().join("hub.db");
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (look, at) = (Arc::clone(&seen), file.clone());
        let stage = Stage::open_in(folder.path(), |registry, _| {
            workload::register_sequence(registry)?;
            registry.activity_fn("step", move |_: ActivityContext, _: usize| {
                // Its own row, which is durable when it runs.
                let row = open_task(&at).map_err(|error| Failure::new("Look", error.to_string()));
                let seen = row.map(|row| {
                    let mut tasks = look.lock().unwrap_or_else(PoisonError::into_inner);
                    tasks.push(row);
                });
                async move { seen }
            })?;
            Ok(())
        })
        .await?;
        let id = workload::start(&*stage.client, "sequence", MODEL, steps).await?;
        workload::finish(&*stage.client, &id).await?;
        stage.hub.shutdown(DEADLINE).await;
        let connection = Connection::open(&file)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        connection.execute_batch(SETTINGS)?;
        let tasks = std::mem::take(&mut *seen.lock().unwrap_or_else(PoisonError::into_inner));
        let pattern = Arc::new(Pattern::read(&connection, tasks)?);
        if pattern.commits.len() != steps + 1 {
            return Err(format!("{} commits", pattern.commits.len()).into());
        }
        Ok(Self {
            connection,
            pattern,
            next_task: FIRST_TASK,
            folder,
        })
    }

    /// Writes `instances` sequences, `submitters` at once. Returns how many of them a second.
    pub fn instances_per_second(
        &mut self,
        prefix: &str,
        instances: usize,
        submitters: usize,
    ) -> Result<f64, Box<dyn Error>> {
        let (submit, submitted) = channel();
        let next = Arc::new(AtomicUsize::new(0));
        let start = Instant::now();
        for _ in 0..submitters {
            let (submit, next) = (submit.clone(), Arc::clone(&next));
            let (prefix, commits) = (prefix.to_owned(), self.pattern.commits.len());
            thread::spawn(move || {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= instances {
                        return;
                    }
                    submit_all(&format!("{prefix}-{number}"), commits, &submit);
                }
            });
        }
        // The writer ends when the last submitter has ended.
        drop(submit);
        self.write_all(&submitted)?;
        let took = start.elapsed();
        let last = format!("{prefix}-{}", instances - 1);
        if self.shape(&last)? == self.shape(MODEL)? {
            Ok(per_second(instances, took))
        } else {
            Err(format!("the rows of `{last}` are not those that a hub writes").into())
        }
    }

    fn write_all(&mut self, steps: &Receiver<Step>) -> rusqlite::Result<()> {
        let mut statements = Statements::prepare(&self.connection)?;
        while let Ok(first) = steps.recv() {
            let mut group = vec![first];
            group.extend(steps.try_iter());
            statements.begin.execute([])?;
            for step in &mut group {
                step.task = statements.write(&self.pattern, step, &mut self.next_task)?;
            }
            statements.commit.execute([])?;
            for step in group {
                // Its submitter waits; if it is gone, nobody does.
                let _ = step.done.send(step.task);
            }
        }
        Ok(())
    }

    fn shape(&self, id: &str) -> rusqlite::Result<Vec<Value>> {
        self.connection.query_row(SHAPE, [id], values)
    }
}

fn submit_all(id: &str, commits: usize, submit: &Sender<Step>) {
    let id = Arc::from(id);
    let (done, committed) = sync_channel(1);
    let mut task = 0;
    for number in 0..commits {
        let step = Step {
            id: Arc::clone(&id),
            number,
            task,
            done: done.clone(),
        };
        if submit.send(step).is_err() {
            return;
        }
        match committed.recv() {
            Ok(next) => task = next,
            Err(_) => return,
        }
    }
}

/// What a commit runs.
struct Statements<'a> {
    connection: &'a Connection,
    begin: Statement<'a>,
    create: Statement<'a>,
    find: Statement<'a>,
    step: Statement<'a>,
    end: Statement<'a>,
    add_history: Statement<'a>,
    payload_of_task: Statement<'a>,
    close_task: Statement<'a>,
    open_task: Statement<'a>,
    commit: Statement<'a>,
}

impl<'a> Statements<'a> {
    fn prepare(connection: &'a Connection) -> rusqlite::Result<Self> {
        let places = vec!["?"; COLUMNS.split(',').count()].join(", ");
        let create = format!(
            "INSERT INTO instances ({COLUMNS}) VALUES ({places}) \
             ON CONFLICT (instance_id) DO NOTHING"
        );
        Ok(Self {
            connection,
            begin: connection.prepare("BEGIN IMMEDIATE")?,
            create: connection.prepare(&create)?,
            find: connection.prepare(FIND)?,
            step: connection.prepare(STEP)?,
            end: connection.prepare(END)?,
            add_history: connection.prepare(ADD_HISTORY)?,
            payload_of_task: connection.prepare(PAYLOAD_OF_TASK)?,
            close_task: connection.prepare(CLOSE_TASK)?,
            open_task: connection.prepare(OPEN_TASK)?,
            commit: connection.prepare("COMMIT")?,
        })
    }

    /// The rows of a step: the instance, its history, the task that was done, the next one.
    fn write(
        &mut self,
        pattern: &Pattern,
        step: &Step,
        next_task: &mut i64,
    ) -> rusqlite::Result<i64> {
        let Some(rows) = pattern.commits.get(step.number) else {
            return Ok(step.task);
        };
        let key: i64 = match step.number {
            0 => self.create(pattern, &step.id, rows)?,
            _ => self.update(pattern, &step.id, step.number, rows)?,
        };
        let number = as_integer(step.number);
        let no_payload = None::<i64>;
        self.add_history.execute(params![
            key,
            number,
            rows.event_count,
            rows.events,
            no_payload
        ])?;
        if step.number > 0 {
            let task = [step.task];
            let _: Option<i64> = self.payload_of_task.query_row(task, |row| row.get(0))?;
            self.close_task.execute(task)?;
        }
        let task = *next_task;
        if let Some(row) = &rows.task {
            *next_task += 1;
            let TaskRow {
                execution_id,
                task_id,
                name,
                request,
            } = row;
            self.open_task.execute(params![
                task,
                key,
                execution_id,
                task_id,
                name,
                request,
                no_payload
            ])?;
        }
        Ok(task)
    }

    fn create(&mut self, pattern: &Pattern, id: &str, rows: &Rows) -> rusqlite::Result<i64> {
        let now = Value::Integer(Timestamp::now().ticks());
        let changing = [
            Value::Text(id.to_owned()),
            Value::Text(String::from("Running")),
            Value::Null,
            Value::Null,
            now.clone(),
            now,
            Value::Integer(1),
            Value::Integer(rows.all_events),
            Value::Integer(rows.all_bytes),
        ];
        let row = changing.iter().chain(&pattern.identity);
        self.create.execute(params_from_iter(row))?;
        Ok(self.connection.last_insert_rowid())
    }

    fn update(
        &mut self,
        pattern: &Pattern,
        id: &str,
        number: usize,
        rows: &Rows,
    ) -> rusqlite::Result<i64> {
        let key = self.find.query_row([id], |row| row.get(0))?;
        let now = Timestamp::now().ticks();
        let same = |place: usize| pattern.identity.get(place).unwrap_or(&Value::Null);
        let status = match rows.task {
            Some(_) => "Running",
            None => "Completed",
        };
        let number = as_integer(number + 1);
        let columns: &[&dyn ToSql] = params![
            key,
            same(3),
            same(4),
            status,
            same(5),
            same(7),
            same(9),
            same(14),
            now,
            number,
            rows.all_events,
            rows.all_bytes,
        ];
        if rows.task.is_some() {
            self.step.execute(columns)?;
        } else {
            let ended: &[&dyn ToSql] = params![now, pattern.output, same(12), same(13)];
            let columns = columns.iter().chain(ended);
            self.end.execute(params_from_iter(columns))?;
        }
        Ok(key)
    }
}

impl Pattern {
    fn read(connection: &Connection, tasks: Vec<TaskRow>) -> rusqlite::Result<Self> {
        let row = format!("SELECT {COLUMNS} FROM instances WHERE instance_id = ?1");
        let mut row = connection.query_row(&row, [MODEL], values)?;
        // Those before differ from commit to commit.
        let identity = row.split_off(9);
        let output = row.swap_remove(2);
        let history = "SELECT event_count, events FROM history ORDER BY row";
        let mut history = connection.prepare(history)?;
        let (mut tasks, mut all_events, mut all_bytes) = (tasks.into_iter(), 0, 0);
        let commits = history.query_map([], |row| {
            let (event_count, events): (i64, Vec<u8>) = (row.get(0)?, row.get(1)?);
            all_events += event_count;
            all_bytes += as_integer(events.len());
            Ok(Rows {
                event_count,
                events,
                all_events,
                all_bytes,
                task: tasks.next(),
            })
        })?;
        Ok(Self {
            identity,
            output,
            commits: commits.collect::<rusqlite::Result<_>>()?,
        })
    }
}

/// The only open task of a file that is in use.
fn open_task(file: &std::path::Path) -> rusqlite::Result<TaskRow> {
    let connection = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let row = "SELECT execution_id, task_id, name, request FROM tasks";
    connection.query_row(row, [], |row| {
        Ok(TaskRow {
            execution_id: row.get(0)?,
            task_id: row.get(1)?,
            name: row.get(2)?,
            request: row.get(3)?,
        })
    })
}

fn values(row: &Row<'_>) -> rusqlite::Result<Vec<Value>> {
    let columns = row.as_ref().column_count();
    (0..columns).map(|column| row.get(column)).collect()
}

/// SQLite's integers.
fn as_integer(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
