use std::sync::Arc;

use durable_task::__private::activity_context;
use durable_task::Resources;
use proptest::prelude::*;

use super::*;
use crate::workflow::keyed::SlotProbe;
use crate::workflow::{Emits, MayRead, Reads, Sends, Writes};
use crate::workflow::{Keyed, Node, Place, SLOT_BYTES_MAX, STATE_BYTES_MAX};

struct Reviewer;
struct Budget;

type Budgeted = u64;
type Stock = Keyed<String, u32>;

impl Reads<u64> for Reviewer {
    const CODEC: Codec<u64> = <Codec<u64>>::OF;
}
impl MayRead<u64> for Reviewer {
    const CODEC: Codec<u64> = <Codec<u64>>::OF;
}
impl Writes<u64> for Reviewer {
    const CODEC: Codec<u64> = <Codec<u64>>::OF;
}
impl Writes<String> for Reviewer {
    const CODEC: Codec<String> = <Codec<String>>::OF;
}
impl Writes<Stock> for Reviewer {
    const CODEC: Codec<Stock> = <Codec<Stock>>::OF;
    const KEYED: Option<KeyedSlot> = <SlotProbe<Stock>>::KEYED;
}
impl Sends<String> for Reviewer {
    const CODEC: Codec<String> = <Codec<String>>::OF;
}
impl Emits<u8> for Reviewer {
    const CODEC: Codec<u8> = <Codec<u8>>::OF;
}

fn place() -> Place {
    Place {
        workflow: "inner".into(),
        node: "review".into(),
        instance: "run-1::inner::0".into(),
        root_instance: "run/1".into(),
        root_workflow: "purchase".into(),
        request_prefix: "inner~0~".into(),
        round: 3,
    }
}

fn call_with(resources: Resources) -> NodeCall {
    let cancelled = CancellationToken::new();
    let activity = activity_context(
        "review",
        "run-1::inner::0",
        7,
        cancelled,
        Arc::new(resources),
    );
    NodeCall::new(json(&"hello"), place(), activity)
}

fn call() -> NodeCall {
    call_with(Resources::default())
}

fn json<T: Serialize>(value: &T) -> Message {
    serde_json::from_str(&serde_json::to_string(value).unwrap()).unwrap()
}

fn context(call: NodeCall) -> WorkflowContext<Reviewer> {
    WorkflowContext::new(call)
}

fn texts(messages: &[Message]) -> Vec<&str> {
    messages.iter().map(Message::json).collect()
}

fn uses<X: 'static>(access: Access) -> SlotUse {
    SlotUse {
        type_id: TypeId::of::<X>,
        type_name: type_name::<X>,
        access,
    }
}

#[test]
fn a_slot_is_what_the_superstep_began_with_or_what_was_set() {
    let mut with_state = call();
    with_state.state.push((TypeId::of::<Budgeted>(), json(&5)));
    let ctx = context(with_state);
    assert_eq!(ctx.get::<u64>(), 5);
    ctx.set::<u64>(6_u32);
    assert_eq!((ctx.get::<u64>(), ctx.try_get::<u64>()), (6, Some(6)));
    ctx.set::<u64>(7_u64);
    let answer = ctx.finish("review", &[]).unwrap();
    assert_eq!(
        answer.updates,
        [(TypeId::of::<u64>(), json(&7))],
        "the last counts"
    );
    assert_eq!(context(call()).try_get::<u64>(), None);
}

#[test]
fn updates_of_a_reduced_slot_are_kept_apart_and_not_seen() {
    let mut reduced = call();
    reduced.state.push((TypeId::of::<u64>(), json(&5)));
    reduced.reduced.push(TypeId::of::<u64>());
    let ctx = context(reduced);
    ctx.set::<u64>(1_u64);
    ctx.set::<u64>(2_u64);
    assert_eq!(ctx.get::<u64>(), 5);
    let written = ctx.finish("review", &[]).unwrap().updates;
    let written: Vec<_> = written.iter().map(|(_, message)| message.json()).collect();
    assert_eq!(written, ["1", "2"]);
}

#[test]
fn updates_of_a_keyed_slot_are_one() {
    let ctx = context(call());
    ctx.set::<Stock>((String::from("a"), 1));
    ctx.set::<Stock>((String::from("b"), 2));
    ctx.set::<Stock>(Keyed::remove(String::from("a")));
    let updates = ctx.finish("review", &[]).unwrap().updates;
    assert_eq!(updates.len(), 1);
    assert_eq!(
        updates[0].1.json(),
        r#"{"entries":{"b":2},"removed":["a"]}"#
    );
}

