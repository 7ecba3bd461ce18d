//! State and names: constants that the compiler computes from the graph.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::Type;

use super::places::Places;
use crate::expand::checks::{projection, respanned, within};

/// The slots of the workflow's state, at its option.
pub fn slots(places: &Places) -> TokenStream {
    let state = places.workflow.state.as_ref();
    state.map_or_else(|| quote!(&[]), |ty| state_item(places, ty, "SLOTS"))
}

fn state_item(places: &Places, ty: &Type, item: &str) -> TokenStream {
    projection(ty, &places.of(&quote!(WorkflowState)), item)
}

/// What the nodes do with the state. All of it is spoken of at the state, in one constant: so a
/// slot that is missing there is one error, however many nodes use it.
pub fn facts(places: &Places) -> TokenStream {
    let (facts, count) = (
        places.of(&quote!(NodeFacts)),
        places.workflow.graph.nodes.len(),
    );
    let nodes = 0..count;
    let counts = nodes.clone().map(|index| {
        let (sends, yields) = (places.item(index, "SENDS"), places.item(index, "YIELDS"));
        quote!(.adding(#sends, #yields))
    });
    let Some(ty) = &places.workflow.state else {
        let none = places.of(&quote!(NodeFacts::of_none));
        let facts_of = nodes.map(|index| {
            let (at, this) = (places.first(index), places.item(index, "This"));
            let none = respanned(none.clone(), at);
            quote_spanned!(at=> #none::<#this>())
        });
        return quote!(const __FACTS: [#facts; #count] = [#(#facts_of #counts),*];);
    };
    let probe = places.workflow.root.private(&quote!(StateProbe));
    let unknown = places.workflow.root.private(&quote!(UnknownState));
    let checked = places.workflow.root.private(&quote!(InKnown));
    let facts_of = nodes.map(|index| {
        let this = places.item(index, "This");
        let open = quote!(<#checked<__IS_KNOWN> as);
        let of = places.workflow.root.private(&quote!(FactsOf));
        let (first, rest) = (quote!(#open #of<#this,), quote!(>>::FACTS));
        within(ty, &first, &rest)
    });
    let known = within(ty, &quote!(<#probe<), &quote!(>>::IS_KNOWN));
    quote! {
        const __IS_KNOWN: ::core::primitive::bool = {
            #[allow(unused_imports)]
            use #unknown as _;
            #known
        };
        const __FACTS: [#facts; #count] = [#(#facts_of #counts),*];
    }
}

/// One check per node, at its first mention in a path.
pub fn constants(places: &Places) -> TokenStream {
    let count = places.workflow.graph.nodes.len();
    let registered = (0..count).map(|index| places.item(index, "REGISTERED"));
    let registered_type = places.of(&quote!(Registered));
    let own = places.own("REGISTERED");
    let state = places.workflow.state.as_ref();
    let has_state = state.is_some();
    let solution = state.map(|ty| {
        let (data, solve) = (places.of(&quote!(Solution)), places.of(&quote!(solve)));
        let (defaults, reduced) = (
            state_item(places, ty, "DEFAULTS"),
            state_item(places, ty, "REDUCED"),
        );
        quote! {
            const __SOLUTION: &#data<#count> = &#solve::<#count>(__GRAPH, #defaults, #reduced);
        }
    });
    let used = (0..count).map(|index| places.item(index, "SLOTS"));
    let used =
        (!has_state).then(|| quote!(const __USED: &[&[&::core::primitive::str]] = &[#(#used),*];));
    let checks = (0..count).map(|index| {
        let at = places.in_path(index);
        let check_names = places.of_at(&quote!(check_names), at);
        let names = quote_spanned!(at=> #check_names(__REGISTERED, __NAMES, #index));
        let check_message = places.of_at(&quote!(check_message), at);
        let (id, borrowed) = (&places.node(index).id, places.item(index, "BORROWS"));
        let message = quote_spanned!(at=> #check_message(#id, #borrowed));
        let check_node = places.of_at(&quote!(check_node), at);
        let check_no_state = places.of_at(&quote!(check_no_state), at);
        let state = if has_state {
            quote_spanned!(at=> const _: () = #check_node(__GRAPH, __SOLUTION, #index);)
        } else {
            quote_spanned!(at=> const _: () = #check_no_state(__GRAPH, __USED, #index);)
        };
        quote_spanned!(at=> const _: () = { #names; #message }; #state)
    });
    quote! {
        const __REGISTERED: ::core::option::Option<#registered_type> = #own;
        const __NAMES: &[::core::option::Option<#registered_type>] = &[#(#registered),*];
        #solution
        #used
        #(#checks)*
    }
}
