//! The pattern language of `allow_patterns`, `ignore_patterns` and `delete_patterns`: Python's `fnmatch`.
//!
//! | pattern | matches |
//! |---|---|
//! | `*` | any run of characters, also none, also across `/` |
//! | `?` | one character, also `/` |
//! | `[abc]`, `[a-z]` | one character of the set |
//! | `[!abc]` | one character outside the set |
//! | anything else | itself; there is no escape and no special `**` |
//!
//! The whole path must match and case counts. A pattern that ends in `/` gets a `*`, so `logs/` means everything below
//! `logs`.

/// One pattern, ready to be applied.
///
/// ```
/// use hub_types::pattern::Pattern;
/// assert!(Pattern::new("*.txt").matches("docs/notes.txt"));
/// assert!(!Pattern::new("**/logs/*.txt").matches("logs/x.txt"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Run,
    Any,
    One(char),
    Set { negated: bool, ranges: Vec<(char, char)> },
}

impl Pattern {
    /// Reads a pattern; every text is one.
    pub fn new(text: &str) -> Self {
        let mut chars: Vec<char> = text.chars().collect();
        if chars.last() == Some(&'/') {
            chars.push('*');
        }
        let mut parts = Vec::new();
        let mut rest = chars.as_slice();
        while let Some((first, tail)) = rest.split_first() {
            rest = tail;
            match first {
                '*' if parts.last() == Some(&Part::Run) => {}
                '*' => parts.push(Part::Run),
                '?' => parts.push(Part::Any),
                '[' => match set_length(tail) {
                    Some(length) => {
                        let (inside, after) = tail.split_at(length);
                        parts.push(set(inside));
                        rest = after.split_first().map_or(after, |(_, after)| after);
                    }
                    None => parts.push(Part::One('[')),
                },
                other => parts.push(Part::One(*other)),
            }
        }
        Self { parts }
    }

    /// Whether every path below `folder` matches, whatever there is: the pattern matches the folder with a slash behind it, and its last
    /// `*` takes the rest.
    fn matches_all_below(&self, folder: &str) -> bool {
        self.parts.last() == Some(&Part::Run) && self.matches(&format!("{folder}/"))
    }

    /// Whether the whole of `path` matches.
    pub fn matches(&self, path: &str) -> bool {
        let (mut parts, mut text) = (self.parts.as_slice(), path);
        // Where to go on after a mismatch: just behind the last `*`, which then takes one character more.
        let mut retry: Option<(&[Part], &str)> = None;
        loop {
            let mut chars = text.chars();
            let step = match (parts.split_first(), chars.next()) {
                (None, None) => return true,
                (Some((Part::Run, after)), _) => {
                    retry = Some((after, text));
                    parts = after;
                    continue;
                }
                (Some((part, after)), Some(c)) if part.accepts(c) => Some(after),
                _ => None,
            };
            match (step, retry) {
                (Some(after), _) => (parts, text) = (after, chars.as_str()),
                (None, Some((after, from))) => {
                    let mut from = from.chars();
                    if from.next().is_none() {
                        return false;
                    }
                    retry = Some((after, from.as_str()));
                    (parts, text) = (after, from.as_str());
                }
                (None, None) => return false,
            }
        }
    }
}

impl Part {
    fn accepts(&self, c: char) -> bool {
        match self {
            Self::Run | Self::Any => true,
            Self::One(wanted) => *wanted == c,
            Self::Set { negated, ranges } => {
                ranges.iter().any(|(low, high)| (*low..=*high).contains(&c)) != *negated
            }
        }
    }
}

/// Length of what stands between `[` and its `]`; a `]` that comes first belongs to the set.
fn set_length(tail: &[char]) -> Option<usize> {
    let skipped = match tail {
        ['!', ']', ..] => 2,
        ['!', ..] | [']', ..] => 1,
        _ => 0,
    };
    tail.iter().skip(skipped).position(|c| *c == ']').map(|at| at + skipped)
}

fn set(inside: &[char]) -> Part {
    let (negated, mut rest) = match inside {
        ['!', rest @ ..] => (true, rest),
        rest => (false, rest),
    };
    let mut ranges = Vec::new();
    loop {
        rest = match rest {
            [low, '-', high, tail @ ..] => {
                ranges.push((*low, *high));
                tail
            }
            [one, tail @ ..] => {
                ranges.push((*one, *one));
                tail
            }
            [] => return Part::Set { negated, ranges },
        };
    }
}

/// Which paths are taken: those that an allow pattern matches and no ignore pattern does.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    allow: Option<Vec<Pattern>>,
    ignore: Vec<Pattern>,
}

impl Filter {
    /// Without allow patterns everything is allowed; with an empty list of them nothing is.
    pub fn new<A: AsRef<str>, I: AsRef<str>>(allow: Option<&[A]>, ignore: &[I]) -> Self {
        Self {
            allow: allow.map(|patterns| patterns.iter().map(|p| Pattern::new(p.as_ref())).collect()),
            ignore: ignore.iter().map(|p| Pattern::new(p.as_ref())).collect(),
        }
    }

    /// Whether `path` is taken.
    pub fn takes(&self, path: &str) -> bool {
        self.is_allowed(path) && self.ignored_by(path).is_none()
    }

    /// Whether a pattern names `path`, or all paths are allowed.
    pub fn is_allowed(&self, path: &str) -> bool {
        self.allow.as_ref().is_none_or(|allow| allow.iter().any(|p| p.matches(path)))
    }

