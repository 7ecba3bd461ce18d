//! Rust's statements and expressions to those of a graph.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::punctuated::Punctuated;
use syn::token::Paren;
use syn::visit::{self, Visit};
use syn::{
    Attribute, BinOp, Block, Expr, ExprCall, ExprTuple, Local, Pat, Path, PathArguments, Stmt,
    Token,
};

use super::{Arm, Body, Chain, Element, Let, Match, Mention, Statement, Tuple, refused};
use crate::errors::Errors;
use crate::messages;
use crate::syntax::text::text;

/// The word that begins `each(node)`.
const EACH: &str = "each";

/// Reads a body.
pub fn read(block: &Block, errors: &mut Errors) -> Body {
    let mut reader = Reader { errors };
    reader.visit_block(block);
    let statements = &block.stmts;
    Body {
        statements: statements
            .iter()
            .filter_map(|statement| reader.statement(statement))
            .collect(),
    }
}

/// A path as the user wrote it.
pub fn path_text(path: &Path) -> String {
    text(path)
}

/// `()`, to point at.
pub fn paren_tokens(paren: &Paren) -> TokenStream {
    let mut tokens = TokenStream::new();
    paren.surround(&mut tokens, |_| ());
    tokens
}

struct Reader<'a> {
    errors: &'a mut Errors,
}

/// Attributes are refused wherever they stand.
impl<'ast> Visit<'ast> for Reader<'_> {
    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        let written = text(attribute);
        let fields = [("written", written.as_str())];
        self.errors
            .report(attribute, &messages::ATTRIBUTE_IN_GRAPH, &fields);
        visit::visit_attribute(self, attribute);
    }
}

