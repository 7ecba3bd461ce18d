//! The window of timers that is in memory.

use std::collections::{BTreeMap, BTreeSet};

use durable_task::Timestamp;

use super::open_commit::timer_key;
use crate::store::TimerRow;

/// How many timers are read at once.
pub(super) const TIMERS_READ: usize = 1_024;
/// How many timers are kept in memory; the rest stays in the store.
const TIMERS_KEPT: usize = 4_096;

/// In the order of time: everything up to the horizon, and beyond it what is not durable yet.
#[derive(Debug, Default)]
pub(super) struct Timers {
    window: BTreeMap<(Timestamp, u64), Entry>,
    horizon: Horizon,
    reading: bool,
    /// Closed while a read was under way that may still have seen them.
    closed: BTreeSet<u64>,
}

#[derive(Debug)]
struct Entry {
    timer: TimerRow,
    /// The commit that makes it durable.
    commit: u64,
}

/// How far the window is complete.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Horizon {
    /// Nothing has been read.
    #[default]
    Start,
    /// Up to this timer.
    At((Timestamp, u64)),
    /// The store has no more.
    End,
}

/// What the loop has to do about timers.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Nothing is due.
    Idle,
    /// Sleep until then.
    At(Timestamp),
    /// Read the timers after this one.
    Read(Option<(Timestamp, u64)>),
}

impl Timers {
    /// Adds a timer that becomes durable with a commit.
    pub(super) fn insert(&mut self, timer: TimerRow, commit: u64) {
        self.window
            .insert(timer_key(&timer), Entry { timer, commit });
    }

    /// Forgets a timer.
    pub(super) fn remove(&mut self, key: &(Timestamp, u64)) {
        self.window.remove(key);
        if self.reading {
            self.closed.insert(key.1);
        }
    }

    /// Takes the first timer if it is due. It stays in the store until the commit that closes it.
    pub(super) fn pop_due(&mut self, now: Timestamp) -> Option<TimerRow> {
        if !self.is_complete() {
            return None;
        }
        let first = self.window.first_entry()?;
        if first.key().0 > now {
            return None;
        }
        let timer = first.remove().timer;
        if self.reading {
            self.closed.insert(timer.id);
        }
        Some(timer)
    }

    /// What comes next. A read that is asked for has to be answered by [`read`](Self::read).
    pub(super) fn next(&mut self) -> Next {
        if self.is_complete() {
            return match self.window.first_key_value() {
                Some(((fire_at, _), _)) => Next::At(*fire_at),
                None => Next::Idle,
            };
        }
        if self.reading {
            return Next::Idle;
        }
        self.reading = true;
        Next::Read(match self.horizon {
            Horizon::At(last) => Some(last),
            Horizon::Start | Horizon::End => None,
        })
    }

    /// Whether the first timer in memory is the first of all.
    fn is_complete(&self) -> bool {
        match self.horizon {
            Horizon::Start => false,
            Horizon::End => true,
            Horizon::At(last) => self
                .window
                .first_key_value()
                .is_some_and(|(first, _)| *first <= last),
        }
    }

    /// Takes in what was read.
    pub(super) fn read(&mut self, timers: Vec<TimerRow>) {
        self.reading = false;
        self.horizon = match timers.last() {
            Some(last) if timers.len() >= TIMERS_READ => Horizon::At(timer_key(last)),
            _ => Horizon::End,
        };
        let closed = std::mem::take(&mut self.closed);
        for timer in timers {
            if !closed.contains(&timer.id) {
                self.window
                    .entry(timer_key(&timer))
                    .or_insert(Entry { timer, commit: 0 });
            }
        }
    }

    /// What was to be read is damaged: it is left alone until the store is opened again.
    pub(super) fn unreadable(&mut self) {
        self.reading = false;
        self.closed.clear();
        self.horizon = Horizon::End;
    }

    /// Leaves the last ones to the store if there are many and they are durable.
    pub(super) fn prune(&mut self, durable: u64) {
        if self.reading || self.horizon == Horizon::Start {
            return;
        }
        while self.window.len() > TIMERS_KEPT
            && let Some(last) = self.window.last_entry()
            && last.get().commit <= durable
        {
            last.remove();
            let kept = self.window.last_key_value().map(|(key, _)| *key);
            let beyond = match (self.horizon, kept) {
                (Horizon::At(horizon), Some(kept)) => kept.min(horizon),
                (_, Some(kept)) => kept,
                // The loop keeps some.
                (_, None) => return,
            };
            self.horizon = Horizon::At(beyond);
        }
    }
}

