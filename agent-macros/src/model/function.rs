//! What functions of a hub have in common: orchestrators and executors.

use quote::ToTokens;
use syn::ext::IdentExt;
use syn::{FnArg, PatType, ReturnType, Safety, Signature, Type};

use super::{first_impl_trait, plain, written};
use crate::errors::Errors;
use crate::messages::{self, Message};
use crate::syntax::options::Options;

/// How long a name on a hub may be.
const NAME_BYTES_MAX: usize = 127;
/// Names under which agents run.
const NAMES_RESERVED: [&str; 3] = ["agent-run", "agent-model", "agent-tool"];
/// What the names of agents' sessions begin with.
const PREFIX_RESERVED: &str = "dafx-";

/// The rules for one function.
pub struct FunctionChecks<'a> {
    /// `orchestrator` or `executor`.
    pub kind: &'static str,
    /// The function's name.
    pub item: &'a str,
    /// Where breaches are reported.
    pub errors: &'a mut Errors,
}

impl FunctionChecks<'_> {
    /// Reports a message about the function.
    pub fn report(&mut self, at: impl ToTokens, message: &Message, more: &[(&str, &str)]) {
        let mut fields = vec![("kind", self.kind), ("item", self.item)];
        fields.extend(more);
        self.errors.report(at, message, &fields);
    }

    /// Async, without type parameters and without promises of the caller.
    pub fn qualifiers(&mut self, signature: &Signature) {
        if signature.asyncness.is_none() {
            self.report(signature.fn_token, &messages::NOT_ASYNC, &[]);
        }
        if !signature.generics.params.is_empty() {
            self.report(&signature.generics, &messages::GENERIC_FUNCTION, &[]);
        }
        if let Safety::Unsafe(token) = &signature.safety {
            let fields = [("qualifier", "unsafe")];
            self.report(token, &messages::FUNCTION_QUALIFIER, &fields);
        }
        if let Some(abi) = &signature.abi {
            let fields = [("qualifier", "extern")];
            self.report(abi, &messages::FUNCTION_QUALIFIER, &fields);
        }
    }

    /// The arguments that are not `self`, and that could be.
    pub fn arguments<'s>(&mut self, signature: &'s Signature) -> Vec<&'s PatType> {
        let mut arguments = Vec::new();
        for argument in &signature.inputs {
            match argument {
                FnArg::Receiver(receiver) => {
                    self.report(receiver, &messages::FUNCTION_RECEIVER, &[]);
                }
                FnArg::Typed(typed) => arguments.extend(self.argument(typed)),
            }
        }
        arguments
    }

    fn argument<'s>(&mut self, typed: &'s PatType) -> Option<&'s PatType> {
        let is_condition = |attribute: &&syn::Attribute| attribute.path().is_ident("cfg");
        if let Some(condition) = typed.attrs.iter().find(is_condition) {
            self.report(condition, &messages::FUNCTION_CONDITIONAL, &[]);
            return None;
        }
        if let Some(impl_trait) = first_impl_trait(&typed.ty) {
            self.report(impl_trait, &messages::GENERIC_FUNCTION, &[]);
            return None;
        }
        Some(typed)
    }

    /// The name on the hub: the option, else the function's.
    pub fn name(&mut self, at: &impl ToTokens, options: &Options) -> String {
        hub_name(self.kind, self.item, at, options, self.errors)
    }
}

/// A name that every backend takes: the option `name`, else the item's.
pub fn hub_name(
    kind: &str,
    item: &str,
    at: &impl ToTokens,
    options: &Options,
    errors: &mut Errors,
) -> String {
    let literal = options.literal("name");
    let (name, at) = match &literal {
        Some(literal) => (literal.value(), literal.to_token_stream()),
        None => (item.to_owned(), at.to_token_stream()),
    };
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    let fits = name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.len() <= NAME_BYTES_MAX
        && name.bytes().all(allowed);
    let lower = name.to_ascii_lowercase();
    let fields = [("kind", kind), ("name", name.as_str())];
    if !fits {
        errors.report(at, &messages::HUB_NAME, &fields);
    } else if NAMES_RESERVED.contains(&lower.as_str()) || lower.starts_with(PREFIX_RESERVED) {
        errors.report(at, &messages::HUB_NAME_RESERVED, &fields);
    }
    name
}

/// The function's name as it is written, without `r#`.
pub fn item_name(signature: &Signature) -> String {
    signature.ident.unraw().to_string()
}

impl FunctionChecks<'_> {
    /// What the function returns; `None` if that is not written as a `Result`, which is reported.
    /// This is told by the name, since the compiler would tell it at every use of the type.
    pub fn output(&mut self, signature: &Signature, error: &str) -> Option<Type> {
        let (at, instead) = match &signature.output {
            ReturnType::Type(_, ty) if is_result(ty) => return Some((**ty).clone()),
            ReturnType::Type(_, ty) => {
                let instead = format!("write `-> Result<{}, {error}>`", written(ty));
                (ty.to_token_stream(), instead)
            }
            ReturnType::Default => {
                let instead = format!(
                    "add `-> Result<Output, {error}>` with the type of what it gives, or `()` for \
                     nothing"
                );
                (signature.ident.to_token_stream(), instead)
            }
        };
        self.report(at, &messages::NOT_A_RESULT, &[("instead", &instead)]);
        None
    }
}

/// Whether a type is called `Result`, or something that ends so.
pub fn is_result(ty: &Type) -> bool {
    match plain(ty) {
        Type::Path(path) => path.path.segments.last().is_some_and(|last| {
            let name = last.ident.to_string();
            name.ends_with("Result")
        }),
        // What a macro of the user's makes of it is for the compiler to see.
        Type::Macro(_) => true,
        _ => false,
    }
}

/// Whether an argument is borrowed.
pub fn is_reference(ty: &Type) -> bool {
    matches!(plain(ty), Type::Reference(_))
}
