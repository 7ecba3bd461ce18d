//! The graphs that `#[workflow]` writes: what its edges, arms, fan-ins and ends do with messages.
//! The nodes are written by hand, so that this needs nothing but the traits.

use agent_sdk::workflow;
use agent_sdk::workflow::{
    Exit, Graph, InState, Message, NoYields, Node, NodeDefinition, OutputCount, Plain, RouteError,
    Routed, To, Workflow,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

macro_rules! nodes {
    ($($name:ident: $input:ty => $output:ty;)*) => { $(
        #[allow(non_camel_case_types)]
        struct $name {}

        impl Node for $name {
            type Input = $input;
            type Output = $output;
            type Kind = Plain;
            type This = Self;
            type Yielded = NoYields;
            const INPUT: agent_sdk::workflow::Codec<Self::Input> = agent_sdk::workflow::Codec::OF;
            const OUTPUT: agent_sdk::workflow::Codec<Self::Output> = agent_sdk::workflow::Codec::OF;

            fn definition() -> NodeDefinition {
                unreachable!("`{}` is not run here", stringify!($name))
            }
        }

        impl<S> InState<S> for $name {}
    )* }
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct Draft {
    text: String,
}

impl From<Draft> for String {
    fn from(draft: Draft) -> Self {
        draft.text
    }
}

#[derive(Serialize, Deserialize, JsonSchema)]
enum Verdict {
    Good(String),
    Bad(Vec<u64>),
    Unclear,
}

nodes! {
    draft: String => Draft;
    read: String => Verdict;
    publish: String => String;
    rate: u64 => u64;
    sum: Vec<u64> => u64;
    pair: (Verdict, String) => String;
}

#[workflow]
fn decide(text: String) -> Vec<String> {
    draft >> read;
    match read {
        Verdict::Good(text) if text.len() > 3 => (publish(text.clone() + "!"), again),
        Verdict::Good(_) => again,
        Verdict::Bad(numbers) => each(rate)(numbers) >> sum >> print,
        Verdict::Unclear => (),
    }
}

nodes! {
    again: Verdict => String;
    print: u64 => String;
}

#[workflow]
fn meet(text: String) -> String {
    text >> (read, draft) >> (pair, join);
    pair >> ();
}

nodes! {
    join: (Verdict, String) => Draft;
}

fn message(json: &str) -> Message {
    Message::from_raw(serde_json::value::RawValue::from_string(json.to_owned()).unwrap())
}

fn index(graph: &Graph, id: &str) -> usize {
    graph.nodes.iter().position(|node| node.id == id).unwrap()
}

fn routed(graph: &Graph, id: &str, json: &str) -> Result<Vec<(To, String)>, RouteError> {
    let Exit::Switch { route, .. } = graph.nodes[index(graph, id)].exit else {
        panic!("`{id}` is matched");
    };
    let pair = |routed: Routed| (routed.to, routed.message.json().to_owned());
    Ok(route(&message(json))?.into_iter().map(pair).collect())
}

#[test]
fn an_edge_converts_what_its_target_takes() {
    let graph = decide::GRAPH;
    let Exit::To([edge]) = graph.nodes[index(graph, "draft")].exit else {
        panic!("one edge");
    };
    assert_eq!(edge.to, To::Node(index(graph, "read")));
    // `Draft` becomes `String`, which is written anew.
    let fitting = (edge.convert)(&message(r#"{"text":"hello"}"#)).unwrap();
    assert_eq!(fitting.json(), r#""hello""#);
    let error = (edge.convert)(&message("5")).unwrap_err();
    assert!(error.to_string().contains("invalid type"), "{error}");
}

#[test]
fn arms_are_tried_in_order_and_give_values_or_the_whole_message() {
    let graph = decide::GRAPH;
    let to = |id| To::Node(index(graph, id));
    let whole = r#"{"Good":  "hello"}"#;
    assert_eq!(
        routed(graph, "read", whole).unwrap(),
        [
            (to("publish"), r#""hello!""#.to_owned()),
            // As it came, to the letter.
            (to("again"), whole.to_owned()),
        ]
    );
    let short = r#"{"Good":"hey"}"#;
    assert_eq!(
        routed(graph, "read", short).unwrap(),
        [(to("again"), short.to_owned())]
    );
    assert_eq!(
        routed(graph, "read", r#"{"Bad":[1,2]}"#).unwrap(),
        [(To::Each(index(graph, "rate")), "[1,2]".to_owned())]
    );
    assert_eq!(routed(graph, "read", r#""Unclear""#).unwrap(), []);
    assert!(routed(graph, "read", "7").is_err());
}

#[test]
fn a_fan_in_takes_a_tuple_whose_parts_convert() {
    let graph = meet::GRAPH;
    assert_eq!(graph.joins.len(), 2);
    for join in graph.joins {
        assert_eq!(join.sources, [index(graph, "read"), index(graph, "draft")]);
        let messages = [message(r#""Unclear""#), message(r#"{"text":"x"}"#)];
        let joined = (join.convert)(&messages).unwrap();
        assert_eq!(joined.json(), r#"["Unclear","x"]"#);
        let error = (join.convert)(&messages[..1]).unwrap_err();
        assert!(error.to_string().ends_with("it is missing"), "{error}");
    }
}

#[test]
fn an_end_converts_into_one_output() {
    let graph = meet::GRAPH;
    assert_eq!(graph.outputs, OutputCount::One);
    let Exit::Output(convert) = graph.nodes[index(graph, "join")].exit else {
        panic!("the path ends");
    };
    let output = convert(&message(r#"{"text":"x"}"#)).unwrap();
    assert_eq!(output.json(), r#""x""#);
    assert!(matches!(graph.nodes[index(graph, "pair")].exit, Exit::Drop));
}

#[test]
fn input_from_outside_is_checked_and_the_fault_located() {
    let check = |json| (decide::GRAPH.input.check)(json);
    assert_eq!(check(r#" "hello" "#).unwrap().json(), r#""hello""#);
    assert_eq!(check("[]").unwrap_err().path, ".");
    let index = index(decide::GRAPH, "again");
    let error = (decide::GRAPH.nodes[index].input.check)(r#"{"Bad":[1,"x"]}"#).unwrap_err();
    assert!(error.path.contains("[1]"), "{error}");
    assert!((decide::GRAPH.input.check)(r#""a" "b""#).is_err());
}

#[test]
fn a_type_that_no_path_gives_has_its_schema() {
    let schema = (decide::GRAPH.output.schema)();
    assert_eq!(schema["type"], "array");
    let index = index(decide::GRAPH, "again");
    let input = (decide::GRAPH.nodes[index].input.schema)();
    assert_eq!(input["title"], "Verdict");
}
