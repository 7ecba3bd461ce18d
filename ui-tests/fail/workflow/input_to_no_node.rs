use agent_sdk::prelude::*;

#[workflow]
fn write(topic: String) -> String {
    topic >> ();
}

fn main() {}
