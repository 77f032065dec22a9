//! `cargo xtask page`: a real Chromium in front of a real `hub serve`. It does what a person does and judges every page.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::python::target_folder;
use crate::{Outcome, debian, execute, in_ci, interop, npm, root};

/// What the browser does, and the packages that it is driven with, pinned with hashes.
const DRIVER: &str = "tests/page";
/// The pictures of the documentation.
const PICTURES: &str = "docs/page";
/// What distributions call it.
const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/// Makes all checks, with pictures of all pages below the target folder.
pub(crate) fn run() -> Outcome {
    match browser() {
        Ok(browser) => drive(&browser, None),
        Err(reason) if in_ci() => Err(format!("{reason}; with CI set, the pages must be looked at")),
        Err(reason) => {
            println!("skipped: page, because {reason}");
            Ok(())
        }
    }
}

/// As [`run`], and writes the pictures of the documentation anew.
pub(crate) fn write() -> Outcome {
    drive(&browser()?, Some(&root().join(PICTURES)))
}

fn drive(browser: &Path, docs: Option<&Path>) -> Outcome {
    let folder = npm::installed(DRIVER, "page/driver")?;
    let pictures = target_folder()?.join("page/pictures");
    let mut node = Command::new("node");
    node.arg(folder.join("drive.mjs")).arg(interop::hub()?).arg(browser).arg(&pictures).args(docs);
    execute(&mut node)?;
    println!("every page is in {}", pictures.display());
    Ok(())
}

/// A Chromium of this machine. Continuous integration installs one where there is none.
fn browser() -> Outcome<PathBuf> {
    npm::with_npm()?;
    match found() {
        Some(browser) => Ok(browser),
        None if in_ci() => {
            // A font too, without which there are no letters.
            debian::install(&["chromium", "fonts-dejavu-core"])?;
            found().ok_or_else(|| "the Chromium of the distribution does not start here".into())
        }
        None => Err(format!("there is none of {} (on Debian: install chromium)", NAMES.join(", "))),
    }
}

fn found() -> Option<PathBuf> {
    let starts = |name: &&str| {
        let version =
            Command::new(name).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
        version.is_ok_and(|status| status.success())
    };
    let name = NAMES.into_iter().find(starts)?;
    let folders = std::env::var_os("PATH")?;
    std::env::split_paths(&folders).map(|folder| folder.join(name)).find(|path| path.is_file())
}
