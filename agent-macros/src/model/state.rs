//! What a struct must be to be the state of a workflow.

use syn::ext::IdentExt;
use syn::{Data, DeriveInput, Expr, Field, Fields, Ident, Meta, Type};

use super::written;
use crate::errors::Errors;
use crate::messages;
use crate::names::Root;
use crate::syntax::options::{Grammar, Options, Takes};

/// How many slots a state may have.
const SLOTS_MAX: usize = 128;

/// What `#[slot(..)]` takes on the struct itself: where our crate is.
pub static GRAMMAR: Grammar = Grammar {
    attribute: "slot",
    options: &[],
    refused: &[],
};

/// What `#[slot(..)]` takes on a field.
pub static FIELD_GRAMMAR: Grammar = Grammar {
    attribute: "slot",
    options: &[("default", Takes::SwitchOrCode), ("reduce", Takes::Code)],
    refused: &[],
};

/// A state that can be generated.
pub struct State {
    /// Where our crate is.
    pub root: Root,
    /// The struct.
    pub ident: Ident,
    /// Its fields.
    pub slots: Vec<Slot>,
    /// The options that were written on fields, for editors.
    pub keys: Vec<Ident>,
}

/// A slot.
pub struct Slot {
    /// The field.
    pub field: Ident,
    /// Its name on the wire.
    pub name: String,
    /// Its type.
    pub ty: Type,
    /// The type as it is written.
    pub written: String,
    /// What is in it at the start.
    pub default: Option<SlotDefault>,
    /// Merges what is written into what is there.
    pub reduce: Option<Expr>,
}

/// What is in a slot at the start.
pub enum SlotDefault {
    /// What the type says; the key, where a type without one is told.
    Usual(Ident),
    /// This.
    Value(Expr),
}

/// Reports everything that keeps the struct from being a state.
pub fn validate(item: &DeriveInput, root: &Root, errors: &mut Errors) -> Option<State> {
    let before = errors.count();
    let own = item.ident.unraw().to_string();
    if !item.generics.params.is_empty() {
        errors.report(&item.generics, &messages::GENERIC_STATE, &[("item", &own)]);
    }
    let fields: Vec<&Field> = match &item.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) => fields.named.iter().collect(),
            _ => return form(item, &own, errors),
        },
        _ => return form(item, &own, errors),
    };
    let mut keys = Vec::new();
    let slots = slots(&own, &fields, &mut keys, errors);
    if fields.len() > SLOTS_MAX {
        let (count, most) = (fields.len().to_string(), SLOTS_MAX.to_string());
        let fields = [("item", own.as_str()), ("count", &count), ("most", &most)];
        errors.report(&item.ident, &messages::SLOTS_TOO_MANY, &fields);
    }
    (errors.count() == before).then(|| State {
        root: root.clone(),
        ident: item.ident.clone(),
        slots,
        keys,
    })
}

fn form(item: &DeriveInput, own: &str, errors: &mut Errors) -> Option<State> {
    errors.report(&item.ident, &messages::STATE_FORM, &[("item", own)]);
    None
}

fn slots(item: &str, fields: &[&Field], keys: &mut Vec<Ident>, errors: &mut Errors) -> Vec<Slot> {
    let mut slots: Vec<Slot> = Vec::new();
    for field in fields {
        let Some(ident) = &field.ident else { continue };
        let name = ident.unraw().to_string();
        let ty = written(&field.ty);
        if let Some(first) = slots.iter().find(|slot| slot.written == ty) {
            let new = camel_case(&name);
            let fields = [
                ("first", first.name.as_str()),
                ("second", &name),
                ("item", item),
                ("type", &ty),
                ("new", &new),
            ];
            errors.report(&field.ty, &messages::SLOT_TYPE_TWICE, &fields);
            continue;
        }
        let options = options(field, errors);
        keys.extend(options.keys().iter().cloned());
        slots.push(Slot {
            field: ident.clone(),
            name,
            ty: field.ty.clone(),
            written: ty,
            default: default(&options),
            reduce: options.expr("reduce"),
        });
    }
    slots
}

/// All `#[slot(..)]` of a field, as if they were one.
fn options(field: &Field, errors: &mut Errors) -> Options {
    let own = field.attrs.iter().filter(|own| own.path().is_ident("slot"));
    let lists = own.filter_map(|own| match &own.meta {
        Meta::List(list) => Some(list.tokens.clone()),
        _ => None,
    });
    let lists: Vec<_> = lists.collect();
    Options::parse(quote::quote!(#(#lists),*), &FIELD_GRAMMAR, errors)
}

fn default(options: &Options) -> Option<SlotDefault> {
    let (key, _) = options.get("default")?;
    Some(match options.expr("default") {
        Some(value) => SlotDefault::Value(value),
        None => SlotDefault::Usual(key.clone()),
    })
}

/// `second_budget` to `SecondBudget`.
fn camel_case(name: &str) -> String {
    let words = name.split('_').map(|word| {
        let mut letters = word.chars();
        let first = letters.next().map(|first| first.to_ascii_uppercase());
        first.into_iter().chain(letters).collect::<String>()
    });
    words.collect()
}

#[cfg(test)]
mod tests;
