//! Scripts on engines of other people and on our own: our worker gives what the worker of the .NET
//! SDK gives on the same engine.

mod cases;
mod embedded;
mod in_memory;
mod outcome;
mod processes;
mod storage;
mod tools;
mod twin;
