//! Nothing: the cases are complete programs, compiled by `ui.rs`.
