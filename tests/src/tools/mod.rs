//! Programs that are not ours, for tests that need them: found, unpacked or installed into a folder
//! beside the build. Where one is missing a test says so and is skipped; in CI it fails.

mod azurite;
mod build;
mod python;
mod reference;
mod sidecar;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

pub use azurite::azurite;
pub use build::program;
pub use python::python;
pub use reference::reference_hub;
pub use sidecar::Sidecar;

/// One installs at a time: tests of one process share what is installed.
static INSTALLING: Mutex<()> = Mutex::new(());

/// Why a program is not there.
pub type Missing = String;

/// The folder of the workspace.
pub fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The folder beside the workspace with fixtures and tools of others.
pub fn shared() -> Result<PathBuf, Missing> {
    let folder = workspace().join("../shared");
    folder
        .canonicalize()
        .map_err(|error| format!("{}: {error}", folder.display()))
}

/// Gives what a test needs, or says why it is skipped. In CI, where `CI` is set, nothing may be
/// missing.
///
/// # Panics
///
/// In CI, when it is missing.
#[allow(clippy::panic, reason = "a test that can't run has failed in CI")]
pub fn need<T>(program: Result<T, Missing>) -> Option<T> {
    match program {
        Ok(program) => Some(program),
        Err(why) if std::env::var_os("CI").is_some() => panic!("needed in CI: {why}"),
        Err(why) => {
            eprintln!("skipped: {why}");
            None
        }
    }
}

/// The folder for what is unpacked and installed; it outlives the tests.
fn cache() -> Result<PathBuf, Missing> {
    let target = std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| workspace().join("target"), PathBuf::from);
    let folder = target.join("tools");
    std::fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    Ok(folder)
}

/// Makes a folder of the cache once: `install` fills another one, which then gets the name, so that
/// an installation that was cut is not taken for a whole one.
fn installed(
    name: &str,
    install: impl FnOnce(&Path) -> Result<(), Missing>,
) -> Result<PathBuf, Missing> {
    let _one = INSTALLING.lock().unwrap_or_else(PoisonError::into_inner);
    let cache = cache()?;
    let folder = cache.join(name);
    if folder.is_dir() {
        return Ok(folder);
    }
    let text = |error: std::io::Error| format!("{}: {error}", folder.display());
    let fresh = tempfile::tempdir_in(&cache).map_err(text)?;
    install(fresh.path())?;
    std::fs::rename(fresh.keep(), &folder).map_err(text)?;
    Ok(folder)
}

/// Runs an installer.
fn run(command: &mut Command) -> Result<(), Missing> {
    let shown = format!("{command:?}");
    let output = command
        .output()
        .map_err(|error| format!("{shown}: {error}"))?;
    if output.status.success() {
        Ok(())
    } else {
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        Err(format!("{shown}: {} {said}", output.status))
    }
}

/// The packages of a `package.json` in that folder of the workspace, as a value for `NODE_PATH`.
pub fn node_modules(folder: &str) -> Result<PathBuf, Missing> {
    let manifest = workspace().join(folder).join("package.json");
    let name = format!("node-{}", fingerprint(&manifest)?);
    let installed = installed(&name, |fresh| {
        std::fs::copy(&manifest, fresh.join("package.json"))
            .map_err(|error| format!("{}: {error}", manifest.display()))?;
        run(Command::new("npm")
            .args(["install", "--no-audit", "--no-fund"])
            .current_dir(fresh))
    })?;
    Ok(installed.join("node_modules"))
}

/// Different for different content, so that a changed list of packages is installed anew.
fn fingerprint(file: &Path) -> Result<String, Missing> {
    let content = std::fs::read(file).map_err(|error| format!("{}: {error}", file.display()))?;
    // FNV-1a: nobody attacks a cache of one's own.
    let hash = content
        .iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
        });
    Ok(format!("{hash:016x}"))
}
