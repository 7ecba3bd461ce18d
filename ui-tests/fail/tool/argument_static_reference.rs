use agent_sdk::prelude::*;

struct Store;

/// Saves.
#[tool]
fn save(store: &'static Store, text: String) {
    let _ = (store, text);
}

fn main() {}
