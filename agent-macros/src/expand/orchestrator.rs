//! The code of an orchestrator.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::Visibility;

use super::checks;
use super::tool::name_type;
use crate::model::orchestrator::Orchestrator;

/// Everything that follows the function.
pub fn expand(orchestrator: &Orchestrator, visibility: &Visibility) -> TokenStream {
    let (ident, root) = (&orchestrator.ident, &orchestrator.root);
    let argument = root.durable_private(&quote!(OrchestratorArgument));
    let context = orchestrator.context.as_ref().map(|ty| {
        let take = checks::projection(ty, &argument, "from_context");
        quote!(#take(__context))
    });
    let input = orchestrator.input.as_ref().map(|_| quote!(, __input));
    let returned = root.durable_private(&quote!(OrchestratorReturn));
    let call = quote!(#ident(#context #input).await);
    let outcome = checks::outcome(orchestrator.output.as_ref(), &returned, &call);
    let run = quote!(async move { #outcome });
    implementation(orchestrator, visibility, &run)
}

/// The same for a function that is wrong: it never ends, and code that uses it compiles.
pub fn fallback(orchestrator: &Orchestrator, visibility: &Visibility) -> TokenStream {
    implementation(orchestrator, visibility, &quote!(::core::future::pending()))
}

fn implementation(
    orchestrator: &Orchestrator,
    visibility: &Visibility,
    run: &TokenStream,
) -> TokenStream {
    let Orchestrator {
        root, ident, name, ..
    } = orchestrator;
    let name_type = name_type(visibility, ident);
    let orchestrator_trait = root.durable(&quote!(Orchestrator));
    let context = root.durable(&quote!(OrchestrationContext));
    let error = root.durable(&quote!(OrchestrationError));
    let returned = root.durable_private(&quote!(OrchestratorReturn));
    let version = orchestrator
        .version
        .as_ref()
        .map(|version| quote!(const VERSION: &'static ::core::primitive::str = #version;));
    let unit = quote!(());
    let (input, output) = match (&orchestrator.input, &orchestrator.output) {
        _ if !orchestrator.is_concrete => (unit.clone(), unit),
        (input, output) => {
            let output = output
                .as_ref()
                .map(|ty| checks::projection(ty, &returned, "Output"));
            let input = input.as_ref().map(ToTokens::to_token_stream);
            (
                input.unwrap_or_else(|| unit.clone()),
                output.unwrap_or(unit),
            )
        }
    };
    let (input, output) = (
        checks::associated("Input", &input),
        checks::associated("Output", &output),
    );
    quote! {
        #name_type

        #[automatically_derived]
        #[allow(deprecated, clippy::all, clippy::pedantic)]
        impl #orchestrator_trait for #ident {
            const NAME: &'static ::core::primitive::str = #name;
            #version
            #input
            #output

            fn run(
                __context: #context,
                __input: <Self as #orchestrator_trait>::Input,
            ) -> impl ::core::future::Future<
                Output = ::core::result::Result<<Self as #orchestrator_trait>::Output, #error>,
            > + 'static {
                #run
            }
        }
    }
}
