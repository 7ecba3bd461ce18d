//! Doc comments to descriptions.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{Attribute, Expr, Lit, Meta};

/// The text of an item's doc comment.
#[derive(Debug, Clone)]
pub enum Description {
    /// There is none.
    Empty,
    /// It is known here.
    Text(String),
    /// Parts of it are macro calls, such as `include_str!`: an expression for the compiler.
    Expr(TokenStream),
}

impl Description {
    /// Whether there is no text.
    pub fn is_empty(&self) -> bool {
        matches!(self, Self::Empty)
    }
}

impl ToTokens for Description {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        match self {
            Self::Empty => "".to_tokens(tokens),
            Self::Text(text) => text.to_tokens(tokens),
            Self::Expr(expr) => expr.to_tokens(tokens),
        }
    }
}

/// Whether an attribute is a line of a doc comment (and not `#[doc(hidden)]`).
pub fn is_doc(attribute: &Attribute) -> bool {
    attribute.path().is_ident("doc") && matches!(attribute.meta, Meta::NameValue(_))
}

/// Joins the lines of a doc comment, without the space that follows `///`.
pub fn description(attributes: &[Attribute]) -> Description {
    let mut lines = Vec::new();
    let mut parts = Vec::new();
    for attribute in attributes.iter().filter(|attribute| is_doc(attribute)) {
        let Meta::NameValue(meta) = &attribute.meta else {
            continue;
        };
        if let Expr::Lit(literal) = &meta.value
            && let Lit::Str(text) = &literal.lit
        {
            lines.extend(text.value().lines().map(without_indent));
        } else {
            let before = std::mem::take(&mut lines).join("\n");
            parts.push(before.to_token_stream());
            parts.push(meta.value.to_token_stream());
        }
    }
    if !parts.is_empty() {
        let after = lines.join("\n");
        return Description::Expr(quote!(::core::concat!(#(#parts,)* #after)));
    }
    match lines.join("\n").trim() {
        "" => Description::Empty,
        text => Description::Text(text.to_owned()),
    }
}

fn without_indent(line: &str) -> String {
    line.strip_prefix(' ').unwrap_or(line).trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(attributes: &[Attribute]) -> String {
        match description(attributes) {
            Description::Empty => String::new(),
            Description::Text(text) => text,
            Description::Expr(expr) => format!("expr: {expr}"),
        }
    }

    #[test]
    fn lines_are_joined_and_lose_one_space() {
        let cases: [(Vec<Attribute>, &str); 6] = [
            (vec![], ""),
            (vec![syn::parse_quote!(#[doc = " One."])], "One."),
            (
                vec![
                    syn::parse_quote!(#[doc = " One."]),
                    syn::parse_quote!(#[doc = ""]),
                    syn::parse_quote!(#[doc = "   - two"]),
                ],
                "One.\n\n  - two",
            ),
            (vec![syn::parse_quote!(#[doc = "  "])], ""),
            (vec![syn::parse_quote!(#[doc(hidden)])], ""),
            (vec![syn::parse_quote!(#[deprecated = "no"])], ""),
        ];
        for (attributes, expected) in cases {
            assert_eq!(text(&attributes), expected);
        }
    }

    #[test]
    fn macro_calls_stay_expressions() {
        let attributes = [
            syn::parse_quote!(#[doc = " One."]),
            syn::parse_quote!(#[doc = include_str!("two.md")]),
        ];
        let text = text(&attributes);
        assert!(text.starts_with("expr: :: core :: concat !"), "{text}");
        assert!(text.contains("include_str ! (\"two.md\")"), "{text}");
    }
}
