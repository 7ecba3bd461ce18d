//! What a function must be to be an executor.

mod context;

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{Expr, Ident, PatType, Type, TypeReference};

use super::function::{FunctionChecks, is_reference, item_name};
use super::{plain, written};
use crate::errors::Errors;
use crate::messages;
use crate::names::Root;
use crate::syntax::docs;
use crate::syntax::function::Function;
use crate::syntax::options::{Grammar, Options, Period, Takes};

use self::context::own_context;
pub use self::context::{Undeclared, with_own_context};

/// What `retry(..)` takes.
pub(super) const RETRY: &[(&str, Takes)] = &[
    ("attempts", Takes::Count),
    ("first", Takes::Duration),
    ("backoff", Takes::Number),
    ("max", Takes::Duration),
    ("timeout", Takes::Duration),
];

/// What the attribute of `agent-sdk` takes, where executors are nodes of workflows.
pub static NODE_GRAMMAR: Grammar = Grammar {
    attribute: "executor",
    options: &[
        ("name", Takes::Literal),
        ("description", Takes::Text),
        ("timeout", Takes::Duration),
        ("retry", Takes::Group(RETRY)),
        ("reads", Takes::Types),
        ("may_read", Takes::Types),
        ("writes", Takes::Types),
        ("may_write", Takes::Types),
        ("sends", Takes::OneType),
        ("yields", Takes::OneType),
        ("concurrency", Takes::Count),
    ],
    refused: &[],
};

/// What the attribute of `durable-task` takes.
pub static GRAMMAR: Grammar = Grammar {
    attribute: "executor",
    options: &[
        ("name", Takes::Literal),
        ("description", Takes::Text),
        ("timeout", Takes::Duration),
        ("retry", Takes::Group(RETRY)),
    ],
    refused: &[
        ("reads", &messages::WORKFLOW_OPTION),
        ("writes", &messages::WORKFLOW_OPTION),
        ("may_read", &messages::WORKFLOW_OPTION),
        ("may_write", &messages::WORKFLOW_OPTION),
        ("sends", &messages::WORKFLOW_OPTION),
        ("yields", &messages::WORKFLOW_OPTION),
        ("concurrency", &messages::WORKFLOW_OPTION),
    ],
};

/// An executor that can be generated.
pub struct Executor {
    /// Where our crate is.
    pub root: Root,
    /// The function, and the type of its name.
    pub ident: Ident,
    /// The name on the hub.
    pub name: String,
    /// What it is for.
    pub description: TokenStream,
    /// The type of the input, if it takes one.
    pub input: Option<Type>,
    /// What it takes by reference: the types behind the `&`.
    pub lent: Vec<Type>,
    /// What it takes by reference in the place of an input, unless that is a context.
    pub borrowed: Option<Type>,
    /// What it returns, if that is a `Result`.
    pub output: Option<Type>,
    /// How long one attempt may take.
    pub timeout: Option<Period>,
    /// How a call is repeated.
    pub retry: Option<Retry>,
    /// What is wrong with the function, as an expression; nothing if nothing is.
    pub mistake: TokenStream,
    /// Whether the input is what the function takes. `mistake` stands in for the type otherwise.
    pub knows_input: bool,
    /// Whether the output is what the function returns. `mistake` stands in for the type otherwise.
    pub knows_output: bool,
    /// What it is as a node; `None` where there are no workflows.
    pub node: Option<NodeOptions>,
}

/// What an executor declares as a node.
#[derive(Default)]
pub struct NodeOptions {
    /// Slots that it reads.
    pub reads: Vec<Type>,
    /// Slots that it may read.
    pub may_read: Vec<Type>,
    /// Slots that it always sets.
    pub writes: Vec<Type>,
    /// Slots that it may set.
    pub may_write: Vec<Type>,
    /// What it sends, if it does not return its message.
    pub sends: Option<Type>,
    /// What it adds to the outputs.
    pub yields: Option<Type>,
    /// How many runs may be under way at once.
    pub concurrency: Option<Expr>,
    /// What its body does without having declared it.
    pub undeclared: Undeclared,
}

