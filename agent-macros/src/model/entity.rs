//! What an `impl` block must be to be an entity.

use proc_macro2::{Group, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::{Attribute, FnArg, Ident, Meta, PatType, Receiver, ReceiverKind, Type};

use super::function::{hub_name, is_result};
use super::{first_borrow, first_impl_trait, plain, written};
use crate::errors::Errors;
use crate::messages::{self, Message};
use crate::names::Root;
use crate::syntax::methods::{Member, Method, Methods};
use crate::syntax::options::{Grammar, Options, Takes};

/// What the attribute takes.
pub static GRAMMAR: Grammar = Grammar {
    attribute: "entity",
    options: &[("name", Takes::Literal)],
    refused: &[],
};

/// What `#[operation(..)]` takes.
static OPERATION: Grammar = Grammar {
    attribute: "operation",
    options: &[("name", Takes::Literal)],
    refused: &[],
};

/// Names that the proxy has for itself.
const PROXY_NAMES: [&str; 4] = ["id", "signal", "signal_at", "signal_after"];

/// An entity that can be generated.
pub struct Entity {
    /// Where our crate is.
    pub root: Root,
    /// The type.
    pub ident: Ident,
    /// The name on the hub.
    pub name: String,
    /// What can be asked of it.
    pub operations: Vec<Operation>,
}

/// One operation.
pub struct Operation {
    /// The method.
    pub ident: Ident,
    /// Its name on the hub.
    pub name: String,
    /// Its doc comment.
    pub docs: Vec<Attribute>,
    /// Its `#[cfg(..)]`s.
    pub conditions: Vec<Attribute>,
    /// Whether it is `async`.
    pub waits: bool,
    /// Whether it can change the state.
    pub changes: bool,
    /// The type of its input, if it takes one.
    pub input: Option<Type>,
    /// What it takes by reference: the type behind the `&mut`.
    pub context: Option<Type>,
    /// What it returns; `None` is nothing.
    pub output: Option<Type>,
    /// Whether that is a `Result`.
    pub can_fail: bool,
}

impl Entity {
    /// Whether `delete` is left to us.
    pub fn has_own_delete(&self) -> bool {
        let is_delete = |operation: &Operation| {
            operation.name.eq_ignore_ascii_case("delete") || operation.ident == "delete"
        };
        self.operations.iter().any(is_delete)
    }

    /// Whether some operation is `async`: then all of them run off the lane, one at a time.
    pub fn waits(&self) -> bool {
        self.operations.iter().any(|operation| operation.waits)
    }
}

/// Reports everything that keeps the block from being an entity. What is given back can stand in
/// for it then; `None` if there is no such type.
pub fn validate(
    block: &Methods,
    options: &Options,
    root: &Root,
    errors: &mut Errors,
) -> Option<Entity> {
    if let Some((path, _)) = &block.of_trait {
        errors.report(path, &messages::ENTITY_OF_TRAIT, &[]);
        return None;
    }
    let ident = match plain(&block.self_ty) {
        Type::Path(path) if block.generics.params.is_empty() => path.path.get_ident().cloned(),
        _ => None,
    };
    let Some(ident) = ident else {
        let own = written(&block.self_ty);
        errors.report(&block.self_ty, &messages::GENERIC_ENTITY, &[("type", &own)]);
        return None;
    };
    let own = ident.unraw().to_string();
    let name = hub_name("entity", &own, &ident, options, errors);
    let mut operations: Vec<Operation> = Vec::new();
    for member in &block.members {
        let Member::Method(method) = member else {
            continue;
        };
        let Some(operation) = operation(method, &ident, errors) else {
            continue;
        };
        let same = |other: &&Operation| other.name.eq_ignore_ascii_case(&operation.name);
        if let Some(other) = operations.iter().find(same) {
            let other = other.ident.to_string();
            let fields = [("operation", operation.name.as_str()), ("other", &other)];
            errors.report(&operation.ident, &messages::OPERATIONS_OF_ONE_NAME, &fields);
        } else {
            operations.push(operation);
        }
    }
    Some(Entity {
        root: root.clone(),
        ident,
        name,
        operations,
    })
}

/// Refuses a second attribute of ours on the block.
pub fn refuse_siblings(block: &Methods, errors: &mut Errors) {
    let own = written(&block.self_ty);
    for (sibling, second) in &block.siblings {
        let fields = [
            ("item", own.as_str()),
            ("first", "entity"),
            ("second", *second),
        ];
        errors.report(sibling.path(), &messages::TWO_ATTRIBUTES, &fields);
    }
}

/// A method with a receiver is an operation, any other a function like others.
fn operation(method: &Method, own: &Ident, errors: &mut Errors) -> Option<Operation> {
    let signature = &method.signature;
    let item = signature.ident.unraw().to_string();
    let before = errors.count();
    let mut report = |at: &dyn ToTokens, message: &Message, ty: &str| {
        let fields = [("kind", "operation"), ("item", item.as_str()), ("type", ty)];
        errors.report(at.to_token_stream(), message, &fields);
    };
    let receiver = signature.receiver();
    let Some(receiver) = receiver else {
        if let Some(attribute) = &method.operation {
            report(attribute.path(), &messages::OPERATION_RECEIVER, "");
        }
        return None;
    };
    if !is_borrowed(receiver) {
        report(receiver, &messages::OPERATION_RECEIVER, "");
    }
    if !signature.generics.params.is_empty() {
        report(&signature.generics, &messages::GENERIC_FUNCTION, "");
    }
    if PROXY_NAMES.contains(&item.as_str()) {
        report(&signature.ident, &messages::OPERATION_OF_PROXY, "");
    }
    let mut operation = Operation {
        ident: signature.ident.clone(),
        name: item.clone(),
        docs: attributes(method, crate::syntax::docs::is_doc),
        conditions: attributes(method, |attribute| attribute.path().is_ident("cfg")),
        waits: signature.asyncness.is_some(),
        changes: matches!(receiver.kind, ReceiverKind::Reference(_, _, Some(_))),
        input: None,
        context: None,
        output: match &signature.output {
            syn::ReturnType::Type(_, ty) => Some(named(ty, own)),
            syn::ReturnType::Default => None,
        },
        can_fail: false,
    };
    if let Some(borrow) = operation.output.as_ref().and_then(first_borrow) {
        report(
            &borrow,
            &messages::OPERATION_BORROWED,
            &written(&borrow.elem),
        );
    }
    operation.can_fail = operation.output.as_ref().is_some_and(is_result);
    let typed = signature
        .inputs
        .iter()
        .filter_map(|argument| match argument {
            FnArg::Typed(typed) => Some(typed),
            FnArg::Receiver(_) => None,
        });
    for argument in typed {
        take(&mut operation, argument, &mut report);
    }
    operation.input = operation.input.map(|ty| named(&ty, own));
    if let Some(name) = renamed(method, errors) {
        operation.name = name;
    }
    (errors.count() == before).then_some(operation)
}

/// One argument after `self`: the input, then the context.
fn take(
    operation: &mut Operation,
    argument: &PatType,
    report: &mut impl FnMut(&dyn ToTokens, &Message, &str),
) {
    if let Some(impl_trait) = first_impl_trait(&argument.ty) {
        return report(&impl_trait, &messages::GENERIC_FUNCTION, "");
    }
    match plain(&argument.ty) {
        Type::Reference(reference) if operation.context.is_none() => {
            operation.context = Some((*reference.elem).clone());
        }
        ty @ Type::Reference(_) => report(argument, &messages::OPERATION_INPUTS, &written(ty)),
        ty if operation.input.is_none() && operation.context.is_none() => {
            operation.input = Some(ty.clone());
        }
        ty => report(argument, &messages::OPERATION_INPUTS, &written(ty)),
    }
}

fn is_borrowed(receiver: &Receiver) -> bool {
    matches!(receiver.kind, ReceiverKind::Reference(..))
}

fn attributes(method: &Method, wanted: impl Fn(&Attribute) -> bool) -> Vec<Attribute> {
    let all = method.attributes.iter();
    all.filter(|attribute| wanted(attribute)).cloned().collect()
}

/// The type with the entity's name for `Self`, which is another type in proxies.
fn named(ty: &Type, own: &Ident) -> Type {
    syn::parse2(with_name(ty.to_token_stream(), own)).unwrap_or_else(|_| ty.clone())
}

fn with_name(tokens: TokenStream, own: &Ident) -> TokenStream {
    let tokens = tokens.into_iter().map(|token| match token {
        TokenTree::Ident(word) if word == "Self" => {
            let mut own = own.clone();
            own.set_span(own.span().located_at(word.span()));
            TokenTree::Ident(own)
        }
        TokenTree::Group(group) => {
            let mut inside = Group::new(group.delimiter(), with_name(group.stream(), own));
            inside.set_span(group.span());
            TokenTree::Group(inside)
        }
        other => other,
    });
    tokens.collect()
}

fn renamed(method: &Method, errors: &mut Errors) -> Option<String> {
    let arguments = match &method.operation.as_ref()?.meta {
        Meta::List(list) => list.tokens.clone(),
        _ => return None,
    };
    let options = Options::parse(arguments, &OPERATION, errors);
    options.literal("name").map(|name| name.value())
}

#[cfg(test)]
mod tests;
