//! What a struct and the options of its attribute must be to be an agent.

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::{Expr, Fields, Ident, Path, Type};

use super::written;
use crate::errors::Errors;
use crate::messages;
use crate::names::Root;
use crate::syntax::docs::{self, Description};
use crate::syntax::item::Struct;
use crate::syntax::options::{Grammar, Options, Period, Takes};

/// What the attribute takes.
pub static GRAMMAR: Grammar = Grammar {
    attribute: "agent",
    options: &[
        ("name", Takes::Literal),
        ("model", Takes::Text),
        ("instructions", Takes::Text),
        ("description", Takes::Text),
        ("version", Takes::Text),
        ("tools", Takes::List),
        ("output", Takes::Type),
        ("max_tool_rounds", Takes::Count),
        ("parallel_tool_calls", Takes::Switch),
        ("temperature", Takes::Number),
        ("model_attempts", Takes::Count),
        ("timeout", Takes::Duration),
        ("session_ttl", Takes::Duration),
        ("queued_runs", Takes::Count),
    ],
    refused: &[],
};

/// How long the name of an agent may be.
const NAME_BYTES_MAX: usize = 63;
/// Routes of the host that an agent's own route would hide.
const NAMES_RESERVED: [&str; 5] = ["agents", "health", "tasks", "admin", "runtime"];
/// Options that speak of tools.
const OPTIONS_OF_TOOLS: [&str; 2] = ["max_tool_rounds", "parallel_tool_calls"];

/// An agent that can be generated.
pub struct Agent {
    /// Where our crate is.
    pub root: Root,
    /// The struct.
    pub ident: Ident,
    /// The name under which it is hosted.
    pub name: String,
    /// What it is for; the default if there is none.
    pub description: Option<TokenStream>,
    /// What the model is told first.
    pub instructions: Option<Expr>,
    /// The model's name.
    pub model: Option<Expr>,
    /// Its own version.
    pub version: Option<Expr>,
    /// What the model may call.
    pub tools: Vec<Path>,
    /// Where the list of tools is written.
    pub tools_span: Span,
    /// The type of its answers.
    pub output: Option<Type>,
    /// How many times the model may ask for tools.
    pub tool_rounds_max: Option<Expr>,
    /// Whether the model may ask for several tools at once.
    pub parallel_tool_calls: Option<bool>,
    /// Sent to the model only if set.
    pub temperature: Option<Expr>,
    /// How many times a failed model call is tried.
    pub model_attempts_max: Option<Expr>,
    /// How long a run may take.
    pub timeout: Option<Period>,
    /// How long a session is kept.
    pub session_ttl: Option<Period>,
    /// How many runs of one session may wait.
    pub queued_runs_max: Option<Expr>,
}

/// Reports everything that keeps the struct from being an agent.
pub fn validate(
    item: &Struct,
    options: &Options,
    root: &Root,
    errors: &mut Errors,
) -> Option<Agent> {
    let before = errors.count();
    let ident = &item.item.ident;
    unit(item, errors);
    let tools_key = options.get("tools").map(|(key, _)| key);
    if tools_key.is_none() {
        unused(options, errors);
    }
    let agent = Agent {
        root: root.clone(),
        ident: ident.clone(),
        name: name(ident, options, errors),
        description: description(item, options),
        instructions: options.expr("instructions"),
        model: options.expr("model"),
        version: options.expr("version"),
        tools: tools(options.list("tools"), errors),
        tools_span: tools_key.map_or_else(Span::call_site, Ident::span),
        output: options.ty("output"),
        tool_rounds_max: options.expr("max_tool_rounds"),
        parallel_tool_calls: options.switch("parallel_tool_calls"),
        temperature: options.expr("temperature"),
        model_attempts_max: options.expr("model_attempts"),
        timeout: options.period("timeout"),
        session_ttl: options.period("session_ttl"),
        queued_runs_max: options.expr("queued_runs"),
    };
    (errors.count() == before).then_some(agent)
}

fn unit(item: &Struct, errors: &mut Errors) {
    let generics = &item.item.generics;
    let fields = &item.item.fields;
    let agent = item.item.ident.to_string();
    let at = match fields {
        Fields::Unit if generics.params.is_empty() => return,
        Fields::Unit => generics.to_token_stream(),
        fields => match fields.iter().next() {
            Some(first) => first.to_token_stream(),
            None => fields.to_token_stream(),
        },
    };
    errors.report(at, &messages::NOT_A_UNIT_STRUCT, &[("agent", &agent)]);
}

/// Options that speak of tools do nothing for an agent that has none.
fn unused(options: &Options, errors: &mut Errors) {
    for option in OPTIONS_OF_TOOLS {
        if let Some((key, _)) = options.get(option) {
            let fields = [("option", option), ("needs", "tools")];
            errors.report(key, &messages::OPTION_UNUSED, &fields);
        }
    }
}

/// The name must fit routes, instance ids and the names of entities, which ignore case.
fn name(ident: &Ident, options: &Options, errors: &mut Errors) -> String {
    let literal = options.literal("name");
    let (name, at) = match &literal {
        Some(literal) => (literal.value(), literal.to_token_stream()),
        None => (ident.unraw().to_string(), ident.to_token_stream()),
    };
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    let fits = name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.len() <= NAME_BYTES_MAX
        && name.bytes().all(allowed);
    let reserved = NAMES_RESERVED
        .iter()
        .any(|reserved| reserved.eq_ignore_ascii_case(&name));
    if !fits {
        errors.report(at, &messages::AGENT_NAME, &[("name", &name)]);
    } else if reserved {
        errors.report(at, &messages::AGENT_NAME_RESERVED, &[("name", &name)]);
    }
    name
}

/// The option, else the doc comment.
fn description(item: &Struct, options: &Options) -> Option<TokenStream> {
    if let Some(option) = options.expr("description") {
        return Some(option.to_token_stream());
    }
    match docs::description(&item.item.attrs) {
        Description::Empty => None,
        description => Some(description.to_token_stream()),
    }
}

/// Paths, each once. That they lead to tools is for the compiler to find out.
fn tools(entries: &[Expr], errors: &mut Errors) -> Vec<Path> {
    let mut paths: Vec<Path> = Vec::new();
    for entry in entries {
        let Expr::Path(path) = entry else {
            errors.report(entry, &messages::TOOL_NOT_A_PATH, &[]);
            continue;
        };
        let tool = written(&path.path);
        if paths.iter().any(|earlier| written(earlier) == tool) {
            errors.report(path, &messages::TOOL_LISTED_TWICE, &[("tool", &tool)]);
        } else {
            paths.push(path.path.clone());
        }
    }
    paths
}

#[cfg(test)]
mod tests;
