//! The function around the graph: its name, its parameter, what it returns.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::{FnArg, Ident, Pat, PatType, ReturnType, Safety, Signature, Type};

use crate::errors::Errors;
use crate::messages::{self, Message};
use crate::model::executor::owned;
use crate::model::{first_impl_trait, plain, written};
use crate::syntax::function::Function;
use crate::syntax::options::Options;

/// How long the name of a workflow may be.
const NAME_BYTES_MAX: usize = 63;

/// Names that workflows can't have, because routes have them.
const NAMES_RESERVED: [&str; 6] = ["run", "status", "respond", "cancel", "events", "graph"];

/// What stands around the body.
pub struct Header {
    /// The function's name.
    pub item: String,
    /// The same, to point at.
    pub at: Ident,
    /// The name on the hub.
    pub name: String,
    /// The parameter and its type, if there is exactly one and it is as it must be.
    pub parameter: Option<(Ident, Type)>,
    /// What the body calls the input, also where the parameter is not as it must be.
    pub input: InputName,
    /// The return type.
    pub output: Option<Type>,
}

/// What a body calls its input.
pub enum InputName {
    /// This.
    Known(Ident),
    /// Nothing, since there is no parameter.
    Missing,
    /// That can't be told: the parameter is taken apart.
    Unclear,
}

/// Reports what is wrong before the body.
pub fn check(function: &Function, options: &Options, errors: &mut Errors) -> Header {
    let signature = &function.signature;
    let item = signature.ident.unraw().to_string();
    let mut checks = Checks {
        item: &item,
        errors,
    };
    checks.qualifiers(signature);
    checks.parameters(signature);
    checks.return_type(signature);
    let name = checks.name(signature, options);
    Header {
        name,
        at: signature.ident.clone(),
        parameter: parameter(signature),
        input: input_name(signature),
        output: output(signature),
        item,
    }
}

/// The parameter, if there is one that is as it must be.
pub fn parameter(signature: &Signature) -> Option<(Ident, Type)> {
    let mut inputs = signature.inputs.iter();
    match (inputs.next()?, inputs.next()) {
        (FnArg::Typed(typed), None) if !matches!(plain(&typed.ty), Type::Reference(_)) => {
            let name = plain_name(typed)?;
            Some((name.clone(), (*typed.ty).clone()))
        }
        _ => None,
    }
}

fn input_name(signature: &Signature) -> InputName {
    let typed = signature.inputs.iter().find_map(|input| match input {
        FnArg::Typed(typed) => Some(&*typed.pat),
        FnArg::Receiver(_) => None,
    });
    match typed {
        Some(Pat::Ident(name)) => InputName::Known(name.ident.clone()),
        Some(_) => InputName::Unclear,
        None => InputName::Missing,
    }
}

/// The return type, if one is written.
pub fn output(signature: &Signature) -> Option<Type> {
    match &signature.output {
        ReturnType::Default => None,
        ReturnType::Type(_, ty) => Some((**ty).clone()),
    }
}

fn plain_name(typed: &PatType) -> Option<&Ident> {
    match &*typed.pat {
        Pat::Ident(name)
            if name.by_ref.is_none() && name.mutability.is_none() && name.subpat.is_none() =>
        {
            Some(&name.ident)
        }
        _ => None,
    }
}

/// One rule per method.
struct Checks<'a> {
    item: &'a str,
    errors: &'a mut Errors,
}

impl Checks<'_> {
    fn report(&mut self, at: impl ToTokens, message: &Message, more: &[(&str, &str)]) {
        let mut fields = vec![
            ("workflow", self.item),
            ("kind", "workflow"),
            ("item", self.item),
        ];
        fields.extend(more);
        self.errors.report(at, message, &fields);
    }

    fn qualifiers(&mut self, signature: &Signature) {
        if let Some(token) = &signature.asyncness {
            self.report(token, &messages::WORKFLOW_ASYNC, &[]);
        }
        if !signature.generics.params.is_empty() {
            self.report(&signature.generics, &messages::GENERIC_FUNCTION, &[]);
        }
        if let Some(token) = &signature.constness {
            self.qualifier(token, "const");
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
        let fields = [("qualifier", qualifier)];
        self.report(at, &messages::FUNCTION_QUALIFIER, &fields);
    }

    fn parameters(&mut self, signature: &Signature) {
        let mut typed = Vec::new();
        for input in &signature.inputs {
            match input {
                FnArg::Receiver(receiver) => {
                    self.report(receiver, &messages::FUNCTION_RECEIVER, &[]);
                }
                FnArg::Typed(parameter) => typed.push(parameter),
            }
        }
        if let Some(first) = typed.first() {
            self.parameter(first);
        } else if signature.receiver().is_none() {
            let mut parentheses = TokenStream::new();
            signature.paren_token.surround(&mut parentheses, |_| ());
            self.report(parentheses, &messages::WORKFLOW_PARAMETERS, &[]);
        }
        for second in typed.into_iter().skip(1) {
            self.report(second, &messages::WORKFLOW_PARAMETERS, &[]);
        }
    }

    fn parameter(&mut self, parameter: &PatType) {
        let is_condition = |attribute: &&syn::Attribute| attribute.path().is_ident("cfg");
        if let Some(condition) = parameter.attrs.iter().find(is_condition) {
            return self.report(condition, &messages::FUNCTION_CONDITIONAL, &[]);
        }
        let Some(name) = plain_name(parameter) else {
            let ty = written(&parameter.ty);
            let fields = [("type", ty.as_str())];
            return self.report(
                &parameter.pat,
                &messages::WORKFLOW_PARAMETER_PATTERN,
                &fields,
            );
        };
        if let Some(impl_trait) = first_impl_trait(&parameter.ty) {
            self.report(impl_trait, &messages::GENERIC_FUNCTION, &[]);
        } else if let Type::Reference(reference) = plain(&parameter.ty) {
            let owned = owned(&reference.elem);
            let ty = owned.unwrap_or_else(|| written(&reference.elem));
            let name = name.to_string();
            let fields = [("parameter", name.as_str()), ("type", &ty)];
            self.report(reference, &messages::WORKFLOW_BORROWS, &fields);
        }
    }

    fn return_type(&mut self, signature: &Signature) {
        if let ReturnType::Type(_, ty) = &signature.output
            && let Some(impl_trait) = first_impl_trait(ty)
        {
            self.report(impl_trait, &messages::GENERIC_FUNCTION, &[]);
        }
    }

    /// The name on the hub: the option, else the function's.
    fn name(&mut self, signature: &Signature, options: &Options) -> String {
        let literal = options.literal("name");
        let (name, at) = match &literal {
            Some(literal) => (literal.value(), literal.to_token_stream()),
            None => (self.item.to_owned(), signature.ident.to_token_stream()),
        };
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        let fits = name.starts_with(|first: char| first.is_ascii_alphabetic())
            && name.len() <= NAME_BYTES_MAX
            && name.bytes().all(allowed);
        let lower = name.to_ascii_lowercase();
        if !fits {
            self.report(at, &messages::WORKFLOW_NAME, &[("name", &name)]);
        } else if NAMES_RESERVED.contains(&lower.as_str()) {
            self.report(at, &messages::WORKFLOW_NAME_RESERVED, &[("name", &name)]);
        }
        name
    }
}
