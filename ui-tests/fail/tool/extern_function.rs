use agent_sdk::prelude::*;

/// Reads.
#[tool]
extern "C" fn read(address: u64) -> u64 {
    address
}

fn main() {}
