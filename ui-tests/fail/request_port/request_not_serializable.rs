use agent_sdk::prelude::*;

#[request_port(response = bool)]
struct Approval(u64);

fn main() {}
