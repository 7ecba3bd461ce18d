//! The code of an agent.

use proc_macro2::{Literal, TokenStream};
use quote::{ToTokens, quote};
use syn::ext::IdentExt;
use syn::{Expr, Ident, Lit, Type};

use super::{checks, period};
use crate::model::agent::Agent;
use crate::names::Root;

/// Everything that follows the struct.
pub fn expand(agent: &Agent) -> TokenStream {
    let (ident, name) = (&agent.ident, &agent.name);
    let tools = (!agent.tools.is_empty())
        .then(|| checks::tools(&agent.root, name, &agent.tools, agent.tools_span));
    let agent_trait = agent.root.public(&quote!(agent::Agent));
    let definition = agent.root.public(&quote!(agent::AgentDefinition));
    let settings = settings(agent);
    let body = if settings.is_empty() {
        quote!(#definition::new(<Self as #agent_trait>::NAME))
    } else {
        quote! {
            let mut __definition = #definition::new(<Self as #agent_trait>::NAME);
            #settings
            __definition
        }
    };
    let node = node(&agent.root, ident, name, agent.output.as_ref());
    quote! {
        const _: () = {
            #tools

            #[automatically_derived]
            impl #agent_trait for #ident {
                const NAME: &'static ::core::primitive::str = #name;

                fn definition() -> #definition {
                    #body
                }
            }

            #node
        };
    }
}

/// An agent as a node of workflows.
pub fn node(root: &Root, ident: &Ident, name: &str, output: Option<&Type>) -> TokenStream {
    let told = output.map(|output| {
        let (probe, no_output) = (
            root.private(&quote!(OutputProbe)),
            root.private(&quote!(NoOutput)),
        );
        quote! {
            const TELLS_OUTPUT: ::core::primitive::bool = {
                #[allow(unused_imports)]
                use #no_output as _;
                <#probe<#output>>::IS_TOLD
            };
        }
    });
    let response = root.public(&quote!(workflow::AgentResponse));
    let output = output.map_or(response, ToTokens::to_token_stream);
    node_of(root, ident, name, &output, told.as_ref())
}

/// The same with what it gives to the next node.
pub fn node_of(
    root: &Root,
    ident: &Ident,
    name: &str,
    output: &TokenStream,
    told: Option<&TokenStream>,
) -> TokenStream {
    let node = root.public(&quote!(workflow::Node));
    let message = root.public(&quote!(workflow::AgentMessage));
    let asked = root.public(&quote!(workflow::Asked));
    let no_yields = root.public(&quote!(workflow::NoYields));
    let node_definition = root.public(&quote!(workflow::NodeDefinition));
    let registered = root.public(&quote!(workflow::Registered));
    let path = ident.unraw().to_string();
    let agent_node = root.private(&quote!(agent_node));
    let in_state = super::node::without_state(root, ident);
    let codecs = super::node::codecs(root, &message, output);
    let output = checks::associated("Output", output);
    quote! {
        #[automatically_derived]
        impl #node for #ident {
            type Input = #message;
            #output
            type Kind = #asked;
            type This = Self;
            type Yielded = #no_yields;
            #codecs
            #told
            const REGISTERED: ::core::option::Option<#registered> =
                ::core::option::Option::Some(#registered {
                    kind: "agent",
                    name: #name,
                    path: ::core::concat!(::core::module_path!(), "::", #path),
                });

            fn definition() -> #node_definition {
                #agent_node::<Self>()
            }
        }

        #in_state
    }
}

/// One assignment for each option; what is not given keeps its default.
fn settings(agent: &Agent) -> TokenStream {
    let text = agent.root.private(&quote!(text));
    let output_schema = agent.root.private(&quote!(output_schema));
    let mut settings = TokenStream::new();
    let mut set = |field: TokenStream, value: TokenStream| {
        settings.extend(quote!(__definition.#field = #value;));
    };
    let some = |value: TokenStream| quote!(::core::option::Option::Some(#value));
    if let Some(description) = &agent.description {
        set(quote!(description), quote!(#text(#description)));
    }
    if let Some(version) = &agent.version {
        set(quote!(version), quote!(#text(#version)));
    }
    if let Some(instructions) = &agent.instructions {
        set(quote!(instructions), quote!(#text(#instructions)));
    }
    if let Some(model) = &agent.model {
        set(quote!(model), some(quote!(#text(#model))));
    }
    if !agent.tools.is_empty() {
        let definitions = agent.root.private(&quote!(tool_definitions));
        set(quote!(tools), quote!(#definitions(__TOOLS)));
    }
    if let Some(output) = &agent.output {
        set(quote!(output), some(quote!(#output_schema::<#output>()())));
    }
    if let Some(rounds) = &agent.tool_rounds_max {
        set(quote!(tool_rounds_max), rounds.to_token_stream());
    }
    if let Some(parallel) = &agent.parallel_tool_calls {
        set(quote!(parallel_tool_calls), quote!(#parallel));
    }
    if let Some(temperature) = &agent.temperature {
        set(quote!(temperature), some(float(temperature)));
    }
    if let Some(attempts) = &agent.model_attempts_max {
        set(quote!(model_attempts_max), attempts.to_token_stream());
    }
    if let Some(timeout) = &agent.timeout {
        set(quote!(timeout), period(timeout));
    }
    if let Some(ttl) = &agent.session_ttl {
        set(quote!(session_ttl), some(period(ttl)));
    }
    if let Some(queued) = &agent.queued_runs_max {
        set(quote!(queued_runs_max), queued.to_token_stream());
    }
    settings
}

/// `temperature = 1` is a number to the user.
pub fn float(number: &Expr) -> TokenStream {
    if let Expr::Lit(literal) = number
        && let Lit::Int(digits) = &literal.lit
        && let Ok(whole) = digits.base10_parse::<u32>()
    {
        let mut float = Literal::f64_unsuffixed(f64::from(whole));
        float.set_span(digits.span());
        return float.to_token_stream();
    }
    number.to_token_stream()
}
