//! How many outputs a run has, and how what ends a path becomes one.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::{Ident, Type};

use super::messages;
use super::places::Places;
use crate::expand::checks::respanned;
use crate::model::workflow::graph::OutputCount;

/// The return type, unless it says that there are no outputs.
pub fn returned<'a>(places: &Places<'a>) -> Option<&'a Type> {
    let ty = places.workflow.output.as_ref();
    ty.filter(|ty| !matches!(ty, Type::Tuple(tuple) if tuple.elems.is_empty()))
}

/// An item of the return type, wholly at its place: so a wrong number of outputs is one error.
fn return_item(places: &Places, ty: &Type, item: &str) -> TokenStream {
    let (first, last) = ends(places);
    let shape = match places.workflow.graph.outputs {
        OutputCount::None => quote!(ReturnsNone<__ANY>),
        OutputCount::One => quote!(ReturnsOne<__ANY>),
        OutputCount::AtMostOne => quote!(ReturnsAtMostOne<__ANY>),
        OutputCount::Any => quote!(ReturnsMany),
    };
    let shape = places.of(&shape);
    let item = Ident::new(item, last);
    let open = quote_spanned!(first=> <);
    let rest = respanned(quote!(as #shape>::#item), last);
    quote!(#open #ty #rest)
}

/// What writes an output, spoken of at the place of the return type.
fn write(places: &Places) -> TokenStream {
    let (first, last) = ends(places);
    let open = quote_spanned!(first=> <);
    let rest = quote_spanned!(last=> __Run>::WRITE);
    quote!(#open #rest)
}

/// Where the return type begins and ends.
fn ends(places: &Places) -> (Span, Span) {
    let tokens = returned(places).map(ToTokens::to_token_stream);
    let mut spans = tokens.into_iter().flatten().map(|token| token.span());
    let first = spans.next().unwrap_or_else(Span::call_site);
    (first, spans.last().unwrap_or(first))
}

/// The type of one output.
fn item_type(places: &Places) -> TokenStream {
    returned(places).map_or_else(|| quote!(()), |ty| return_item(places, ty, "Item"))
}

/// Whether there are any number of outputs, and what writes one.
pub fn constants(places: &Places) -> TokenStream {
    let nodes = 0..places.workflow.graph.nodes.len();
    let facts = nodes.flat_map(|index| [places.item(index, "SENDS"), places.item(index, "YIELDS")]);
    let (any, write_output) = (places.of(&quote!(any)), places.of(&quote!(WriteOutput)));
    let item = item_type(places);
    let (first, last) = ends(places);
    let write_output = respanned(write_output, first);
    let ident = &places.workflow.ident;
    let write = match returned(places) {
        Some(ty) => {
            let write = return_item(places, ty, "write");
            quote_spanned!(last=> #write::<#ident>)
        }
        None => places.own("write_nothing"),
    };
    let close = quote_spanned!(last=> >);
    quote! {
        const __ANY: ::core::primitive::bool = #any(&[#(#facts),*]);

        struct __Run;

        impl __Run {
            const WRITE: #write_output<#item #close = #write;
        }
    }
}

/// The type of what a run gives, as data.
pub fn data(places: &Places, check: &TokenStream) -> TokenStream {
    let ty = returned(places).map_or_else(|| quote!(()), ToTokens::to_token_stream);
    messages::described(places, &ty, check)
}

/// How many outputs a run has, as data.
pub fn count(places: &Places) -> TokenStream {
    let data = places.of(&quote!(OutputCount));
    if returned(places).is_none() {
        return quote!(#data::None);
    }
    match places.workflow.graph.outputs {
        OutputCount::None => quote!(#data::None.or_any(__ANY)),
        OutputCount::One => quote!(#data::One.or_any(__ANY)),
        OutputCount::AtMostOne => quote!(#data::AtMostOne.or_any(__ANY)),
        OutputCount::Any => quote!(#data::Any),
    }
}

/// Where a path ends. Without a return type its last node returns `()`, and nothing comes of it.
pub fn exit(places: &Places, index: usize, exit: &TokenStream) -> TokenStream {
    let at = places.in_path(index);
    let message = places.of(&quote!(Message));
    // Every item of a list is an output.
    let (ty, read) = (
        places.item(index, "Output"),
        places.item(index, "read_output"),
    );
    let (alias, item) = (Places::alias(index, at), item_type(places));
    let ends = places.of_at(&quote!(EndsWith), at);
    let write = write(places);
    let ended = quote_spanned!(at=>
        <#alias as #ends<#ty, #item>>::end(__message, #read, #write)
    );
    let convert = quote!(&|__message: &#message| #ended);
    if returned(places).is_some() {
        return quote!(#exit::Output(#convert));
    }
    let dropped = places.of(&quote!(dropped));
    quote!(#dropped(#convert))
}

/// How what a node adds to the outputs becomes one.
pub fn added(places: &Places, index: usize) -> TokenStream {
    let at = places.first(index);
    let message = places.of(&quote!(Message));
    let of = |name| places.of_at(&name, at);
    let (adds, added) = (of(quote!(AddsTo)), of(quote!(Added)));
    let (alias, item) = (Places::alias(index, at), item_type(places));
    let yielded = places.item(index, "Yielded");
    let write = write(places);
    let added = quote_spanned!(at=>
        <#alias as #adds<<#yielded as #added>::Of, #item>>::add(__message, #write)
    );
    quote!(&|__message: &#message| #added)
}
