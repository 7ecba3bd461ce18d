//! Rows to write, and what a store has to give back for them.

use std::collections::BTreeMap;
use std::sync::Arc;

use durable_task::wire::proto::{
    ActivityRequest, OrchestrationInstance, ParentInstanceInfo, TaskFailureDetails, TraceContext,
};
use durable_task::{ExecutionId, InstanceId, Status, Timestamp};

use crate::store::{
    Commit, CriticalSection, End, EntityWrite, HistoryRow, HistorySize, Identity, InstanceChange,
    InstanceWrite, MessageRow, StateChange, Step, TaskKind, TaskRow, TimerRow,
};

/// The execution that [`created`] begins.
pub(super) const EXECUTION: &str = "execution-0";

pub(super) fn id(text: &str) -> InstanceId {
    InstanceId::from_stored(text)
}

pub(super) fn at(ticks: i64) -> Timestamp {
    Timestamp::from_ticks(ticks)
}

pub(super) fn execution(text: &str) -> ExecutionId {
    ExecutionId::new(text)
}

/// What is left when a write needs no more than this.
pub(super) fn identity(instance: &str, created_at: i64) -> Identity {
    Identity {
        instance_id: id(instance),
        execution_id: execution(EXECUTION),
        generation: 0,
        name: "Order".to_owned(),
        version: None,
        version_by_hub: false,
        parent: None,
        tags: BTreeMap::new(),
        created_at: at(created_at),
        scheduled_at: None,
        trace_context: None,
    }
}

/// An identity with every field set.
pub(super) fn full_identity(instance: &str) -> Identity {
    Identity {
        version: Some("1.2".to_owned()),
        version_by_hub: true,
        parent: Some(parent("parent-1")),
        tags: [("team", "north"), ("quoted", "\"é\" \\ '")]
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .into(),
        scheduled_at: Some(at(77)),
        trace_context: Some(TraceContext {
            trace_parent: String::from("00-1-2-01"),
            trace_state: Some(String::from("a=b")),
            ..TraceContext::default()
        }),
        ..identity(instance, 10)
    }
}

pub(super) fn parent(instance: &str) -> ParentInstanceInfo {
    ParentInstanceInfo {
        task_scheduled_id: 4,
        name: Some("Parent".to_owned()),
        version: None,
        orchestration_instance: Some(OrchestrationInstance {
            instance_id: instance.to_owned(),
            execution_id: Some("parent-execution".to_owned()),
        }),
    }
}

pub(super) fn step(status: Status, updated_at: i64, rows: u64) -> Step {
    Step {
        status,
        parked: false,
        custom_status: None,
        locks: Vec::new(),
        updated_at: at(updated_at),
        history: HistorySize {
            rows,
            events: rows * 2,
            bytes: rows * 100,
        },
    }
}

/// A step with every field set.
pub(super) fn full_step() -> Step {
    Step {
        status: Status::Suspended,
        parked: true,
        custom_status: Some(Arc::from("{\"progress\":\"½\"}")),
        locks: vec![CriticalSection {
            id: "section-1".to_owned(),
            entities: vec!["@account@a".to_owned(), "@account@b".to_owned()],
        }],
        updated_at: at(99),
        history: HistorySize {
            rows: 3,
            events: 17,
            bytes: 2_000,
        },
    }
}

/// Creates a running instance that replaces no other.
pub(super) fn created(instance: &str, created_at: i64) -> InstanceWrite {
    InstanceWrite {
        identity: Arc::new(identity(instance, created_at)),
        change: InstanceChange::Create {
            replace: Vec::new(),
        },
        input: None,
        step: step(Status::Running, created_at, 0),
        history: None,
        end: None,
    }
}

/// Goes on with an instance that [`created`] made; its history has `rows` rows now, of which this
/// write adds the last.
pub(super) fn stepped(instance: &str, created_at: i64, rows: u64) -> InstanceWrite {
    InstanceWrite {
        change: InstanceChange::Step,
        history: rows.checked_sub(1).map(|row| history_row(row, 100)),
        step: step(Status::Running, created_at + 1, rows),
        ..created(instance, created_at)
    }
}

