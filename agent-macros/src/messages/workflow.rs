//! The texts about workflows: the function, its body as a graph, and the names in it.

use super::Message;

pub static WORKFLOW_ASYNC: Message = Message::new(
    "AGT601",
    "workflow `{workflow}` must not be `async`",
    "remove `async`: the body is a graph, and only its executors wait for something",
    "The body is read, and never run. What it names is run, each node when its message is there.",
);

pub static WORKFLOW_PARAMETERS: Message = Message::new(
    "AGT602",
    "workflow `{workflow}` takes one parameter, which is its input",
    "write `fn {workflow}(input: Input)`; several values make a struct",
    "A run is started with one value, which is recorded and described by one schema. What touches \
     the world is a resource of an executor.",
);

pub static WORKFLOW_PARAMETER_PATTERN: Message = Message::new(
    "AGT603",
    "the parameter of workflow `{workflow}` must be a plain name",
    "write `input: {type}`, and take it apart in a `match` or in an executor",
    "In the body the name stands for the input, as the place where the graph starts.",
);

pub static WORKFLOW_BORROWS: Message = Message::new(
    "AGT604",
    "the input of workflow `{workflow}` cannot be borrowed",
    "write `{parameter}: {type}`",
    "A run outlives whoever started it, and the process as well.",
);

pub static WORKFLOW_NAME: Message = Message::new(
    "AGT605",
    "`{name}` cannot be the name of a workflow",
    "write `name = \"..\"` with a letter and then up to 62 letters, digits, `_` and `-` of ASCII",
    "The name is part of routes, of instance ids and of names on the task hub, and all of them \
     must take it.",
);

pub static WORKFLOW_NAME_RESERVED: Message = Message::new(
    "AGT606",
    "`{name}` cannot be the name of a workflow, since routes of workflows have it",
    "write `name = \"..\"` with another name; reserved are `run`, `status`, `respond`, `cancel`, \
     `events` and `graph`",
    "An application with a single workflow serves it without its name in the route, where the name \
     would be taken for the action.",
);

pub static WORKFLOW_ITEM: Message = Message::new(
    "AGT607",
    "`#[workflow]` goes on a function",
    "write `#[workflow] fn name(input: Input) -> Output { first >> second; }`",
    "The signature says what a run takes and gives back, and the body is its graph.",
);

pub static NOT_A_GRAPH: Message = Message::new(
    "AGT610",
    "`{what}` is not part of the graph of a workflow",
    "{instead}",
    "The body holds paths (`a >> b`), tuples, `each(..)`, `match` and `let`. It is read and never \
     run, so other code would have no effect.",
);

pub static PARENTHESES: Message = Message::new(
    "AGT611",
    "`{written}` is in parentheses for no reason",
    "write `{inner}`; a tuple has two elements or more",
    "Parentheses send one message to several places. Around one they are nearly always a tuple \
     that lost an element.",
);

pub static NODE_ARGUMENTS: Message = Message::new(
    "AGT612",
    "node `{written}` has arguments in its path",
    "write `{plain}`",
    "A node is one executor, agent, workflow or request port, none of which is generic.",
);

pub static ATTRIBUTE_IN_GRAPH: Message = Message::new(
    "AGT613",
    "`{written}` has no place in the graph of a workflow",
    "remove it; write `//` for a comment, and put conditions on the workflow itself",
    "Paths that are there in some builds only would make it another workflow, while runs of the \
     first one wait for their answers.",
);

pub static VALUE_OUTSIDE_ARM: Message = Message::new(
    "AGT614",
    "node `{node}` is given a value where no arm of a `match` leads to it",
    "write `{node}`: it gets the message of the edge",
    "Only an arm has bindings to make a value of, for the first node after its `=>`.",
);

pub static VALUE_COUNT: Message = Message::new(
    "AGT615",
    "node `{node}` takes one value",
    "write `{node}` for the whole message, or `{node}(value)`; several values make a struct or a \
     tuple",
    "A message is one value, of the type that the node takes as input.",
);

pub static EACH_FORM: Message = Message::new(
    "AGT616",
    "`each` takes one node",
    "write `each(node)`; several steps for each item are a workflow of their own",
    "The node runs once per item and its answers are collected in order, so there is one place \
     where an item goes in and one where its answer comes out. The word is reserved.",
);

pub static LEAVES_ROUTING: Message = Message::new(
    "AGT617",
    "`{what}` cannot stand where a workflow picks the way of a message",
    "do it in an executor, and send on what it gives",
    "Guards and values of arms are plain expressions over the bindings of the pattern. They run \
     between two executors, where there is nothing to wait for, and nothing to return from.",
);

pub static ROUTING_NOT_REPEATED: Message = Message::new(
    "AGT618",
    "`{call}` must not be called where a workflow picks the way of a message",
    "call it in an executor, and send on what it gives",
    "The way of a message is found again whenever the history of a run is replayed, and has to be \
     the same. So guards and values of arms read no clock, no random number and no setting, and \
     touch nothing outside.",
);

