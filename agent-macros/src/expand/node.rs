//! The code of an executor as a node of workflows.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{Ident, Type};

use super::checks;
use super::executor::{policy_value, types};
use super::period;
use crate::model::executor::{Executor, NodeOptions};
use crate::names::{Root, numbered};

/// Where the run of an executor stands, if it has one of its own.
pub fn run_name() -> Ident {
    Ident::new("__run", proc_macro2::Span::call_site())
}

/// Whether the node can do with what the activity is.
pub fn is_plain(executor: &Executor, node: &NodeOptions) -> bool {
    executor.lent.is_empty() && node.concurrency.is_none() && !node.needs_workflow()
}

/// The bounds under which it is an activity too. That its types can be recorded is told where it is
/// used, and that once; the lifetimes make bounds that are checked there.
pub fn runs_alone(executor: &Executor, node: &NodeOptions) -> TokenStream {
    let (root, ident) = (&executor.root, &executor.ident);
    let payload = root.durable(&quote!(Payload));
    let (input, output) = types(executor);
    let kept = quote! {
        for<'__kept> #input: #payload,
        for<'__kept> #output: #payload,
    };
    if is_plain(executor, node) {
        return quote!(where #kept);
    }
    let alone = root.private(&quote!(Alone));
    let runs_alone = root.private(&quote!(RunsAlone));
    let probe = root.private(&quote!(ContextProbe));
    let in_workflow = if node.needs_workflow() {
        quote!(true)
    } else {
        let lent = &executor.lent;
        quote!(false #(|| <#probe<#lent, #ident>>::IN_WORKFLOW)*)
    };
    quote!(where #kept for<'__alone> #alone<'__alone, { #in_workflow }>: #runs_alone<#ident>)
}

/// What the expansion finds methods by.
pub fn imports(root: &Root) -> TokenStream {
    let unkept = root.private(&quote!(Unkept));
    let other = root.private(&quote!(OtherArgument));
    let plain = root.private(&quote!(PlainSlot));
    let slot = root.private(&quote!(OtherSlot));
    quote! {
        #[allow(unused_imports)]
        use #slot as _;
        #[allow(unused_imports)]
        use #unkept as _;
        #[allow(unused_imports)]
        use #other as _;
        #[allow(unused_imports)]
        use #plain as _;
    }
}

/// The run, for the node and, where it is one, the activity.
pub fn run_function(executor: &Executor, node: &NodeOptions, run: &TokenStream) -> TokenStream {
    let (ident, root) = (&executor.ident, &executor.root);
    let context = root.public(&quote!(workflow::WorkflowContext));
    let failure = root.durable(&quote!(Failure));
    let name = run_name();
    let (input, output) = types(executor);
    let output = match &node.sends {
        Some(_) => quote!(()),
        None => output,
    };
    quote! {
        fn #name(
            __context: ::std::sync::Arc<#context<#ident>>,
            __input: #input,
        ) -> impl ::core::future::Future<
            Output = ::core::result::Result<#output, #failure>,
        > + ::core::marker::Send {
            #run
        }
    }
}

/// The node of a function that can't be read: a run of it stops with the text.
pub fn unreadable(root: &Root, ident: &Ident, text: &str) -> TokenStream {
    let unit = quote!(());
    let no_yields = root.public(&quote!(workflow::NoYields));
    let plain = root.public(&quote!(workflow::Plain));
    let node = implementation(
        root,
        ident,
        (&unit, &unit),
        &quote!(type Kind = #plain; type Yielded = #no_yields;),
        &quote!(::core::panic!("{}", #text)),
    );
    let in_state = without_state(root, ident);
    quote!(#node #in_state)
}

/// The node, and what it declares.
pub fn implementations(executor: &Executor, node: &NodeOptions) -> TokenStream {
    let (root, ident) = (&executor.root, &executor.ident);
    let (input, output) = types(executor);
    let definition = definition(executor, node);
    let facts = facts(executor, node);
    let node_impl = implementation(root, ident, (&input, &output), &facts, &definition);
    let permissions = permissions(executor, node);
    let undeclared = undeclared(executor, node);
    let in_state = in_state(&executor.root, &executor.ident, node);
    quote! {
        #node_impl
        #permissions
        #undeclared
        #in_state
    }
}

/// What the attribute told to be undeclared, so that the compiler does not tell it again.
fn undeclared(executor: &Executor, node: &NodeOptions) -> TokenStream {
    let (root, ident) = (&executor.root, &executor.ident);
    let codec = root.private(&quote!(Codec));
    let permission = |name: &str| {
        let name = Ident::new(name, proc_macro2::Span::call_site());
        let permission = root.public(&quote!(workflow::#name));
        quote! {
            #[automatically_derived]
            impl<__T> #permission<__T> for #ident {
                const CODEC: #codec<__T> = <#codec<__T>>::OF;
            }
        }
    };
    let sends = node.undeclared.sends.then(|| permission("Sends"));
    let yields = node.undeclared.yields.then(|| permission("Emits"));
    quote!(#sends #yields)
}

/// That its types can be messages is told by the graphs around it.
fn implementation(
    root: &Root,
    ident: &Ident,
    (input, output): (&TokenStream, &TokenStream),
    facts: &TokenStream,
    definition: &TokenStream,
) -> TokenStream {
    let node_trait = root.public(&quote!(workflow::Node));
    let node_definition = root.public(&quote!(workflow::NodeDefinition));
    let codecs = codecs(root, input, output);
    let (input, output) = (
        checks::associated("Input", input),
        checks::associated("Output", output),
    );
    quote! {
        #[automatically_derived]
        impl #node_trait for #ident {
            #input
            #output
            type This = Self;
            #codecs
            #facts

            fn definition() -> #node_definition {
                #definition
            }
        }
    }
}

/// How a node's types are written.
pub fn codecs(root: &Root, input: &TokenStream, output: &TokenStream) -> TokenStream {
    let (codec, unkept) = (root.private(&quote!(Codec)), root.private(&quote!(Unkept)));
    let of = |name: &str, ty: &TokenStream| {
        let name = Ident::new(name, proc_macro2::Span::call_site());
        quote! {
            const #name: #codec<#ty> = {
                #[allow(unused_imports)]
                use #unkept as _;
                <#codec<#ty>>::OF
            };
        }
    };
    let (input, output) = (of("INPUT", input), of("OUTPUT", output));
    quote!(#input #output)
}

/// What the graph around it must know.
fn facts(executor: &Executor, node: &NodeOptions) -> TokenStream {
    let root = &executor.root;
    let yielded = if let Some(ty) = &node.yields {
        let yields = root.public(&quote!(workflow::Yields));
        let yielded = checks::within(ty, &quote!(#yields<), &quote!(>));
        checks::associated("Yielded", &yielded)
    } else {
        let no_yields = root.public(&quote!(workflow::NoYields));
        quote!(type Yielded = #no_yields;)
    };
    let borrowed = executor.borrowed.as_ref().filter(|_| executor.knows_input);
    let kind = match borrowed {
        Some(_) => root.public(&quote!(workflow::Borrowing)),
        None => root.public(&quote!(workflow::Plain)),
    };
    let borrows = borrowed.map(|ty| {
        let ty = crate::model::written(ty);
        quote! {
            const BORROWS: ::core::option::Option<&'static ::core::primitive::str> =
                ::core::option::Option::Some(#ty);
        }
    });
    let fact = |name: &str, is_declared: bool, is_undeclared: bool| {
        let name = Ident::new(name, proc_macro2::Span::call_site());
        let value = match (is_declared, is_undeclared) {
            (true, _) => quote!(true),
            (_, true) => executor.mistake.clone(),
            _ => return None,
        };
        Some(quote!(const #name: ::core::primitive::bool = #value;))
    };
    let sends = fact("SENDS", node.sends.is_some(), node.undeclared.sends);
    let yields = fact("YIELDS", node.yields.is_some(), node.undeclared.yields);
    let used = node.slots().map(crate::model::written);
    let used = node.slots().next().is_some().then(|| {
        quote! {
            const SLOTS: &'static [&'static ::core::primitive::str] = &[#(#used),*];
        }
    });
    quote! {
        type Kind = #kind;
        #yielded
        #borrows
        #sends
        #yields
        #used
    }
}

fn definition(executor: &Executor, node: &NodeOptions) -> TokenStream {
    let (root, name, description) = (&executor.root, &executor.name, &executor.description);
    let node_trait = root.public(&quote!(workflow::Node));
    let run = run_name();
    let checks = executor.lent.iter().map(|ty| {
        let probe = root.private(&quote!(ContextProbe));
        checks::within(ty, &quote!(<#probe<), &quote!(, Self>>::check();))
    });
    let input = quote!(<Self as #node_trait>::INPUT);
    let begun = if node.sends.is_some() {
        let sender = root.private(&quote!(sender_node));
        quote!(#sender((#name, #description), #input, #run))
    } else {
        let returning = root.private(&quote!(executor_node));
        let output = quote!(<Self as #node_trait>::OUTPUT);
        quote!(#returning((#name, #description), #input, #output, #run))
    };
    let settings = settings(executor, node);
    quote! {
        #(#checks)*
        #begun #settings.definition()
    }
}

/// One call for each option that is given.
fn settings(executor: &Executor, node: &NodeOptions) -> TokenStream {
    let root = &executor.root;
    let mut settings = TokenStream::new();
    if !executor.lent.is_empty() {
        let need = root.durable_private(&quote!(Resource::need));
        let constants = (0..executor.lent.len()).map(|index| numbered("RESOURCE", index));
        settings.extend(quote!(.needs(&[#(#need(&#constants)),*])));
    }
    if let Some(retry) = &executor.retry {
        let policy = policy_value(root, retry);
        settings.extend(quote!(.retry(#policy)));
    }
    if let Some(timeout) = &executor.timeout {
        let timeout = period(timeout);
        settings.extend(quote!(.timeout(#timeout)));
    }
    if let Some(concurrency) = &node.concurrency {
        settings.extend(quote!(.concurrency(#concurrency)));
    }
    for (method, slots) in [
        ("reads", &node.reads),
        ("may_read", &node.may_read),
        ("writes", &node.writes),
        ("may_write", &node.may_write),
    ] {
        let method = Ident::new(method, proc_macro2::Span::call_site());
        settings.extend(quote!(#(.#method::<#slots>())*));
    }
    settings
}

/// What the context may be asked for.
fn permissions(executor: &Executor, node: &NodeOptions) -> TokenStream {
    let (root, ident) = (&executor.root, &executor.ident);
    let codec = root.private(&quote!(Codec));
    let keyed = |slot: &Type| {
        let (kind, probe) = (
            root.private(&quote!(KeyedSlot)),
            root.private(&quote!(SlotProbe)),
        );
        quote! {
            const KEYED: ::core::option::Option<#kind> = <#probe<#slot>>::KEYED;
        }
    };
    let permission = |name: &str, ty: &Type| {
        let name = Ident::new(name, proc_macro2::Span::call_site());
        let permission = root.public(&quote!(workflow::#name));
        let keyed = (name == "Writes").then(|| keyed(ty));
        quote! {
            #[automatically_derived]
            impl #permission<#ty> for #ident {
                const CODEC: #codec<#ty> = <#codec<#ty>>::OF;
                #keyed
            }
        }
    };
    let reads = node.reads.iter().map(|slot| permission("Reads", slot));
    let may_read = node.reads.iter().chain(&node.may_read);
    let may_read = may_read.map(|slot| permission("MayRead", slot));
    let writes = node.writes.iter().chain(&node.may_write);
    let writes = writes.map(|slot| permission("Writes", slot));
    let sends = node.sends.iter().map(|ty| permission("Sends", ty));
    let yields = node.yields.iter().map(|ty| {
        let permission = permission("Emits", ty);
        let yielded = root.private(&quote!(Yielded));
        let fits = checks::projection(ty, &yielded, "FITS");
        quote! {
            #permission
            const _: () = #fits;
        }
    });
    quote! {
        #(#reads)*
        #(#may_read)*
        #(#writes)*
        #(#sends)*
        #(#yields)*
    }
}

/// Which of a state's slots it uses.
fn in_state(root: &Root, ident: &Ident, node: &NodeOptions) -> TokenStream {
    let in_state = root.public(&quote!(workflow::InState));
    let slot_of = root.public(&quote!(workflow::SlotOf));
    let lists = [
        ("READS", &node.reads),
        ("MAY_READ", &node.may_read),
        ("WRITES", &node.writes),
        ("MAY_WRITE", &node.may_write),
    ];
    let slots = node.slots();
    let undeclared = undeclared_writes(root, ident, node);
    let mut distinct: Vec<String> = Vec::new();
    let mut bounds = TokenStream::new();
    for slot in slots {
        let name = slot.to_token_stream().to_string();
        if !distinct.contains(&name) {
            distinct.push(name);
            bounds.extend(quote!(#slot: #slot_of<__State>,));
        }
    }
    let bounds = (!bounds.is_empty()).then(|| quote!(where #bounds));
    let masks = lists.iter().filter(|(_, slots)| !slots.is_empty());
    let masks = masks.map(|(name, slots)| {
        let name = Ident::new(name, proc_macro2::Span::call_site());
        let slots = slots.iter();
        quote! {
            const #name: ::core::primitive::u128 =
                #(1 << <#slots as #slot_of<__State>>::INDEX)|*;
        }
    });
    quote! {
        #[automatically_derived]
        impl<__State> #in_state<__State> for #ident #bounds {
            #(#masks)*
            #undeclared
        }
    }
}

/// Whether it sets slots that it does not declare, by whatever name.
///
/// In a function with the name of the user's: so a type that is not there is the same error as in
/// the user's own body, to the letter, and the compiler tells it once.
fn undeclared_writes(root: &Root, ident: &Ident, node: &NodeOptions) -> Option<TokenStream> {
    let written = &node.undeclared.writes;
    if written.is_empty() {
        return None;
    }
    let probe = root.private(&quote!(WriteProbe));
    let has_none = node.writes.is_empty() && node.may_write.is_empty();
    let value = if has_none {
        quote!(true)
    } else {
        quote!({
            const fn #ident() -> ::core::primitive::bool {
                #(<#probe<#written, #ident>>::IS_UNDECLARED)||*
            }
            #ident()
        })
    };
    Some(quote! {
        const UNDECLARED: ::core::primitive::bool = #value;
    })
}

/// A node that uses no state.
pub fn without_state(root: &Root, ident: &Ident) -> TokenStream {
    in_state(root, ident, &NodeOptions::default())
}
