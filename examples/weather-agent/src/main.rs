//! Weather.
fn main() {}
