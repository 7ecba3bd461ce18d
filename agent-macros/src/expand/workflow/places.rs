//! Where things are named, and with which spans they are spoken of.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::{Ident, Path};

use crate::expand::checks::respanned;
use crate::model::workflow::graph::{Node, Workflow};

/// A workflow, to be spoken of.
pub struct Places<'a> {
    /// It.
    pub workflow: &'a Workflow,
}

impl<'a> Places<'a> {
    /// Of this workflow.
    pub fn new(workflow: &'a Workflow) -> Self {
        Self { workflow }
    }

    /// An item of our module.
    pub fn of(&self, item: &TokenStream) -> TokenStream {
        self.workflow.root.public(&quote!(workflow::#item))
    }

    /// The same, wholly at a place.
    pub fn of_at(&self, item: &TokenStream, at: Span) -> TokenStream {
        respanned(self.of(item), at)
    }

    /// A node of the graph.
    pub fn node(&self, index: usize) -> &Node {
        // The model numbers the nodes of its own list.
        &self.workflow.graph.nodes[index]
    }

    /// Where a node is named first.
    pub fn first(&self, index: usize) -> Span {
        name_span(&self.node(index).path)
    }

    /// Where a node is named first in a path, which a `let` is not.
    pub fn in_path(&self, index: usize) -> Span {
        let node = self.node(index);
        let is_let = node
            .path
            .segments
            .last()
            .is_none_or(|last| last.ident != node.id);
        match node.mentions.first() {
            Some(mention) if is_let => name_span(mention),
            _ => self.first(index),
        }
    }

    /// The type of a node.
    pub fn alias(index: usize, at: Span) -> Ident {
        Ident::new(&format!("__N_{index}"), at)
    }

    /// An item that every node has, at the node's first mention.
    pub fn item(&self, index: usize, item: &str) -> TokenStream {
        let at = self.first(index);
        let (alias, node) = (Self::alias(index, at), self.of_at(&quote!(Node), at));
        let item = Ident::new(item, at);
        quote_spanned!(at=> <#alias as #node>::#item)
    }

    /// An item that this workflow has as a node.
    pub fn own(&self, item: &str) -> TokenStream {
        let (ident, node) = (&self.workflow.ident, self.of(&quote!(Node)));
        let item = Ident::new(item, Span::call_site());
        quote!(<#ident as #node>::#item)
    }

    /// The type of the input, at its place in the signature.
    pub fn input_type(&self) -> TokenStream {
        self.workflow.input.to_token_stream()
    }

    /// The type of what comes out of a node.
    pub fn output_of(&self, index: usize) -> TokenStream {
        let item = self.item(index, "Output");
        let at = self.first(index);
        if self.node(index).each {
            quote_spanned!(at=> ::std::vec::Vec<#item>)
        } else {
            item
        }
    }

    /// What reads it.
    pub fn read_of(&self, index: usize) -> TokenStream {
        let item = if self.node(index).each {
            "read_outputs"
        } else {
            "read_output"
        };
        self.item(index, item)
    }
}

/// Where a path names its item. Of several tokens the compiler would underline the first.
pub fn name_span(path: &Path) -> Span {
    let last = path.segments.last();
    last.map_or_else(Span::call_site, |last| last.ident.span())
}