#[test]
fn messages_and_outputs_keep_their_order() {
    let ctx = context(call());
    for text in ["a", "b"] {
        ctx.send(text.to_owned());
    }
    ctx.yield_output(1_u8);
    ctx.yield_output(2_u8);
    let answer = ctx.finish("review", &[]).unwrap();
    assert_eq!(texts(&answer.messages), ["\"a\"", "\"b\""]);
    assert_eq!(texts(&answer.outputs), ["1", "2"]);
}

#[test]
fn messages_are_counted() {
    let ctx = context(call());
    for _ in 0..MESSAGES_MAX {
        ctx.yield_output(1_u8);
    }
    ctx.send(String::new());
    let failure = ctx.finish("review", &[]).unwrap_err();
    assert!(failure.non_retriable);
    assert_eq!(
        failure.message,
        "an executor may give 10000 messages and outputs"
    );
}

fn events_failure(ctx: &WorkflowContext<Reviewer>) -> Failure {
    let failure = ctx.finish("review", &[]).unwrap_err();
    assert!(failure.non_retriable);
    failure
}

#[test]
fn events_keep_their_order_names_and_data() {
    let ctx = context(call());
    ctx.add_event("progress", &[1, 2]);
    ctx.add_event("a.b-c_9", "text");
    ctx.add_event("progress", &());
    let events = ctx.finish("review", &[]).unwrap().events;
    let told: Vec<_> = events
        .iter()
        .map(|event| (event.name.as_str(), event.data.json()))
        .collect();
    assert_eq!(
        told,
        [
            ("progress", "[1,2]"),
            ("a.b-c_9", "\"text\""),
            ("progress", "null")
        ]
    );
}

#[test]
fn an_event_has_a_plain_name() {
    context(call()).add_event(&"n".repeat(EVENT_NAME_BYTES_MAX), &1);
    for name in [
        "",
        "a b",
        "ä",
        "a\nb",
        &"n".repeat(EVENT_NAME_BYTES_MAX + 1),
    ] {
        let ctx = context(call());
        ctx.add_event(name, &1);
        ctx.add_event("fine", &1);
        let failure = events_failure(&ctx);
        assert_eq!(failure.error_type, "InvalidEvent");
        let begin = "node `review`: an event can't be named `";
        assert!(failure.message.starts_with(begin), "{failure}");
        assert!(!failure.message.contains('\n') && failure.message.len() < 250);
    }
}

#[test]
fn an_event_that_cannot_be_written_fails_the_executor() {
    let ctx = context(call());
    let pairs = std::collections::BTreeMap::from([((1, 2), 3)]);
    ctx.add_event("pairs", &pairs);
    let failure = events_failure(&ctx);
    assert_eq!(
        (failure.error_type.as_str(), failure.message.as_str()),
        (
            "InvalidEvent",
            "event `pairs` of node `review` can't be written: key must be a string"
        )
    );
}

#[test]
fn events_are_counted() {
    let ctx = context(call());
    for _ in 0..EVENTS_MAX {
        ctx.add_event("tick", &1);
    }
    assert_eq!(ctx.finish("review", &[]).unwrap().events.len(), EVENTS_MAX);
    let ctx = context(call());
    for _ in 0..=EVENTS_MAX {
        ctx.add_event("tick", &1);
    }
    let failure = events_failure(&ctx);
    assert_eq!(
        (failure.error_type.as_str(), failure.message.as_str()),
        (
            "TooManyEvents",
            "node `review`: one run of an executor may add 1000 events"
        )
    );
}

#[test]
fn events_have_a_size_together() {
    let part = "x".repeat(EVENTS_BYTES_MAX / 2 - 2 - "half".len());
    let ctx = context(call());
    ctx.add_event("half", &part);
    ctx.add_event("half", &part);
    assert!(ctx.finish("review", &[]).is_ok(), "just within");
    let ctx = context(call());
    ctx.add_event("half", &part);
    ctx.add_event("half", &format!("{part}x"));
    let failure = events_failure(&ctx);
    assert_eq!(
        (failure.error_type.as_str(), failure.message.as_str()),
        (
            "EventsTooLarge",
            "node `review`: the events of one run of an executor may have 1048576 bytes, and with \
             `half` they have 1048577"
        )
    );
}

