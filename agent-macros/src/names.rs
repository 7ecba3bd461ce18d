//! Absolute paths and hidden identifiers. The only file that spells `::agent_sdk`.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, format_ident, quote};
use syn::{Ident, Path};

/// The crate that the expansion refers to.
#[derive(Debug, Clone)]
pub struct Root(TokenStream);

impl Root {
    /// The crate of agents and tools.
    pub fn agent_sdk() -> Self {
        Self(quote!(::agent_sdk))
    }

    /// The path that the option `crate = path` gives.
    pub fn custom(path: &Path) -> Self {
        Self(path.to_token_stream())
    }

    /// A public item of the crate.
    pub fn public(&self, path: &TokenStream) -> TokenStream {
        let root = &self.0;
        quote!(#root::#path)
    }

    /// An item that only expansions use.
    pub fn private(&self, path: &TokenStream) -> TokenStream {
        let root = &self.0;
        quote!(#root::__private::#path)
    }
}

/// A hidden name for the value that belongs to argument or entry number `index`.
pub fn numbered(kind: &str, index: usize) -> Ident {
    format_ident!("__{kind}_{index}", span = Span::call_site())
}
