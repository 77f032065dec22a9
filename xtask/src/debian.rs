//! Programs of Debian that continuous integration installs where they are missing.

use std::process::Command;

use crate::{Outcome, execute, output};

/// Installs packages, as root or with sudo.
pub(crate) fn install(packages: &[&str]) -> Outcome {
    let is_root = is_root();
    let apt = |words: &[&str]| {
        let mut apt = Command::new(if is_root { "apt-get" } else { "sudo" });
        if !is_root {
            apt.args(["--non-interactive", "apt-get"]);
        }
        execute(apt.arg("--quiet").args(words))
    };
    apt(&["update"])?;
    let words: Vec<&str> =
        ["install", "--yes", "--no-install-recommends"].into_iter().chain(packages.iter().copied()).collect();
    apt(&words)
}

pub(crate) fn is_root() -> bool {
    output(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0")
}
