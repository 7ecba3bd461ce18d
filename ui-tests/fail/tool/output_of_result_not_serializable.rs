use agent_sdk::prelude::*;

struct Forecast;

/// Current weather for a city.
#[tool]
fn get_weather(city: String) -> Result<Vec<Forecast>, ToolError> {
    let _ = city;
    Ok(vec![Forecast])
}

fn main() {}
