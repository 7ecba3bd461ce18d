//! The orchestrator `Script`: its input is a JSON list of steps, its output the list of their
//! results. Beside it the activities that steps call, and the entity `counter`.
//!
//! Another program runs the same scripts with the .NET SDK. So a script tells whether two engines,
//! or two workers, do the same.

mod activities;
mod counter;
mod script;

use durable_task::{Registry, RegistryError};

pub use script::VERSIONS;

/// All that a script needs. `Script` is there without a version and in all of [`VERSIONS`] that
/// `versions` names.
pub fn registry(versions: &[&str]) -> Result<Registry, RegistryError> {
    let mut registry = Registry::new();
    script::register(&mut registry, versions)?;
    activities::register(&mut registry)?;
    counter::register(&mut registry)?;
    Ok(registry)
}
