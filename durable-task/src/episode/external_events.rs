//! External events: first in, first out per name; names compare without case.

use std::collections::{BTreeMap, VecDeque};
use std::task::Poll;

use prost_types::Timestamp as WireTimestamp;

use crate::wire::proto::history_event::EventType;
use crate::wire::proto::{EventRaisedEvent, HistoryEvent};

/// An event that has arrived and that nobody has read.
#[derive(Debug, Clone)]
struct Unread {
    /// Its place among all events of the execution.
    arrival: u64,
    timestamp: Option<WireTimestamp>,
    event: EventRaisedEvent,
}

/// One `wait_for_event`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Waiter {
    name: String,
    pub(super) number: u64,
}

impl Unread {
    fn bytes(&self) -> usize {
        self.event.name.len() + self.event.input.as_ref().map_or(0, String::len)
    }
}

#[derive(Debug, Default)]
struct Queue {
    unread: VecDeque<Unread>,
    /// Never waits while there is something unread.
    waiters: VecDeque<u64>,
}

#[derive(Debug, Default)]
pub(super) struct ExternalEvents {
    queues: BTreeMap<String, Queue>,
    delivered: BTreeMap<u64, Unread>,
    next_waiter: u64,
    next_arrival: u64,
    /// Of all that is unread.
    bytes: usize,
}

impl ExternalEvents {
    /// Takes an event in; returns the waiter that gets it.
    pub(super) fn arrive(
        &mut self,
        event: EventRaisedEvent,
        timestamp: Option<WireTimestamp>,
    ) -> Option<u64> {
        let arrival = self.next_arrival;
        self.next_arrival += 1;
        let name = event.name.to_lowercase();
        let unread = Unread {
            arrival,
            timestamp,
            event,
        };
        self.bytes += unread.bytes();
        let queue = self.queues.entry(name).or_default();
        let Some(waiter) = queue.waiters.pop_front() else {
            queue.unread.push_back(unread);
            return None;
        };
        self.delivered.insert(waiter, unread);
        Some(waiter)
    }

    /// Begins to wait. The oldest unread event of that name is delivered at once.
    pub(super) fn wait(&mut self, name: &str) -> Waiter {
        let name = name.to_lowercase();
        let number = self.next_waiter;
        self.next_waiter += 1;
        let queue = self.queues.entry(name.clone()).or_default();
        match queue.unread.pop_front() {
            Some(unread) => {
                self.delivered.insert(number, unread);
            }
            None => queue.waiters.push_back(number),
        }
        self.forget_empty(&name);
        Waiter { name, number }
    }

    /// The payload, if the waiter's event has come.
    pub(super) fn take(&mut self, waiter: &Waiter) -> Poll<Option<String>> {
        let Some(unread) = self.delivered.remove(&waiter.number) else {
            return Poll::Pending;
        };
        self.bytes -= unread.bytes();
        self.forget_empty(&waiter.name);
        Poll::Ready(unread.event.input)
    }

    /// Nobody waits there any more. An event that it got and did not read goes to the next waiter,
    /// which is returned, or back to the front of its queue.
    pub(super) fn give_up(&mut self, waiter: &Waiter) -> Option<u64> {
        let queue = self.queues.entry(waiter.name.clone()).or_default();
        queue.waiters.retain(|number| *number != waiter.number);
        let next = self.delivered.remove(&waiter.number).and_then(|unread| {
            let next = queue.waiters.pop_front();
            match next {
                Some(next) => {
                    self.delivered.insert(next, unread);
                }
                None => queue.unread.push_front(unread),
            }
            next
        });
        self.forget_empty(&waiter.name);
        next
    }

