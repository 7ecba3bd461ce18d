use agent_sdk::prelude::*;

/// Shows.
#[tool]
fn show<T: std::fmt::Display>(value: T) -> String {
    value.to_string()
}

fn main() {}
