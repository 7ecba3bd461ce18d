//! The body of a workflow: paths of nodes, tuples, `each(..)`, `match` and `let`. Only what can be
//! told without knowing the other statements is told here.

pub mod paths;
mod read;
mod refused;

use proc_macro2::{Span, TokenStream};
use syn::token::Paren;
use syn::{Expr, Ident, Pat, Path};

use crate::errors::Errors;

pub use read::{paren_tokens, path_text};

/// A body.
pub struct Body {
    /// Its statements, in order.
    pub statements: Vec<Statement>,
}

/// One statement.
pub enum Statement {
    /// `a >> b;`
    Chain(Chain),
    /// `match a { .. }`
    Match(Match),
    /// `let name = executor;`
    Let(Let),
}

/// Elements with `>>` between them.
pub struct Chain {
    /// At least one.
    pub elements: Vec<Element>,
}

/// What stands between two `>>`.
pub enum Element {
    /// A node, or the parameter.
    Node(Mention),
    /// `each(node)`
    Each(Mention),
    /// `(a, b)`, two chains or more.
    Tuple(Tuple),
    /// `()`, which is the last one.
    Nothing(Paren),
}

/// A path in a chain.
pub struct Mention {
    /// The path.
    pub path: Path,
    /// What is in the parentheses after it.
    pub value: Option<Expr>,
}

/// `(a, b)`
pub struct Tuple {
    /// The parentheses.
    pub paren: Paren,
    /// Two or more.
    pub chains: Vec<Chain>,
}

/// `match a { .. }`
pub struct Match {
    /// What is matched.
    pub source: Path,
    /// In order.
    pub arms: Vec<Arm>,
}

/// `pattern if guard => target`
pub struct Arm {
    /// The pattern with its guard.
    pub pattern: Pat,
    /// Where the message goes. The only chain that may be a lone `()`.
    pub target: Chain,
    /// The last token before the comma.
    pub last: Span,
}

/// `let name = executor;`
pub struct Let {
    /// The name.
    pub name: Ident,
    /// What it is.
    pub path: Path,
}

/// Reads a body in its braces, and reports what is no part of a graph; what is left out then makes
/// the rest worthless to checks of the whole. The other error is one of Rust, which the compiler
/// reports.
pub fn parse(body: &TokenStream, errors: &mut Errors) -> syn::Result<Body> {
    let block: syn::Block = syn::parse2(body.clone())?;
    Ok(read::read(&block, errors))
}
