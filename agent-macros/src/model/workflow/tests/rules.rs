//! Rules for the whole body: names, ways, tuples, loops.

use super::*;

#[test]
fn start() {
    for (body, expected) in [
        (
            "match «a» { X => b, _ => () }",
            "workflow `w` has no start [AGT630]",
        ),
        (
            "let a = b; match «a» { X => c, _ => () } c >> d;",
            "workflow `w` has no start [AGT630]",
        ),
        (
            "order >> a; «order» >> b;",
            "the input `order` leads on in two places: already to `a` [AGT631]",
        ),
        (
            "match order { X => a, _ => () } «order» >> b;",
            "the input `order` leads on in two places: already by its `match` [AGT631]",
        ),
        (
            "«(a, b)» >> c;",
            "a path cannot begin with `(a, b)` [AGT632]",
        ),
        (
            "order >> a; «(a >> d, b)»;",
            "a path cannot begin with `(a >> d, b)` [AGT632]",
        ),
        (
            "each(«a») >> c;",
            "a path cannot begin with `each(a)` [AGT632]",
        ),
        (
            "a >> «order» >> b;",
            "`order` is the input, so no path leads to it [AGT633]",
        ),
        (
            "a >> (b, «order» >> c);",
            "`order` is the input, so no path leads to it [AGT633]",
        ),
        (
            "order >> a >> each(«order»);",
            "`order` is the input, so no path leads to it [AGT633]",
        ),
        (
            "order >> «order»;",
            "`order` is the input, so no path leads to it [AGT633]",
        ),
        (
            "«order»;",
            "workflow `w` sends its input to no node [AGT634]",
        ),
        (
            "«order» >> ();",
            "workflow `w` sends its input to no node [AGT634]",
        ),
        (
            "match «order» { X => (), _ => () }",
            "workflow `w` sends its input to no node [AGT634]",
        ),
    ] {
        assert_body(body, &[expected]);
    }
    assert_function(
        "",
        "fn «w»(order: Order) -> Done {}",
        &["workflow `w` has no start [AGT630]"],
    );
    assert_function(
        "",
        "fn «w»(order: Order) -> Done { let «a» = b; }",
        &[
            "workflow `w` has no start [AGT630]",
            "node `a` has a `let`, and is in no path [AGT654]",
        ],
    );
}

#[test]
fn one_way_out() {
    for (body, expected) in [
        (
            "a >> b; «a» >> c;",
            "node `a` leads on in two places: already to `b` [AGT635]",
        ),
        (
            "a >> (b, c); «a» >> d;",
            "node `a` leads on in two places: already to `(b, c)` [AGT635]",
        ),
        (
            "a >> each(b); «a» >> c;",
            "node `a` leads on in two places: already to `each(b)` [AGT635]",
        ),
        (
            "a >> b; match «a» { X => c, _ => () }",
            "node `a` leads on in two places: already to `b` [AGT635]",
        ),
        (
            "a >> (); «a» >> c;",
            "node `a` leads on in two places: already to `()` [AGT635]",
        ),
        (
            "order >> a; match a { X => b } match «a» { X => c }",
            "node `a` leads on in two places: already by its `match` [AGT635]",
        ),
        (
            "a >> b >> c; match c { X => «b» >> d, _ => () }",
            "node `b` leads on in two places: already to `c` [AGT635]",
        ),
        (
            "a >> b; a >> «b»;",
            "edge `a >> b` is declared twice [AGT636]",
        ),
        (
            "a >> b; a >> «b» >> c;",
            "edge `a >> b` is declared twice [AGT636]",
        ),
        ("a >> (b, «b»);", "edge `a >> b` is declared twice [AGT636]"),
        (
            "a >> (b, c >> d, «b» >> e);",
            "edge `a >> b` is declared twice [AGT636]",
        ),
        (
            "order >> a; order >> «a»;",
            "edge `order >> a` is declared twice [AGT636]",
        ),
        (
            "a >> (b, c) >> (d, «d»);",
            "edge `(b, c) >> d` is declared twice [AGT636]",
        ),
        (
            "match order { X => (a, «a»), _ => () }",
            "edge `order >> a` is declared twice [AGT636]",
        ),
    ] {
        assert_body(body, &[expected]);
    }
    // Different values are different messages, and arms exclude each other.
    graph("match order { X(x, y) => (a(x), a(y)), Y => a, _ => a }");
}

