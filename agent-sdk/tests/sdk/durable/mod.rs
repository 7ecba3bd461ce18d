//! Agents on a real hub: worker, engine and stores as they are, models from a script.

mod crash;
mod failure;
mod order;
mod own_code;
mod scene;
mod turn;
