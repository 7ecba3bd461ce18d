//! Programs of others that tests need: found beside the repository or installed once into a cache.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

/// One installation at a time.
static INSTALLING: Mutex<()> = Mutex::new(());

/// Where unpacked tools are kept from one run to the next.
fn cache() -> PathBuf {
    let temporary = Path::new(env!("CARGO_TARGET_TMPDIR"));
    temporary.parent().unwrap_or(temporary).join("tools-cache")
}

/// What is missing here is a skipped test on a laptop and a failed one in CI.
pub fn missing<T>(why: &str) -> Option<T> {
    assert!(std::env::var_os("CI").is_none(), "{why}");
    eprintln!("skipped: {why}");
    None
}

/// The program that has the sidecars and the worker of the .NET SDK.
pub fn reference_hub() -> Option<PathBuf> {
    let _alone = INSTALLING.lock().unwrap();
    let folder = cache().join("reference-hub");
    let program = folder.join("reference-hub-linux-x64/reference-hub");
    if program.is_file() {
        return Some(program);
    }
    let name = "reference-hub-linux-x64.tar.xz";
    let archive = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared/tools")
        .join(name);
    if !archive.is_file() {
        return missing(&format!("{} is not there", archive.display()));
    }
    install(&folder, |fresh| {
        let mut tar = Command::new("tar");
        tar.arg("xJf").arg(&archive).arg("-C").arg(fresh);
        tar
    })?;
    Some(program)
}

/// The script of Azurite, to be run by `node`.
pub fn azurite() -> Option<PathBuf> {
    let _alone = INSTALLING.lock().unwrap();
    let folder = cache().join("azurite");
    let script = folder.join("node_modules/azurite/dist/src/azurite.js");
    if script.is_file() {
        return Some(script);
    }
    install(&folder, |fresh| {
        let mut npm = Command::new("npm");
        npm.args(["install", "--no-audit", "--no-fund", "--prefix"]);
        npm.arg(fresh).arg("azurite@3.37");
        npm
    })?;
    Some(script)
}

/// A Python that has the Durable Task SDK.
pub fn python() -> Option<PathBuf> {
    let _alone = INSTALLING.lock().unwrap();
    let folder = cache().join("python");
    let python = folder.join("bin/python");
    let has_sdk = |python: &Path| {
        let found = Command::new(python)
            .args(["-c", "import durabletask.testing"])
            .output();
        found.is_ok_and(|found| found.status.success())
    };
    if has_sdk(&python) {
        return Some(python);
    }
    let made = Command::new("python3")
        .args(["-m", "venv"])
        .arg(&folder)
        .output();
    if !made.is_ok_and(|made| made.status.success()) {
        return missing("there is no python3 with venv");
    }
    let mut pip = Command::new(&python);
    let pip = pip.args(["-m", "pip", "install", "-q", "durabletask>=1.12,<2"]);
    if !pip.output().is_ok_and(|done| done.status.success()) {
        return missing("`pip install durabletask` failed");
    }
    Some(python)
}

/// Installs into a fresh folder and puts that into its place, whole.
fn install(folder: &Path, command: impl FnOnce(&Path) -> Command) -> Option<()> {
    let fresh = folder.with_extension(std::process::id().to_string());
    let _ = std::fs::remove_dir_all(&fresh);
    std::fs::create_dir_all(&fresh).unwrap();
    let mut command = command(&fresh);
    let done = command.output();
    if !done.as_ref().is_ok_and(|done| done.status.success()) {
        let _ = std::fs::remove_dir_all(&fresh);
        return missing(&format!("{command:?} failed: {done:?}"));
    }
    let _ = std::fs::remove_dir_all(folder);
    std::fs::rename(&fresh, folder).unwrap();
    Some(())
}
