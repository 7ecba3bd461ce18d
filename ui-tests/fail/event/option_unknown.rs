use agent_sdk::prelude::*;

use serde::{Deserialize, Serialize};

#[derive(Event, Serialize, Deserialize)]
#[event(nmae = "approval")]
struct Approval;

fn main() {}
