//! The code of a request port.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};

use super::fallback::unknown;
use super::{checks, node, period};
use crate::model::port::Port;

/// The node. That the types can be asked and answered is told at them.
pub fn expand(port: &Port) -> TokenStream {
    let (root, ident, name) = (&port.root, &port.ident, &port.name);
    let description = &port.description;
    let node_trait = root.public(&quote!(workflow::Node));
    let port_trait = root.public(&quote!(workflow::RequestPort));
    let plain = root.public(&quote!(workflow::Plain));
    let no_yields = root.public(&quote!(workflow::NoYields));
    let node_definition = root.public(&quote!(workflow::NodeDefinition));
    let port_node = root.private(&quote!(port_node));
    let some = |value: TokenStream| quote!(::core::option::Option::Some(#value));
    let none = || quote!(::core::option::Option::None);
    let response = port.response.as_ref();
    let response = response.map_or_else(|| unknown(&port.mistake), ToTokens::to_token_stream);
    let timeout = port
        .timeout
        .as_ref()
        .map_or_else(none, |limit| some(period(limit)));
    let default = port.default.as_ref().map_or_else(none, |answer| {
        let default_answer = root.private(&quote!(default_answer));
        some(quote! {
            |_| {
                let __answer: #response = #answer;
                #default_answer::<Self>(__answer)
            }
        })
    });
    let described = root.public(&quote!(workflow::Described));
    let schema = checks::projection(&response, &described, "schema");
    let codecs = node::codecs(root, &ident.to_token_stream(), &response);
    let output = checks::associated("Output", &response);
    let in_state = node::without_state(root, ident);
    quote! {
        #[allow(deprecated, clippy::all, clippy::pedantic)]
        const _: () = {
            #[automatically_derived]
            impl #node_trait for #ident {
                type Input = #ident;
                #output
                type Kind = #plain;
                type This = Self;
                type Yielded = #no_yields;
                const ASKS: ::core::primitive::bool = true;
                #codecs
                const TELLS_OUTPUT: ::core::primitive::bool = true;

                fn definition() -> #node_definition {
                    #port_node::<Self>(
                        #description,
                        #schema,
                        #timeout,
                        #default,
                    )
                }
            }

            #[automatically_derived]
            impl #port_trait for #ident {
                const NAME: &'static ::core::primitive::str = #name;
            }

            #in_state
        };
    }
}
