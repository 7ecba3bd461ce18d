use agent_sdk::prelude::*;

#[request_port(response = bool)]
struct Approval<T>(T);

fn main() {}
