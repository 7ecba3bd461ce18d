//! Texts that must not stand in the tree: paths of one machine, hosts of registries, notes to self.

use super::{Source, Violation};

/// Columns of a line of code.
const COLUMNS_MAX: usize = 100;

/// What to look for, and what to say. Written in halves, so that this file does not contain them.
const FORBIDDEN: &[(&str, &str)] = &[
    (concat!("/wor", "k/"), "a path of one machine"),
    (concat!("/far", "m/"), "a path of one machine"),
    (concat!("/roo", "t/"), "a path of one machine"),
    (concat!("/hom", "e/"), "a path of one machine"),
    (concat!("/User", "s/"), "a path of one machine"),
    (concat!("index.crates", ".io"), "a registry's host"),
    (concat!("static.crates", ".io"), "a registry's host"),
    (concat!("pypi", ".org"), "a registry's host"),
    (concat!("pythonhosted", ".org"), "a registry's host"),
    (concat!("registry.npmjs", ".org"), "a registry's host"),
    (concat!("proxy.golang", ".org"), "a registry's host"),
    (concat!("deb.debian", ".org"), "a registry's host"),
];

/// Notes to self; they belong into the issue tracker.
const NOTES: &[&str] = &[
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("XX", "X"),
    concat!("HA", "CK"),
];

/// Forbidden texts in any file, and lines that are too long in code.
pub fn check(source: &Source) -> Vec<Violation> {
    if source.path == "Cargo.lock" {
        return Vec::new();
    }
    let mut found = Vec::new();
    for (index, line) in source.text.lines().enumerate() {
        let mut report = |message: String| {
            found.push(Violation {
                path: source.path.clone(),
                line: index + 1,
                message,
            });
        };
        for (text, what) in FORBIDDEN {
            if line.contains(text) {
                report(format!("`{text}` is {what}"));
            }
        }
        if temporary_path(line) {
            report(format!(
                "`{}..` is a path of one machine",
                concat!("/tm", "p/")
            ));
        }
        for note in NOTES {
            if has_word(line, note) {
                report(format!("`{note}`: do it now, or file an issue"));
            }
        }
        let columns = line.chars().count();
        if source.is_rust() && columns > COLUMNS_MAX {
            report(format!("{columns} columns; at most {COLUMNS_MAX}"));
        }
    }
    found
}

/// Whether the line names something in the temporary folder of one machine.
fn temporary_path(line: &str) -> bool {
    line.split(concat!("/tm", "p/"))
        .skip(1)
        .any(|after| after.starts_with(|c: char| c.is_ascii_lowercase()))
}

fn has_word(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let joins = |c: char| c.is_alphanumeric() || c == '_';
        !line[..at].ends_with(joins) && !line[at + word.len()..].starts_with(joins)
    })
}
