use agent_sdk::prelude::*;

struct Report;

#[agent(output = Report)]
struct Guide;

fn main() {}
