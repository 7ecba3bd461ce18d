use agent_sdk::prelude::*;

#[agent(promt = "Guide.")]
struct Guide;

fn main() {
    let _ = (Guide, Guide::NAME, Guide::definition());
}
