//! What a body may hold, statement by statement.

use super::*;

#[test]
fn what_rust_has_and_a_graph_has_not() {
    for (body, what) in [
        ("«if» x { a; } else { b; }", "if"),
        ("«for» x in a { b; }", "for"),
        ("«while» x { a; }", "while"),
        ("«loop» { a; }", "loop"),
        ("a >> «|»x| x;", "|..|"),
        ("a >> «choose»!(b, c);", "choose!"),
        ("«route»!(b, c);", "route!"),
        ("«return» a;", "return"),
        ("a.«run»();", ".run()"),
        ("a >> b.«into»();", ".into()"),
        ("a >> b.«c»;", ".c"),
        ("a.«await»;", ".await"),
        ("a«?»;", "?"),
        ("a «+» b >> c;", "+"),
        ("a «|» b;", "|"),
        ("a «>» b;", ">"),
        ("a «<<» b;", "<<"),
        ("a «>>=» b;", ">>="),
        ("a «=» b;", "="),
        ("a«..»b;", ".."),
        ("a >> «!»b;", "!"),
        ("a >> «&»b;", "&"),
        ("a >> b «as» c;", "as"),
        ("a >> «[b, c]»;", "[..]"),
        ("a >> «b[0]»;", "[..]"),
        ("a >> «3»;", "3"),
        ("a >> «\"b\"»;", "\"b\""),
        ("a >> «B { x: 1 }»;", "B { .. }"),
        ("a >> «{ b }»;", "{ .. }"),
        ("a >> «unsafe» { b };", "unsafe"),
        ("a >> «async» { b };", "async"),
        ("a; «break»;", "break"),
        ("a >> «_»;", "_"),
        ("a >> «b()()»;", "b()()"),
        ("a; «fn» b() {}", "fn"),
        ("a; «use» b::c;", "use"),
        ("a; pub «struct» B;", "struct"),
    ] {
        let text = format!("`{what}` is not part of the graph of a workflow [AGT610]");
        assert_body(body, &[&text]);
    }
    assert_eq!(
        whole("if x { a; }"),
        "`if` is not part of the graph of a workflow [AGT610]\n\
         help: write `match node { pattern => target, .. }`"
    );
}

/// Bodies with what is said of them.
const FORMS: &[(&str, &str)] = &[
    (
        "a >> «(b)»;",
        "`(b)` is in parentheses for no reason [AGT611]",
    ),
    (
        "a >> «(b >> c)» >> d;",
        "`(b >> c)` is in parentheses for no reason [AGT611]",
    ),
    (
        "a >> «(b,)»;",
        "`(b,)` is in parentheses for no reason [AGT611]",
    ),
    (
        "«(a)» >> b;",
        "`(a)` is in parentheses for no reason [AGT611]",
    ),
    (
        "a >> «b::<T>»;",
        "node `b::<T>` has arguments in its path [AGT612]",
    ),
    (
        "a >> «<B as C>::d»;",
        "node `<B as C>::d` has arguments in its path [AGT612]",
    ),
    (
        "let b = «c::<T>»; a >> b;",
        "node `c::<T>` has arguments in its path [AGT612]",
    ),
    (
        "«#[cfg(x)]» a >> b;",
        "`#[cfg(x)]` has no place in the graph of a workflow [AGT613]",
    ),
    (
        "match order { «#[cfg(x)]» A => b, _ => () }",
        "`#[cfg(x)]` has no place in the graph of a workflow [AGT613]",
    ),
    (
        "a >> «b(1)»;",
        "node `b` is given a value where no arm of a `match` leads to it [AGT614]",
    ),
    (
        "match order { A(x) => b >> «c(x)» }",
        "node `c` is given a value where no arm of a `match` leads to it [AGT614]",
    ),
    (
        "match order { A(x) => (b(x), d >> «each(c)(x)») }",
        "node `each(c)` is given a value where no arm of a `match` leads to it [AGT614]",
    ),
    (
        "match order { A => «b()» }",
        "node `b` takes one value [AGT615]",
    ),
    (
        "match order { A(x, y) => «b(x, y)» }",
        "node `b` takes one value [AGT615]",
    ),
    ("a >> «each»;", "`each` takes one node [AGT616]"),
    ("a >> «each()»;", "`each` takes one node [AGT616]"),
    ("a >> «each(b, c)»;", "`each` takes one node [AGT616]"),
    ("a >> «each(b >> c)»;", "`each` takes one node [AGT616]"),
    ("a >> «each(each(b))»;", "`each` takes one node [AGT616]"),
    ("a >> «each(each)»;", "`each` takes one node [AGT616]"),
    ("let «each» = b; a;", "`each` takes one node [AGT616]"),
    ("match «each» { A => b }", "`each` takes one node [AGT616]"),
    ("«a»", "the path to `a` does not end in `;` [AGT619]"),
    ("a >> «b»", "the path to `b` does not end in `;` [AGT619]"),
    (
        "a >> «(b, c)»",
        "the path to `(b, c)` does not end in `;` [AGT619]",
    ),
    (
        "«let» mut b = c; a >> b;",
        "`let` gives a name to one node here [AGT620]",
    ),
    (
        "«let» b: B = c; a >> b;",
        "`let` gives a name to one node here [AGT620]",
    ),
    (
        "«let» b = c >> d; a >> b;",
        "`let` gives a name to one node here [AGT620]",
    ),
    (
        "«let» b; a >> b;",
        "`let` gives a name to one node here [AGT620]",
    ),
    (
        "«let» (b, c) = d; a >> b;",
        "`let` gives a name to one node here [AGT620]",
    ),
    ("a >> «()» >> b;", "`()` stands before `>>` [AGT621]"),
    ("«()» >> b;", "`()` stands before `>>` [AGT621]"),
    (
        "match order { A => «()» >> b }",
        "`()` stands before `>>` [AGT621]",
    ),
    ("a; «()»;", "`()` alone is no path [AGT622]"),
    ("a >> (b, «()»);", "`()` alone is no path [AGT622]"),
    (
        "match order { A => (b, «()») }",
        "`()` alone is no path [AGT622]",
    ),
    (
        "a >> «match» b { C => d };",
        "`match` stands inside of a path [AGT623]",
    ),
    (
        "match order { A => «match» b { C => d } }",
        "`match` stands inside of a path [AGT623]",
    ),
    (
        "match order { A => «{}» }",
        "the block of an arm holds one target [AGT624]",
    ),
    (
        "match order { A => «{ a; b }» }",
        "the block of an arm holds one target [AGT624]",
    ),
    (
        "match order { A => «{ a; }» }",
        "the block of an arm holds one target [AGT624]",
    ),
    (
        "match «a >> b» { C => d }",
        "`match` takes a node, or the parameter of the function [AGT625]",
    ),
    (
        "match «order.kind» { C => d }",
        "`match` takes a node, or the parameter of the function [AGT625]",
    ),
    ("a; «match» a {}", "`match a` has no arms [AGT626]"),
];

