//! What a function must be to be a workflow, and its body to be a graph.

mod build;
mod check;
mod draft;
mod finish;
pub mod graph;
mod names;
mod outputs;
mod reach;
mod report;
mod routing;
mod scan;
mod signature;

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{Ident, Path, Type};

use self::graph::{Graph, Workflow};
use self::report::{About, Reports};
use self::signature::{Header, InputName};
use super::executor::{self, RETRY};
use crate::errors::Errors;
use crate::messages;
use crate::names::Root;
use crate::syntax::docs;
use crate::syntax::function::Function;
use crate::syntax::options::{Grammar, Options, Takes};
use crate::syntax::workflow::paths::paths;
use crate::syntax::workflow::{Body, parse};

/// What the attribute takes.
pub static GRAMMAR: Grammar = Grammar {
    attribute: "workflow",
    options: &[
        ("name", Takes::Literal),
        ("description", Takes::Text),
        ("state", Takes::Type),
        ("version", Takes::Text),
        ("max_supersteps", Takes::Count),
        ("retry", Takes::Group(RETRY)),
        ("timeout", Takes::Duration),
    ],
    refused: &[],
};

/// As much of a workflow as could be read, to stand in for one that is wrong.
pub struct Outline {
    /// The function, and the type of its name.
    pub ident: Ident,
    /// The type of the input, if that is clear.
    pub input: Option<Type>,
    /// The return type as it is written, if there is one.
    pub output: Option<Type>,
    /// The nodes that the body names, as far as it can be read.
    pub paths: Vec<Path>,
    /// Why the body can't be parsed, which [`validate`] does not report: the compiler has said so
    /// already, unless its Rust is newer than ours.
    pub unreadable: Option<String>,
}

/// Reports everything that keeps the function from being a workflow. Gives `None` without a report
/// if the body can't be parsed at all: see [`Outline::unreadable`].
pub fn validate(
    function: &Function,
    options: &Options,
    root: &Root,
    errors: &mut Errors,
) -> Option<Workflow> {
    let before = errors.count();
    let header = signature::check(function, options, errors);
    let body_start = errors.count();
    let graph = match parse(&function.body, errors) {
        Ok(body) => {
            routing::check(&body, errors);
            let is_whole = errors.count() == body_start;
            is_whole.then(|| read_graph(&body, &header, errors))?
        }
        Err(_) => None,
    }?;
    if errors.count() > before {
        return None;
    }
    let (parameter, input) = header.parameter?;
    Some(Workflow {
        root: root.clone(),
        ident: function.signature.ident.clone(),
        name: header.name,
        description: description(function, options),
        parameter,
        input,
        output: header.output,
        state: options.ty("state"),
        version: options.expr("version"),
        max_supersteps: options.expr("max_supersteps"),
        retry: options.group("retry").map(executor::retry),
        timeout: options.period("timeout"),
        graph,
    })
}

/// What can be told of a workflow, whatever is wrong with it.
pub fn outline(function: &Function) -> Outline {
    let parsed = syn::parse2::<syn::Block>(function.body.clone());
    let parameter = signature::parameter(&function.signature);
    let mut paths = paths(&function.body);
    if let Some((parameter, _)) = &parameter {
        paths.retain(|path| !path.is_ident(parameter));
    }
    Outline {
        ident: function.signature.ident.clone(),
        input: parameter.map(|(_, ty)| ty),
        output: signature::output(&function.signature),
        paths,
        unreadable: parsed.err().map(|error| {
            let problem = error.to_string();
            let fields = [("attribute", "workflow"), ("problem", problem.as_str())];
            messages::UNREADABLE.text(&fields)
        }),
    }
}

/// The graph of a body that was read whole.
fn read_graph(body: &Body, header: &Header, errors: &mut Errors) -> Option<Graph> {
    let parameter = match &header.input {
        InputName::Known(name) => Some(name),
        InputName::Missing => None,
        // The body may well name what the pattern binds.
        InputName::Unclear => return None,
    };
    let about = About {
        workflow: &header.item,
        name: &header.name,
        parameter,
        at: &header.at,
    };
    let mut reports = Reports::new();
    let draft = build::build(body, &about, &mut reports);
    let checked = check::check(&draft, &about, &mut reports).map(|found| {
        let order = reach::check(&draft, &found, &about, &mut reports);
        (found, order)
    });
    let is_clean = reports.flush(errors);
    let (found, order) = checked.filter(|_| is_clean)?;
    let graph = finish::finish(draft, &found, &order);
    if graph.is_none() {
        let fields = [
            ("attribute", GRAMMAR.attribute),
            ("panic", "its graph has no order"),
        ];
        errors.report(&header.at, &messages::BUG, &fields);
    }
    graph
}

fn description(function: &Function, options: &Options) -> TokenStream {
    match options.expr("description") {
        Some(text) => text.into_token_stream(),
        None => docs::description(&function.attributes).into_token_stream(),
    }
}

#[cfg(test)]
mod tests;
