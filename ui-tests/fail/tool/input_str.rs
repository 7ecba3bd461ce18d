use agent_sdk::prelude::*;

/// Current weather for a city.
#[tool]
async fn get_weather(city: &str) -> String {
    city.to_owned()
}

fn main() {}
