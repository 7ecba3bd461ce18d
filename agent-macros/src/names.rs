//! Absolute paths and hidden identifiers. The only file that spells `::agent_sdk`.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, format_ident, quote};
use syn::{Ident, Path};

/// The crate that re-exports an attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Home {
    /// The crate of agents and tools, which has the other one as a module.
    AgentSdk,
    /// The crate of orchestrations, activities and entities.
    DurableTask,
}

/// The crate that the expansion refers to.
#[derive(Debug, Clone)]
pub struct Root {
    home: Home,
    path: TokenStream,
}

impl Root {
    /// The usual path of a crate.
    pub fn usual(home: Home) -> Self {
        let path = match home {
            Home::AgentSdk => quote!(::agent_sdk),
            Home::DurableTask => quote!(::durable_task),
        };
        Self { home, path }
    }

    /// The path that the option `crate = path` gives.
    pub fn custom(home: Home, path: &Path) -> Self {
        let path = path.to_token_stream();
        Self { home, path }
    }

    /// Whether the crate has workflows.
    pub fn has_workflows(&self) -> bool {
        self.home == Home::AgentSdk
    }

    /// A public item of the crate.
    pub fn public(&self, path: &TokenStream) -> TokenStream {
        let root = &self.path;
        quote!(#root::#path)
    }

    /// An item that only expansions use.
    pub fn private(&self, path: &TokenStream) -> TokenStream {
        let root = &self.path;
        quote!(#root::__private::#path)
    }

    /// A public item of the crate of orchestrations, which may be a module of this one.
    pub fn durable(&self, path: &TokenStream) -> TokenStream {
        let root = &self.path;
        match self.home {
            Home::AgentSdk => quote!(#root::durable_task::#path),
            Home::DurableTask => quote!(#root::#path),
        }
    }

    /// An item of that crate that only expansions use.
    pub fn durable_private(&self, path: &TokenStream) -> TokenStream {
        self.durable(&quote!(__private::#path))
    }

    /// The module of the options of an attribute, for editors.
    pub fn options_of(&self, attribute: &str) -> TokenStream {
        let name = format_ident!("{attribute}");
        let module = quote!(ide::#name);
        match attribute {
            "tool" | "agent" | "workflow" | "request_port" | "slot" => self.private(&module),
            "executor" if self.has_workflows() => self.private(&module),
            _ => self.durable_private(&module),
        }
    }
}

/// A hidden name for the value that belongs to argument or entry number `index`.
pub fn numbered(kind: &str, index: usize) -> Ident {
    format_ident!("__{kind}_{index}", span = Span::call_site())
}
