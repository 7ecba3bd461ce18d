// #[tool]
// /// Counts.
// fn count(&self, /// How far.
//     step: u32) {}
// error: tool `count` must not take `self` [AGT103]
//   help: move it out of the `impl` block, and take what it needs by reference, as a resource

/// Counts.
fn count(&self, step: u32) {}
