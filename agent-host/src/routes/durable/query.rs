//! The query of a request: names without case, values with types.

use std::time::Duration;

use durable_task::{Status, Timestamp};

use super::refusal::Refusal;
use super::time;
use crate::routes::negotiate::Query;

/// The longest `timeout` and `pollingInterval` that can be asked for, in seconds.
const SECONDS_MAX: f64 = 1_000_000.0;

/// The decoded query.
#[derive(Debug)]
pub(super) struct Parameters {
    query: Query,
}

impl Parameters {
    pub(super) fn new(query: Query) -> Self {
        Self { query }
    }

    /// The first value of a name that is not blank.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    fn all<'a, 'n>(&'a self, name: &'n str) -> impl Iterator<Item = &'a str> + use<'a, 'n> {
        let named = self.query.iter();
        let named = named.filter(move |(other, _)| other.eq_ignore_ascii_case(name));
        named
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.trim().is_empty())
    }

    pub(super) fn flag(&self, name: &str, default: bool) -> Result<bool, Refusal> {
        let Some(text) = self.text(name) else {
            return Ok(default);
        };
        match text.trim().to_ascii_lowercase().as_str() {
            "true" => Ok(true),
            "false" => Ok(false),
            _ => Err(unreadable(name, "`true` or `false`")),
        }
    }

    /// A whole number of at least one.
    pub(super) fn count(&self, name: &str, default: usize) -> Result<usize, Refusal> {
        let Some(text) = self.text(name) else {
            return Ok(default);
        };
        match text.trim().parse() {
            Ok(count) if count > 0 => Ok(count),
            _ => Err(unreadable(name, "a whole number of at least 1")),
        }
    }

    /// Seconds with decimals.
    pub(super) fn seconds(&self, name: &str) -> Result<Option<Duration>, Refusal> {
        let Some(text) = self.text(name) else {
            return Ok(None);
        };
        let seconds = text.trim().parse::<f64>().ok();
        let seconds = seconds.filter(|seconds| (0.0..=SECONDS_MAX).contains(seconds));
        match seconds {
            Some(seconds) => Ok(Some(Duration::from_secs_f64(seconds))),
            None => Err(unreadable(name, "a number of seconds")),
        }
    }

    pub(super) fn time(&self, name: &str) -> Result<Option<Timestamp>, Refusal> {
        let Some(text) = self.text(name) else {
            return Ok(None);
        };
        match time::parse(text) {
            Some(time) => Ok(Some(time)),
            None => Err(unreadable(name, "a time such as `2026-01-31T12:00:00Z`")),
        }
    }

    /// `runtimeStatus`: lists separated by commas, any number of times.
    pub(super) fn statuses(&self) -> Result<Vec<Status>, Refusal> {
        const NAME: &str = "runtimeStatus";
        let mut statuses = Vec::new();
        let names = self.all(NAME).flat_map(|list| list.split(','));
        for name in names.map(str::trim).filter(|name| !name.is_empty()) {
            let Some(status) = STATUSES
                .into_iter()
                .find(|status| status_name(*status).eq_ignore_ascii_case(name))
            else {
                let names: Vec<_> = STATUSES.into_iter().map(status_name).collect();
                let names = format!("of {}", names.join(", "));
                return Err(unreadable(NAME, &names));
            };
            if !statuses.contains(&status) {
                statuses.push(status);
            }
        }
        Ok(statuses)
    }
}

const STATUSES: [Status; 8] = [
    Status::Running,
    Status::Completed,
    Status::ContinuedAsNew,
    Status::Failed,
    Status::Canceled,
    Status::Terminated,
    Status::Pending,
    Status::Suspended,
];

/// How the API spells a status.
pub(super) fn status_name(status: Status) -> &'static str {
    match status {
        Status::Running => "Running",
        Status::Completed => "Completed",
        Status::ContinuedAsNew => "ContinuedAsNew",
        Status::Failed => "Failed",
        Status::Canceled => "Canceled",
        Status::Terminated => "Terminated",
        Status::Pending => "Pending",
        Status::Suspended => "Suspended",
    }
}

fn unreadable(name: &str, expected: &str) -> Refusal {
    Refusal::bad_request(format!("The query parameter '{name}' must be {expected}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(pairs: &[(&str, &str)]) -> Parameters {
        let pairs = pairs.iter();
        Parameters::new(
            pairs
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
        )
    }

    #[test]
    fn names_compare_without_case_and_blank_values_are_not_there() {
        let query = parsed(&[
            ("TOP", " "),
            ("Top", "7"),
            ("showinput", "FALSE"),
            ("reason", "a b"),
        ]);
        assert_eq!(query.count("top", 100).unwrap(), 7);
        assert!(!query.flag("showInput", true).unwrap());
        assert!(query.flag("showHistory", true).unwrap());
        assert_eq!(query.text("Reason"), Some("a b"));
        assert_eq!(query.text("none"), None);
    }

    #[test]
    fn statuses_come_as_lists_and_repeated() {
        let query = parsed(&[
            ("runtimeStatus", "Running, failed"),
            ("RuntimeStatus", "Failed,,Suspended"),
        ]);
        let expected = [Status::Running, Status::Failed, Status::Suspended];
        assert_eq!(query.statuses().unwrap(), expected);
        for status in STATUSES {
            let query = parsed(&[("runtimeStatus", status_name(status))]);
            assert_eq!(query.statuses().unwrap(), [status]);
        }
    }

    #[test]
    fn seconds_have_decimals() {
        let query = parsed(&[("timeout", "1.5"), ("zero", "0")]);
        let timeout = query.seconds("timeout").unwrap();
        assert_eq!(timeout, Some(Duration::from_millis(1500)));
        assert_eq!(query.seconds("zero").unwrap(), Some(Duration::ZERO));
        assert_eq!(query.seconds("none").unwrap(), None);
    }

    #[test]
    fn what_cannot_be_read_is_refused_by_name() {
        for text in ["yes", "1", "-1", "NaN", "inf", "1e9", "Done"] {
            let query = parsed(&[("x", text), ("runtimeStatus", text)]);
            assert!(query.flag("x", true).is_err(), "{text}");
            assert!(query.time("x").is_err(), "{text}");
            assert!(query.statuses().is_err(), "{text}");
            assert!(query.count("x", 1).is_err() || text == "1", "{text}");
            assert!(query.seconds("x").is_err() || text == "1", "{text}");
        }
        let error = parsed(&[("top", "0")]).count("top", 1).unwrap_err();
        let text = "The query parameter 'top' must be a whole number of at least 1";
        assert_eq!(error, Refusal::bad_request(text));
    }
}
