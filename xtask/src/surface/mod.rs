//! `cargo xtask surface`: what each library makes public, as text in `docs/public-api`, so that a change of it shows in review.
//! It is read from the sources, with no compiler that could differ from machine to machine.

mod list;
mod said;
mod sources;

use std::path::PathBuf;

use crate::metadata::metadata;
use crate::publish::packages;
use crate::{Outcome, read, root};

const FOLDER: &str = "docs/public-api";

/// What a reader of a file has to know.
const HEAD: &str = "\
# What the sources of this library make public, by its path: `cargo xtask surface --write` writes it, `cargo xtask test` compares it.
# Names that `pub use` hands on stand where users find them. Not seen: what a macro of the library makes (its call stands here
# instead, and its definition does not), items that `pub use` brings from other crates (named, not listed), traits that the compiler
# adds by itself, and where two types have one name, which of them an `impl` is for.
";

/// Compares the files with the sources.
pub(crate) fn run() -> Outcome {
    let mut stale = Vec::new();
    let mut count = 0;
    for (path, text) in pages()? {
        count += text.lines().filter(|line| !line.starts_with('#')).count();
        let there = read(&path).unwrap_or_default();
        if let Some(change) = difference(&there, &text) {
            stale.push(format!("{}: {change}", path.strip_prefix(root()).unwrap_or(&path).display()));
        }
    }
    if stale.is_empty() {
        println!("{count} public items");
        return Ok(());
    }
    Err(format!(
        "what is public has changed: `cargo xtask surface --write` notes it, and CHANGELOG.md says it\n  {}",
        stale.join("\n  ")
    ))
}

/// Writes the files anew.
pub(crate) fn write() -> Outcome {
    for (path, text) in pages()? {
        std::fs::write(&path, text).map_err(|error| format!("cannot write {}: {error}", path.display()))?;
    }
    Ok(())
}

/// The files as they should be.
fn pages() -> Outcome<Vec<(PathBuf, String)>> {
    let mut pages = Vec::new();
    for package in packages(&metadata(&["--no-deps", "--locked"])?) {
        let library = package.folder.join("src/lib.rs");
        if !package.published || !library.is_file() {
            continue;
        }
        let name = package.name.replace('-', "_");
        let lines = list::lines(&name, &sources::Module::of(&library)?);
        let text = format!("{HEAD}\n{}\n", lines.into_iter().collect::<Vec<_>>().join("\n"));
        pages.push((root().join(FOLDER).join(format!("{}.txt", package.name)), text));
    }
    Ok(pages)
}

/// The first line that is in one text only.
fn difference(there: &str, now: &str) -> Option<String> {
    let lacks = |text: &str, line: &&str| !text.lines().any(|other| other == *line);
    let gone = there.lines().find(|line| lacks(now, line)).map(|line| format!("- {line}"));
    let new = now.lines().find(|line| lacks(there, line)).map(|line| format!("+ {line}"));
    gone.or(new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_change_is_told() {
        assert_eq!(difference("a\nb\n", "a\nb\n"), None);
        assert_eq!(difference("a\nb\n", "a\nc\n").unwrap(), "- b");
        assert_eq!(difference("a\n", "a\nc\n").unwrap(), "+ c");
    }
}
