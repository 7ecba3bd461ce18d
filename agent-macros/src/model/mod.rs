//! Raw values to validated ones, one macro each. Reports what is wrong, and writes no code.

pub mod agent;
pub mod tool;

use quote::ToTokens;
use syn::{Attribute, Ident};

use crate::errors::Errors;
use crate::messages;

/// Refuses a second attribute of ours on one item.
pub fn refuse_siblings(
    item: &Ident,
    attribute: &str,
    siblings: &[(Attribute, &'static str)],
    errors: &mut Errors,
) {
    for (sibling, name) in siblings {
        let item = item.to_string();
        if *name == attribute {
            let fields = [("item", item.as_str()), ("attribute", attribute)];
            errors.report(sibling.path(), &messages::ATTRIBUTE_TWICE, &fields);
        } else {
            let fields = [
                ("item", item.as_str()),
                ("first", attribute),
                ("second", *name),
            ];
            errors.report(sibling.path(), &messages::TWO_ATTRIBUTES, &fields);
        }
    }
}

/// How the user wrote something, for a message: without the spaces that tokens are printed with.
fn written(tokens: &impl ToTokens) -> String {
    let mut text = tokens.to_token_stream().to_string();
    for (spaced, tight) in [
        (" < ", "<"),
        (" >", ">"),
        (" :: ", "::"),
        (":: ", "::"),
        ("& ", "&"),
        (" ,", ","),
        ("' ", "'"),
    ] {
        text = text.replace(spaced, tight);
    }
    text
}
