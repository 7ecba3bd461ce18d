//! What kind of item an attribute was put on, and which of our attributes it has besides.

use proc_macro2::{TokenStream, TokenTree};
use syn::parse::{Parse, ParseStream, Parser};
use syn::{Attribute, Ident, ItemStruct, Token, Visibility};

/// All attributes of the family: two of them on one item are an error of ours, because left alone
/// they define the same names twice.
const FAMILY: [&str; 7] = [
    "tool",
    "agent",
    "executor",
    "workflow",
    "orchestrator",
    "entity",
    "request_port",
];

/// What an item is, by its first words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ItemKind {
    /// `fn`, with any qualifiers.
    Function,
    /// `struct`.
    Struct,
    /// `impl`.
    Impl,
    /// Anything else.
    Other,
}

/// The beginning of an item: all of it that is looked at when the rest can't be parsed.
pub struct Beginning {
    /// What it is.
    pub kind: ItemKind,
    /// Who may use it.
    pub visibility: Visibility,
    /// The first word after attributes and visibility.
    pub keyword: Option<TokenTree>,
    /// The word after `fn`, `struct` or `impl`.
    pub name: Option<Ident>,
}

/// Looks at the first words only: the rest may be half-typed.
pub fn look(item: &TokenStream) -> Beginning {
    let read = |input: ParseStream| {
        input.call(Attribute::parse_outer)?;
        let visibility = input.parse()?;
        let kind = if input.peek(Token![struct]) {
            ItemKind::Struct
        } else if input.peek(Token![impl]) {
            ItemKind::Impl
        } else {
            qualified_function(input)
        };
        let rest: TokenStream = input.parse()?;
        Ok(Beginning {
            kind,
            visibility,
            keyword: rest.clone().into_iter().next(),
            name: name(rest),
        })
    };
    read.parse2(item.clone()).unwrap_or_else(|_| Beginning {
        kind: ItemKind::Other,
        visibility: Visibility::Inherited,
        keyword: item.clone().into_iter().next(),
        name: None,
    })
}

fn name(item: TokenStream) -> Option<Ident> {
    let mut tokens = item.into_iter();
    let is_keyword = |token: &TokenTree| {
        let TokenTree::Ident(word) = token else {
            return false;
        };
        ["fn", "struct", "impl"].iter().any(|known| word == known)
    };
    tokens.find(is_keyword)?;
    match tokens.next()? {
        TokenTree::Ident(name) => Some(name),
        _ => None,
    }
}

fn qualified_function(input: ParseStream) -> ItemKind {
    let ahead = input.fork();
    // At most `const async unsafe extern "C"`; `const` and `unsafe` alone begin other items too.
    for _ in 0..5 {
        if ahead.peek(Token![fn]) {
            return ItemKind::Function;
        }
        let known = ahead.peek(Token![const])
            || ahead.peek(Token![async])
            || ahead.peek(Token![unsafe])
            || ahead.peek(Token![extern])
            || ahead.peek(syn::LitStr);
        if !known || ahead.parse::<TokenTree>().is_err() {
            return ItemKind::Other;
        }
    }
    ItemKind::Other
}

/// Takes our own attributes out of a list: they must not be expanded on top of each other.
pub fn take_family(attributes: &mut Vec<Attribute>) -> Vec<(Attribute, &'static str)> {
    let mut taken = Vec::new();
    attributes.retain(|attribute| match family_name(attribute) {
        Some(name) => {
            taken.push((attribute.clone(), name));
            false
        }
        None => true,
    });
    taken
}

/// By name, since an attribute has no type to ask; a path to another crate's attribute is left
/// alone.
fn family_name(attribute: &Attribute) -> Option<&'static str> {
    let segments: Vec<String> = attribute
        .path()
        .segments
        .iter()
        .map(|segment| segment.ident.to_string())
        .collect();
    let name = match segments.as_slice() {
        [name] => name,
        [root, name] if root == "agent_sdk" || root == "durable_task" => name,
        _ => return None,
    };
    FAMILY.into_iter().find(|known| known == name)
}

/// A struct, as it was written.
pub struct Struct {
    /// The item.
    pub item: ItemStruct,
    /// Our other attributes, already taken off it.
    pub siblings: Vec<(Attribute, &'static str)>,
}

impl Parse for Struct {
    fn parse(input: ParseStream) -> syn::Result<Self> {
        let mut item: ItemStruct = input.parse()?;
        let siblings = take_family(&mut item.attrs);
        Ok(Self { item, siblings })
    }
}

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::*;

    #[test]
    fn kinds() {
        for (item, expected) in [
            (
                quote!(
                    fn f() {}
                ),
                ItemKind::Function,
            ),
            (
                quote!(
                    #[doc = "x"]
                    pub(crate) async fn f() {}
                ),
                ItemKind::Function,
            ),
            (
                quote!(
                    const unsafe extern "C" fn f() {}
                ),
                ItemKind::Function,
            ),
            (quote!(fn f(city: ) { half typed }), ItemKind::Function),
            (
                quote!(
                    pub struct S;
                ),
                ItemKind::Struct,
            ),
            (
                quote!(
                    const X: u8 = 1;
                ),
                ItemKind::Other,
            ),
            (
                quote!(
                    unsafe impl Send for X {}
                ),
                ItemKind::Other,
            ),
            (
                quote!(
                    enum E {}
                ),
                ItemKind::Other,
            ),
            (quote!(), ItemKind::Other),
        ] {
            assert_eq!(look(&item).kind, expected, "{item}");
        }
    }

    #[test]
    fn names_are_found_in_half_typed_items() {
        for (item, expected) in [
            (quote!(pub async fn f(city: ) {}), Some("f")),
            (quote!(struct S<), Some("S")),
            (quote!(#[doc = "fn g"] fn f), Some("f")),
            (quote!(fn), None),
            (quote!(fn 5), None),
            (
                quote!(
                    enum E {}
                ),
                None,
            ),
        ] {
            let name = look(&item).name.map(|name| name.to_string());
            assert_eq!(name.as_deref(), expected, "{item}");
        }
    }

    #[test]
    fn only_our_own_attributes_are_taken() {
        let mut attributes: Vec<Attribute> = vec![
            syn::parse_quote!(#[tool]),
            syn::parse_quote!(#[agent_sdk::executor(reads(X))]),
            syn::parse_quote!(#[rmcp::tool]),
            syn::parse_quote!(#[inline]),
        ];
        let taken = take_family(&mut attributes);
        let names: Vec<_> = taken.iter().map(|(_, name)| *name).collect();
        assert_eq!(names, ["tool", "executor"]);
        assert_eq!(attributes.len(), 2);
    }
}
