//! Dead files: Rust files that no `mod` line leads to.

use std::collections::BTreeSet;

use syn::visit::{self, Visit};
use syn::{Expr, Lit, Meta};

use super::{Source, Violation};

/// Files that no target of their package reaches.
pub fn check(sources: &[Source]) -> Vec<Violation> {
    let rust: Vec<&Source> = sources.iter().filter(|source| source.is_rust()).collect();
    let mut reached: BTreeSet<String> = rust
        .iter()
        .map(|source| source.path.clone())
        .filter(|path| is_root(path, sources))
        .collect();
    let mut open: Vec<String> = reached.iter().cloned().collect();
    while let Some(path) = open.pop() {
        let Some(source) = rust.iter().find(|source| source.path == path) else {
            continue;
        };
        for candidate in children(source) {
            if rust.iter().any(|source| source.path == candidate)
                && reached.insert(candidate.clone())
            {
                open.push(candidate);
            }
        }
    }
    rust.iter()
        .filter(|source| !reached.contains(&source.path))
        .map(|source| Violation {
            path: source.path.clone(),
            line: 0,
            message: String::from("no `mod` line leads to this file"),
        })
        .collect()
}

/// Whether cargo compiles the file as the root of a target.
fn is_root(path: &str, sources: &[Source]) -> bool {
    let named_in_manifest = || {
        sources
            .iter()
            .filter(|source| source.path.ends_with("Cargo.toml"))
            .any(|manifest| {
                let folder = manifest.path.trim_end_matches("Cargo.toml");
                path.strip_prefix(folder)
                    .is_some_and(|inside| manifest.text.contains(&format!("path = \"{inside}\"")))
            })
    };
    let is_package = |parts: &[&str]| {
        let manifest = format!("{}/Cargo.toml", parts.join("/"));
        sources.iter().any(|source| source.path == manifest)
    };
    let parts: Vec<&str> = path.split('/').collect();
    let conventional = match parts.as_slice() {
        [.., "src", "lib.rs" | "main.rs"] | [.., "src", "bin", _] | [.., "build.rs"] => true,
        [package @ .., "tests" | "benches" | "examples", _]
        | [package @ .., "tests" | "benches" | "examples", _, "main.rs"] => is_package(package),
        _ => false,
    };
    conventional || named_in_manifest()
}

/// The files that the `mod` lines of a file may mean.
fn children(source: &Source) -> Vec<String> {
    let Ok(file) = syn::parse_file(&source.text) else {
        return Vec::new();
    };
    let (folder, name) = source.path.rsplit_once('/').unwrap_or(("", &source.path));
    let stem = name.trim_end_matches(".rs");
    let own = format!("{folder}/{stem}");
    let mut modules = Modules {
        folder: folder.to_owned(),
        // The root of a target and a `mod.rs` have their children beside them; others in a folder
        // of their name. Both are looked at: a wrong guess names a file that does not exist.
        places: vec![folder.to_owned(), own],
        found: Vec::new(),
    };
    modules.visit_file(&file);
    modules.found
}

struct Modules {
    folder: String,
    places: Vec<String>,
    found: Vec<String>,
}

impl<'ast> Visit<'ast> for Modules {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        let name = item.ident.to_string();
        if item.content.is_some() {
            let inner = self
                .places
                .iter()
                .map(|place| format!("{place}/{name}"))
                .collect();
            let outer = std::mem::replace(&mut self.places, inner);
            visit::visit_item_mod(self, item);
            self.places = outer;
            return;
        }
        if let Some(path) = path_attribute(item) {
            self.found.push(format!("{}/{path}", self.folder));
        }
        for place in &self.places {
            self.found.push(format!("{place}/{name}.rs"));
            self.found.push(format!("{place}/{name}/mod.rs"));
        }
    }
}

fn path_attribute(item: &syn::ItemMod) -> Option<String> {
    item.attrs
        .iter()
        .find_map(|attribute| match &attribute.meta {
            Meta::NameValue(pair) if pair.path.is_ident("path") => match &pair.value {
                Expr::Lit(literal) => match &literal.lit {
                    Lit::Str(text) => Some(text.value()),
                    _ => None,
                },
                _ => None,
            },
            _ => None,
        })
}
