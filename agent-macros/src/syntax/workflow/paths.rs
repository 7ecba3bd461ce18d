//! The nodes of a body that may be half-typed, so that an editor can complete and find them.

use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};
use syn::Path;
use syn::parse::Parser;

/// The paths that stand where a body names a node, as far as that can be told. The names of `let`
/// statements are left out.
pub fn paths(body: &TokenStream) -> Vec<Path> {
    let mut finder = Finder::default();
    for token in body.clone() {
        if let TokenTree::Group(group) = token {
            finder.statements(&group.stream());
        }
    }
    let Finder { found, named } = finder;
    let is_named = |path: &Path| named.iter().any(|name| path.is_ident(name));
    found.into_iter().filter(|path| !is_named(path)).collect()
}

#[derive(Default)]
struct Finder {
    found: Vec<Path>,
    named: Vec<Ident>,
}

impl Finder {
    /// Statements, or the elements of one: what stands between is no path.
    fn statements(&mut self, tokens: &TokenStream) {
        let tokens: Vec<TokenTree> = tokens.clone().into_iter().collect();
        let mut rest = tokens.as_slice();
        while let Some((first, after)) = rest.split_first() {
            rest = match first {
                TokenTree::Ident(word) if word == "let" => self.named(after),
                TokenTree::Ident(word) if word == "match" => self.matched(after),
                _ => self.element(rest),
            };
        }
    }

    /// `name =`
    fn named<'t>(&mut self, rest: &'t [TokenTree]) -> &'t [TokenTree] {
        match rest {
            [TokenTree::Ident(name), after @ ..] => {
                self.named.push(name.clone());
                after
            }
            _ => rest,
        }
    }

    /// `source { arms }`
    fn matched<'t>(&mut self, rest: &'t [TokenTree]) -> &'t [TokenTree] {
        let rest = self.element(rest);
        match rest {
            [TokenTree::Group(arms), after @ ..] if arms.delimiter() == Delimiter::Brace => {
                self.arms(&arms.stream());
                after
            }
            _ => rest,
        }
    }

    /// What stands between each `=>` and the next comma or block.
    fn arms(&mut self, arms: &TokenStream) {
        let tokens: Vec<TokenTree> = arms.clone().into_iter().collect();
        let mut rest = tokens.as_slice();
        while let Some(arrow) = rest.windows(2).position(is_arrow) {
            let after = rest.get(arrow + 2..).unwrap_or_default();
            let is_block = matches!(after.first(), Some(TokenTree::Group(group))
                if group.delimiter() == Delimiter::Brace);
            let end = if is_block {
                1
            } else {
                let comma = |token: &TokenTree| is_mark(token, ',');
                after.iter().position(comma).unwrap_or(after.len())
            };
            let (target, next) = after.split_at(end);
            self.statements(&target.iter().cloned().collect());
            rest = next;
        }
    }

    /// A path with the value after it, a group, or one other token.
    fn element<'t>(&mut self, rest: &'t [TokenTree]) -> &'t [TokenTree] {
        match rest.split_first() {
            Some((TokenTree::Ident(word), [TokenTree::Group(inner), after @ ..]))
                if word == "each" =>
            {
                self.statements(&inner.stream());
                after
            }
            // An attribute.
            Some((TokenTree::Punct(mark), [TokenTree::Group(_), after @ ..]))
                if mark.as_char() == '#' =>
            {
                after
            }
            Some((TokenTree::Group(group), after)) => {
                self.statements(&group.stream());
                after
            }
            Some((TokenTree::Ident(_), _)) => self.path(rest),
            Some((_, after)) => after,
            None => rest,
        }
    }

    fn path<'t>(&mut self, rest: &'t [TokenTree]) -> &'t [TokenTree] {
        let mut length = 1;
        while let [
            TokenTree::Punct(a),
            TokenTree::Punct(b),
            TokenTree::Ident(_),
            ..,
        ] = rest.get(length..).unwrap_or_default()
            && (a.as_char(), b.as_char()) == (':', ':')
        {
            length += 3;
        }
        let (path, after) = rest.split_at(length.min(rest.len()));
        let path = Path::parse_mod_style.parse2(path.iter().cloned().collect());
        // A macro.
        if let [TokenTree::Punct(mark), TokenTree::Group(_), after @ ..] = after
            && mark.as_char() == '!'
        {
            return after;
        }
        self.found.extend(path);
        match after {
            [TokenTree::Group(value), after @ ..]
                if value.delimiter() == Delimiter::Parenthesis =>
            {
                after
            }
            after => after,
        }
    }
}

fn is_mark(token: &TokenTree, mark: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == mark)
}

fn is_arrow(pair: &[TokenTree]) -> bool {
    matches!(pair, [first, second] if is_mark(first, '=') && is_mark(second, '>'))
}
