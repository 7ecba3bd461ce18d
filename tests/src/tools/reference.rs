use std::path::PathBuf;
use std::process::Command;

use super::{Missing, installed, run, shared};

/// The program `reference-hub`: the official engine and SDK for .NET.
pub fn reference_hub() -> Result<PathBuf, Missing> {
    let archive = shared()?.join("tools/reference-hub-linux-x64.tar.xz");
    if !archive.is_file() {
        return Err(format!("{} is not there", archive.display()));
    }
    let folder = installed("reference-hub", |fresh| {
        // Python knows the format everywhere; `tar` needs another program for it.
        let unpack = "import sys, tarfile; tarfile.open(sys.argv[1]).extractall(sys.argv[2])";
        run(Command::new("python3")
            .args(["-c", unpack])
            .arg(&archive)
            .arg(fresh))
    })?;
    find(&folder).ok_or_else(|| format!("no `reference-hub` in {}", archive.display()))
}

/// The program lies at the top of the archive or one folder below.
fn find(folder: &std::path::Path) -> Option<PathBuf> {
    let direct = folder.join("reference-hub");
    if direct.is_file() {
        return Some(direct);
    }
    let entries = std::fs::read_dir(folder).ok()?;
    entries
        .flatten()
        .map(|entry| entry.path().join("reference-hub"))
        .find(|path| path.is_file())
}