#[test]
fn what_is_declared_as_written_must_be() {
    let wanted = [
        uses::<u64>(Access::Writes),
        uses::<String>(Access::MayWrite),
    ];
    let failure = context(call()).finish("review", &wanted).unwrap_err();
    assert!(failure.non_retriable);
    assert_eq!(
        failure.message,
        "executor `review` succeeded without having set `u64`, which it declares in `writes(..)`; \
         declare it in `may_write(..)` if it is not always set"
    );
    let ctx = context(call());
    ctx.set::<u64>(0_u64);
    assert!(ctx.finish("review", &wanted).is_ok());
}

#[test]
fn what_is_declared_as_read_must_be_there_and_fit() {
    let check = |ctx: &WorkflowContext<Reviewer>, access| {
        ctx.check::<u64>("review", access, <Codec<u64>>::OF)
    };
    let empty = context(call());
    assert!(check(&empty, Access::MayRead).is_ok());
    let failure = check(&empty, Access::Reads).unwrap_err();
    assert_eq!(
        failure.message,
        "executor `review` reads `u64`, which is not set"
    );
    let mut wrong = call();
    wrong.state.push((TypeId::of::<u64>(), json(&"five")));
    for access in [Access::Reads, Access::MayRead] {
        let failure = check(&context(wrong.clone_for_tests()), access).unwrap_err();
        assert!(failure.non_retriable);
        let expected = "a slot that executor `review` reads can't be read as `u64`";
        assert!(failure.message.starts_with(expected), "{failure}");
    }
}

#[test]
fn slots_have_a_size() {
    let ctx = context(call());
    ctx.set::<String>("x".repeat(SLOT_BYTES_MAX - 2));
    assert!(
        ctx.finish("review", &[]).is_ok(),
        "with its quotes just within"
    );
    let ctx = context(call());
    ctx.set::<String>("x".repeat(SLOT_BYTES_MAX - 1));
    let failure = ctx.finish("review", &[]).unwrap_err();
    assert!(
        failure.non_retriable && failure.error_type == "StateTooLarge",
        "{failure}"
    );
    assert!(
        failure.message.contains("the limit is 4194304"),
        "{failure}"
    );
}

#[test]
fn what_is_written_over_does_not_count() {
    let ctx = context(call());
    for _ in 0..=STATE_BYTES_MAX / SLOT_BYTES_MAX {
        ctx.set::<String>("x".repeat(SLOT_BYTES_MAX - 2));
    }
    assert!(ctx.finish("review", &[]).is_ok());
    let mut reduced = call();
    reduced.reduced.push(TypeId::of::<String>());
    let ctx = context(reduced);
    for _ in 0..=STATE_BYTES_MAX / SLOT_BYTES_MAX {
        ctx.set::<String>("x".repeat(SLOT_BYTES_MAX - 2));
    }
    let failure = ctx.finish("review", &[]).unwrap_err();
    assert!(
        failure.message.contains("the limit is 16777216"),
        "{failure}"
    );
}

#[test]
fn who_it_runs_for() {
    let mut from = call();
    from.sources = vec!["draft".into()];
    let ctx = context(from);
    assert_eq!(
        (ctx.workflow(), ctx.node(), ctx.round()),
        ("inner", "review", 3)
    );
    assert_eq!(ctx.instance_id(), "run-1::inner::0");
    assert_eq!(ctx.sources(), ["draft"]);
    assert_eq!(ctx.idempotency_key(), "run-1::inner::0::7");
    assert!(!ctx.cancelled().is_cancelled());
    assert_eq!(
        ctx.status_url_at("https://shop.example/api/"),
        "https://shop.example/api/workflow/purchase/status/run%2F1"
    );
}

impl NodeCall {
    fn clone_for_tests(&self) -> Self {
        let mut copy = call();
        copy.state.clone_from(&self.state);
        copy
    }
}

struct Question;

impl Node for Question {
    type Input = u8;
    type Output = u8;
    type Kind = crate::workflow::Plain;
    type This = Self;
    type Yielded = crate::workflow::NoYields;
    const INPUT: Codec<Self::Input> = Codec::OF;
    const OUTPUT: Codec<Self::Output> = Codec::OF;

    fn definition() -> crate::workflow::NodeDefinition {
        crate::workflow::port::port_node::<Self>("", || serde_json::Value::Null, None, None)
    }
}

