//! The script that plays the model where there is no key.

use agent_sdk::model::ScriptedModel;
use serde_json::json;

pub fn model() -> ScriptedModel {
    ScriptedModel::new()
        .when(|turn| turn.mentions("get rich quick"))
        .answer(|_| {
            json!({
                "is_appropriate": false,
                "risk_level": "high",
                "concerns": ["it promises money"],
                "recommendation": "Reject",
            })
            .to_string()
        })
        .otherwise(
            json!({
                "is_appropriate": true,
                "risk_level": "low",
                "concerns": [],
                "recommendation": "Approve",
            })
            .to_string(),
        )
}
