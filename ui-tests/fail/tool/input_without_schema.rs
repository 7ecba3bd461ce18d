use agent_sdk::prelude::*;

struct WeatherQuery {
    city: String,
}

/// Current weather for a city.
#[tool]
async fn get_weather(query: WeatherQuery) -> Result<String, ToolError> {
    Ok(query.city)
}

fn main() {}
