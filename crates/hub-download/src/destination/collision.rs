//! Paths of a repository that a file system takes for one: `Readme` and `README`, or é as one character and as e with an accent.

use std::{borrow::Cow, collections::HashMap, path::Path};

use icu_normalizer::DecomposingNormalizerBorrowed;

use crate::{Disk, DownloadError};

/// Which differences between names a file system does not see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Folding {
    case: bool,
    forms: bool,
}

impl Folding {
    const ALL: Self = Self { case: true, forms: true };

    /// The same text for two paths that are one. It may also be the same for a few that are two.
    fn fold(self, path: &str) -> Cow<'_, str> {
        if path.is_ascii() {
            return if self.case { path.to_ascii_lowercase().into() } else { path.into() };
        }
        let path = self.decompose(path);
        if !self.case {
            return path;
        }
        // Both ways, because of letters with two small forms (σ, ς) or no capital of their own (ß).
        let folded = path.to_uppercase().to_lowercase();
        self.decompose(&folded).into_owned().into()
    }

    fn decompose(self, path: &str) -> Cow<'_, str> {
        if self.forms { DecomposingNormalizerBorrowed::new_nfd().normalize(path) } else { path.into() }
    }
}

/// The paths that may be one on some file system: as a rule none, and then no file system needs to be asked.
#[derive(Debug)]
pub(crate) struct Doubtful(Vec<String>);

impl Doubtful {
    pub(crate) fn among<'p>(paths: impl Iterator<Item = &'p str> + Clone) -> Self {
        let any = collision(paths.clone(), Folding::ALL).is_some();
        Self(if any { paths.map(ToOwned::to_owned).collect() } else { Vec::new() })
    }

    /// Refuses paths that are one in this existing folder. Waits for the disk.
    ///
    /// # Errors
    /// [`DownloadError::Collision`].
    pub(crate) fn check(&self, disk: &dyn Disk, folder: &Path) -> Result<(), DownloadError> {
        if self.0.is_empty() {
            return Ok(());
        }
        let folding = Folding { case: disk.folds_case(folder), forms: disk.folds_forms(folder) };
        match collision(self.0.iter().map(String::as_str), folding) {
            Some((one, other)) => Err(DownloadError::Collision { one, other, folder: folder.to_owned() }),
            None => Ok(()),
        }
    }
}

/// Two paths that are one, or a file and a folder that are.
fn collision<'p>(paths: impl Iterator<Item = &'p str>, folding: Folding) -> Option<(String, String)> {
    // For each folded path: how it is written, and whether it is a file.
    let mut seen: HashMap<Cow<'p, str>, (&str, bool)> = HashMap::new();
    for path in paths {
        let ends = path.match_indices('/').map(|(end, _)| (end, false)).chain([(path.len(), true)]);
        for (end, is_file) in ends {
            let part = path.get(..end).unwrap_or(path);
            let (other, other_is_file) = *seen.entry(folding.fold(part)).or_insert((part, is_file));
            if other != part && (is_file || other_is_file) {
                return Some((other.to_owned(), part.to_owned()));
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const CASE: Folding = Folding { case: true, forms: false };
    const FORMS: Folding = Folding { case: false, forms: true };
    const NONE: Folding = Folding { case: false, forms: false };

    #[test]
    fn f73_paths_collide_when_the_file_system_does_not_see_their_difference() {
        // With case folded, with forms folded, with both.
        let table: [(&[&str], [bool; 3]); 13] = [
            (&["a", "b/a", "b/c"], [false, false, false]),
            (&["a", "A"], [true, false, true]),
            (&["d/x", "D/y"], [false, false, false]),
            (&["d/x", "D/X"], [true, false, true]),
            (&["a", "A/b"], [true, false, true]),
            (&["STRASSE/É", "strasse/é"], [true, false, true]),
            (&["straße", "STRASSE"], [true, false, true]),
            (&["ΣΑΣ", "σας", "x"], [true, false, true]),
            (&["\u{e9}", "e\u{301}"], [false, true, true]),
            (&["\u{e9}", "E\u{301}"], [false, false, true]),
            (&["\u{ac00}", "\u{1100}\u{1161}"], [false, true, true]),
            (&["a\u{323}\u{307}", "a\u{307}\u{323}"], [false, true, true]),
            (&["\u{e9}/a", "e\u{301}/b"], [false, false, false]),
        ];
        for (paths, expected) in table {
            let found = [CASE, FORMS, Folding::ALL]
                .map(|folding| collision(paths.iter().copied(), folding).is_some());
            assert_eq!(found, expected, "{paths:?}");
            assert_eq!(collision(paths.iter().copied(), NONE), None, "{paths:?}");
        }
    }

    proptest! {
        #[test]
        fn f73_every_way_to_write_a_path_is_folded_to_one(path in "[a-zA-Zéßσςİıǅ\u{301}\u{307}\u{323}\u{1e9b}\u{ac00}/]{1,12}") {
            let once = Folding::ALL.fold(&path).into_owned();
            prop_assert_eq!(&*Folding::ALL.fold(&once), &once);
            let nfd = DecomposingNormalizerBorrowed::new_nfd().normalize(&path).into_owned();
            for other in [path.to_uppercase(), nfd.to_uppercase(), nfd] {
                prop_assert_eq!(&*Folding::ALL.fold(&other), &once);
            }
        }
    }
}
