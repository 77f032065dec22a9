//! A folder as operations of a commit.
//!
//! Paths are relative to the folder, sorted, and filtered by [`pattern`](crate::pattern). Never taken, at any depth: a
//! folder `.git`, and a folder `.cache/huggingface` (bookkeeping of the Hub's clients). Empty folders do not exist in a
//! repository. Symbolic links to files are followed. Symbolic links to folders are left out with a warning, as
//! Python's `upload_folder` leaves them out, unless [`FolderOptions::follow_folder_links`] is on; then a link that leads
//! back to a folder above it is an error.

use std::path::{Path, PathBuf};

use walkdir::{DirEntry, WalkDir};

use crate::error::SourceProblem;
use crate::pattern::Filter;
use crate::{CommitError, CommitOperation, CommitOperationAdd};

/// Which files of a folder are taken, and where they go.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct FolderOptions {
    /// Only files that one of these matches; `None` means all, an empty list means none. Default `None`.
    pub allow_patterns: Option<Vec<String>>,
    /// No files that one of these matches. Default empty.
    pub ignore_patterns: Vec<String>,
    /// The folder in the repository; empty, `.` and `./` mean the root, which is the default.
    pub path_in_repo: String,
    /// Whether to descend into folders through symbolic links. Default false.
    pub follow_folder_links: bool,
}

impl FolderOptions {
    /// Takes everything, to the root.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the patterns of which one must match.
    #[must_use]
    pub fn allow_patterns<T: Into<String>>(mut self, patterns: impl IntoIterator<Item = T>) -> Self {
        self.allow_patterns = Some(patterns.into_iter().map(Into::into).collect());
        self
    }

    /// Sets the patterns of which none may match.
    #[must_use]
    pub fn ignore_patterns<T: Into<String>>(mut self, patterns: impl IntoIterator<Item = T>) -> Self {
        self.ignore_patterns = patterns.into_iter().map(Into::into).collect();
        self
    }

    /// Sets the folder in the repository.
    #[must_use]
    pub fn path_in_repo(mut self, path: impl Into<String>) -> Self {
        self.path_in_repo = path.into();
        self
    }

    /// Whether to descend into folders through symbolic links.
    #[must_use]
    pub fn follow_folder_links(mut self, follow: bool) -> Self {
        self.follow_folder_links = follow;
        self
    }
}

/// The files of `dir` as additions, sorted by path. Reads no content.
///
/// # Errors
/// [`CommitError::InvalidOperation`] when `dir` is not a folder or a path cannot be in a repository;
/// [`CommitError::Sources`] with everything that cannot be uploaded: names that are not UTF-8, named pipes and devices,
/// folders that cannot be listed, links that lead nowhere or in a circle. Files that the patterns leave out are no problem.
pub fn scan(dir: &Path, options: &FolderOptions) -> Result<Vec<CommitOperation>, CommitError> {
    if !dir.is_dir() {
        return Err(CommitError::invalid(format!("{dir:?} is not a folder")));
    }
    let filter = Filter::new(options.allow_patterns.as_deref(), &options.ignore_patterns);
    let prefix = prefix(&options.path_in_repo);
    let mut found: Vec<(String, PathBuf)> = Vec::new();
    let mut problems = Vec::new();
    let walk = WalkDir::new(dir).min_depth(1).follow_links(true).into_iter();
    for entry in walk.filter_entry(|entry| is_wanted(entry, options.follow_folder_links)) {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                problems.extend(walk_problem(dir, &filter, error));
                continue;
            }
        };
        if entry.file_type().is_dir() {
            continue;
        }
        match relative(dir, entry.path()) {
            None => problems.push(SourceProblem::NonUtf8Path { path: entry.into_path() }),
            Some(path) if !filter.takes(&path) => {}
            Some(_) if !entry.file_type().is_file() => {
                problems.push(SourceProblem::NotRegular { path: entry.into_path() });
            }
            Some(path) => found.push((path, entry.into_path())),
        }
    }
    if !problems.is_empty() {
        return Err(CommitError::Sources(problems));
    }
    found.sort_unstable();
    found
        .into_iter()
        .map(|(path, file)| {
            Ok(CommitOperationAdd::unchecked_source(&format!("{prefix}{path}"), file.into())?.into())
        })
        .collect()
}

fn prefix(path_in_repo: &str) -> String {
    match path_in_repo.strip_prefix("./").unwrap_or(path_in_repo).trim_end_matches('/') {
        "" | "." => String::new(),
        folder => format!("{folder}/"),
    }
}

fn is_wanted(entry: &DirEntry, follow_folder_links: bool) -> bool {
    if !entry.file_type().is_dir() {
        return true;
    }
    if entry.path_is_symlink() && !follow_folder_links {
        tracing::warn!(path = ?entry.path(), "a symbolic link to a folder is left out");
        return false;
    }
    let name = entry.file_name();
    let in_cache =
        || entry.path().parent().and_then(Path::file_name).is_some_and(|parent| parent == ".cache");
    !(name == ".git" || name == "huggingface" && in_cache())
}

