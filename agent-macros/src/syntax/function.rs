//! A function by its signature. The body stays tokens: a mistake in it is the compiler's to report,
//! once.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, FnArg, Signature, Visibility};

use super::docs::is_doc;
use super::item::take_family;

/// A function, as it was written.
pub struct Function {
    /// Its attributes, without ours.
    pub attributes: Vec<Attribute>,
    /// Our other attributes.
    pub siblings: Vec<(Attribute, &'static str)>,
    /// Who may call it.
    pub visibility: Visibility,
    /// All that stands before the body.
    pub signature: Signature,
    /// The body, in its braces.
    pub body: TokenStream,
}

impl Parse for Function {
    fn parse(input: ParseStream) -> syn::Result<Self> {
        let mut attributes = input.call(Attribute::parse_outer)?;
        let siblings = take_family(&mut attributes);
        Ok(Self {
            attributes,
            siblings,
            visibility: input.parse()?,
            signature: input.parse()?,
            body: input.parse()?,
        })
    }
}

impl ToTokens for Function {
    /// The item as it was written, except for what only our macros understand: our attributes, and
    /// doc comments on arguments, which the compiler refuses.
    fn to_tokens(&self, tokens: &mut TokenStream) {
        for attribute in &self.attributes {
            attribute.to_tokens(tokens);
        }
        self.visibility.to_tokens(tokens);
        let mut signature = self.signature.clone();
        for argument in &mut signature.inputs {
            let attributes = match argument {
                FnArg::Receiver(receiver) => &mut receiver.attrs,
                FnArg::Typed(typed) => &mut typed.attrs,
            };
            attributes.retain(|attribute| !is_doc(attribute));
        }
        signature.to_tokens(tokens);
        self.body.to_tokens(tokens);
    }
}
