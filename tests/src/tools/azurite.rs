use std::path::PathBuf;
use std::process::Command;

use super::{Missing, installed, run};

/// The script of Azurite, which is Azure Storage on this machine, to be run by `node`.
pub fn azurite() -> Result<PathBuf, Missing> {
    let folder = installed("azurite-3.37", |fresh| {
        run(Command::new("npm")
            .args(["install", "--no-audit", "--no-fund", "--prefix"])
            .arg(fresh)
            .arg("azurite@3.37"))
    })?;
    Ok(folder.join("node_modules/azurite/dist/src/azurite.js"))
}
