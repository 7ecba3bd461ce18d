//! Manifests: complete enough to publish, one place for versions and lints, and the arrows between
//! the crates.

use toml::{Table, Value};

use super::{Source, Violation};

struct Package {
    name: &'static str,
    /// Which of our crates it may depend on.
    uses: &'static [&'static str],
    /// Which more its own tests may depend on.
    uses_in_tests: &'static [&'static str],
    /// Foreign crates that would show a wrong cut.
    never: &'static [&'static str],
}

const OURS: &[&str] = &[
    "agent-macros",
    "durable-task",
    "task-hub",
    "agent-sdk",
    "agent-host",
    "agent-tests",
];

const PACKAGES: &[Package] = &[
    Package {
        name: "agent-macros",
        uses: &[],
        uses_in_tests: &[],
        never: &["tokio", "serde"],
    },
    Package {
        name: "durable-task",
        uses: &["agent-macros"],
        uses_in_tests: &[],
        never: &["axum", "reqwest", "rusqlite", "schemars"],
    },
    Package {
        name: "task-hub",
        uses: &["durable-task"],
        uses_in_tests: &[],
        never: &["axum", "reqwest", "schemars"],
    },
    Package {
        name: "agent-sdk",
        uses: &["durable-task", "agent-macros"],
        uses_in_tests: &["task-hub"],
        never: &["axum", "rusqlite"],
    },
    Package {
        name: "agent-host",
        uses: &["agent-sdk", "task-hub", "durable-task"],
        uses_in_tests: &[],
        never: &["rusqlite"],
    },
    Package {
        name: "ui-tests",
        uses: &["agent-sdk", "durable-task"],
        uses_in_tests: &[],
        never: &[],
    },
    Package {
        name: "xtask",
        uses: &[],
        uses_in_tests: &[],
        never: &[],
    },
];

/// Examples and tests: what a user can have.
const USER: Package = Package {
    name: "",
    uses: &["agent-sdk", "agent-host", "durable-task", "task-hub"],
    uses_in_tests: &["agent-tests"],
    never: &["agent-macros"],
};

/// Fields that every package has.
const FIELDS: &[&str] = &["name", "description"];
/// Fields that every package takes from the workspace.
const SHARED: &[&str] = &["version", "edition", "rust-version", "license"];
/// Fields that a package which is published takes from the workspace as well.
const SHARED_PUBLISHED: &[&str] = &["repository", "keywords", "categories"];

/// What is wrong in the manifests of the workspace.
pub fn check(sources: &[Source]) -> Vec<Violation> {
    let manifests = sources
        .iter()
        .filter(|source| source.path.ends_with("/Cargo.toml"));
    let mut found = Vec::new();
    for source in manifests {
        let mut problems = Vec::new();
        match source.text.parse::<Table>() {
            Ok(manifest) => {
                fields(&manifest, source, sources, &mut problems);
                dependencies(&manifest, source, sources, &mut problems);
            }
            Err(error) => problems.push(error.to_string()),
        }
        found.extend(problems.into_iter().map(|message| Violation {
            path: source.path.clone(),
            line: 0,
            message,
        }));
    }
    found
}

fn fields(manifest: &Table, source: &Source, sources: &[Source], problems: &mut Vec<String>) {
    let empty = Table::new();
    let package = table(manifest, "package").unwrap_or(&empty);
    let published = package.get("publish") != Some(&Value::Boolean(false));
    for field in FIELDS {
        if !package.contains_key(*field) {
            problems.push(format!("`{field}` is missing"));
        }
    }
    let more = if published { SHARED_PUBLISHED } else { &[] };
    for field in SHARED.iter().chain(more) {
        if !from_workspace(package.get(*field)) {
            problems.push(format!("write `{field}.workspace = true`"));
        }
    }
    if !from_workspace(manifest.get("lints")) {
        problems.push(String::from("write `[lints] workspace = true`"));
    }
    if published {
        let readme = package.get("readme").and_then(Value::as_str);
        let folder = source.path.trim_end_matches("Cargo.toml");
        let text = readme.and_then(|name| {
            let path = format!("{folder}{name}");
            sources.iter().find(|source| source.path == path)
        });
        match text {
            None => problems.push(String::from("`readme` must name a file of the package")),
            Some(readme) if readme.text.lines().count() < 5 => {
                problems.push(String::from("the readme says nothing yet"));
            }
            Some(_) => {}
        }
    }
}

fn dependencies(manifest: &Table, source: &Source, all: &[Source], problems: &mut Vec<String>) {
    let name = table(manifest, "package")
        .and_then(|package| package.get("name"))
        .and_then(Value::as_str)
        .unwrap_or_default();
    let rule = PACKAGES
        .iter()
        .find(|package| package.name == name)
        .unwrap_or(&USER);
    let folder = source.path.trim_end_matches("Cargo.toml");
    for (section, for_tests) in [("dependencies", false), ("dev-dependencies", true)] {
        for (dependency, value) in table(manifest, section).into_iter().flatten() {
            let allowed = rule.uses.contains(&dependency.as_str())
                || (for_tests && rule.uses_in_tests.contains(&dependency.as_str()))
                || (rule.name.is_empty() && rule.uses_in_tests.contains(&dependency.as_str()));
            if OURS.contains(&dependency.as_str()) && !allowed {
                problems.push(format!("`{name}` must not depend on `{dependency}`"));
            }
            if !for_tests && rule.never.contains(&dependency.as_str()) {
                problems.push(format!("`{dependency}` does not belong in `{name}`"));
            }
            if !from_workspace(Some(value)) {
                problems.push(format!(
                    "`{dependency}`: take the version from the workspace"
                ));
            }
            if !is_named(dependency, folder, all) {
                problems.push(format!("`{dependency}` is not used"));
            }
        }
    }
}

/// Whether any Rust file of the package names the crate. Crates that only another crate's
/// generated code names (`prost-types`) are named in the generated file.
fn is_named(dependency: &str, folder: &str, sources: &[Source]) -> bool {
    let krate = dependency.replace('-', "_");
    sources
        .iter()
        .filter(|source| source.path.starts_with(folder) && source.has_extension("rs"))
        .any(|source| {
            source.text.match_indices(&krate).any(|(at, _)| {
                let joins = |c: char| c.is_alphanumeric() || c == '_';
                !source.text[..at].ends_with(joins)
                    && !source.text[at + krate.len()..].starts_with(joins)
            })
        })
}

fn table<'a>(parent: &'a Table, key: &str) -> Option<&'a Table> {
    parent.get(key).and_then(Value::as_table)
}

/// `{ workspace = true, .. }`
fn from_workspace(value: Option<&Value>) -> bool {
    value
        .and_then(Value::as_table)
        .and_then(|table| table.get("workspace"))
        == Some(&Value::Boolean(true))
}
