use agent_sdk::prelude::*;

use std::cell::Cell;

/// Counts.
#[tool]
fn count(counter: &Cell<u32>) -> u32 {
    counter.get()
}

fn main() {}
