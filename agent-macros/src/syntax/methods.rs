//! An `impl` block by the signatures of its functions. Bodies stay tokens.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::parse::{Parse, ParseStream};
use syn::token::Brace;
use syn::{Attribute, Generics, ImplItem, Path, Signature, Token, Type, Visibility, braced};

use super::item::take_family;

/// An `impl` block, as it was written.
pub struct Methods {
    /// Its attributes, without ours.
    pub attributes: Vec<Attribute>,
    /// Our other attributes.
    pub siblings: Vec<(Attribute, &'static str)>,
    impl_token: Token![impl],
    /// Its parameters.
    pub generics: Generics,
    /// The trait, if it is one of a trait.
    pub of_trait: Option<(Path, Token![for])>,
    /// The type.
    pub self_ty: Type,
    brace: Brace,
    /// What is in it, in order.
    pub members: Vec<Member>,
}

/// Something in an `impl` block.
pub enum Member {
    /// A function.
    Method(Box<Method>),
    /// Anything else.
    Other(Box<ImplItem>),
}

/// A function in an `impl` block.
pub struct Method {
    /// Its attributes, without ours.
    pub attributes: Vec<Attribute>,
    /// `#[operation(..)]`.
    pub operation: Option<Attribute>,
    visibility: Visibility,
    /// All that stands before the body.
    pub signature: Signature,
    body: TokenStream,
}

impl Parse for Methods {
    fn parse(input: ParseStream) -> syn::Result<Self> {
        let mut attributes = input.call(Attribute::parse_outer)?;
        let siblings = take_family(&mut attributes);
        let impl_token = input.parse()?;
        let mut generics: Generics = input.parse()?;
        let first: Type = input.parse()?;
        let (of_trait, self_ty) = match (input.peek(Token![for]), first) {
            (true, Type::Path(path)) => (Some((path.path, input.parse()?)), input.parse()?),
            (_, ty) => (None, ty),
        };
        generics.where_clause = input.parse()?;
        let content;
        let brace = braced!(content in input);
        let mut members = Vec::new();
        while !content.is_empty() {
            members.push(content.parse()?);
        }
        Ok(Self {
            attributes,
            siblings,
            impl_token,
            generics,
            of_trait,
            self_ty,
            brace,
            members,
        })
    }
}

impl Parse for Member {
    fn parse(input: ParseStream) -> syn::Result<Self> {
        let ahead = input.fork();
        ahead.call(Attribute::parse_outer)?;
        ahead.parse::<Visibility>()?;
        if ahead.parse::<Signature>().is_err() {
            return input.parse().map(Box::new).map(Self::Other);
        }
        let mut attributes = input.call(Attribute::parse_outer)?;
        let place = attributes
            .iter()
            .position(|attribute| attribute.path().is_ident("operation"));
        let operation = place.map(|place| attributes.remove(place));
        let visibility = input.parse()?;
        let signature = input.parse()?;
        let body: proc_macro2::Group = input.parse()?;
        Ok(Self::Method(Box::new(Method {
            attributes,
            operation,
            visibility,
            signature,
            body: body.to_token_stream(),
        })))
    }
}

impl ToTokens for Methods {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        for attribute in &self.attributes {
            attribute.to_tokens(tokens);
        }
        self.impl_token.to_tokens(tokens);
        self.generics.to_tokens(tokens);
        if let Some((path, for_token)) = &self.of_trait {
            path.to_tokens(tokens);
            for_token.to_tokens(tokens);
        }
        self.self_ty.to_tokens(tokens);
        self.generics.where_clause.to_tokens(tokens);
        self.brace.surround(tokens, |tokens| {
            for member in &self.members {
                match member {
                    Member::Method(method) => method.to_tokens(tokens),
                    Member::Other(item) => item.to_tokens(tokens),
                }
            }
        });
    }
}

impl ToTokens for Method {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        for attribute in &self.attributes {
            attribute.to_tokens(tokens);
        }
        self.visibility.to_tokens(tokens);
        self.signature.to_tokens(tokens);
        self.body.to_tokens(tokens);
    }
}
