//! Every rule of a run, one by one.

mod random;
mod reference;
