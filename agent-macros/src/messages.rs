//! Every text that an attribute shows, with its number, what to do about it, and why the rule is
//! there. `docs/errors.md` is made of them. Nothing else is here.
//!
//! Numbers: 0xx options and items, 1xx tools, 2xx agents, 3xx orchestrators, 4xx executors and
//! activities, 5xx events and entities, 6xx workflows, 7xx their state, executors and request
//! ports. A number is never used again.

#![cfg_attr(
    not(test),
    allow(
        dead_code,
        reason = "a test makes the errors page, of the compiler's messages too"
    )
)]

#[cfg(test)]
mod all;
mod durable;
mod workflow;
mod workflow_nodes;
#[cfg(test)]
mod workflow_types;

#[cfg(test)]
pub use all::ALL;
pub use durable::*;
pub use workflow::*;
pub use workflow_nodes::*;
#[cfg(test)]
pub use workflow_types::*;

/// One message.
#[derive(Debug)]
pub struct Message {
    /// Its number: `AGT101`.
    pub id: &'static str,
    /// What is wrong, with `{placeholders}`.
    pub text: &'static str,
    /// What to write instead, with `{placeholders}`; empty where the trait's note says it.
    pub help: &'static str,
    /// Why, for the errors page.
    pub why: &'static str,
    /// Who shows it.
    pub source: Source,
}

/// Who shows a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// An attribute, by this text.
    Attribute,
    /// The compiler, by a note on a trait of our libraries that holds this text, or by a constant
    /// that can't be computed. `{Self}` is the type.
    Compiler,
}

impl Message {
    const fn new(
        id: &'static str,
        text: &'static str,
        help: &'static str,
        why: &'static str,
    ) -> Self {
        Self {
            id,
            text,
            help,
            why,
            source: Source::Attribute,
        }
    }

    const fn by_compiler(id: &'static str, text: &'static str, why: &'static str) -> Self {
        Self {
            id,
            text,
            help: "",
            why,
            source: Source::Compiler,
        }
    }

    /// The whole text, its placeholders filled in.
    pub fn text(&self, fields: &[(&str, &str)]) -> String {
        let mut text = format!("{} [{}]", self.text, self.id);
        if !self.help.is_empty() {
            text.push_str("\nhelp: ");
            text.push_str(self.help);
        }
        for (name, value) in fields {
            text = text.replace(&format!("{{{name}}}"), value);
        }
        text
    }
}

pub static BUG: Message = Message::new(
    "AGT001",
    "`#[{attribute}]` failed on this item: {panic}",
    "this is a bug in agent-macros; please report it together with the item",
    "An attribute never panics on purpose, whatever it is put on. The item is compiled as if \
     the attribute were not there.",
);

pub static UNKNOWN_OPTION: Message = Message::new(
    "AGT002",
    "unknown option `{option}` for `#[{attribute}]`{nearest}",
    "supported options are {options}",
    "A misspelt option would otherwise be ignored, and its default taken without a word.",
);

pub static REPEATED_OPTION: Message = Message::new(
    "AGT003",
    "option `{option}` is given twice",
    "remove one of them",
    "Only one of the values could have an effect.",
);

pub static OPTION_VALUE: Message = Message::new(
    "AGT004",
    "option `{option}` takes {takes}",
    "write `{option}{form}`",
    "Literals are checked by the attribute. Where a constant is allowed as well, its type is \
     checked by the compiler.",
);

pub static OPTION_SYNTAX: Message = Message::new(
    "AGT005",
    "expected an option of `#[{attribute}]`",
    "write `key = value`; supported options are {options}",
    "Options are named, so that the order in which they stand does not matter.",
);

pub static OPTION_UNUSED: Message = Message::new(
    "AGT006",
    "option `{option}` has no effect without `{needs}`",
    "add `{needs} = [..]`, or remove `{option}`",
    "An option that does nothing is a misunderstanding.",
);

