//! The code of an event.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

use crate::model::event::Event;

/// The implementation. That the type can be kept in a history is told at its name.
pub fn expand(event: &Event) -> TokenStream {
    let Event { root, ident, name } = event;
    let event_trait = root.durable(&quote!(Event));
    let own = quote_spanned!(ident.span()=> #ident);
    quote! {
        #[automatically_derived]
        impl #event_trait for #own {
            const NAME: &'static ::core::primitive::str = #name;
        }
    }
}
