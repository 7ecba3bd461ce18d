use agent_sdk::prelude::*;

use serde::{Deserialize, Serialize};

#[derive(Event, Serialize, Deserialize)]
struct Approval<T> {
    by: T,
}

fn main() {}
