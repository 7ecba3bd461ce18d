//! Every rule of a run, one by one.

mod cost;
mod faults;
mod lab;
mod random;
mod reference;
mod requests;
mod results;
mod routing;
