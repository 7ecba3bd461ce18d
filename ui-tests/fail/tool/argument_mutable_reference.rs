use agent_sdk::prelude::*;

struct Store;

/// Saves.
#[tool]
fn save(store: &mut Store, text: String) {
    let _ = (store, text);
}

fn main() {}