impl RequestPort for Question {
    const NAME: &'static str = "question";
}

#[test]
fn links_lead_to_the_run_that_was_started_from_outside() {
    let mut resources = Resources::default();
    resources.insert(PublicUrl::new("shop.example"));
    let mut asking = call_with(resources);
    asking
        .requests
        .push((TypeId::of::<Budget>(), Some("other-0".into())));
    asking
        .requests
        .push((TypeId::of::<Question>(), Some("question-3".into())));
    asking
        .requests
        .push((TypeId::of::<Question>(), Some("again-3".into())));
    let ctx = context(asking);
    let path = "workflow/purchase/respond/run%2F1/inner~0~question-3";
    assert_eq!(
        ctx.respond_url::<Question>().unwrap(),
        format!("https://shop.example/api/{path}")
    );
    assert_eq!(
        ctx.respond_url_at::<Question>("http://here").unwrap(),
        format!("http://here/{path}")
    );
    assert_eq!(
        ctx.status_url().unwrap(),
        "https://shop.example/api/workflow/purchase/status/run%2F1"
    );
    let problem = context(call()).respond_url_at::<Question>("x").unwrap_err();
    assert!(matches!(problem, LinkError::NoSuchPort { .. }), "{problem}");
}

#[test]
fn links_begin_with_what_is_known_best() {
    // What the environment says in between is a matter of the tests over real programs.
    let link = |resources| context(call_with(resources)).status_url();
    let path = "workflow/purchase/status/run%2F1";
    let host = HostUrl::new(None);
    let mut resources = Resources::default();
    resources.insert(host.clone());
    let problem = link(resources).unwrap_err();
    assert!(matches!(problem, LinkError::NoBaseUrl { .. }), "{problem}");

    host.listens_on(7071);
    host.listens_on(7072);
    let mut resources = Resources::default();
    resources.insert(host);
    let local = format!("http://localhost:7071/api/{path}");
    assert_eq!(link(resources).unwrap(), local);

    let host = HostUrl::new(Some("https://agents.example/team/"));
    host.listens_on(7071);
    let mut resources = Resources::default();
    resources.insert(host.clone());
    let configured = format!("https://agents.example/team/api/{path}");
    assert_eq!(link(resources).unwrap(), configured);

    let mut resources = Resources::default();
    resources.insert(host);
    resources.insert(PublicUrl::new("shop.example"));
    let registered = format!("https://shop.example/api/{path}");
    assert_eq!(link(resources).unwrap(), registered);
}

#[derive(Debug, Clone)]
enum Step {
    Plain(u64),
    Keyed(u8, u32),
    Removed(u8),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        any::<u64>().prop_map(Step::Plain),
        (0..4_u8, any::<u32>()).prop_map(|(key, value)| Step::Keyed(key, value)),
        (0..4_u8).prop_map(Step::Removed),
    ];
    proptest::collection::vec(step, 0..20)
}

proptest! {
    /// Whatever an executor sets in whatever order: what is merged in the end is what a program
    /// with a variable would have.
    #[test]
    fn what_is_merged_is_what_was_set_last(steps in steps()) {
        let ctx = context(call());
        let (mut plain, mut stock) = (None, Stock::new());
        for step in steps {
            match step {
                Step::Plain(value) => {
                    ctx.set::<u64>(value);
                    plain = Some(value);
                }
                Step::Keyed(key, value) => {
                    ctx.set::<Stock>((key.to_string(), value));
                    stock.apply(Keyed::insert(key.to_string(), value));
                }
                Step::Removed(key) => {
                    ctx.set::<Stock>(Keyed::remove(key.to_string()));
                    stock.apply(Keyed::remove(key.to_string()));
                }
            }
        }
        let updates = ctx.finish("review", &[]).unwrap().updates;
        let of = |id: TypeId| {
            let updates = updates.iter().filter(|(slot, _)| *slot == id);
            updates.map(|(_, message)| message.clone()).collect::<Vec<_>>()
        };
        let written = of(TypeId::of::<u64>());
        prop_assert!(written.len() <= 1);
        prop_assert_eq!(written.first().map(|message| message.read().unwrap()), plain);
        let keyed = <SlotProbe<Stock>>::KEYED.unwrap();
        let merged = (keyed.merge)(None, &of(TypeId::of::<Stock>())).unwrap();
        prop_assert_eq!(merged.read::<Stock>().unwrap(), stock);
    }
}
