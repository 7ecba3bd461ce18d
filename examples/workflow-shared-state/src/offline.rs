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
            json!({"is_spam": found.is_some(), "reason": reason}).to_string()
        })
        .when(|turn| turn.instructions().contains("email assistant"))
        .answer(|turn| json!({"response": reply(turn)}).to_string())
        .otherwise("I only triage emails.")
}

/// What is replied depends on the email, which came out of the state.
fn reply(turn: &ScriptedTurn<'_>) -> &'static str {
    if turn.mentions("sprint planning") {
        "Thank you, I will be at the sprint planning."
    } else if turn.mentions("call") {
        "Thank you, let us have a call on Thursday."
    } else {
        "Thank you for your email."
    }
}