#[test]
fn two_ways_are_put_together_for_the_user() {
    for (body, help) in [
        (
            "a >> b; a >> c;",
            "write it once, with a tuple: `a >> (b, c);`",
        ),
        (
            "a >> (b, c); a >> (c, each(d));",
            "write it once, with a tuple: `a >> (b, c, each(d));`",
        ),
        (
            "a >> b; match a { X => c, _ => () }",
            "write the other targets into the arms of `match a`: `pattern => (first, second)`",
        ),
        (
            "a >> b; match b { X => c } match b { X => d }",
            "write one `match b { .. }` with all arms",
        ),
        ("a >> b; a >> ();", "remove `a >> ()`, or the other path"),
    ] {
        assert_eq!(
            whole(body).split("\nhelp: ").nth(1).unwrap(),
            help,
            "{body}"
        );
    }
}

#[test]
fn every_node_is_reached() {
    for (body, expected) in [
        (
            "a >> b; «c» >> b;",
            "node `c` is never reached from `a` [AGT637]",
        ),
        (
            "order >> b; «c» >> d >> e;",
            "node `c` is never reached from `order` [AGT637]",
        ),
        (
            "a >> b; d >> e; «c» >> d;",
            "node `c` is never reached from `a` [AGT637]",
        ),
        (
            "a >> b; match «c» { X => d, _ => c }",
            "node `c` is never reached from `a` [AGT637]",
        ),
        (
            "a >> b; «c»;",
            "node `c` is never reached from `a` [AGT637]",
        ),
        (
            "a >> b; match «c» { X => d, _ => () } d >> c;",
            "node `c` is never reached from `a` [AGT637]",
        ),
        ("a >> b; «b»;", "the path `b;` says nothing [AGT658]"),
        (
            "order >> a; «order»;",
            "the path `order;` says nothing [AGT658]",
        ),
        ("«a»; order >> a;", "the path `a;` says nothing [AGT658]"),
    ] {
        assert_body(body, &[expected]);
    }
    assert_body(
        "a >> b; «c» >> d; «e» >> f; f >> d;",
        &[
            "node `c` is never reached from `a` [AGT637]",
            "node `e` is never reached from `a` [AGT637]",
        ],
    );
    graph("a; match a { X => b, _ => () }");
}

#[test]
fn loops_can_be_left() {
    for (body, expected) in [
        ("a >> b >> «a»;", "loop `a >> b >> a` never ends [AGT638]"),
        ("a >> «a»;", "loop `a >> a` never ends [AGT638]"),
        (
            "order >> a >> b >> c; c >> «b»;",
            "loop `b >> c >> b` never ends [AGT638]",
        ),
        (
            "a >> b; match b { X => a, _ => «a» }",
            "loop `a >> b >> a` never ends [AGT638]",
        ),
        (
            "a >> b; match b { X => a, Y => («a», c) }",
            "loop `a >> b >> a` never ends [AGT638]",
        ),
        (
            "a >> (b, c >> «a»);",
            "loop `a >> c >> a` never ends [AGT638]",
        ),
        (
            "a >> (b, c) >> «a»;",
            "loop `a >> c >> a` never ends [AGT638]",
        ),
        // Each loop leads only to the other one.
        (
            "order >> a; match a { X => b, Y => c } match b { X => a, _ => a } c >> «a»;",
            "loop `a >> c >> a` never ends [AGT638]",
        ),
    ] {
        assert_body(body, &[expected]);
    }
    for body in [
        "a >> b; match b { X => a, _ => () }",
        "a >> b; match b { X => a, _ => c }",
        "a >> (b, c) >> d; match d { X => a, Y => () }",
        "order >> a; match a { X => a, Y => b } match b { X => a, Y => b, Z => () }",
        "a >> each(b) >> c; match c { X => a, Y => () }",
    ] {
        graph(body);
    }
    // The second one is wrong by itself, not because it leads to the first.
    assert_body(
        "a >> b >> «a»; ",
        &["loop `a >> b >> a` never ends [AGT638]"],
    );
    let (_, errors) = read_with("", &of_body("a >> (b, c >> a); b >> d >> e >> d;"));
    assert_eq!(errors.len(), 2, "{errors:?}");
    let (_, errors) = read_with(
        "",
        &of_body("a >> b; match b { X => a, _ => c } c >> d >> c;"),
    );
    assert_eq!(errors.len(), 1, "{errors:?}");
}

