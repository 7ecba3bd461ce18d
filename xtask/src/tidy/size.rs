//! How large functions and files may be.

use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

use super::source::is_cfg_test;
use super::{Source, Violation};

/// Lines of a function, signature and braces included. Tests are free: theirs are tables.
const FUNCTION_LINES_MAX: usize = 70;
/// Lines of a file, without the tests in it.
const FILE_LINES_MAX: usize = 500;
/// Lines of a `lib.rs`, without its docs.
const LIB_LINES_MAX: usize = 100;

/// Functions, files and `lib.rs` files that are too long.
pub fn check(source: &Source) -> Vec<Violation> {
    if !source.is_rust() {
        return Vec::new();
    }
    let Ok(file) = syn::parse_file(&source.text) else {
        return Vec::new();
    };
    let mut measure = Measure {
        all_tests: source.is_test(),
        ..Measure::default()
    };
    measure.visit_file(&file);
    let mut found: Vec<Violation> = measure
        .functions
        .into_iter()
        .filter(|function| function.lines > FUNCTION_LINES_MAX)
        .map(|Function { name, line, lines }| Violation {
            path: source.path.clone(),
            line,
            message: format!("`{name}` has {lines} lines; at most {FUNCTION_LINES_MAX}"),
        })
        .collect();
    let lines = source.text.lines().count() - measure.test_lines;
    if !source.is_test() && lines > FILE_LINES_MAX {
        found.push(Violation {
            path: source.path.clone(),
            line: 0,
            message: format!("{lines} lines without tests; at most {FILE_LINES_MAX}"),
        });
    }
    let code = code_lines(&source.text).saturating_sub(measure.test_lines);
    if source.path.ends_with("src/lib.rs") && !source.is_test() && code > LIB_LINES_MAX {
        found.push(Violation {
            path: source.path.clone(),
            line: 0,
            message: format!("{code} lines without docs; at most {LIB_LINES_MAX}"),
        });
    }
    found
}

fn code_lines(text: &str) -> usize {
    text.lines()
        .filter(|line| {
            let line = line.trim_start();
            !line.is_empty() && !line.starts_with("//")
        })
        .count()
}

struct Function {
    name: String,
    line: usize,
    lines: usize,
}

#[derive(Default)]
struct Measure {
    /// The whole file is for tests.
    all_tests: bool,
    functions: Vec<Function>,
    test_lines: usize,
}

impl Measure {
    /// Docs and attributes above a function don't count: they are wanted long.
    fn function(&mut self, signature: &syn::Signature, block: &syn::Block) {
        if self.all_tests {
            return;
        }
        let line = signature.span().start().line;
        self.functions.push(Function {
            name: signature.ident.to_string(),
            line,
            lines: block.span().end().line + 1 - line,
        });
    }
}

fn lines_of(span: Span) -> usize {
    span.end().line + 1 - span.start().line
}

impl<'ast> Visit<'ast> for Measure {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        if item.content.is_some() && item.attrs.iter().any(is_cfg_test) {
            self.test_lines += lines_of(item.span());
            return;
        }
        visit::visit_item_mod(self, item);
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.function(&item.sig, &item.block);
        visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.function(&item.sig, &item.block);
        visit::visit_impl_item_fn(self, item);
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        if let Some(block) = &item.default {
            self.function(&item.sig, block);
        }
        visit::visit_trait_item_fn(self, item);
    }
}
