use agent_sdk::prelude::*;

/// Saves.
#[tool]
fn save(text: impl Into<String>) {
    let _: String = text.into();
}

fn main() {}
