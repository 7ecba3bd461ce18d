//! Where the simulator's deliberate bugs are: `has_bug!(Name)` is false in every build for users.

/// Whether the simulation on this thread has the deliberate bug.
#[cfg(feature = "simulation")]
macro_rules! has_bug {
    ($bug:ident) => {
        crate::simulation::has(crate::simulation::Bug::$bug)
    };
}

#[cfg(not(feature = "simulation"))]
macro_rules! has_bug {
    ($bug:ident) => {
        false
    };
}
