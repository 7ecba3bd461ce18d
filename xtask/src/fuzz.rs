//! Runs fuzz targets over seeds of choice, optimised. `docs/fuzzing.md` has what they are.

use std::error::Error;
use std::path::Path;

use crate::command::{self, cargo};

/// The seeds where none are given: many more than a test run takes.
const SEEDS: &str = "0..2000";

/// What the arguments ask for: the targets, none for all, and the seeds.
fn parse<'a>(arguments: &[&'a str]) -> Result<(Vec<&'a str>, &'a str), Box<dyn Error>> {
    let (targets, seeds) = match arguments {
        [targets @ .., "--seeds", seeds] => (targets, *seeds),
        targets => (targets, SEEDS),
    };
    if let Some(option) = targets.iter().find(|target| target.starts_with('-')) {
        return Err(format!("fuzz [TARGET..] [--seeds A..B]: what is `{option}`?").into());
    }
    let bounds = seeds.split_once("..");
    let bounds = bounds.and_then(|(from, to)| Some((from.parse().ok()?, to.parse().ok()?)));
    match bounds {
        Some((from, to)) if u64::lt(&from, &to) => Ok((targets.to_vec(), seeds)),
        _ => Err(format!("--seeds takes two numbers, as `0..1000`, not `{seeds}`").into()),
    }
}

/// Runs them one after the other; the first input that fails ends its target.
pub fn run(root: &Path, arguments: &[&str]) -> Result<(), Box<dyn Error>> {
    let (targets, seeds) = parse(arguments)?;
    let mut test = cargo(
        root,
        &[
            "test",
            "--release",
            "--locked",
            "--package",
            "agent-tests",
            "--test",
            "agent-tests",
            "--",
            "fuzz::",
            "--nocapture",
            "--test-threads=1",
        ],
    );
    test.env("FUZZ_TARGETS", targets.join(" "))
        .env("FUZZ_SEEDS", seeds);
    command::run(test)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_and_seeds_are_read() {
        let parsed = |arguments: &[&str]| {
            let (targets, seeds) = parse(arguments).ok()?;
            Some(format!("{} {seeds}", targets.join(" ")))
        };
        let table: [(&[&str], Option<&str>); 7] = [
            (&[], Some(" 0..2000")),
            (&["replays"], Some("replays 0..2000")),
            (&["a", "b", "--seeds", "7..8"], Some("a b 7..8")),
            (&["--seeds", "7"], None),
            (&["--seeds", "8..7"], None),
            (&["a", "--seeds"], None),
            (&["--seed", "1..2"], None),
        ];
        for (arguments, expected) in table {
            assert_eq!(parsed(arguments).as_deref(), expected, "{arguments:?}");
        }
    }
}
