//! What the README tells to type is there. (Its program is a doc test of the library; its request
//! is sent by `cargo xtask smoke`.)

use std::path::Path;

use crate::scene::TestResult;

/// Lines of the code blocks of a document that begin with `$ {command}`, or with it.
fn commands<'a>(text: &'a str, command: &'a str) -> impl Iterator<Item = Vec<&'a str>> {
    text.lines()
        .filter(move |line| line.starts_with(command))
        .map(|line| line.split_whitespace().collect())
}

#[test]
fn every_cargo_command_of_the_documents_exists() -> TestResult {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let xtask = std::fs::read_to_string(root.join("xtask/src/main.rs"))?;
    let mut found = 0;
    for document in ["README.md", "CONTRIBUTING.md", "examples/README.md"] {
        let text = std::fs::read_to_string(root.join(document))?;
        for words in commands(&text, "cargo ") {
            found += 1;
            match words.as_slice() {
                ["cargo", "run", "-p", package, ..] => {
                    let folder = root.join("examples").join(package);
                    let manifest = std::fs::read_to_string(folder.join("Cargo.toml"))?;
                    let line = format!("name = \"{package}\"");
                    assert!(manifest.contains(&line), "{document}: no package {package}");
                }
                ["cargo", "test", "--workspace", "--all-features"] => {}
                ["cargo", "xtask", command, ..] => {
                    let arm = format!("[\"{command}\"");
                    assert!(
                        xtask.contains(&arm),
                        "{document}: no `cargo xtask {command}`"
                    );
                }
                other => return Err(format!("{document}: {other:?} is checked nowhere").into()),
            }
        }
    }
    assert!(found >= 4, "only {found} commands were found");
    Ok(())
}

#[test]
fn every_path_of_the_documents_exists() -> TestResult {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut found = 0;
    for document in ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"] {
        let text = std::fs::read_to_string(root.join(document))?;
        let links = text
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split(')').next())
            .filter(|target| !target.contains("://") && !target.starts_with('#'));
        // What is set as code is a path if it begins with a folder of ours.
        let folders = [
            "agent-",
            "durable-task/",
            "task-hub/",
            "docs/",
            "xtask/",
            "tests/",
            "ui-tests/",
        ];
        let paths = text
            .split('`')
            .skip(1)
            .step_by(2)
            .filter(|code| code.contains('/') && !code.contains([' ', '{']))
            .filter(|code| folders.iter().any(|folder| code.starts_with(folder)));
        for path in links.chain(paths) {
            found += 1;
            let (path, _) = path.split_once('#').unwrap_or((path, ""));
            let place = root.join(path);
            assert!(
                place.exists() || place.with_extension("rs").exists(),
                "{document} names {path}"
            );
        }
    }
    assert!(found > 20, "only {found} paths were found");
    Ok(())
}

#[test]
fn the_manifest_lines_name_this_repository() -> TestResult {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let readme = std::fs::read_to_string(root.join("README.md"))?;
    let manifest = std::fs::read_to_string(root.join("Cargo.toml"))?;
    let url = manifest
        .lines()
        .find_map(|line| line.strip_prefix("repository = "))
        .ok_or("the workspace names no repository")?;
    for package in ["agent-host", "agent-sdk"] {
        let line = format!("{package} = {{ git = {url} }}");
        assert!(readme.contains(&line), "README.md lacks {line}");
    }
    Ok(())
}
