//! The arguments of an attribute: `key`, `key = value`, `key = [..]`. Knows no macro: which keys
//! there are, and what they take, is a table.

use std::time::Duration;

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::ToTokens;
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::{Expr, ExprArray, Ident, Lit, LitStr, Path, Token, Type};

use super::{duration, nearest::nearest};
use crate::errors::Errors;
use crate::messages::{self, Message};

/// The option that every attribute has: the path under which the expansion finds our crate.
const CRATE: &str = "crate";

/// What an attribute takes.
pub struct Grammar {
    /// The attribute's name.
    pub attribute: &'static str,
    /// Its options, in the order in which they are offered.
    pub options: &'static [(&'static str, Takes)],
    /// Words that are no options here, with what to say of them.
    pub refused: &'static [(&'static str, &'static Message)],
}

impl Grammar {
    /// All keys, for messages; `crate` only where there is no other.
    fn offer(&self) -> String {
        if self.options.is_empty() {
            return format!("`{CRATE}`");
        }
        let keys: Vec<String> = self
            .options
            .iter()
            .map(|(key, _)| format!("`{key}`"))
            .collect();
        keys.join(", ")
    }

    fn takes(&self, key: &str) -> Option<Takes> {
        if key == CRATE {
            return Some(Takes::Path);
        }
        let (_, takes) = self.options.iter().find(|(known, _)| *known == key)?;
        Some(*takes)
    }
}

/// What an option takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    /// Nothing, or `true` or `false`.
    Switch,
    /// A text that is needed here.
    Literal,
    /// A text: a literal, or an expression for the compiler.
    Text,
    /// A whole number from 1 on, or an expression for the compiler.
    Count,
    /// A number that is not negative, or an expression for the compiler.
    Number,
    /// A duration as text, or an expression for the compiler.
    Duration,
    /// A type.
    Type,
    /// A list in brackets.
    List,
    /// Any expression, for the compiler.
    Code,
    /// Nothing, or any expression.
    SwitchOrCode,
    /// Types in parentheses, at least one.
    Types,
    /// One type in parentheses.
    OneType,
    /// A path to a module or crate.
    Path,
    /// Options of its own, in parentheses.
    Group(&'static [(&'static str, Takes)]),
}

impl Takes {
    /// In words, with an example.
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Switch => ("`true` or `false`", "true"),
            Self::Literal => ("a string literal", "\"..\""),
            Self::Text => ("a text", "\"..\""),
            Self::Count => ("a whole number of at least 1", "10"),
            Self::Number => ("a number of at least 0", "0.5"),
            Self::Duration => (
                "a duration above zero, of number and `ms`, `s`, `m`, `h` or `d`",
                "\"30s\"",
            ),
            Self::Type => ("a type", "Report"),
            Self::List => ("a list", "[..]"),
            Self::Code => ("an expression", "value"),
            Self::SwitchOrCode => ("nothing, or an expression", "value"),
            Self::Types => ("types in parentheses", "(Budget, Verdict)"),
            Self::OneType => ("one type in parentheses", "(Report)"),
            Self::Path => ("a path", "::agent_sdk"),
            Self::Group(_) => ("options in parentheses", ".."),
        }
    }
}

/// What an option was given.
#[derive(Clone)]
pub enum Value {
    /// See [`Takes::Switch`].
    Switch(bool),
    /// See [`Takes::Literal`].
    Literal(LitStr),
    /// A literal that was checked, or any other expression.
    Expr(Expr),
    /// See [`Takes::Duration`].
    Period(Period),
    /// See [`Takes::Type`].
    Type(Type),
    /// See [`Takes::List`].
    List(Vec<Expr>),
    /// See [`Takes::Types`]; exactly one for [`Takes::OneType`].
    Types(Vec<Type>),
    /// See [`Takes::Path`].
    Path(Path),
    /// See [`Takes::Group`].
    Group(Options),
}

/// A duration.
#[derive(Clone)]
#[allow(
    clippy::large_enum_variant,
    reason = "there are few of them, and an attribute is read once"
)]
pub enum Period {
    /// It was written as text.
    Known(Duration),
    /// An expression for the compiler.
    Expr(Expr),
}

/// The options of one attribute, each once.
#[derive(Clone)]
pub struct Options {
    list: Vec<(Ident, Value)>,
    keys: Vec<Ident>,
}

impl Options {
    /// Reads the arguments of an attribute. What is wrong is reported and left out.
    pub fn parse(arguments: TokenStream, grammar: &Grammar, errors: &mut Errors) -> Self {
        let mut options = Self {
            list: Vec::new(),
            keys: Vec::new(),
        };
        for tokens in split_at_commas(arguments) {
            options.read(tokens, grammar, errors);
        }
        options
    }

    /// All keys that were written, known or not, for the editor.
    pub fn keys(&self) -> &[Ident] {
        &self.keys
    }