/// Ends an instance that [`created`] made.
pub(super) fn ended(instance: &str, created_at: i64, completed_at: i64) -> InstanceWrite {
    InstanceWrite {
        change: InstanceChange::Step,
        step: step(Status::Completed, completed_at, 0),
        end: Some(End {
            completed_at: at(completed_at),
            output: Some("\"done\"".to_owned()),
            failure: None,
        }),
        ..created(instance, created_at)
    }
}

pub(super) fn failure() -> TaskFailureDetails {
    TaskFailureDetails {
        error_type: "ToolError".to_owned(),
        error_message: "it broke".to_owned(),
        stack_trace: Some("at line 1".to_owned()),
        inner_failure: Some(Box::new(TaskFailureDetails {
            error_type: "Io".to_owned(),
            error_message: "pipe".to_owned(),
            ..TaskFailureDetails::default()
        })),
        is_non_retriable: true,
        ..TaskFailureDetails::default()
    }
}

/// A chunk that is told by its bytes from that of every other row. Stores don't read it.
pub(super) fn history_row(row: u64, bytes: usize) -> HistoryRow {
    HistoryRow {
        row,
        event_count: 2,
        events: noise(row, bytes),
    }
}

/// Bytes with every value among them, also such that are no text.
pub(super) fn noise(seed: u64, bytes: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut noise = Vec::with_capacity(bytes);
    for _ in 0..bytes {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        noise.push(state.to_le_bytes()[0]);
    }
    noise
}

pub(super) fn message(number: u64, target: &str) -> MessageRow {
    MessageRow {
        id: number,
        target: id(target),
        execution: None,
        sender: None,
        event: noise(number, 40),
    }
}

pub(super) fn activity(number: u64, instance: &str, task_id: i32) -> Arc<TaskRow> {
    Arc::new(TaskRow {
        id: number,
        instance: id(instance),
        execution: execution(EXECUTION),
        task_id,
        kind: TaskKind::Activity(ActivityRequest {
            name: "Charge".to_owned(),
            version: Some("3".to_owned()),
            input: Some("[1,\"two\"]".to_owned()),
            task_id,
            ..ActivityRequest::default()
        }),
    })
}

pub(super) fn child(number: u64, instance: &str, task_id: i32, child: &str) -> Arc<TaskRow> {
    Arc::new(TaskRow {
        kind: TaskKind::SubOrchestration(id(child)),
        ..(*activity(number, instance, task_id)).clone()
    })
}

pub(super) fn timer(number: u64, target: &str, timer_id: i32, fire_at: i64) -> TimerRow {
    TimerRow {
        id: number,
        target: id(target),
        execution: Some(execution(EXECUTION)),
        timer_id: Some(timer_id),
        fire_at: at(fire_at),
        sender: None,
        event: None,
    }
}

/// A message that is delivered later.
pub(super) fn delayed(number: u64, target: &str, fire_at: i64) -> TimerRow {
    TimerRow {
        id: number,
        target: id(target),
        execution: None,
        timer_id: None,
        fire_at: at(fire_at),
        sender: Some(id("sender-1")),
        event: Some(noise(number, 30)),
    }
}

/// Gives an entity a state; `from` is the one that it has.
pub(super) fn entity(target: &str, from: Option<&str>, to: &str, modified_at: i64) -> EntityWrite {
    EntityWrite {
        id: id(target),
        state: StateChange::Replace {
            from: from.map(Arc::from),
            to: Some(Arc::from(to)),
        },
        exists: true,
        lock: None,
        modified_at: at(modified_at),
    }
}

/// A commit of nothing but one instance.
pub(super) fn instance_commit(write: InstanceWrite) -> Commit {
    Commit {
        instances: vec![write],
        ..Commit::default()
    }
}

/// A commit of nothing but one entity.
pub(super) fn entity_commit(write: EntityWrite) -> Commit {
    Commit {
        entities: vec![write],
        ..Commit::default()
    }
}
