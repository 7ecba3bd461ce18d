//! The code of a workflow: its graph as constants.
//!
//! Each node path is written once, as a type of its own, and what is asked of that type carries the
//! span of this first mention: so a path that is no node is one error. What is asked of an edge
//! carries the span of its target there.

mod checks;
mod edges;
mod messages;
mod outline;
mod output;
mod places;
mod routing;
mod signature;

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::ext::IdentExt;
use syn::{Attribute, Ident, Visibility};

use self::places::Places;
use super::checks::associated;
use super::executor::policy_value;
use super::period;
use crate::model::workflow::graph::Workflow;
use crate::names::{Root, numbered};

pub use self::outline::outline;

/// All there is of the item: the function itself is a graph, and no code.
pub fn expand(
    workflow: &Workflow,
    attributes: &[Attribute],
    visibility: &Visibility,
) -> TokenStream {
    let places = Places::new(workflow);
    let name_type = name_type(attributes, visibility, &workflow.ident);
    let paths = workflow
        .graph
        .nodes
        .iter()
        .enumerate()
        .map(|(index, node)| {
            let (alias, path) = (numbered("N", index), &node.path);
            quote!(type #alias = #path;)
        });
    let output = output::constants(&places);
    let routes = routing::functions(&places);
    let messages = messages::constants(&places);
    let facts = checks::facts(&places);
    let nodes = edges::node_constants(&places);
    let graph = graph(&places);
    let checks = checks::constants(&places);
    let output_type = workflow
        .output
        .as_ref()
        .map_or_else(|| quote!(()), ToTokens::to_token_stream);
    let implementation = implementations(
        &workflow.root,
        &workflow.ident,
        &workflow.name,
        (&workflow.input.to_token_stream(), &output_type),
        &quote!(__GRAPH),
    );
    let mentions = mentions(workflow.graph.nodes.iter().flat_map(|node| {
        // The name of a `let` is no path to an item.
        let path = node.path.to_token_stream().to_string();
        let same = move |other: &&syn::Path| other.to_token_stream().to_string() == path;
        node.mentions.iter().filter(same)
    }));
    quote! {
        #name_type

        #[allow(deprecated, non_camel_case_types, clippy::all, clippy::pedantic)]
        const _: () = {
            #(#paths)*
            #output
            #(#routes)*
            #messages
            #facts
            #nodes
            #graph
            #checks
            #implementation
        };
        #mentions
    }
}

/// The type that stands for the workflow, with what was written on the function.
fn name_type(attributes: &[Attribute], visibility: &Visibility, ident: &Ident) -> TokenStream {
    let declaration = quote::quote_spanned!(ident.span()=> struct #ident {});
    quote! {
        #(#attributes)*
        #[allow(dead_code, non_camel_case_types, missing_debug_implementations)]
        #visibility #declaration
    }
}

/// Paths for editors, which would not find them in a body that is never written.
fn mentions<'a>(paths: impl Iterator<Item = &'a syn::Path>) -> TokenStream {
    let types: Vec<TokenStream> = paths
        .enumerate()
        .map(|(index, path)| {
            let alias = numbered("M", index);
            quote!(type #alias = #path;)
        })
        .collect();
    if types.is_empty() {
        return TokenStream::new();
    }
    quote! {
        #[allow(unexpected_cfgs)]
        const _: () = {
            #[cfg(rust_analyzer)]
            {
                #(#types)*
            }
        };
    }
}

/// The traits of a workflow. The types of input and output are those of the signature.
fn implementations(
    root: &Root,
    ident: &Ident,
    name: &str,
    (input, output): (&TokenStream, &TokenStream),
    graph: &TokenStream,
) -> TokenStream {
    let of = |item: TokenStream| root.public(&quote!(workflow::#item));
    let (node, workflow, in_state) = (of(quote!(Node)), of(quote!(Workflow)), of(quote!(InState)));
    let (plain, no_yields) = (of(quote!(Plain)), of(quote!(NoYields)));
    let (registered, definition) = (of(quote!(Registered)), of(quote!(NodeDefinition)));
    let (data, of_workflow) = (of(quote!(Graph)), of(quote!(definition)));
    let item = ident.unraw().to_string();
    let codecs = super::node::codecs(root, input, output);
    let (input, output) = (associated("Input", input), associated("Output", output));
    quote! {
        #[automatically_derived]
        impl #node for #ident {
            #input
            #output
            type Kind = #plain;
            type This = Self;
            type Yielded = #no_yields;
            #codecs
            const TELLS_OUTPUT: ::core::primitive::bool = true;
            const REGISTERED: ::core::option::Option<#registered> =
                ::core::option::Option::Some(#registered {
                    kind: "workflow",
                    name: #name,
                    path: ::core::concat!(::core::module_path!(), "::", #item),
                });

            fn definition() -> #definition {
                #of_workflow::<Self>()
            }
        }

        #[automatically_derived]
        impl<__S> #in_state<__S> for #ident {}

        #[automatically_derived]
        impl #workflow for #ident {
            const NAME: &'static ::core::primitive::str = #name;
            const GRAPH: &'static #data = #graph;
        }
    }
}

/// The graph as data.
fn graph(places: &Places) -> TokenStream {
    let workflow = places.workflow;
    let of = |item: TokenStream| places.of(&item);
    let data = of(quote!(Graph));
    let (name, description) = (&workflow.name, &workflow.description);
    let (version, computed) = match &workflow.version {
        Some(version) => (version.to_token_stream(), None),
        None => (quote!(__VERSION.as_str()), Some(version(places))),
    };
    let supersteps_max = match &workflow.max_supersteps {
        Some(max) => max.to_token_stream(),
        None => of(quote!(SUPERSTEPS_MAX)),
    };
    let retry = option(workflow.retry.as_ref().map(|retry| {
        let value = policy_value(&workflow.root, retry);
        quote!(|| #value)
    }));
    let timeout = option(workflow.timeout.as_ref().map(period));
    let input_type = places.input_type();
    let (check_input, check_output) = (places.own("check_input"), places.own("check_output"));
    let input = messages::described(places, &input_type, &check_input);
    let output = output::data(places, &check_output);
    let outputs = output::count(places);
    let slots = checks::slots(places);
    let start = edges::exit(places, edges::From::Input, &workflow.graph.input);
    let nodes = edges::nodes(places);
    let (slot, node) = (of(quote!(Slot)), of(quote!(GraphNode)));
    let joins = edges::joins(places);
    let forks = edges::forks(places);
    quote! {
        const __SLOTS: &[#slot] = #slots;
        const __NODES: &[#node] = #nodes;
        #computed
        const __GRAPH: &#data = &#data {
            name: #name,
            description: #description,
            version: #version,
            supersteps_max: #supersteps_max,
            retry: #retry,
            timeout: #timeout,
            input: #input,
            output: #output,
            outputs: #outputs,
            slots: __SLOTS,
            start: #start,
            nodes: __NODES,
            joins: #joins,
            forks: #forks,
        };
    }
}

/// Which graph it is: the text, and what the text does not show.
fn version(places: &Places) -> TokenStream {
    let data = places.of(&quote!(GraphVersion));
    let text = signature::of(places.workflow);
    let count = places.workflow.graph.nodes.len();
    let asks = (0..count).map(|index| places.item(index, "ASKS"));
    quote! {
        const __VERSION: &#data = &#data::of(#text, __NODES, __NAMES, &[#(#asks),*], __SLOTS);
    }
}

fn option(value: Option<TokenStream>) -> TokenStream {
    let some = value.map(|value| quote!(::core::option::Option::Some(#value)));
    some.unwrap_or_else(|| quote!(::core::option::Option::None))
}
