//! What `delete_patterns` of a folder's upload delete.

use std::collections::HashSet;

use hub_types::pattern::Pattern;

use crate::folder::walk::prefix;

use crate::{CommitError, CommitOperation, CommitOperationDelete, IsFolder};

/// The deletions that belong to the upload of a folder: of `files`, all paths of the repository, those below
/// `path_in_repo` that match one of `patterns` there. Never deleted: `.gitattributes` of the root, and what `additions`
/// bring anyway. In the order of `files`. Python: `delete_patterns` of `upload_folder`.
///
/// ```
/// use hub_commit::deletions;
/// let files = ["logs/1.txt".to_owned(), "logs/a.bin".to_owned(), "notes.txt".to_owned()];
/// let found = deletions(files, &["*.txt"], "logs", &[])?;
/// assert_eq!(found.iter().map(|delete| delete.path_in_repo()).collect::<Vec<_>>(), ["logs/1.txt"]);
/// # Ok::<(), hub_commit::CommitError>(())
/// ```
///
/// # Errors
/// [`CommitError::InvalidOperation`] when a file to delete has a path that no commit can name.
pub fn deletions(
    files: impl IntoIterator<Item = String>,
    patterns: &[impl AsRef<str>],
    path_in_repo: &str,
    additions: &[CommitOperation],
) -> Result<Vec<CommitOperation>, CommitError> {
    let patterns: Vec<Pattern> = patterns.iter().map(|pattern| Pattern::new(pattern.as_ref())).collect();
    let added: HashSet<&str> = additions.iter().map(CommitOperation::path_in_repo).collect();
    let prefix = prefix(path_in_repo);
    let matches = |path: &str| {
        path.strip_prefix(&prefix).is_some_and(|inside| patterns.iter().any(|p| p.matches(inside)))
    };
    files
        .into_iter()
        .filter(|path| path != ".gitattributes" && !added.contains(path.as_str()) && matches(path))
        .map(|path| Ok(CommitOperationDelete::new(&path, IsFolder::File)?.into()))
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::CommitOperationAdd;

    fn add(path: &str) -> CommitOperation {
        CommitOperationAdd::new(path, b"x".as_slice()).unwrap().into()
    }

    fn deleted(files: &[&str], patterns: &[&str], path: &str, added: &[&str]) -> Vec<String> {
        let additions: Vec<_> = added.iter().map(|path| add(path)).collect();
        let files = files.iter().map(|&file| file.to_owned());
        let found = deletions(files, patterns, path, &additions).unwrap();
        found.iter().map(|operation| operation.path_in_repo().to_owned()).collect()
    }

    #[test]
    fn patterns_see_the_path_below_the_folder_of_the_upload() {
        let files = ["a.txt", "up/a.txt", "up/b/c.txt", "upper/a.txt"];
        assert_eq!(deleted(&files, &["*.txt"], "up", &[]), ["up/a.txt", "up/b/c.txt"]);
        assert_eq!(deleted(&files, &["b/*"], "./up/", &[]), ["up/b/c.txt"]);
        assert_eq!(deleted(&files, &["up/*"], ".", &[]), ["up/a.txt", "up/b/c.txt"]);
        assert_eq!(deleted(&files, &[], "", &[]), [""; 0]);
    }

    #[test]
    fn what_is_uploaded_again_and_the_attributes_of_the_root_stay() {
        let files = [".gitattributes", "up/.gitattributes", "a", "b"];
        assert_eq!(deleted(&files, &["*"], "", &["b"]), ["up/.gitattributes", "a"]);
    }

    proptest! {
        #[test]
        fn nothing_outside_the_folder_is_deleted(
            files in proptest::collection::vec("[ab]{1,2}(/[ab]{1,2}){0,2}", 0..8), folder in "[ab]{1,2}",
        ) {
            for operation in deletions(files, &["*"], &folder, &[]).unwrap() {
                let inside = format!("{folder}/");
                prop_assert!(operation.path_in_repo().starts_with(&inside));
            }
        }
    }
}
