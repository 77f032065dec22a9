//! `cargo xtask dist`: the program as it is released, for the system this runs on.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use sha2::{Digest, Sha256};

use crate::python::target_folder;
use crate::release::notes;
use crate::{Outcome, cargo, execute, output, read, root};

/// What stands beside the program in the archive.
const PAGES: [&str; 3] = ["LICENSE", "README.md", "CHANGELOG.md"];

/// Builds it, and packs it with its manual pages.
pub(crate) fn run() -> Outcome {
    execute(cargo().args(["build", "--profile", "dist", "--package", "hub-cli", "--locked"]))?;
    let program = format!("hub{}", std::env::consts::EXE_SUFFIX);
    let target = target_folder()?;
    let built = target.join("dist").join(&program);
    let version = output(Command::new(&built).arg("--version"))?;
    let version = version.split_whitespace().nth(1).ok_or("`hub --version` says no version")?.to_owned();
    let name = format!("hub-{version}-{}", host()?);

    let folder = folder(&target);
    let content = folder.join(&name);
    let fail = |error: std::io::Error| format!("cannot fill {}: {error}", content.display());
    if content.exists() {
        std::fs::remove_dir_all(&content).map_err(fail)?;
    }
    std::fs::create_dir_all(&content).map_err(fail)?;
    std::fs::copy(&built, content.join(&program)).map_err(fail)?;
    for page in PAGES {
        std::fs::copy(root().join(page), content.join(page)).map_err(fail)?;
    }
    execute(Command::new(&built).arg("man").arg(content.join("man")))?;

    let archive = format!("{name}.tar.gz");
    execute(Command::new("tar").arg("-czf").arg(&archive).arg(&name).current_dir(&folder))?;
    let bytes = std::fs::read(folder.join(&archive)).map_err(fail)?;
    let line = checksum(&bytes, &archive);
    std::fs::write(folder.join(format!("{archive}.sha256")), &line).map_err(fail)?;
    println!("{}\n{}", folder.join(&archive).display(), line.trim_end());
    Ok(())
}

/// Not the folder of the profile, which has the same name.
fn folder(target: &Path) -> PathBuf {
    target.join("releases")
}

/// The system, as compilers name it.
fn host() -> Outcome<String> {
    let said = output(Command::new("rustc").arg("-vV"))?;
    let host = said.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).ok_or_else(|| "`rustc -vV` does not say for which system it compiles".into())
}

/// A line that `sha256sum --check` understands.
fn checksum(bytes: &[u8], name: &str) -> String {
    let mut line = String::new();
    for byte in Sha256::digest(bytes) {
        // Writing to a text cannot fail.
        let _ = write!(line, "{byte:02x}");
    }
    line + "  " + name + "\n"
}

/// Makes the draft of a release with the archives that are there, and what the changelog says. People publish it.
pub(crate) fn attach(tag: &str) -> Outcome {
    let version = tag.strip_prefix('v').unwrap_or(tag);
    let notes = notes(&read(&root().join("CHANGELOG.md"))?, version)
        .ok_or_else(|| format!("CHANGELOG.md has no section for {version}"))?;
    let folder = folder(&target_folder()?);
    let entries =
        std::fs::read_dir(&folder).map_err(|error| format!("cannot read {}: {error}", folder.display()))?;
    let mut files: Vec<PathBuf> =
        entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| path.is_file()).collect();
    files.sort();
    if files.is_empty() {
        return Err(format!("there is nothing in {}", folder.display()));
    }
    let mut create = Command::new("gh");
    create.args(["release", "create", tag, "--draft", "--verify-tag", "--title", tag, "--notes", &notes]);
    execute(create.args(files).current_dir(root()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checksum_is_one_that_sha256sum_checks() {
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(checksum(b"", "a.tar.gz"), format!("{empty}  a.tar.gz\n"));
    }
}
