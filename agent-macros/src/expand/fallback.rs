//! What is emitted beside the errors: the promised types and impls, so that code that uses the item
//! gets no errors of its own.

use proc_macro2::TokenStream;
use quote::quote;
use syn::ext::IdentExt;
use syn::{Ident, Visibility};

use super::tool::name_type;
use crate::names::Root;
use crate::syntax::item::Beginning;

/// A type that the compiler can't know, because of a mistake that it is told of here: whatever has
/// this type gets no errors of its own.
pub fn unknown(mistake: &TokenStream) -> TokenStream {
    quote!([(); #mistake])
}

/// A tool that can be listed.
pub fn tool(root: &Root, visibility: &Visibility, ident: &Ident) -> TokenStream {
    let name_type = name_type(visibility, ident);
    let name = ident.unraw().to_string();
    let tool = root.public(&quote!(tool::Tool));
    let definition = root.public(&quote!(tool::ToolDefinition));
    let builder = root.private(&quote!(ToolBuilder));
    quote! {
        #name_type

        #[automatically_derived]
        impl #tool for #ident {
            const NAME: &'static ::core::primitive::str = #name;
            const DESCRIPTION: &'static ::core::primitive::str = "";

            fn definition() -> #definition {
                #builder::invalid(<Self as #tool>::NAME)
            }
        }
    }
}

/// A tool of which no more than the name is known. The text is not an error of the build, because
/// the compiler has one of its own; should it take the item, an application with this tool does
/// not start.
pub fn unreadable_tool(root: &Root, beginning: &Beginning, text: &str) -> TokenStream {
    let Some(ident) = &beginning.name else {
        return TokenStream::new();
    };
    let name_type = name_type(&beginning.visibility, ident);
    let name = ident.unraw().to_string();
    let tool = root.public(&quote!(tool::Tool));
    let definition = root.public(&quote!(tool::ToolDefinition));
    quote! {
        #name_type

        #[automatically_derived]
        impl #tool for #ident {
            const NAME: &'static ::core::primitive::str = #name;
            const DESCRIPTION: &'static ::core::primitive::str = "";

            fn definition() -> #definition {
                ::core::panic!("{}", #text)
            }
        }
    }
}

/// An agent of which no more than the name is known; see [`unreadable_tool`].
pub fn unreadable_agent(root: &Root, beginning: &Beginning, text: &str) -> TokenStream {
    let Some(ident) = &beginning.name else {
        return TokenStream::new();
    };
    let name = ident.unraw().to_string();
    let agent = root.public(&quote!(agent::Agent));
    let definition = root.public(&quote!(agent::AgentDefinition));
    let node = super::agent::node(root, ident, &name, None);
    quote! {
        #node

        #[automatically_derived]
        impl #agent for #ident {
            const NAME: &'static ::core::primitive::str = #name;

            fn definition() -> #definition {
                ::core::panic!("{}", #text)
            }
        }
    }
}

/// An orchestrator of which no more than the name is known; see [`unreadable_tool`].
pub fn unreadable_orchestrator(root: &Root, beginning: &Beginning, text: &str) -> TokenStream {
    let Some(ident) = &beginning.name else {
        return TokenStream::new();
    };
    let name_type = name_type(&beginning.visibility, ident);
    let name = ident.unraw().to_string();
    let orchestrator = root.durable(&quote!(Orchestrator));
    let context = root.durable(&quote!(OrchestrationContext));
    let error = root.durable(&quote!(OrchestrationError));
    quote! {
        #name_type

        #[automatically_derived]
        impl #orchestrator for #ident {
            const NAME: &'static ::core::primitive::str = #name;
            type Input = ();
            type Output = ();

            async fn run(_: #context, (): ()) -> ::core::result::Result<(), #error> {
                ::core::panic!("{}", #text)
            }
        }
    }
}

/// An executor of which no more than the name is known; see [`unreadable_tool`].
pub fn unreadable_executor(root: &Root, beginning: &Beginning, text: &str) -> TokenStream {
    let Some(ident) = &beginning.name else {
        return TokenStream::new();
    };
    let name_type = name_type(&beginning.visibility, ident);
    let name = ident.unraw().to_string();
    let activity = root.durable(&quote!(Activity));
    let executor = root.durable(&quote!(Executor));
    let context = root.durable(&quote!(ActivityContext));
    let failure = root.durable(&quote!(Failure));
    let need = root.durable(&quote!(ResourceNeed));
    let registry = root.durable(&quote!(Registry));
    let registry_error = root.durable(&quote!(RegistryError));
    let node = root
        .has_workflows()
        .then(|| super::node::unreadable(root, ident, text));
    quote! {
        #name_type

        #node

        #[automatically_derived]
        impl #activity for #ident {
            const NAME: &'static ::core::primitive::str = #name;
            type Input = ();
            type Output = ();

            async fn run(&self, _: #context, (): ()) -> ::core::result::Result<(), #failure> {
                ::core::panic!("{}", #text)
            }
        }

        #[automatically_derived]
        impl #executor for #ident {
            const NAME: &'static ::core::primitive::str = #name;
            const DESCRIPTION: &'static ::core::primitive::str = "";

            fn needs() -> ::std::vec::Vec<#need> {
                ::core::panic!("{}", #text)
            }

            fn register(_: &mut #registry) -> ::core::result::Result<(), #registry_error> {
                ::core::panic!("{}", #text)
            }
        }
    }
}

/// An agent that can be hosted.
pub fn agent(root: &Root, item: &syn::ItemStruct, mistake: &TokenStream) -> TokenStream {
    let ident = &item.ident;
    let (impl_generics, type_generics, where_clause) = item.generics.split_for_impl();
    let name = ident.unraw().to_string();
    let agent = root.public(&quote!(agent::Agent));
    let definition = root.public(&quote!(agent::AgentDefinition));
    // One with parameters would need others in every place that names it.
    let node = item
        .generics
        .params
        .is_empty()
        .then(|| super::agent::node_of(root, ident, &name, &unknown(mistake), None));
    quote! {
        #[automatically_derived]
        impl #impl_generics #agent for #ident #type_generics #where_clause {
            const NAME: &'static ::core::primitive::str = #name;

            fn definition() -> #definition {
                #definition::new(<Self as #agent>::NAME)
            }
        }

        #node
    }
}
