//! Typed AI agents, tools and workflows that survive crashes.

pub mod agent;
pub mod model;
pub mod tool;
