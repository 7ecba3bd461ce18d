//! The code of a tool.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{Ident, Visibility};

use super::{checks, period};
use crate::model::tool::{Argument, Tool};
use crate::names::numbered;

/// The type of the function's name. In braces, so that it lives beside the function; it must be
/// written after the function, because editors take the first of the two for the name.
pub fn name_type(visibility: &Visibility, ident: &Ident) -> TokenStream {
    let declaration = quote_spanned!(ident.span()=> struct #ident {});
    quote! {
        #[doc(hidden)]
        #[allow(dead_code, non_camel_case_types, missing_debug_implementations)]
        #visibility #declaration
    }
}

/// Everything that follows the function.
pub fn expand(tool: &Tool, visibility: &Visibility) -> TokenStream {
    let name_type = name_type(visibility, &tool.ident);
    let constants = tool
        .arguments
        .iter()
        .enumerate()
        .map(|(index, argument)| match argument {
            Argument::Value {
                name,
                description,
                ty,
            } => checks::argument(&tool.root, index, ty, name, description),
            Argument::Lent { ty } => checks::resource(&tool.root, index, ty),
        });
    let implementation = implementation(tool);
    quote! {
        #name_type

        #[allow(deprecated, clippy::all, clippy::pedantic)]
        const _: () = {
            #(#constants)*
            #implementation
        };
    }
}

fn implementation(tool: &Tool) -> TokenStream {
    let (ident, name, description) = (&tool.ident, &tool.name, &tool.description);
    let tool_trait = tool.root.public(&quote!(tool::Tool));
    let definition = tool.root.public(&quote!(tool::ToolDefinition));
    let builder = tool.root.private(&quote!(ToolBuilder));
    let run = run(tool);
    let arguments = tool.arguments.iter().enumerate().map(|(index, argument)| {
        let constant = constant(index, argument);
        match argument {
            Argument::Value { .. } => quote!(.argument(&#constant)),
            Argument::Lent { .. } => quote!(.resource(&#constant)),
        }
    });
    let timeout = tool.timeout.as_ref().map(|timeout| {
        let timeout = period(timeout);
        quote!(.timeout(#timeout))
    });
    let strict = tool.strict.then(|| quote!(.strict()));
    quote! {
        #[automatically_derived]
        impl #tool_trait for #ident {
            const NAME: &'static ::core::primitive::str = #name;
            const DESCRIPTION: &'static ::core::primitive::str = #description;

            fn definition() -> #definition {
                #builder::new(
                    <Self as #tool_trait>::NAME,
                    <Self as #tool_trait>::DESCRIPTION,
                    #run,
                )
                #(#arguments)*
                #timeout
                #strict
                .finish()
            }
        }
    }
}

/// Decodes the arguments, calls the function, encodes its result.
fn run(tool: &Tool) -> TokenStream {
    let ident = &tool.ident;
    let arguments = tool.root.private(&quote!(Arguments));
    let returned_value = tool.root.private(&quote!(ReturnedValue));
    let known: Vec<&String> = tool
        .arguments
        .iter()
        .filter_map(|argument| match argument {
            Argument::Value { name, .. } => Some(name),
            Argument::Lent { .. } => None,
        })
        .collect();
    let decoded = if known.is_empty() {
        quote!(#arguments::new(__arguments, &[])?;)
    } else {
        quote!(let mut __arguments = #arguments::new(__arguments, &[#(#known),*])?;)
    };
    let values: Vec<Ident> = (0..tool.arguments.len())
        .map(|index| numbered("value", index))
        .collect();
    // By path: a method of the user's that fits every type would come first.
    let take = tool.root.private(&quote!(Argument::take));
    let lend = tool.root.private(&quote!(Resource::lend));
    let taken = tool.arguments.iter().enumerate().map(|(index, argument)| {
        let constant = constant(index, argument);
        match argument {
            Argument::Value { .. } => quote!(#take(&#constant, &mut __arguments)?),
            Argument::Lent { .. } => quote!(#lend(&#constant, &__context)?),
        }
    });
    let awaited = tool.is_async.then(|| quote_spanned!(ident.span()=> .await));
    let result = checks::result(tool, &quote!(#ident(#(#values),*) #awaited));
    let body = quote! {
        #[allow(unused_imports)]
        use #returned_value as _;
        #decoded
        #(let #values = #taken;)*
        #result
    };
    let future = checks::future(tool, body);
    quote!(|__context, __arguments| #future)
}

fn constant(index: usize, argument: &Argument) -> Ident {
    match argument {
        Argument::Value { .. } => numbered("ARGUMENT", index),
        Argument::Lent { .. } => numbered("RESOURCE", index),
    }
}
