use super::*;
use crate::names::Home;

fn read(options: &str, function: &str) -> (Orchestrator, Vec<String>) {
    let mut errors = Errors::new();
    let options = Options::parse(options.parse().unwrap(), &GRAMMAR, &mut errors);
    let function: Function = syn::parse_str(function).unwrap();
    let root = Root::usual(Home::AgentSdk);
    let orchestrator = validate(&function, &options, &root, &mut errors);
    let first_line = |text: String| text.lines().next().unwrap_or_default().to_owned();
    let errors = errors.texts().into_iter().map(first_line).collect();
    (orchestrator, errors)
}

#[test]
fn plain_functions_are_orchestrators() {
    for (function, has_input) in [
        ("async fn f(ctx: C) -> Result<R, E> {}", false),
        (
            "pub(crate) async fn f(mut ctx: C, (a, b): (u8, u8)) -> Result<R, E> {}",
            true,
        ),
        (
            "async fn f(_: C, _: Vec<String>) -> std::result::Result<u8, E> {}",
            true,
        ),
    ] {
        let (orchestrator, errors) = read("", function);
        assert_eq!(errors, [""; 0], "{function}");
        assert!(orchestrator.is_concrete && orchestrator.context.is_some());
        assert_eq!(orchestrator.input.is_some(), has_input, "{function}");
        assert_eq!(orchestrator.name, "f");
    }
}

#[test]
fn what_a_function_must_not_be() {
    for (function, expected) in [
        (
            "fn f(c: C) -> Result<R, E> {}",
            "orchestrator `f` must be an `async fn` [AGT012]",
        ),
        (
            "async fn f<'a>(c: C) -> Result<R, E> {}",
            "orchestrator `f` must not be generic [AGT013]",
        ),
        (
            "async fn f(c: C, i: impl T) -> Result<R, E> {}",
            "orchestrator `f` must not be generic [AGT013]",
        ),
        (
            "async fn f(&self, c: C) -> Result<R, E> {}",
            "orchestrator `f` must not take `self` [AGT014]",
        ),
        (
            "async unsafe fn f(c: C) -> Result<R, E> {}",
            "orchestrator `f` must not be `unsafe` [AGT015]",
        ),
        (
            "async extern \"C\" fn f(c: C) -> Result<R, E> {}",
            "orchestrator `f` must not be `extern` [AGT015]",
        ),
        (
            "async fn f(c: C, #[cfg(x)] i: u8) -> Result<R, E> {}",
            "an argument of orchestrator `f` cannot be conditional [AGT016]",
        ),
        (
            "async fn f() -> Result<R, E> {}",
            "orchestrator `f` has no context [AGT306]",
        ),
        (
            "async fn f(c: C, i: u8, j: u8) -> Result<R, E> {}",
            "orchestrator `f` takes a context and one input, and this is one more [AGT307]",
        ),
        (
            "async fn f(c: &C) -> Result<R, E> {}",
            "an argument of orchestrator `f` cannot be borrowed [AGT308]",
        ),
    ] {
        assert_eq!(read("", function).1, [expected], "{function}");
    }
}

#[test]
fn names_fit_every_hub() {
    for (name, expected) in [
        ("publish-2_A", None),
        ("2publish", Some("AGT017")),
        ("", Some("AGT017")),
        ("a.b", Some("AGT017")),
        ("é", Some("AGT017")),
        ("agent-run", Some("AGT018")),
        ("Agent-Run", Some("AGT018")),
        ("dafx-anything", Some("AGT018")),
        ("dafxample", None),
    ] {
        let options = format!("name = {name:?}");
        let (_, errors) = read(&options, "async fn f(c: C) -> Result<R, E> {}");
        let number = errors
            .first()
            .map(|text| &text[text.len() - 7..text.len() - 1]);
        assert_eq!(number, expected, "{name}");
    }
    let long = format!("name = {:?}", "a".repeat(128));
    assert_eq!(
        read(&long, "async fn f(c: C) -> Result<R, E> {}").1.len(),
        1
    );
}

#[test]
fn the_context_comes_first() {
    for (function, expected) in [
        (
            "async fn f(a: u8, ctx: OrchestrationContext) -> Result<R, E> {}",
            true,
        ),
        (
            "async fn f(a: u8, ctx: x::OrchestrationContext) -> Result<R, E> {}",
            true,
        ),
        (
            "async fn f(ctx: OrchestrationContext, a: u8) -> Result<R, E> {}",
            false,
        ),
        // For the compiler to tell: aliases have any name.
        ("async fn f(ctx: Context, a: u8) -> Result<R, E> {}", false),
    ] {
        let (orchestrator, errors) = read("", function);
        let text = "the context of orchestrator `f` comes after its input [AGT309]";
        let expected_errors: &[&str] = if expected { &[text] } else { &[] };
        assert_eq!(errors, expected_errors, "{function}");
        assert_eq!(orchestrator.is_concrete, !expected, "{function}");
    }
}
