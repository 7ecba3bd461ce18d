//! The code of an entity: its implementation, and proxies with its operations.

use proc_macro2::{Delimiter, Group, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::Ident;

use super::checks;
use crate::model::entity::{Entity, Operation};
use crate::names::numbered;

/// Everything that follows the block.
pub fn expand(entity: &Entity) -> TokenStream {
    let Entity { root, ident, .. } = entity;
    let (proxy, signals) = names(ident);
    let target = root.durable(&quote!(EntityTarget));
    let proxy_docs = format!("Operations of `{ident}`, called from an orchestration.");
    let signals_docs = format!("Operations of `{ident}` as one-way messages.");
    let types = entity
        .operations
        .iter()
        .enumerate()
        .map(|(index, operation)| operation_type(entity, index, operation));
    let calls = calls(entity);
    let sends = sends(entity);
    let implementation = implementation(entity);
    let delete = (!entity.has_own_delete()).then(|| {
        let operation = root.durable_private(&quote!(Operation));
        quote! {
            struct __Delete;
            impl #operation for __Delete {
                const NAME: &'static ::core::primitive::str = "delete";
                type Input = ();
                type Output = ();
            }
        }
    });
    quote! {
        #[doc = #proxy_docs]
        #[derive(::core::clone::Clone, ::core::fmt::Debug)]
        #[allow(dead_code)]
        pub struct #proxy {
            __target: #target,
        }

        #[doc = #signals_docs]
        #[derive(::core::fmt::Debug)]
        #[allow(dead_code)]
        pub struct #signals<__S> {
            __sender: __S,
        }

        #[allow(deprecated, dead_code, private_interfaces, clippy::all, clippy::pedantic)]
        const _: () = {
            #(#types)*
            #delete
            #calls
            #sends
            #implementation
        };
    }
}

fn names(ident: &Ident) -> (Ident, Ident) {
    let span = ident.span();
    (
        format_ident!("{ident}Proxy", span = span),
        format_ident!("{ident}Signals", span = span),
    )
}

/// The types of an operation are checked here, and only here.
fn operation_type(entity: &Entity, index: usize, operation: &Operation) -> TokenStream {
    let (root, marker, name) = (&entity.root, numbered("Operation", index), &operation.name);
    let operation_trait = root.durable_private(&quote!(Operation));
    let input = input(operation);
    let output = output(entity, operation);
    let conditions = &operation.conditions;
    quote! {
        #(#conditions)*
        struct #marker;
        #(#conditions)*
        impl #operation_trait for #marker {
            const NAME: &'static ::core::primitive::str = #name;
            type Input = #input;
            type Output = #output;
        }
    }
}

fn input(operation: &Operation) -> TokenStream {
    operation
        .input
        .as_ref()
        .map_or_else(|| quote!(()), ToTokens::to_token_stream)
}

fn output(entity: &Entity, operation: &Operation) -> TokenStream {
    let returned = entity.root.durable_private(&quote!(OperationReturn));
    match &operation.output {
        Some(ty) if operation.can_fail => checks::projection(ty, &returned, "Output"),
        Some(ty) => ty.to_token_stream(),
        None => quote!(()),
    }
}

/// The argument of a proxy's method, and what is sent.
fn argument(operation: &Operation) -> (Option<TokenStream>, TokenStream) {
    match &operation.input {
        Some(ty) => (Some(quote!(input: #ty)), quote!(&input)),
        None => (None, quote!(&())),
    }
}

fn calls(entity: &Entity) -> TokenStream {
    let root = &entity.root;
    let (proxy, signals) = names(&entity.ident);
    let call_type = root.durable(&quote!(EntityCall));
    let call = root.durable(&quote!(EntityTarget::call));
    let methods = entity
        .operations
        .iter()
        .enumerate()
        .map(|(index, operation)| {
            let Operation {
                ident,
                docs,
                conditions,
                ..
            } = operation;
            let marker = numbered("Operation", index);
            let (argument, sent) = argument(operation);
            let output = output(entity, operation);
            quote! {
                #(#docs)*
                #(#conditions)*
                #[track_caller]
                pub fn #ident(&self, #argument) -> #call_type<#output> {
                    #call::<#marker>(&self.__target, #sent)
                }
            }
        });
    let delete = (!entity.has_own_delete()).then(|| {
        quote! {
            /// Removes the entity's state.
            #[track_caller]
            pub fn delete(&self) -> #call_type<()> {
                #call::<__Delete>(&self.__target, &())
            }
        }
    });
    let id = root.durable(&quote!(EntityId));
    let sender = root.durable(&quote!(OrchestrationSignals));
    let timestamp = root.durable(&quote!(Timestamp));
    quote! {
        impl #proxy {
            /// Its id, for locks.
            pub fn id(&self) -> #id {
                self.__target.id()
            }

            /// Its operations as one-way messages.
            pub fn signal(&self) -> #signals<#sender> {
                #signals { __sender: self.__target.signals(::core::option::Option::None) }
            }

            /// The same, to be delivered at a time.
            pub fn signal_at(&self, time: #timestamp) -> #signals<#sender> {
                #signals { __sender: self.__target.signals(::core::option::Option::Some(time)) }
            }

            /// The same, to be delivered some time from now.
            pub fn signal_after(&self, delay: ::core::time::Duration) -> #signals<#sender> {
                #signals { __sender: self.__target.signals_after(delay) }
            }

            #(#methods)*
            #delete
        }
    }
}

