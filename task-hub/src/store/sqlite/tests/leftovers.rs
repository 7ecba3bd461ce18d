//! Nothing stays in any table that no row needs any more.

use std::sync::Arc;

use durable_task::{Status, Timestamp};

use super::{File, activity, created, id, instance};
use crate::store::{
    Commit, End, EntityWrite, HistoryRow, InstanceChange, InstanceWrite, MessageRow, StateChange,
    StreamChunk, TimerRow,
};

const TABLES: [&str; 9] = [
    "instances",
    "history",
    "entities",
    "entity_splices",
    "messages",
    "tasks",
    "timers",
    "payloads",
    "stream_chunks",
];

fn large(what: &str) -> String {
    what.repeat(40_000)
}

fn row_counts(file: &File) -> Vec<(&'static str, i64)> {
    let count = |table| (table, file.number(&format!("SELECT count(*) FROM {table}")));
    let counts = TABLES.map(count).into_iter();
    counts.filter(|(_, rows)| *rows > 0).collect()
}

fn large_history(row: u64) -> HistoryRow {
    HistoryRow {
        row,
        event_count: 1,
        events: vec![9; 50_000],
    }
}

fn message(number: u64, target: &str) -> MessageRow {
    MessageRow {
        id: number,
        target: id(target),
        execution: None,
        sender: None,
        event: vec![1; 50_000],
    }
}

fn timer(number: u64, target: &str) -> TimerRow {
    TimerRow {
        id: number,
        target: id(target),
        execution: None,
        timer_id: None,
        fire_at: Timestamp::EPOCH,
        sender: None,
        event: Some(vec![2; 50_000]),
    }
}

/// An instance with everything, all of it too large for its row.
fn full(name: &str, change: InstanceChange) -> Commit {
    let write = InstanceWrite {
        input: Some(large("i")),
        history: Some(large_history(0)),
        ..instance(name, change, 0)
    };
    Commit {
        instances: vec![write],
        tasks_opened: vec![activity(1, name, &large("t"))],
        timers_opened: vec![timer(2, name)],
        messages_added: vec![message(3, name)],
        stream_chunks: vec![StreamChunk {
            instance: id(name),
            number: 0,
            data: vec![3; 50_000],
        }],
        ..Commit::default()
    }
}

fn ended(name: &str) -> Commit {
    let mut write = instance(name, InstanceChange::Step, 0);
    write.step.status = Status::Completed;
    write.end = Some(End {
        completed_at: Timestamp::EPOCH,
        output: Some(large("o")),
        failure: None,
    });
    Commit {
        instances: vec![write],
        ..Commit::default()
    }
}

fn purged(name: &str) -> Commit {
    Commit {
        purged: vec![id(name)],
        ..Commit::default()
    }
}

fn create_over(statuses: &[Status]) -> InstanceChange {
    InstanceChange::Create {
        replace: statuses.to_vec(),
    }
}

#[test]
fn purged_instance_leaves_no_row() {
    let mut file = File::new();
    file.commit(&full("a", create_over(&[])));
    file.commit(&ended("a"));
    assert_eq!(file.number("SELECT count(*) FROM payloads"), 6);
    file.commit(&purged("a"));
    assert_eq!(row_counts(&file), []);
}

#[test]
fn replaced_instance_leaves_no_row() {
    let mut file = File::new();
    file.commit(&full("a", create_over(&[])));
    file.commit(&ended("a"));
    let mut replacement = created("a");
    replacement.change = create_over(&[Status::Completed]);
    // Large as well: its first attempt finds the id taken.
    replacement.input = Some(large("n"));
    file.commit(&Commit {
        instances: vec![replacement],
        ..Commit::default()
    });
    assert_eq!(row_counts(&file), [("instances", 1), ("payloads", 1)]);
}

#[test]
fn new_execution_leaves_no_row_of_the_earlier_one() {
    let mut file = File::new();
    file.commit(&full("a", create_over(&[])));
    for _ in 0..3 {
        let mut commit = full("a", InstanceChange::Restart);
        commit.tasks_closed = vec![1];
        commit.timers_closed = vec![2];
        commit.messages_removed = vec![3];
        file.commit(&commit);
    }
    let one_each = [
        ("instances", 1),
        ("history", 1),
        ("messages", 1),
        ("tasks", 1),
        ("timers", 1),
        ("payloads", 5),
        ("stream_chunks", 1),
    ];
    assert_eq!(row_counts(&file), one_each);
}

#[test]
fn what_is_taken_in_leaves_no_row() {
    let mut file = File::new();
    file.commit(&full("a", create_over(&[])));
    file.commit(&Commit {
        tasks_closed: vec![1],
        timers_closed: vec![2],
        messages_removed: vec![3],
        ..Commit::default()
    });
    assert_eq!(
        file.number("SELECT count(*) FROM payloads"),
        2,
        "input and history"
    );
}

#[test]
fn removed_or_purged_entity_leaves_no_row() {
    let mut file = File::new();
    let state = |from: Option<String>, to: Option<String>| EntityWrite {
        id: id("@counter@a"),
        exists: to.is_some(),
        state: StateChange::Replace {
            from: from.map(Arc::from),
            to: to.map(Arc::from),
        },
        lock: None,
        modified_at: Timestamp::EPOCH,
    };
    let base = "x".repeat(100_000);
    let next = format!("{base}y");
    for purge in [false, true] {
        for (from, to) in [(None, &base), (Some(&base), &next)] {
            file.commit(&Commit {
                entities: vec![state(from.cloned(), Some(to.clone()))],
                ..Commit::default()
            });
        }
        assert_eq!(file.number("SELECT count(*) FROM entity_splices"), 1);
        if purge {
            file.commit(&Commit {
                messages_added: vec![message(3, "@counter@a")],
                timers_opened: vec![timer(2, "@counter@a")],
                ..Commit::default()
            });
            file.commit(&purged("@counter@a"));
        } else {
            file.commit(&Commit {
                entities: vec![state(Some(next.clone()), None)],
                ..Commit::default()
            });
        }
        assert_eq!(row_counts(&file), []);
    }
}
