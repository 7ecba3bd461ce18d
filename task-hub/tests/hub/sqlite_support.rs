//! Rows for tests of the store in a file.

use std::sync::Arc;

use durable_task::wire::proto::ActivityRequest;
use durable_task::{ExecutionId, InstanceId, Status, Timestamp};
use task_hub::store::{
    Commit, HistoryRow, HistorySize, Identity, InstanceChange, InstanceWrite, LoadedBody, Step,
    Store, TaskKind, TaskRow,
};

pub fn id(text: &str) -> InstanceId {
    InstanceId::from_stored(text)
}

/// The commit that makes `number` steps of an instance: 0 creates it, each further one adds a row
/// to its history, closes its task and opens the next.
pub fn step(name: &str, number: u64) -> Commit {
    let change = if number == 0 {
        InstanceChange::Create {
            replace: Vec::new(),
        }
    } else {
        InstanceChange::Step
    };
    let instance = InstanceWrite {
        identity: Arc::new(Identity {
            instance_id: id(name),
            execution_id: ExecutionId::new("execution"),
            generation: 0,
            name: "Order".to_owned(),
            version: None,
            version_by_hub: false,
            parent: None,
            tags: [].into(),
            created_at: Timestamp::from_ticks(1),
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
            updated_at: Timestamp::from_ticks(2),
            history: HistorySize {
                rows: number,
                events: number,
                bytes: number * 300,
            },
        },
        history: number.checked_sub(1).map(|row| HistoryRow {
            row,
            event_count: 1,
            events: vec![7; 300],
        }),
        end: None,
    };
    let task = TaskRow {
        id: number + 1,
        instance: id(name),
        execution: ExecutionId::new("execution"),
        task_id: 0,
        kind: TaskKind::Activity(ActivityRequest::default()),
    };
    Commit {
        instances: vec![instance],
        tasks_closed: (number > 0).then_some(number).into_iter().collect(),
        tasks_opened: vec![Arc::new(task)],
        ..Commit::default()
    }
}

/// How many steps a store has of an instance, after it was checked that it has all of each; `None`
/// if it has none.
pub async fn steps(store: &dyn Store, name: &str) -> Option<u64> {
    let loaded = store.load(&id(name)).await.unwrap();
    let LoadedBody::Orchestration(row) = loaded.body else {
        assert_eq!(loaded.body, LoadedBody::Absent);
        return None;
    };
    let rows = row.step.history.rows;
    let tasks: Vec<u64> = row.tasks.iter().map(|task| task.id).collect();
    assert_eq!(tasks, [rows + 1], "the open task belongs to the last step");
    let history = store.history(&id(name), None, 0, usize::MAX).await.unwrap();
    assert_eq!(
        history.chunks.len() as u64,
        rows,
        "each step has its history"
    );
    Some(rows)
}
