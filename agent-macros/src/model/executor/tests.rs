use super::*;
use crate::names::Home;

fn read(options: &str, function: &str) -> (Executor, Vec<String>) {
    let mut errors = Errors::new();
    let options = Options::parse(options.parse().unwrap(), &GRAMMAR, &mut errors);
    let function: Function = syn::parse_str(function).unwrap();
    let root = Root::usual(Home::DurableTask);
    let executor = validate(&function, &options, &root, &mut errors);
    let first_line = |text: String| text.lines().next().unwrap_or_default().to_owned();
    let errors = errors.texts().into_iter().map(first_line).collect();
    (executor, errors)
}

#[test]
fn the_input_is_told_from_what_is_lent_by_the_reference() {
    for (arguments, input, lent) in [
        ("", None, vec![]),
        ("order: Order", Some("Order"), vec![]),
        ("ctx: &Context", None, vec!["Context"]),
        (
            "order: Order, ctx: &Context, bank: &a::Bank",
            Some("Order"),
            vec!["Context", "a::Bank"],
        ),
        (
            "_: (u8, u8), bank: &Arc<dyn Bank>",
            Some("(u8, u8)"),
            vec!["Arc<dyn Bank>"],
        ),
    ] {
        let (executor, errors) = read("", &format!("async fn f({arguments}) -> Result<R, E> {{}}"));
        assert_eq!(errors, [""; 0], "{arguments}");
        let read_input = executor.input.as_ref().map(written);
        let same = |a: &str, b: &str| a.replace(' ', "") == b.replace(' ', "");
        assert!(
            same(read_input.as_deref().unwrap_or(""), input.unwrap_or("")),
            "{read_input:?}"
        );
        let read_lent: Vec<String> = executor.lent.iter().map(written).collect();
        assert_eq!(read_lent, lent, "{arguments}");
    }
}

#[test]
fn what_a_function_must_not_be() {
    for (function, expected) in [
        (
            "fn f() -> Result<R, E> {}",
            "executor `f` must be an `async fn` [AGT012]",
        ),
        (
            "async fn f<T>() -> Result<R, E> {}",
            "executor `f` must not be generic [AGT013]",
        ),
        (
            "async fn f(self) -> Result<R, E> {}",
            "executor `f` must not take `self` [AGT014]",
        ),
        (
            "async fn f(a: u8, b: u8) -> Result<R, E> {}",
            "executor `f` takes one input by value, as its first argument [AGT406]",
        ),
        (
            "async fn f(ctx: &C, b: u8) -> Result<R, E> {}",
            "executor `f` takes one input by value, as its first argument [AGT406]",
        ),
        (
            "async fn f(a: &mut T) -> Result<R, E> {}",
            "executor `f` cannot borrow `&mut T` [AGT407]",
        ),
    ] {
        assert_eq!(read("", function).1, [expected], "{function}");
    }
}

#[test]
fn a_node_does_not_borrow_its_message() {
    let read = |options: &str, arguments: &str| {
        let mut errors = Errors::new();
        let options = Options::parse(options.parse().unwrap(), &NODE_GRAMMAR, &mut errors);
        let function = format!("async fn f({arguments}) -> Result<R, E> {{}}");
        let function: Function = syn::parse_str(&function).unwrap();
        let root = Root::usual(Home::AgentSdk);
        let executor = validate(&function, &options, &root, &mut errors);
        let borrowed = executor.borrowed.as_ref().map(written);
        (borrowed, executor.knows_input, errors.texts())
    };
    // As an activity it needs no input, so a graph has to tell.
    assert_eq!(
        read("", "order: &Order"),
        (Some("Order".to_owned()), true, vec![])
    );
    for (options, arguments) in [
        ("", "order: &Order, ctx: &WorkflowContext<f>"),
        ("reads(Budget)", "order: &Order"),
        ("yields(Report)", "order: &Order"),
    ] {
        let (_, knows_input, errors) = read(options, arguments);
        let expected = "executor `f` cannot borrow `&Order` [AGT409]\nhelp: write `Order`: an \
             executor owns what it is called with, and what it borrows is a resource";
        assert_eq!(errors, [expected], "{options} {arguments}");
        assert!(!knows_input, "{options} {arguments}");
    }
    for (options, arguments) in [
        ("", ""),
        ("reads(Budget)", ""),
        ("", "ctx: &WorkflowContext<f>, bank: &Bank"),
        ("", "ctx: &workflow::WorkflowContext<f>"),
        ("", "ctx: &ActivityContext"),
        ("reads(Budget)", "_: (), bank: &Bank"),
    ] {
        assert_eq!(
            read(options, arguments),
            (None, true, vec![]),
            "{options} {arguments}"
        );
    }
    // The input is there, and not first: that is told, and no more.
    let (_, _, errors) = read("reads(Budget)", "bank: &Bank, order: Order");
    assert_eq!(errors.len(), 1, "{errors:?}");
    assert!(errors[0].contains("[AGT406]"), "{errors:?}");
}

