//! The code of an executor.

use proc_macro2::{Delimiter, Group, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::{Ident, Visibility};

use super::agent::float;
use super::fallback::unknown;
use super::tool::name_type;
use super::{checks, node, period};
use crate::model::executor::{Executor, Retry};
use crate::names::{Root, numbered};

/// Everything that follows the function.
pub fn expand(executor: &Executor, visibility: &Visibility) -> TokenStream {
    let (ident, root) = (&executor.ident, &executor.root);
    let name = ident.span();
    let values: Vec<Ident> = (0..executor.lent.len())
        .map(|index| numbered("value", index))
        .collect();
    let lend = match &executor.node {
        Some(_) => root.private(&quote!(lend)),
        None => root.durable_private(&quote!(Resource::lend)),
    };
    let lending = values.iter().enumerate().map(|(index, value)| {
        let constant = numbered("RESOURCE", index);
        quote!(let #value = #lend(&#constant, &__context)?;)
    });
    let input = executor.input.as_ref().map(|_| quote!(__input,));
    let returned = root.durable_private(&quote!(ExecutorReturn));
    let call = quote!(#ident(#input #(#values),*).await);
    let mut outcome = checks::outcome(executor.output.as_ref(), &returned, &call);
    if executor
        .node
        .as_ref()
        .is_some_and(|node| node.sends.is_some())
    {
        let nothing = root.private(&quote!(nothing));
        outcome = checks::handed_on(executor.output.as_ref(), &nothing, &outcome);
    }
    let mut body = Group::new(
        Delimiter::Brace,
        quote! {
            #(#lending)*
            #outcome
        },
    );
    body.set_span(name);
    let executed = checks::respanned(root.durable_private(&quote!(executed)), name);
    let run = quote_spanned!(name=> #executed(async move #body));
    implementation(executor, visibility, &run)
}

/// The same for a function that is wrong: it never ends, and code that uses it compiles.
pub fn fallback(executor: &Executor, visibility: &Visibility) -> TokenStream {
    implementation(executor, visibility, &quote!(::core::future::pending()))
}

fn implementation(executor: &Executor, visibility: &Visibility, run: &TokenStream) -> TokenStream {
    let (ident, root) = (&executor.ident, &executor.root);
    let name_type = name_type(visibility, ident);
    let constants = executor.lent.iter().enumerate().map(|(index, ty)| {
        let constant = numbered("RESOURCE", index);
        let resource_type = root.durable_private(&quote!(Resource));
        let resource = root.durable_private(&quote!(resource));
        quote!(const #constant: #resource_type<#ty> = #resource::<#ty>();)
    });
    let code = match &executor.node {
        None => alone(executor, &TokenStream::new(), run),
        Some(options) => {
            let imports = node::imports(root);
            let function = node::run_function(executor, options, run);
            let bound = node::runs_alone(executor, options);
            let run = if options.needs_workflow() {
                quote!(::core::future::pending())
            } else {
                let (run, context) = (node::run_name(), root.private(&quote!(alone)));
                quote!(#run(#context(__context), __input))
            };
            let alone = alone(executor, &bound, &run);
            let node = node::implementations(executor, options);
            quote!(#imports #function #alone #node)
        }
    };
    quote! {
        #name_type

        #[allow(deprecated, clippy::all, clippy::pedantic)]
        const _: () = {
            #(#constants)*
            #code
        };
    }
}

/// What it is where no workflow is around it, on a condition.
fn alone(executor: &Executor, bound: &TokenStream, run: &TokenStream) -> TokenStream {
    let activity = activity(executor, bound, run);
    let executor_impl = executor_impl(executor, bound);
    quote!(#activity #executor_impl)
}

/// What it takes, and what it gives.
pub fn types(executor: &Executor) -> (TokenStream, TokenStream) {
    let unit = quote!(());
    let unknown = unknown(&executor.mistake);
    let returned = executor.root.durable_private(&quote!(ExecutorReturn));
    let sent = executor.node.as_ref().and_then(|node| node.sends.as_ref());
    let output = match (sent, &executor.output) {
        (Some(sent), _) => sent.to_token_stream(),
        (None, Some(ty)) if executor.knows_output => checks::projection(ty, &returned, "Output"),
        (None, _) => unknown.clone(),
    };
    let input = match &executor.input {
        _ if !executor.knows_input => unknown,
        Some(ty) => ty.to_token_stream(),
        None => unit,
    };
    (input, output)
}

fn activity(executor: &Executor, bound: &TokenStream, run: &TokenStream) -> TokenStream {
    let (ident, root, name) = (&executor.ident, &executor.root, &executor.name);
    let activity = root.durable(&quote!(Activity));
    let context = root.durable(&quote!(ActivityContext));
    let failure = root.durable(&quote!(Failure));
    let (input, output) = types(executor);
    let (input, output) = (
        checks::associated("Input", &input),
        checks::associated("Output", &output),
    );
    let timeout = executor.timeout.as_ref().map(|timeout| {
        let timeout = period(timeout);
        quote! {
            const TIMEOUT: ::core::option::Option<::core::time::Duration> =
                ::core::option::Option::Some(#timeout);
        }
    });
    let retry = executor.retry.as_ref().map(|retry| policy(root, retry));
    quote! {
        #[automatically_derived]
        impl #activity for #ident #bound {
            const NAME: &'static ::core::primitive::str = #name;
            #input
            #output
            #timeout

            #retry

            fn run(
                &self,
                __context: #context,
                __input: <Self as #activity>::Input,
            ) -> impl ::core::future::Future<
                Output = ::core::result::Result<<Self as #activity>::Output, #failure>,
            > + ::core::marker::Send {
                #run
            }
        }
    }
}

/// The policy that calls have unless they say otherwise.
fn policy(root: &Root, retry: &Retry) -> TokenStream {
    let policy = root.durable(&quote!(RetryPolicy));
    let value = policy_value(root, retry);
    quote! {
        fn retry() -> ::core::option::Option<#policy> {
            ::core::option::Option::Some(#value)
        }
    }
}

/// A policy as an expression.
pub fn policy_value(root: &Root, retry: &Retry) -> TokenStream {
    let policy = root.durable(&quote!(RetryPolicy));
    let attempts = match &retry.attempts {
        Some(attempts) => attempts.to_token_stream(),
        None => root.durable_private(&quote!(RETRY_ATTEMPTS)),
    };
    let first = match &retry.first {
        Some(first) => period(first),
        None => root.durable_private(&quote!(RETRY_FIRST)),
    };
    let backoff = retry.backoff.as_ref().map(|backoff| {
        let backoff = float(backoff);
        quote!(.backoff_coefficient(#backoff))
    });
    let max = retry.max.as_ref().map(|max| {
        let max = period(max);
        quote!(.max_interval(#max))
    });
    let total = retry.total.as_ref().map(|total| {
        let total = period(total);
        quote!(.total_time(#total))
    });
    quote!(#policy::new(#attempts, #first) #backoff #max #total)
}

fn executor_impl(executor: &Executor, bound: &TokenStream) -> TokenStream {
    let (ident, root, name) = (&executor.ident, &executor.root, &executor.name);
    let description = &executor.description;
    let executor_trait = root.durable(&quote!(Executor));
    let need_type = root.durable(&quote!(ResourceNeed));
    let registry = root.durable(&quote!(Registry));
    let registry_error = root.durable(&quote!(RegistryError));
    let needs = root.durable_private(&quote!(needs));
    let need = root.durable_private(&quote!(Resource::need));
    let constants = (0..executor.lent.len()).map(|index| numbered("RESOURCE", index));
    quote! {
        #[automatically_derived]
        impl #executor_trait for #ident #bound {
            const NAME: &'static ::core::primitive::str = #name;
            const DESCRIPTION: &'static ::core::primitive::str = #description;

            fn needs() -> ::std::vec::Vec<#need_type> {
                #needs(&[#(#need(&#constants)),*])
            }

            fn register(
                __registry: &mut #registry,
            ) -> ::core::result::Result<(), #registry_error> {
                #registry::activity_with(__registry, Self {}, <Self as #executor_trait>::needs())
            }
        }
    }
}
