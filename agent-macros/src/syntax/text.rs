//! Tokens as text, always the same for the same tokens: what a compiler prints is not, and such
//! text is part of versions and diagrams.

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};
use quote::ToTokens;

/// As rustfmt would write it on one line, nearly.
pub fn text(tokens: &impl ToTokens) -> String {
    let mut printer = Printer::default();
    printer.stream(tokens.to_token_stream());
    printer.text
}

#[derive(Default)]
struct Printer {
    text: String,
    before: Before,
    /// How many `<` of types are open.
    generic: usize,
}

/// What was written last.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Before {
    /// The beginning of a text or of a group.
    #[default]
    Nothing,
    /// A word that begins or joins expressions: `if`, `mut`.
    Keyword,
    /// The name of a type or variant, by its first letter.
    TypeName,
    /// Another name, a literal, or a group.
    Value,
    /// The brackets of a type were closed.
    Closed,
    /// `,` or `;`, or `:` of a type.
    Separator,
    /// `::`, `.`, `..`, `'` or an operator in front of its only operand.
    Tight,
    /// An operator between two operands.
    Operator,
}

const KEYWORDS: [&str; 14] = [
    "as", "else", "for", "if", "in", "let", "loop", "match", "move", "mut", "ref", "return", "box",
    "while",
];

impl Printer {
    fn stream(&mut self, tokens: TokenStream) {
        let mut tokens = tokens.into_iter().peekable();
        while let Some(token) = tokens.next() {
            match token {
                TokenTree::Group(group) => self.group(group.delimiter(), group.stream()),
                TokenTree::Ident(word) => self.word(&word.to_string()),
                TokenTree::Literal(literal) => {
                    self.operand(&literal.to_string(), Before::Value);
                }
                TokenTree::Punct(first) => {
                    let mut operator = String::from(first.as_char());
                    let mut spacing = first.spacing();
                    while spacing == Spacing::Joint
                        && let Some(TokenTree::Punct(next)) = tokens.peek()
                        && (is_operator(&operator, next.as_char())
                            || self.generic == 0 && is_shift(&operator, next.as_char()))
                    {
                        operator.push(next.as_char());
                        spacing = next.spacing();
                        tokens.next();
                    }
                    self.operator(&operator);
                }
            }
        }
    }

    fn group(&mut self, delimiter: Delimiter, inner: TokenStream) {
        let (open, close) = match delimiter {
            Delimiter::None => return self.stream(inner),
            Delimiter::Parenthesis => ("(", ")"),
            Delimiter::Bracket => ("[", "]"),
            Delimiter::Brace => ("{ ", " }"),
        };
        let is_call = delimiter != Delimiter::Brace
            && matches!(
                self.before,
                Before::TypeName | Before::Value | Before::Closed
            );
        let generic = std::mem::take(&mut self.generic);
        if is_call {
            self.text.push_str(open);
        } else {
            self.operand(open, Before::Nothing);
        }
        self.before = Before::Nothing;
        self.stream(inner);
        if self.text.ends_with("{ ") {
            self.text.pop();
            self.text.push('}');
        } else {
            self.text.push_str(close);
        }
        self.before = Before::Value;
        self.generic = generic;
    }

    fn word(&mut self, word: &str) {
        let kind = if KEYWORDS.contains(&word) {
            Before::Keyword
        } else if word.starts_with(|first: char| first.is_uppercase()) {
            Before::TypeName
        } else {
            Before::Value
        };
        self.operand(word, kind);
    }

    fn operand(&mut self, text: &str, kind: Before) {
        if !matches!(self.before, Before::Nothing | Before::Tight) {
            self.text.push(' ');
        }
        self.text.push_str(text);
        self.before = kind;
    }

    fn operator(&mut self, operator: &str) {
        let after_operand = matches!(
            self.before,
            Before::TypeName | Before::Value | Before::Closed
        );
        match operator {
            "," | ";" => self.tight(operator, Before::Separator),
            ":" | "?" if after_operand => {
                let next = if operator == ":" {
                    Before::Separator
                } else {
                    Before::Value
                };
                self.tight(operator, next);
            }
            "::" | "." | ".." | "..=" | "..." if after_operand => {
                self.tight(operator, Before::Tight);
            }
            "<" if self.before == Before::TypeName || self.text.ends_with("::") => {
                self.generic += 1;
                self.tight(operator, Before::Tight);
            }
            "<" if !after_operand => {
                self.generic += 1;
                self.operand(operator, Before::Tight);
            }
            ">" if self.generic > 0 => {
                self.generic -= 1;
                self.tight(operator, Before::Closed);
            }
            "!" if self.before == Before::Value => self.tight(operator, Before::Value),
            _ if after_operand => self.operand(operator, Before::Operator),
            _ => self.operand(operator, Before::Tight),
        }
    }

    fn tight(&mut self, text: &str, kind: Before) {
        self.text.push_str(text);
        self.before = kind;
    }
}

/// Whether a mark goes on with one more: `&&` is one operator, `|&` are two.
fn is_operator(so_far: &str, next: char) -> bool {
    const LONG: [&str; 22] = [
        "::", "..", "..=", "...", "->", "=>", "==", "!=", "<=", ">=", "&&", "||", "+=", "-=", "*=",
        "/=", "%=", "^=", "&=", "|=", "<<", "<<=",
    ];
    LONG.iter().any(|known| {
        known
            .strip_prefix(so_far)
            .is_some_and(|rest| rest.starts_with(next))
    })
}

/// Two `>` are one operator, unless they close two types.
fn is_shift(so_far: &str, next: char) -> bool {
    matches!((so_far, next), (">", '>') | (">>", '='))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_and_expressions_look_as_they_were_written() {
        for written in [
            "Review::Approved(plan)",
            "Review::Rejected { notes, .. } if notes.len() > 3 && !notes.is_empty()",
            "Some(n @ 1..=9) | None",
            "_",
            "Ok(Some([first, .., last]))",
            "(a, b) if a < b",
            "&Order { id: 7, ref items, .. }",
            "\"yes\" | \"no\"",
            "-1 | 0",
            "format!(\"{:?}\", x)",
            "Vec::<Option<u8>>::with_capacity(3)",
            "x.clone()",
            "list.iter().map(Into::into).collect::<Vec<_>>()",
            "'a' | 'b'",
            "crate::mail::Kind::Spam",
            "Draft { title: title.clone(), ..Draft::default() }",
            "[1, 2][0]",
            "a == b || c != d",
            "&mut x",
            "{}",
            "a >> (b, c >> d)",
            "x >> 3 == y << 2",
            "Some::<Vec<Vec<u8>>>(x)",
            "<B as C>::d(x)",
        ] {
            let tokens: TokenStream = written.parse().unwrap();
            assert_eq!(text(&tokens), written);
        }
    }

    #[test]
    fn white_space_makes_no_difference() {
        for written in [
            "Review :: Approved ( plan )",
            "Review::Approved(\n    plan\n)",
        ] {
            let tokens: TokenStream = written.parse().unwrap();
            assert_eq!(text(&tokens), "Review::Approved(plan)");
        }
    }
}
