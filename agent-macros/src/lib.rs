//! The attribute macros of `agent-sdk`, which re-exports and documents them: depend on that crate.

mod errors;
mod expand;
mod ide;
mod messages;
mod model;
mod names;
mod run;
mod syntax;

use proc_macro::TokenStream;

#[proc_macro_attribute]
#[allow(
    missing_docs,
    reason = "documented at the re-export, where the examples compile"
)]
pub fn tool(options: TokenStream, item: TokenStream) -> TokenStream {
    run::run(&run::TOOL, options.into(), item.into()).into()
}

#[proc_macro_attribute]
#[allow(
    missing_docs,
    reason = "documented at the re-export, where the examples compile"
)]
pub fn agent(options: TokenStream, item: TokenStream) -> TokenStream {
    run::run(&run::AGENT, options.into(), item.into()).into()
}