#[cfg(test)]
mod tests {
    use durable_task::InstanceId;

    use super::*;

    fn timer(id: u64, at: i64) -> TimerRow {
        TimerRow {
            id,
            target: InstanceId::from_stored("a"),
            execution: None,
            timer_id: Some(0),
            fire_at: Timestamp::from_ticks(at),
            sender: None,
            event: None,
        }
    }

    fn at(ticks: i64) -> Timestamp {
        Timestamp::from_ticks(ticks)
    }

    #[test]
    fn nothing_fires_before_the_store_was_asked() {
        let mut timers = Timers::default();
        timers.insert(timer(1, 5), 1);
        assert_eq!(timers.pop_due(at(10)), None);
        assert_eq!(timers.next(), Next::Read(None));
        assert_eq!(timers.next(), Next::Idle, "one read at a time");
        timers.read(vec![timer(0, 3)]);
        assert_eq!(timers.next(), Next::At(at(3)));
        assert_eq!(timers.pop_due(at(2)), None, "never early");
        assert_eq!(timers.pop_due(at(3)).map(|timer| timer.id), Some(0));
        assert_eq!(timers.pop_due(at(9)).map(|timer| timer.id), Some(1));
        assert_eq!(timers.next(), Next::Idle);
    }

    #[test]
    fn timers_of_the_same_time_fire_in_the_order_of_their_ids() {
        let mut timers = Timers::default();
        timers.next();
        timers.read(Vec::new());
        for id in [3, 1, 2] {
            timers.insert(timer(id, 7), 1);
        }
        let fired: Vec<_> = std::iter::from_fn(|| timers.pop_due(at(7))).collect();
        assert_eq!(
            fired.iter().map(|timer| timer.id).collect::<Vec<_>>(),
            [1, 2, 3]
        );
    }

    #[test]
    fn a_timer_closed_during_a_read_does_not_come_back() {
        let mut timers = Timers::default();
        assert_eq!(timers.next(), Next::Read(None));
        timers.remove(&(at(3), 9));
        timers.read(vec![timer(9, 3)]);
        assert_eq!(timers.next(), Next::Idle);
    }

    #[test]
    fn a_timer_before_the_horizon_fires_before_the_next_read() {
        let mut timers = Timers::default();
        timers.next();
        let page = (0..TIMERS_READ as u64)
            .map(|id| timer(id, 100 + id.cast_signed()))
            .collect();
        timers.read(page);
        timers.insert(timer(9_000, 50), 1);
        timers.insert(timer(9_001, 1_000_000), 1);
        let mut fired = 0;
        while timers.pop_due(at(900_000)).is_some() {
            fired += 1;
        }
        assert_eq!(fired, TIMERS_READ + 1);
        let last = (
            at(99 + (TIMERS_READ as u64).cast_signed()),
            TIMERS_READ as u64 - 1,
        );
        assert_eq!(timers.next(), Next::Read(Some(last)));
        timers.read(vec![timer(9_001, 1_000_000)]);
        assert_eq!(timers.next(), Next::At(at(1_000_000)));
    }

    #[test]
    fn pruning_keeps_what_is_not_durable_and_reads_the_rest_again() {
        let mut timers = Timers::default();
        timers.next();
        timers.read(Vec::new());
        let count = TIMERS_KEPT as u64 + 10;
        for id in 0..count {
            timers.insert(timer(id, id.cast_signed()), 1);
        }
        timers.prune(0);
        assert_eq!(timers.window.len(), TIMERS_KEPT + 10);
        timers.prune(1);
        assert_eq!(timers.window.len(), TIMERS_KEPT);
        let mut fired = 0;
        loop {
            match timers.next() {
                Next::At(_) => {
                    while timers.pop_due(at(i64::MAX)).is_some() {
                        fired += 1;
                    }
                }
                Next::Read(Some((_, after))) => {
                    timers.read(
                        (after + 1..count)
                            .map(|id| timer(id, id.cast_signed()))
                            .collect(),
                    );
                }
                Next::Read(None) => panic!("read from the start again"),
                Next::Idle => break,
            }
        }
        assert_eq!(fired, TIMERS_KEPT + 10);
    }
}
