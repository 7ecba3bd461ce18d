//! What the compiler says of the types, the state and the outputs of a workflow.

use super::Message;

pub static NOT_A_NODE: Message = Message::by_compiler(
    "AGT660",
    "`{Self}` is not a node of a workflow",
    "Nodes are functions with `#[executor]`, agents, structs with `#[request_port(..)]` and other \
     workflows. Where a function has no attribute of ours at all, the compiler says `expected \
     type, found function` instead.",
);

pub static EDGE_TYPES: Message = Message::by_compiler(
    "AGT661",
    "node `{Self}` does not accept messages of type `{M}`",
    "An edge `a >> b` needs the output of `a` to be the input of `b`, or to convert into it with \
     `Into`. Implement `From`, or put an executor between them. Agents take any message.",
);

pub static EACH_TYPES: Message = Message::by_compiler(
    "AGT662",
    "`each` of `{Self}` does not accept messages of type `{M}`",
    "`a >> each(b)` runs `b` once for each item of the list that `a` returns: a `Vec` of what `b` \
     takes, or of what converts into it with `Into`.",
);

pub static FAN_IN_TYPES: Message = Message::by_compiler(
    "AGT663",
    "node `{Self}` does not accept the messages `{M}` of this fan-in",
    "After `(b, c) >> d`, `d` takes the tuple of their outputs in written order, or a `Vec` of one \
     type that all of them convert into.",
);

pub static RETURNS_ONE_OF_MANY: Message = Message::by_compiler(
    "AGT664",
    "a run of this workflow has any number of outputs, and it returns `{Self}`",
    "Executors that declare `sends(..)` give any number of messages, and those that declare \
     `yields(..)` add outputs: the workflow returns `Vec<T>`.",
);

pub static RETURNS_AT_MOST_ONE: Message = Message::by_compiler(
    "AGT665",
    "a run of this workflow has one output or none, and it returns `{Self}`",
    "Some path of the graph is dropped, so a run may end without an output: the workflow returns \
     `Option<T>`.",
);

pub static RETURNS_MANY: Message = Message::by_compiler(
    "AGT666",
    "a run of this workflow can have several outputs, and it returns `{Self}`",
    "Paths that run in parallel and are not joined, or an open `each`, give an output each: the \
     workflow returns `Vec<T>`. Join them, `(a, b) >> c`, for one.",
);

pub static OUTPUT_TYPE: Message = Message::by_compiler(
    "AGT667",
    "this path ends with `{M}`, which is no output of the workflow: those are `{T}`",
    "The last node of a path returns what the workflow does, or what converts into it with `Into`. \
     A path whose end is no output ends in `>> ()`.",
);

pub static YIELDED_TYPE: Message = Message::by_compiler(
    "AGT668",
    "executor `{Self}` yields `{U}`, and the outputs of the workflow are `{T}`",
    "What an executor declares in `yields(..)` is an output of every workflow that it is a node \
     of: the same type, or one that converts into it with `Into`.",
);

pub static NO_SCHEMA: Message = Message::by_compiler(
    "AGT669",
    "`{Self}` cannot be a message of a workflow",
    "Messages are recorded as JSON and read again, maybe months later and by another process: \
     derive `serde::Serialize` and `serde::Deserialize`. What nodes take, and what a workflow \
     takes and gives, is also described by a JSON schema, which tools and people see: derive \
     `schemars::JsonSchema`, of the same version of `schemars` as `agent-sdk` has. Of a list, an \
     option or a tuple it is the types in it that need them. A type is told once, where it comes \
     from.",
);

pub static READ_UNWRITTEN: Message = Message::by_compiler(
    "AGT670",
    "executor `{node}` reads `{slot}`, which nothing has written on the path `{path}`",
    "Let an executor before it write the slot on every path, give the slot a start value with \
     `#[slot(default)]`, or read it with `may_read(..)`, which takes it as it comes.",
);

pub static PARALLEL_WRITERS: Message = Message::by_compiler(
    "AGT671",
    "executors `{first}` and `{second}` run in parallel and both write `{slot}`",
    "Which of the values stays would depend on nothing. Say how two values become one, with \
     `#[slot(reduce = path)]`, make it a `Keyed` slot, or let the executors run one after the \
     other.",
);

pub static REGISTERED_NAMES: Message = Message::by_compiler(
    "AGT672",
    "two {kind}s are named `{name}`: `{first}` and `{second}`",
    "Agents and workflows are found by their names, which compare without case. Give one of them \
     another `name = \"..\"`.",
);

pub static RETURNS_NONE: Message = Message::by_compiler(
    "AGT673",
    "a run of this workflow has no output, and it returns `{Self}`",
    "Every path of the graph ends in `()`. Remove the return type, or a `()`.",
);

pub static NO_MESSAGE: Message = Message::by_compiler(
    "AGT674",
    "executor `{node}` takes no message, since its first argument `&{type}` is lent by the \
     application",
    "A node owns its message, which is its first argument, by value: `order: Order`. What it takes \
     by reference is a resource. A node that needs nothing of its message takes `_: ()` first, \
     after a node that returns `()`.",
);