fn relative(dir: &Path, path: &Path) -> Option<String> {
    let parts: Option<Vec<&str>> =
        path.strip_prefix(dir).ok()?.components().map(|part| part.as_os_str().to_str()).collect();
    Some(parts?.join("/"))
}

/// What a failed step of the walk means; nothing, for a broken link that the patterns leave out.
fn walk_problem(dir: &Path, filter: &Filter, error: walkdir::Error) -> Option<SourceProblem> {
    let path = error.path().unwrap_or(dir).to_path_buf();
    if relative(dir, &path).is_some_and(|path| !filter.takes(&path)) && !path.is_dir() {
        return None;
    }
    if error.loop_ancestor().is_some() {
        return Some(SourceProblem::Loop { path });
    }
    let cause = error.into_io_error().unwrap_or_else(|| std::io::Error::other("it cannot be listed"));
    Some(SourceProblem::from_io(path, cause))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn folder(files: &[&str]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for file in files {
            let path = dir.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, file).unwrap();
        }
        dir
    }

    fn paths(operations: &[CommitOperation]) -> Vec<&str> {
        operations.iter().map(CommitOperation::path_in_repo).collect()
    }

    #[test]
    fn files_come_sorted_and_the_bookkeeping_of_tools_is_left_out() {
        let dir = folder(&[
            "b.txt",
            "a/z",
            "a.txt",
            ".git/config",
            "sub/.git/x",
            ".cache/huggingface/download/x",
            ".gitignore",
        ]);
        let found = scan(dir.path(), &FolderOptions::new()).unwrap();
        assert_eq!(paths(&found), [".gitignore", "a.txt", "a/z", "b.txt"]);
    }

    #[test]
    fn patterns_see_the_path_inside_the_folder() {
        let dir = folder(&["a.bin", "x/a.bin", "x/b.txt"]);
        let options =
            FolderOptions::new().allow_patterns(["x/"]).ignore_patterns(["*.txt"]).path_in_repo("./up/");
        assert_eq!(paths(&scan(dir.path(), &options).unwrap()), ["up/x/a.bin"]);
    }

    #[test]
    fn every_spelling_of_the_root_is_the_root() {
        for root in ["", ".", "./"] {
            let dir = folder(&["a"]);
            let found = scan(dir.path(), &FolderOptions::new().path_in_repo(root)).unwrap();
            assert_eq!(paths(&found), ["a"], "{root:?}");
        }
    }

    #[test]
    fn a_file_is_not_a_folder() {
        let dir = folder(&["a"]);
        let error = scan(&dir.path().join("a"), &FolderOptions::new()).unwrap_err();
        assert!(matches!(error, CommitError::InvalidOperation(_)));
    }

    #[cfg(unix)]
    mod unix {
        use std::ffi::OsStr;
        use std::os::unix::ffi::OsStrExt;
        use std::os::unix::fs::symlink;

        use super::*;

        #[test]
        fn all_that_cannot_be_uploaded_is_named_at_once() {
            let dir = folder(&["ok"]);
            fs::write(dir.path().join(OsStr::from_bytes(b"bad\xff")), "x").unwrap();
            symlink(dir.path().join("nowhere"), dir.path().join("broken")).unwrap();
            let _socket = std::os::unix::net::UnixListener::bind(dir.path().join("socket")).unwrap();
            let following = FolderOptions::new().follow_folder_links(true);
            let Err(CommitError::Sources(problems)) = scan(dir.path(), &following) else { panic!() };
            assert_eq!(problems.len(), 3, "{problems:?}");
            let text = CommitError::Sources(problems).to_string();
            for part in [r"bad\xFF", "broken\" does not exist", "socket\" is not a regular file"] {
                assert!(text.contains(part), "{part}: {text}");
            }
        }

        #[test]
        fn what_the_patterns_leave_out_is_no_problem() {
            let dir = folder(&["ok"]);
            symlink(dir.path().join("nowhere"), dir.path().join("broken")).unwrap();
            let found = scan(dir.path(), &FolderOptions::new().ignore_patterns(["broken"])).unwrap();
            assert_eq!(paths(&found), ["ok"]);
        }

        #[test]
        fn links_to_files_are_followed_and_those_to_folders_when_asked() {
            let outside = folder(&["data/x"]);
            let dir = folder(&["real"]);
            symlink(dir.path().join("real"), dir.path().join("alias")).unwrap();
            symlink(outside.path().join("data"), dir.path().join("linked")).unwrap();
            let found = scan(dir.path(), &FolderOptions::new()).unwrap();
            assert_eq!(paths(&found), ["alias", "real"]);
            let following = FolderOptions::new().follow_folder_links(true);
            assert_eq!(paths(&scan(dir.path(), &following).unwrap()), ["alias", "linked/x", "real"]);
        }

        #[test]
        fn a_link_back_to_a_folder_above_is_an_error() {
            let dir = folder(&["sub/x"]);
            symlink(dir.path(), dir.path().join("sub/up")).unwrap();
            let following = FolderOptions::new().follow_folder_links(true);
            let Err(CommitError::Sources(problems)) = scan(dir.path(), &following) else { panic!() };
            assert!(matches!(problems.as_slice(), [SourceProblem::Loop { .. }]), "{problems:?}");
        }
    }
}
