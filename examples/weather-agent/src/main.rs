//! An agent with one tool.
//!
//! `cargo run -p weather-agent` serves it on port 7071;
//! `cargo run -p weather-agent -- ask "What is the weather in Seattle?"` asks it once.

mod offline;
mod weather;

use agent_host::{FunctionApp, HostError};
use agent_sdk::prelude::*;

use weather::Weather;

/// Current weather for a city.
#[tool]
fn get_weather(
    /// City name, for example "Seattle".
    city: String,
) -> Result<Weather, ToolError> {
    Weather::now(city).ok_or_else(|| ToolError::failed("say which city"))
}

/// Answers questions about the weather.
#[agent(instructions = "You are a helpful weather assistant.", tools = [get_weather])]
struct WeatherAgent;

fn main() -> Result<(), HostError> {
    FunctionApp::new()
        .agent::<WeatherAgent>()
        .offline_model(offline::model())
        .run()
}

#[cfg(test)]
mod tests;
