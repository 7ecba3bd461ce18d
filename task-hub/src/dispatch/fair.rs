//! Waiting work in lines that take turns: what one name has too much of holds up no other.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

/// How many empty lines are kept for the next item.
const EMPTY_LINES_KEPT: usize = 256;

/// Which line.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Line {
    pub(super) name: Arc<str>,
    pub(super) version: Option<Arc<str>>,
}

/// One line for each name and version. A line with items either waits for its turn, or has been
/// taken by [`next`](Self::next) and has to be given back.
#[derive(Debug)]
pub(super) struct Lines<T> {
    by_name: HashMap<Arc<str>, Vec<Waiting<T>>>,
    turns: VecDeque<Line>,
    empty: usize,
    items: usize,
    /// How many items the lines had that were given back last.
    blocked: usize,
}

#[derive(Debug)]
struct Waiting<T> {
    line: Line,
    items: VecDeque<T>,
    /// Whether it waits for its turn or has been taken.
    listed: bool,
}

impl<T> Default for Lines<T> {
    fn default() -> Self {
        Self {
            by_name: HashMap::new(),
            turns: VecDeque::new(),
            empty: 0,
            items: 0,
            blocked: 0,
        }
    }
}

impl<T> Lines<T> {
    /// Puts an item at the end of its line.
    pub(super) fn push(&mut self, name: &str, version: Option<&str>, item: T) {
        self.items += 1;
        let lines = self.by_name.get_mut(name);
        let known = lines.and_then(|lines| {
            let mut lines = lines.iter_mut();
            lines.find(|waiting| waiting.line.version.as_deref() == version)
        });
        if let Some(waiting) = known {
            waiting.items.push_back(item);
            if !waiting.listed {
                waiting.listed = true;
                self.empty -= 1;
                self.turns.push_back(waiting.line.clone());
            }
        } else {
            self.begin_line(name, version, item);
        }
    }

    fn begin_line(&mut self, name: &str, version: Option<&str>, item: T) {
        let name = match self.by_name.get_key_value(name) {
            Some((name, _)) => Arc::clone(name),
            None => Arc::from(name),
        };
        let line = Line {
            name: Arc::clone(&name),
            version: version.map(Arc::from),
        };
        self.turns.push_back(line.clone());
        self.by_name.entry(name).or_default().push(Waiting {
            line,
            items: VecDeque::from([item]),
            listed: true,
        });
    }

    /// The line whose turn it is. It comes again when it is given back.
    pub(super) fn next(&mut self) -> Option<Line> {
        self.turns.pop_front()
    }

    /// The first item of a line that has been taken. If there are more, the line waits for its next
    /// turn; if not, the line is gone.
    pub(super) fn pop(&mut self, line: Line) -> Option<T> {
        let lines = self.by_name.get_mut(&line.name)?;
        let place = lines
            .iter()
            .position(|waiting| waiting.line.version == line.version)?;
        let waiting = lines.get_mut(place)?;
        let item = waiting.items.pop_front();
        self.items -= usize::from(item.is_some());
        if !waiting.items.is_empty() {
            self.turns.push_back(line);
            return item;
        }
        waiting.listed = false;
        self.empty += 1;
        if self.empty > EMPTY_LINES_KEPT {
            lines.swap_remove(place);
            self.empty -= 1;
            if lines.is_empty() {
                self.by_name.remove(&line.name);
            }
        }
        item
    }

    /// Gives back lines that can't go on now: they come first the next time, in their order.
    pub(super) fn give_back(&mut self, lines: Vec<Line>) {
        self.blocked = lines.iter().map(|line| self.len_of(line)).sum();
        for line in lines.into_iter().rev() {
            self.turns.push_front(line);
        }
    }

    fn len_of(&self, line: &Line) -> usize {
        let mut lines = self.by_name.get(&line.name).into_iter().flatten();
        let waiting = lines.find(|waiting| waiting.line.version == line.version);
        waiting.map_or(0, |waiting| waiting.items.len())
    }

    /// How many items wait.
    pub(super) fn len(&self) -> usize {
        self.items
    }

    /// How many wait in lines that can go on.
    pub(super) fn len_going(&self) -> usize {
        self.items.saturating_sub(self.blocked)
    }

    /// Forgets all.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(lines: &mut Lines<u32>) -> Vec<u32> {
        std::iter::from_fn(|| lines.next().and_then(|line| lines.pop(line))).collect()
    }

    #[test]
    fn lines_take_turns_and_keep_their_order() {
        let mut lines = Lines::default();
        for item in 0..4 {
            lines.push("much", None, item);
        }
        lines.push("little", None, 10);
        lines.push("much", Some("2"), 20);
        lines.push("little", None, 11);
        assert_eq!(all(&mut lines), [0, 10, 20, 1, 11, 2, 3]);
        assert_eq!(lines.len(), 0);
    }

    #[test]
    fn a_line_that_is_given_back_comes_first_and_holds_up_none() {
        let mut lines = Lines::default();
        for (name, item) in [("full", 1), ("free", 2), ("busy", 3), ("full", 4)] {
            lines.push(name, None, item);
        }
        let (mut ran, mut blocked) = (Vec::new(), Vec::new());
        while let Some(line) = lines.next() {
            if &*line.name == "free" {
                ran.extend(lines.pop(line));
            } else {
                blocked.push(line);
            }
        }
        // What comes meanwhile joins a line that is taken.
        lines.push("full", None, 5);
        lines.give_back(blocked);
        assert_eq!((lines.len(), lines.len_going()), (4, 0));
        lines.push("free", None, 6);
        assert_eq!(lines.len_going(), 1);
        assert_eq!(ran, [2]);
        assert_eq!(all(&mut lines), [1, 3, 6, 4, 5]);
    }

    #[test]
    fn names_that_come_once_are_not_kept() {
        let mut lines = Lines::default();
        for item in 0..10_000_u32 {
            lines.push(&item.to_string(), None, item);
        }
        assert_eq!(all(&mut lines).len(), 10_000);
        assert!(
            lines.by_name.len() <= EMPTY_LINES_KEPT,
            "{}",
            lines.by_name.len()
        );
        assert_eq!(lines.empty, lines.by_name.len());
        lines.push("9", None, 1);
        assert_eq!(all(&mut lines), [1]);
    }
}
