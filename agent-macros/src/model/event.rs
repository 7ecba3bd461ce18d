//! What a type must be to be an event.

use syn::ext::IdentExt;
use syn::{DeriveInput, Ident};

use crate::errors::Errors;
use crate::messages;
use crate::names::Root;
use crate::syntax::options::{Grammar, Options, Takes};

/// What `#[event(..)]` takes.
pub static GRAMMAR: Grammar = Grammar {
    attribute: "event",
    options: &[("name", Takes::Literal)],
    refused: &[],
};

/// An event that can be generated.
pub struct Event {
    /// Where our crate is.
    pub root: Root,
    /// The type.
    pub ident: Ident,
    /// The event's name.
    pub name: String,
}

/// Reports everything that keeps the type from being an event.
pub fn validate(
    item: &DeriveInput,
    options: &Options,
    root: &Root,
    errors: &mut Errors,
) -> Option<Event> {
    let before = errors.count();
    let own = item.ident.unraw().to_string();
    if !item.generics.params.is_empty() {
        let fields = [("item", own.as_str())];
        errors.report(&item.generics, &messages::GENERIC_EVENT, &fields);
    }
    let literal = options.literal("name");
    let name = literal.as_ref().map_or(own, syn::LitStr::value);
    if let Some(literal) = literal.filter(|literal| literal.value().is_empty()) {
        errors.report(literal, &messages::EVENT_NAME, &[]);
    }
    (errors.count() == before).then(|| Event {
        root: root.clone(),
        ident: item.ident.clone(),
        name,
    })
}
