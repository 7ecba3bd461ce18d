//! The texts about the state of workflows, executors as nodes, and request ports.

use super::Message;

pub static NOT_A_STATE: Message = Message::by_compiler(
    "AGT701",
    "`{Self}` is not the state of a workflow",
    "`#[workflow(state = ..)]` names a struct with `#[derive(WorkflowState)]`, each field of which \
     is a slot.",
);

pub static NOT_A_SLOT: Message = Message::by_compiler(
    "AGT702",
    "`{Self}` is not a slot of `{S}`",
    "Slots are found by their types: an executor that declares `reads(Budget)` runs in every \
     workflow whose state has a field of type `Budget`, and in no other. Add the field, or take \
     the executor out of the graph. A slot that is missing is told once, at the state.",
);

pub static READS_UNDECLARED: Message = Message::by_compiler(
    "AGT703",
    "executor `{E}` does not declare that it reads `{Self}`",
    "Only what is declared is sent to an executor, and the compiler proves that it has been \
     written on every path that leads there.",
);

pub static MAY_READ_UNDECLARED: Message = Message::by_compiler(
    "AGT704",
    "executor `{E}` does not declare that it may read `{Self}`",
    "`ctx.try_get` gives an `Option`: so the slot need not have been written. It works with \
     `reads(..)` as well.",
);

pub static WRITES_UNDECLARED: Message = Message::by_compiler(
    "AGT705",
    "executor `{E}` does not declare that it writes `{Self}`",
    "What is declared in `writes(..)` counts as written for whoever comes after, so the executor \
     must always set it; `may_write(..)` does not count.",
);

pub static SENDS_UNDECLARED: Message = Message::by_compiler(
    "AGT706",
    "executor `{E}` does not declare that it sends `{Self}`",
    "An executor has one type of output: what it returns, or with `sends(T)` what it sends.",
);

pub static YIELDS_UNDECLARED: Message = Message::by_compiler(
    "AGT707",
    "executor `{E}` does not declare that it yields `{Self}`",
    "The workflow has to know what its outputs can be, and that there can be any number.",
);

pub static SENDER_OUTPUT: Message = Message::by_compiler(
    "AGT708",
    "an executor with `sends(..)` cannot return `{Self}`",
    "Its messages are what it sends, each of which takes the way out by itself. A value that it \
     returned would be a second kind of them.",
);

pub static CONTEXT_OF_ANOTHER: Message = Message::by_compiler(
    "AGT709",
    "`WorkflowContext<{Self}>` is not the context of executor `{E}`",
    "The parameter of the context is the executor whose declarations count. With another one the \
     compiler would check against the wrong ones.",
);

pub static ONLY_IN_WORKFLOWS: Message = Message::by_compiler(
    "AGT710",
    "executor `{E}` runs only in a workflow",
    "State, messages and outputs exist only inside of a workflow. An orchestrator keeps what it \
     needs in variables; what both share is a plain function that both executors call.",
);

pub static SLOT_DECLARED_TWICE: Message = Message::new(
    "AGT711",
    "executor `{item}` declares `{slot}` in `{option}(..)` and before that in `{earlier}(..)`",
    "remove one of them",
    "`reads` says that the slot is certainly there and `may_read` that it need not be; `writes` \
     that it is always set and `may_write` that it need not be. Only one of each can be meant.",
);

pub static YIELDED: Message = Message::by_compiler(
    "AGT712",
    "`{Self}` cannot be yielded by an executor",
    "Outputs of a run are kept in its history and given to callers as JSON.",
);

pub static STATE_FORM: Message = Message::new(
    "AGT713",
    "the state of a workflow is a struct with named fields",
    "write `struct {item} { budget: Budget, .. }`: each field is a slot",
    "Each field is a slot, and its name is what people see in the status of a run.",
);

pub static GENERIC_STATE: Message = Message::new(
    "AGT714",
    "state `{item}` must not be generic",
    "write concrete types for the slots",
    "A workflow has one state, whose slots are found by their types.",
);

pub static SLOT_TYPE_TWICE: Message = Message::new(
    "AGT715",
    "slots `{first}` and `{second}` of state `{item}` have the same type `{type}`",
    "give one of them a type of its own, such as `struct {new}({type});`",
    "Executors name slots by their types: `ctx.get::<Budget>()`.",
);

pub static SLOTS_TOO_MANY: Message = Message::new(
    "AGT716",
    "state `{item}` has {count} slots, and at most {most} are possible",
    "put what belongs together into one slot",
    "The compiler keeps track of what has been written on each path, one bit for each slot.",
);

pub static SLOT_TYPE: Message = Message::by_compiler(
    "AGT717",
    "`{Self}` cannot be a slot of a workflow's state",
    "Slots are kept in histories, sent to executors and shown in the status of a run, as JSON: so \
     they are written, read and described by a schema.",
);

pub static NO_STATE: Message = Message::by_compiler(
    "AGT718",
    "executor `{node}` uses slot `{slot}`, and the workflow has no state",
    "Declare a struct with `#[derive(WorkflowState)]` that has a field for each slot that the \
     workflow's executors name, and give it to the workflow: `#[workflow(state = Mailbox)]`.",
);

pub static CONTEXT_OF_OTHER: Message = Message::new(
    "AGT719",
    "`WorkflowContext<{other}>` is not the context of executor `{item}`",
    "write `&WorkflowContext<{item}>`: it holds what `{item}` declares",
    "The parameter of the context is the executor whose declarations count. With another one the \
     compiler would check against the wrong ones.",
);

pub static NOT_A_REQUEST_PORT: Message = Message::by_compiler(
    "AGT720",
    "`{Self}` is not a request port",
    "A request port is a struct with `#[request_port]`: the struct is the question.",
);

pub static NOT_A_REQUEST: Message = Message::new(
    "AGT722",
    "`#[request_port]` goes on a struct without parameters",
    "write `#[request_port(response = Answer)] struct Question { .. }`",
    "The struct is the question: what people outside are shown.",
);

pub static RESPONSE_MISSING: Message = Message::new(
    "AGT723",
    "request port `{item}` does not say what an answer is",
    "write `#[request_port(response = Answer)]` with the type of the answer",
    "An answer is checked against its type before the run sees it, and the type is what the next \
     node gets.",
);

pub static DEFAULT_WITHOUT_TIMEOUT: Message = Message::new(
    "AGT724",
    "the default answer of request port `{item}` never counts without a timeout",
    "add `timeout = \"3d\"`, or remove `default`",
    "The default is what counts as the answer when the time is over.",
);

pub static SENDS_NOTHING_DECLARED: Message = Message::new(
    "AGT725",
    "executor `{item}` sends a message, and does not declare its type",
    "write `#[executor(sends(T))]` with the type of its messages, or return the message",
    "An executor has one type of output: what it returns, or with `sends(T)` what it sends. The \
     graph is checked against that type.",
);

pub static YIELDS_NOTHING_DECLARED: Message = Message::new(
    "AGT726",
    "executor `{item}` adds an output to the run, and does not declare its type",
    "write `#[executor(yields(T))]` with the type of these outputs",
    "The workflow has to know what its outputs can be, and that there can be any number.",
);
