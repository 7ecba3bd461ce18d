//! Official SDKs, unmodified, against our gRPC service.

mod javascript;
mod python;

use std::error::Error;
use std::path::Path;
use std::process::Command;

use agent_tests::tools::Sidecar;
use tempfile::TempDir;

/// Runs a script that prints `ok NAME` or `FAILED NAME` per pattern against a fresh hub file, and
/// checks that it ran at least so many.
fn run_patterns(script: &Command, patterns_min: usize) -> Result<(), Box<dyn Error>> {
    let folder = TempDir::new()?;
    for hub in [Path::new("memory"), &folder.path().join("hub.db")] {
        let sidecar = Sidecar::start(hub, &[])?;
        let output = script_at(script, sidecar.address()).output()?;
        let said = String::from_utf8_lossy(&output.stdout);
        let hub = hub.display();
        assert!(output.status.success(), "{hub}: {said}");
        let passed = said.lines().filter(|line| line.starts_with("ok ")).count();
        assert!(
            passed >= patterns_min,
            "{hub}: only {passed} patterns: {said}"
        );
    }
    Ok(())
}

/// The same command with the address at its end.
fn script_at(script: &Command, address: &str) -> Command {
    let mut command = Command::new(script.get_program());
    command.args(script.get_args()).arg(address);
    for (name, value) in script.get_envs() {
        if let Some(value) = value {
            command.env(name, value);
        }
    }
    command
}
