//! `cargo xtask book`: builds the book of docs/ and checks that all of it is there: chapters, links, blocks of code.

mod links;
mod python;
mod samples;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{Outcome, cargo, execute, in_ci, output, read, root};

/// The version of mdBook that builds it.
const VERSION: &str = "0.5.4";

pub(crate) fn run() -> Outcome {
    let mut faults = chapter_faults()?;
    faults.extend(python::faults()?);
    faults.extend(samples::faults(&root())?);
    faults.extend(links::in_files(&root())?);
    match mdbook() {
        Ok(program) => {
            execute(Command::new(program).arg("build").arg(root().join("docs")))?;
            faults.extend(links::in_pages(&root().join("target/book"))?);
        }
        Err(reason) if in_ci() => return Err(format!("{reason}; with CI set, the book must be built")),
        Err(reason) => println!("skipped: the pages of the book, because {reason}"),
    }
    if faults.is_empty() { Ok(()) } else { Err(format!("the book has faults:\n  {}", faults.join("\n  "))) }
}

/// The program, installed below `target` if it is not there. Built without optimisation: that takes half the time, and the
/// book is small.
fn mdbook() -> Outcome<PathBuf> {
    let folder = root().join("target/tools");
    let program = folder.join("bin").join(format!("mdbook{}", std::env::consts::EXE_SUFFIX));
    let version = output(Command::new(&program).arg("--version")).unwrap_or_default();
    if version.trim().trim_start_matches("mdbook v") != VERSION {
        execute(
            cargo()
                .args(["install", "mdbook", "--quiet", "--locked", "--debug", "--no-default-features"])
                .args(["--version", VERSION, "--root"])
                .arg(&folder),
        )?;
    }
    Ok(program)
}

/// Chapters that the table of contents does not name.
fn chapter_faults() -> Outcome<Vec<String>> {
    let docs = root().join("docs");
    let contents = read(&docs.join("SUMMARY.md"))?;
    let missing = chapters(&docs)?.into_iter().filter(|name| !contents.contains(&format!("({name})")));
    Ok(missing.map(|name| format!("docs/{name} is not in docs/SUMMARY.md")).collect())
}

/// Names of the Markdown files of a folder.
fn chapters(folder: &Path) -> Outcome<BTreeSet<String>> {
    let entries =
        std::fs::read_dir(folder).map_err(|error| format!("cannot read {}: {error}", folder.display()))?;
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    Ok(names.filter(|name| name.ends_with(".md") && name != "SUMMARY.md").collect())
}
