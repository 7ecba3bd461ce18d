//! What the body of an orchestrator must not mention. A help, not a proof: it reads the tokens of
//! the body, so it also sees closures, guards, arms and the arguments of macros, but nothing that
//! the body calls. A replay finds the rest.

use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};
use quote::ToTokens;

use crate::errors::Errors;
use crate::messages::{self, Message};

/// A path, and what to say of it.
struct Rule {
    /// Segments. `*` at the end is any function, that is a name in lower case; a rule that begins
    /// with a type holds below every module, any other is the whole path.
    path: &'static [&'static str],
    message: &'static Message,
    instead: &'static str,
}

const fn rule(
    path: &'static [&'static str],
    message: &'static Message,
    instead: &'static str,
) -> Rule {
    Rule {
        path,
        message,
        instead,
    }
}

const TIME: &str = "use `ctx.now()`";
const ID: &str = "use `ctx.new_uuid()`";
const RANDOM: &str = "use `ctx.random()`";
const TIMER: &str = "use `ctx.sleep(duration)`, or `.timeout(duration)` of an event";
const TASK: &str = "use `ctx.call::<executor>(input)`, or `ctx.join_all(..)` for several at once";
const WORLD: &str = "do it in an `#[executor]`, and call that with `ctx.call::<name>(input)`";
const SETTINGS: &str = "pass it in the input, or read it in an `#[executor]`";
const FIRST: &str = "use `ctx.select(..)` or `ctx.race(..)`, or `select_biased!`";
const ALL: &str = "use `ctx.join_all(..)`";

