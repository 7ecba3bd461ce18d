//! What answers where no key of a provider is set: a script that plays the model's part.

use agent_sdk::model::{ScriptedModel, ScriptedTurn};
use serde_json::json;

/// Asks the tool about the city that the user names, and answers from its result.
pub fn model() -> ScriptedModel {
    ScriptedModel::new()
        .when(|turn| city(turn).is_some())
        .call("get_weather", |turn| json!({ "city": city(turn) }))
        .answer(answer)
        .otherwise("Which city? Ask me, for example: What is the weather in Seattle?")
}

/// The city in "What is the weather in Seattle today?", "weather for Rome" or "And Tokyo?".
fn city<'a>(turn: &'a ScriptedTurn<'_>) -> Option<&'a str> {
    let words = ["in", "for", "about", "and"];
    let named = words.into_iter().find_map(|word| turn.text_after(word))?;
    let without = |city: &'a str, word| city.strip_suffix(word).unwrap_or(city);
    Some(
        [" please", " now", " right", " today"]
            .into_iter()
            .fold(named, without),
    )
}

fn answer(turn: &ScriptedTurn<'_>) -> String {
    if let Some(error) = turn.tool_error("get_weather") {
        return format!("I can't tell: {error}.");
    }
    let weather = turn.tool_result("get_weather");
    if weather.is_null() {
        // The request forbids tools.
        return String::from("I can't look that up now.");
    }
    let text = |field: &str| weather[field].as_str().unwrap_or("?").to_owned();
    format!(
        "The weather in {}: {}, {} °C, {} % humidity.",
        text("city"),
        text("conditions"),
        weather["celsius"],
        weather["humidity"]
    )
}