impl NodeOptions {
    /// Whether it can run only in a workflow, by its options.
    pub fn needs_workflow(&self) -> bool {
        self.slots().next().is_some() || self.sends.is_some() || self.yields.is_some()
    }

    /// All slots that it may use.
    pub fn slots(&self) -> impl Iterator<Item = &Type> {
        let lists = [&self.reads, &self.may_read, &self.writes, &self.may_write];
        lists.into_iter().flatten()
    }
}

/// How a call is repeated.
pub struct Retry {
    /// How many attempts in all.
    pub attempts: Option<Expr>,
    /// The wait after the first one.
    pub first: Option<Period>,
    /// By how much the wait grows.
    pub backoff: Option<Expr>,
    /// The longest wait.
    pub max: Option<Period>,
    /// For how long to try.
    pub total: Option<Period>,
}

/// Reports everything that keeps the function from being an executor. What is given back can stand
/// in for it then.
pub fn validate(
    function: &Function,
    options: &Options,
    root: &Root,
    errors: &mut Errors,
) -> Executor {
    let signature = &function.signature;
    let item = item_name(signature);
    let mut checks = FunctionChecks {
        kind: "executor",
        item: &item,
        errors,
    };
    checks.qualifiers(signature);
    let arguments = checks.arguments(signature);
    let Taken {
        input,
        mut lent,
        borrowed,
        mut lends_input,
    } = taken(&mut checks, &signature.ident, &arguments);
    let wrong_input = signature.inputs.len() > arguments.len()
        || arguments
            .iter()
            .skip(1)
            .any(|argument| !is_reference(&argument.ty));
    let output = checks.output(signature, "ExecutorError");
    let name = checks.name(&signature.ident, options);
    let node = root
        .has_workflows()
        .then(|| node_options(&mut checks, function, options));
    let runs_only_there = node.as_ref().is_some_and(NodeOptions::needs_workflow)
        || lent.iter().any(is_workflow_context);
    if let (Some(reference), true) = (&borrowed, runs_only_there && !wrong_input) {
        lends_input = true;
        lent.remove(0);
        checks.borrows(reference, &written(&reference.elem));
    }
    let is_concrete = signature.generics.params.is_empty();
    let sends = node.as_ref().is_some_and(|node| node.undeclared.sends);
    Executor {
        root: root.clone(),
        ident: signature.ident.clone(),
        name,
        description: match options.expr("description") {
            Some(text) => text.into_token_stream(),
            None => docs::description(&function.attributes).into_token_stream(),
        },
        input,
        lent,
        borrowed: borrowed.map(|reference| *reference.elem),
        timeout: options.period("timeout"),
        retry: options.group("retry").map(retry),
        mistake: errors.stand_in(),
        knows_input: is_concrete && !wrong_input && !lends_input,
        knows_output: is_concrete && output.is_some() && !sends,
        output,
        node,
    }
}

/// What a function takes.
#[derive(Default)]
struct Taken {
    input: Option<Type>,
    lent: Vec<Type>,
    /// What is lent in the place of the input, unless that is a context.
    borrowed: Option<TypeReference>,
    /// Whether the input was told to be borrowed.
    lends_input: bool,
}

fn taken(checks: &mut FunctionChecks, executor: &Ident, arguments: &[&PatType]) -> Taken {
    let mut taken = Taken::default();
    for (index, argument) in arguments.iter().enumerate() {
        match plain(&argument.ty) {
            Type::Reference(reference) => {
                let resource = shared(checks, reference);
                taken.lends_input |= index == 0 && resource.is_none();
                if index == 0 && resource.as_ref().is_some_and(|ty| !is_context(ty)) {
                    taken.borrowed = Some(reference.clone());
                }
                let lent = resource.map(|ty| own_context(ty, executor));
                taken.lent.extend(lent);
            }
            ty if index == 0 => taken.input = Some(ty.clone()),
            ty => {
                let ty = written(ty);
                checks.report(argument, &messages::EXECUTOR_INPUTS, &[("type", &ty)]);
            }
        }
    }
    taken
}

