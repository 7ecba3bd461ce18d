use agent_sdk::prelude::*;

trait Store: Send + Sync {}

/// Saves.
#[tool]
fn save(store: &dyn Store) {
    let _ = store;
}

fn main() {}
