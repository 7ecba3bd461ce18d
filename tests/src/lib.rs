//! What the end-to-end tests share: real binaries on free ports, an HTTP client that survives their
//! death, a log of calls kept outside of their process, a look into the hub's file, and workflows.

mod call_log;
pub mod flows;
mod http;
mod hub_file;
mod process;
mod random;
pub mod tools;

pub use call_log::{Call, CallLog, Phase};
pub use http::{Answer, Gone, Http};
pub use hub_file::{HubFile, WriteLock};
pub use process::{Program, Running, free_port};
pub use random::Random;

/// The README's program compiles as it stands there.
#[doc = include_str!("../../README.md")]
pub struct Readme;
