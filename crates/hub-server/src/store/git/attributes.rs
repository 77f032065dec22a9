//! `.gitattributes` and `.gitignore` with git's own meaning. Only the files at the root are looked at, as the Hub does.

use std::cell::RefCell;

use gix::{
    attrs::{
        self, StateRef,
        search::{MetadataCollection, Outcome},
    },
    glob::pattern::Case,
    ignore,
};

/// Rules of a `.gitattributes` file.
pub(crate) struct Attributes {
    search: attrs::Search,
    /// What the last path was found to have; its memory serves the next one.
    outcome: RefCell<Outcome>,
}

impl Attributes {
    /// Reads the rules of a file at the root; lines that git does not understand are left out.
    pub(crate) fn parse(bytes: &[u8]) -> Self {
        let (mut search, mut names) = (attrs::Search::default(), MetadataCollection::default());
        // The built-in macro that `*.x binary` uses; it cannot fail, for there is no root to strip.
        for content in [&b"[attr]binary -diff -merge -text"[..], bytes] {
            let added = search.add_patterns_buffer(content, ".gitattributes".into(), None, &mut names, true);
            debug_assert!(added.is_ok());
        }
        let mut outcome = Outcome::default();
        outcome.initialize_with_selection(&names, ["filter"]);
        Self { search, outcome: RefCell::new(outcome) }
    }

    /// What the last rule for `filter` says: `Some(true)` for `filter=lfs`, `Some(false)` for `-filter`, `!filter` and other
    /// filters, `None` when no rule matches.
    pub(crate) fn is_lfs(&self, path: &str) -> Option<bool> {
        let mut outcome = self.outcome.borrow_mut();
        outcome.reset();
        self.search.pattern_matching_relative_path(path.into(), Case::Sensitive, Some(false), &mut outcome);
        let found = outcome.iter_selected().next()?;
        // Without a rule the outcome names the attribute as unspecified, at no line.
        if found.location.sequence_number == 0 {
            return None;
        }
        Some(matches!(found.assignment.state, StateRef::Value(value) if value.as_bstr() == "lfs"))
    }
}

/// Rules of a `.gitignore` file.
pub(crate) struct IgnoreRules {
    search: ignore::Search,
}

impl IgnoreRules {
    /// Reads the rules of a file at the root.
    pub(crate) fn parse(bytes: &[u8]) -> Self {
        let mut search = ignore::Search::default();
        let added = search.add_patterns_buffer(bytes, ".gitignore", None, ignore::search::Ignore::default());
        debug_assert!(added.is_ok());
        Self { search }
    }

    /// Whether git would leave the file out, also because of a folder above it: what is below an ignored folder cannot be
    /// taken in again.
    pub(crate) fn is_ignored(&self, path: &str) -> bool {
        let ignored = |path: &str, is_dir: bool| {
            self.search
                .pattern_matching_relative_path(path.into(), Some(is_dir), Case::Sensitive)
                .is_some_and(|found| !found.pattern.is_negative())
        };
        path.match_indices('/').any(|(end, _)| path.get(..end).is_some_and(|folder| ignored(folder, true)))
            || ignored(path, false)
    }
}

/// `current` with one more rule that makes exactly `path` a large file (and files of that name further down, when it is at
/// the root, as with the Hub's own rules).
pub(crate) fn with_lfs_path(current: &[u8], path: &str) -> Vec<u8> {
    let mut pattern = String::with_capacity(path.len());
    for (at, c) in path.char_indices() {
        match c {
            ' ' => pattern.push_str("[[:space:]]"),
            '*' | '?' | '[' | '\\' => pattern.extend(['\\', c]),
            '#' | '!' | '"' if at == 0 => pattern.extend(['\\', c]),
            _ => pattern.push(c),
        }
    }
    let mut content = current.to_vec();
    if !content.is_empty() && !content.ends_with(b"\n") {
        content.push(b'\n');
    }
    content.extend_from_slice(format!("{pattern} filter=lfs diff=lfs merge=lfs -text\n").as_bytes());
    content
}