fn sends(entity: &Entity) -> TokenStream {
    let (_, signals) = names(&entity.ident);
    let sender = entity.root.durable(&quote!(SignalSender));
    let methods = entity
        .operations
        .iter()
        .enumerate()
        .map(|(index, operation)| {
            let Operation {
                ident,
                docs,
                conditions,
                ..
            } = operation;
            let marker = numbered("Operation", index);
            let (argument, sent) = argument(operation);
            quote! {
                #(#docs)*
                #(#conditions)*
                pub fn #ident(self, #argument) -> __S::Sent {
                    #sender::send::<#marker>(self.__sender, #sent)
                }
            }
        });
    let delete = (!entity.has_own_delete()).then(|| {
        quote! {
            /// Removes the entity's state.
            pub fn delete(self) -> __S::Sent {
                #sender::send::<__Delete>(self.__sender, &())
            }
        }
    });
    quote! {
        impl<__S: #sender> #signals<__S> {
            #(#methods)*
            #delete
        }
    }
}

fn implementation(entity: &Entity) -> TokenStream {
    let Entity {
        root, ident, name, ..
    } = entity;
    let (proxy, signals) = names(ident);
    let entity_trait = root.durable(&quote!(EntityType));
    let target = root.durable(&quote!(EntityTarget));
    let sender = root.durable(&quote!(SignalSender));
    let operations = root.durable_private(&quote!(Operations));
    let unknown = root.durable_private(&quote!(unknown_operation));
    let delete_now = root.durable_private(&quote!(delete));
    let is_operation = root.durable_private(&quote!(is_operation));
    let mut known: Vec<TokenStream> = entity
        .operations
        .iter()
        .map(
            |Operation {
                 name, conditions, ..
             }| quote!(#(#conditions)* #name),
        )
        .collect();
    let runs = entity
        .operations
        .iter()
        .enumerate()
        .map(|(index, operation)| run(entity, index, operation));
    let delete = (!entity.has_own_delete()).then(|| {
        known.push(quote!("delete"));
        quote! {
            if #is_operation(__context, "delete") {
                return #delete_now(__context);
            }
        }
    });
    let run = quote! {
        #(#runs)*
        #delete
        #unknown(__context, &[#(#known),*])
    };
    let made = if entity.waits() {
        let boxed = root.durable_private(&quote!(boxed));
        quote!(Asynchronous(|__context| #boxed(async move { #run })))
    } else {
        quote!(Synchronous(|__context| { #run }))
    };
    quote! {
        #[automatically_derived]
        impl #entity_trait for #ident {
            const NAME: &'static ::core::primitive::str = #name;
            type State = #ident;
            type Proxy = #proxy;
            type Signals<__S: #sender> = #signals<__S>;

            fn proxy(__target: #target) -> #proxy {
                #proxy { __target }
            }

            fn signals<__S: #sender>(__sender: __S) -> #signals<__S> {
                #signals { __sender }
            }

            fn operations() -> #operations {
                #operations::#made
            }
        }
    }
}

fn run(entity: &Entity, index: usize, operation: &Operation) -> TokenStream {
    let (root, name) = (&entity.root, &operation.name);
    let marker = numbered("Operation", index);
    let is_operation = root.durable_private(&quote!(is_operation));
    let run = if operation.waits {
        run_waiting(entity, operation, &marker)
    } else {
        let how = if operation.changes {
            quote!(change)
        } else {
            quote!(inspect)
        };
        let how = root.durable_private(&how);
        let outcome = outcome(entity, operation, &quote!(__state));
        quote! {
            #how::<Self, #marker>(__context, |__state, __input, __context| { #outcome })
        }
    };
    let conditions = &operation.conditions;
    quote! {
        #(#conditions)*
        if #is_operation(__context, #name) {
            return #run;
        }
    }
}

/// An operation that is `async`. That it can move between threads is checked at its name.
fn run_waiting(entity: &Entity, operation: &Operation, marker: &Ident) -> TokenStream {
    let root = &entity.root;
    let span = operation.ident.span();
    let begin = root.durable_private(&quote!(begin));
    let (state, pattern, end) = if operation.changes {
        let changed = root.durable_private(&quote!(changed));
        (
            quote!(&mut __state),
            quote!((mut __state, __input, __existed)),
            quote!(#changed::<Self, #marker>(__context, __existed, &__state, &__output)),
        )
    } else {
        let inspected = root.durable_private(&quote!(inspected));
        (
            quote!(&__state),
            quote!((__state, __input, _)),
            quote!(#inspected::<#marker>(&__output)),
        )
    };
    let outcome = outcome(entity, operation, &state);
    let failure = root.durable(&quote!(Failure));
    let mut body = Group::new(
        Delimiter::Brace,
        quote! {
            let #pattern = #begin::<Self, #marker>(__context)?;
            let __outcome: ::core::result::Result<_, #failure> = { #outcome };
            let __output = __outcome?;
            #end
        },
    );
    body.set_span(span);
    let operated = checks::respanned(root.durable_private(&quote!(operated)), span);
    quote_spanned!(span=> #operated(async move #body).await)
}

/// What the method gives for a state.
fn outcome(entity: &Entity, operation: &Operation, state: &TokenStream) -> TokenStream {
    let (root, own, ident) = (&entity.root, &entity.ident, &operation.ident);
    let returned = root.durable_private(&quote!(OperationReturn));
    let lend = root.durable_private(&quote!(OperationArgument));
    let input = operation.input.as_ref().map(|_| quote!(, __input));
    let context = operation.context.as_ref().map(|ty| {
        let lend = checks::projection(ty, &lend, "lend");
        quote!(, #lend(__context))
    });
    let wait = operation.waits.then(|| quote!(.await));
    let call = quote!(#own::#ident(#state #input #context) #wait);
    if operation.can_fail {
        checks::outcome(operation.output.as_ref(), &returned, &call)
    } else {
        quote!(::core::result::Result::Ok(#call))
    }
}