impl Reader<'_> {
    fn statement(&mut self, statement: &Stmt) -> Option<Statement> {
        match statement {
            Stmt::Local(local) => self.named(local).map(Statement::Let),
            Stmt::Expr(expr, semicolon) => match ungrouped(expr) {
                Expr::Match(matched) => self.matched(matched).map(Statement::Match),
                expr => {
                    let before = self.errors.count();
                    let chain = self.chain(expr, false)?;
                    self.lone_nothing(&chain);
                    if semicolon.is_none() && self.errors.count() == before {
                        self.no_semicolon(expr);
                    }
                    Some(Statement::Chain(chain))
                }
            },
            Stmt::Item(item) => {
                let at = refused::first_word(item);
                let instead = "write items outside of the workflow";
                self.not_a_graph(&at, &text(&at), instead);
                None
            }
            Stmt::Macro(call) => {
                let name = format!("{}!", path_text(&call.mac.path));
                self.not_a_graph(&call.mac.path, &name, refused::MACRO);
                None
            }
        }
    }

    fn not_a_graph(&mut self, at: &impl ToTokens, what: &str, instead: &str) {
        let fields = [("what", what), ("instead", instead)];
        self.errors.report(at, &messages::NOT_A_GRAPH, &fields);
    }

    /// At the end of the path, where the mark is missing.
    fn no_semicolon(&mut self, expr: &Expr) {
        let mut end = expr;
        while let Expr::Binary(binary) = end {
            end = ungrouped(&binary.right);
        }
        let last = text(end);
        self.errors
            .report(end, &messages::NO_SEMICOLON, &[("last", &last)]);
    }

    fn named(&mut self, local: &Local) -> Option<Let> {
        let parts = match (&local.pat, &local.init) {
            (Pat::Ident(name), Some(init))
                if name.by_ref.is_none()
                    && name.mutability.is_none()
                    && name.subpat.is_none()
                    && init.diverge.is_none() =>
            {
                match ungrouped(&init.expr) {
                    Expr::Path(path) => Some((&name.ident, path)),
                    _ => None,
                }
            }
            _ => None,
        };
        let Some((name, path)) = parts else {
            self.errors
                .report(local.let_token, &messages::LET_FORM, &[]);
            return None;
        };
        if name.unraw() == EACH || is_each(&path.path) {
            self.each_form(name);
            return None;
        }
        Some(Let {
            name: name.clone(),
            path: self.plain_path(path)?,
        })
    }

    fn matched(&mut self, matched: &syn::ExprMatch) -> Option<Match> {
        let source = match ungrouped(&matched.expr) {
            Expr::Path(path) if is_each(&path.path) => {
                self.each_form(path);
                None
            }
            Expr::Path(path) => self.plain_path(path),
            other => {
                self.errors.report(other, &messages::MATCH_SOURCE, &[]);
                None
            }
        };
        let arms: Vec<Arm> = matched
            .arms
            .iter()
            .filter_map(|arm| self.arm(arm))
            .collect();
        let source = source?;
        if matched.arms.is_empty() {
            let node = path_text(&source);
            let at = matched.match_token;
            self.errors
                .report(at, &messages::MATCH_EMPTY, &[("node", &node)]);
        }
        Some(Match { source, arms })
    }

    fn arm(&mut self, arm: &syn::Arm) -> Option<Arm> {
        let target = match ungrouped(&arm.body) {
            Expr::Block(block) if block.label.is_none() => self.block(block),
            target => self.chain(target, true),
        };
        Some(Arm {
            pattern: arm.pat.clone(),
            target: target?,
            last: last_span(arm.body.to_token_stream()),
        })
    }

    /// `{ target }`
    fn block(&mut self, block: &syn::ExprBlock) -> Option<Chain> {
        if let [Stmt::Expr(target, None)] = block.block.stmts.as_slice() {
            return self.chain(target, true);
        }
        self.errors.report(block, &messages::ARM_BLOCK, &[]);
        None
    }

    /// With `values`, the first node of it may have one.
    fn chain(&mut self, expr: &Expr, values: bool) -> Option<Chain> {
        let mut parts = Vec::new();
        flatten(expr, &mut parts);
        let count = parts.len();
        let mut elements = Vec::with_capacity(count);
        let mut complete = true;
        for (index, part) in parts.into_iter().enumerate() {
            let element = self.element(part, values && index == 0);
            if let Some(Element::Nothing(_)) = &element
                && index + 1 < count
            {
                self.errors.report(part, &messages::NOTHING_NOT_LAST, &[]);
                return None;
            }
            complete &= element.is_some();
            elements.extend(element);
        }
        complete.then_some(Chain { elements })
    }

    /// A `()` that nothing leads to.
    fn lone_nothing(&mut self, chain: &Chain) {
        if let [Element::Nothing(paren)] = chain.elements.as_slice() {
            let at = paren_tokens(paren);
            self.errors.report(at, &messages::NOTHING_ALONE, &[]);
        }
    }

    fn element(&mut self, expr: &Expr, values: bool) -> Option<Element> {
        match expr {
            Expr::Path(path) if is_each(&path.path) => {
                self.each_form(path);
                None
            }
            Expr::Path(path) => {
                let path = self.plain_path(path)?;
                Some(Element::Node(Mention { path, value: None }))
            }
            Expr::Call(call) => self.call(call, values),
            Expr::Tuple(tuple) => self.tuple(tuple, values),
            Expr::Paren(paren) => {
                self.parentheses(expr, &paren.expr);
                self.chain(&paren.expr, values);
                None
            }
            Expr::Match(matched) => {
                let at = matched.match_token;
                self.errors.report(at, &messages::MATCH_INSIDE, &[]);
                None
            }
            other => {
                let refused = refused::look_up(other);
                self.not_a_graph(&refused.at, &refused.what, refused.instead);
                None
            }
        }
    }

    fn parentheses(&mut self, around: &Expr, inner: &Expr) {
        let (written, inner) = (text(around), text(inner));
        let fields = [("written", written.as_str()), ("inner", &inner)];
        self.errors.report(around, &messages::PARENTHESES, &fields);
    }

    fn tuple(&mut self, tuple: &ExprTuple, values: bool) -> Option<Element> {
        let paren = tuple.paren_token;
        if tuple.elems.is_empty() {
            return Some(Element::Nothing(paren));
        }
        if let (1, Some(inner)) = (tuple.elems.len(), tuple.elems.first()) {
            self.parentheses(&Expr::Tuple(tuple.clone()), inner);
            return None;
        }
        let mut chains = Vec::with_capacity(tuple.elems.len());
        for element in &tuple.elems {
            let chain = self.chain(element, values);
            if let Some(chain) = &chain {
                self.lone_nothing(chain);
            }
            chains.push(chain);
        }
        let chains: Option<Vec<Chain>> = chains.into_iter().collect();
        Some(Element::Tuple(Tuple {
            paren,
            chains: chains?,
        }))
    }

    /// `node(value)`, `each(node)` or `each(node)(value)`.
    fn call(&mut self, call: &ExprCall, values: bool) -> Option<Element> {
        match ungrouped(&call.func) {
            Expr::Path(path) if is_each(&path.path) => {
                let path = self.each(call)?;
                Some(Element::Each(Mention { path, value: None }))
            }
            Expr::Path(path) => {
                let path = self.plain_path(path)?;
                let value = self.value(&path_text(&path), call, values)?;
                let value = Some(value);
                Some(Element::Node(Mention { path, value }))
            }
            Expr::Call(inner) if is_call_of_each(inner) => {
                let path = self.each(inner)?;
                let value = self.value(&text(inner), call, values)?;
                let value = Some(value);
                Some(Element::Each(Mention { path, value }))
            }
            _ => {
                let instead = "write `node`, or `node(value)` in an arm of a `match`";
                self.not_a_graph(call, &text(call), instead);
                None
            }
        }
    }

    fn each(&mut self, call: &ExprCall) -> Option<Path> {
        match single(&call.args).map(ungrouped) {
            Some(Expr::Path(path)) if !is_each(&path.path) => self.plain_path(path),
            _ => {
                self.each_form(call);
                None
            }
        }
    }

    fn each_form(&mut self, at: &impl ToTokens) {
        self.errors.report(at, &messages::EACH_FORM, &[]);
    }

    fn value(&mut self, node: &str, call: &ExprCall, values: bool) -> Option<Expr> {
        if !values {
            self.errors
                .report(call, &messages::VALUE_OUTSIDE_ARM, &[("node", node)]);
            return None;
        }
        let value = single(&call.args);
        if value.is_none() {
            self.errors
                .report(call, &messages::VALUE_COUNT, &[("node", node)]);
        }
        value.cloned()
    }

    /// A path without arguments in angle brackets.
    fn plain_path(&mut self, expr: &syn::ExprPath) -> Option<Path> {
        let has_arguments = |path: &Path| {
            let mut segments = path.segments.iter();
            segments.any(|segment| !matches!(segment.arguments, PathArguments::None))
        };
        if expr.qself.is_none() && !has_arguments(&expr.path) {
            return Some(expr.path.clone());
        }
        let mut plain = expr.path.clone();
        for segment in &mut plain.segments {
            segment.arguments = PathArguments::None;
        }
        let (written, plain) = (text(expr), path_text(&plain));
        let fields = [("written", written.as_str()), ("plain", &plain)];
        self.errors.report(expr, &messages::NODE_ARGUMENTS, &fields);
        None
    }
}

