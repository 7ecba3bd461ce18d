//! A deterministic simulation of hub, workers and clients: one seed, one thread, one order of all
//! that happens. `docs/simulation.md` says what it does and what it checks.

mod bug;
mod chaos;
mod code;
mod disk;
mod executor;
mod jobs;
mod last;
mod ledger;
mod limits;
mod link;
mod lives;
mod oracle;
mod programs;
mod random;
mod requests;
mod sabotage;
mod world;

pub use bug::Bug;
pub(crate) use bug::{GIVEN_BACK_MAX, has, is_running};
pub use chaos::{Failure, Run, simulate};
