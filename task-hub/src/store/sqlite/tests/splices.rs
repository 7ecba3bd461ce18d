//! How states are stored.

use std::sync::Arc;

use durable_task::Timestamp;

use super::{File, id};
use crate::store::sqlite::entity::{self, SPLICE_ROW_BYTES, SPLICED_BYTES_MIN};
use crate::store::sqlite::payload::INLINE_BYTES_MAX;
use crate::store::{Commit, EntityWrite, StateChange};

const NAME: &str = "@counter@a";

/// Writes the change of a state and returns how many splices are stored then.
fn change(file: &mut File, from: Option<&str>, to: &str) -> i64 {
    file.commit(&Commit {
        entities: vec![EntityWrite {
            id: id(NAME),
            state: StateChange::Replace {
                from: from.map(Arc::from),
                to: Some(Arc::from(to)),
            },
            exists: true,
            lock: None,
            modified_at: Timestamp::EPOCH,
        }],
        ..Commit::default()
    });
    let row = entity::read(&file.connection, &id(NAME)).unwrap().unwrap();
    assert!(row.state.as_deref() == Some(to), "it must read as written");
    let rows = file.number("SELECT count(*) FROM entity_splices");
    assert_eq!(file.number("SELECT splice_count FROM entities"), rows);
    rows
}

#[test]
fn small_state_is_in_its_row_and_a_larger_one_in_payloads() {
    let mut file = File::new();
    let mut from: Option<String> = None;
    for (bytes, inline, payloads) in [
        (10, 1, 0),
        (INLINE_BYTES_MAX, 1, 0),
        (INLINE_BYTES_MAX + 1, 0, 1),
        (SPLICED_BYTES_MIN, 0, 1),
        (200_000, 0, 1),
        (10, 1, 0),
    ] {
        let to = "x".repeat(bytes);
        assert_eq!(change(&mut file, from.as_deref(), &to), 0);
        assert_eq!(
            file.number("SELECT count(state) FROM entities"),
            inline,
            "{bytes}"
        );
        assert_eq!(
            file.number("SELECT count(*) FROM payloads"),
            payloads,
            "{bytes}"
        );
        from = Some(to);
    }
}

#[test]
fn change_of_a_large_state_is_a_splice() {
    let mut file = File::new();
    let base = "x".repeat(200_000);
    assert_eq!(change(&mut file, None, &base), 0);
    let next = format!("{base}{}", "y".repeat(500));
    assert_eq!(change(&mut file, Some(&base), &next), 1);
    let (position, removed, inserted): (i64, i64, i64) = file
        .connection
        .query_row(
            "SELECT position, removed, length(inserted) FROM entity_splices",
            [],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
        )
        .unwrap();
    assert_eq!((position, removed, inserted), (200_000, 0, 500));
    let base = next;
    let next = base.replacen("xy", "xz", 1);
    assert_eq!(change(&mut file, Some(&base), &next), 2);
}

#[test]
fn splices_that_add_up_to_half_become_a_full_copy() {
    let mut file = File::new();
    let mut text = "x".repeat(100_000);
    change(&mut file, None, &text);
    let (mut copies, mut most) = (0, 0);
    for turn in 0..300 {
        let next = format!("{text}{turn:0500}");
        let splices = change(&mut file, Some(&text), &next);
        copies += usize::from(splices == 0);
        most = most.max(splices);
        text = next;
    }
    let row_bytes = i64::try_from(SPLICE_ROW_BYTES).unwrap();
    assert!(
        copies >= 2,
        "{copies} full copies of a state that has grown from 100 to 250 KB"
    );
    assert!(copies <= 4, "{copies} full copies in 300 turns");
    assert!(
        most * (500 + row_bytes) < 250_000 / 2,
        "{most} splices at once"
    );
    assert_eq!(file.number("SELECT count(*) FROM payloads"), 1);
}

#[test]
fn another_state_altogether_is_a_full_copy() {
    let mut file = File::new();
    let base = "x".repeat(200_000);
    change(&mut file, None, &base);
    let near = format!("{base}!");
    assert_eq!(change(&mut file, Some(&base), &near), 1);
    let other = "y".repeat(200_000);
    assert_eq!(change(&mut file, Some(&near), &other), 0);
}

#[test]
fn wrong_idea_of_what_is_stored_is_put_right() {
    let mut file = File::new();
    let stored = "x".repeat(200_000);
    change(&mut file, None, &stored);
    let wrong = "x".repeat(199_000);
    let next = format!("{wrong}y");
    assert_eq!(change(&mut file, Some(&wrong), &next), 0);
    assert_eq!(change(&mut file, None, &stored), 0);
}

#[test]
fn state_with_a_splice_missing_is_refused() {
    let mut file = File::new();
    let base = "x".repeat(200_000);
    change(&mut file, None, &base);
    change(&mut file, Some(&base), &format!("{base}y"));
    let tampered = [
        "DELETE FROM entity_splices",
        "UPDATE entity_splices SET position = 900000",
        "DELETE FROM payloads",
    ];
    for sql in tampered {
        file.connection
            .execute_batch("SAVEPOINT tampering")
            .unwrap();
        file.connection.execute_batch(sql).unwrap();
        assert!(entity::read(&file.connection, &id(NAME)).is_err(), "{sql}");
        file.connection
            .execute_batch("ROLLBACK TO tampering; RELEASE tampering")
            .unwrap();
    }
    assert!(entity::read(&file.connection, &id(NAME)).is_ok());
}
