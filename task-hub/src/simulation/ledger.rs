//! An entity that writes down each operation it was given, so that order and number can be checked.

use std::collections::BTreeMap;
use std::fmt;

use durable_task::{EntityId, InstanceId};

/// The entity's name.
pub(super) const LEDGER: &str = "ledger";
/// The same, with operations that wait.
pub(super) const DIARY: &str = "diary";

/// One operation: who sent it, which one of its operations it is, and at which attempt.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Entry {
    /// `late` operations have a sender of their own: they come in no order.
    pub(super) sender: String,
    pub(super) number: u64,
    pub(super) attempt: u64,
}

impl Entry {
    pub(super) fn new(sender: impl Into<String>, number: u64, attempt: u64) -> Self {
        Self {
            sender: sender.into(),
            number,
            attempt,
        }
    }

    /// The sender of delayed operations.
    pub(super) fn late(sender: &str) -> String {
        format!("late-{sender}")
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        let (rest, attempt) = text.rsplit_once(':')?;
        let (sender, number) = rest.rsplit_once(':')?;
        Some(Self::new(
            sender,
            number.parse().ok()?,
            attempt.parse().ok()?,
        ))
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.sender, self.number, self.attempt)
    }
}

/// Which of the two an id is that of.
pub(super) fn name_of(id: &InstanceId) -> Option<&'static str> {
    let id = EntityId::parse(id.as_str())?;
    [LEDGER, DIARY]
        .into_iter()
        .find(|name| id.name().eq_ignore_ascii_case(name))
}

/// The entries of a ledger's state.
pub(super) fn entries(state: Option<&str>) -> Vec<String> {
    state
        .and_then(|state| serde_json::from_str(state).ok())
        .unwrap_or_default()
}

/// A ledger only grows, has nothing twice, and what one sender sent comes in its order. Where a
/// client had to repeat a request the repetition may come at any time.
pub(super) fn check(before: Option<&str>, after: Option<&str>) -> Result<(), String> {
    let (before, after) = (entries(before), entries(after));
    if !after.starts_with(&before) {
        return Err(String::from("an operation that was applied is undone"));
    }
    let mut last: BTreeMap<String, u64> = BTreeMap::new();
    let mut seen = std::collections::BTreeSet::new();
    for text in &after {
        let Some(entry) = Entry::parse(text) else {
            return Err(format!("`{text}` is not an entry"));
        };
        if !seen.insert(entry.clone()) {
            return Err(format!("`{text}` was applied twice"));
        }
        if entry.attempt > 1 || entry.sender.starts_with("late-") {
            continue;
        }
        let before = last.insert(entry.sender, entry.number);
        if before.is_some_and(|before| before > entry.number) {
            return Err(format!("`{text}` came after {before:?} of the same sender"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn what_a_ledger_may_be() {
        let cases = [
            (None, r#"["a:1:1"]"#, true),
            (Some(r#"["a:1:1"]"#), r#"["a:1:1","b:1:1","a:2:1"]"#, true),
            (Some(r#"["a:1:1"]"#), r#"["a:2:1"]"#, false),
            (None, r#"["a:2:1","a:1:1"]"#, false),
            (None, r#"["a:2:1","a:1:2"]"#, true),
            (None, r#"["late-a:2:1","late-a:1:1"]"#, true),
            (None, r#"["a:1:1","a:1:1"]"#, false),
            (None, r#"["a"]"#, false),
        ];
        for (before, after, good) in cases {
            assert_eq!(check(before, Some(after)).is_ok(), good, "{after}");
        }
    }
}
