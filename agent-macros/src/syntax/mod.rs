//! Tokens to raw values. Knows Rust, and no macro of ours.

pub mod docs;
pub mod duration;
pub mod function;
pub mod item;
pub mod methods;
pub mod nearest;
pub mod options;
pub mod text;
pub mod workflow;
