//! The code of a workflow's state.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};
use syn::DeriveInput;

use super::checks;
use crate::ide;
use crate::model::state::{Slot, SlotDefault, State};
use crate::names::{Root, numbered};

/// The implementation. That a type can be a slot is told at the field.
pub fn expand(state: &State) -> TokenStream {
    let (root, ident) = (&state.root, &state.ident);
    let slot_type = root.public(&quote!(workflow::Slot));
    let slot_of = root.public(&quote!(workflow::SlotOf));
    let trait_name = root.public(&quote!(workflow::WorkflowState));
    let unkept = root.private(&quote!(Unkept));
    let plain = root.private(&quote!(PlainSlot));
    let defaults = root.private(&quote!(slots_with_defaults));
    let reduced = root.private(&quote!(reduced_slots));
    let constants = state.slots.iter().enumerate().map(|(index, slot)| {
        let (name, ty) = (numbered("SLOT", index), &slot.ty);
        let made = made(root, slot);
        quote! {
            const #name: #slot_type = #made;

            #[automatically_derived]
            impl #slot_of<#ident> for #ty {
                const INDEX: ::core::primitive::usize = #index;
            }
        }
    });
    let names = (0..state.slots.len()).map(|index| numbered("SLOT", index));
    let used = used(state);
    let completion = ide::completion("slot", root, &state.keys);
    quote! {
        #[allow(clippy::all, clippy::pedantic)]
        const _: () = {
            #[allow(unused_imports)]
            use #unkept as _;
            #[allow(unused_imports)]
            use #plain as _;

            #(#constants)*

            #[automatically_derived]
            impl #trait_name for #ident {
                type This = Self;
                const SLOTS: &'static [#slot_type] = &[#(#names),*];
                const DEFAULTS: ::core::primitive::u128 = #defaults(<Self as #trait_name>::SLOTS);
                const REDUCED: ::core::primitive::u128 = #reduced(<Self as #trait_name>::SLOTS);
            }

            #used
        };
        #completion
    }
}

/// A slot as data.
fn made(root: &Root, slot: &Slot) -> TokenStream {
    let (name, ty, written) = (&slot.name, &slot.ty, &slot.written);
    let slot_fn = root.private(&quote!(slot));
    let of_kind = root.private(&quote!(slot_of_kind));
    let probe = root.private(&quote!(SlotProbe));
    let codec = root.private(&quote!(Codec));
    let default = match &slot.default {
        None => quote!(::core::option::Option::None),
        Some(default) => {
            let slot_default = root.private(&quote!(slot_default));
            let value = match default {
                SlotDefault::Usual(key) => {
                    let call = quote!(::core::default::Default::default());
                    checks::respanned(call, key.span())
                }
                SlotDefault::Value(value) => value.to_token_stream(),
            };
            quote! {
                ::core::option::Option::Some(|| {
                    let __default: #ty = #value;
                    #slot_default::<#ty>(<#codec<#ty>>::OF, __default)
                })
            }
        }
    };
    let reduce = match &slot.reduce {
        None => quote!(::core::option::Option::None),
        Some(reduce) => {
            let slot_reduce = root.private(&quote!(slot_reduce));
            let reduce_type = root.private(&quote!(Reduce));
            let reduce_type = checks::within(ty, &quote!(#reduce_type<), &quote!(>));
            quote! {
                ::core::option::Option::Some(|__there, __written| {
                    let __reduce: #reduce_type = #reduce;
                    #slot_reduce::<#ty>(<#codec<#ty>>::OF, __there, __written, __reduce)
                })
            }
        }
    };
    let slot_type = root.private(&quote!(SlotType));
    let schema = checks::projection(ty, &slot_type, "SCHEMA");
    quote! {
        #of_kind(
            #slot_fn::<#ty>((#name, #written), #schema, #default, #reduce),
            <#probe<#ty>>::KEYED,
        )
    }
}

/// No value of the struct is ever made, and its fields are not unused for that.
fn used(state: &State) -> TokenStream {
    let ident = &state.ident;
    let fields: Vec<_> = state.slots.iter().map(|slot| &slot.field).collect();
    let name = syn::Ident::new("__used", Span::call_site());
    quote! {
        #[allow(dead_code)]
        fn #name(__state: #ident) -> #ident {
            let #ident { #(#fields),* } = __state;
            #ident { #(#fields),* }
        }
    }
}

/// A state without slots.
pub fn fallback(root: &Root, item: &DeriveInput) -> TokenStream {
    let ident = &item.ident;
    if !item.generics.params.is_empty() {
        return TokenStream::new();
    }
    let slot_type = root.public(&quote!(workflow::Slot));
    let trait_name = root.public(&quote!(workflow::WorkflowState));
    quote! {
        #[automatically_derived]
        impl #trait_name for #ident {
            type This = Self;
            const SLOTS: &'static [#slot_type] = &[];
            const DEFAULTS: ::core::primitive::u128 = 0;
            const REDUCED: ::core::primitive::u128 = 0;
            const IS_KNOWN: ::core::primitive::bool = false;
        }
    }
}
