//! Random sketches.

use super::behaviour::{Does, mix};
use super::build::{End, Part, Sketch, build};
use crate::workflow::Graph;

/// What may be in a generated graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "each is a thing of its own")]
pub struct Mix {
    /// Ports.
    pub ports: bool,
    /// Sub-workflows.
    pub workflows: bool,
    /// Executors that fail for good on some inputs.
    pub failures: bool,
    /// Executors whose first attempt fails.
    pub flaky: bool,
}

/// Numbers that look random and are the same for the same seed.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// Those of a seed.
    pub fn new(seed: u64) -> Self {
        Self(mix(seed, 1))
    }

    /// A number below `end`.
    pub fn below(&mut self, end: u64) -> u64 {
        self.0 = mix(self.0, 0x5eed);
        self.0 % end.max(1)
    }

    fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }
}

/// The graph of a seed: about as many nodes as `size`.
pub fn graph(seed: u64, size: u64, mix: Mix) -> &'static Graph {
    let mut generator = Generator {
        random: Random::new(seed),
        left: size,
        mix,
        nodes: 0,
        back: true,
    };
    let sketch = generator.path();
    build("generated", &sketch, 40)
}

struct Generator {
    random: Random,
    left: u64,
    mix: Mix,
    nodes: usize,
    back: bool,
}

impl Generator {
    fn path(&mut self) -> Sketch {
        let mut parts = Vec::new();
        let count = 1 + self.random.below(3);
        for _ in 0..count {
            if self.left == 0 {
                break;
            }
            self.left -= 1;
            match self.random.below(10) {
                0 => parts.push(self.each()),
                1 | 2 => {
                    parts.push(Part::Closed(self.elements()));
                    // What follows a closed tuple begins with single nodes.
                    let second = self.random.chance(30);
                    if second {
                        let does = self.does(false);
                        let one = vec![Part::Executor(does)];
                        let does = self.does(false);
                        let two = vec![Part::Executor(does)];
                        parts.push(Part::Closed(vec![one, two]));
                    }
                    parts.push(Part::Executor(self.does(true)));
                }
                _ => parts.push(self.single(true)),
            }
        }
        let end = self.end();
        Sketch { parts, end }
    }

    fn end(&mut self) -> End {
        if self.left == 0 {
            return if self.random.chance(80) {
                End::Output
            } else {
                End::Drop
            };
        }
        match self.random.below(10) {
            0 | 1 => End::Output,
            2 => End::Drop,
            3 | 4 => End::Open(self.paths(2)),
            5 if self.back => {
                self.back = false;
                End::Back(Box::new(self.path()))
            }
            _ => {
                let arms = 2 + self.random.below(2);
                let arm = |generator: &mut Self| {
                    let count = generator.random.below(3);
                    generator.paths(count)
                };
                End::Switch((0..arms).map(|_| arm(self)).collect())
            }
        }
    }

    fn paths(&mut self, count: u64) -> Vec<Sketch> {
        (0..count).map(|_| self.path()).collect()
    }

    /// The elements of a closed tuple: one message in, one out.
    fn elements(&mut self) -> Vec<Vec<Part>> {
        let count = 2 + self.random.below(2);
        (0..count).map(|_| self.element()).collect()
    }

    fn element(&mut self) -> Vec<Part> {
        let mut parts = vec![self.single(false)];
        if self.random.chance(30) {
            parts.push(Part::Each(self.does(false)));
        }
        if self.random.chance(15) {
            let one = vec![Part::Executor(self.does(false))];
            let two = vec![self.single(false), Part::Executor(self.does(false))];
            parts.push(Part::Closed(vec![one, two]));
            parts.push(Part::Executor(self.does(false)));
        }
        parts
    }

    fn each(&mut self) -> Part {
        if self.mix.ports && self.random.chance(25) {
            return Part::EachPort;
        }
        Part::Each(self.does(true))
    }

    fn single(&mut self, sends: bool) -> Part {
        match self.random.below(10) {
            0 if self.mix.ports => Part::Port(None),
            1 if self.mix.workflows => {
                let inner = Mix {
                    workflows: false,
                    ..self.mix
                };
                let seed = self.random.below(u64::MAX);
                let mut generator = Self {
                    random: Random::new(seed),
                    left: 3,
                    mix: inner,
                    nodes: 0,
                    back: false,
                };
                let sketch = generator.path();
                // Different graphs have different names, as on a hub.
                let name = String::leak(format!("inner-{seed:x}"));
                Part::Workflow(build(name, &sketch, 40))
            }
            _ => Part::Executor(self.does(sends)),
        }
    }

    fn does(&mut self, sends: bool) -> Does {
        self.nodes += 1;
        let mut writes = 0;
        for slot in 0..4 {
            // Slots without a reducer are written seldom: two at once fail the run.
            let percent = if slot < 2 { 25 } else { 4 };
            writes |= u8::from(self.random.chance(percent)) << slot;
        }
        let reads = u8::try_from(self.random.below(16)).unwrap_or(0);
        Does {
            node: self.nodes,
            reads: if self.random.chance(40) { reads } else { 0 },
            writes,
            sends: sends && self.random.chance(15),
            yields: self.random.chance(10),
            fails: self.mix.failures && self.random.chance(5),
            flaky: self.mix.flaky && self.random.chance(10),
        }
    }
}
