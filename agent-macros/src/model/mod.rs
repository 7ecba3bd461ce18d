//! Raw values to validated ones, one macro each. Reports what is wrong, and writes no code.

pub mod agent;
mod determinism;
pub mod entity;
pub mod event;
pub mod executor;
mod function;
pub mod orchestrator;
pub mod port;
pub mod state;
pub mod tool;
#[allow(dead_code, reason = "the expansion reads it")]
pub mod workflow;

use quote::ToTokens;
use syn::visit::{Visit, visit_type};
use syn::{Attribute, Ident, Type, TypeImplTrait, TypeReference};

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
pub fn written(tokens: &impl ToTokens) -> String {
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

/// A type without the parentheses and invisible groups around it.
fn plain(ty: &Type) -> &Type {
    match ty {
        Type::Group(group) => plain(&group.elem),
        Type::Paren(paren) => plain(&paren.elem),
        ty => ty,
    }
}

fn first_impl_trait(ty: &Type) -> Option<TypeImplTrait> {
    struct Finder(Option<TypeImplTrait>);

    impl<'ast> Visit<'ast> for Finder {
        fn visit_type_impl_trait(&mut self, found: &'ast TypeImplTrait) {
            self.0.get_or_insert_with(|| found.clone());
        }
    }

    let mut finder = Finder(None);
    visit_type(&mut finder, ty);
    finder.0
}

/// A `&T` in a type, except behind `'static`.
fn first_borrow(ty: &Type) -> Option<TypeReference> {
    struct Finder(Option<TypeReference>);

    impl<'ast> Visit<'ast> for Finder {
        fn visit_type_reference(&mut self, found: &'ast TypeReference) {
            let lifetime = found.lifetime.as_ref();
            if lifetime.is_none_or(|lifetime| lifetime.ident != "static") {
                self.0.get_or_insert_with(|| found.clone());
            }
        }
    }

    let mut finder = Finder(None);
    visit_type(&mut finder, ty);
    finder.0
}
