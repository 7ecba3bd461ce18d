//! `run`, and the answer of a run that is fetched later.

pub(crate) mod answer;
mod late;
pub(crate) mod request;
mod run;

pub(crate) use late::late;
pub(crate) use run::{run, start, wait_for};