#[test]
fn options_of_workflows_are_told_apart_from_unknown_ones() {
    for option in [
        "concurrency = 2",
        "reads(T)",
        "writes(T)",
        "sends(T)",
        "yields(T)",
        "may_read(T)",
    ] {
        let (_, errors) = read(option, "async fn f() -> Result<R, E> {}");
        assert!(
            errors.len() == 1 && errors[0].ends_with("[AGT408]"),
            "{errors:?}"
        );
    }
}

#[test]
fn options_inside_of_an_option_are_checked() {
    for (options, expected) in [
        ("retry()", &[] as &[&str]),
        ("retry(attempts = 3, first = \"1s\")", &[]),
        (
            "retry(attempts = 0)",
            &["option `attempts` takes a whole number of at least 1 [AGT004]"],
        ),
        (
            "retry(attempt = 3)",
            &["unknown option `attempt` for `#[executor]`; did you mean `attempts`? [AGT002]"],
        ),
        (
            "retry(max = \"1s\", max = \"2s\")",
            &["option `max` is given twice [AGT003]"],
        ),
        (
            "retry",
            &["option `retry` takes options in parentheses [AGT004]"],
        ),
        (
            "retry = 3",
            &["option `retry` takes options in parentheses [AGT004]"],
        ),
        (
            "retry(), retry()",
            &["option `retry` is given twice [AGT003]"],
        ),
    ] {
        assert_eq!(
            read(options, "async fn f() -> Result<R, E> {}").1,
            expected,
            "{options}"
        );
    }
}

fn read_node(options: &str) -> (NodeOptions, Vec<String>) {
    let mut errors = Errors::new();
    let options = Options::parse(options.parse().unwrap(), &NODE_GRAMMAR, &mut errors);
    let function = "async fn f(input: I, ctx: &WorkflowContext<f>) -> Result<O, E> {}";
    let function: Function = syn::parse_str(function).unwrap();
    let root = Root::usual(Home::AgentSdk);
    let executor = validate(&function, &options, &root, &mut errors);
    let first_line = |text: String| text.lines().next().unwrap_or_default().to_owned();
    let errors = errors.texts().into_iter().map(first_line).collect();
    (executor.node.unwrap(), errors)
}

#[test]
fn what_an_executor_declares_as_a_node() {
    let options = "reads(A, b::B), may_read(C), writes(A), may_write(Keyed<K, V>), sends(Vec<T>), \
                   yields(U), concurrency = 3";
    let (node, errors) = read_node(options);
    assert_eq!(errors, [""; 0]);
    let texts = |types: &[Type]| types.iter().map(written).collect::<Vec<_>>();
    assert_eq!(texts(&node.reads), ["A", "b::B"]);
    assert_eq!(texts(&node.may_read), ["C"]);
    assert_eq!(texts(&node.writes), ["A"]);
    assert_eq!(texts(&node.may_write), ["Keyed<K, V>"]);
    assert_eq!(node.sends.as_ref().map(written).unwrap(), "Vec<T>");
    assert_eq!(node.yields.as_ref().map(written).unwrap(), "U");
    assert!(node.concurrency.is_some());
}

#[test]
fn which_options_need_a_workflow() {
    for (options, expected) in [
        ("", false),
        ("concurrency = 1, timeout = \"1s\"", false),
        ("reads(A)", true),
        ("may_read(A)", true),
        ("writes(A)", true),
        ("may_write(A)", true),
        ("sends(A)", true),
        ("yields(A)", true),
    ] {
        assert_eq!(read_node(options).0.needs_workflow(), expected, "{options}");
    }
}

#[test]
fn a_slot_is_declared_once_for_reading_and_once_for_writing() {
    for (options, expected) in [
        ("reads(A), writes(A)", &[] as &[&str]),
        (
            "reads(A, A)",
            &["executor `f` declares `A` in `reads(..)` and before that in `reads(..)` [AGT711]"],
        ),
        (
            "may_read(A), reads(A)",
            &[
                "executor `f` declares `A` in `may_read(..)` and before that in `reads(..)` \
                 [AGT711]",
            ],
        ),
        (
            "writes(A), may_write(B, A)",
            &[
                "executor `f` declares `A` in `may_write(..)` and before that in `writes(..)` \
                 [AGT711]",
            ],
        ),
    ] {
        assert_eq!(read_node(options).1, expected, "{options}");
    }
}

#[test]
fn options_of_nodes_take_types_in_parentheses() {
    for options in [
        "reads",
        "reads()",
        "reads = A",
        "reads[A]",
        "reads(5)",
        "sends(A, B)",
        "yields()",
        "concurrency = 0",
    ] {
        let errors = read_node(options).1;
        assert!(
            errors.len() == 1 && errors[0].ends_with("[AGT004]"),
            "{options}: {errors:?}"
        );
    }
}
