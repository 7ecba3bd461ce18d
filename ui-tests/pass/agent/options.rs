//! Every option, and the defaults.

#![deny(warnings)]

use std::time::Duration;

use agent_sdk::prelude::*;

const INSTRUCTIONS: &str = "Be brief.";
const ROUNDS: u32 = 4;

#[derive(serde::Deserialize, schemars::JsonSchema)]
pub struct Report {
    pub text: String,
}

mod tools {
    use agent_sdk::prelude::*;

    /// Looks up.
    #[tool]
    pub fn look_up(word: String) -> String {
        word
    }
}

use tools::look_up;

/// Gives the time.
#[tool]
fn time() -> u64 {
    0
}

/// Writes reports.
#[agent(
    name = "report-writer",
    model = "gpt-4.1",
    instructions = INSTRUCTIONS,
    description = concat!("Writes ", "reports."),
    version = "2.0.0",
    tools = [look_up, self::time],
    output = Vec<Report>,
    max_tool_rounds = ROUNDS,
    parallel_tool_calls = false,
    temperature = 0.5,
    model_attempts = 2,
    timeout = Duration::from_secs(30),
    session_ttl = "1h 30m",
    queued_runs = 7,
)]
pub struct Writer;

/// Only talks.
#[agent]
struct Talker;

fn main() {
    let writer = Writer::definition();
    assert_eq!(writer.name, "report-writer");
    assert_eq!(writer.model.as_deref(), Some("gpt-4.1"));
    assert_eq!(writer.instructions, "Be brief.");
    assert_eq!(writer.description, "Writes reports.");
    assert_eq!(writer.version, "2.0.0");
    let names: Vec<_> = writer.tools.iter().map(|tool| tool.name).collect();
    assert_eq!(names, ["look_up", "time"]);
    let output = writer.output.unwrap();
    assert_eq!(output.name, "Array_of_Report");
    assert_eq!(writer.tool_rounds_max, 4);
    assert!(!writer.parallel_tool_calls);
    assert_eq!(writer.temperature, Some(0.5));
    assert_eq!(writer.model_attempts_max, 2);
    assert_eq!(writer.timeout, Duration::from_secs(30));
    assert_eq!(writer.session_ttl, Some(Duration::from_secs(5400)));
    assert_eq!(writer.queued_runs_max, 7);

    let talker = Talker::definition();
    assert_eq!(Talker::NAME, "Talker");
    assert_eq!(talker.description, "Only talks.");
    assert!(talker.tools.is_empty() && talker.output.is_none() && talker.model.is_none());
}