static CALLS: &[Rule] = &[
    rule(&["SystemTime", "now"], &messages::ANOTHER_ANSWER, TIME),
    rule(&["Instant", "now"], &messages::ANOTHER_ANSWER, TIME),
    rule(&["Utc", "now"], &messages::ANOTHER_ANSWER, TIME),
    rule(&["Local", "now"], &messages::ANOTHER_ANSWER, TIME),
    rule(&["Zoned", "now"], &messages::ANOTHER_ANSWER, TIME),
    rule(&["Timestamp", "now"], &messages::ANOTHER_ANSWER, TIME),
    rule(
        &["OffsetDateTime", "now_utc"],
        &messages::ANOTHER_ANSWER,
        TIME,
    ),
    rule(
        &["OffsetDateTime", "now_local"],
        &messages::ANOTHER_ANSWER,
        TIME,
    ),
    rule(&["UtcDateTime", "now"], &messages::ANOTHER_ANSWER, TIME),
    rule(&["Uuid", "new_v4"], &messages::ANOTHER_ANSWER, ID),
    rule(&["Uuid", "now_v1"], &messages::ANOTHER_ANSWER, ID),
    rule(&["Uuid", "now_v6"], &messages::ANOTHER_ANSWER, ID),
    rule(&["Uuid", "now_v7"], &messages::ANOTHER_ANSWER, ID),
    rule(&["Ulid", "new"], &messages::ANOTHER_ANSWER, ID),
    rule(
        &["StdRng", "from_os_rng"],
        &messages::ANOTHER_ANSWER,
        RANDOM,
    ),
    rule(
        &["StdRng", "from_entropy"],
        &messages::ANOTHER_ANSWER,
        RANDOM,
    ),
    rule(
        &["SmallRng", "from_os_rng"],
        &messages::ANOTHER_ANSWER,
        RANDOM,
    ),
    rule(
        &["SmallRng", "from_entropy"],
        &messages::ANOTHER_ANSWER,
        RANDOM,
    ),
    rule(&["RandomState", "new"], &messages::ANOTHER_ANSWER, RANDOM),
    rule(&["thread_rng"], &messages::ANOTHER_ANSWER, RANDOM),
    rule(&["random"], &messages::ANOTHER_ANSWER, RANDOM),
    rule(&["rand", "*"], &messages::ANOTHER_ANSWER, RANDOM),
    rule(&["rand", "rngs", "*"], &messages::ANOTHER_ANSWER, RANDOM),
    rule(&["fastrand", "*"], &messages::ANOTHER_ANSWER, RANDOM),
    rule(&["getrandom", "*"], &messages::ANOTHER_ANSWER, RANDOM),
    rule(&["getrandom"], &messages::ANOTHER_ANSWER, RANDOM),
    rule(&["std", "env", "*"], &messages::ANOTHER_ANSWER, SETTINGS),
    rule(&["env", "*"], &messages::ANOTHER_ANSWER, SETTINGS),
    rule(
        &["std", "process", "id"],
        &messages::ANOTHER_ANSWER,
        SETTINGS,
    ),
    rule(&["std", "fs", "*"], &messages::TOUCHES_THE_WORLD, WORLD),
    rule(&["fs", "*"], &messages::TOUCHES_THE_WORLD, WORLD),
    rule(&["tokio", "fs", "*"], &messages::TOUCHES_THE_WORLD, WORLD),
    rule(&["File", "open"], &messages::TOUCHES_THE_WORLD, WORLD),
    rule(&["File", "create"], &messages::TOUCHES_THE_WORLD, WORLD),
    rule(
        &["TcpStream", "connect"],
        &messages::TOUCHES_THE_WORLD,
        WORLD,
    ),
    rule(
        &["TcpListener", "bind"],
        &messages::TOUCHES_THE_WORLD,
        WORLD,
    ),
    rule(&["std", "io", "stdin"], &messages::TOUCHES_THE_WORLD, WORLD),
    rule(&["io", "stdin"], &messages::TOUCHES_THE_WORLD, WORLD),
    rule(
        &["async_std", "fs", "*"],
        &messages::TOUCHES_THE_WORLD,
        WORLD,
    ),
    rule(&["UdpSocket", "bind"], &messages::TOUCHES_THE_WORLD, WORLD),
    rule(
        &["std", "process", "Command", "new"],
        &messages::TOUCHES_THE_WORLD,
        WORLD,
    ),
    rule(
        &["process", "Command", "new"],
        &messages::TOUCHES_THE_WORLD,
        WORLD,
    ),
    rule(
        &["tokio", "process", "Command", "new"],
        &messages::TOUCHES_THE_WORLD,
        WORLD,
    ),
    rule(&["reqwest", "*"], &messages::TOUCHES_THE_WORLD, WORLD),
    rule(
        &["reqwest", "Client", "*"],
        &messages::TOUCHES_THE_WORLD,
        WORLD,
    ),
    rule(
        &["reqwest", "blocking", "*"],
        &messages::TOUCHES_THE_WORLD,
        WORLD,
    ),
    rule(
        &["reqwest", "blocking", "Client", "*"],
        &messages::TOUCHES_THE_WORLD,
        WORLD,
    ),
    rule(&["std", "thread", "sleep"], &messages::FOREIGN_AWAIT, TIMER),
    rule(&["thread", "sleep"], &messages::FOREIGN_AWAIT, TIMER),
    rule(&["std", "thread", "*"], &messages::FOREIGN_AWAIT, TASK),
    rule(&["thread", "*"], &messages::FOREIGN_AWAIT, TASK),
    rule(&["tokio", "time", "*"], &messages::FOREIGN_AWAIT, TIMER),
    rule(&["time", "sleep"], &messages::FOREIGN_AWAIT, TIMER),
    rule(&["time", "sleep_until"], &messages::FOREIGN_AWAIT, TIMER),
    rule(&["time", "timeout"], &messages::FOREIGN_AWAIT, TIMER),
    rule(&["time", "interval"], &messages::FOREIGN_AWAIT, TIMER),
    rule(&["tokio", "spawn"], &messages::FOREIGN_AWAIT, TASK),
    rule(&["tokio", "task", "*"], &messages::FOREIGN_AWAIT, TASK),
    rule(&["task", "spawn"], &messages::FOREIGN_AWAIT, TASK),
    rule(&["task", "spawn_blocking"], &messages::FOREIGN_AWAIT, TASK),
    rule(&["task", "spawn_local"], &messages::FOREIGN_AWAIT, TASK),
    rule(
        &["async_std", "task", "sleep"],
        &messages::FOREIGN_AWAIT,
        TIMER,
    ),
    rule(
        &["async_std", "future", "timeout"],
        &messages::FOREIGN_AWAIT,
        TIMER,
    ),
    rule(&["Timer", "after"], &messages::FOREIGN_AWAIT, TIMER),
    rule(
        &["futures_timer", "Delay", "new"],
        &messages::FOREIGN_AWAIT,
        TIMER,
    ),
    rule(&["JoinSet", "new"], &messages::FOREIGN_AWAIT, TASK),
    rule(
        &["tokio", "runtime", "Handle", "*"],
        &messages::FOREIGN_AWAIT,
        TASK,
    ),
    rule(&["async_std", "task", "*"], &messages::FOREIGN_AWAIT, TASK),
    rule(&["smol", "*"], &messages::FOREIGN_AWAIT, TASK),
    rule(
        &["futures", "executor", "*"],
        &messages::FOREIGN_AWAIT,
        TASK,
    ),
    rule(&["join_all"], &messages::WAKER, ALL),
    rule(&["future", "join_all"], &messages::WAKER, ALL),
    rule(&["futures", "future", "join_all"], &messages::WAKER, ALL),
    rule(
        &["futures_util", "future", "join_all"],
        &messages::WAKER,
        ALL,
    ),
    rule(&["try_join_all"], &messages::WAKER, ALL),
    rule(&["future", "try_join_all"], &messages::WAKER, ALL),
    rule(
        &["futures", "future", "try_join_all"],
        &messages::WAKER,
        ALL,
    ),
    rule(
        &["futures_util", "future", "try_join_all"],
        &messages::WAKER,
        ALL,
    ),
    rule(&["FuturesUnordered", "new"], &messages::WAKER, ALL),
    rule(&["FuturesOrdered", "new"], &messages::WAKER, ALL),
];

