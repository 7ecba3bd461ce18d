//! `replay` as CI calls it: a program, its exit code, what it prints.

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

type TestResult = Result<(), Box<dyn std::error::Error>>;

/// A history of an orchestrator that the app does not have.
const UNKNOWN: &str = r#"{"events": [
    {"eventId": -1, "timestamp": "2026-01-01T00:00:00Z", "orchestratorStarted": {}},
    {"eventId": -1, "timestamp": "2026-01-01T00:00:00Z", "executionStarted": {
        "name": "nobody", "input": "1", "orchestrationInstance": {"instanceId": "i-1"}}}
]}"#;

fn replay(arguments: &[&str], input: &str) -> Result<Output, Box<dyn std::error::Error>> {
    let folder = TempDir::new()?;
    let mut program = Command::new(env!("CARGO_BIN_EXE_crash-app"))
        .arg("replay")
        .args(arguments)
        .current_dir(folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    program
        .stdin
        .take()
        .ok_or("no standard input")?
        .write_all(input.as_bytes())?;
    Ok(program.wait_with_output()?)
}

#[test]
fn a_history_without_code_is_told_by_the_exit_code() -> TestResult {
    let output = replay(&["-"], UNKNOWN)?;
    let text = String::from_utf8(output.stdout)?;
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(
        text.starts_with("DIVERGES -\n  instance `i-1` of `nobody`"),
        "{text}"
    );
    Ok(())
}

#[test]
fn bad_input_has_an_exit_code_of_its_own() -> TestResult {
    let output = replay(&["-"], "no history")?;
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stdout)?.starts_with("UNREADABLE -\n"));
    // There is no hub of this name in the folder, and none is made.
    let output = replay(&["--all-running"], "")?;
    assert_eq!(output.status.code(), Some(2));
    let text = String::from_utf8(output.stderr)?;
    assert!(
        text.contains("Error: replay: there is no hub file "),
        "{text}"
    );
    Ok(())
}
