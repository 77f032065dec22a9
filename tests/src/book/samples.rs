//! The blocks of Rust of a chapter as tests: the book shows what a reader types, a comment has what the test needs around it.
//!
//! A comment `<!-- test` before a block, up to `-->`, may have lines that prepare something, and one `<!-- then` right behind
//! the block lines that look at what came of it. Neither is shown by a forge or by the book. Such a block runs with a `hub` and
//! an `api`, and may use `?` and `.await`. A comment `<!-- test` with no block behind it is a test that nobody sees. A block
//! without a comment is a program of its own.

/// The first lines of a test: what every block has.
const OPEN: &str = "hub_tests::book::example(async |hub, api| {\nlet _ = (&hub, &api);\n";
/// The last ones.
const CLOSE: &str = "Ok(())\n});\n```\n";

/// The chapter as rustdoc can run it.
///
/// # Errors
/// A comment or a block without an end, and a comment `then` without a test before it.
pub(crate) fn runnable(chapter: &str) -> Result<String, String> {
    let mut lines = chapter.lines().peekable();
    let mut text = String::new();
    while let Some(line) = lines.next() {
        if !line.starts_with("<!-- test") {
            if line.starts_with("<!-- then") {
                return Err(format!("no test stands right before {line:?}"));
            }
            text.push_str(line);
            text.push('\n');
            continue;
        }
        let before = comment(line, "test", &mut lines)?;
        let fence = lines.next_if(|line| line.starts_with("```rust"));
        text.push_str(&format!("{}\n{OPEN}{before}", fence.unwrap_or("```rust")));
        if fence.is_some() {
            text.push_str(&up_to("```", &mut lines)?);
            if let Some(line) = lines.next_if(|line| line.starts_with("<!-- then")) {
                text.push_str(&comment(line, "then", &mut lines)?);
            }
        }
        text.push_str(CLOSE);
    }
    Ok(text)
}

/// The lines of a comment that begins with this line and this word.
fn comment<'t>(first: &str, word: &str, lines: &mut impl Iterator<Item = &'t str>) -> Result<String, String> {
    match first.strip_prefix("<!-- ").and_then(|rest| rest.strip_prefix(word)) {
        Some(" -->") => Ok(String::new()),
        Some("") => up_to("-->", lines),
        _ => Err(format!("{first:?} is neither `<!-- {word} -->` nor `<!-- {word}` alone")),
    }
}

/// The lines before the one that ends them.
fn up_to<'t>(end: &str, lines: &mut impl Iterator<Item = &'t str>) -> Result<String, String> {
    let mut text = String::new();
    for line in lines {
        if line == end {
            return Ok(text);
        }
        text.push_str(line);
        text.push('\n');
    }
    Err(format!("{end:?} is missing at the end of a block"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_gets_what_its_comments_say() {
        let chapter = "a\n<!-- test\nlet x = 1;\n-->\n```rust,no_run\nf(x);\n```\n<!-- then\ng();\n-->\nb\n";
        let test = format!("a\n```rust,no_run\n{OPEN}let x = 1;\nf(x);\ng();\n{CLOSE}b\n");
        assert_eq!(runnable(chapter).unwrap(), test);
    }

    #[test]
    fn a_comment_without_lines_and_a_test_without_a_block_are_fine() {
        let test = format!("```rust\n{OPEN}f();\n{CLOSE}");
        assert_eq!(runnable("<!-- test -->\n```rust\nf();\n```\n").unwrap(), test);
        assert_eq!(runnable("<!-- test\nf();\n-->\n\nb\n").unwrap(), format!("{test}\nb\n"));
    }

    #[test]
    fn everything_else_stays() {
        let chapter = "a\n```rust\nfn main() {}\n```\n<!-- a note -->\n```console\n$ hub\n```\n";
        assert_eq!(runnable(chapter).unwrap(), chapter);
    }

    #[test]
    fn what_has_no_end_or_no_beginning_is_refused() {
        for chapter in [
            "<!-- test\n",
            "<!-- test -->\n```rust\nf();\n",
            "<!-- then\nf();\n-->\n",
            "<!-- test: api -->\n```rust\n```\n",
            "<!-- test -->\n```rust\nf();\n```\n\n<!-- then\ng();\n-->\n",
        ] {
            assert!(runnable(chapter).is_err(), "{chapter:?}");
        }
    }
}
