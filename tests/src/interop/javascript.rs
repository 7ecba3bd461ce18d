use std::error::Error;
use std::process::Command;

use agent_tests::tools::{need, node_modules, workspace};

use super::run_patterns;

const FOLDER: &str = "tests/javascript";

#[test]
fn the_javascript_sdk_runs_its_patterns() -> Result<(), Box<dyn Error>> {
    let Some(modules) = need(node_modules(FOLDER)) else {
        return Ok(());
    };
    let mut script = Command::new("node");
    script
        .env("NODE_PATH", modules)
        .arg(workspace().join(FOLDER).join("patterns.js"));
    run_patterns(&script, 12)
}
