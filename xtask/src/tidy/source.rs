//! The files that the rules look at.

use std::collections::BTreeMap;
use std::error::Error;
use std::path::Path;
use std::process::Command;

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::visit_mut::{self, VisitMut};
use syn::{Attribute, Item, UseTree};

/// A file of the workspace.
#[derive(Debug, Clone)]
pub struct Source {
    /// From the root of the workspace, with `/`.
    pub path: String,
    /// Its text.
    pub text: String,
}

/// A path that code names, such as `std::time::Instant::now`, and the line where it does.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Named {
    /// From 1.
    pub line: usize,
    /// Absolute as far as `use` lines tell.
    pub path: String,
}

/// Reads all files that git knows or would know; files that are not text are left out.
pub fn read_all(root: &Path) -> Result<Vec<Source>, Box<dyn Error>> {
    let output = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard"])
        .current_dir(root)
        .output()?;
    if !output.status.success() {
        return Err(format!("git ls-files: {}", String::from_utf8_lossy(&output.stderr)).into());
    }
    let mut sources: Vec<Source> = String::from_utf8(output.stdout)?
        .lines()
        .filter_map(|path| {
            let text = std::fs::read_to_string(root.join(path)).ok()?;
            let path = path.to_owned();
            Some(Source { path, text })
        })
        .collect();
    sources.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(sources)
}

impl Source {
    /// Whether the file is Rust that a person wrote.
    pub fn is_rust(&self) -> bool {
        self.has_extension("rs")
            && !self.path.ends_with("/generated.rs")
            && !self.path.starts_with("agent-macros/tests/expand/")
            && !self.path.starts_with("agent-macros/tests/expand_derive/")
            && !self.path.starts_with("ui-tests/fail/")
            && !self.path.starts_with("ui-tests/pass/")
    }

    /// Whether the name ends in `.{extension}`.
    pub fn has_extension(&self, extension: &str) -> bool {
        Path::new(&self.path)
            .extension()
            .is_some_and(|found| found == extension)
    }

    /// Whether the file is compiled for tests only.
    pub fn is_test(&self) -> bool {
        self.path.starts_with("ui-tests/")
            || self
                .path
                .split('/')
                .any(|part| matches!(part, "tests" | "tests.rs"))
    }

    /// The file parsed, without what is compiled for tests only. `None` where it does not parse:
    /// the compiler says so better.
    pub fn production(&self) -> Option<syn::File> {
        let mut file = syn::parse_file(&self.text).ok()?;
        RemoveTests.visit_file_mut(&mut file);
        Some(file)
    }

    /// Everything that production code names, from top to bottom.
    pub fn names(&self) -> Vec<Named> {
        let Some(file) = self.production() else {
            return Vec::new();
        };
        let module = module_of(&self.path);
        let mut names = Vec::new();
        let mut aliases = BTreeMap::new();
        for item in uses(&file) {
            flatten(&item.tree, "", &mut |path, alias, line| {
                let path = absolute(&path, &module);
                aliases.insert(alias, path.clone());
                names.push(Named { line, path });
            });
        }
        let mut written = Vec::new();
        paths(file.to_token_stream(), &mut written);
        for Named { line, path } in written {
            let (first, rest) = path.split_once("::").unwrap_or((&path, ""));
            let path = match aliases.get(first) {
                Some(full) if rest.is_empty() => full.clone(),
                Some(full) => format!("{full}::{rest}"),
                None => absolute(&path, &module),
            };
            names.push(Named { line, path });
        }
        names.sort();
        names.dedup();
        names
    }
}

/// Whether `path` is `prefix` or lies in it.
pub fn lies_in(path: &str, prefix: &str) -> bool {
    path.strip_prefix(prefix)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

/// Whether an attribute is `#[cfg(test)]`, or `#[cfg(..)]` with `test` among others.
pub fn is_cfg_test(attribute: &Attribute) -> bool {
    attribute.path().is_ident("cfg")
        && attribute.meta.to_token_stream().into_iter().any(|token| {
            matches!(&token, TokenTree::Group(group)
                if group.stream().into_iter().any(|token| token.to_string() == "test"))
        })
}

/// The attributes of an item that may be a test's.
fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Mod(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        _ => &[],
    }
}

struct RemoveTests;

