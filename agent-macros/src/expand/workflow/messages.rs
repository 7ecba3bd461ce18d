//! That types can be messages. Each is asked once, where it appears first: what a node gives,
//! unless it takes the same; what a node takes, unless that is known of what leads to it.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};

use super::output::returned;
use super::places::Places;
use crate::expand::checks::{respanned, within};
use crate::model::workflow::graph::{Exit, Graph, To};

/// A type as data, with its schema if it has one.
pub fn described(places: &Places, ty: &TokenStream, check: &TokenStream) -> TokenStream {
    let first = ty.clone().into_iter().next();
    let at = first.map_or_else(Span::call_site, |token| token.span());
    let data = places.of(&quote!(TypeData));
    let schema = private(places, "SchemaOf", at);
    let schema = quote_spanned!(at=> <#schema<#ty>>::OF);
    quote!(#data::of::<#ty>(#schema, #check))
}

/// All that is asked.
pub fn constants(places: &Places) -> TokenStream {
    let traits = ["Undescribed", "Otherwise"].map(|name| private(places, name, Span::call_site()));
    let input = places.input_type();
    let taken_trait = private(places, "Taken", Span::call_site());
    let parameter = within(&input, &quote!(<), &quote!(as #taken_trait<true>>::FITS));
    let nodes = (0..places.workflow.graph.nodes.len()).map(|index| {
        let (taken, given) = (taken(places, index), given(places, index));
        quote!(#taken #given)
    });
    let result = result(places);
    quote! {
        #(
            #[allow(unused_imports)]
            use #traits as _;
        )*
        const _: () = #parameter;
        #(#nodes)*
        #result
    }
}

fn private(places: &Places, name: &str, at: Span) -> TokenStream {
    let name = Ident::new(name, at);
    respanned(places.workflow.root.private(&quote!(#name)), at)
}

/// A question about nodes, as a condition. It names nodes and not their types: so one that is no
/// node is not told here again.
fn whether(places: &Places, question: &str, about: &[TokenStream], at: Span) -> TokenStream {
    let question = private(places, question, at);
    quote_spanned!(at=> <#question<#(#about),*>>::TYPE)
}

fn node(index: usize, at: Span) -> TokenStream {
    Places::alias(index, at).to_token_stream()
}

fn ask(
    places: &Places,
    index: usize,
    (what, item): (&str, &str),
    when: &TokenStream,
) -> TokenStream {
    let at = places.in_path(index);
    let (what, ty) = (private(places, what, at), places.item(index, item));
    quote_spanned!(at=> const _: () = <#ty as #what<{ #when }>>::FITS;)
}

/// What a node gives is asked for where it is new, and not told at the node itself.
fn given(places: &Places, index: usize) -> TokenStream {
    let at = places.first(index);
    let is_new = whether(places, "MakesNew", &[node(index, at)], at);
    let tells = places.item(index, "TELLS_OUTPUT");
    let asked = ("Given", "Output");
    ask(
        places,
        index,
        asked,
        &quote_spanned!(at=> #is_new && !#tells),
    )
}

/// What a node takes is asked for unless it is known of what leads to the node.
fn taken(places: &Places, index: usize) -> TokenStream {
    let at = places.first(index);
    let own = node(index, at);
    let is_bad = |source| whether(places, "GivesBad", &[node(source, at)], at);
    let when = match first_way_in(&places.workflow.graph, index) {
        None => quote!(true),
        Some(Way::Input) => whether(places, "TakesOther", &[places.input_type(), own], at),
        Some(Way::Edge(source)) => {
            let is_bad = is_bad(source);
            let is_new = whether(places, "TakesNew", &[node(source, at), own], at);
            quote!(!#is_bad && #is_new)
        }
        Some(Way::Parts(sources)) => {
            let bad = sources.iter().map(|source| is_bad(*source));
            quote!(!(false #(|| #bad)*))
        }
    };
    ask(places, index, ("Taken", "Input"), &when)
}

/// What the run gives, at the return type.
fn result(places: &Places) -> Option<TokenStream> {
    let ty = returned(places)?;
    let graph = &places.workflow.graph;
    let is_end = |node: &usize| matches!(graph.nodes[*node].exit, Exit::Output);
    let bad = (0..graph.nodes.len()).filter(is_end).map(|last| {
        let at = places.first(last);
        whether(places, "GivesBad", &[node(last, at)], at)
    });
    let taken = private(places, "Taken", Span::call_site());
    let after = quote!(as #taken<__IS_RESULT_ASKED>>::FITS);
    let asked = within(ty, &quote!(<), &after);
    Some(quote! {
        const __IS_RESULT_ASKED: ::core::primitive::bool = !(false #(|| #bad)*);
        const _: () = #asked;
    })
}

/// How a message reaches a node whole.
enum Way {
    /// It is the input of the run.
    Input,
    /// It is what this node gives.
    Edge(usize),
    /// It is made of what these give, or part of it.
    Parts(Vec<usize>),
}

/// The first one, of sources that are listed before the node: each node but the first has one,
/// unless all its messages are values that arms make.
fn first_way_in(graph: &Graph, node: usize) -> Option<Way> {
    let leads_here = |to: &To| match *to {
        To::Node(target) | To::Each(target) => target == node,
        To::Join { join, .. } => graph.joins[join].target == node,
    };
    let of_input = whole_targets(graph, &graph.input);
    if of_input.iter().any(leads_here) {
        return Some(Way::Input);
    }
    (0..node).find_map(|source| {
        let targets = whole_targets(graph, &graph.nodes[source].exit);
        match *targets.iter().find(|to| leads_here(to))? {
            To::Node(_) if !graph.nodes[source].each => Some(Way::Edge(source)),
            To::Node(_) | To::Each(_) => Some(Way::Parts(vec![source])),
            To::Join { join, .. } => Some(Way::Parts(graph.joins[join].sources.clone())),
        }
    })
}

/// Where a message goes as it is.
fn whole_targets(graph: &Graph, exit: &Exit) -> Vec<To> {
    match exit {
        Exit::Output | Exit::Drop => Vec::new(),
        Exit::To(targets) => targets.iter().map(|target| target.to).collect(),
        Exit::Switch(switch) => {
            let arms = graph.switches[*switch].arms.iter();
            let targets = arms.flat_map(|arm| &arm.targets);
            let whole = targets.filter(|target| target.value.is_none());
            whole.map(|target| target.target.to).collect()
        }
    }
}