pub static NO_SEMICOLON: Message = Message::new(
    "AGT619",
    "the path to `{last}` does not end in `;`",
    "write `{last};`",
    "The last line of the body is a path like the others, and not the value of the function: what \
     a run gives is what its paths end with.",
);

pub static LET_FORM: Message = Message::new(
    "AGT620",
    "`let` gives a name to one node here",
    "write `let name = executor;`",
    "A `let` makes a second node of an executor, agent, workflow or request port. A body that is \
     never run has no variables.",
);

pub static NOTHING_NOT_LAST: Message = Message::new(
    "AGT621",
    "`()` stands before `>>`",
    "remove what follows; `()` drops the message and ends the path",
    "After `()` there is no message to send on.",
);

pub static NOTHING_ALONE: Message = Message::new(
    "AGT622",
    "`()` alone is no path",
    "remove it; to drop what a node gives write `node >> ()`",
    "There is no message that it would drop.",
);

pub static MATCH_INSIDE: Message = Message::new(
    "AGT623",
    "`match` stands inside of a path",
    "end the path at a node, and write `match node { .. }` as a statement of its own",
    "A decision belongs to the node whose output is decided on, and each node has one.",
);

pub static ARM_BLOCK: Message = Message::new(
    "AGT624",
    "the block of an arm holds one target",
    "write `{ target }`; for several targets `{ (first, second) }`, and for none `()`",
    "The braces are there for rustfmt, which writes them around long targets.",
);

pub static MATCH_SOURCE: Message = Message::new(
    "AGT625",
    "`match` takes a node, or the parameter of the function",
    "write `match node { .. }`; what to compute first is computed by an executor",
    "The message is matched as it is recorded.",
);

pub static MATCH_EMPTY: Message = Message::new(
    "AGT626",
    "`match {node}` has no arms",
    "write `pattern => target` for each case, or `{node} >> ();`",
    "No message would find a way.",
);

pub static NO_START: Message = Message::new(
    "AGT630",
    "workflow `{workflow}` has no start",
    "begin with a path, such as `first >> second;`, or say where the input goes: \
     `{parameter} >> first;`",
    "The input goes to the first node of the first path, or to where the parameter leads.",
);

pub static TWO_STARTS: Message = Message::new(
    "AGT631",
    "the input `{parameter}` leads on in two places: already {first}",
    "{instead}",
    "One place shows everything that the input starts.",
);

pub static PATH_WITHOUT_NODE: Message = Message::new(
    "AGT632",
    "a path cannot begin with `{written}`",
    "write what leads to it: `{parameter} >> {written}`, or a node in place of the parameter",
    "A path begins with a node or with the input, whose message goes along it. A tuple that began \
     a path would begin in several places.",
);

pub static INPUT_AS_TARGET: Message = Message::new(
    "AGT633",
    "`{parameter}` is the input, so no path leads to it",
    "write the node that takes it; the input is a source: `{parameter} >> node;`",
    "The input is there before any node has run, and once per run.",
);

pub static WITHOUT_NODES: Message = Message::new(
    "AGT634",
    "workflow `{workflow}` sends its input to no node",
    "write `{parameter} >> node;`",
    "Such a run would do nothing.",
);

pub static SECOND_WAY_OUT: Message = Message::new(
    "AGT635",
    "node `{node}` leads on in two places: already {first}",
    "{instead}",
    "A node is a source once, so that one line shows where its output goes.",
);

pub static DUPLICATE_EDGE: Message = Message::new(
    "AGT636",
    "edge `{source} >> {target}` is declared twice",
    "remove one of them; to run it twice name a second node: `let second = {path};`",
    "The node would get the same message twice.",
);

pub static UNREACHABLE_NODE: Message = Message::new(
    "AGT637",
    "node `{node}` is never reached from `{start}`",
    "add an edge that leads to `{node}`, or remove this path",
    "A node that gets no message never runs.",
);

pub static ENDLESS_LOOP: Message = Message::new(
    "AGT638",
    "loop `{loop}` never ends",
    "write a `match` on one of its nodes, with an arm that leaves the loop: \
     `match {node} { .. => {next}, .. => () }`",
    "A message that enters the loop would go round until the run hits its limit of supersteps.",
);

pub static TUPLE_ENTERED: Message = Message::new(
    "AGT639",
    "node `{node}` is inside of the closed tuple before `{target}`, and reached from {other} as \
     well",
    "name a second node: `let second = {path};`",
    "`{target}` waits for one message of each element, so every element gets one message per \
     round, and only by way of the tuple.",
);

