//! One pattern per file.

pub mod approval;
pub mod bank;
pub mod chaining;
pub mod fan_out;
pub mod monitor;
pub mod rates;
pub mod trip;
pub mod versions;
