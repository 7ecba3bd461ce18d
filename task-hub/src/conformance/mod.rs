//! The kit that every store has to pass: what [`Store`] promises, theme by theme.
//!
//! ```
//! use async_trait::async_trait;
//! use task_hub::conformance::{self, StoreFactory};
//! use task_hub::store::memory::MemoryStore;
//!
//! struct Memory;
//!
//! #[async_trait]
//! impl StoreFactory for Memory {
//!     type Store = MemoryStore;
//!
//!     async fn create(&self) -> MemoryStore {
//!         MemoryStore::new()
//!     }
//!
//!     async fn reopen(&self, closed: MemoryStore) -> MemoryStore {
//!         closed
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! conformance::check(&Memory).await.unwrap();
//! # }
//! ```

mod commits;
mod entities;
mod histories;
mod instances;
mod large_values;
mod listings;
mod open_work;
mod purging;
mod reopening;
mod rows;
mod streams;
mod sweeps;

use std::fmt;

use async_trait::async_trait;
use durable_task::BoxFuture;

use crate::store::{Store, StoreError};

/// How often a listing is asked to go on: far more than any here has to.
const CALLS_MAX: u32 = 1_000;

/// How much of a value is shown where it is not what it has to be, in characters.
const SHOWN_CHARS_MAX: usize = 400;

/// Makes the stores that are checked.
#[async_trait]
pub trait StoreFactory: Send + Sync {
    /// What it makes.
    type Store: Store;

    /// A store with nothing in it, on which nothing has been called yet.
    async fn create(&self) -> Self::Store;

    /// What a new process finds of a store that was closed. Called only for stores that survive the
    /// process.
    async fn reopen(&self, closed: Self::Store) -> Self::Store;
}

/// A promise that a store does not keep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// What was checked.
    pub theme: &'static str,
    /// What was found.
    pub what: String,
}

/// All promises that a store does not keep, one per theme.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Violations(pub Vec<Violation>);

impl fmt::Display for Violations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the store breaks its contract:")?;
        for violation in &self.0 {
            write!(f, "\n  {}: {}", violation.theme, violation.what)?;
        }
        Ok(())
    }
}

/// Runs every theme, each over a store of its own.
pub async fn check<F: StoreFactory>(factory: &F) -> Result<(), Violations> {
    let mut violations = Vec::new();
    for (theme, run) in themes() {
        let outcome = on_a_new_store(factory, run).await;
        violations.extend(outcome.err().map(|problem| problem.of(theme)));
    }
    let outcome = reopening::keeps_all(factory).await;
    violations.extend(
        outcome
            .err()
            .map(|problem| problem.of("reopening keeps all")),
    );
    if violations.is_empty() {
        Ok(())
    } else {
        Err(Violations(violations))
    }
}

async fn on_a_new_store<F: StoreFactory>(factory: &F, run: Run) -> Outcome {
    let store = factory.create().await;
    store.open().await?;
    let outcome = run(&store).await;
    store.close().await;
    outcome
}

/// A theme: `Err` says what is not as it has to be.
type Run = for<'a> fn(&'a dyn Store) -> BoxFuture<'a, Outcome>;

type Outcome = Result<(), Problem>;

fn themes() -> Vec<(&'static str, Run)> {
    let mut themes = Vec::new();
    themes.extend(instances::THEMES);
    themes.extend(commits::THEMES);
    themes.extend(histories::THEMES);
    themes.extend(open_work::THEMES);
    themes.extend(listings::THEMES);
    themes.extend(entities::THEMES);
    themes.extend(large_values::THEMES);
    themes.extend(purging::THEMES);
    themes.extend(streams::THEMES);
    themes.extend(sweeps::THEMES);
    themes
}

/// What a theme found.
#[derive(Debug)]
struct Problem(String);

impl Problem {
    fn of(self, theme: &'static str) -> Violation {
        Violation {
            theme,
            what: self.0,
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        Self(format!("unexpected error: {error}"))
    }
}

/// Whether something is what it has to be.
fn same<T: PartialEq + fmt::Debug>(what: &str, found: &T, expected: &T) -> Outcome {
    if found == expected {
        return Ok(());
    }
    Err(Problem(format!(
        "{what}: found {}, expected {}",
        shown(found),
        shown(expected)
    )))
}

/// Whether something holds.
fn holds(what: &str, condition: bool) -> Outcome {
    if condition {
        Ok(())
    } else {
        Err(Problem(what.to_owned()))
    }
}

/// Counts the calls of a listing, so that one that never ends is noticed.
#[derive(Default)]
struct Calls(u32);

impl Calls {
    fn another(&mut self) -> Outcome {
        self.0 += 1;
        holds("a listing must end", self.0 <= CALLS_MAX)
    }
}

fn shown(value: &impl fmt::Debug) -> String {
    let text = format!("{value:?}");
    let mut shown: String = text.chars().take(SHOWN_CHARS_MAX).collect();
    if shown.len() < text.len() {
        shown.push_str("...");
    }
    shown
}
