use agent_sdk::prelude::*;

/// Adds.
#[tool]
fn add_the_left_number_to_the_right_number_and_return_the_sum_of_the_two() -> i64 {
    0
}

fn main() {}
