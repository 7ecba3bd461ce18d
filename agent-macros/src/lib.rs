//! The attribute macros of `agent-sdk` and `durable-task`, which re-export and document them:
//! depend on one of those crates.
//!
//! Those that both have are there once for each, since the code that they write names the crate.

#![allow(
    missing_docs,
    reason = "each macro is documented at its re-export, where the examples compile"
)]

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
pub fn tool(options: TokenStream, item: TokenStream) -> TokenStream {
    run::run(&run::TOOL, options.into(), item.into()).into()
}

#[proc_macro_attribute]
pub fn agent(options: TokenStream, item: TokenStream) -> TokenStream {
    run::run(&run::AGENT, options.into(), item.into()).into()
}

#[proc_macro_attribute]
pub fn workflow(options: TokenStream, item: TokenStream) -> TokenStream {
    run::run(&run::WORKFLOW, options.into(), item.into()).into()
}

#[proc_macro_attribute]
pub fn orchestrator(options: TokenStream, item: TokenStream) -> TokenStream {
    run::run(&run::ORCHESTRATOR, options.into(), item.into()).into()
}

#[proc_macro_attribute]
pub fn durable_orchestrator(options: TokenStream, item: TokenStream) -> TokenStream {
    run::run(&run::DURABLE_ORCHESTRATOR, options.into(), item.into()).into()
}

#[proc_macro_attribute]
pub fn executor(options: TokenStream, item: TokenStream) -> TokenStream {
    run::run(&run::EXECUTOR, options.into(), item.into()).into()
}

#[proc_macro_attribute]
pub fn durable_executor(options: TokenStream, item: TokenStream) -> TokenStream {
    run::run(&run::DURABLE_EXECUTOR, options.into(), item.into()).into()
}

#[proc_macro_derive(Event, attributes(event))]
pub fn event(item: TokenStream) -> TokenStream {
    run::derive(&run::EVENT, item.into()).into()
}

#[proc_macro_derive(DurableEvent, attributes(event))]
pub fn durable_event(item: TokenStream) -> TokenStream {
    run::derive(&run::DURABLE_EVENT, item.into()).into()
}

#[proc_macro_attribute]
pub fn entity(options: TokenStream, item: TokenStream) -> TokenStream {
    run::run(&run::ENTITY, options.into(), item.into()).into()
}

#[proc_macro_attribute]
pub fn durable_entity(options: TokenStream, item: TokenStream) -> TokenStream {
    run::run(&run::DURABLE_ENTITY, options.into(), item.into()).into()
}

#[proc_macro_derive(WorkflowState, attributes(slot))]
pub fn workflow_state(item: TokenStream) -> TokenStream {
    run::derive(&run::STATE, item.into()).into()
}

#[proc_macro_attribute]
pub fn request_port(options: TokenStream, item: TokenStream) -> TokenStream {
    run::run(&run::REQUEST_PORT, options.into(), item.into()).into()
}
