//! Text in, messages out.

mod grammar;
mod graphs;
mod header;
mod random;
mod rules;
mod size;

use super::graph::{Exit, Source, To};
use super::*;
use crate::names::Home;

fn function(text: &str) -> Function {
    syn::parse_str(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// What is made of a function, and what is said of it: the messages' first lines, each with the
/// columns that it points at.
fn read_with(
    options: &str,
    text: &str,
) -> (Option<Workflow>, Vec<(std::ops::Range<usize>, String)>) {
    let mut errors = Errors::new();
    let options = Options::parse(options.parse().unwrap(), &GRAMMAR, &mut errors);
    let root = Root::usual(Home::AgentSdk);
    let workflow = validate(&function(text), &options, &root, &mut errors);
    let first_line = |text: String| text.lines().next().unwrap_or_default().to_owned();
    let places = errors.places().into_iter();
    let places = places.map(|(columns, text)| (columns, first_line(text)));
    (workflow, places.collect())
}

fn of_body(body: &str) -> String {
    format!("fn w(order: Order) -> Done {{ {body} }}")
}

/// The graph of a body that is right.
fn graph(body: &str) -> Graph {
    let (workflow, errors) = read_with("", &of_body(body));
    assert_eq!(errors, [], "{body}");
    workflow.map(|workflow| workflow.graph).unwrap()
}

/// A text without its marks, and the columns between each pair of them.
fn unmarked(marked: &str) -> (String, Vec<std::ops::Range<usize>>) {
    let mut text = String::new();
    let mut column = 0;
    let mut open = Vec::new();
    let mut found: Vec<std::ops::Range<usize>> = Vec::new();
    for letter in marked.chars() {
        match letter {
            '«' => open.push((column, found.len())),
            '»' => {
                let (start, _) = open.pop().unwrap();
                found.push(start..column);
            }
            letter => {
                text.push(letter);
                column += 1;
            }
        }
    }
    (text, found)
}

/// Every message of a function in which the places that they point at are marked: `«here»`.
fn assert_function(options: &str, marked: &str, expected: &[&str]) {
    let (text, columns) = unmarked(marked);
    let (workflow, found) = read_with(options, &text);
    assert!(workflow.is_none(), "accepted: {marked}");
    let texts: Vec<&str> = found.iter().map(|(_, text)| text.as_str()).collect();
    assert_eq!(texts, expected, "{marked}");
    let places: Vec<_> = found.iter().map(|(columns, _)| columns.clone()).collect();
    assert_eq!(places, columns, "{marked}");
}

fn assert_body(marked: &str, expected: &[&str]) {
    assert_function("", &of_body(marked), expected);
}

/// The whole text of the only message.
fn whole(body: &str) -> String {
    let mut errors = Errors::new();
    let options = Options::parse(TokenStream::new(), &GRAMMAR, &mut errors);
    let root = Root::usual(Home::AgentSdk);
    let _ = validate(&function(&of_body(body)), &options, &root, &mut errors);
    let texts = errors.texts();
    assert_eq!(texts.len(), 1, "{texts:?}");
    texts.into_iter().next().unwrap()
}