#[test]
fn closed_tuples_are_exact() {
    for (body, expected) in [
        (
            "a >> (b, c) >> d; match d { X => «b», _ => () }",
            "node `b` is inside of the closed tuple before `d`, and reached from `d` as well \
             [AGT639]",
        ),
        (
            "a >> (b, c) >> «b»;",
            "node `b` is inside of the closed tuple before `b`, and reached from a closed tuple \
             as well [AGT639]",
        ),
        (
            "order >> (a, b) >> c; match c { X => (d, «a») >> e, _ => () }",
            "node `a` is inside of the closed tuple before `c`, and reached from `c` as well \
             [AGT639]",
        ),
        (
            "a; match b { X => c, _ => () } c >> («a», d) >> b;",
            "node `a` is inside of the closed tuple before `b`, and reached from the start as \
             well [AGT639]",
        ),
        (
            "a >> (b, c) >> d; «b» >> e;",
            "node `b` is inside of the closed tuple before `d`, and leads on in another place as \
             well [AGT640]",
        ),
        (
            "a >> (b, c) >> d; match «b» { X => e, _ => () }",
            "node `b` is inside of the closed tuple before `d`, and matched as well [AGT641]",
        ),
        (
            "a >> (b >> e >> f, c) >> d; match «e» { X => g, _ => () }",
            "node `e` is inside of the closed tuple before `d`, and matched as well [AGT641]",
        ),
        (
            "a >> (b >> c, e >> «c») >> d;",
            "node `c` stands twice in the closed tuple before `d` [AGT642]",
        ),
        (
            "a >> (b >> «b», c) >> d;",
            "node `b` stands twice in the closed tuple before `d` [AGT642]",
        ),
        (
            "a >> (b >> «()», c) >> d;",
            "`()` ends a path inside of the closed tuple before `d` [AGT643]",
        ),
        (
            "a >> (b >> (e, f >> «()») >> g, c) >> d;",
            "`()` ends a path inside of the closed tuple before `g` [AGT643]",
        ),
        (
            "a >> (b >> «(e, f)», c) >> d;",
            "`(e, f)` is open, inside of the closed tuple before `d` [AGT644]",
        ),
        (
            "a >> («(e, f)», c) >> d;",
            "`(e, f)` is open, inside of the closed tuple before `d` [AGT644]",
        ),
        (
            "a >> (b, c) >> each(«d»);",
            "`each(d)` cannot take a tuple [AGT647]",
        ),
        (
            "a >> (b, c) >> (e, each(«d»));",
            "`each(d)` cannot take a tuple [AGT647]",
        ),
    ] {
        assert_body(body, &[expected]);
    }
    graph("a >> (b >> e, (f, g) >> h, each(i)) >> (d, j >> k);");
    graph("match order { X(x) => (a(x), b) >> c, _ => () }");
    graph("a >> (b, c) >> ();");
}

#[test]
fn each_stands_alone() {
    for (body, expected) in [
        (
            "a >> each(b) >> c; match c { X => «b», _ => () }",
            "node `b` runs for each item of a list, and is named in another place as well \
             [AGT645]",
        ),
        (
            "a >> each(b); «b» >> c;",
            "node `b` runs for each item of a list, and is named in another place as well \
             [AGT645]",
        ),
        (
            "a >> b >> each(«b»);",
            "node `b` runs for each item of a list, and is named in another place as well \
             [AGT645]",
        ),
        (
            "match order { X(x) => each(b)(x), Y(y) => each(«b»)(y) }",
            "node `b` runs for each item of a list, and is named in another place as well \
             [AGT645]",
        ),
        (
            "a >> each(b); match «b» { X => c, _ => () }",
            "node `b` runs for each item of a list, so it cannot be matched [AGT646]",
        ),
    ] {
        assert_body(body, &[expected]);
    }
}

