use std::error::Error;
use std::process::Command;

use agent_tests::tools::{need, python, workspace};

use super::run_patterns;

const FOLDER: &str = "tests/python";

#[test]
fn the_python_sdk_runs_its_patterns() -> Result<(), Box<dyn Error>> {
    let Some(packages) = need(python(FOLDER)) else {
        return Ok(());
    };
    let mut script = Command::new("python3");
    script
        .env("PYTHONPATH", packages)
        .arg(workspace().join(FOLDER).join("patterns.py"));
    run_patterns(&script, 24)
}
