//! What Rust has and a graph has not, and what to write in its place.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::{BinOp, Expr, RangeLimits, UnOp};

use crate::syntax::text::text;

/// In place of a macro.
pub const MACRO: &str = "write what it stands for, or call it in an executor";

const DECISION: &str = "write `match node { pattern => target, .. }`";
const LOOP: &str = "write a path that leads back, `second >> first`, and a `match` with an arm \
                    that leaves the loop; for the items of a list write `each(node)`";
const CODE: &str = "write it as an `#[executor]`, and name that";
const OUTPUT: &str = "write the path alone: what its last node gives is an output";
const EDGE: &str = "write `first >> second` for an edge, and `first >> (second, third)` for two";
const VALUE: &str = "write the path of a node; a value goes to a node in an arm: `node(value)`";
const WAIT: &str = "write the node alone: a path waits for each of its nodes, and an error of one \
                    fails the run";

/// One mistake.
pub struct Refused {
    /// The narrowest token that shows it.
    pub at: TokenStream,
    /// What it is called.
    pub what: String,
    /// What to write.
    pub instead: &'static str,
}

/// The first word of an item, without its visibility and attributes.
pub fn first_word(item: &impl ToTokens) -> TokenStream {
    const WORDS: [&str; 12] = [
        "fn",
        "struct",
        "enum",
        "impl",
        "mod",
        "use",
        "const",
        "static",
        "trait",
        "type",
        "union",
        "macro_rules",
    ];
    let tokens = item.to_token_stream();
    let is_word = |token: &TokenTree| match token {
        TokenTree::Ident(word) => WORDS.iter().any(|known| word == known),
        _ => false,
    };
    match tokens.clone().into_iter().find(is_word) {
        Some(word) => word.into(),
        None => tokens,
    }
}

/// What is wrong with an expression that is no element of a path.
pub fn look_up(expr: &Expr) -> Refused {
    let whole = || expr.to_token_stream();
    let named = |at: TokenStream, instead| {
        let what = text(&at);
        Refused { at, what, instead }
    };
    let called = |what: &str, at: TokenStream, instead| Refused {
        at,
        what: what.to_owned(),
        instead,
    };
    match expr {
        Expr::If(found) => named(found.if_token.to_token_stream(), DECISION),
        Expr::Let(found) => named(found.let_token.to_token_stream(), DECISION),
        Expr::ForLoop(found) => named(found.for_token.to_token_stream(), LOOP),
        Expr::While(found) => named(found.while_token.to_token_stream(), LOOP),
        Expr::Loop(found) => named(found.loop_token.to_token_stream(), LOOP),
        Expr::Break(found) => named(found.break_token.to_token_stream(), LOOP),
        Expr::Continue(found) => named(found.continue_token.to_token_stream(), LOOP),
        Expr::Closure(found) => called("|..|", found.inputs_begin.to_token_stream(), CODE),
        Expr::Macro(found) => {
            let what = format!("{}!", text(&found.mac.path));
            called(&what, found.mac.path.to_token_stream(), MACRO)
        }
        Expr::Return(found) => named(found.return_token.to_token_stream(), OUTPUT),
        Expr::MethodCall(found) => {
            let what = format!(".{}()", found.method);
            called(&what, found.method.to_token_stream(), CODE)
        }
        Expr::Field(found) => {
            let what = format!(".{}", text(&found.member));
            called(&what, found.member.to_token_stream(), DECISION)
        }
        Expr::Await(found) => called(".await", found.await_token.to_token_stream(), WAIT),
        Expr::Try(found) => named(found.question_token.to_token_stream(), WAIT),
        Expr::Binary(found) => operator(&found.op),
        Expr::Assign(found) => named(found.eq_token.to_token_stream(), EDGE),
        Expr::Range(found) => match &found.limits {
            RangeLimits::HalfOpen(token) => named(token.to_token_stream(), EDGE),
            RangeLimits::Closed(token) => named(token.to_token_stream(), EDGE),
        },
        Expr::Unary(found) => match &found.op {
            UnOp::Deref(token) => named(token.to_token_stream(), VALUE),
            UnOp::Not(token) => named(token.to_token_stream(), VALUE),
            UnOp::Neg(token) => named(token.to_token_stream(), VALUE),
            _ => named(whole(), VALUE),
        },
        Expr::Reference(found) => named(found.and_token.to_token_stream(), VALUE),
        Expr::Cast(found) => named(found.as_token.to_token_stream(), CODE),
        Expr::Index(_) => called("[..]", whole(), CODE),
        Expr::Array(_) | Expr::Repeat(_) => called(
            "[..]",
            whole(),
            "write `(first, second)` to send one message to several nodes",
        ),
        Expr::Struct(found) => {
            let what = format!("{} {{ .. }}", text(&found.path));
            called(&what, whole(), VALUE)
        }
        Expr::Block(_) => called("{ .. }", whole(), "write the statements without the braces"),
        Expr::Unsafe(found) => named(found.unsafe_token.to_token_stream(), CODE),
        Expr::Async(found) => named(found.async_token.to_token_stream(), CODE),
        Expr::Const(found) => named(found.const_token.to_token_stream(), CODE),
        Expr::Lit(_) | Expr::Infer(_) => named(whole(), VALUE),
        _ => named(whole(), CODE),
    }
}

fn operator(operator: &BinOp) -> Refused {
    Refused {
        at: operator.to_token_stream(),
        what: text(operator),
        instead: EDGE,
    }
}
