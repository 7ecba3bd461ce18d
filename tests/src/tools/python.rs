use std::path::PathBuf;
use std::process::Command;

use super::{Missing, fingerprint, installed, run, workspace};

/// The folder, for `PYTHONPATH`, with the packages of a `requirements.txt` in that folder of the
/// workspace.
pub fn python(folder: &str) -> Result<PathBuf, Missing> {
    let requirements = workspace().join(folder).join("requirements.txt");
    let name = format!("python-{}", fingerprint(&requirements)?);
    installed(&name, |fresh| {
        // Not a virtual environment: that one can't be moved to its final name.
        run(Command::new("python3")
            .args(["-m", "pip", "install", "--quiet", "--target"])
            .arg(fresh)
            .arg("--requirement")
            .arg(&requirements))
    })
}