#[test]
fn forms_that_are_nearly_right() {
    for (body, expected) in FORMS {
        assert_body(body, &[expected]);
    }
}

#[test]
fn guards_and_values_only_pick_and_convert() {
    for (arm, what) in [
        ("A(x) => b(x.load()«.»await)", ".await"),
        ("A(x) => b(x«?»)", "?"),
        ("A(x) => b(«return» x)", "return"),
        ("A(x) => b({ «break» x })", "break"),
        ("A(x) => b({ «continue» })", "continue"),
        ("A(x) if x«?» => b", "?"),
        ("A(x) if { «return» } => b", "return"),
        ("A(x) => b(format!(\"{}\", x«?»))", "?"),
        ("A(x) => (c, each(b)(x«?»))", "?"),
        ("A(x) => (c, (d(x«?»), e))", "?"),
    ] {
        // The mark of `.await` is the word.
        let arm = arm.replace("«.»await", ".«await»");
        let text =
            format!("`{what}` cannot stand where a workflow picks the way of a message [AGT617]");
        assert_body(&format!("match order {{ {arm}, _ => () }}"), &[&text]);
    }
    for (arm, call) in [
        ("A => b(«Utc::now»())", "Utc::now"),
        ("A(x) if x < «SystemTime::now»() => b", "SystemTime::now"),
        ("A => b(«std::env::var»(\"X\"))", "std::env::var"),
        ("A(x) => each(b)(vec![«rand::random»()])", "rand::random"),
        ("A(x) => b({ «println»!(\"x\"); x })", "println!"),
    ] {
        let text = format!(
            "`{call}` must not be called where a workflow picks the way of a message [AGT618]"
        );
        assert_body(&format!("match order {{ {arm}, _ => () }}"), &[&text]);
    }
    for arm in [
        "A(x) => b(x.iter().map(|x| { return x; }).collect())",
        "A(x) => b(x.iter().map(|x| x?).collect())",
        "A(x) => b({ for y in x { if y { break; } else { continue; } } 3 })",
        "A(x) if x.len() > 3 && matches!(x, [1, ..]) => b(Draft { x, ..Draft::default() })",
        "A(x) => b(loop { break x })",
    ] {
        graph(&format!("match order {{ {arm}, _ => () }}"));
    }
}

#[test]
fn all_mistakes_are_told_in_one_build() {
    assert_body(
        "«#[x]» a >> «each()» >> «(b)» >> c.«d»(); match «3» { A => e } \
         «let» mut f = g; match a { B => f.«g»(), A(x) => e(x«?») }",
        &[
            "`#[x]` has no place in the graph of a workflow [AGT613]",
            "`each` takes one node [AGT616]",
            "`(b)` is in parentheses for no reason [AGT611]",
            "`.d()` is not part of the graph of a workflow [AGT610]",
            "`match` takes a node, or the parameter of the function [AGT625]",
            "`let` gives a name to one node here [AGT620]",
            "`.g()` is not part of the graph of a workflow [AGT610]",
            "`?` cannot stand where a workflow picks the way of a message [AGT617]",
        ],
    );
}

#[test]
fn what_rustfmt_writes_is_read() {
    let text = "match order {\n    A(x) => {\n        b(x) >> c\n    }\n    _ => (),\n}";
    let found = graph(text);
    assert_eq!(found.nodes.len(), 2);
    graph("match order { A => b, };");
    graph("a >> (b, c,) >> d;");
}

#[test]
fn what_a_macro_passed_on_is_read() {
    use proc_macro2::{Delimiter, Group, TokenTree};

    let grouped = |text: &str| {
        let tokens: TokenStream = text.parse().unwrap();
        TokenTree::Group(Group::new(Delimiter::None, tokens))
    };
    let (a, b, tuple) = (grouped("a"), grouped("b >> c"), grouped("(d, e)"));
    let function: Function = syn::parse2(quote::quote!(
        fn w(order: Order) -> Done {
            #a >> #b >> #tuple;
        }
    ))
    .unwrap();
    let mut errors = Errors::new();
    let options = Options::parse(TokenStream::new(), &GRAMMAR, &mut errors);
    let root = Root::usual(Home::AgentSdk);
    let workflow = validate(&function, &options, &root, &mut errors);
    assert_eq!(errors.texts(), [""; 0]);
    assert_eq!(workflow.unwrap().graph.nodes.len(), 5);
}
