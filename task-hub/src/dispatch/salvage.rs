//! Reads of open work around rows that are damaged.

use std::sync::Arc;

use durable_task::{BoxFuture, Timestamp};

use super::open_commit::timer_key;
use crate::store::{Store, StoreError, TaskRow, TimerRow};

/// Whether trying again can't help, but the rest of the store may be sound.
pub(super) fn is_damage(error: &StoreError) -> bool {
    matches!(error, StoreError::Corrupt { .. })
}

/// Reads open activities. Damaged ones are left alone.
pub(super) async fn open_activities(
    store: Arc<dyn Store>,
    after: u64,
    limit: usize,
) -> Result<Vec<TaskRow>, StoreError> {
    match store.open_activities(after, limit).await {
        Err(error) if is_damage(&error) => {}
        read => return read,
    }
    let next = |after: u128| -> BoxFuture<'_, _> {
        let after = u64::try_from(after).unwrap_or(u64::MAX);
        store.open_activities(after, 1)
    };
    around_damage(u128::from(after), limit, |task| u128::from(task.id), &next).await
}

/// Reads timers. Damaged ones are left alone.
pub(super) async fn timers(
    store: Arc<dyn Store>,
    after: Option<(Timestamp, u64)>,
    limit: usize,
) -> Result<Vec<TimerRow>, StoreError> {
    match store.timers(after, limit).await {
        Err(error) if is_damage(&error) => {}
        read => return read,
    }
    let next = |after: u128| -> BoxFuture<'_, _> { store.timers(Some(time_and_id(after)), 1) };
    let after = after.map_or(0, number);
    around_damage(after, limit, |timer| number(timer_key(timer)), &next).await
}

/// A timer's time and id as one number of the same order.
fn number((time, id): (Timestamp, u64)) -> u128 {
    let ticks = time.ticks().cast_unsigned() ^ (1 << 63);
    u128::from(ticks) << 64 | u128::from(id)
}

#[allow(clippy::cast_possible_truncation, reason = "takes the number apart")]
fn time_and_id(number: u128) -> (Timestamp, u64) {
    let ticks = ((number >> 64) as u64 ^ (1 << 63)).cast_signed();
    (Timestamp::from_ticks(ticks), number as u64)
}

type Next<'a, T> = dyn Fn(u128) -> BoxFuture<'a, Result<Vec<T>, StoreError>> + Send + Sync + 'a;

/// Reads rows in the order of their keys, one by one, and leaves out those that are damaged.
async fn around_damage<T>(
    after: u128,
    limit: usize,
    key: fn(&T) -> u128,
    next: &Next<'_, T>,
) -> Result<Vec<T>, StoreError> {
    let (mut rows, mut last) = (Vec::new(), after);
    while rows.len() < limit {
        match next(last).await {
            Ok(mut one) => match one.pop() {
                Some(row) => {
                    last = key(&row);
                    rows.push(row);
                }
                None => break,
            },
            Err(error) if is_damage(&error) => {
                tracing::error!(%error, "open work can't be read; it is left alone");
                last = past_damage(last, error, next).await?;
            }
            Err(error) => return Err(error),
        }
    }
    Ok(rows)
}

/// Where to read on behind the damage that comes after `last`. Rows between damaged ones may be
/// left out too.
async fn past_damage<T>(
    last: u128,
    error: StoreError,
    next: &Next<'_, T>,
) -> Result<u128, StoreError> {
    let (mut before, mut step) = (last, 1_u128);
    let mut behind = loop {
        let tried = before.saturating_add(step);
        if tried == before {
            return Err(error);
        }
        if is_sound(next(tried).await)? {
            break tried;
        }
        before = tried;
        step = step.saturating_mul(2);
    };
    while behind - before > 1 {
        let middle = before + (behind - before) / 2;
        if is_sound(next(middle).await)? {
            behind = middle;
        } else {
            before = middle;
        }
    }
    Ok(behind)
}

fn is_sound<T>(read: Result<T, StoreError>) -> Result<bool, StoreError> {
    match read {
        Ok(_) => Ok(true),
        Err(error) if is_damage(&error) => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    fn read(rows: &[u128], damaged: &[u128], limit: usize) -> Result<Vec<u128>, StoreError> {
        let next = |after: u128| -> BoxFuture<'_, _> {
            let first = rows.iter().copied().find(|row| *row > after);
            Box::pin(std::future::ready(match first {
                Some(row) if damaged.contains(&row) => Err(StoreError::Corrupt {
                    operation: "read",
                    what: String::from("a row"),
                }),
                row => Ok(row.into_iter().collect()),
            }))
        };
        let all = around_damage(0, limit, |row| *row, &next);
        all.now_or_never().unwrap()
    }

    #[test]
    fn only_damaged_rows_are_left_out() {
        let rows = [1, 2, 5, 9, 1 << 70, u128::MAX - 1];
        for damaged in rows {
            let sound: Vec<_> = rows.into_iter().filter(|row| *row != damaged).collect();
            assert_eq!(read(&rows, &[damaged], 10), Ok(sound), "{damaged}");
        }
        assert_eq!(read(&rows, &[1, 2], 2), Ok(vec![5, 9]));
        assert_eq!(read(&rows, &[9], 2), Ok(vec![1, 2]));
    }

    #[test]
    fn numbers_have_the_order_of_timers() {
        let mut last = None;
        for ticks in [i64::MIN, -1, 0, 1, i64::MAX] {
            for id in [0, 1, u64::MAX] {
                let key = (Timestamp::from_ticks(ticks), id);
                assert_eq!(time_and_id(number(key)), key);
                assert!(last < Some(number(key)));
                last = Some(number(key));
            }
        }
    }
}
