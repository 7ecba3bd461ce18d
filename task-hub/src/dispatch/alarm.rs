//! When the loop wakes up by itself.

use std::collections::BTreeMap;
use std::task::{Context, Poll};

use durable_task::{BoxFuture, Timestamp};

use super::parked::ParkedItem;
use super::settings::{CLOCK_CHECK, COMMIT_OPEN_MAX, RETRY_DELAY_MAX, retry_delay};
use super::timers::{Next, TIMERS_READ};
use super::{Dispatcher, Event, Read, salvage};

#[derive(Default)]
pub(super) struct Alarms {
    /// When it ends, the open commit is overdue if it is still the one of that number. While work
    /// goes on, so does this: a timer for each commit would cost more than it saves.
    overdue: Option<(u64, BoxFuture<'static, ()>)>,
    /// Ends at the latest when the next timer is due.
    clock: Option<(Timestamp, BoxFuture<'static, ()>)>,
    retries: BTreeMap<(Timestamp, u64), ParkedItem>,
}

impl Alarms {
    pub(super) fn poll(&mut self, context: &mut Context<'_>) -> Poll<Event> {
        if let Some((commit, overdue)) = &mut self.overdue
            && overdue.as_mut().poll(context).is_ready()
        {
            let commit = *commit;
            self.overdue = None;
            return Poll::Ready(Event::Overdue(commit));
        }
        if let Some((_, clock)) = &mut self.clock
            && clock.as_mut().poll(context).is_ready()
        {
            self.clock = None;
            return Poll::Ready(Event::Alarm);
        }
        Poll::Pending
    }

    /// Brings forward what a clock that was set back has moved away: nothing waits for longer than
    /// the longest delay.
    fn look(&mut self, now: Timestamp) {
        let latest = now.saturating_add(RETRY_DELAY_MAX);
        while let Some(entry) = self.retries.last_entry()
            && entry.key().0 > latest
        {
            let ((_, token), retry) = entry.remove_entry();
            self.retries.insert((latest, token), retry);
        }
    }

    /// Forgets all.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}

impl Dispatcher {
    /// Tries something again, later each time.
    pub(super) fn retry_later(&mut self, retry: ParkedItem, attempts: u32) {
        let at = self.now().saturating_add(retry_delay(attempts));
        self.tokens += 1;
        self.alarms.retries.insert((at, self.tokens), retry);
    }

    /// Tries something again now.
    pub(super) fn retry_now(&mut self, what: ParkedItem) {
        match what {
            ParkedItem::Instance(id) => self.retry_instance(&id),
            ParkedItem::Activity(id) => self.read(
                false,
                move |store| async move {
                    let before = id.saturating_sub(1);
                    store.open_activities(before, 1).await
                },
                move |tasks| {
                    let found = |tasks: Vec<_>| tasks.into_iter().next();
                    Read::Activity(id, tasks.map(found))
                },
            ),
        }
    }

    /// Turns timers that are due into messages, and takes up what is to be tried again.
    pub(super) fn fire_timers(&mut self) {
        let now = self.now();
        self.alarms.look(now);
        while let Some(entry) = self.alarms.retries.first_entry() {
            if entry.key().0 > now {
                break;
            }
            let what = entry.remove();
            self.retry_now(what);
        }
        let now = if has_bug!(TimerEarly) {
            now.saturating_add(std::time::Duration::from_secs(1))
        } else {
            now
        };
        while self.reads.len() < TIMERS_READ
            && let Some(timer) = self.timers.pop_due(now)
        {
            self.fire(timer);
        }
        self.pump();
    }

    /// Makes sure that the loop wakes up when something is due.
    pub(super) fn set_alarms(&mut self) {
        if self.open.is_empty() {
            if self.writing.is_none() && self.is_idle() {
                self.alarms.overdue = None;
            }
        } else if self.alarms.overdue.is_none() && !self.open.overdue {
            let end = self.runtime.sleep(COMMIT_OPEN_MAX);
            self.alarms.overdue = Some((self.open.number, end));
        }
        let timer = match self.timers.next() {
            Next::Idle => None,
            Next::At(at) => Some(at),
            Next::Read(after) => {
                self.read(
                    false,
                    move |store| salvage::timers(store, after, TIMERS_READ),
                    Read::Timers,
                );
                None
            }
        };
        let retry = self
            .alarms
            .retries
            .first_key_value()
            .map(|((at, _), _)| *at);
        let next = timer.into_iter().chain(retry).min();
        match (next, &self.alarms.clock) {
            (None, _) => self.alarms.clock = None,
            (Some(next), Some((at, _))) if *at == next => {}
            (Some(next), _) => {
                let left = next.saturating_since(self.now()).min(CLOCK_CHECK);
                self.alarms.clock = Some((next, self.runtime.sleep(left)));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_clock_that_is_set_back_delays_no_retry_beyond_the_longest_delay() {
        let before = Timestamp::from_ticks(100_000_000_000);
        let mut alarms = Alarms::default();
        for (token, seconds) in [(1, 1), (2, 30)] {
            let at = before.saturating_add(Duration::from_secs(seconds));
            alarms
                .retries
                .insert((at, token), ParkedItem::Activity(token));
        }
        alarms.look(before);
        let times = |alarms: &Alarms| alarms.retries.keys().copied().collect::<Vec<_>>();
        let after = |now: Timestamp, seconds| now.saturating_add(Duration::from_secs(seconds));
        assert_eq!(
            times(&alarms),
            [(after(before, 1), 1), (after(before, 30), 2)]
        );
        let set_back = Timestamp::from_ticks(0);
        alarms.look(set_back);
        let latest = set_back.saturating_add(RETRY_DELAY_MAX);
        assert_eq!(times(&alarms), [(latest, 1), (latest, 2)]);
    }
}
