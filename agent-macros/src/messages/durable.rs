//! The texts about orchestrators, executors, activities, events and entities.

use super::Message;

pub static NOT_ASYNC: Message = Message::new(
    "AGT012",
    "{kind} `{item}` must be an `async fn`",
    "write `async fn {item}`",
    "Both wait for others: an orchestrator for what it calls, an executor for the world.",
);

pub static GENERIC_FUNCTION: Message = Message::new(
    "AGT013",
    "{kind} `{item}` must not be generic",
    "write concrete types: its input is read from a history, where no types are written",
    "One name on the hub stands for one function. Lifetimes need no name: `&T` is enough.",
);

pub static FUNCTION_RECEIVER: Message = Message::new(
    "AGT014",
    "{kind} `{item}` must not take `self`",
    "move it out of the `impl` block; an executor takes what it needs by reference, as a resource",
    "It is run by its name, in whatever process has a worker, with its recorded input alone.",
);

pub static FUNCTION_QUALIFIER: Message = Message::new(
    "AGT015",
    "{kind} `{item}` must not be `{qualifier}`",
    "remove `{qualifier}`, or write a plain function that calls this one",
    "A worker is not able to keep the promises that the caller of such a function has to make.",
);

pub static FUNCTION_CONDITIONAL: Message = Message::new(
    "AGT016",
    "an argument of {kind} `{item}` cannot be conditional",
    "write two functions, and put the condition on them",
    "Attributes see an item before the conditions on its parts are decided.",
);

pub static HUB_NAME: Message = Message::new(
    "AGT017",
    "`{name}` cannot be the name of an {kind}",
    "write `name = \"..\"` with a letter and then up to 126 letters, digits, `_` and `-` of ASCII",
    "The name is that of a function on Azure Functions and part of keys on every hub. The \
     smallest limit holds everywhere, so that what runs on one backend runs on all.",
);

pub static HUB_NAME_RESERVED: Message = Message::new(
    "AGT018",
    "`{name}` is a name that agents keep for themselves",
    "write `name = \"..\"` with another name; reserved are `agent-run`, `agent-model`, \
     `agent-tool` and whatever begins with `dafx-`",
    "Runs of agents are orchestrations, their steps activities and their sessions entities, under \
     these names and on the same hub.",
);

pub static NOT_A_RESULT: Message = Message::new(
    "AGT019",
    "{kind} `{item}` must return a `Result`",
    "{instead}",
    "What waits for others, or touches the world, can fail, and the failure is recorded. The type \
     must be called `Result`, or have a name that ends so, for the attribute to see it.",
);

pub static NOT_AN_IMPL: Message = Message::new(
    "AGT020",
    "`#[{attribute}]` goes on an `impl` block",
    "write `#[{attribute}] impl Type { .. }`: the type is the state, its methods the operations",
    "What can be asked of an entity is what its methods say.",
);

pub static PAYLOAD: Message = Message::by_compiler(
    "AGT301",
    "`{Self}` cannot be kept in a history",
    "Inputs, outputs, events and states of entities are written as JSON and read again, maybe \
     months later and by another process: derive `serde::Serialize` and `serde::Deserialize`. \
     References can't be kept: text is `String`, a list `Vec<T>`.",
);

pub static ORCHESTRATOR_CONTEXT: Message = Message::by_compiler(
    "AGT302",
    "`{Self}` is not the context of an orchestrator",
    "The first argument of an orchestrator is `ctx: OrchestrationContext`, by value; the second, \
     if any, is its input.",
);

pub static ORCHESTRATOR_FAILURE: Message = Message::by_compiler(
    "AGT304",
    "`{Self}` cannot be the error of an orchestrator",
    "How an orchestration failed is recorded in a form that every worker can read. Errors of your \
     own convert into it: implement `From<YourError> for OrchestrationError`.",
);

pub static NOT_AN_ORCHESTRATOR: Message = Message::by_compiler(
    "AGT305",
    "`{Self}` is not an orchestrator",
    "Only a function with `#[orchestrator]`, or a type that implements `Orchestrator`, can be \
     started, called or registered as one.",
);

pub static ORCHESTRATOR_WITHOUT_CONTEXT: Message = Message::new(
    "AGT306",
    "orchestrator `{item}` has no context",
    "write `async fn {item}(ctx: OrchestrationContext, input: Input) -> Result<Output, \
     OrchestrationError>`",
    "All that an orchestrator may wait for or ask comes from its context. A function that needs \
     none of it is a plain function.",
);

