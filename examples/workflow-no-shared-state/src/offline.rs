//! The script that plays the model where there is no key.

use agent_sdk::model::{ScriptedModel, ScriptedTurn};
use serde_json::json;

/// Words that only spam has.
const SPAM: [&str; 4] = ["winner", "prize", "click here", "urgent"];

pub fn model() -> ScriptedModel {
    ScriptedModel::new()
        .when(|turn| turn.instructions().contains("spam detection"))
        .answer(|turn| {
            let found = SPAM.iter().find(|word| turn.mentions(word));
            let reason = match found {
                Some(word) => format!("it says \"{word}\""),
                None => "it is about work".to_owned(),
            };
            json!({"is_spam": found.is_some(), "confidence": 0.9, "reason": reason}).to_string()
        })
        .when(|turn| turn.instructions().contains("email assistant"))
        .answer(|turn| json!({"response": reply(turn)}).to_string())
        .otherwise("I only triage emails.")
}

/// What is replied shows that the email itself was seen, and not only what was said of it.
fn reply(turn: &ScriptedTurn<'_>) -> String {
    let is_about = |topic: &str| {
        let messages = turn.messages().iter();
        messages
            .map(|message| message.to_text().to_lowercase())
            .any(|text| text.contains(topic))
    };
    if is_about("sprint planning") {
        "Thank you, I will be at the sprint planning.".to_owned()
    } else {
        "Thank you for your email.".to_owned()
    }
}
