//! The developers' command. `cargo xtask` lists what it does.

mod check;
mod command;
mod fuzz;
mod proto;
mod sim;
mod smoke;
mod tidy;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use command::cargo;

const USAGE: &str = "\
usage: cargo xtask COMMAND

  check          everything that CI runs
  tidy           the rules of the workspace that no compiler checks
  smoke          starts the example and asks it what the README asks it
  bless          accepts the present expansions and compile errors as the expected ones, and
                 draws the diagrams of the samples anew
  proto          compiles the protocol file to Rust
  docs           builds the documentation of our crates; a warning is an error
  sim --seeds FIRST..END [--bug NAME]
                 runs the simulator; a failing seed prints how to run it again
  bench [NAME..] runs the benchmarks: one JSON line per figure, then a table
  fuzz [TARGET..] [--seeds A..B]
                 runs fuzz targets over these seeds, optimised";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..");
    match run(&root, &arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(root: &Path, arguments: &[&str]) -> Result<(), Box<dyn Error>> {
    match arguments {
        ["check"] => check::run(root),
        ["tidy"] => tidy::run(root),
        ["smoke"] => smoke::run(root),
        ["bless"] => bless(root),
        ["proto"] => proto::run(root),
        ["docs"] => docs(root),
        ["sim", arguments @ ..] => sim::run(root, arguments),
        ["bench", names @ ..] => bench(root, names),
        ["fuzz", arguments @ ..] => fuzz::run(root, arguments),
        _ => Err(USAGE.into()),
    }
}

/// Review what it changes like code: `git diff agent-macros/tests/expand ui-tests examples`.
fn bless(root: &Path) -> Result<(), Box<dyn Error>> {
    let mut test = cargo(
        root,
        &["test", "--package", "agent-macros", "--package", "ui-tests"],
    );
    test.env("TRYBUILD", "overwrite")
        .env("INSTA_UPDATE", "always")
        .env("INSTA_FORCE_PASS", "1")
        .env("BLESS", "1");
    command::run(test)?;
    let mut diagrams = cargo(
        root,
        &["test", "--package", "agent-tests", "samples::diagrams"],
    );
    diagrams.env("BLESS", "1");
    command::run(diagrams)
}

fn docs(root: &Path) -> Result<(), Box<dyn Error>> {
    let mut doc = cargo(root, &["doc", "--workspace", "--no-deps", "--locked"]);
    doc.env("RUSTDOCFLAGS", "--deny warnings");
    command::run(doc)
}

fn bench(root: &Path, names: &[&str]) -> Result<(), Box<dyn Error>> {
    let arguments = [
        "build",
        "--release",
        "--locked",
        "--package",
        "agent-tests",
        "--bins",
    ];
    command::run(cargo(root, &arguments))?;
    let mut bench = Command::new(command::target(root).join("release/bench"));
    bench.current_dir(root).args(names);
    command::run(bench)
}
