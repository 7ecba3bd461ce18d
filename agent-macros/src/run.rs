//! The pipeline: parse, validate, expand or fall back. Nothing gets out of it but tokens.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use proc_macro2::TokenStream;
use quote::quote;
use syn::parse::Parse;

use crate::errors::Errors;
use crate::expand::{self, fallback};
use crate::ide;
use crate::messages;
use crate::model::{self, refuse_siblings};
use crate::names::{Home, Root};
use crate::syntax::function::Function;
use crate::syntax::item::{Beginning, ItemKind, Struct, look};
use crate::syntax::methods::Methods;
use crate::syntax::options::{Grammar, Options};

/// Prints the expansion of the item that this environment variable names.
const DEBUG_VARIABLE: &str = "AGENT_MACROS_DEBUG";

/// One attribute, for one root crate.
pub struct Macro {
    grammar: &'static Grammar,
    home: Home,
    expand: fn(&Root, &Options, TokenStream, &mut Errors) -> TokenStream,
}

/// `#[tool]` of `agent-sdk`.
pub static TOOL: Macro = Macro {
    grammar: &model::tool::GRAMMAR,
    home: Home::AgentSdk,
    expand: tool,
};

/// `#[agent]` of `agent-sdk`.
pub static AGENT: Macro = Macro {
    grammar: &model::agent::GRAMMAR,
    home: Home::AgentSdk,
    expand: agent,
};

/// `#[workflow]` of `agent-sdk`.
pub static WORKFLOW: Macro = Macro {
    grammar: &model::workflow::GRAMMAR,
    home: Home::AgentSdk,
    expand: workflow,
};

/// `#[orchestrator]` of `agent-sdk`.
pub static ORCHESTRATOR: Macro = Macro {
    grammar: &model::orchestrator::GRAMMAR,
    home: Home::AgentSdk,
    expand: orchestrator,
};

/// `#[orchestrator]` of `durable-task`.
pub static DURABLE_ORCHESTRATOR: Macro = Macro {
    home: Home::DurableTask,
    ..ORCHESTRATOR
};

/// `#[executor]` of `agent-sdk`.
pub static EXECUTOR: Macro = Macro {
    grammar: &model::executor::NODE_GRAMMAR,
    home: Home::AgentSdk,
    expand: executor,
};

/// `#[executor]` of `durable-task`.
pub static DURABLE_EXECUTOR: Macro = Macro {
    grammar: &model::executor::GRAMMAR,
    home: Home::DurableTask,
    ..EXECUTOR
};

/// `#[entity]` of `agent-sdk`.
pub static ENTITY: Macro = Macro {
    grammar: &model::entity::GRAMMAR,
    home: Home::AgentSdk,
    expand: entity,
};

/// `#[entity]` of `durable-task`.
pub static DURABLE_ENTITY: Macro = Macro {
    home: Home::DurableTask,
    ..ENTITY
};

/// `#[derive(Event)]` of `agent-sdk`.
pub static EVENT: Macro = Macro {
    grammar: &model::event::GRAMMAR,
    home: Home::AgentSdk,
    expand: event,
};

/// `#[derive(Event)]` of `durable-task`.
pub static DURABLE_EVENT: Macro = Macro {
    home: Home::DurableTask,
    ..EVENT
};

/// `#[derive(WorkflowState)]` of `agent-sdk`.
pub static STATE: Macro = Macro {
    grammar: &model::state::GRAMMAR,
    home: Home::AgentSdk,
    expand: state,
};

/// `#[request_port]` of `agent-sdk`.
pub static REQUEST_PORT: Macro = Macro {
    grammar: &model::port::GRAMMAR,
    home: Home::AgentSdk,
    expand: request_port,
};

