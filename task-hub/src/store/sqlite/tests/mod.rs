//! Tests of what lies in the file. What the store promises is tested by `task_hub::conformance`.

mod cost;
mod leftovers;
mod plans;
mod splices;
mod threads;

use std::sync::Arc;

use durable_task::wire::proto::ActivityRequest;
use durable_task::{ExecutionId, InstanceId, Status, Timestamp};
use rusqlite::Connection;
use tempfile::TempDir;

use super::connection::{self, Synchronous};
use super::{commit, schema};
use crate::store::{
    Commit, HistoryRow, HistorySize, Identity, InstanceChange, InstanceWrite, Step, TaskKind,
    TaskRow,
};

/// A hub file and the connection that writes it.
struct File {
    connection: Connection,
    _folder: TempDir,
}

impl File {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("hub.db");
        let mut connection = connection::writer(&path, Synchronous::Full).unwrap();
        schema::prepare(&mut connection).unwrap();
        Self {
            connection,
            _folder: folder,
        }
    }

    /// Makes a commit and returns how many rows it wrote.
    fn commit(&mut self, commit: &Commit) -> u64 {
        let before = self.connection.total_changes();
        commit::make_durable(&self.connection, commit).unwrap();
        self.connection.total_changes() - before
    }

    fn number(&self, sql: &str) -> i64 {
        self.connection
            .query_row(sql, [], |row| row.get(0))
            .unwrap()
    }
}

fn id(text: &str) -> InstanceId {
    InstanceId::from_stored(text)
}

fn instance(name: &str, change: InstanceChange, rows: u64) -> InstanceWrite {
    InstanceWrite {
        identity: Arc::new(Identity {
            instance_id: id(name),
            execution_id: ExecutionId::new("execution"),
            generation: 0,
            name: "Order".to_owned(),
            version: None,
            version_by_hub: false,
            parent: None,
            tags: [("team".to_owned(), "north".to_owned())].into(),
            created_at: Timestamp::from_ticks(10),
            scheduled_at: None,
            trace_context: None,
        }),
        change,
        input: None,
        step: Step {
            status: Status::Running,
            parked: false,
            custom_status: None,
            locks: Vec::new(),
            updated_at: Timestamp::from_ticks(11),
            history: HistorySize {
                rows,
                events: rows,
                bytes: rows,
            },
        },
        history: rows.checked_sub(1).map(|row| HistoryRow {
            row,
            event_count: 3,
            events: vec![7; 300],
        }),
        end: None,
    }
}

fn created(name: &str) -> InstanceWrite {
    let replace = Vec::new();
    instance(name, InstanceChange::Create { replace }, 0)
}

fn activity(number: u64, name: &str, input: &str) -> Arc<TaskRow> {
    Arc::new(TaskRow {
        id: number,
        instance: id(name),
        execution: ExecutionId::new("execution"),
        task_id: 0,
        kind: TaskKind::Activity(ActivityRequest {
            name: "Charge".to_owned(),
            input: Some(input.to_owned()),
            ..ActivityRequest::default()
        }),
    })
}
