//! What stands in for a workflow that is wrong.

use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::ext::IdentExt;
use syn::{Attribute, Type, Visibility};

use super::{implementations, mentions, name_type};
use crate::expand::fallback::unknown;
use crate::model::workflow::Outline;
use crate::names::Root;

/// The type of the name, as a workflow without nodes. `is_concrete`: the types of the function can
/// be named outside of it. `mistake`: what is wrong, as an expression.
pub fn outline(
    root: &Root,
    outline: &Outline,
    is_concrete: bool,
    mistake: &TokenStream,
    attributes: &[Attribute],
    visibility: &Visibility,
) -> TokenStream {
    let name_type = name_type(attributes, visibility, &outline.ident);
    let ty = |ty: &Type| {
        let is_known = is_concrete && is_nameable(ty);
        let ty = is_known.then(|| ty.to_token_stream());
        ty.unwrap_or_else(|| unknown(mistake))
    };
    let input = outline.input.as_ref().map_or_else(|| unknown(mistake), ty);
    let output = outline.output.as_ref().map_or_else(|| quote!(()), ty);
    let name = outline.ident.unraw().to_string();
    let why = outline
        .unreadable
        .as_deref()
        .unwrap_or("it does not compile");
    let unfinished = root.public(&quote!(workflow::unfinished));
    let graph = quote!(&#unfinished(#name, #why));
    let implementations = implementations(root, &outline.ident, &name, (&input, &output), &graph);
    let mentions = mentions(outline.paths.iter());
    quote! {
        #name_type

        #[allow(deprecated, clippy::all, clippy::pedantic)]
        const _: () = {
            #implementations
        };
        #mentions
    }
}

fn is_nameable(ty: &Type) -> bool {
    fn search(tokens: TokenStream) -> bool {
        tokens.into_iter().any(|token| match token {
            TokenTree::Ident(word) => word == "impl",
            TokenTree::Group(group) => search(group.stream()),
            TokenTree::Punct(mark) => mark.as_char() == '&',
            TokenTree::Literal(_) => false,
        })
    }
    !search(ty.to_token_stream())
}
