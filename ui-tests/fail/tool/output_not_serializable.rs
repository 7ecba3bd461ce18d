use agent_sdk::prelude::*;

struct Forecast;

/// Current weather for a city.
#[tool]
async fn get_weather(city: String) -> Forecast {
    let _ = city;
    Forecast
}

fn main() {}
