//! Finds paths that would be a file and a folder at once, before anything is sent.

use std::collections::{BTreeSet, HashSet};
use std::ops::Bound;

use crate::{CommitError, CommitOperation};

/// Whether nothing is deleted, no path is given twice, and none is a folder of another: then there is neither a clash nor
/// anything that undoes an earlier step. Most lists are like that, and this says so at a fraction of the cost.
pub(crate) fn is_plain(operations: &[CommitOperation]) -> bool {
    let mut files = HashSet::with_capacity(operations.len());
    let mut folders = HashSet::new();
    let mut last = "";
    for operation in operations {
        let path = operation.path_in_repo();
        if matches!(operation, CommitOperation::Delete(_)) || !files.insert(path) {
            return false;
        }
        let mut folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        if folder == last {
            continue;
        }
        last = folder;
        while !folder.is_empty() && folders.insert(folder) {
            folder = folder.rsplit_once('/').map_or("", |(above, _)| above);
        }
    }
    folders.is_disjoint(&files)
}

/// Refuses operations that put one file below another. Like the server, it goes through the steps in their order: what
/// was deleted in between is no obstacle. What the repository has is not looked at.
pub(crate) fn check(operations: &[CommitOperation]) -> Result<(), CommitError> {
    let mut files: BTreeSet<&str> = BTreeSet::new();
    for operation in operations {
        let path = operation.path_in_repo();
        match operation {
            CommitOperation::Add(_) | CommitOperation::Copy(_) => {
                let mut folders = path.match_indices('/').filter_map(|(at, _)| path.get(..at));
                if let Some(file) = folders.find(|folder| files.contains(folder)) {
                    return Err(clash(file, path));
                }
                if let Some(inside) = below(&files, path).first() {
                    return Err(clash(path, inside));
                }
                files.insert(path);
            }
            CommitOperation::Delete(_) => {
                // The Hub deletes a folder even when a file was meant.
                for file in below(&files, path) {
                    files.remove(file);
                }
                files.remove(path);
            }
        }
    }
    Ok(())
}

/// The files in `folder`.
fn below<'p>(files: &BTreeSet<&'p str>, folder: &str) -> Vec<&'p str> {
    let prefix = format!("{folder}/");
    let range = files.range::<str, _>((Bound::Included(prefix.as_str()), Bound::Unbounded));
    range.copied().take_while(|file| file.starts_with(&prefix)).collect()
}

fn clash(file: &str, inside: &str) -> CommitError {
    CommitError::PathClash { file: file.to_owned(), inside: inside.to_owned() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::operation::warnings::warnings;
    use crate::{CommitOperationAdd, CommitOperationDelete, IsFolder};

    fn step(text: &str) -> CommitOperation {
        match text.strip_prefix('-') {
            Some(path) => CommitOperationDelete::new(path, IsFolder::Auto).unwrap().into(),
            None => CommitOperationAdd::new(text, b"x".as_slice()).unwrap().into(),
        }
    }

    #[test]
    fn f80_a_file_below_another_file_is_a_clash_unless_it_was_deleted_before() {
        let table = [
            (vec!["a", "a/b"], Some(("a", "a/b"))),
            (vec!["a/b/c", "a"], Some(("a", "a/b/c"))),
            (vec!["a/b", "a/b/c"], Some(("a/b", "a/b/c"))),
            (vec!["a", "ab/c", "a-b/c", "a.b"], None),
            (vec!["a", "a"], None),
            (vec!["a", "-a", "a/b"], None),
            (vec!["a/b", "a/c", "-a/", "a"], None),
            (vec!["a/b", "a/c", "-a/b", "a"], Some(("a", "a/c"))),
            (vec!["a/b", "-a", "a"], None),
        ];
        for (steps, expected) in table {
            let steps: Vec<_> = steps.iter().map(|text| step(text)).collect();
            let found = match check(&steps) {
                Ok(()) => None,
                Err(CommitError::PathClash { file, inside }) => Some((file, inside)),
                Err(other) => panic!("{other}"),
            };
            let found = found.as_ref().map(|(file, inside)| (file.as_str(), inside.as_str()));
            assert_eq!(found, expected, "{steps:?}");
        }
    }

    #[test]
    fn a_list_without_anything_odd_is_plain() {
        let table = [
            (vec!["a", "b/a", "b/c/a", "b/b", "b-a", "b/c/b"], true),
            (vec!["a/b", "a"], false),
            (vec!["a/b/c", "x", "a"], false),
            (vec!["a", "a/b/c"], false),
            (vec!["a", "a"], false),
            (vec!["-a", "b"], false),
        ];
        for (steps, plain) in table {
            let operations: Vec<_> = steps.iter().map(|text| step(text)).collect();
            assert_eq!(is_plain(&operations), plain, "{steps:?}");
        }
    }

    /// What `check` says, found in the slow and obvious way.
    fn clashes(steps: &[String]) -> bool {
        let mut files: Vec<&str> = Vec::new();
        for step in steps {
            let inside = |file: &str, folder: &str| file.starts_with(&format!("{folder}/"));
            match step.strip_prefix('-') {
                Some(path) => files.retain(|file| *file != path && !inside(file, path)),
                None if files.iter().any(|file| inside(file, step) || inside(step, file)) => return true,
                None => files.push(step),
            }
        }
        false
    }

    proptest! {
        #[test]
        fn f80_clashes_are_found_in_any_list_of_steps(
            steps in prop::collection::vec("-?[ab](/[ab]){0,2}", 0..8),
        ) {
            let operations: Vec<_> = steps.iter().map(|text| step(text)).collect();
            prop_assert_eq!(check(&operations).is_err(), clashes(&steps));
            if is_plain(&operations) {
                prop_assert!(!clashes(&steps) && warnings(&operations).is_empty());
            }
        }
    }
}
