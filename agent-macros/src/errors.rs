//! Collects what is wrong with an item, so that one build tells all of it. Knows no texts.

use proc_macro2::TokenStream;
use quote::ToTokens;

use crate::messages::Message;

/// The errors of one expansion. They must be turned into tokens: dropping them unread would compile
/// a wrong program.
#[derive(Debug, Default)]
#[must_use]
pub struct Errors {
    list: Vec<syn::Error>,
}

impl Errors {
    /// No errors yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reports a message at the tokens that are wrong, its `{placeholders}` filled in.
    pub fn report(&mut self, at: impl ToTokens, message: &Message, fields: &[(&str, &str)]) {
        self.list
            .push(syn::Error::new_spanned(at, message.text(fields)));
    }

    /// How many there are: a later count tells whether a section was clean.
    pub fn count(&self) -> usize {
        self.list.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The texts, for tests.
    #[cfg(test)]
    pub fn texts(mut self) -> Vec<String> {
        let list = std::mem::take(&mut self.list);
        list.iter().map(ToString::to_string).collect()
    }

    /// The texts, each with the columns of the first line that it points at, for tests.
    #[cfg(test)]
    pub fn places(mut self) -> Vec<(std::ops::Range<usize>, String)> {
        let list = std::mem::take(&mut self.list);
        list.iter()
            .map(|error| {
                let span = error.span();
                (span.start().column..span.end().column, error.to_string())
            })
            .collect()
    }

    /// The first error as an expression, whose type is unknown to the compiler: so whatever it is
    /// part of gets no errors of its own. The compiler shows the same error in two places once.
    pub fn stand_in(&self) -> TokenStream {
        let first = self.list.first();
        first.map_or_else(TokenStream::new, syn::Error::to_compile_error)
    }

    /// One error of the compiler each.
    pub fn into_tokens(mut self) -> TokenStream {
        let list = std::mem::take(&mut self.list);
        list.iter().map(syn::Error::to_compile_error).collect()
    }
}

impl Drop for Errors {
    fn drop(&mut self) {
        debug_assert!(
            self.is_empty() || std::thread::panicking(),
            "errors were dropped unread"
        );
    }
}
