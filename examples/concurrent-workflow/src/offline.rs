//! The script that plays the model where there is no key.

use agent_sdk::model::ScriptedModel;

pub fn model() -> ScriptedModel {
    ScriptedModel::new()
        .when(|turn| turn.instructions().contains("physics"))
        .answer(|_| "Temperature is the average kinetic energy of particles.")
        .otherwise("Temperature decides how fast substances react.")
}
