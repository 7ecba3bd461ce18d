//! Nodes and what leads from one to the next.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};

use super::places::{Places, name_span};
use super::{messages, output, routing};
use crate::model::workflow::graph::{Exit, Target, To};
use crate::names::numbered;

/// Whose message it is.
#[derive(Debug, Clone, Copy)]
pub enum From {
    /// The input of the run.
    Input,
    /// A node.
    Node(usize),
}

impl From {
    /// The type of the message.
    pub fn message_type(self, places: &Places) -> TokenStream {
        match self {
            Self::Input => places.input_type(),
            Self::Node(index) => places.output_of(index),
        }
    }

    /// Where it is named first.
    pub fn first(self, places: &Places) -> Span {
        match self {
            Self::Input => Span::call_site(),
            Self::Node(index) => places.first(index),
        }
    }

    /// What reads it.
    pub fn read(self, places: &Places) -> TokenStream {
        match self {
            Self::Input => places.own("read_input"),
            Self::Node(index) => places.read_of(index),
        }
    }
}

/// All nodes, a constant each: the compiler is slow with large ones.
pub fn nodes(places: &Places) -> TokenStream {
    let count = places.workflow.graph.nodes.len();
    let names = (0..count).map(|index| numbered("NODE", index));
    quote!(&[#(#names),*])
}

/// These constants.
pub fn node_constants(places: &Places) -> TokenStream {
    let (data, type_data) = (places.of(&quote!(GraphNode)), places.of(&quote!(TypeData)));
    let nodes = places
        .workflow
        .graph
        .nodes
        .iter()
        .enumerate()
        .map(|(index, node)| {
            let (id, each) = (&node.id, node.each);
            let definition = places.item(index, "definition");
            let (input, output) = (places.item(index, "Input"), places.item(index, "Output"));
            let check_input = places.item(index, "check_input");
            let check_output = places.item(index, "check_output");
            let input = messages::described(places, &input, &check_input);
            let yields = output::added(places, index);
            let exit = exit(places, From::Node(index), &node.exit);
            let constant = numbered("NODE", index);
            quote! {
                const #constant: #data = #data {
                    id: #id,
                    each: #each,
                    definition: &#definition,
                    input: #input,
                    output: #type_data::inner::<#output>(#check_output),
                    facts: __FACTS[#index],
                    yields: #yields,
                    exit: #exit,
                };
            }
        });
    nodes.collect()
}

/// Where a message goes.
pub fn exit(places: &Places, from: From, exit: &Exit) -> TokenStream {
    let data = places.of(&quote!(Exit));
    match (exit, from) {
        (Exit::Output, From::Node(index)) => output::exit(places, index, &data),
        (Exit::Output, From::Input) | (Exit::Drop, _) => quote!(#data::Drop),
        (Exit::To(targets), _) => {
            let targets = targets.iter().map(|target| edge(places, from, target));
            quote!(#data::To(&[#(#targets),*]))
        }
        (Exit::Switch(switch), _) => {
            let route = routing::name(*switch);
            let arms = routing::arms(places, *switch);
            quote!(#data::Switch { route: &#route, arms: #arms })
        }
    }
}

fn edge(places: &Places, from: From, target: &Target) -> TokenStream {
    let data = places.of(&quote!(Target));
    let end = end(places, target.to);
    let message = places.of(&quote!(Message));
    let convert = match target.to {
        To::Join { .. } => {
            let as_it_is = places.of(&quote!(as_it_is));
            quote!(&#as_it_is)
        }
        To::Node(_) | To::Each(_) => {
            let handed = hand_on(places, from, target);
            quote!(&|__message: &#message| #handed)
        }
    };
    quote!(#data { to: #end, convert: #convert })
}

/// The whole message, made to fit a node. What does not fit is told at the target.
pub fn hand_on(places: &Places, from: From, target: &Target) -> TokenStream {
    let (index, accepts, function) = match target.to {
        To::Node(index) => (index, "Accepts", "hand_on"),
        To::Each(index) => (index, "AcceptsEach", "hand_on_each"),
        To::Join { .. } => return quote!(),
    };
    let at = name_span(&target.at);
    let (message_type, read) = (from.message_type(places), from.read(places));
    let hand_on = fitting(places, index, at, (accepts, function), &message_type);
    let write = places.item(index, "write_input");
    quote_spanned!(at=> #hand_on(__message, #read, #write))
}

/// The function of a trait of a node that makes a message fit. By the trait, and not as a bound of
/// the function: the compiler would show that one too.
pub fn fitting(
    places: &Places,
    index: usize,
    at: Span,
    (accepts, function): (&str, &str),
    message_type: &TokenStream,
) -> TokenStream {
    let (alias, input) = (Places::alias(index, at), places.item(index, "Input"));
    let (accepts, function) = (Ident::new(accepts, at), Ident::new(function, at));
    let accepts = places.of_at(&quote!(#accepts), at);
    quote_spanned!(at=> <#alias as #accepts<#message_type, #input>>::#function)
}

/// The end of an edge as data.
pub fn end(places: &Places, to: To) -> TokenStream {
    let data = places.of(&quote!(To));
    match to {
        To::Node(node) => quote!(#data::Node(#node)),
        To::Each(node) => quote!(#data::Each(#node)),
        To::Join { join, slot } => quote!(#data::Join { join: #join, slot: #slot }),
    }
}

/// All fan-ins.
pub fn joins(places: &Places) -> TokenStream {
    let (data, message) = (places.of(&quote!(Join)), places.of(&quote!(Message)));
    let joins = places.workflow.graph.joins.iter().map(|join| {
        let (target, sources) = (join.target, &join.sources);
        let at = name_span(&join.at);
        let types = sources.iter().map(|source| places.output_of(*source));
        let tuple = quote_spanned!(at=> (#(#types,)*));
        let join = ("JoinsSources", "put_together");
        let put_together = fitting(places, target, at, join, &tuple);
        let part = places.of(&quote!(part));
        let parts = sources.iter().enumerate().map(|(slot, source)| {
            let read = places.read_of(*source);
            quote!(#part(__messages, #slot, #read)?)
        });
        let read = quote!(|__messages| ::core::result::Result::Ok((#(#parts,)*)));
        let write = places.item(target, "write_input");
        let joined = quote_spanned!(at=> #put_together(__messages, #read, #write));
        quote! {
            #data {
                target: #target,
                sources: &[#(#sources),*],
                convert: &|__messages: &[#message]| #joined,
            }
        }
    });
    quote!(&[#(#joins),*])
}

/// All tuples.
pub fn forks(places: &Places) -> TokenStream {
    let data = places.of(&quote!(Fork));
    let forks = places.workflow.graph.forks.iter().map(|fork| {
        let elements = fork.elements.iter().map(|starts| {
            let starts = starts.iter().map(|to| end(places, *to));
            quote!(&[#(#starts),*])
        });
        let joins = &fork.joins;
        quote!(#data { elements: &[#(#elements),*], joins: &[#(#joins),*] })
    });
    quote!(&[#(#forks),*])
}
