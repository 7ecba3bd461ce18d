use super::*;
use crate::errors::Errors;
use crate::model::executor::{Executor, NODE_GRAMMAR, validate};
use crate::names::{Home, Root};

fn read(options: &str, function: &str) -> (Undeclared, Vec<String>) {
    let mut errors = Errors::new();
    let options = Options::parse(options.parse().unwrap(), &NODE_GRAMMAR, &mut errors);
    let function: Function = syn::parse_str(function).unwrap();
    let root = Root::usual(Home::AgentSdk);
    let executor: Executor = validate(&function, &options, &root, &mut errors);
    let first_line = |text: String| text.lines().next().unwrap_or_default().to_owned();
    let errors = errors.texts().into_iter().map(first_line).collect();
    (executor.node.unwrap().undeclared, errors)
}

fn body(options: &str, body: &str) -> (Undeclared, Vec<String>) {
    let function = format!(
        "async fn review(draft: Draft, ctx: &WorkflowContext<review>) -> Result<(), E> {{ {body} }}"
    );
    read(options, &function)
}

const SENDS: &str = "executor `review` sends a message, and does not declare its type [AGT725]";
const YIELDS: &str =
    "executor `review` adds an output to the run, and does not declare its type [AGT726]";

#[test]
fn what_is_sent_and_not_declared_is_told_once() {
    for (options, text, expected) in [
        ("", "ctx.send(1);", vec![SENDS]),
        (
            "",
            "if true { ctx.send(1) } else { ctx.send(2) }",
            vec![SENDS],
        ),
        ("", "for_each(|x| ctx.send(x))", vec![SENDS]),
        ("", "join!(ctx.send(1))", vec![SENDS]),
        ("", "ctx.send::<u8>(1)", vec![SENDS]),
        ("sends(u8)", "ctx.send(1)", vec![]),
        ("", "ctx.yield_output(1)", vec![YIELDS]),
        ("yields(u8)", "ctx.yield_output(1)", vec![]),
        ("", "ctx.send(1); ctx.yield_output(2)", vec![SENDS, YIELDS]),
        ("", "other.send(1)", vec![]),
        ("", "self.ctx.send(1)", vec![]),
        ("", "ctx.sender.send(1)", vec![]),
        ("", "ctx.send", vec![]),
    ] {
        let (undeclared, errors) = body(options, text);
        assert_eq!(errors, expected, "{text}");
        assert_eq!(undeclared.sends, expected.contains(&SENDS), "{text}");
        assert_eq!(undeclared.yields, expected.contains(&YIELDS), "{text}");
    }
}

/// Such a body is left to the compiler, which knows what the name stands for.
#[test]
fn a_name_that_may_stand_for_something_else_is_not_looked_at() {
    for text in [
        "let ctx = channel(); ctx.send(1);",
        "let mut ctx = channel(); ctx.send(1);",
        "each(|ctx| ctx.send(1))",
        "{ let ctx = 1; } ctx.send(1)",
    ] {
        let (undeclared, errors) = body("", text);
        assert_eq!(errors, [""; 0], "{text}");
        assert!(!undeclared.sends, "{text}");
        assert!(undeclared.writes.is_empty(), "{text}");
    }
}

#[test]
fn slots_are_known_by_the_last_part_of_their_path() {
    for (options, text, undeclared) in [
        ("", "ctx.set::<Mail>(m)", true),
        ("writes(Mail)", "ctx.set::<Mail>(m)", false),
        ("may_write(Mail)", "ctx.set::<Mail>(m)", false),
        ("writes(state::Mail)", "ctx.set::<Mail>(m)", false),
        ("writes(Mail)", "ctx.set::<crate::state::Mail>(m)", false),
        ("reads(Mail)", "ctx.set::<Mail>(m)", true),
        ("writes(Budget)", "ctx.set::<Mail>(m)", true),
        (
            "writes(Keyed<u8, u8>)",
            "ctx.set::<Keyed<u8, u8>>(m)",
            false,
        ),
        (
            "writes(Keyed<u8, u8>)",
            "ctx.set::<Keyed<u8, Mail>>(m)",
            true,
        ),
        ("", "ctx.set(m)", false),
        ("", "ctx.set::<_>(m)", false),
        ("", "ctx.get::<Mail>()", false),
        // Names of the body's own mean nothing outside of it.
        ("", "use state::Mail; ctx.set::<Mail>(m)", false),
        ("", "{ type Mail = Letter; ctx.set::<Mail>(m) }", false),
    ] {
        let (found, errors) = body(options, text);
        assert_eq!(errors, [""; 0], "{text}");
        assert_eq!(!found.writes.is_empty(), undeclared, "{options} {text}");
    }
}

#[test]
fn the_context_is_that_of_the_executor() {
    let context = |ty: &str| {
        let function = format!("async fn review(d: Draft, ctx: {ty}) -> Result<(), E> {{}}");
        read("", &function).1
    };
    for right in [
        "&WorkflowContext<review>",
        "&workflow::WorkflowContext<self::review>",
        "&WorkflowContext<r#review>",
        "&Context",
        "&Arc<WorkflowContext<other>>",
    ] {
        assert_eq!(context(right), [""; 0], "{right}");
    }
    assert_eq!(
        context("&WorkflowContext<other>"),
        ["`WorkflowContext<other>` is not the context of executor `review` [AGT719]"]
    );
}

#[test]
fn the_own_context_stands_in_for_another() {
    let mut function: Function = syn::parse_str(
        "async fn review(d: Draft, ctx: &w::WorkflowContext<other>, b: &Bank) -> R {}",
    )
    .unwrap();
    with_own_context(&mut function);
    assert_eq!(
        written(&function.signature),
        "async fn review (d : Draft, ctx : &w::WorkflowContext<review>, b : &Bank) -> R"
    );
}
