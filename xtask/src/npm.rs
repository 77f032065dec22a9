//! Packages of npm below the target folder, as a lock file with hashes names them.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::python::target_folder;
use crate::{Outcome, execute, root};

const NPM: &str = if cfg!(windows) { "npm.cmd" } else { "npm" };

/// Fails where no package can be had.
pub(crate) fn with_npm() -> Outcome {
    let works = Command::new(NPM).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    if works.is_ok_and(|status| status.success()) { Ok(()) } else { Err("npm cannot be started".into()) }
}

/// A copy of a folder of the workspace below the target folder, with the packages that its lock file names.
pub(crate) fn installed(source: &str, target: &str) -> Outcome<PathBuf> {
    let (source, folder) = (root().join(source), target_folder()?.join(target));
    let failed = |error: std::io::Error| format!("{}: {error}", folder.display());
    std::fs::create_dir_all(&folder).map_err(failed)?;
    for entry in std::fs::read_dir(&source).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        std::fs::copy(entry.path(), folder.join(entry.file_name())).map_err(failed)?;
    }
    let wanted = std::fs::read(folder.join("package-lock.json")).map_err(failed)?;
    let stamp = folder.join("installed.json");
    if !std::fs::read(&stamp).is_ok_and(|installed| installed == wanted) {
        let mut install = Command::new(NPM);
        install.args(["ci", "--no-audit", "--no-fund", "--ignore-scripts"]).current_dir(&folder);
        execute(&mut install)?;
        std::fs::write(&stamp, wanted).map_err(failed)?;
    }
    Ok(folder)
}
