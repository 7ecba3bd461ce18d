//! Bodies as data, and random numbers.

use std::fmt::{self, Display, Formatter};

/// Statements.
#[derive(Clone)]
pub struct Body {
    pub statements: Vec<Statement>,
}

#[derive(Clone)]
pub enum Statement {
    Path(Chain),
    Match(String, Vec<Chain>),
    Let(String, String),
}

pub type Chain = Vec<Element>;

#[derive(Clone)]
pub enum Element {
    Node(String),
    /// A node with a value.
    Value(String),
    Each(String),
    Tuple(Vec<Chain>),
    Nothing,
}

impl Display for Body {
    fn fmt(&self, out: &mut Formatter) -> fmt::Result {
        for statement in &self.statements {
            match statement {
                Statement::Path(chain) => write!(out, "{}; ", chain_text(chain))?,
                Statement::Let(name, path) => write!(out, "let {name} = {path}; ")?,
                Statement::Match(source, arms) => {
                    write!(out, "match {source} {{ ")?;
                    for arm in arms {
                        write!(out, "P(x) => {}, ", chain_text(arm))?;
                    }
                    write!(out, "}} ")?;
                }
            }
        }
        Ok(())
    }
}

pub fn chain_text(chain: &Chain) -> String {
    let element = |element: &Element| match element {
        Element::Node(name) => name.clone(),
        Element::Value(name) => format!("{name}(x)"),
        Element::Each(name) => format!("each({name})"),
        Element::Nothing => "()".to_owned(),
        Element::Tuple(chains) => {
            let chains: Vec<String> = chains.iter().map(chain_text).collect();
            format!("({})", chains.join(", "))
        }
    };
    let elements: Vec<String> = chain.iter().map(element).collect();
    elements.join(" >> ")
}

impl Body {
    /// Every name of a node in a path, for changing it.
    pub fn names(&mut self) -> Vec<&mut String> {
        let mut found = Vec::new();
        for statement in &mut self.statements {
            match statement {
                Statement::Path(chain) => names_of(chain, &mut found),
                Statement::Match(source, arms) => {
                    found.push(source);
                    for arm in arms {
                        names_of(arm, &mut found);
                    }
                }
                Statement::Let(..) => {}
            }
        }
        found
    }

    /// Every chain, the inner ones as well.
    pub fn chains(&mut self, visit: &mut dyn FnMut(&mut Chain)) {
        for statement in &mut self.statements {
            match statement {
                Statement::Path(chain) => chains_of(chain, visit),
                Statement::Match(_, arms) => {
                    for arm in arms {
                        chains_of(arm, visit);
                    }
                }
                Statement::Let(..) => {}
            }
        }
    }
}

fn names_of<'b>(chain: &'b mut Chain, found: &mut Vec<&'b mut String>) {
    for element in chain {
        match element {
            Element::Node(name) | Element::Value(name) | Element::Each(name) => found.push(name),
            Element::Tuple(chains) => {
                for chain in chains {
                    names_of(chain, found);
                }
            }
            Element::Nothing => {}
        }
    }
}

fn chains_of(chain: &mut Chain, visit: &mut dyn FnMut(&mut Chain)) {
    for element in chain.iter_mut() {
        if let Element::Tuple(chains) = element {
            for chain in chains {
                chains_of(chain, visit);
            }
        }
    }
    visit(chain);
}

/// Always the same for the same seed.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0x5851_F42D_4C95_7F2D)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// From 0 to one less than the bound.
    pub fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(bound.max(1)).unwrap()).unwrap()
    }

    pub fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    pub fn pick<'l, T>(&mut self, list: &'l [T]) -> Option<&'l T> {
        list.get(self.below(list.len()))
    }
}
