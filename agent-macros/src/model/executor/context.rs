//! What the body of an executor does with its context, as far as tokens tell. The compiler checks
//! all of it by types; here are the mistakes that would show in every graph around the executor.

use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::{FnArg, GenericArgument, Pat, PathArguments, Signature, Type};

use crate::messages;
use crate::model::function::FunctionChecks;
use crate::model::{plain, written};
use crate::syntax::function::Function;
use crate::syntax::options::Options;

/// What a body does without having declared it.
#[derive(Default)]
pub struct Undeclared {
    /// It sends messages.
    pub sends: bool,
    /// It adds outputs.
    pub yields: bool,
    /// Slots that it sets by names that it does not declare. Whether these are others is for the
    /// compiler to say, since types have several names.
    pub writes: Vec<Type>,
}

/// Reports what the attribute can see.
pub fn check(
    checks: &mut FunctionChecks,
    function: &Function,
    options: &Options,
    slots: &[&Type],
) -> Undeclared {
    let signature = &function.signature;
    let Some((name, context)) = context(signature) else {
        return Undeclared::default();
    };
    if let Some(other) = executor_of(context).filter(|other| !is_own(other, signature)) {
        let fields = [("other", &*written(other))];
        checks.report(context, &messages::CONTEXT_OF_OTHER, &fields);
    }
    let mut calls = Vec::new();
    if !is_hidden(&name, function.body.clone()) {
        find(&name, function.body.clone(), &mut calls);
    }
    let mut undeclared = Undeclared::default();
    let has_own_names = has_own_names(function.body.clone());
    for Call { method, slot } in calls {
        if method == "send" && options.types("sends").is_empty() && !undeclared.sends {
            undeclared.sends = true;
            checks.report(&method, &messages::SENDS_NOTHING_DECLARED, &[]);
        } else if method == "yield_output"
            && options.types("yields").is_empty()
            && !undeclared.yields
        {
            undeclared.yields = true;
            checks.report(&method, &messages::YIELDS_NOTHING_DECLARED, &[]);
        } else if method == "set" && !has_own_names {
            let slot = slot.filter(|slot| last(slot).is_some());
            let is_new = |slot: &Type| !slots.iter().any(|known| last(known) == last(slot));
            undeclared.writes.extend(slot.filter(is_new));
        }
    }
    undeclared
}

/// The function with its own context in place of another's, so that its body is checked against
/// what it declares itself.
pub fn with_own_context(function: &mut Function) {
    let name = function.signature.ident.clone();
    for argument in &mut function.signature.inputs {
        let FnArg::Typed(typed) = argument else {
            continue;
        };
        if let Type::Reference(reference) = &mut *typed.ty {
            *reference.elem = own_context((*reference.elem).clone(), &name);
        }
    }
}