    /// All unread events, in the order of their arrival, as the next execution gets them.
    pub(super) fn carry_over(&mut self) -> Vec<HistoryEvent> {
        self.bytes = 0;
        let queued = std::mem::take(&mut self.queues)
            .into_values()
            .flat_map(|queue| queue.unread);
        let delivered = std::mem::take(&mut self.delivered).into_values();
        let mut unread: Vec<Unread> = queued.chain(delivered).collect();
        unread.sort_by_key(|unread| unread.arrival);
        unread
            .into_iter()
            .map(|unread| HistoryEvent {
                event_id: -1,
                timestamp: unread.timestamp,
                event_type: Some(EventType::EventRaised(unread.event)),
            })
            .collect()
    }

    /// Bytes of names and payloads of all that is unread.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    fn forget_empty(&mut self, name: &str) {
        if let Some(queue) = self.queues.get(name)
            && queue.unread.is_empty()
            && queue.waiters.is_empty()
        {
            self.queues.remove(name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raise(events: &mut ExternalEvents, name: &str, input: &str) -> Option<u64> {
        let event = EventRaisedEvent {
            name: name.to_owned(),
            input: Some(input.to_owned()),
        };
        events.arrive(event, None)
    }

    fn ready(payload: &str) -> Poll<Option<String>> {
        Poll::Ready(Some(payload.to_owned()))
    }

    #[test]
    fn unread_events_are_read_in_their_order_and_names_have_no_case() {
        let mut events = ExternalEvents::default();
        assert_eq!(raise(&mut events, "Go", "1"), None);
        assert_eq!(raise(&mut events, "gO", "2"), None);
        let (first, second) = (events.wait("GO"), events.wait("go"));
        assert_eq!(events.take(&second), ready("2"));
        assert_eq!(events.take(&first), ready("1"));
        assert_eq!(events.take(&first), Poll::Pending);
        assert!(events.queues.is_empty());
    }

    #[test]
    fn the_first_waiter_is_served_first() {
        let mut events = ExternalEvents::default();
        let (first, second) = (events.wait("go"), events.wait("go"));
        assert_eq!(raise(&mut events, "go", "1"), Some(first.number));
        assert_eq!(events.take(&second), Poll::Pending);
        assert_eq!(raise(&mut events, "go", "2"), Some(second.number));
        assert_eq!(events.take(&first), ready("1"));
    }

    #[test]
    fn a_waiter_that_gives_up_loses_no_event() {
        let mut events = ExternalEvents::default();
        let (first, second) = (events.wait("go"), events.wait("go"));
        raise(&mut events, "go", "1");
        assert_eq!(events.give_up(&first), Some(second.number));
        assert_eq!(events.give_up(&second), None);
        raise(&mut events, "go", "2");
        let third = events.wait("go");
        assert_eq!(events.take(&third), ready("1"));
    }

    #[test]
    fn what_a_waiter_gives_back_is_still_the_oldest() {
        let mut events = ExternalEvents::default();
        raise(&mut events, "go", "1");
        raise(&mut events, "go", "2");
        let first = events.wait("go");
        assert_eq!(events.give_up(&first), None);
        let second = events.wait("go");
        assert_eq!(events.take(&second), ready("1"));
    }

    #[test]
    fn unread_events_are_carried_over_in_the_order_of_arrival() {
        let mut events = ExternalEvents::default();
        let waiter = events.wait("b");
        raise(&mut events, "b", "1");
        raise(&mut events, "a", "2");
        raise(&mut events, "B", "3");
        raise(&mut events, "c", "read");
        assert_eq!(events.bytes(), 11);
        let reader = events.wait("c");
        assert_eq!(events.take(&reader), ready("read"));
        assert_eq!(events.bytes(), 6);
        drop(waiter);
        let carried: Vec<_> = events
            .carry_over()
            .into_iter()
            .filter_map(|event| match event.event_type {
                Some(EventType::EventRaised(raised)) => Some((raised.name, raised.input)),
                _ => None,
            })
            .collect();
        let expected = [("b", "1"), ("a", "2"), ("B", "3")]
            .map(|(name, input)| (name.to_owned(), Some(input.to_owned())));
        assert_eq!(carried, expected);
        assert_eq!(events.bytes(), 0);
    }
}
