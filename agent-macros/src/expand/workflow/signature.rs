//! Which graph it is: a number that changes with everything that a run depends on.

use std::fmt::Write as _;

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::ToTokens;

use crate::model::workflow::graph::{Exit, Target, Workflow};

/// 32 hexadecimal digits.
pub fn of(workflow: &Workflow) -> String {
    let text = normalized(workflow);
    format!("{:032x}", fnv(text.as_bytes()))
}

/// FNV-1a of 128 bits. Nobody attacks this: it only has to differ between two graphs.
fn fnv(bytes: &[u8]) -> u128 {
    const OFFSET: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    bytes.iter().fold(OFFSET, |hash, byte| {
        (hash ^ u128::from(*byte)).wrapping_mul(PRIME)
    })
}

/// The graph as text in which formatting does not show.
fn normalized(workflow: &Workflow) -> String {
    let graph = &workflow.graph;
    let mut text = String::new();
    line(&mut text, "input", &workflow.input);
    if let Some(output) = &workflow.output {
        line(&mut text, "output", output);
    }
    if let Some(state) = &workflow.state {
        line(&mut text, "state", state);
    }
    push(&mut text, &exit(&graph.input));
    for node in &graph.nodes {
        let each = if node.each { " each" } else { "" };
        line(&mut text, &format!("node {}{each}", node.id), &node.path);
        push(&mut text, &exit(&node.exit));
    }
    for join in &graph.joins {
        push(
            &mut text,
            &format!("join {:?} {}", join.sources, join.target),
        );
    }
    for switch in &graph.switches {
        push(&mut text, &format!("match {:?}", switch.source));
        for arm in &switch.arms {
            line(&mut text, "arm", &arm.pattern);
            for target in &arm.targets {
                push(&mut text, &format!("to {:?}", target.target.to));
                if let Some(value) = &target.value {
                    line(&mut text, "value", value);
                }
            }
        }
    }
    text
}

fn exit(exit: &Exit) -> String {
    match exit {
        Exit::Output => "ends".to_owned(),
        Exit::Drop => "dropped".to_owned(),
        Exit::To(targets) => targets.iter().fold(String::from("to"), to),
        Exit::Switch(switch) => format!("switch {switch}"),
    }
}

fn to(mut text: String, target: &Target) -> String {
    let _ = write!(text, " {:?}", target.to);
    text
}

fn push(text: &mut String, more: &str) {
    text.push_str(more);
    text.push('\n');
}

fn line(text: &mut String, what: &str, tokens: &impl ToTokens) {
    text.push_str(what);
    words(text, tokens.to_token_stream());
    text.push('\n');
}

/// Tokens, each after a space; without the commas that formatting puts before a closing bracket.
fn words(text: &mut String, tokens: TokenStream) {
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => (" (", " )"),
                    Delimiter::Brace => (" {", " }"),
                    Delimiter::Bracket => (" [", " ]"),
                    Delimiter::None => ("", ""),
                };
                text.push_str(open);
                words(text, group.stream());
                text.push_str(close);
            }
            TokenTree::Punct(mark) if mark.as_char() == ',' && tokens.peek().is_none() => {}
            token => {
                text.push(' ');
                text.push_str(&token.to_string());
            }
        }
    }
}
