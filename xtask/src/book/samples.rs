//! Blocks of Rust that a forge and the book would show in two ways: mdBook hides lines that begin with `# `, a forge shows them.
//!
//! What a test needs around a block stands in comments, which neither shows: see `tests/src/book/samples.rs`.

use std::path::Path;

use crate::{Outcome, read};

/// Lines that only mdBook hides, in the chapters and in the README.
pub(super) fn faults(root: &Path) -> Outcome<Vec<String>> {
    let mut faults = Vec::new();
    let chapters = super::chapters(&root.join("docs"))?.into_iter().map(|name| format!("docs/{name}"));
    for name in chapters.chain(["README.md".to_owned()]) {
        for (number, line) in hidden(&read(&root.join(&name))?) {
            faults
                .push(format!("{name}:{number}: a forge shows {line:?}: put it into a comment `<!-- test`"));
        }
    }
    Ok(faults)
}

/// The hidden lines of the blocks of Rust, with their numbers.
fn hidden(text: &str) -> Vec<(usize, &str)> {
    let mut inside = false;
    let mut hidden = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        if line.starts_with("```") {
            inside = line.starts_with("```rust");
        } else if inside && (line == "#" || line.starts_with("# ")) {
            hidden.push((number, line));
        }
    }
    hidden
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_lines_are_found_in_rust_alone() {
        let text = "# Title\n```rust\nf();\n# g();\n#[test]\n#\n```\n# Title\n```sh\n# a comment\n```\n";
        assert_eq!(hidden(text), [(4, "# g();"), (6, "#")]);
    }
}
