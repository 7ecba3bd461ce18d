use agent_sdk::prelude::*;

#[request_port(response = bool)]
enum Approval {
    Trip,
}

fn main() {}