pub static TUPLE_LEFT: Message = Message::new(
    "AGT640",
    "node `{node}` is inside of the closed tuple before `{target}`, and leads on in another place \
     as well",
    "let `{target}` send on what is needed there, or name a second node: `let second = {path};`",
    "Inside of a closed tuple a message has one way, which ends where the tuple is put together.",
);

pub static TUPLE_MATCHED: Message = Message::new(
    "AGT641",
    "node `{node}` is inside of the closed tuple before `{target}`, and matched as well",
    "make the decision a workflow of its own and put that into the tuple, or match after \
     `{target}`",
    "`{target}` waits for a message of each element, and a decision inside of one could send it \
     elsewhere.",
);

pub static TUPLE_REPEATED: Message = Message::new(
    "AGT642",
    "node `{node}` stands twice in the closed tuple before `{target}`",
    "name a second node: `let second = {path};`",
    "What is put together comes from one node for each element, so that rounds pair up.",
);

pub static TUPLE_DROPPED: Message = Message::new(
    "AGT643",
    "`()` ends a path inside of the closed tuple before `{target}`",
    "remove `>> ()`, or take this path out of the tuple",
    "`{target}` waits for a message of each element, and this one never comes.",
);

pub static TUPLE_OPEN: Message = Message::new(
    "AGT644",
    "`{written}` is open, inside of the closed tuple before `{target}`",
    "close it: `{written} >> node`, or make its elements elements of the tuple around it",
    "`{target}` takes one message of each element, and an open tuple ends in several.",
);

pub static EACH_USED: Message = Message::new(
    "AGT645",
    "node `{node}` runs for each item of a list, and is named in another place as well",
    "name a second node: `let second = {path};`",
    "Its answers are collected into the list of one round; a message from elsewhere belongs to \
     none. What comes after goes into the same path: `each({node}) >> next`.",
);

pub static EACH_MATCHED: Message = Message::new(
    "AGT646",
    "node `{node}` runs for each item of a list, so it cannot be matched",
    "make the decision a workflow of its own, `each(decide)`, or match on a node that takes the \
     list",
    "What leaves `each({node})` is the list of all answers.",
);

pub static EACH_OF_TUPLE: Message = Message::new(
    "AGT647",
    "`each({node})` cannot take a tuple",
    "put an executor between them, which makes a list of the tuple: `>> gather >> each({node})`",
    "The elements of a tuple may be of different types; `each` takes a list.",
);

pub static TWO_NODES_OF_ONE_NAME: Message = Message::new(
    "AGT650",
    "two nodes are called `{id}`: `{first}` and `{second}`",
    "write `let other = {second};`, and name the node `other`; if they are the same, write the \
     same path",
    "A node is known by the last part of its path: in names on the hub, in events and in diagrams.",
);

pub static NODE_NAME_RESERVED: Message = Message::new(
    "AGT651",
    "`{id}` cannot be the name of a node, since routes of workflows have it",
    "write `let other = {path};`; reserved are `start`, `status`, `respond`, `run`, `cancel`, \
     `events` and `graph`",
    "On Azure Functions an executor and a route of the same workflow would have the same name.",
);

pub static NODE_NAME: Message = Message::new(
    "AGT652",
    "`{id}` cannot be the name of a node",
    "write `let other = {path};` with letters, digits and `_` of ASCII; together with the name \
     of the workflow at most {most}",
    "Together with the name of the workflow it is the name of a function on Azure Functions and \
     part of keys on every hub.",
);

pub static LET_AFTER_USE: Message = Message::new(
    "AGT653",
    "`let {name}` comes after the first use of `{name}`",
    "write `let {name} = {path};` before the path that names it",
    "The body reads from top to bottom: a name means the same from its `let` on.",
);

pub static LET_UNUSED: Message = Message::new(
    "AGT654",
    "node `{name}` has a `let`, and is in no path",
    "write a path that leads to `{name}`, or remove the `let`",
    "A node that gets no message never runs.",
);

pub static LET_HIDES_INPUT: Message = Message::new(
    "AGT655",
    "`let {name}` hides the parameter `{name}`",
    "give the node another name: `let other = {path};`",
    "The name could not stand for the input and for a node.",
);

pub static LET_TWICE: Message = Message::new(
    "AGT656",
    "`let {name}` is written twice: already for `{first}`",
    "give this node another name: `let other = {path};`",
    "In a graph, unlike in code, every use of a name means the same node.",
);

pub static LET_OF_LET: Message = Message::new(
    "AGT657",
    "`{name}` is a node of this graph already, and a `let` takes what a node is made of",
    "write `let {second} = {path};`",
    "A second name for the same node would hide that both are one.",
);

pub static PATH_WITHOUT_EDGE: Message = Message::new(
    "AGT658",
    "the path `{node};` says nothing",
    "remove it, or write where its output goes: `{node} >> next;`",
    "A node alone is a path only where the workflow starts. Elsewhere it is there already.",
);
