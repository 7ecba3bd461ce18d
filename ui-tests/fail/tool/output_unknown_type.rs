use agent_sdk::prelude::*;

/// Whether it rains.
#[tool]
async fn rains() -> Result<Rain, ToolError> {
    unimplemented!()
}

fn main() {}
