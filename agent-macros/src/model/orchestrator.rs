//! What a function must be to be an orchestrator.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{Ident, PatType, Type};

use super::function::{FunctionChecks, is_reference, item_name};
use super::{determinism, plain, written};
use crate::errors::Errors;
use crate::messages;
use crate::names::Root;
use crate::syntax::function::Function;
use crate::syntax::options::{Grammar, Options, Takes};

/// What the attribute takes.
pub static GRAMMAR: Grammar = Grammar {
    attribute: "orchestrator",
    options: &[("name", Takes::Literal), ("version", Takes::Text)],
    refused: &[],
};

/// An orchestrator that can be generated.
pub struct Orchestrator {
    /// Where our crate is.
    pub root: Root,
    /// The function, and the type of its name.
    pub ident: Ident,
    /// The name on the hub.
    pub name: String,
    /// Its version, if any.
    pub version: Option<TokenStream>,
    /// The type of the first argument.
    pub context: Option<Type>,
    /// The type of the second argument, if there is one.
    pub input: Option<Type>,
    /// What it returns, if that is a `Result`.
    pub output: Option<Type>,
    /// Whether types of the function can be named outside of it.
    pub is_concrete: bool,
}

/// Reports everything that keeps the function from being an orchestrator. What is given back can
/// stand in for it then.
pub fn validate(
    function: &Function,
    options: &Options,
    root: &Root,
    errors: &mut Errors,
) -> Orchestrator {
    let signature = &function.signature;
    let item = item_name(signature);
    let mut checks = FunctionChecks {
        kind: "orchestrator",
        item: &item,
        errors,
    };
    checks.qualifiers(signature);
    let arguments = checks.arguments(signature);
    if signature.inputs.is_empty() {
        checks.report(
            &signature.ident,
            &messages::ORCHESTRATOR_WITHOUT_CONTEXT,
            &[],
        );
    }
    let owned = owned(&mut checks, &arguments);
    let is_concrete = owned.is_some() && arguments.len() == signature.inputs.len();
    let output = checks.output(signature, "OrchestrationError");
    let name = checks.name(&signature.ident, options);
    determinism::check(&function.body, errors);
    let mut types = owned.unwrap_or_default().into_iter();
    Orchestrator {
        root: root.clone(),
        ident: signature.ident.clone(),
        name,
        version: options.expr("version").map(ToTokens::into_token_stream),
        context: types.next(),
        input: types.next(),
        output,
        is_concrete: is_concrete && signature.generics.params.is_empty(),
    }
}

/// The types of context and input; `None` if they are not as they must be.
fn owned(checks: &mut FunctionChecks, arguments: &[&PatType]) -> Option<Vec<Type>> {
    let mut types = Vec::new();
    let before = checks.errors.count();
    if let [first, second] = arguments
        && is_context(&second.ty)
        && !is_context(&first.ty)
        && !is_reference(&first.ty)
    {
        let ty = written(&first.ty);
        let fields = [("type", ty.as_str())];
        checks.report(second, &messages::ORCHESTRATOR_CONTEXT_SECOND, &fields);
    }
    for (index, argument) in arguments.iter().enumerate() {
        if index >= 2 {
            checks.report(argument, &messages::ORCHESTRATOR_ARGUMENTS, &[]);
        } else if let Type::Reference(reference) = plain(&argument.ty) {
            let ty = written(&reference.elem);
            checks.report(
                &argument.ty,
                &messages::ORCHESTRATOR_BORROWS,
                &[("type", &ty)],
            );
        } else {
            types.push((*argument.ty).clone());
        }
    }
    (checks.errors.count() == before).then_some(types)
}

/// By name, and only to tell apart two errors of the compiler from one mistake.
fn is_context(ty: &Type) -> bool {
    let Type::Path(path) = plain(ty) else {
        return false;
    };
    let last = path.path.segments.last();
    last.is_some_and(|last| last.ident == "OrchestrationContext")
}

#[cfg(test)]
mod tests;
