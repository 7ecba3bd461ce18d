//! The expansion does not depend on the names around it.

#![deny(warnings)]
#![allow(dead_code, non_camel_case_types)]

mod core {}
mod std {}
struct Result;
struct Option;
struct Some;
struct Ok;
struct Vec;
struct String;
struct Box;
struct str;
trait Send {}
trait Future {}
trait Tool {}

mod agent_sdk {}

/// Methods that fit every type.
trait Intrusive: Sized {
    fn encode(self) {}
    fn take(self) {}
    fn lend(self) {}
    fn argument(self) {}
    fn resource(self) {}
    fn timeout(self) {}
    fn finish(self) {}
}

impl<T> Intrusive for T {}

/// Doubles.
#[::agent_sdk::tool(timeout = "1s")]
fn double(number: u32, ctx: &::agent_sdk::tool::ToolContext) -> u64 {
    let _ = ctx;
    u64::from(number) * 2
}

/// Helps.
#[::agent_sdk::agent(model = "small", tools = [double], temperature = 1, session_ttl = "1d")]
struct Helper;

fn main() {
    assert_eq!(<double as ::agent_sdk::tool::Tool>::NAME, "double");
    assert_eq!(<Helper as ::agent_sdk::agent::Agent>::NAME, "Helper");
}
