//! The checks of workflows are done by the compiler, and nothing of them is in a binary.

use std::error::Error;
use std::path::Path;
use std::process::Command;

use agent_tests::flows;

/// A program with workflows that have state. It is not optimised: what is not even in there, no
/// release build has.
const PROGRAM: &str = env!("CARGO_BIN_EXE_workflow-app");

/// What the checks say when they fail.
const TEXTS: [&str; 4] = [
    "which nothing has written on the path",
    "run in parallel and both write",
    "say in the state how two values become one",
    "give one of them another `name",
];

/// The modules of the checks, as they are in the names of symbols.
const SYMBOLS: [&str; 4] = [
    "workflow5check",
    "check_node",
    "check_names",
    "workflow4text",
];

fn contains(text: &[u8], part: &str) -> bool {
    text.windows(part.len())
        .any(|window| window == part.as_bytes())
}

#[test]
fn no_text_of_the_checks_is_in_a_binary() -> Result<(), Box<dyn Error>> {
    let program = std::fs::read(Path::new(PROGRAM))?;
    assert!(contains(&program, flows::IN_THE_BINARY), "texts are found");
    for text in TEXTS {
        assert!(!contains(&program, text), "`{text}` is in the binary");
    }
    Ok(())
}

#[test]
fn no_function_of_the_checks_is_in_a_binary() {
    let Ok(listed) = Command::new("nm").arg(PROGRAM).output() else {
        assert!(std::env::var_os("CI").is_none(), "there is no `nm`");
        println!("skipped: there is no `nm`");
        return;
    };
    assert!(listed.status.success(), "{listed:?}");
    assert!(contains(&listed.stdout, "write_down"), "symbols are found");
    for symbol in SYMBOLS {
        assert!(
            !contains(&listed.stdout, symbol),
            "{symbol} is in the binary"
        );
    }
}