/// By the macro's path.
static MACROS: &[Rule] = &[
    rule(&["select"], &messages::RANDOM_ORDER, FIRST),
    rule(&["tokio", "select"], &messages::RANDOM_ORDER, FIRST),
    rule(&["futures", "select"], &messages::RANDOM_ORDER, FIRST),
    rule(&["futures_util", "select"], &messages::RANDOM_ORDER, FIRST),
    rule(&["tokio", "join"], &messages::RANDOM_ORDER, ALL),
    rule(&["tokio", "try_join"], &messages::RANDOM_ORDER, ALL),
    rule(&["thread_local"], &messages::ANOTHER_ANSWER, SETTINGS),
    rule(
        &["std", "thread_local"],
        &messages::ANOTHER_ANSWER,
        SETTINGS,
    ),
    rule(&["print"], &messages::PRINTS, ""),
    rule(&["println"], &messages::PRINTS, ""),
    rule(&["eprint"], &messages::PRINTS, ""),
    rule(&["eprintln"], &messages::PRINTS, ""),
    rule(&["dbg"], &messages::PRINTS, ""),
    rule(&["std", "print"], &messages::PRINTS, ""),
    rule(&["std", "println"], &messages::PRINTS, ""),
    rule(&["std", "eprint"], &messages::PRINTS, ""),
    rule(&["std", "eprintln"], &messages::PRINTS, ""),
    rule(&["std", "dbg"], &messages::PRINTS, ""),
];

impl Rule {
    fn matches(&self, path: &[String]) -> bool {
        let below_modules = self
            .path
            .first()
            .is_some_and(|first| first.starts_with(|c: char| c.is_ascii_uppercase()));
        let skipped = path.len().saturating_sub(self.path.len());
        if path.len() < self.path.len() || (skipped > 0 && !below_modules) {
            return false;
        }
        let pairs = path.iter().skip(skipped).zip(self.path);
        pairs.into_iter().all(|(written, known)| match *known {
            "*" => written.starts_with(|c: char| c.is_ascii_lowercase()),
            known => written == known,
        })
    }
}

/// Reports what a replay would not repeat.
pub fn check(body: &TokenStream, errors: &mut Errors) {
    find(body, &mut |rule, path, call| {
        let fields = [("call", call), ("instead", rule.instead)];
        errors.report(joined(path), rule.message, &fields);
    });
}

/// The same for the guards and values with which a workflow picks the way of a message.
pub fn check_routing(tokens: &TokenStream, errors: &mut Errors) {
    find(tokens, &mut |_, path, call| {
        let fields = [("call", call)];
        errors.report(joined(path), &messages::ROUTING_NOT_REPEATED, &fields);
    });
}

/// Is told a rule, the path that breaks it, and what is called.
type Report<'r> = dyn FnMut(&Rule, &[Ident], &str) + 'r;

fn find(body: &TokenStream, report: &mut Report) {
    let mut own = Vec::new();
    collect_own(body, &mut own);
    check_below(body, &own, report);
}

