//! The function around the body, and its options.

use super::*;

#[test]
fn what_a_function_must_not_be() {
    for (text, expected) in [
        (
            "«async» fn w(order: Order) -> Done { a; }",
            "workflow `w` must not be `async` [AGT601]",
        ),
        (
            "fn w«()» -> Done { a; }",
            "workflow `w` takes one parameter, which is its input [AGT602]",
        ),
        (
            "fn w(order: Order, «bank: Bank») -> Done { a; }",
            "workflow `w` takes one parameter, which is its input [AGT602]",
        ),
        (
            "fn w(«(a, b)»: Order) -> Done { a; }",
            "the parameter of workflow `w` must be a plain name [AGT603]",
        ),
        (
            "fn w(«mut order»: Order) -> Done { a; }",
            "the parameter of workflow `w` must be a plain name [AGT603]",
        ),
        (
            "fn w(«_»: Order) -> Done { a; }",
            "the parameter of workflow `w` must be a plain name [AGT603]",
        ),
        (
            "fn w(order: «&Order») -> Done { a; }",
            "the input of workflow `w` cannot be borrowed [AGT604]",
        ),
        (
            "fn w«<T>»(order: T) -> Done { a; }",
            "workflow `w` must not be generic [AGT013]",
        ),
        (
            "fn w(order: «impl Into<Order>») -> Done { a; }",
            "workflow `w` must not be generic [AGT013]",
        ),
        (
            "fn w(order: Order) -> «impl Into<Done>» { a; }",
            "workflow `w` must not be generic [AGT013]",
        ),
        (
            "fn w(«&self», order: Order) -> Done { a; }",
            "workflow `w` must not take `self` [AGT014]",
        ),
        (
            "fn w(«self») -> Done { a; }",
            "workflow `w` must not take `self` [AGT014]",
        ),
        (
            "«unsafe» fn w(order: Order) -> Done { a; }",
            "workflow `w` must not be `unsafe` [AGT015]",
        ),
        (
            "«const» fn w(order: Order) -> Done { a; }",
            "workflow `w` must not be `const` [AGT015]",
        ),
        (
            "«extern \"C\"» fn w(order: Order) -> Done { a; }",
            "workflow `w` must not be `extern` [AGT015]",
        ),
        (
            "fn w(«#[cfg(x)]» order: Order) -> Done { a; }",
            "an argument of workflow `w` cannot be conditional [AGT016]",
        ),
        (
            "fn «größe»(order: Order) -> Done { a; }",
            "`größe` cannot be the name of a workflow [AGT605]",
        ),
        (
            "fn «Status»(order: Order) -> Done { a; }",
            "`Status` cannot be the name of a workflow, since routes of workflows have it [AGT606]",
        ),
        (
            "fn «_w»(order: Order) -> Done { a; }",
            "`_w` cannot be the name of a workflow [AGT605]",
        ),
    ] {
        assert_function("", text, &[expected]);
    }
}

#[test]
fn mistakes_in_the_header_and_in_the_body_are_told_together() {
    assert_function(
        "",
        "«async» fn w«<T>»(«_»: Order) -> Done { a >> b; a >> c; «if» x {} }",
        &[
            "workflow `w` must not be `async` [AGT601]",
            "workflow `w` must not be generic [AGT013]",
            "the parameter of workflow `w` must be a plain name [AGT603]",
            "`if` is not part of the graph of a workflow [AGT610]",
        ],
    );
    assert_function(
        "",
        "«async» fn w(order: Order) -> Done { a >> b; «a» >> c; «d» >> e; }",
        &[
            "workflow `w` must not be `async` [AGT601]",
            "node `a` leads on in two places: already to `b` [AGT635]",
            "node `d` is never reached from `a` [AGT637]",
        ],
    );
}

#[test]
fn a_wrong_parameter_has_no_echo_in_the_body() {
    for (parameters, expected) in [
        (
            "order: «&Order»",
            "the input of workflow `w` cannot be borrowed [AGT604]",
        ),
        (
            "«mut order»: Order",
            "the parameter of workflow `w` must be a plain name [AGT603]",
        ),
        (
            "«(order, _)»: (Order, u8)",
            "the parameter of workflow `w` must be a plain name [AGT603]",
        ),
        (
            "order: Order, «bank: Bank»",
            "workflow `w` takes one parameter, which is its input [AGT602]",
        ),
    ] {
        let function = format!("fn w({parameters}) {{ match order {{ A => b, _ => () }} }}");
        assert_function("", &function, &[expected]);
    }
}

#[test]
fn names() {
    let text = of_body("a;");
    for (name, is_right) in [
        ("A", true),
        ("order-flow_2", true),
        (&*"x".repeat(63), true),
        (&*"x".repeat(64), false),
        ("", false),
        ("2nd", false),
        ("-x", false),
        ("a b", false),
        ("a.b", false),
        ("flöw", false),
    ] {
        let (workflow, errors) = read_with(&format!("name = {name:?}"), &text);
        if is_right {
            assert_eq!(errors, [], "{name}");
            assert_eq!(workflow.unwrap().name, name);
        } else {
            let text = format!("`{name}` cannot be the name of a workflow [AGT605]");
            assert_eq!(
                errors.into_iter().map(|(_, text)| text).collect::<Vec<_>>(),
                [text]
            );
        }
    }
    let (workflow, _) = read_with("", &text);
    assert_eq!(workflow.unwrap().name, "w");
    let (workflow, _) = read_with("", "fn r#type(order: Order) { a >> (); }");
    assert_eq!(workflow.unwrap().name, "type");
}

