use agent_sdk::prelude::*;

struct Counter<T>(T);

#[entity]
impl<T> Counter<T> {
    fn get(&self) {}
}

fn main() {}
