//! `cargo xtask tidy`: the rules of the workspace that no compiler checks.
//!
//! Each rule is a function from sources to violations, so that its tests are texts. One test runs
//! them all over the workspace: `cargo test --workspace` fails on a wrong arrow.

mod arrows;
mod manifests;
mod modules;
mod purity;
mod size;
mod source;
#[cfg(test)]
mod tests;
mod words;

use std::error::Error;
use std::fmt;
use std::path::Path;

pub use source::Source;

/// One broken rule at one place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Violation {
    /// The file, from the root of the workspace.
    pub path: String,
    /// The line, from 1; 0 for the whole file.
    pub line: usize,
    /// What is wrong, and what to do.
    pub message: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}: {}", self.path, self.message),
            line => write!(f, "{}:{line}: {}", self.path, self.message),
        }
    }
}

/// Every violation in the workspace, in the order of its files.
pub fn violations(root: &Path) -> Result<Vec<Violation>, Box<dyn Error>> {
    let sources = source::read_all(root)?;
    let mut found = Vec::new();
    for source in &sources {
        found.extend(words::check(source));
        found.extend(size::check(source));
        found.extend(arrows::check(source));
        found.extend(purity::check(source));
    }
    found.extend(modules::check(&sources));
    found.extend(manifests::check(&sources));
    found.sort();
    Ok(found)
}

/// Prints every violation; an error if there is one.
pub fn run(root: &Path) -> Result<(), Box<dyn Error>> {
    let found = violations(root)?;
    for violation in &found {
        eprintln!("{violation}");
    }
    match found.len() {
        0 => Ok(()),
        count => Err(format!("tidy: {count} violations").into()),
    }
}
