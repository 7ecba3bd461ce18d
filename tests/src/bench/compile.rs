//! What a workflow adds to the time of `cargo check`: generated crates, with and without one.

use std::error::Error;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use crate::Figures;
use crate::figure::{Figure, Limit, median};

/// Nodes of the workflow that is measured.
const NODES: usize = 100;
/// Nodes of one that has to compile.
const MOST_NODES: usize = 500;
/// A `match` stands after so many nodes.
const BLOCK: usize = 10;
const ROUNDS: usize = 5;
/// The crates: their names, their nodes, and whether there is a workflow of them.
const CRATES: [(&str, usize, bool); 4] = [
    ("plain-100", NODES, false),
    ("workflow-100", NODES, true),
    ("plain-500", MOST_NODES, false),
    ("workflow-500", MOST_NODES, true),
];

pub async fn measure() -> Figures {
    let figures = tokio::task::spawn_blocking(|| figures().map_err(|error| error.to_string()));
    Ok(figures.await??)
}

fn figures() -> Figures {
    let place = Place::generate()?;
    let [mut plain, mut with, mut most_plain, mut most] = [const { Vec::new() }; 4];
    for (name, ..) in CRATES {
        // The first time, its dependencies are compiled, too.
        place.check(name)?;
    }
    for _ in 0..ROUNDS {
        plain.push(place.check("plain-100")?);
        with.push(place.check("workflow-100")?);
    }
    for _ in 0..2 {
        most_plain.push(place.check("plain-500")?);
        most.push(place.check("workflow-500")?);
    }
    let (plain, with) = (median(plain), median(with));
    let (most_plain, most) = (median(most_plain), median(most));
    Ok(vec![
        Figure::new("check-of-100-executors", plain, "s"),
        Figure::new("check-with-workflow-of-100", with, "s"),
        Figure::new(
            "check-with-over-without-workflow-of-100",
            with / plain,
            "ratio",
        ),
        Figure::new("check-of-500-executors", most_plain, "s"),
        Figure::new("check-with-workflow-of-500", most, "s"),
        Figure {
            unit: "s",
            ..Figure::counted(
                "check-added-by-workflow-of-100",
                with - plain,
                Limit::AtMost(2.0),
            )
        },
    ])
}

/// A workspace of the generated crates.
struct Place(PathBuf);

impl Place {
    fn generate() -> Result<Self, Box<dyn Error>> {
        let program = std::env::current_exe()?;
        let target = program.ancestors().nth(2).ok_or("no target folder")?;
        let place = Self(target.join("compile-bench"));
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        fs::create_dir_all(&place.0)?;
        // The versions are those of this workspace.
        fs::copy(root.join("Cargo.lock"), place.0.join("Cargo.lock"))?;
        let names = CRATES.map(|(name, ..)| name);
        let manifest = format!("[workspace]\nresolver = \"3\"\nmembers = {names:?}\n");
        fs::write(place.0.join("Cargo.toml"), manifest)?;
        for (name, nodes, workflow) in CRATES {
            let folder = place.0.join(name);
            fs::create_dir_all(folder.join("src"))?;
            fs::write(folder.join("Cargo.toml"), manifest_of(name, &root))?;
            fs::write(folder.join("src/lib.rs"), source(nodes, workflow))?;
        }
        Ok(place)
    }

    /// Seconds of a check after the crate was touched.
    fn check(&self, name: &str) -> Result<f64, Box<dyn Error>> {
        let file = self.0.join(name).join("src/lib.rs");
        fs::write(&file, fs::read(&file)?)?;
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo
            .args(["check", "--offline", "--quiet", "--package", name])
            .current_dir(&self.0)
            .env("CARGO_TARGET_DIR", self.0.join("target"))
            .env("CARGO_INCREMENTAL", "0")
            .stdin(Stdio::null());
        let began = Instant::now();
        let status = cargo.status()?;
        let elapsed = began.elapsed().as_secs_f64();
        if status.success() {
            Ok(elapsed)
        } else {
            Err(format!("{name} does not compile: {status}").into())
        }
    }
}

fn manifest_of(name: &str, root: &Path) -> String {
    format!(
        "[package]\nname = \"{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[dependencies]\n\
         agent-sdk = {{ path = \"{}\" }}\n\
         schemars = \"1\"\nserde = {{ version = \"1\", features = [\"derive\"] }}\n",
        root.join("agent-sdk").display()
    )
}

const HEAD: &str = "
use agent_sdk::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct First(u64);

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Second(u64);

#[derive(WorkflowState)]
pub struct State {
    pub first: First,
    pub second: Second,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub enum Step {
    On(u64),
    Off,
}
";

/// A block of nodes, by their numbers in it.
const PATH: &str = "0 >> ( 1 , 2 ) >> 3 >> 4 >> ( 5 , 6 ) >> 7 >> 8 >> 9";

/// Blocks of ten executors, and perhaps their workflow: two forks each, and a `match` to the next
/// block.
fn source(nodes: usize, workflow: bool) -> String {
    let mut text = String::from(HEAD);
    let mut graph = String::new();
    for first in (0..nodes).step_by(BLOCK) {
        let is_last = first + BLOCK >= nodes;
        for place in 0..BLOCK {
            executor(&mut text, first, place, is_last);
        }
        let name = |place: usize| format!("n{}", first + place);
        let path = PATH.split(' ').map(|word| match word.parse() {
            Ok(place) => name(place),
            Err(_) => word.to_owned(),
        });
        let _ = writeln!(graph, "    {};", path.collect::<Vec<_>>().join(" "));
        if !is_last {
            let (last, next) = (name(BLOCK - 1), name(BLOCK));
            let _ = write!(
                graph,
                "    match {last} {{\n        Step::On(number) => {next}(number),\n        \
                 Step::Off => (),\n    }}\n"
            );
        }
    }
    if workflow {
        let _ = write!(
            text,
            "\n#[workflow(state = State)]\npub fn flow(number: u64) -> Option<u64> {{\n{graph}}}\n"
        );
    }
    text
}

fn executor(text: &mut String, first: usize, place: usize, is_last: bool) {
    let (input, number) = match place {
        3 | 7 => ("(number, other): (u64, u64)", "number + other"),
        _ => ("number: u64", "number + 1"),
    };
    let (output, number) = match place {
        9 if !is_last => ("Step", "Step::On(number + 1)"),
        _ => ("u64", number),
    };
    let name = first + place;
    let (access, act) = match (first, place) {
        (0, 0) => ("(writes(First))", "ctx.set::<First>(First(number));"),
        (_, 4) => ("(writes(Second))", "ctx.set::<Second>(Second(number));"),
        (_, 8) => (
            "(reads(First, Second))",
            "let _ = ctx.get::<First>().0 + ctx.get::<Second>().0;",
        ),
        _ => ("", ""),
    };
    let context = if access.is_empty() {
        String::new()
    } else {
        format!(", ctx: &WorkflowContext<n{name}>")
    };
    let _ = write!(
        text,
        "\n#[executor{access}]\npub async fn n{name}({input}{context}) -> Result<{output}, \
         ExecutorError> {{\n    {act}\n    Ok({number})\n}}\n"
    );
}