#[test]
fn options() {
    let all = "name = \"flow\", description = \"Does it\", state = Mailbox, version = \"2\", \
               max_supersteps = 20, retry(attempts = 3, first = \"1s\"), timeout = \"1h\"";
    let (workflow, errors) = read_with(all, &of_body("a;"));
    assert_eq!(errors, []);
    let workflow = workflow.unwrap();
    assert_eq!(workflow.name, "flow");
    assert!(workflow.state.is_some() && workflow.version.is_some());
    assert!(workflow.max_supersteps.is_some() && workflow.timeout.is_some());
    assert!(workflow.retry.is_some_and(|retry| retry.attempts.is_some()));
    assert_eq!(workflow.description.to_string(), "\"Does it\"");
    assert_eq!(workflow.parameter, "order");
    let (workflow, _) = read_with("", "/// Ships it.\nfn w(order: Order) { a >> (); }");
    let workflow = workflow.unwrap();
    assert!(workflow.description.to_string().contains("Ships it."));
    assert!(workflow.output.is_none() && workflow.state.is_none());

    for (options, expected) in [
        (
            "nmae = \"x\"",
            "unknown option `nmae` for `#[workflow]`; did you mean `name`? [AGT002]",
        ),
        (
            "version = \"1\", version = \"2\"",
            "option `version` is given twice [AGT003]",
        ),
        (
            "max_supersteps = 0",
            "option `max_supersteps` takes a whole number of at least 1 [AGT004]",
        ),
        (
            "timeout = 3",
            "option `timeout` takes a duration above zero, of number and `ms`, `s`, `m`, `h` or \
             `d` [AGT004]",
        ),
        (
            "retry(tries = 3)",
            "unknown option `tries` for `#[workflow]`; did you mean",
        ),
        ("state = \"x\"", "option `state` takes a type [AGT004]"),
    ] {
        let (_, errors) = read_with(options, &of_body("a;"));
        assert!(
            errors.len() == 1
                && errors[0]
                    .1
                    .starts_with(expected.split("; did").next().unwrap()),
            "{options}: {errors:?}"
        );
    }
}

#[test]
fn a_body_that_does_not_parse_is_left_to_the_compiler() {
    let function =
        function("fn w(order: Order) -> Done { a >> b; c >> >> d; match b { X => e(,) } }");
    let mut errors = Errors::new();
    let options = Options::parse(TokenStream::new(), &GRAMMAR, &mut errors);
    let root = Root::usual(Home::AgentSdk);
    assert!(validate(&function, &options, &root, &mut errors).is_none());
    assert_eq!(errors.texts(), [""; 0]);
    let unreadable = outline(&function).unreadable.unwrap();
    assert!(
        unreadable.contains("`#[workflow]` cannot read this item")
            && unreadable.contains("[AGT011]")
    );
}

#[test]
fn an_outline_has_what_could_be_read() {
    for (text, input, output, paths) in [
        (
            "fn w(order: Order) -> Done { order >> a >> (mail::b, each(c)); \
             match a { X(y) => d(y.z) }",
            "Order",
            "Done",
            "a mail::b c a d",
        ),
        ("fn w(order: Order) { a >> b. }", "Order", "", "a b"),
        (
            "fn w(a: A, b: B) -> Vec<Done> { a >> }",
            "",
            "Vec<Done>",
            "a",
        ),
        (
            "fn w(_: A) { let second = reviewer; \
             match second { P { x } if x > 3 => { e >> f } _ => (g(1), h) }",
            "",
            "",
            "reviewer e f g h",
        ),
        (
            "fn w(order: Order) { #[cfg(x)] println!(\"{}\", y); ::mail::c >> self::d; z(",
            "Order",
            "",
            "mail::c self::d z",
        ),
        ("fn w(order: Order) {}", "Order", "", ""),
    ] {
        let complete = close(text);
        let outline = outline(&function(&complete));
        let input_found = outline.input.as_ref().map(crate::syntax::text::text);
        assert_eq!(input_found.unwrap_or_default(), input, "{text}");
        let output_found = outline.output.as_ref().map(crate::syntax::text::text);
        assert_eq!(output_found.unwrap_or_default(), output, "{text}");
        let found: Vec<String> = outline
            .paths
            .iter()
            .map(crate::syntax::text::text)
            .collect();
        assert_eq!(found.join(" "), paths, "{text}");
        assert_eq!(outline.ident, "w");
    }
}

/// With the brackets that are missing at its end, as an editor adds them.
fn close(text: &str) -> String {
    let mut open = Vec::new();
    for letter in text.chars() {
        match letter {
            '(' => open.push(')'),
            '{' => open.push('}'),
            ')' | '}' => {
                open.pop();
            }
            _ => {}
        }
    }
    let missing: String = open.into_iter().rev().collect();
    format!("{text}{missing}")
}

#[test]
fn what_is_borrowed_has_an_owned_type() {
    for (borrowed, owned) in [
        ("&Order", "Order"),
        ("&str", "String"),
        ("&[u8]", "Vec<u8>"),
    ] {
        let text = format!("fn w(order: {borrowed}) -> Done {{ a; }}");
        let mut errors = Errors::new();
        let options = Options::parse(TokenStream::new(), &GRAMMAR, &mut errors);
        let root = Root::usual(Home::AgentSdk);
        validate(&function(&text), &options, &root, &mut errors);
        let errors = errors.texts();
        let expected = format!("\nhelp: write `order: {owned}`");
        assert!(
            errors.len() == 1 && errors[0].ends_with(&expected),
            "{errors:?}"
        );
    }
}
