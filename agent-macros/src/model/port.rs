//! What a struct and the options of its attribute must be to be a request port.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::{Expr, Ident, Type};

use super::function::hub_name;
use crate::errors::Errors;
use crate::messages;
use crate::names::Root;
use crate::syntax::docs;
use crate::syntax::item::Struct;
use crate::syntax::options::{Grammar, Options, Period, Takes};

/// What the attribute takes.
pub static GRAMMAR: Grammar = Grammar {
    attribute: "request_port",
    options: &[
        ("response", Takes::Type),
        ("timeout", Takes::Duration),
        ("default", Takes::Code),
        ("name", Takes::Literal),
        ("description", Takes::Text),
    ],
    refused: &[],
};

/// A request port that can be generated.
pub struct Port {
    /// Where our crate is.
    pub root: Root,
    /// The struct, which is the question.
    pub ident: Ident,
    /// Its name.
    pub name: String,
    /// What is asked.
    pub description: TokenStream,
    /// The type of an answer; `None` if that was not said.
    pub response: Option<Type>,
    /// How long to wait.
    pub timeout: Option<Period>,
    /// What counts as the answer then.
    pub default: Option<Expr>,
    /// What is wrong, as an expression; nothing if nothing is.
    pub mistake: TokenStream,
}

/// Reports everything that keeps the struct from being a request port. What is given back can stand
/// in for it then; `None` for one that can't be named.
pub fn validate(
    item: &Struct,
    options: &Options,
    root: &Root,
    errors: &mut Errors,
) -> Option<Port> {
    let ident = &item.item.ident;
    let own = ident.unraw().to_string();
    let generics = &item.item.generics;
    if !generics.params.is_empty() {
        errors.report(generics, &messages::NOT_A_REQUEST, &[]);
        return None;
    }
    // A wrong option may have been meant to be the one that is missing.
    let complete = errors.is_empty();
    if complete && options.get("response").is_none() {
        errors.report(ident, &messages::RESPONSE_MISSING, &[("item", &own)]);
    }
    let key = |name| options.get(name).map(|(key, _)| key);
    if let (true, Some(key), None) = (complete, key("default"), key("timeout")) {
        errors.report(key, &messages::DEFAULT_WITHOUT_TIMEOUT, &[("item", &own)]);
    }
    Some(Port {
        root: root.clone(),
        ident: ident.clone(),
        name: hub_name("asking node", &own, ident, options, errors),
        description: match options.expr("description") {
            Some(text) => text.into_token_stream(),
            None => docs::description(&item.item.attrs).into_token_stream(),
        },
        response: options.ty("response"),
        timeout: options.period("timeout"),
        // With an answer of unknown type it would be an error of its own.
        default: options.ty("response").and(options.expr("default")),
        mistake: errors.stand_in(),
    })
}

#[cfg(test)]
mod tests;
