//! `cargo xtask check`: everything that CI runs, in the order in which a mistake shows soonest.

use std::error::Error;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::Stdio;
use std::time::Instant;

use crate::command::{self, cargo};
use crate::smoke;

/// How many tests a run of the test command had.
#[derive(Debug, Default, PartialEq, Eq)]
struct Tally {
    passed: u64,
    failed: u64,
    ignored: u64,
}

/// Runs every step; the first that fails ends it. The last line printed counts the tests.
pub fn run(root: &Path) -> Result<(), Box<dyn Error>> {
    step("format", || {
        command::run(cargo(root, &["fmt", "--all", "--check"]))
    })?;
    step("clippy", || {
        let mut clippy = cargo(
            root,
            &["clippy", "--workspace", "--all-targets", "--locked"],
        );
        clippy.args(["--all-features", "--", "--deny", "warnings"]);
        command::run(clippy)
    })?;
    let tally = step("test", || test(root))?;
    step("simulation", || crate::sim::check(root))?;
    step("docs", || crate::docs(root))?;
    step("package", || {
        // The sources have just been compiled: compiling them again from the package would only
        // double the time.
        let mut publish = cargo(
            root,
            &["publish", "--workspace", "--dry-run", "--no-verify"],
        );
        publish.args(["--locked", "--allow-dirty"]);
        command::run(publish)
    })?;
    step("smoke", || smoke::run(root))?;
    let Tally {
        passed,
        failed,
        ignored,
    } = tally;
    println!("{passed} passed, {failed} failed, {ignored} skipped");
    Ok(())
}

fn step<T>(
    name: &str,
    work: impl FnOnce() -> Result<T, Box<dyn Error>>,
) -> Result<T, Box<dyn Error>> {
    println!("--- {name}");
    let start = Instant::now();
    let result = work().map_err(|error| format!("{name}: {error}"))?;
    println!("--- {name}: {} s", start.elapsed().as_secs());
    Ok(result)
}

/// The README's test command, its output passed on and counted.
fn test(root: &Path) -> Result<Tally, Box<dyn Error>> {
    let mut test = cargo(
        root,
        &[
            "test",
            "--workspace",
            "--all-features",
            "--no-fail-fast",
            "--locked",
        ],
    );
    let mut child = test.stdout(Stdio::piped()).spawn()?;
    let output = child.stdout.take().ok_or("no output")?;
    let mut tally = Tally::default();
    let mut terminal = std::io::stdout();
    for line in BufReader::new(output).split(b'\n') {
        let line = line?;
        terminal.write_all(&line)?;
        terminal.write_all(b"\n")?;
        tally.add(&String::from_utf8_lossy(&line));
    }
    if !child.wait()?.success() {
        return Err(format!("{test:?} failed").into());
    }
    Ok(tally)
}

impl Tally {
    /// Adds a line such as `test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; ..`.
    fn add(&mut self, line: &str) {
        let Some((_, counts)) = line
            .strip_prefix("test result: ")
            .and_then(|rest| rest.split_once(". "))
        else {
            return;
        };
        for count in counts.split("; ") {
            let mut words = count.split(' ');
            let Some(number) = words.next().and_then(|word| word.parse::<u64>().ok()) else {
                continue;
            };
            match words.next() {
                Some("passed") => self.passed += number,
                Some("failed") => self.failed += number,
                Some("ignored") => self.ignored += number,
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn summaries_are_added_up_and_other_lines_are_not() {
        let mut tally = Tally::default();
        for line in [
            "running 3 tests",
            "test a ... ok",
            "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; in 1s",
            "test result: FAILED. 2 passed; 4 failed; 0 ignored; 0 measured; 7 filtered out",
        ] {
            tally.add(line);
        }
        let expected = Tally {
            passed: 5,
            failed: 4,
            ignored: 1,
        };
        assert_eq!(tally, expected);
    }
}
