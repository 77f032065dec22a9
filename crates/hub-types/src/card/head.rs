//! Where the head of a card begins and ends.

/// The parts of a `README.md`. Put together they are the file, without a byte order mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CardParts<'a> {
    /// The line of dashes before the YAML, with what blanks are before it; empty where there is no head.
    pub opening: &'a str,
    /// The lines of YAML; `None` where there is no head.
    pub yaml: Option<&'a str>,
    /// The line of dashes after the YAML.
    pub closing: &'a str,
    /// The rest.
    pub text: &'a str,
}

/// Divides a card. Its head stands between a first line `---`, before which there may be blanks and empty lines, and the next line
/// `---`; blanks behind dashes do not count, lines end in `\n`, `\r\n` or `\r`, and a byte order mark is dropped. Without both
/// lines there is no head, and the whole file is text.
///
/// ```
/// use hub_types::card::split;
/// let card = split("---\nlicense: mit\n---\n# Demo\n");
/// assert_eq!((card.yaml, card.text), (Some("license: mit\n"), "# Demo\n"));
/// assert_eq!(split("# Demo\n---\n").yaml, None);
/// ```
pub fn split(readme: &str) -> CardParts<'_> {
    let whole = readme.strip_prefix('\u{feff}').unwrap_or(readme);
    with_head(whole).unwrap_or(CardParts { opening: "", yaml: None, closing: "", text: whole })
}

fn with_head(whole: &str) -> Option<CardParts<'_>> {
    let blanks = whole.len() - whole.trim_start_matches([' ', '\t', '\r', '\n']).len();
    let first = lines(whole.get(blanks..)?).next().filter(|line| is_dashes(line))?;
    let (opening, rest) = whole.split_at_checked(blanks + first.len())?;
    let mut length = 0;
    for line in lines(rest) {
        if is_dashes(line) {
            let (yaml, rest) = rest.split_at_checked(length)?;
            let (closing, text) = rest.split_at_checked(line.len())?;
            return Some(CardParts { opening, yaml: Some(yaml), closing, text });
        }
        length += line.len();
    }
    None
}

fn is_dashes(line: &str) -> bool {
    line.trim_end_matches([' ', '\t', '\r', '\n']) == "---"
}

/// The lines of a text, each with its end.
pub(super) fn lines(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let length = match rest.find(['\r', '\n']) {
            Some(end) if rest.get(end..)?.starts_with("\r\n") => end + 2,
            Some(end) => end + 1,
            None => rest.len(),
        };
        let (line, after) = rest.split_at_checked(length)?;
        rest = after;
        Some(line).filter(|line| !line.is_empty())
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_head_is_found_as_people_write_it() {
        for (card, yaml, text) in [
            ("---\na: 1\n---\n# A\n", "a: 1\n", "# A\n"),
            ("---\r\na: 1\r\n---\r\n# A", "a: 1\r\n", "# A"),
            ("---\ra: 1\r---\r# A\r", "a: 1\r", "# A\r"),
            ("\u{feff}---\na: 1\n---\n", "a: 1\n", ""),
            ("\n  \n---\na: 1\n---\n", "a: 1\n", ""),
            ("  ---\na: 1\n---\n", "a: 1\n", ""),
            ("--- \na: 1\n---\t \nx", "a: 1\n", "x"),
            ("---\n---\n", "", ""),
            ("---\n\n---", "\n", ""),
            ("---\na: 1\n---\nb\n---\nc", "a: 1\n", "b\n---\nc"),
            ("---\na: |\n  ---\nb: 2\n---\n", "a: |\n  ---\nb: 2\n", ""),
        ] {
            let found = split(card);
            assert_eq!((found.yaml, found.text), (Some(yaml), text), "{card:?}");
        }
    }

    #[test]
    fn without_both_lines_of_dashes_all_is_text() {
        for card in [
            "",
            "---",
            "---\n",
            "---\na: 1\n",
            "# A\n---\na: 1\n---\n",
            "----\na\n---\n",
            "--- a\n---\n",
            "-\n--\n",
        ] {
            assert_eq!(
                split(card),
                CardParts { opening: "", yaml: None, closing: "", text: card },
                "{card:?}"
            );
        }
    }

    proptest! {
        #[test]
        fn the_parts_are_the_whole(card in "[\r\n \t]{0,3}(---)?[-a: \r\n]{0,30}") {
            let CardParts { opening, yaml, closing, text } = split(&card);
            prop_assert_eq!([opening, yaml.unwrap_or_default(), closing, text].concat(), card.clone());
            prop_assert_eq!(lines(&card).collect::<String>(), card);
        }
    }
}
