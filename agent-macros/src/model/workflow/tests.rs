use super::*;
use crate::names::Home;

fn read_with(options: &str, function: &str) -> (Option<Workflow>, Vec<String>) {
    let mut errors = Errors::new();
    let options = Options::parse(options.parse().unwrap(), &GRAMMAR, &mut errors);
    let function: Function = syn::parse_str(function).unwrap();
    let root = Root::usual(Home::AgentSdk);
    let workflow = validate(&function, &options, &root, &mut errors);
    let first_line = |text: String| text.lines().next().unwrap_or_default().to_owned();
    let errors = errors.texts().into_iter().map(first_line).collect();
    (workflow, errors)
}

#[test]
fn smoke() {
    let (w, errors) = read_with(
        "",
        "fn w(order: Order) -> Done { order >> a >> (b, c) >> d; match d { X(y) => (e(y), a), _ => () } }",
    );
    assert_eq!(errors, [""; 0]);
    assert!(w.is_some());
}
