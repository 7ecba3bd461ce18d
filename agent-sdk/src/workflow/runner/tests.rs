//! Runs in memory.