    /// The place of the first pattern that leaves `path` out.
    pub fn ignored_by(&self, path: &str) -> Option<usize> {
        self.ignore.iter().position(|p| p.matches(path))
    }

    /// The place of the first pattern that leaves out whatever may be in `folder` (without a slash at its end).
    pub fn folder_ignored_by(&self, folder: &str) -> Option<usize> {
        self.ignore.iter().position(|pattern| pattern.matches_all_below(folder))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn patterns_mean_what_they_mean_in_python() {
        let table = [
            ("*.txt", "a/b/c.txt", true),
            ("*.txt", "a.txt.gz", false),
            ("**/logs/*.txt", "logs/x.txt", false),
            ("**/logs/*.txt", "a/logs/x.txt", true),
            ("**/logs/*.txt", "/logs/x.txt", true),
            ("a?c", "a/c", true),
            ("a?c", "ac", false),
            ("[abc].bin", "b.bin", true),
            ("[a-c].bin", "d.bin", false),
            ("[!a-c].bin", "d.bin", true),
            ("[!a-c].bin", "a.bin", false),
            ("[]x]", "]", true),
            ("[!]x]", "]", false),
            ("[!]x]", "y", true),
            ("[abc", "[abc", true),
            ("[", "[", true),
            ("[z-a]", "m", false),
            ("[!z-a]", "m", true),
            ("[a-c-e]", "-", true),
            ("[a-c-e]", "e", true),
            ("[a-c-e]", "d", false),
            ("[a-]", "-", true),
            ("[-a]", "-", true),
            ("logs/", "logs/a/b", true),
            ("logs/", "logs", false),
            ("logs/", "xlogs/a", false),
            ("", "", true),
            ("", "a", false),
            ("*", "", true),
            ("A*", "abc", false),
            ("*a*b*c", "xxaxxbxxc", true),
            ("*a*b*c", "xxaxxbxxcx", false),
            (r"\*", r"\abc", true),
            ("**", "a/b", true),
            ("ü*", "übung", true),
        ];
        for (pattern, path, expected) in table {
            assert_eq!(Pattern::new(pattern).matches(path), expected, "{pattern:?} on {path:?}");
        }
    }

    #[test]
    fn ignoring_wins_and_an_empty_allow_list_takes_nothing() {
        let all: Option<&[&str]> = None;
        assert!(Filter::new(all, &[] as &[&str]).takes("a"));
        assert!(!Filter::new(all, &["*.tmp"]).takes("a.tmp"));
        assert!(!Filter::new(Some(&["*.bin"]), &["*"]).takes("a.bin"));
        assert!(Filter::new(Some(&["*.bin", "*.txt"]), &["b*"]).takes("a.txt"));
        assert!(!Filter::new(Some(&[] as &[&str]), &[] as &[&str]).takes("a"));
    }

    #[test]
    fn a_folder_is_left_out_when_whatever_is_in_it_is() {
        let all: Option<&[&str]> = None;
        for (pattern, folder, expected) in [
            ("data/*", "data", true),
            ("data/", "data", true),
            ("data/**", "data/deep", true),
            ("*", "data", true),
            (".git*", ".github", true),
            ("data", "data", false),
            ("data/*.bin", "data", false),
            ("data/x*", "data", false),
            ("*.tmp", "x.tmp", false),
            ("data/*", "other", false),
        ] {
            let filter = Filter::new(all, &["never", pattern]);
            assert_eq!(filter.folder_ignored_by(folder), expected.then_some(1), "{pattern} {folder}");
        }
    }

    #[test]
    fn many_stars_do_not_take_forever() {
        assert!(!Pattern::new(&format!("{}b", "*a".repeat(60))).matches(&"a".repeat(20_000)));
    }

    /// The obvious exponential definition, to compare with.
    fn slow(parts: &[Part], text: &[char]) -> bool {
        match (parts, text) {
            ([], []) => true,
            ([Part::Run, rest @ ..], _) => (0..=text.len()).any(|n| slow(rest, &text[n..])),
            ([part, rest @ ..], [c, more @ ..]) => part.accepts(*c) && slow(rest, more),
            _ => false,
        }
    }

    proptest! {
        #[test]
        fn a_text_without_special_characters_matches_itself_alone(a in "[a-z/.]{0,8}[a-z]", b in "[a-z/.]{0,9}") {
            prop_assert!(Pattern::new(&a).matches(&a));
            prop_assert_eq!(Pattern::new(&a).matches(&b), a == b);
        }

        #[test]
        fn matching_agrees_with_the_definition(pattern in "[ab*?\\[\\]!/-]{0,8}", text in "[ab/!-]{0,8}") {
            let pattern = Pattern::new(&pattern);
            let chars: Vec<char> = text.chars().collect();
            prop_assert_eq!(pattern.matches(&text), slow(&pattern.parts, &chars));
        }

        #[test]
        fn what_is_in_a_folder_that_is_left_out_is_left_out(
            pattern in "[ab*?/]{0,5}\\*?", folder in "[ab]{1,2}(/[ab])?", path in "[ab/]{1,4}",
        ) {
            let pattern = Pattern::new(&pattern);
            if pattern.matches_all_below(&folder) {
                let path = format!("{folder}/{path}");
                prop_assert!(pattern.matches(&path));
            }
        }

        #[test]
        fn any_text_is_a_pattern(pattern in ".{0,20}", text in ".{0,20}") {
            let _ = Pattern::new(&pattern).matches(&text);
        }
    }
}
