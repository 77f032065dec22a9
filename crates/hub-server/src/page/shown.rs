//! Sizes, times and names as pages write them.

use hub_types::{RepoRef, RepoType, route};
use jiff::Timestamp;

/// A point in time: what a person reads, and what a program reads.
#[derive(Debug, Clone)]
pub(super) struct When {
    /// `2026-05-06 07:08 UTC`.
    pub(super) text: String,
    /// RFC 3339.
    pub(super) exact: String,
}

impl When {
    pub(super) fn new(time: Timestamp) -> Self {
        Self { text: time.strftime("%Y-%m-%d %H:%M UTC").to_string(), exact: format!("{time:.0}") }
    }
}

/// `17 B`, `1.2 kB`, `3.4 GB`: powers of 1000, as the Hub's website has them.
pub(super) fn size(bytes: u64) -> String {
    const UNITS: [&str; 6] = ["kB", "MB", "GB", "TB", "PB", "EB"];
    if bytes < 1000 {
        return format!("{bytes} B");
    }
    #[allow(clippy::cast_precision_loss)]
    let mut value = bytes as f64 / 1000.0;
    let mut unit = "kB";
    for next in UNITS.iter().skip(1) {
        if value < 999.95 {
            break;
        }
        value /= 1000.0;
        unit = next;
    }
    format!("{value:.1} {unit}")
}

/// `12345` as `12,345`.
pub(super) fn count(number: impl std::fmt::Display) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 file`, `2 files`.
pub(super) fn counted(number: usize, what: &str) -> String {
    format!("{} {what}{}", count(number), if number == 1 { "" } else { "s" })
}

/// The first digits of a commit.
pub(super) fn short(id: &str) -> &str {
    id.get(..8).unwrap_or(id)
}

/// The first characters of a text, with `…` where it goes on.
pub(super) fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// The title of a commit or a discussion, as far as it is shown.
pub(super) fn title(text: &str) -> String {
    upright(&cut(text, 300))
}

/// What is said, with a full stop: the API has none at the end of its messages.
pub(super) fn sentence(mut text: String) -> String {
    if !text.ends_with(['.', '!', '?', ':', '\u{2026}']) {
        text.push('.');
    }
    text
}

/// A name or a line in which nothing turns around what stands beside it: signs that are not seen and change the direction of a text are
/// written as their numbers, as in `U+202E`.
pub(super) fn upright(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if turns(c) {
            shown.push_str(&format!("[U+{:04X}]", u32::from(c)));
        } else {
            shown.push(c);
        }
    }
    shown
}

/// Whether a sign is not seen and changes the direction of what follows.
pub(super) fn turns(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A text without what browsers put at the end of each line.
pub(super) fn lines(text: &str) -> String {
    text.replace("\r\n", "\n")
}

/// The listing of a kind.
pub(super) fn listing(repo_type: RepoType) -> String {
    format!("/{}", repo_type.plural())
}

/// The page of an account.
pub(super) fn account(name: &str) -> String {
    format!("/{}", route::encode_segment(name))
}

/// The name of a ref as a person says it: `main`, `v1`, `refs/pr/3`.
pub(super) fn ref_name(full_name: &str) -> &str {
    full_name
        .strip_prefix("refs/heads/")
        .or_else(|| full_name.strip_prefix("refs/tags/"))
        .unwrap_or(full_name)
}

/// `Model`, `Dataset`, `Space`.
pub(super) const fn kind(repo_type: RepoType) -> &'static str {
    match repo_type {
        RepoType::Dataset => "Dataset",
        RepoType::Space => "Space",
        _ => "Model",
    }
}

/// The paths of a repository's pages, for templates: each begins with a slash and is encoded.
#[derive(Debug, Clone)]
pub(super) struct Paths {
    base: String,
}

impl Paths {
    pub(super) fn new(repo: &RepoRef) -> Self {
        Self { base: route::repo(repo).page() }
    }

    /// `/ada/demo`, `/datasets/ada/demo`.
    pub(super) fn base(&self) -> &str {
        &self.base
    }

    fn at(&self, word: &str, revision: &str, path: &str) -> String {
        let mut at = format!("{}/{word}/{}", self.base, route::encode_segment(revision));
        if !path.is_empty() {
            at.push('/');
            at.push_str(&route::encode_path(path));
        }
        at
    }

    pub(super) fn tree(&self, revision: &str, path: &str) -> String {
        self.at("tree", revision, path)
    }

    pub(super) fn blob(&self, revision: &str, path: &str) -> String {
        self.at("blob", revision, path)
    }

    pub(super) fn commits(&self, revision: &str, path: &str) -> String {
        self.at("commits", revision, path)
    }

    pub(super) fn edit(&self, revision: &str, path: &str) -> String {
        self.at("edit", revision, path)
    }

    pub(super) fn delete(&self, revision: &str, path: &str) -> String {
        self.at("delete", revision, path)
    }

    pub(super) fn upload(&self, revision: &str) -> String {
        self.at("upload", revision, "")
    }

    /// The content of a file, as `git` has it.
    pub(super) fn raw(&self, revision: &str, path: &str) -> String {
        self.at("raw", revision, path)
    }

    /// The content of a file, also of a large one.
    pub(super) fn resolve(&self, revision: &str, path: &str) -> String {
        self.at("resolve", revision, path)
    }

    /// Branches and tags.
    pub(super) fn refs(&self) -> String {
        format!("{}/refs", self.base)
    }

    pub(super) fn commit(&self, id: &str) -> String {
        format!("{}/commit/{id}", self.base)
    }

    pub(super) fn compare(&self, base: &str, head: &str) -> String {
        let (base, head) = (route::encode_segment(base), route::encode_segment(head));
        format!("{}/compare/{base}..{head}", self.base)
    }

    pub(super) fn discussion(&self, number: u64) -> String {
        format!("{}/discussions/{number}", self.base)
    }
}

/// The folders that lead to a path: the name of each and the path up to it.
pub(super) fn crumbs(path: &str) -> Vec<(String, String)> {
    let mut crumbs = Vec::new();
    let mut so_far = String::new();
    for name in path.split('/').filter(|name| !name.is_empty()) {
        if !so_far.is_empty() {
            so_far.push('/');
        }
        so_far.push_str(name);
        crumbs.push((upright(name), so_far.clone()));
    }
    crumbs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_counts_are_written_for_people() {
        let sizes =
            [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (999_949, "999.9 kB"), (999_950, "1.0 MB")];
        for (bytes, text) in sizes {
            assert_eq!(size(bytes), text);
        }
        assert_eq!(size(u64::MAX), "18.4 EB");
        for (number, text) in [(0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(count(number), text);
        }
    }

    #[test]
    fn a_name_is_read_as_it_is_written() {
        assert_eq!(upright("a\u{202e}gpj.exe"), "a[U+202E]gpj.exe");
        assert_eq!(upright("\u{5e9}\u{5dc}\u{5d5}\u{5dd} \u{fc}"), "\u{5e9}\u{5dc}\u{5d5}\u{5dd} \u{fc}");
        assert_eq!((sentence("a".into()), sentence("b.".into())), ("a.".into(), "b.".into()));
    }

    #[test]
    fn each_folder_of_a_path_is_a_step() {
        let crumbs = crumbs("a/b c/d");
        let paths: Vec<_> = crumbs.iter().map(|(_, path)| path.as_str()).collect();
        assert_eq!(paths, ["a", "a/b c", "a/b c/d"]);
    }
}
