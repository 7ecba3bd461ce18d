//! What a function must be to be a tool.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::{FnArg, Ident, Pat, PatType, ReturnType, Safety, Signature, Type, TypeReference};

use super::{first_impl_trait, plain, written};
use crate::errors::Errors;
use crate::messages;
use crate::names::Root;
use crate::syntax::docs::{self, Description};
use crate::syntax::function::Function;
use crate::syntax::options::{Grammar, Options, Period, Takes};

/// What the attribute takes.
pub static GRAMMAR: Grammar = Grammar {
    attribute: "tool",
    options: &[
        ("name", Takes::Literal),
        ("description", Takes::Text),
        ("timeout", Takes::Duration),
        ("strict", Takes::Switch),
    ],
    refused: &[],
};

/// How long the name of a tool may be; the providers' limit.
const NAME_BYTES_MAX: usize = 64;

/// A tool that can be generated.
pub struct Tool {
    /// Where our crate is.
    pub root: Root,
    /// The function, and the type of its name.
    pub ident: Ident,
    /// The name that the model sees.
    pub name: String,
    /// What the model is told.
    pub description: TokenStream,
    /// What the function takes, in order.
    pub arguments: Vec<Argument>,
    /// Whether its result is awaited.
    pub is_async: bool,
    /// Where its result is written; its name, if it returns nothing.
    pub output: TokenStream,
    /// How long one call may take.
    pub timeout: Option<Period>,
    /// Whether it demands a strict schema.
    pub strict: bool,
}

/// One argument.
pub enum Argument {
    /// The model writes it.
    Value {
        /// The name that the model is told.
        name: String,
        /// What the model is told of it.
        description: Description,
        /// The type.
        ty: Type,
    },
    /// The application lends it; the type is the one behind the `&`.
    Lent {
        /// The type.
        ty: Type,
    },
}

/// Reports everything that keeps the function from being a tool.
pub fn validate(
    function: &Function,
    options: &Options,
    root: &Root,
    errors: &mut Errors,
) -> Option<Tool> {
    let before = errors.count();
    let signature = &function.signature;
    let mut checks = Checks {
        tool: &signature.ident.unraw().to_string(),
        errors,
    };
    checks.qualifiers(signature);
    let name = checks.name(signature, options);
    let description = checks.description(function, options);
    let arguments = signature
        .inputs
        .iter()
        .enumerate()
        .filter_map(|(index, argument)| checks.argument(index + 1, argument))
        .collect();
    let tool = Tool {
        root: root.clone(),
        ident: signature.ident.clone(),
        name,
        description,
        arguments,
        is_async: signature.asyncness.is_some(),
        output: match &signature.output {
            ReturnType::Default => signature.ident.to_token_stream(),
            ReturnType::Type(_, ty) => ty.to_token_stream(),
        },
        timeout: options.period("timeout"),
        strict: options.switch("strict").unwrap_or(false),
    };
    (errors.count() == before).then_some(tool)
}

/// One rule per method.
struct Checks<'a> {
    tool: &'a str,
    errors: &'a mut Errors,
}

impl Checks<'_> {
    /// Whatever a model can't take part in: type parameters, promises of the caller, `self`.
    fn qualifiers(&mut self, signature: &Signature) {
        if !signature.generics.params.is_empty() {
            let fields = [("tool", self.tool)];
            self.errors
                .report(&signature.generics, &messages::GENERIC_TOOL, &fields);
        }
        if let Safety::Unsafe(token) = &signature.safety {
            self.qualifier(token, "unsafe");
        }
        if let Some(abi) = &signature.abi {
            self.qualifier(abi, "extern");
        }
        if let Some(variadic) = &signature.variadic {
            self.qualifier(variadic, "...");
        }
    }

    fn qualifier(&mut self, at: impl ToTokens, qualifier: &str) {
        let fields = [("tool", self.tool), ("qualifier", qualifier)];
        self.errors.report(at, &messages::TOOL_QUALIFIER, &fields);
    }

    /// The name that the model sees, as the providers take it.
    fn name(&mut self, signature: &Signature, options: &Options) -> String {
        let literal = options.literal("name");
        let (name, at) = match &literal {
            Some(literal) => (literal.value(), literal.to_token_stream()),
            None => (self.tool.to_owned(), signature.ident.to_token_stream()),
        };
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        let fits = (1..=NAME_BYTES_MAX).contains(&name.len()) && name.bytes().all(allowed);
        if !fits {
            self.errors
                .report(at, &messages::TOOL_NAME, &[("name", &name)]);
        }
        name
    }

    /// What the model is told: the option, else the doc comment.
    fn description(&mut self, function: &Function, options: &Options) -> TokenStream {
        if let Some(option) = options.expr("description") {
            return option.to_token_stream();
        }
        let description = docs::description(&function.attributes);
        if description.is_empty() {
            let at = &function.signature.ident;
            self.errors
                .report(at, &messages::NO_DESCRIPTION, &[("tool", self.tool)]);
        }
        description.to_token_stream()
    }

    fn argument(&mut self, number: usize, argument: &FnArg) -> Option<Argument> {
        match argument {
            FnArg::Receiver(receiver) => {
                let fields = [("tool", self.tool)];
                self.errors
                    .report(receiver, &messages::TOOL_RECEIVER, &fields);
                None
            }
            FnArg::Typed(typed) => self.typed(number, typed),
        }
    }

    fn typed(&mut self, number: usize, typed: &PatType) -> Option<Argument> {
        let name = self.argument_name(number, typed)?;
        let fields = [("tool", self.tool), ("argument", name.as_str())];
        let condition = typed
            .attrs
            .iter()
            .find(|attribute| attribute.path().is_ident("cfg"));
        if let Some(condition) = condition {
            self.errors
                .report(condition, &messages::ARGUMENT_CONDITIONAL, &fields);
            return None;
        }
        if let Some(impl_trait) = first_impl_trait(&typed.ty) {
            self.errors
                .report(impl_trait, &messages::ARGUMENT_IMPL_TRAIT, &fields);
            return None;
        }
        match plain(&typed.ty) {
            Type::Reference(reference) => self.lent(&name, reference),
            _ => Some(Argument::Value {
                name,
                description: docs::description(&typed.attrs),
                ty: (*typed.ty).clone(),
            }),
        }
    }

    fn argument_name(&mut self, number: usize, typed: &PatType) -> Option<String> {
        if let Pat::Ident(pattern) = &*typed.pat
            && pattern.by_ref.is_none()
            && pattern.subpat.is_none()
        {
            return Some(pattern.ident.unraw().to_string());
        }
        let (number, ty) = (number.to_string(), written(&typed.ty));
        let fields = [
            ("number", number.as_str()),
            ("tool", self.tool),
            ("type", &ty),
        ];
        self.errors
            .report(&typed.pat, &messages::ARGUMENT_PATTERN, &fields);
        None
    }

    /// `&T`, shared and for the length of the call.
    fn lent(&mut self, name: &str, reference: &TypeReference) -> Option<Argument> {
        let lasting = reference
            .lifetime
            .as_ref()
            .filter(|lifetime| lifetime.ident == "static");
        if reference.mutability.is_some() || lasting.is_some() {
            let ty = written(&reference.elem);
            let borrowed = written(reference);
            let fields = [
                ("tool", self.tool),
                ("argument", name),
                ("reference", &borrowed),
                ("type", &ty),
            ];
            self.errors
                .report(reference, &messages::ARGUMENT_REFERENCE, &fields);
            return None;
        }
        Some(Argument::Lent {
            ty: (*reference.elem).clone(),
        })
    }
}

#[cfg(test)]
mod tests;
