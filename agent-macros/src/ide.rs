//! Completion of options: an editor that expands the attribute finds the keys that were typed as
//! imports of documented items. Never fails, whatever was typed.

use proc_macro2::TokenStream;
use quote::quote;
use syn::Ident;

use crate::names::Root;

/// Mentions the keys of an attribute where only editors look.
pub fn completion(attribute: &str, root: &Root, keys: &[Ident]) -> TokenStream {
    let keys: Vec<&Ident> = keys.iter().filter(|key| *key != "crate").collect();
    if keys.is_empty() {
        return TokenStream::new();
    }
    let module = root.options_of(attribute);
    quote! {
        #[allow(unexpected_cfgs)]
        const _: () = {
            #[cfg(rust_analyzer)]
            {
                #[allow(unused_imports)]
                use #module::{#(#keys as _),*};
            }
        };
    }
}
