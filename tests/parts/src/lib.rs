//! Parts of workflows as a library has them: what is public is a node elsewhere, what is private
//! comes along with it.

mod billing;
mod facade;
pub mod steps;

pub use billing::{Approve, Customer, Invoice, Receipt, Total, invoice};
pub use facade::sdk;
