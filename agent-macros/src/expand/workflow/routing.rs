//! One function for each `match`, with the user's own arms.

use proc_macro2::{Delimiter, Group, Ident, TokenStream};
use quote::{quote, quote_spanned};

use super::edges::{self, From};
use super::places::{Places, name_span};
use crate::model::workflow::graph::{Arm, ArmTarget, Source, To};
use crate::names::numbered;

/// The name of such a function.
pub fn name(switch: usize) -> Ident {
    numbered("route", switch)
}

/// What the arms can decide, as data.
pub fn arms(places: &Places, switch: usize) -> TokenStream {
    let data = places.of(&quote!(Arm));
    let arms = places.workflow.graph.switches[switch]
        .arms
        .iter()
        .map(|arm| {
            let label = &arm.label;
            let targets = arm
                .targets
                .iter()
                .map(|target| edges::end(places, target.target.to));
            quote!(#data { label: #label, targets: &[#(#targets),*] })
        });
    quote!(&[#(#arms),*])
}

/// All of these functions.
pub fn functions<'a>(places: &'a Places) -> impl Iterator<Item = TokenStream> + 'a {
    let switches = places.workflow.graph.switches.iter().enumerate();
    switches.map(|(index, switch)| {
        let (message, routed) = (places.of(&quote!(Message)), places.of(&quote!(Routed)));
        let error = places.of(&quote!(RouteError));
        let name = name(index);
        let from = match switch.source {
            Source::Input => From::Input,
            Source::Node(node) => From::Node(node),
        };
        let (value_type, read) = (from.message_type(places), from.read(places));
        // What the compiler says of missing cases is said of the user's own `match`.
        let at = name_span(&switch.at);
        let value = Ident::new("__value", at);
        let arms = switch.arms.iter().map(|arm| arm_of(places, from, arm));
        let decision = quote_spanned!(at=> match #value { #(#arms)* });
        let first = from.first(places);
        let reading = quote_spanned!(first=> let #value: #value_type = #read(__message)?;);
        // As if it were written at the `match`, which is where the compiler shows it.
        let deny = quote_spanned!(at=> #[deny(unreachable_patterns)]);
        quote! {
            #deny
            fn #name(
                __message: &#message,
            ) -> ::core::result::Result<::std::vec::Vec<#routed>, #error> {
                #reading
                ::core::result::Result::Ok(#decision)
            }
        }
    })
}

/// The body has the span of the arm's last token: a suggestion of more arms goes behind it.
fn arm_of(places: &Places, from: From, arm: &Arm) -> TokenStream {
    let pattern = &arm.pattern;
    let targets = arm
        .targets
        .iter()
        .map(|target| routed(places, from, target));
    let list = if arm.targets.is_empty() {
        quote!(::std::vec::Vec::new())
    } else {
        quote!(::std::vec::Vec::from([#(#targets),*]))
    };
    let mut body = Group::new(Delimiter::Brace, list);
    body.set_span(arm.last);
    quote!(#pattern => #body)
}

fn routed(places: &Places, from: From, arm: &ArmTarget) -> TokenStream {
    let data = places.of(&quote!(Routed));
    let end = edges::end(places, arm.target.to);
    let message = match &arm.value {
        None => edges::hand_on(places, from, &arm.target),
        Some(value) => {
            let (index, function) = match arm.target.to {
                To::Each(index) => (index, ("AcceptsEach", "deliver_each")),
                To::Node(index) | To::Join { join: index, .. } => {
                    (index, ("AcceptsValue", "deliver"))
                }
            };
            let at = name_span(&arm.target.at);
            let deliver = edges::fitting(places, index, at, function, &quote!(_));
            let write = places.item(index, "write_input");
            quote_spanned!(at=> #deliver(#value, #write))
        }
    };
    quote!(#data { to: #end, message: #message? })
}
