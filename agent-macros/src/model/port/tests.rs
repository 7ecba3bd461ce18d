use super::*;
use crate::names::Home;

fn read(options: &str, item: &str) -> (Option<Port>, Vec<String>) {
    let mut errors = Errors::new();
    let options = Options::parse(options.parse().unwrap(), &GRAMMAR, &mut errors);
    let item: Struct = syn::parse_str(item).unwrap();
    let port = validate(&item, &options, &Root::usual(Home::AgentSdk), &mut errors);
    let first_line = |text: String| text.lines().next().unwrap_or_default().to_owned();
    let errors = errors.texts().into_iter().map(first_line).collect();
    (port, errors)
}

#[test]
fn the_struct_is_the_question() {
    let options = "response = Decision, timeout = \"3d\", default = Decision::No, name = \"ask\"";
    let (port, errors) = read(options, "/// May we?\nstruct Approval { price: u64 }");
    assert_eq!(errors, [""; 0]);
    let port = port.unwrap();
    assert_eq!(port.name, "ask");
    assert_eq!(port.description.to_string(), "\"May we?\"");
    assert!(port.response.is_some() && port.timeout.is_some() && port.default.is_some());
}

#[test]
fn what_a_port_must_not_be() {
    for (options, item, expected) in [
        (
            "",
            "struct A;",
            "request port `A` does not say what an answer is [AGT723]",
        ),
        (
            "response = D",
            "struct A<T>(T);",
            "`#[request_port]` goes on a struct without parameters [AGT722]",
        ),
        (
            "response = D, default = D::No",
            "struct A;",
            "the default answer of request port `A` never counts without a timeout [AGT724]",
        ),
        (
            "response = D, timeout = \"0s\"",
            "struct A;",
            "option `timeout` takes a duration above zero, of number and `ms`, `s`, `m`, `h` or \
             `d` [AGT004]",
        ),
        (
            "response = D, name = \"a b\"",
            "struct A;",
            "`a b` cannot be the name of an asking node [AGT017]",
        ),
        (
            "respones = D",
            "struct A;",
            "unknown option `respones` for `#[request_port]`; did you mean `response`? [AGT002]",
        ),
        (
            "response = D, deafult = D::No",
            "struct A;",
            "unknown option `deafult` for `#[request_port]`; did you mean `default`? [AGT002]",
        ),
    ] {
        assert_eq!(read(options, item).1, [expected], "{options}");
    }
}
