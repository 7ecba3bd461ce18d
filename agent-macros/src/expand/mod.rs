//! Validated values to tokens. Decides nothing and reports nothing.

pub mod agent;
pub mod checks;
pub mod entity;
pub mod event;
pub mod executor;
pub mod fallback;
mod node;
pub mod orchestrator;
pub mod port;
pub mod state;
pub mod tool;
pub mod workflow;

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};

use crate::syntax::options::Period;

/// A duration as an expression.
fn period(period: &Period) -> TokenStream {
    match period {
        Period::Known(duration) => {
            let (seconds, nanos) = (duration.as_secs(), duration.subsec_nanos());
            quote!(::core::time::Duration::new(#seconds, #nanos))
        }
        Period::Expr(expr) => expr.to_token_stream(),
    }
}