impl VisitMut for RemoveTests {
    fn visit_file_mut(&mut self, file: &mut syn::File) {
        file.items
            .retain(|item| !attributes(item).iter().any(is_cfg_test));
        visit_mut::visit_file_mut(self, file);
    }

    fn visit_item_mod_mut(&mut self, item: &mut syn::ItemMod) {
        if let Some((_, items)) = &mut item.content {
            items.retain(|item| !attributes(item).iter().any(is_cfg_test));
        }
        visit_mut::visit_item_mod_mut(self, item);
    }
}

fn uses(file: &syn::File) -> Vec<syn::ItemUse> {
    struct Uses(Vec<syn::ItemUse>);
    impl syn::visit::Visit<'_> for Uses {
        fn visit_item_use(&mut self, item: &syn::ItemUse) {
            self.0.push(item.clone());
        }
    }
    let mut found = Uses(Vec::new());
    syn::visit::Visit::visit_file(&mut found, file);
    found.0
}

/// Calls `found` with the path, the local name and the line of each leaf of a `use` tree.
fn flatten(tree: &UseTree, prefix: &str, found: &mut impl FnMut(String, String, usize)) {
    let join = |name: &str| match prefix {
        "" => name.to_owned(),
        _ => format!("{prefix}::{name}"),
    };
    match tree {
        UseTree::Path(path) => flatten(&path.tree, &join(&path.ident.to_string()), found),
        UseTree::Name(name) if name.ident == "self" => {
            let alias = prefix.rsplit("::").next().unwrap_or(prefix).to_owned();
            found(prefix.to_owned(), alias, name.ident.span().start().line);
        }
        UseTree::Name(name) => {
            let alias = name.ident.to_string();
            found(join(&alias), alias, name.ident.span().start().line);
        }
        UseTree::Rename(rename) => {
            let path = join(&rename.ident.to_string());
            let line = rename.ident.span().start().line;
            found(path, rename.rename.to_string(), line);
        }
        UseTree::Glob(glob) => {
            let line = glob.star_token.spans[0].start().line;
            found(prefix.to_owned(), String::from("*"), line);
        }
        UseTree::Group(group) => {
            for tree in &group.items {
                flatten(tree, prefix, found);
            }
        }
    }
}

/// Every `a::b::c` in the tokens, also inside of macro calls.
fn paths(tokens: TokenStream, found: &mut Vec<Named>) {
    let mut current: Option<Named> = None;
    let mut colons = 0;
    for token in tokens {
        match token {
            TokenTree::Ident(ident) => {
                let line = ident.span().start().line;
                match &mut current {
                    Some(named) if colons == 2 => {
                        named.path.push_str("::");
                        named.path.push_str(&ident.to_string());
                    }
                    _ => {
                        found.extend(current.take());
                        let path = ident.to_string();
                        current = Some(Named { line, path });
                    }
                }
                colons = 0;
            }
            TokenTree::Punct(punct) if punct.as_char() == ':' => colons += 1,
            TokenTree::Group(group) => {
                found.extend(current.take());
                colons = 0;
                paths(group.stream(), found);
            }
            _ => {
                found.extend(current.take());
                colons = 0;
            }
        }
    }
    found.extend(current);
}

/// `agent-macros/src/model/tool.rs` is `crate::model::tool`.
fn module_of(path: &str) -> String {
    let inside = path.split_once("/src/").map_or(path, |(_, inside)| inside);
    let inside = inside.trim_end_matches(".rs");
    let inside = inside.trim_end_matches("/mod");
    match inside {
        "lib" | "main" | "mod" => String::from("crate"),
        _ => format!("crate::{}", inside.replace('/', "::")),
    }
}

fn parent_of(module: &str) -> &str {
    module
        .rsplit_once("::")
        .map_or("crate", |(parent, _)| parent)
}

/// Resolves leading `self` and `super` in a file of `module`.
fn absolute(path: &str, module: &str) -> String {
    let mut module = module;
    let mut rest = path;
    let mut relative = false;
    loop {
        let (first, after) = rest.split_once("::").unwrap_or((rest, ""));
        match first {
            "self" => {}
            "super" => module = parent_of(module),
            _ => break,
        }
        relative = true;
        rest = after;
        if rest.is_empty() {
            break;
        }
    }
    match (relative, rest) {
        (false, _) => path.to_owned(),
        (true, "") => module.to_owned(),
        (true, _) => format!("{module}::{rest}"),
    }
}