/// The operands of `>>`, from the first to the last.
fn flatten<'e>(expr: &'e Expr, parts: &mut Vec<&'e Expr>) {
    let mut rest = Vec::new();
    let mut first = ungrouped(expr);
    while let Expr::Binary(binary) = first
        && matches!(binary.op, BinOp::Shr(_))
    {
        rest.push(&*binary.right);
        first = ungrouped(&binary.left);
    }
    parts.push(first);
    for operand in rest.into_iter().rev() {
        // What a declarative macro passed on may be a path of its own.
        if matches!(operand, Expr::Group(_)) {
            flatten(operand, parts);
        } else {
            parts.push(operand);
        }
    }
}

/// What a declarative macro passed on stands in an invisible group.
fn ungrouped(expr: &Expr) -> &Expr {
    match expr {
        Expr::Group(group) => ungrouped(&group.expr),
        expr => expr,
    }
}

fn is_each(path: &Path) -> bool {
    path.is_ident(EACH)
}

fn is_call_of_each(call: &ExprCall) -> bool {
    matches!(ungrouped(&call.func), Expr::Path(path) if is_each(&path.path))
}

fn single(arguments: &Punctuated<Expr, Token![,]>) -> Option<&Expr> {
    match arguments.len() {
        1 => arguments.first(),
        _ => None,
    }
}

fn last_span(tokens: TokenStream) -> Span {
    match tokens.into_iter().last() {
        Some(TokenTree::Group(group)) => group.span_close(),
        Some(token) => token.span(),
        None => Span::call_site(),
    }
}