pub static TWO_ATTRIBUTES: Message = Message::new(
    "AGT007",
    "`{item}` cannot be `#[{second}]` as well as `#[{first}]`",
    "keep one of them, and put the other on an item of its own",
    "Both attributes define what the name of the item stands for.",
);

pub static NOT_A_FUNCTION: Message = Message::new(
    "AGT008",
    "`#[{attribute}]` goes on a function",
    "write `#[{attribute}] async fn name(argument: Type) -> Result<Output, Error> { .. }`",
    "What the attribute offers is something that can be called.",
);

pub static NOT_A_STRUCT: Message = Message::new(
    "AGT009",
    "`#[{attribute}]` goes on a unit struct",
    "write `#[{attribute}(..)] struct Name;`",
    "The struct only gives the agent a name that the compiler knows. All else is in the \
     options.",
);

pub static ATTRIBUTE_TWICE: Message = Message::new(
    "AGT010",
    "`#[{attribute}]` is put on `{item}` twice",
    "remove one of them",
    "One is enough, and two define the same names.",
);

pub static UNREADABLE: Message = Message::new(
    "AGT011",
    "`#[{attribute}]` cannot read this item: {problem}",
    "write it in another way, or update `agent-sdk`",
    "The compiler accepts syntax that is newer than this version of the attribute. The build \
     passes, and the application stops with this text when it starts. Syntax that the compiler \
     does not accept either is reported by the compiler alone.",
);

pub static NO_DESCRIPTION: Message = Message::new(
    "AGT101",
    "tool `{tool}` has no description",
    "add a doc comment; the model reads it to decide when to call the tool",
    "A model that does not know what a tool is for calls it at the wrong time, or never. The \
     option `description` is another place for it.",
);

pub static GENERIC_TOOL: Message = Message::new(
    "AGT102",
    "tool `{tool}` must not be generic",
    "write concrete types: the model needs one schema for its arguments",
    "A generic function is many functions, and the model can't say which it means. Lifetimes \
     need no name: `&T` is enough.",
);

pub static TOOL_RECEIVER: Message = Message::new(
    "AGT103",
    "tool `{tool}` must not take `self`",
    "move it out of the `impl` block, and take what it needs by reference, as a resource",
    "A tool is called with nothing but the arguments of the model and the resources of the \
     application.",
);

pub static TOOL_QUALIFIER: Message = Message::new(
    "AGT104",
    "tool `{tool}` must not be `{qualifier}`",
    "remove `{qualifier}`, or write a plain function that calls this one",
    "A model is not able to keep the promises that the caller of such a function has to make.",
);

pub static ARGUMENT_PATTERN: Message = Message::new(
    "AGT105",
    "argument {number} of tool `{tool}` has no name",
    "write `name: {type}`, and take it apart in the body",
    "The model is told the names of the arguments.",
);

pub static ARGUMENT_REFERENCE: Message = Message::new(
    "AGT106",
    "argument `{argument}` of tool `{tool}` cannot be borrowed as `{reference}`",
    "write `&{type}`: what a tool takes by reference is lent for one call, and to others at the \
     same time",
    "Resources are shared between all calls. Put what changes behind a lock or an atomic.",
);

pub static ARGUMENT_IMPL_TRAIT: Message = Message::new(
    "AGT107",
    "argument `{argument}` of tool `{tool}` must have a concrete type",
    "write a type that derives `serde::Deserialize` and `schemars::JsonSchema`, such as \
     `String`",
    "The schema that the model is told comes from the type.",
);

pub static ARGUMENT_CONDITIONAL: Message = Message::new(
    "AGT108",
    "argument `{argument}` of tool `{tool}` cannot be conditional",
    "write two functions, and put the condition on them",
    "Attributes see an item before the conditions on its parts are decided.",
);

pub static TOOL_NAME: Message = Message::new(
    "AGT109",
    "`{name}` cannot be the name of a tool",
    "write `name = \"..\"` with 1 to 64 of `a-z`, `A-Z`, `0-9`, `_` and `-`",
    "The model providers take no other names.",
);

