use agent_sdk::prelude::*;

#[executor]
async fn count(start: String) -> Result<u64, std::num::ParseIntError> {
    start.parse()
}

fn main() {}