fn node_options(
    checks: &mut FunctionChecks,
    function: &Function,
    options: &Options,
) -> NodeOptions {
    let mut slots = |first, second| distinct(checks, options, first, second);
    let (reads, may_read) = slots("reads", "may_read");
    let (writes, may_write) = slots("writes", "may_write");
    let written: Vec<&Type> = writes.iter().chain(&may_write).collect();
    let undeclared = context::check(checks, function, options, &written);
    NodeOptions {
        undeclared,
        reads,
        may_read,
        writes,
        may_write,
        sends: options.types("sends").first().cloned(),
        yields: options.types("yields").first().cloned(),
        concurrency: options.expr("concurrency"),
    }
}

/// The slots of two options, each once: a second mention says nothing, or something else.
fn distinct(
    checks: &mut FunctionChecks,
    options: &Options,
    first: &str,
    second: &str,
) -> (Vec<Type>, Vec<Type>) {
    let mut seen: Vec<(String, &str)> = Vec::new();
    let mut take = |option| {
        let mut kept = Vec::new();
        for slot in options.types(option) {
            let name = written(slot);
            let earlier = seen.iter().find(|(known, _)| *known == name);
            if let Some((_, earlier)) = earlier {
                let fields = [
                    ("slot", name.as_str()),
                    ("option", option),
                    ("earlier", earlier),
                ];
                checks.report(slot, &messages::SLOT_DECLARED_TWICE, &fields);
            } else {
                seen.push((name, option));
                kept.push(slot.clone());
            }
        }
        kept
    };
    (take(first), take(second))
}

/// `&T`, shared and for the length of the call.
fn shared(checks: &mut FunctionChecks, reference: &TypeReference) -> Option<Type> {
    if let Some(owned) = owned(&reference.elem) {
        checks.borrows(reference, &owned);
        return None;
    }
    let lifetime = reference.lifetime.as_ref();
    let is_static = lifetime.is_some_and(|lifetime| lifetime.ident == "static");
    if reference.mutability.is_none() && !is_static {
        return Some((*reference.elem).clone());
    }
    let (borrow, ty) = (written(reference), written(&reference.elem));
    let fields = [("reference", borrow.as_str()), ("type", &ty)];
    checks.report(reference, &messages::EXECUTOR_REFERENCE, &fields);
    None
}

impl FunctionChecks<'_> {
    /// Reports a reference that stands for what an executor is called with.
    fn borrows(&mut self, reference: &TypeReference, owned: &str) {
        let borrow = written(reference);
        let fields = [("reference", borrow.as_str()), ("owned", owned)];
        self.report(reference, &messages::EXECUTOR_BORROWS, &fields);
    }
}

/// Whether it is what every executor may take first, having no input.
fn is_context(ty: &Type) -> bool {
    is_workflow_context(ty) || is_named(ty, "ActivityContext")
}

fn is_workflow_context(ty: &Type) -> bool {
    is_named(ty, "WorkflowContext")
}

fn is_named(ty: &Type, name: &str) -> bool {
    match plain(ty) {
        Type::Path(path) => path
            .path
            .segments
            .last()
            .is_some_and(|last| last.ident == name),
        _ => false,
    }
}

/// What to take in place of a reference to something that no application registers.
pub(super) fn owned(ty: &Type) -> Option<String> {
    match plain(ty) {
        Type::Path(path) if path.path.is_ident("str") => Some("String".to_owned()),
        Type::Slice(slice) => Some(format!("Vec<{}>", written(&slice.elem))),
        _ => None,
    }
}

pub(super) fn retry(options: &Options) -> Retry {
    Retry {
        attempts: options.expr("attempts"),
        first: options.period("first"),
        backoff: options.expr("backoff"),
        max: options.period("max"),
        total: options.period("timeout"),
    }
}

#[cfg(test)]
mod tests;