/// Expands a derive, whose options are in an attribute of the same item. The item itself stays
/// where it is. Never panics.
pub fn derive(attribute: &Macro, item: TokenStream) -> TokenStream {
    let (tokens, errors) = expand_derive(attribute, item);
    let errors = errors.into_tokens();
    quote!(#tokens #errors)
}

/// The tokens and the errors of a derive, side by side.
pub fn expand_derive(attribute: &Macro, item: TokenStream) -> (TokenStream, Errors) {
    let options = syn::parse2::<syn::DeriveInput>(item.clone()).map_or_else(
        |_| TokenStream::new(),
        |item| {
            let name = attribute.grammar.attribute;
            let mut own = item.attrs.iter().filter(|own| own.path().is_ident(name));
            match own.next().map(|own| &own.meta) {
                Some(syn::Meta::List(list)) => list.tokens.clone(),
                _ => TokenStream::new(),
            }
        },
    );
    expand_or(attribute, options, item, TokenStream::new())
}

/// Expands an attribute. Always gives back the item, and never panics.
pub fn run(attribute: &Macro, options: TokenStream, item: TokenStream) -> TokenStream {
    let name = look(&item).name;
    let (tokens, errors) = expand(attribute, options, item);
    let errors = errors.into_tokens();
    let tokens = quote!(#tokens #errors);
    if let (Ok(wanted), Some(name)) = (std::env::var(DEBUG_VARIABLE), name)
        && name == wanted
    {
        eprintln!("{tokens}");
    }
    tokens
}

/// The tokens and the errors, side by side.
pub fn expand(attribute: &Macro, options: TokenStream, item: TokenStream) -> (TokenStream, Errors) {
    let original = item.clone();
    expand_or(attribute, options, item, original)
}

/// With what comes out if the expansion itself fails.
fn expand_or(
    attribute: &Macro,
    options: TokenStream,
    item: TokenStream,
    original: TokenStream,
) -> (TokenStream, Errors) {
    let attempt = catch_unwind(AssertUnwindSafe(|| {
        let mut errors = Errors::new();
        let options = Options::parse(options, attribute.grammar, &mut errors);
        let root = match options.root() {
            Some(path) => Root::custom(attribute.home, path),
            None => Root::usual(attribute.home),
        };
        let completion = ide::completion(attribute.grammar.attribute, &root, options.keys());
        let tokens = (attribute.expand)(&root, &options, item, &mut errors);
        (quote!(#tokens #completion), errors)
    }));
    attempt.unwrap_or_else(|panic| {
        let mut errors = Errors::new();
        let fields = [
            ("attribute", attribute.grammar.attribute),
            ("panic", panic_text(panic.as_ref())),
        ];
        errors.report(TokenStream::new(), &messages::BUG, &fields);
        (original, errors)
    })
}

fn panic_text(panic: &(dyn Any + Send)) -> &str {
    if let Some(text) = panic.downcast_ref::<&str>() {
        text
    } else if let Some(text) = panic.downcast_ref::<String>() {
        text
    } else {
        "no text"
    }
}

fn tool(root: &Root, options: &Options, item: TokenStream, errors: &mut Errors) -> TokenStream {
    let function: Function = match read(&item, ItemKind::Function, "tool", errors) {
        Item::Parsed(function) => function,
        Item::Other => return item,
        Item::Unreadable(beginning, text) => {
            let rest = fallback::unreadable_tool(root, &beginning, &text);
            return quote!(#item #rest);
        }
    };
    let ident = &function.signature.ident;
    refuse_siblings(ident, "tool", &function.siblings, errors);
    let tool = model::tool::validate(&function, options, root, errors);
    let visibility = &function.visibility;
    let rest = match tool {
        Some(tool) if errors.is_empty() => expand::tool::expand(&tool, visibility),
        // Inside an `impl` block no other items may stand.
        _ if function.signature.receiver().is_some() => TokenStream::new(),
        _ => fallback::tool(root, visibility, ident),
    };
    quote!(#function #rest)
}

fn agent(root: &Root, options: &Options, item: TokenStream, errors: &mut Errors) -> TokenStream {
    let parsed: Struct = match read(&item, ItemKind::Struct, "agent", errors) {
        Item::Parsed(parsed) => parsed,
        Item::Other => return item,
        Item::Unreadable(beginning, text) => {
            let rest = fallback::unreadable_agent(root, &beginning, &text);
            return quote!(#item #rest);
        }
    };
    refuse_siblings(&parsed.item.ident, "agent", &parsed.siblings, errors);
    let rest = match model::agent::validate(&parsed, options, root, errors) {
        Some(agent) if errors.is_empty() => expand::agent::expand(&agent),
        _ => fallback::agent(root, &parsed.item, &errors.stand_in()),
    };
    let item = &parsed.item;
    quote!(#item #rest)
}

/// The function is not written: its body is a graph, and the type of its name stands for it.
fn workflow(root: &Root, options: &Options, item: TokenStream, errors: &mut Errors) -> TokenStream {
    let function: Function = match read(&item, ItemKind::Function, "workflow", errors) {
        Item::Parsed(function) => function,
        // The compiler has an error of its own for what can't be read.
        Item::Other | Item::Unreadable(..) => return item,
    };
    let signature = &function.signature;
    refuse_siblings(&signature.ident, "workflow", &function.siblings, errors);
    let workflow = model::workflow::validate(&function, options, root, errors);
    let (attributes, visibility) = (&function.attributes, &function.visibility);
    match workflow {
        Some(workflow) if errors.is_empty() => {
            expand::workflow::expand(&workflow, attributes, visibility)
        }
        _ if signature.receiver().is_some() => TokenStream::new(),
        _ => {
            let outline = model::workflow::outline(&function);
            let is_concrete = signature.generics.params.is_empty();
            let mistake = errors.stand_in();
            expand::workflow::outline(
                root,
                &outline,
                is_concrete,
                &mistake,
                attributes,
                visibility,
            )
        }
    }
}

fn orchestrator(
    root: &Root,
    options: &Options,
    item: TokenStream,
    errors: &mut Errors,
) -> TokenStream {
    let function: Function = match read(&item, ItemKind::Function, "orchestrator", errors) {
        Item::Parsed(function) => function,
        Item::Other => return item,
        Item::Unreadable(beginning, text) => {
            let rest = fallback::unreadable_orchestrator(root, &beginning, &text);
            return quote!(#item #rest);
        }
    };
    let ident = &function.signature.ident;
    refuse_siblings(ident, "orchestrator", &function.siblings, errors);
    let orchestrator = model::orchestrator::validate(&function, options, root, errors);
    let visibility = &function.visibility;
    let rest = if errors.is_empty() {
        expand::orchestrator::expand(&orchestrator, visibility)
    } else if function.signature.receiver().is_some() {
        TokenStream::new()
    } else {
        expand::orchestrator::fallback(&orchestrator, visibility)
    };
    // The attribute asks for `async`, also where nothing is awaited; a type that is more private
    // than the item is an error already.
    quote!(#[allow(clippy::unused_async, private_interfaces)] #function #rest)
}

fn executor(root: &Root, options: &Options, item: TokenStream, errors: &mut Errors) -> TokenStream {
    let mut function: Function = match read(&item, ItemKind::Function, "executor", errors) {
        Item::Parsed(function) => function,
        Item::Other => return item,
        Item::Unreadable(beginning, text) => {
            let rest = fallback::unreadable_executor(root, &beginning, &text);
            return quote!(#item #rest);
        }
    };
    let ident = &function.signature.ident;
    refuse_siblings(ident, "executor", &function.siblings, errors);
    let executor = model::executor::validate(&function, options, root, errors);
    if !errors.is_empty() {
        model::executor::with_own_context(&mut function);
    }
    let visibility = &function.visibility;
    let rest = if errors.is_empty() {
        expand::executor::expand(&executor, visibility)
    } else if function.signature.receiver().is_some() {
        TokenStream::new()
    } else {
        expand::executor::fallback(&executor, visibility)
    };
    // The attribute asks for `async`, also where nothing is awaited; a type that is more private
    // than the item is an error already.
    quote!(#[allow(clippy::unused_async, private_interfaces)] #function #rest)
}

fn entity(root: &Root, options: &Options, item: TokenStream, errors: &mut Errors) -> TokenStream {
    let block: Methods = match read(&item, ItemKind::Impl, "entity", errors) {
        Item::Parsed(block) => block,
        // The compiler has an error of its own for what can't be read.
        Item::Other | Item::Unreadable(..) => return item,
    };
    model::entity::refuse_siblings(&block, errors);
    let entity = model::entity::validate(&block, options, root, errors);
    let rest = entity.as_ref().map(expand::entity::expand);
    quote!(#block #rest)
}

fn event(root: &Root, options: &Options, item: TokenStream, errors: &mut Errors) -> TokenStream {
    // What the parser does not take, the compiler did not take either.
    let Ok(item) = syn::parse2(item) else {
        return TokenStream::new();
    };
    let event = model::event::validate(&item, options, root, errors);
    event
        .as_ref()
        .map(expand::event::expand)
        .unwrap_or_default()
}

fn state(root: &Root, _: &Options, item: TokenStream, errors: &mut Errors) -> TokenStream {
    // What the parser does not take, the compiler did not take either.
    let Ok(item) = syn::parse2(item) else {
        return TokenStream::new();
    };
    match model::state::validate(&item, root, errors) {
        Some(state) => expand::state::expand(&state),
        None => expand::state::fallback(root, &item),
    }
}

fn request_port(
    root: &Root,
    options: &Options,
    item: TokenStream,
    errors: &mut Errors,
) -> TokenStream {
    let parsed: Struct = match read(&item, ItemKind::Struct, "request_port", errors) {
        Item::Parsed(parsed) => parsed,
        // The compiler has an error of its own for what can't be read.
        Item::Other | Item::Unreadable(..) => return item,
    };
    refuse_siblings(&parsed.item.ident, "request_port", &parsed.siblings, errors);
    let port = model::port::validate(&parsed, options, root, errors);
    let item = &parsed.item;
    let rest = port.as_ref().map(expand::port::expand);
    quote!(#item #rest)
}

/// An item, as far as it could be read.
enum Item<T> {
    /// It is what the attribute goes on.
    Parsed(T),
    /// It is something else, which was reported.
    Other,
    /// The parser does not take it, for the reason in the text. If the compiler does not either,
    /// that is the error to show, and the text is not.
    Unreadable(Beginning, String),
}

fn read<T: Parse>(
    item: &TokenStream,
    wanted: ItemKind,
    attribute: &str,
    errors: &mut Errors,
) -> Item<T> {
    let beginning = look(item);
    if beginning.kind != wanted {
        let message = match wanted {
            ItemKind::Struct if attribute == "request_port" => &messages::NOT_A_REQUEST,
            ItemKind::Struct => &messages::NOT_A_STRUCT,
            ItemKind::Impl => &messages::NOT_AN_IMPL,
            _ if attribute == "workflow" => &messages::WORKFLOW_ITEM,
            _ => &messages::NOT_A_FUNCTION,
        };
        errors.report(beginning.keyword, message, &[("attribute", attribute)]);
        return Item::Other;
    }
    match syn::parse2(item.clone()) {
        Ok(parsed) => Item::Parsed(parsed),
        Err(error) => {
            let problem = error.to_string();
            let fields = [("attribute", attribute), ("problem", problem.as_str())];
            Item::Unreadable(beginning, messages::UNREADABLE.text(&fields))
        }
    }
}

#[cfg(test)]
mod tests;
