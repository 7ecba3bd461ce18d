//! The script that plays the model where there is no key.

use agent_sdk::model::ScriptedModel;

pub fn model() -> ScriptedModel {
    ScriptedModel::new()
        .when(|turn| turn.instructions().contains("sentiment analysis expert"))
        .answer(|turn| {
            if turn.mentions("growth") || turn.mentions("great") || turn.mentions("increase") {
                "Positive: the text speaks of success."
            } else {
                "Neutral: the text states facts."
            }
        })
        .when(|turn| turn.instructions().contains("keyword extraction expert"))
        .answer(|turn| {
            let mut words: Vec<&str> = turn
                .user_text()
                .split(|c: char| !c.is_alphanumeric())
                .filter(|word| word.len() > 5)
                .collect();
            words.truncate(5);
            words.join(", ")
        })
        .otherwise("The document was reviewed from several sides.")
}