fn joined(path: &[Ident]) -> TokenStream {
    path.iter().flat_map(ToTokens::to_token_stream).collect()
}

/// The functions and variables that the body itself defines: their names say nothing about others.
fn collect_own(body: &TokenStream, own: &mut Vec<Ident>) {
    let mut defines = false;
    for token in body.clone() {
        match token {
            TokenTree::Group(group) => {
                collect_own(&group.stream(), own);
                defines = false;
            }
            TokenTree::Ident(word) if word == "fn" || word == "let" => defines = true,
            TokenTree::Ident(word) if defines && word == "mut" => {}
            TokenTree::Ident(word) => {
                own.extend(std::mem::take(&mut defines).then_some(word));
            }
            _ => defines = false,
        }
    }
}

fn check_below(body: &TokenStream, own: &[Ident], report: &mut Report) {
    let tokens: Vec<TokenTree> = body.clone().into_iter().collect();
    let mut rest = tokens.as_slice();
    let mut before: Option<TokenTree> = None;
    while let Some((first, after)) = rest.split_first() {
        if let TokenTree::Group(group) = first {
            check_below(&group.stream(), own, report);
        }
        let Some((path, after_path)) = path(rest) else {
            before = Some(first.clone());
            rest = after;
            continue;
        };
        let is_own = matches!(path.as_slice(), [name] if own.contains(name));
        if !is_own && !is_member_or_definition(before.as_ref()) {
            look_up(&path, after_path, report);
        }
        before = path.last().cloned().map(TokenTree::Ident);
        rest = after_path;
    }
}

/// The path at the beginning of some tokens, and what follows it. Generic arguments end it.
fn path(tokens: &[TokenTree]) -> Option<(Vec<Ident>, &[TokenTree])> {
    // `::std::..` begins with a mark as well, which the caller has skipped.
    let (TokenTree::Ident(first), mut rest) = tokens.split_first()? else {
        return None;
    };
    let mut path = vec![first.clone()];
    while let [
        TokenTree::Punct(a),
        TokenTree::Punct(b),
        TokenTree::Ident(next),
        after @ ..,
    ] = rest
        && (a.as_char(), b.as_char()) == (':', ':')
    {
        path.push(next.clone());
        rest = after;
    }
    Some((path, rest))
}

/// After `.` stands a method or a field, after `fn` and the like a name of the user's own.
fn is_member_or_definition(before: Option<&TokenTree>) -> bool {
    match before {
        Some(TokenTree::Punct(mark)) => mark.as_char() == '.',
        Some(TokenTree::Ident(word)) => {
            ["fn", "let", "mod", "struct", "use"].contains(&word.to_string().as_str())
        }
        _ => false,
    }
}

fn look_up(path: &[Ident], after: &[TokenTree], report: &mut Report) {
    let names: Vec<String> = path.iter().map(ToString::to_string).collect();
    if let [TokenTree::Punct(mark), TokenTree::Group(arguments), ..] = after
        && mark.as_char() == '!'
    {
        if let Some(rule) = MACROS.iter().find(|rule| rule.matches(&names))
            && !is_biased(&arguments.stream())
        {
            report(rule, path, &format!("{}!", names.join("::")));
        }
        return;
    }
    let alone = path.len() == 1;
    let is_called = match after {
        [TokenTree::Group(arguments), ..] => arguments.delimiter() == Delimiter::Parenthesis,
        [
            TokenTree::Punct(a),
            TokenTree::Punct(b),
            TokenTree::Punct(c),
            ..,
        ] => (a.as_char(), b.as_char(), c.as_char()) == (':', ':', '<'),
        _ => false,
    };
    // A lone word that is not called is a variable, and `random` of `rand` takes nothing.
    if alone && (!is_called || names == ["random"] && has_arguments(after)) {
        return;
    }
    if let Some(rule) = CALLS.iter().find(|rule| rule.matches(&names)) {
        report(rule, path, &names.join("::"));
    }
}

fn has_arguments(after: &[TokenTree]) -> bool {
    matches!(after, [TokenTree::Group(arguments), ..] if !arguments.stream().is_empty())
}

/// `select! { biased; .. }` has a defined order.
fn is_biased(arguments: &TokenStream) -> bool {
    let first = arguments.clone().into_iter().next();
    matches!(first, Some(TokenTree::Ident(word)) if word == "biased")
}

#[cfg(test)]
mod tests;