#[test]
fn names_are_unique_and_allowed() {
    for (body, expected) in [
        (
            "mail::send >> «chat::send»;",
            "two nodes are called `send`: `mail::send` and `chat::send` [AGT650]",
        ),
        (
            "let send = mail::send; send >> «chat::send»;",
            "two nodes are called `send`: `mail::send` and `chat::send` [AGT650]",
        ),
        (
            "a >> «start»;",
            "`start` cannot be the name of a node, since routes of workflows have it [AGT651]",
        ),
        (
            "a >> «http::Status»;",
            "`Status` cannot be the name of a node, since routes of workflows have it [AGT651]",
        ),
        (
            "let «run» = b; a >> run;",
            "`run` cannot be the name of a node, since routes of workflows have it [AGT651]",
        ),
        (
            "a >> «größe»;",
            "`größe` cannot be the name of a node [AGT652]",
        ),
        (
            "a >> second; let «second» = b;",
            "`let second` comes after the first use of `second` [AGT653]",
        ),
        (
            "let «b» = c; order >> a;",
            "node `b` has a `let`, and is in no path [AGT654]",
        ),
        (
            "let «order» = b; order >> a;",
            "`let order` hides the parameter `order` [AGT655]",
        ),
        (
            "let b = c; let «b» = d; a >> b;",
            "`let b` is written twice: already for `c` [AGT656]",
        ),
        (
            "let b = c; let d = «b»; a >> b >> d;",
            "`b` is a node of this graph already, and a `let` takes what a node is made of \
             [AGT657]",
        ),
        (
            "let b = «order»; a >> b;",
            "`let` gives a name to one node here [AGT620]",
        ),
    ] {
        assert_body(body, &[expected]);
    }
    let long = "x".repeat(121);
    graph(&format!("a >> {long};"));
    let longer = "x".repeat(122);
    assert_body(
        &format!("a >> «{longer}»;"),
        &[&format!("`{longer}` cannot be the name of a node [AGT652]")],
    );
    graph("let second = reviewer; reviewer >> second;");
    graph("let send = chat::send; mail::send_all >> send;");
    graph("let a = a; a >> b;");
}

#[test]
fn independent_mistakes_are_told_together_and_in_order() {
    assert_body(
        "let «x» = y; a >> b; a >> «b»; «c» >> d; b >> (e, f) >> g; «e» >> h; \
         g >> each(i); «i» >> j; h >> k >> «h»;",
        &[
            "node `x` has a `let`, and is in no path [AGT654]",
            "edge `a >> b` is declared twice [AGT636]",
            "node `c` is never reached from `a` [AGT637]",
            "node `e` is inside of the closed tuple before `g`, and leads on in another place as \
             well [AGT640]",
            "node `i` runs for each item of a list, and is named in another place as well \
             [AGT645]",
            "loop `h >> k >> h` never ends [AGT638]",
        ],
    );
}

#[test]
fn every_text_can_be_acted_on() {
    assert_eq!(
        whole("a >> b >> a;"),
        "loop `a >> b >> a` never ends [AGT638]\n\
         help: write a `match` on one of its nodes, with an arm that leaves the loop: \
         `match b { .. => a, .. => () }`"
    );
    assert_eq!(
        whole("a >> b; c >> b;"),
        "node `c` is never reached from `a` [AGT637]\n\
         help: add an edge that leads to `c`, or remove this path"
    );
    assert_eq!(
        whole("a >> mail::b; a >> mail::b;"),
        "edge `a >> mail::b` is declared twice [AGT636]\n\
         help: remove one of them; to run it twice name a second node: `let second = mail::b;`"
    );
    assert_eq!(
        whole("(a, b) >> c;"),
        "a path cannot begin with `(a, b)` [AGT632]\n\
         help: write what leads to it: `order >> (a, b)`, or a node in place of the parameter"
    );
    for body in [
        "a >> b; a >> c;",
        "a >> (b, c) >> b;",
        "mail::send >> chat::send;",
        "a >> start;",
        "a >> second; let second = b;",
        "let b = c; let d = b; a >> b >> d;",
        "let order = b; order >> a;",
        "a >> ((b, c), d) >> e;",
        "order;",
        "match a { X => b }",
    ] {
        let text = whole(body);
        assert!(!text.contains('{') || text.contains("{ .. }"), "{text}");
    }
}
