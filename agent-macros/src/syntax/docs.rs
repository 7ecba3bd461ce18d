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
    let mut parts: Vec<TokenStream> = Vec::new();
    let mut text = String::new();
    for (index, attribute) in attributes.iter().filter(|a| is_doc(a)).enumerate() {
        let Meta::NameValue(meta) = &attribute.meta else {
            continue;
        };
        if index > 0 {
            text.push('\n');
        }
        if let Expr::Lit(literal) = &meta.value
            && let Lit::Str(line) = &literal.lit
        {
            let lines: Vec<String> = line.value().split('\n').map(without_indent).collect();
            text.push_str(&lines.join("\n"));
        } else {
            parts.push(std::mem::take(&mut text).to_token_stream());
            parts.push(meta.value.to_token_stream());
        }
    }
    if !parts.is_empty() {
        return Description::Expr(quote!(::core::concat!(#(#parts,)* #text)));
    }
    match text.trim() {
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
