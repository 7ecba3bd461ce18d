//! How many rows are written.

use std::sync::Arc;

use durable_task::{Status, Timestamp};

use super::{File, activity, created, id, instance};
use crate::store::{Commit, End, EntityWrite, InstanceChange, MessageRow, StateChange, TimerRow};

#[test]
fn sequential_step_writes_four_rows() {
    let mut file = File::new();
    let started = file.commit(&Commit {
        instances: vec![created("a")],
        tasks_opened: vec![activity(1, "a", "1")],
        ..Commit::default()
    });
    assert_eq!(started, 2, "the instance and its first task");
    for number in 1..20 {
        let written = file.commit(&Commit {
            instances: vec![instance("a", InstanceChange::Step, number)],
            tasks_closed: vec![number],
            tasks_opened: vec![activity(number + 1, "a", "1")],
            ..Commit::default()
        });
        assert_eq!(written, 4, "history, instance, closed task, opened task");
    }
}

#[test]
fn end_writes_no_row_more_than_a_step() {
    let mut file = File::new();
    file.commit(&Commit {
        instances: vec![created("a")],
        tasks_opened: vec![activity(1, "a", "1")],
        ..Commit::default()
    });
    let mut last = instance("a", InstanceChange::Step, 1);
    last.step.status = Status::Completed;
    last.end = Some(End {
        completed_at: Timestamp::from_ticks(12),
        output: Some("1".to_owned()),
        failure: None,
    });
    let written = file.commit(&Commit {
        instances: vec![last],
        tasks_closed: vec![1],
        ..Commit::default()
    });
    assert_eq!(written, 3, "history, instance, closed task");
}

#[test]
fn messages_timers_and_small_states_are_one_row_each() {
    let mut file = File::new();
    let message = |number| MessageRow {
        id: number,
        target: id("a"),
        execution: None,
        sender: None,
        event: vec![1; 100],
    };
    let timer = |number| TimerRow {
        id: number,
        target: id("a"),
        execution: None,
        timer_id: Some(1),
        fire_at: Timestamp::EPOCH,
        sender: None,
        event: None,
    };
    let state = |from: Option<&str>, to: &str| EntityWrite {
        id: id("@counter@a"),
        state: StateChange::Replace {
            from: from.map(Arc::from),
            to: Some(Arc::from(to)),
        },
        exists: true,
        lock: None,
        modified_at: Timestamp::EPOCH,
    };
    let written = file.commit(&Commit {
        messages_added: vec![message(1), message(2)],
        timers_opened: vec![timer(3)],
        entities: vec![state(None, "1")],
        ..Commit::default()
    });
    assert_eq!(written, 4);
    let written = file.commit(&Commit {
        messages_removed: vec![1, 77],
        timers_closed: vec![3, 78],
        entities: vec![state(Some("1"), "2")],
        ..Commit::default()
    });
    assert_eq!(written, 3, "what has no row costs none");
}

#[test]
fn large_request_writes_one_row_more() {
    let mut file = File::new();
    let large = "x".repeat(40_000);
    let written = file.commit(&Commit {
        instances: vec![created("a")],
        tasks_opened: vec![activity(1, "a", &large)],
        ..Commit::default()
    });
    assert_eq!(written, 3, "instance, task, payload");
    let written = file.commit(&Commit {
        tasks_closed: vec![1],
        ..Commit::default()
    });
    assert_eq!(written, 2, "task and payload");
}
