use agent_sdk::prelude::*;

/// Saves.
#[tool]
fn save(text: String, #[cfg(unix)] mode: u32) {
    let _ = (text, mode);
}

fn main() {}
