//! Constants whose bounds are checked at the user's own tokens.
//!
//! Each type of the user is bounded in one place only, and that constant is what the rest of the
//! expansion works with: so a type that does not fit is one error.

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::{Path, Type};

use crate::model::tool::Tool;
use crate::names::{Root, numbered};

/// The constant of an argument that the model writes.
pub fn argument(
    root: &Root,
    index: usize,
    ty: &Type,
    name: &str,
    description: &impl ToTokens,
) -> TokenStream {
    let constant = numbered("ARGUMENT", index);
    let argument_type = root.private(&quote!(Argument));
    let argument = root.private(&quote!(argument));
    quote! {
        const #constant: #argument_type<#ty> = #argument::<#ty>(#name, #description);
    }
}

/// The constant of an argument that the application lends.
pub fn resource(root: &Root, index: usize, ty: &Type) -> TokenStream {
    let constant = numbered("RESOURCE", index);
    let resource_type = root.private(&quote!(Resource));
    let resource = root.private(&quote!(resource));
    quote! {
        const #constant: #resource_type<#ty> = #resource::<#ty>();
    }
}

/// Encodes what the function returned. Which types can be is checked in this expression, whose
/// first and last token are those of the return type: so that is what the compiler underlines.
pub fn result(tool: &Tool, call: &TokenStream) -> TokenStream {
    let (first, last) = ends(&tool.output);
    let returned = tool.root.private(&quote!(Returned));
    let returned = respanned(returned, first);
    let mut call = Group::new(Delimiter::Parenthesis, call.clone());
    call.set_span(last);
    let mut nothing = Group::new(Delimiter::Parenthesis, TokenStream::new());
    nothing.set_span(last);
    let encode = quote_spanned!(first=> .into_tool_result);
    quote!(#returned #call #encode #nothing)
}

/// The future of a run. That it can move between threads is checked at the name of the function.
pub fn future(tool: &Tool, body: TokenStream) -> TokenStream {
    let name = tool.ident.span();
    let boxed = tool.root.private(&quote!(boxed));
    let boxed = respanned(boxed, name);
    let mut body = Group::new(Delimiter::Brace, body);
    body.set_span(name);
    quote_spanned!(name=> #boxed(async move #body))
}

/// An item of a trait of a type, wholly at the place of the type: so whatever does not fit is told
/// there, and once.
pub fn projection(ty: &impl ToTokens, of: &TokenStream, item: &str) -> TokenStream {
    let (first, last) = ends(&ty.to_token_stream());
    let open = quote_spanned!(first=> <);
    let item = syn::Ident::new(item, last);
    let rest = respanned(quote!(as #of>::#item), last);
    quote!(#open #ty #rest)
}

/// `type Input = T;` in the implementation of a trait, wholly at the place of the type: so a type
/// that is more private than the item is told there, and once for all traits that name it.
pub fn associated(name: &str, ty: &TokenStream) -> TokenStream {
    let (first, last) = ends(ty);
    let keyword = quote_spanned!(first=> type);
    let name = syn::Ident::new(name, last);
    let (equals, end) = (quote_spanned!(last=> =), quote_spanned!(last=> ;));
    quote!(#keyword #name #equals #ty #end)
}

/// What a call returned, with the error as it is recorded. That it can be is told at the type.
pub fn outcome(ty: Option<&Type>, returned: &TokenStream, call: &TokenStream) -> TokenStream {
    let (first, _) = ends(&ty.to_token_stream());
    let value = syn::Ident::new("__returned", first);
    let into_outcome = ty.map(|ty| projection(ty, returned, "into_outcome"));
    quote! {
        let #value = #call;
        #into_outcome(#value)
    }
}

/// An outcome that goes through a function whose bound is told at the type.
pub fn handed_on(ty: Option<&Type>, to: &TokenStream, outcome: &TokenStream) -> TokenStream {
    let (first, last) = ends(&ty.to_token_stream());
    let value = syn::Ident::new("__outcome", first);
    let to = respanned(to.clone(), first);
    let mut argument = Group::new(Delimiter::Parenthesis, quote!(#value));
    argument.set_span(last);
    quote! {
        let #value = { #outcome };
        #to #argument
    }
}

/// Tokens around a type, all at its place.
pub fn within(ty: &impl ToTokens, before: &TokenStream, after: &TokenStream) -> TokenStream {
    let (first, last) = ends(&ty.to_token_stream());
    let before = respanned(before.clone(), first);
    let after = respanned(after.clone(), last);
    quote!(#before #ty #after)
}

/// The list of an agent's tools. Each path is written once and as a type: in the place of a generic
/// argument a plain function would get a text about constants.
pub fn tools(root: &Root, agent: &str, tools: &[Path], list: Span) -> TokenStream {
    let entry_type = root.private(&quote!(ToolEntry));
    let entry = root.private(&quote!(tool_entry));
    let assert_distinct = root.private(&quote!(assert_distinct_tools));
    let assert_distinct = respanned(assert_distinct, list);
    let names: Vec<_> = tools
        .iter()
        .enumerate()
        .map(|(index, path)| format_ident!("__Tool{index}", span = first_span(path)))
        .collect();
    let distinct = quote_spanned!(list=> #assert_distinct(#agent, __TOOLS));
    quote! {
        #(type #names = #tools;)*
        const __TOOLS: &[#entry_type] = &[#(#entry::<#names>()),*];
        const _: () = #distinct;
    }
}

fn first_span(path: &Path) -> Span {
    path.segments
        .first()
        .map_or_else(Span::call_site, |segment| segment.ident.span())
}

fn ends(tokens: &TokenStream) -> (Span, Span) {
    let mut spans = tokens.clone().into_iter().map(|token| token.span());
    let first = spans.next().unwrap_or_else(Span::call_site);
    (first, spans.last().unwrap_or(first))
}

/// The same tokens, all at one place.
pub fn respanned(tokens: TokenStream, span: Span) -> TokenStream {
    tokens
        .into_iter()
        .map(|mut token| {
            // What a macro means by `$crate` is in its span.
            let is_of_macro = matches!(&token, TokenTree::Ident(ident) if ident == "$crate");
            let at = if is_of_macro {
                token.span().located_at(span)
            } else {
                span
            };
            token.set_span(at);
            token
        })
        .collect()
}
