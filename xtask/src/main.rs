//! The developers' command. `cargo xtask` lists what it does.

mod proto;

use std::error::Error;
use std::path::PathBuf;

fn main() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..");
    match std::env::args().nth(1).as_deref() {
        Some("proto") => proto::run(&root),
        _ => Err("usage: cargo xtask proto".into()),
    }
}