    /// The key and the value of an option.
    pub fn get(&self, key: &str) -> Option<(&Ident, &Value)> {
        self.list
            .iter()
            .find(|(given, _)| given == key)
            .map(|(key, value)| (key, value))
    }

    /// The value of `crate = path`.
    pub fn root(&self) -> Option<&Path> {
        match &self.get(CRATE)?.1 {
            Value::Path(path) => Some(path),
            _ => None,
        }
    }

    /// The value of an option that takes [`Takes::Switch`].
    pub fn switch(&self, key: &str) -> Option<bool> {
        match &self.get(key)?.1 {
            Value::Switch(on) => Some(*on),
            _ => None,
        }
    }

    /// The value of an option that takes [`Takes::Literal`].
    pub fn literal(&self, key: &str) -> Option<LitStr> {
        match &self.get(key)?.1 {
            Value::Literal(text) => Some(text.clone()),
            _ => None,
        }
    }

    /// The value of an option that takes an expression.
    pub fn expr(&self, key: &str) -> Option<Expr> {
        match &self.get(key)?.1 {
            Value::Expr(expr) => Some(expr.clone()),
            _ => None,
        }
    }

    /// The value of an option that takes [`Takes::Duration`].
    pub fn period(&self, key: &str) -> Option<Period> {
        match &self.get(key)?.1 {
            Value::Period(period) => Some(period.clone()),
            _ => None,
        }
    }

    /// The value of an option that takes [`Takes::Type`].
    pub fn ty(&self, key: &str) -> Option<Type> {
        match &self.get(key)?.1 {
            Value::Type(ty) => Some(ty.clone()),
            _ => None,
        }
    }

    /// The entries of an option that takes [`Takes::List`].
    pub fn list(&self, key: &str) -> &[Expr] {
        match self.get(key) {
            Some((_, Value::List(entries))) => entries,
            _ => &[],
        }
    }

    /// The types of an option that takes [`Takes::Types`] or [`Takes::OneType`].
    pub fn types(&self, key: &str) -> &[Type] {
        match self.get(key) {
            Some((_, Value::Types(types))) => types,
            _ => &[],
        }
    }

    /// The options inside an option that takes [`Takes::Group`].
    pub fn group(&self, key: &str) -> Option<&Self> {
        match &self.get(key)?.1 {
            Value::Group(options) => Some(options),
            _ => None,
        }
    }

    fn read(&mut self, tokens: Vec<TokenTree>, grammar: &Grammar, errors: &mut Errors) {
        let mut tokens = tokens.into_iter();
        let key = match tokens.next() {
            Some(TokenTree::Ident(key)) => key,
            Some(other) => {
                let rest: TokenStream = std::iter::once(other).chain(tokens).collect();
                return report_syntax(rest, grammar, errors);
            }
            None => return,
        };
        self.keys.push(key.clone());
        let name = key.to_string();
        if let Some((_, message)) = grammar.refused.iter().find(|(word, _)| *word == name) {
            return errors.report(key, message, &[("option", &name)]);
        }
        let Some(takes) = grammar.takes(&name) else {
            let known = grammar.options.iter().map(|(key, _)| *key);
            let nearest = nearest(&name, known)
                .map(|near| format!("; did you mean `{near}`?"))
                .unwrap_or_default();
            let fields = [
                ("option", name.as_str()),
                ("attribute", grammar.attribute),
                ("nearest", &nearest),
                ("options", &grammar.offer()),
            ];
            return errors.report(key, &messages::UNKNOWN_OPTION, &fields);
        };
        if self.get(&name).is_some() {
            return errors.report(key, &messages::REPEATED_OPTION, &[("option", &name)]);
        }
        let tokens: Vec<TokenTree> = tokens.collect();
        if let (Takes::Group(inner), Some(TokenTree::Group(group))) = (takes, tokens.first())
            && tokens.len() == 1
        {
            let grammar = Grammar {
                attribute: grammar.attribute,
                options: inner,
                refused: &[],
            };
            let options = Self::parse(group.stream(), &grammar, errors);
            return self.list.push((key, Value::Group(options)));
        }
        match value(tokens, takes) {
            Ok(value) => self.list.push((key, value)),
            Err(at) => {
                let (words, example) = takes.words();
                let form = match takes {
                    Takes::Group(inner) => {
                        let keys: Vec<String> =
                            inner.iter().map(|(key, _)| format!("{key} = ..")).collect();
                        format!("({})", keys.join(", "))
                    }
                    Takes::Types | Takes::OneType => example.to_owned(),
                    _ => format!(" = {example}"),
                };
                let at = if at.is_empty() {
                    key.to_token_stream()
                } else {
                    at
                };
                let fields = [("option", name.as_str()), ("takes", words), ("form", &form)];
                errors.report(at, &messages::OPTION_VALUE, &fields);
            }
        }
    }
}

fn report_syntax(at: TokenStream, grammar: &Grammar, errors: &mut Errors) {
    let fields = [
        ("attribute", grammar.attribute),
        ("options", &grammar.offer()),
    ];
    errors.report(at, &messages::OPTION_SYNTAX, &fields);
}

