use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use super::{Missing, cache, workspace};

/// What this process has built, by name. One builds at a time.
static BUILT: Mutex<BTreeMap<String, PathBuf>> = Mutex::new(BTreeMap::new());

/// The program of a package of the workspace with these features, which a test build does not have.
/// It has the package's name.
pub fn program(package: &str, features: &[&str]) -> Result<PathBuf, Missing> {
    let name = [&[package], features].concat().join("-with-");
    let mut built = BUILT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(path) = built.get(&name) {
        return Ok(path.clone());
    }
    let path = kept(&build(package, features)?, &name)?;
    built.insert(name, path.clone());
    Ok(path)
}

fn build(package: &str, features: &[&str]) -> Result<PathBuf, Missing> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["build", "--quiet", "--locked", "--message-format=json"])
        .args(["--package", package, "--bin", package])
        .args(["--features", &features.join(",")])
        .current_dir(workspace())
        .output()
        .map_err(|error| format!("cargo: {error}"))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(format!("{package} can't be built: {said}"));
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let messages = text
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok());
    let executable = messages
        .filter_map(|message: serde_json::Value| Some(message["executable"].as_str()?.to_owned()))
        .next_back();
    executable
        .map(Into::into)
        .ok_or_else(|| String::from("cargo named no program"))
}

/// The next build with other features would replace it.
fn kept(executable: &Path, name: &str) -> Result<PathBuf, Missing> {
    let kept = cache()?.join(name);
    let text = |error: std::io::Error| format!("{}: {error}", kept.display());
    match std::fs::remove_file(&kept) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(text(error)),
        Ok(()) | Err(_) => {}
    }
    std::fs::hard_link(executable, &kept)
        .or_else(|_| std::fs::copy(executable, &kept).map(drop))
        .map_err(text)?;
    Ok(kept)
}