pub static TOOL_INPUT: Message = Message::by_compiler(
    "AGT110",
    "`{Self}` cannot be the input of a tool",
    "What a tool takes by value is written by the model as JSON, so it needs \
     `serde::Deserialize` and a schema: derive `schemars::JsonSchema`, of the same version of \
     `schemars` as `agent-sdk` has. What the application provides is taken by reference.",
);

pub static TOOL_RESOURCE: Message = Message::by_compiler(
    "AGT111",
    "`{Self}` cannot be lent to a tool",
    "What a tool takes by reference is a resource: a value that the application registers, \
     found by its type and shared between threads. `&str` and slices are not: for text that the \
     model writes take `String`, for a list `Vec<T>`. A trait object goes into an `Arc`: \
     `&Arc<dyn Store>`.",
);

pub static TOOL_OUTPUT: Message = Message::by_compiler(
    "AGT112",
    "`{Self}` cannot be returned by a tool",
    "The result is sent to the model as JSON: derive `serde::Serialize`.",
);

pub static TOOL_FAILURE: Message = Message::by_compiler(
    "AGT113",
    "`{Self}` cannot be the error of a tool",
    "The model is told the text of the error: implement `Display`, or return `ToolError`, which \
     also says whether the same call may succeed later.",
);

pub static NOT_A_TOOL: Message = Message::by_compiler(
    "AGT114",
    "`{Self}` is not a tool",
    "Entries of `tools = [..]` are functions that have `#[tool]`. Where a function has no \
     attribute of ours at all, the compiler says `expected type, found function` instead. A \
     tool of another module is imported or named by its path.",
);

pub static NOT_A_UNIT_STRUCT: Message = Message::new(
    "AGT201",
    "agent `{agent}` must be a unit struct",
    "write `struct {agent};`: what its tools need is registered with the application as a \
     resource",
    "No value of the struct is ever made: fields would stay without a value, and parameters \
     without a type.",
);

pub static AGENT_NAME: Message = Message::new(
    "AGT202",
    "`{name}` cannot be the name of an agent",
    "write `name = \"..\"` with a letter and then up to 62 letters, digits, `_` and `-` of \
     ASCII",
    "The name is part of routes, of instance ids and of names on the task hub, and all of them \
     must take it.",
);

pub static AGENT_NAME_RESERVED: Message = Message::new(
    "AGT203",
    "`{name}` is a name that the host keeps for itself",
    "write `name = \"..\"` with another name; reserved are `agents`, `health`, `tasks`, `admin` \
     and `runtime`",
    "An agent that is hosted alone answers at its bare name, where these routes already are.",
);

pub static TOOL_LISTED_TWICE: Message = Message::new(
    "AGT204",
    "tool `{tool}` is listed twice",
    "remove one of them",
    "The model would be offered the same tool twice, which providers refuse.",
);

pub static TOOLS_OF_ONE_NAME: Message = Message::by_compiler(
    "AGT205",
    "agent `{agent}` has two tools named `{tool}`",
    "Two functions have the same name, or the same `name = \"..\"`: the model could not tell \
     them apart. Give one of them another `name = \"..\"`.",
);

pub static AGENT_OUTPUT: Message = Message::by_compiler(
    "AGT206",
    "`{Self}` cannot be the output of an agent",
    "The model writes the answer as JSON, so its type needs `serde::Deserialize` and a schema: \
     derive `schemars::JsonSchema`, of the same version of `schemars` as `agent-sdk` has.",
);

pub static TOOL_NOT_A_PATH: Message = Message::new(
    "AGT207",
    "expected the name of a tool",
    "write the path of a function that has `#[tool]`, such as `tools = [get_weather]`",
    "Tools are named, not called or made: so the compiler checks them, and an editor can rename \
     them.",
);

pub static NOT_AN_AGENT: Message = Message::by_compiler(
    "AGT208",
    "`{Self}` is not an agent",
    "Only a struct with `#[agent(..)]` can be hosted or run as an agent.",
);

#[cfg(test)]
mod tests;