/// Splits at the commas that are not inside a generic type: `output = Page<Item, 20>` is one
/// option.
fn split_at_commas(tokens: TokenStream) -> Vec<Vec<TokenTree>> {
    let mut parts = vec![Vec::new()];
    let mut depth = 0_usize;
    let mut arrow = false;
    for token in tokens {
        if let TokenTree::Punct(punct) = &token {
            match punct.as_char() {
                ',' if depth == 0 => {
                    parts.push(Vec::new());
                    continue;
                }
                '<' => depth += 1,
                '>' if !arrow => depth = depth.saturating_sub(1),
                _ => {}
            }
            arrow = matches!(punct.as_char(), '-' | '=');
        } else {
            arrow = false;
        }
        if let Some(part) = parts.last_mut() {
            part.push(token);
        }
    }
    parts
}

/// Reads what follows a key; the error is the tokens that are wrong.
fn value(tokens: Vec<TokenTree>, takes: Takes) -> Result<Value, TokenStream> {
    if matches!(takes, Takes::Types | Takes::OneType) {
        return types(tokens, takes);
    }
    let mut tokens = tokens.into_iter();
    match tokens.next() {
        None if matches!(takes, Takes::Switch | Takes::SwitchOrCode) => {
            return Ok(Value::Switch(true));
        }
        None => return Err(TokenStream::new()),
        Some(TokenTree::Punct(punct)) if punct.as_char() == '=' => {}
        Some(other) => return Err(std::iter::once(other).chain(tokens).collect()),
    }
    let tokens: TokenStream = tokens.collect();
    if let Takes::Group(_) = takes {
        return Err(tokens);
    }
    let wrong = |_| tokens.clone();
    match takes {
        Takes::Type => syn::parse2(tokens.clone()).map(Value::Type).map_err(wrong),
        Takes::Path => Path::parse_mod_style
            .parse2(tokens.clone())
            .map(Value::Path)
            .map_err(wrong),
        Takes::List => list(tokens.clone()).map_err(wrong),
        Takes::Code | Takes::SwitchOrCode => {
            syn::parse2(tokens.clone()).map(Value::Expr).map_err(wrong)
        }
        _ => {
            let expr: Expr = syn::parse2(tokens.clone()).map_err(wrong)?;
            checked(ungrouped(expr), takes).ok_or(tokens)
        }
    }
}

/// Types in parentheses, as many as may be.
fn types(tokens: Vec<TokenTree>, takes: Takes) -> Result<Value, TokenStream> {
    let [TokenTree::Group(group)] = tokens.as_slice() else {
        return Err(tokens.into_iter().collect());
    };
    let parser = Punctuated::<Type, Token![,]>::parse_terminated;
    let parsed = match group.delimiter() {
        Delimiter::Parenthesis => parser.parse2(group.stream()).ok(),
        _ => None,
    };
    let types: Vec<Type> = parsed.into_iter().flatten().collect();
    let fits = !types.is_empty() && (takes == Takes::Types || types.len() == 1);
    if fits {
        Ok(Value::Types(types))
    } else {
        Err(group.to_token_stream())
    }
}

fn list(tokens: TokenStream) -> syn::Result<Value> {
    let array: ExprArray = syn::parse2(tokens)?;
    let entries: Punctuated<Expr, Token![,]> = array.elems;
    Ok(Value::List(entries.into_iter().map(ungrouped).collect()))
}

/// What a declarative macro passed on stands in an invisible group.
fn ungrouped(expr: Expr) -> Expr {
    match expr {
        Expr::Group(group) => ungrouped(*group.expr),
        expr => expr,
    }
}

/// Literals are judged here, everything else by the compiler.
fn checked(expr: Expr, takes: Takes) -> Option<Value> {
    let literal = match &expr {
        Expr::Lit(literal) => Some(&literal.lit),
        Expr::Unary(unary) if matches!(*unary.expr, Expr::Lit(_)) => return None,
        _ => None,
    };
    match (takes, literal) {
        (Takes::Switch, Some(Lit::Bool(on))) => Some(Value::Switch(on.value)),
        (Takes::Literal, Some(Lit::Str(text))) => Some(Value::Literal(text.clone())),
        (Takes::Duration, Some(Lit::Str(text))) => {
            let duration = duration::parse(&text.value())?;
            Some(Value::Period(Period::Known(duration)))
        }
        (Takes::Duration, None) => Some(Value::Period(Period::Expr(expr))),
        (Takes::Count, Some(Lit::Int(count))) => {
            let count = count.base10_parse::<u32>().ok()?;
            (count > 0).then_some(Value::Expr(expr))
        }
        (Takes::Text, Some(Lit::Str(_)))
        | (Takes::Number, Some(Lit::Int(_) | Lit::Float(_)))
        | (Takes::Text | Takes::Count | Takes::Number, None) => Some(Value::Expr(expr)),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
