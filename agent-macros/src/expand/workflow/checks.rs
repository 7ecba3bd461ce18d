//! State and names: constants that the compiler computes from the graph.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

use super::places::Places;
use crate::expand::checks::projection;

/// An item of the workflow's state, at its option.
pub fn state_item(places: &Places, item: &str) -> TokenStream {
    let state = places.of(&quote!(WorkflowState));
    if let Some(ty) = &places.workflow.state {
        return projection(ty, &state, item);
    }
    projection(&places.of(&quote!(NoState)), &state, item)
}

/// What a node does with the state.
pub fn facts(places: &Places, index: usize) -> TokenStream {
    let at = places.first(index);
    let facts = places.of_at(&quote!(NodeFacts), at);
    let state = state_item(places, "This");
    let this = places.item(index, "This");
    let (sends, yields) = (places.item(index, "SENDS"), places.item(index, "YIELDS"));
    quote_spanned!(at=> #facts::of::<#this, #state>(#sends, #yields))
}

/// One check per node, at its first mention in a path.
pub fn constants(places: &Places) -> TokenStream {
    let count = places.workflow.graph.nodes.len();
    let registered = (0..count).map(|index| places.item(index, "REGISTERED"));
    let registered_type = places.of(&quote!(Registered));
    let own = places.own("REGISTERED");
    let has_state = places.workflow.state.is_some();
    let solution = has_state.then(|| {
        let (data, solve) = (places.of(&quote!(Solution)), places.of(&quote!(solve)));
        let (defaults, reduced) = (
            state_item(places, "DEFAULTS"),
            state_item(places, "REDUCED"),
        );
        quote! {
            const __SOLUTION: &#data<#count> = &#solve::<#count>(__GRAPH, #defaults, #reduced);
        }
    });
    let checks = (0..count).map(|index| {
        let at = places.in_path(index);
        let check_names = places.of_at(&quote!(check_names), at);
        let names = quote_spanned!(at=> #check_names(__REGISTERED, __NAMES, #index));
        let check_node = places.of_at(&quote!(check_node), at);
        let state = has_state
            .then(|| quote_spanned!(at=> const _: () = #check_node(__GRAPH, __SOLUTION, #index);));
        quote_spanned!(at=> const _: () = #names; #state)
    });
    quote! {
        const __REGISTERED: ::core::option::Option<#registered_type> = #own;
        const __NAMES: &[::core::option::Option<#registered_type>] = &[#(#registered),*];
        #solution
        #(#checks)*
    }
}
