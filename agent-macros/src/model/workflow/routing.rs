//! Guards and values of arms: plain expressions, which a replay repeats.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::visit::{self, Visit};
use syn::{Expr, Token};

use crate::errors::Errors;
use crate::messages;
use crate::model::determinism;
use crate::syntax::workflow::{Arm, Body, Chain, Element, Statement};

/// Reports what can't stand in a guard or in a value.
pub fn check(body: &Body, errors: &mut Errors) {
    for statement in &body.statements {
        if let Statement::Match(matched) = statement {
            for arm in &matched.arms {
                check_arm(arm, errors);
            }
        }
    }
}

fn check_arm(arm: &Arm, errors: &mut Errors) {
    let mut values = Vec::new();
    first_values(&arm.target, &mut values);
    let mut leaving = Leaving {
        errors,
        in_loop: false,
    };
    leaving.visit_pat(&arm.pattern);
    for value in &values {
        leaving.visit_expr(value);
    }
    determinism::check_routing(&arm.pattern.to_token_stream(), errors);
    for value in values {
        determinism::check_routing(&value.to_token_stream(), errors);
    }
}

/// The values of the first nodes.
fn first_values<'c>(chain: &'c Chain, values: &mut Vec<&'c Expr>) {
    match chain.elements.first() {
        Some(Element::Node(mention) | Element::Each(mention)) => {
            values.extend(mention.value.as_ref());
        }
        Some(Element::Tuple(tuple)) => {
            for chain in &tuple.chains {
                first_values(chain, values);
            }
        }
        Some(Element::Nothing(_)) | None => {}
    }
}

/// Finds what waits, or leaves the function around it. Closures and `async` blocks are functions of
/// their own.
struct Leaving<'a> {
    errors: &'a mut Errors,
    in_loop: bool,
}

impl Leaving<'_> {
    fn report(&mut self, at: impl ToTokens, what: &str) {
        let fields = [("what", what)];
        self.errors.report(at, &messages::LEAVES_ROUTING, &fields);
    }

    fn looped(&mut self, walk: impl FnOnce(&mut Self)) {
        let before = std::mem::replace(&mut self.in_loop, true);
        walk(self);
        self.in_loop = before;
    }
}

impl<'ast> Visit<'ast> for Leaving<'_> {
    fn visit_expr_await(&mut self, found: &'ast syn::ExprAwait) {
        self.report(found.await_token, ".await");
        visit::visit_expr_await(self, found);
    }

    fn visit_expr_try(&mut self, found: &'ast syn::ExprTry) {
        self.report(found.question_token, "?");
        visit::visit_expr_try(self, found);
    }

    fn visit_expr_return(&mut self, found: &'ast syn::ExprReturn) {
        self.report(found.return_token, "return");
        visit::visit_expr_return(self, found);
    }

    fn visit_expr_yield(&mut self, found: &'ast syn::ExprYield) {
        self.report(found.yield_token, "yield");
        visit::visit_expr_yield(self, found);
    }

    fn visit_expr_break(&mut self, found: &'ast syn::ExprBreak) {
        if !self.in_loop && found.label.is_none() {
            self.report(found.break_token, "break");
        }
        visit::visit_expr_break(self, found);
    }

    fn visit_expr_continue(&mut self, found: &'ast syn::ExprContinue) {
        if !self.in_loop {
            self.report(found.continue_token, "continue");
        }
    }

    fn visit_expr_loop(&mut self, found: &'ast syn::ExprLoop) {
        self.looped(|walk| visit::visit_expr_loop(walk, found));
    }

    fn visit_expr_while(&mut self, found: &'ast syn::ExprWhile) {
        self.looped(|walk| visit::visit_expr_while(walk, found));
    }

    fn visit_expr_for_loop(&mut self, found: &'ast syn::ExprForLoop) {
        self.looped(|walk| visit::visit_expr_for_loop(walk, found));
    }

    fn visit_expr_closure(&mut self, _: &'ast syn::ExprClosure) {}

    fn visit_expr_async(&mut self, _: &'ast syn::ExprAsync) {}

    fn visit_item(&mut self, _: &'ast syn::Item) {}

    /// Of macros those are seen that take expressions, like `format!`.
    fn visit_macro(&mut self, found: &'ast syn::Macro) {
        for argument in arguments(&found.tokens) {
            let mut inner = Leaving {
                errors: self.errors,
                in_loop: self.in_loop,
            };
            inner.visit_expr(&argument);
        }
    }
}

fn arguments(tokens: &TokenStream) -> Vec<Expr> {
    Punctuated::<Expr, Token![,]>::parse_terminated
        .parse2(tokens.clone())
        .map(|list| list.into_iter().collect())
        .unwrap_or_default()
}