/// A context as that of an executor; any other type as it is.
pub fn own_context(mut ty: Type, executor: &Ident) -> Type {
    let is_own = |known: &Type| last(known).is_some_and(|last| *executor == last);
    if executor_of(&ty).is_some_and(|executor| !is_own(executor))
        && let Type::Path(path) = &mut ty
        && let Some(last) = path.path.segments.last_mut()
    {
        last.arguments = PathArguments::AngleBracketed(syn::parse_quote!(<#executor>));
    }
    ty
}

/// The argument that is called a context.
fn context(signature: &Signature) -> Option<(Ident, &Type)> {
    signature.inputs.iter().find_map(|argument| {
        let FnArg::Typed(typed) = argument else {
            return None;
        };
        let (Pat::Ident(name), Type::Reference(reference)) = (&*typed.pat, plain(&typed.ty)) else {
            return None;
        };
        executor_of(&reference.elem)?;
        Some((name.ident.clone(), &*reference.elem))
    })
}

/// `E` in `WorkflowContext<E>`.
fn executor_of(context: &Type) -> Option<&Type> {
    let Type::Path(path) = plain(context) else {
        return None;
    };
    let last = path.path.segments.last()?;
    match &last.arguments {
        PathArguments::AngleBracketed(generics) if last.ident == "WorkflowContext" => {
            match generics.args.first()? {
                GenericArgument::Type(ty) if generics.args.len() == 1 => Some(ty),
                _ => None,
            }
        }
        _ => None,
    }
}

fn is_own(executor: &Type, signature: &Signature) -> bool {
    let name = signature.ident.unraw();
    match plain(executor) {
        Type::Path(path) => {
            let last = path.path.segments.last();
            last.is_some_and(|last| last.ident.unraw() == name)
        }
        // What a macro of the user's makes of it is for the compiler to see.
        _ => true,
    }
}

/// The last part of a type's path, with its arguments.
fn last(ty: &Type) -> Option<String> {
    match plain(ty) {
        Type::Path(path) => path.path.segments.last().map(written),
        _ => None,
    }
}

/// Whether names of types may stand for something in the body that they don't outside of it.
fn has_own_names(body: TokenStream) -> bool {
    body.into_iter().any(|token| match token {
        TokenTree::Group(group) => has_own_names(group.stream()),
        TokenTree::Ident(word) => ["use", "type", "struct", "enum", "union"]
            .iter()
            .any(|keyword| word == keyword),
        _ => false,
    })
}

/// A call of a method of the context.
struct Call {
    method: Ident,
    /// `X` in `ctx.set::<X>(..)`.
    slot: Option<Type>,
}

/// Whether the name may stand for something else in a part of the body.
fn is_hidden(name: &Ident, tokens: TokenStream) -> bool {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let is_one_of = |index: Option<usize>, marks: &str| {
        let token = index.and_then(|index| tokens.get(index));
        matches!(token, Some(TokenTree::Punct(mark)) if marks.contains(mark.as_char()))
    };
    let is_keyword = |index: usize| match &tokens[index] {
        TokenTree::Ident(word) => word == "let" || word == "mut" || word == "ref",
        _ => false,
    };
    tokens.iter().enumerate().any(|(index, token)| match token {
        TokenTree::Group(group) => is_hidden(name, group.stream()),
        TokenTree::Ident(word) if word == name => {
            let (before, after) = (index.checked_sub(1), Some(index + 1));
            before.is_some_and(is_keyword)
                || is_one_of(after, "|")
                || (is_one_of(before, "|") && is_one_of(after, ",:"))
        }
        _ => false,
    })
}

fn find(name: &Ident, tokens: TokenStream, calls: &mut Vec<Call>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    for (index, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Group(group) => find(name, group.stream(), calls),
            TokenTree::Ident(word) if word == name => {
                let is_field = index > 0 && is_mark(&tokens[index - 1], '.');
                let rest = &tokens[index + 1..];
                calls.extend((!is_field).then(|| call(rest)).flatten());
            }
            _ => {}
        }
    }
}

/// `.method(..)` or `.method::<X>(..)`.
fn call(tokens: &[TokenTree]) -> Option<Call> {
    let [dot, TokenTree::Ident(method), rest @ ..] = tokens else {
        return None;
    };
    if !is_mark(dot, '.') {
        return None;
    }
    let is_group = |token: &TokenTree| match token {
        TokenTree::Group(group) => group.delimiter() == Delimiter::Parenthesis,
        _ => false,
    };
    let end = rest.iter().position(is_group)?;
    let slot = match &rest[..end] {
        [] => None,
        [first, second, open, slot @ .., close]
            if is_mark(first, ':')
                && is_mark(second, ':')
                && is_mark(open, '<')
                && is_mark(close, '>') =>
        {
            let slot: TokenStream = slot.iter().map(ToTokens::to_token_stream).collect();
            Some(syn::parse2(slot).ok()?)
        }
        _ => return None,
    };
    Some(Call {
        method: method.clone(),
        slot,
    })
}

fn is_mark(token: &TokenTree, mark: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == mark)
}

#[cfg(test)]
mod tests;