pub static ORCHESTRATOR_ARGUMENTS: Message = Message::new(
    "AGT307",
    "orchestrator `{item}` takes a context and one input, and this is one more",
    "make the input a struct or a tuple; what touches the world goes into an executor",
    "One value is recorded as the input. Resources have no place here: a replay must not depend \
     on them.",
);

pub static ORCHESTRATOR_BORROWS: Message = Message::new(
    "AGT308",
    "an argument of orchestrator `{item}` cannot be borrowed",
    "write `{type}`: an orchestrator owns its context and its input",
    "An orchestrator outlives whoever started it.",
);

pub static ORCHESTRATOR_CONTEXT_SECOND: Message = Message::new(
    "AGT309",
    "the context of orchestrator `{item}` comes after its input",
    "write `{item}(ctx: OrchestrationContext, input: {type})`: the context is the first argument",
    "The order is the same for every orchestrator: what it works with, then what it works on.",
);

pub static ANOTHER_ANSWER: Message = Message::new(
    "AGT310",
    "`{call}` gives another answer on replay, so it must not be called in an orchestrator",
    "{instead}",
    "An orchestrator is run again from the start whenever its history is replayed, and must come \
     to the same decisions. What the context gives is recorded. The attribute sees only what is \
     written in the body; a replay that goes another way fails the instance and says where.",
);

pub static TOUCHES_THE_WORLD: Message = Message::new(
    "AGT311",
    "`{call}` touches the world, which an orchestrator leaves to executors",
    "{instead}",
    "Whatever the body does to the world is done again on every replay, and what it reads may \
     have changed by then. An executor runs, and its result is recorded once.",
);

pub static FOREIGN_AWAIT: Message = Message::new(
    "AGT312",
    "`{call}` cannot be used in an orchestrator: nothing durable would wake it",
    "{instead}",
    "An orchestrator may be unloaded while it waits, for months and across deployments. Only what \
     its context gives is waited for by the hub. A task of its own would not be stopped, and \
     started again on every replay.",
);

pub static RANDOM_ORDER: Message = Message::new(
    "AGT313",
    "`{call}` polls in random order, which a replay does not repeat",
    "{instead}",
    "Two futures that are ready at once would be taken in another order on replay.",
);

pub static PRINTS: Message = Message::new(
    "AGT314",
    "`{call}` prints again on every replay",
    "write `ctx.log(format_args!(..))`",
    "A log line of the context is written once.",
);

pub static WAKER: Message = Message::new(
    "AGT315",
    "`{call}` keeps wakers of its own, which the orchestration can't tell from a foreign await",
    "{instead}",
    "Only durable futures can be pending in an orchestrator. They never clone the waker, which is \
     how an await of anything else is found.",
);

pub static NOT_AN_EXECUTOR: Message = Message::by_compiler(
    "AGT401",
    "`{Self}` is not an executor",
    "Only a function with `#[executor]` can be registered as one. Where a function has no \
     attribute of ours at all, the compiler says `expected type, found function` instead.",
);

pub static FAILURE_OF_EXECUTOR: Message = Message::by_compiler(
    "AGT402",
    "`{Self}` cannot be the error of an executor or an operation",
    "Return `ExecutorError`, into which `?` turns every `std::error::Error`, or a type of your own \
     that converts into `durable_task::Failure`, which says whether a retry may help.",
);

pub static EXECUTOR_RESOURCE: Message = Message::by_compiler(
    "AGT404",
    "`{Self}` cannot be lent to an executor",
    "What an executor takes by reference is its context or a resource: a value that is registered, \
     found by its type and shared between threads. `&str` and slices are not: take an input by \
     value. A trait object goes into an `Arc`: `&Arc<dyn Store>`.",
);

pub static NOT_AN_ACTIVITY: Message = Message::by_compiler(
    "AGT405",
    "`{Self}` is not an activity",
    "`ctx.call::<name>(..)` names a function with `#[executor]`, or a type that implements \
     `Activity`. A tool, an orchestrator or an agent is none.",
);

pub static EXECUTOR_INPUTS: Message = Message::new(
    "AGT406",
    "executor `{item}` takes one input by value, as its first argument",
    "make the input a struct or a tuple; for a context or a resource write `&{type}`",
    "One value is recorded as the input of a call. Everything else is lent for the call.",
);

