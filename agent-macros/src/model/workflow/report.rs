//! What is wrong with a graph, collected so that each place in the body is blamed once and in the
//! order in which it is written.

use std::collections::BTreeSet;

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::Ident;

use super::draft::Mentioned;
use crate::errors::Errors;
use crate::messages::Message;

/// The workflow, for texts.
pub struct About<'a> {
    /// The function's name.
    pub workflow: &'a str,
    /// The name on the hub.
    pub name: &'a str,
    /// The parameter, if it is as it must be.
    pub parameter: Option<&'a Ident>,
    /// The function's name, to point at.
    pub at: &'a Ident,
}

impl About<'_> {
    /// The parameter's name, or one that it could have.
    pub fn parameter_name(&self) -> String {
        match self.parameter {
            Some(name) => name.to_string(),
            None => "input".to_owned(),
        }
    }
}

/// The reports of one graph.
pub struct Reports {
    list: Vec<Report>,
    blamed: BTreeSet<usize>,
}

struct Report {
    position: usize,
    at: TokenStream,
    message: &'static Message,
    fields: Vec<(&'static str, String)>,
}

impl Reports {
    /// None yet.
    pub fn new() -> Self {
        Self {
            list: Vec::new(),
            blamed: BTreeSet::new(),
        }
    }

    /// Blames a mention, unless it was blamed before: what is wrong with it may break several
    /// rules.
    pub fn blame(
        &mut self,
        mention: &Mentioned,
        message: &'static Message,
        fields: Vec<(&'static str, String)>,
    ) {
        if self.blamed.insert(mention.position) {
            self.add(mention.position, &mention.path, message, fields);
        }
    }

    /// Blames something else at a position.
    pub fn add(
        &mut self,
        position: usize,
        at: &impl ToTokens,
        message: &'static Message,
        fields: Vec<(&'static str, String)>,
    ) {
        self.list.push(Report {
            position,
            at: at.to_token_stream(),
            message,
            fields,
        });
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Hands all of them over, in the order of their positions; tells whether there was none.
    pub fn flush(mut self, errors: &mut Errors) -> bool {
        self.list.sort_by_key(|report| report.position);
        for report in &self.list {
            let fields: Vec<(&str, &str)> = report
                .fields
                .iter()
                .map(|(name, value)| (*name, value.as_str()))
                .collect();
            errors.report(&report.at, report.message, &fields);
        }
        self.is_empty()
    }
}
