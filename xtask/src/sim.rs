//! `cargo xtask sim`: the deterministic simulator of hub, workers and clients.

use std::error::Error;
use std::path::Path;
use std::process::Command;

use crate::command::{self, cargo};

/// What CI runs. The seeds are fixed: a change that breaks one is the change that is looked at.
const CHECKED: &str = "0..20000";
/// The simulator needs no files, and nothing of this is in a build for users.
const FEATURES: [&str; 5] = [
    "--package",
    "task-hub",
    "--no-default-features",
    "--features",
    "simulation",
];

/// `--seeds FIRST..END [--bug NAME]`.
pub fn run(root: &Path, arguments: &[&str]) -> Result<(), Box<dyn Error>> {
    let arguments: Vec<&str> = match arguments {
        ["--seeds", seeds] => vec![seeds],
        ["--seeds", seeds, "--bug", bug] => vec![seeds, bug],
        _ => return Err("usage: cargo xtask sim --seeds FIRST..END [--bug NAME]".into()),
    };
    let mut build = cargo(
        root,
        &["build", "--release", "--locked", "--bin", "simulate"],
    );
    build.args(FEATURES);
    command::run(build)?;
    let mut simulate = Command::new(command::target(root).join("release/simulate"));
    simulate.current_dir(root).args(arguments);
    command::run(simulate)
}

/// What `cargo xtask check` runs beside the simulator's own tests, which the test command has run.
pub fn check(root: &Path) -> Result<(), Box<dyn Error>> {
    let mut clippy = cargo(root, &["clippy", "--locked", "--lib", "--bins"]);
    clippy.args(["--test", "simulation"]).args(FEATURES);
    clippy.args(["--", "--deny", "warnings"]);
    command::run(clippy)?;
    run(root, &["--seeds", CHECKED])
}
