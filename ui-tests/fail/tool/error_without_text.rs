use agent_sdk::prelude::*;

struct Offline;

/// Current weather for a city.
#[tool]
async fn get_weather(city: String) -> Result<String, Offline> {
    if city.is_empty() { Err(Offline) } else { Ok(city) }
}

fn main() {}