pub static EXECUTOR_REFERENCE: Message = Message::new(
    "AGT407",
    "executor `{item}` cannot borrow `{reference}`",
    "write `&{type}`: what an executor takes by reference is lent for one call, and to others at \
     the same time",
    "Resources are shared between all calls. Put what changes behind a lock or an atomic.",
);

pub static WORKFLOW_OPTION: Message = Message::new(
    "AGT408",
    "option `{option}` is for executors in workflows, which `durable_task` has none of",
    "use the attribute of `agent_sdk`, or remove `{option}`; an activity takes its input, returns \
     its output, and keeps nothing",
    "State, messages and outputs of a workflow exist only inside of one.",
);

pub static EXECUTOR_BORROWS: Message = Message::new(
    "AGT409",
    "executor `{item}` cannot borrow `{reference}`",
    "write `{owned}`: an executor owns what it is called with, and what it borrows is a resource",
    "The input of a call is read from its recorded JSON. Resources are values that are registered, \
     each found by its type, and nobody registers text or a slice.",
);

pub static NOT_AN_EVENT: Message = Message::by_compiler(
    "AGT501",
    "`{Self}` is not an event",
    "An event has a name, which is that of its type: add `#[derive(Event)]`. For a payload without \
     a type of its own there is `wait_for_event_named`.",
);

pub static GENERIC_EVENT: Message = Message::new(
    "AGT502",
    "event `{item}` must not be generic",
    "write a type of its own for each kind of payload",
    "One name stands for one type: whoever waits for it must know what will come.",
);

pub static EVENT_NAME: Message = Message::new(
    "AGT503",
    "the name of an event must not be empty",
    "write `#[event(name = \"approval\")]`, or leave it out: then it is the type's name",
    "Events are found by their names, without regard to case.",
);

pub static NOT_AN_ENTITY: Message = Message::by_compiler(
    "AGT504",
    "`{Self}` is not an entity",
    "`ctx.entity::<Type>(key)` names a type whose `impl` block has `#[entity]`.",
);

pub static ENTITY_OF_TRAIT: Message = Message::new(
    "AGT505",
    "the operations of an entity must not be those of a trait",
    "write `#[entity] impl Type { .. }`",
    "The proxy has the methods of the block, and each of them is an operation.",
);

pub static GENERIC_ENTITY: Message = Message::new(
    "AGT506",
    "entity `{type}` must be a plain type of this module",
    "write `impl Type { .. }` for a type without parameters",
    "One name on the hub stands for one type of state.",
);

pub static OPERATION_RECEIVER: Message = Message::new(
    "AGT507",
    "operation `{item}` must take `&self` or `&mut self`",
    "write `&mut self` if it changes the state, else `&self`",
    "The state stays where it is; an operation looks at it or changes it. Functions without `self` \
     are no operations.",
);

pub static OPERATION_INPUTS: Message = Message::new(
    "AGT509",
    "operation `{item}` takes one input by value and then, at most, its context",
    "make the input a struct or a tuple; the context is `ctx: &mut EntityContext`",
    "One value is recorded as the input of a call.",
);

pub static OPERATION_OF_PROXY: Message = Message::new(
    "AGT510",
    "operation `{item}` has a name that proxies keep for themselves",
    "call the method something else; `#[operation(name = \"{item}\")]` keeps its name on the hub",
    "Proxies have `id`, `signal`, `signal_at` and `signal_after` beside the operations.",
);

pub static OPERATION_ARGUMENT: Message = Message::by_compiler(
    "AGT511",
    "`{Self}` cannot be lent to an operation of an entity",
    "What an operation takes by reference is its context, as `ctx: &mut EntityContext`. An \
     `async` one finds resources there, with `ctx.resource::<Type>()`; any other must not touch \
     the world.",
);

pub static OPERATIONS_OF_ONE_NAME: Message = Message::new(
    "AGT512",
    "two operations are named `{operation}`; the other one is `{other}`",
    "give one of them another name, with `#[operation(name = \"..\")]`",
    "Names of operations compare without case, as in other SDKs.",
);

pub static OPERATION_BORROWED: Message = Message::new(
    "AGT513",
    "operation `{item}` cannot return what it borrows",
    "return an owned value: text is `String`, a list `Vec<T>`, and `{type}` is cloned",
    "What an operation returns is written as JSON and read by its caller, in another process.",
);
