//! Walks a folder.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::{MAIN_SEPARATOR, Path, PathBuf};
use std::sync::Arc;

use walkdir::{DirEntry, WalkDir};

use hub_types::pattern::Filter;

use crate::error::SourceProblem;
use crate::inspect::unreadable;
use crate::operation::Folder;
use crate::operation::path::content_path;

use crate::{CommitError, CommitOperation, CommitOperationAdd, Reason, Skipped};

/// What becomes of symbolic links.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Links {
    /// Links to files are followed, links to folders are left out, as Python's `upload_folder` does. A link that leads
    /// nowhere is an error. The default.
    #[default]
    ToFiles,
    /// All are followed. A link that leads nowhere, or back to a folder above it, is an error.
    Follow,
    /// All are left out, also those that lead nowhere.
    Skip,
    /// Every link is an error, unless a pattern leaves it out.
    Refuse,
}

impl Links {
    fn are_followed(self) -> bool {
        matches!(self, Self::ToFiles | Self::Follow)
    }
}

/// Which files of a folder are taken, and where they go.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct FolderOptions {
    pub(crate) allow_patterns: Option<Vec<String>>,
    pub(crate) ignore_patterns: Vec<String>,
    pub(crate) path_in_repo: String,
    pub(crate) links: Links,
}

impl FolderOptions {
    /// Takes everything, to the root.
    pub fn new() -> Self {
        Self::default()
    }

    /// The folder in the repository that files go to, as it was given.
    pub fn target(&self) -> &str {
        &self.path_in_repo
    }

    /// Whether patterns leave files out.
    pub fn is_filtered(&self) -> bool {
        self.allow_patterns.is_some() || !self.ignore_patterns.is_empty()
    }

    /// Only files that one of these matches; `None` means all, an empty list means none. Default `None`.
    #[must_use]
    pub fn allow_patterns<T: Into<String>>(mut self, patterns: impl IntoIterator<Item = T>) -> Self {
        self.allow_patterns = Some(patterns.into_iter().map(Into::into).collect());
        self
    }

    /// No files that one of these matches. Default empty.
    #[must_use]
    pub fn ignore_patterns<T: Into<String>>(mut self, patterns: impl IntoIterator<Item = T>) -> Self {
        self.ignore_patterns = patterns.into_iter().map(Into::into).collect();
        self
    }

    /// The folder in the repository; empty, `.` and `./` mean the root, which is the default.
    #[must_use]
    pub fn path_in_repo(mut self, path: impl Into<String>) -> Self {
        self.path_in_repo = path.into();
        self
    }

    /// What becomes of symbolic links. Default [`Links::ToFiles`].
    #[must_use]
    pub fn links(mut self, links: Links) -> Self {
        self.links = links;
        self
    }
}

/// A folder that was searched.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Listing {
    /// Its files as additions, sorted by path.
    pub operations: Vec<CommitOperation>,
    /// What is left out, sorted by path. Nothing is listed of what is in a folder that is left out.
    pub skipped: Vec<Skipped>,
}

/// The files of `dir` as additions, sorted by path. Reads no content.
///
/// # Errors
/// As for [`list`].
pub fn scan(dir: &Path, options: &FolderOptions) -> Result<Vec<CommitOperation>, CommitError> {
    Ok(list(dir, options)?.operations)
}

/// The files of `dir` as additions, and what is left out. Reads no content.
///
/// # Errors
/// [`CommitError::InvalidOperation`] when `dir` is not a folder or `path_in_repo` cannot be in a repository;
/// [`CommitError::Sources`] with everything that cannot be uploaded: names that are not UTF-8 or that no repository can
/// have, named pipes and devices, folders that cannot be listed, links that lead nowhere or in a circle or are refused, and
/// with these all files that cannot be opened. What the patterns leave out is no problem.
pub fn list(dir: &Path, options: &FolderOptions) -> Result<Listing, CommitError> {
    if !dir.is_dir() {
        return Err(CommitError::invalid(format!("{dir:?} is not a folder")));
    }
    let scan = Scan::new(dir, options);
    if let Some(folder) = scan.folder.prefix.strip_suffix('/') {
        content_path(folder)?;
    }
    let walk = WalkDir::new(dir).min_depth(1).follow_links(options.links.are_followed()).into_iter();
    for entry in walk.filter_entry(|entry| scan.enters(entry)) {
        match entry {
            Ok(entry) => scan.entry(entry),
            Err(error) => scan.failed(error),
        }
    }
    scan.finish()
}

/// The folder in the repository with a `/` behind it; nothing for the root.
pub(crate) fn prefix(path_in_repo: &str) -> String {
    let path = path_in_repo.strip_prefix('/').unwrap_or(path_in_repo);
    match path.strip_prefix("./").unwrap_or(path).trim_end_matches('/') {
        "" | "." => String::new(),
        folder => format!("{folder}/"),
    }
}

/// A look through a folder, and what it has found so far.
struct Scan<'a> {
    dir: &'a Path,
    /// The same, for the additions.
    folder: Arc<Folder>,
    options: &'a FolderOptions,
    filter: Filter,
    found: RefCell<Found>,
}

#[derive(Default)]
struct Found {
    operations: Vec<CommitOperation>,
    skipped: Vec<Skipped>,
    problems: Vec<SourceProblem>,
    /// Folders that had no entry so far.
    empty: BTreeSet<PathBuf>,
    /// The folder of the last entry.
    in_use: PathBuf,
}

impl Found {
    /// Notes that a folder has an entry.
    fn is_in_use(&mut self, folder: &Path) {
        if self.in_use.as_os_str() != folder.as_os_str() {
            self.empty.remove(folder);
            folder.clone_into(&mut self.in_use);
        }
    }
}

impl<'a> Scan<'a> {
    fn new(dir: &'a Path, options: &'a FolderOptions) -> Self {
        let filter = Filter::new(options.allow_patterns.as_deref(), &options.ignore_patterns);
        let folder = Arc::new(Folder { path: dir.into(), prefix: prefix(&options.path_in_repo) });
        Self { dir, folder, options, filter, found: RefCell::default() }
    }

    /// Whether to go on with an entry; if not, it is noted here.
    fn enters(&self, entry: &DirEntry) -> bool {
        let mut found = self.found.borrow_mut();
        if let Some(parent) = entry.path().parent() {
            found.is_in_use(parent);
        }
        let is_dir = entry.file_type().is_dir();
        let reason = if is_git(entry.path()) {
            Reason::Git
        } else if is_cache(entry.path()) {
            Reason::HubCache
        } else if is_dir && entry.path_is_symlink() && self.options.links != Links::Follow {
            tracing::warn!(path = ?entry.path(), "a symbolic link to a folder is left out");
            Reason::FolderLink
        } else if is_dir && let Some(pattern) = self.folder_left_out(entry.path()) {
            Reason::IgnorePattern { pattern }
        } else {
            if is_dir {
                found.empty.insert(entry.path().to_path_buf());
            }
            return true;
        };
        found.skipped.push(Skipped::new(self.shown(entry.path(), is_dir), reason));
        false
    }

    fn entry(&self, entry: DirEntry) {
        let mut found = self.found.borrow_mut();
        let (kind, path) = (entry.file_type(), entry.into_path());
        if kind.is_dir() {
            return;
        }
        let Some(inside) = relative(self.dir, &path) else {
            found.problems.push(SourceProblem::NonUtf8Path { path });
            return;
        };
        if let Some(reason) = self.left_out(&inside) {
            found.skipped.push(Skipped::new(self.shown(&path, false), reason));
        } else if kind.is_symlink() {
            // Only links that are not to be followed are seen as links.
            match self.options.links {
                Links::Skip => {
                    let reason = if path.is_dir() { Reason::FolderLink } else { Reason::FileLink };
                    found.skipped.push(Skipped::new(self.shown(&path, path.is_dir()), reason));
                }
                _ => found.problems.push(SourceProblem::Link { path }),
            }
        } else if kind.is_file() {
            match CommitOperationAdd::in_folder(&self.folder, &inside) {
                Ok(add) => found.operations.push(add.into()),
                Err(error) => found.problems.push(SourceProblem::Name { path, reason: error.to_string() }),
            }
        } else {
            found.problems.push(SourceProblem::NotRegular { path });
        }
    }

    /// What a failed step of the walk means. No problem: a broken link that the patterns leave out, and a link to a folder
    /// above it that is not followed anyway.
    fn failed(&self, error: walkdir::Error) {
        let mut found = self.found.borrow_mut();
        let path = error.path().unwrap_or(self.dir).to_path_buf();
        if let Some(parent) = path.parent() {
            found.is_in_use(parent);
        }
        let is_dir = path.is_dir();
        let reason = match relative(self.dir, &path).and_then(|inside| self.left_out(&inside)) {
            Some(reason) if !is_dir => Some(reason),
            _ if error.loop_ancestor().is_some() && self.options.links != Links::Follow => {
                Some(Reason::FolderLink)
            }
            _ => None,
        };
        if let Some(reason) = reason {
            found.skipped.push(Skipped::new(self.shown(&path, is_dir), reason));
        } else if error.loop_ancestor().is_some() {
            found.problems.push(SourceProblem::Loop { path });
        } else {
            let cause = error.into_io_error().unwrap_or_else(|| std::io::Error::other("it cannot be listed"));
            // A folder that cannot be listed is not known to be empty.
            found.empty.remove(&path);
            found.problems.push(SourceProblem::from_io(path, cause));
        }
    }

    /// The pattern that leaves out whatever is in a folder: it need not be read, and may not be.
    fn folder_left_out(&self, path: &Path) -> Option<String> {
        let at = self.filter.folder_ignored_by(&relative(self.dir, path)?)?;
        self.options.ignore_patterns.get(at).cloned()
    }

    /// Why the patterns leave a file out.
    fn left_out(&self, inside: &str) -> Option<Reason> {
        match self.filter.ignored_by(inside) {
            Some(at) => {
                let pattern = self.options.ignore_patterns.get(at).cloned().unwrap_or_default();
                Some(Reason::IgnorePattern { pattern })
            }
            None => (!self.filter.is_allowed(inside)).then_some(Reason::NotAllowed),
        }
    }

    /// The path in the repository, for people.
    fn shown(&self, path: &Path, is_dir: bool) -> String {
        let inside = path.strip_prefix(self.dir).unwrap_or(path).components();
        let parts: Vec<_> = inside.map(|part| part.as_os_str().to_string_lossy()).collect();
        format!("{}{}{}", self.folder.prefix, parts.join("/"), if is_dir { "/" } else { "" })
    }

    fn finish(self) -> Result<Listing, CommitError> {
        let mut found = self.found.take();
        if !found.problems.is_empty() {
            // Whoever mends these shall not be told of others the next time.
            found.problems.extend(unreadable(&found.operations));
            return Err(CommitError::Sources(found.problems));
        }
        let (mut operations, mut skipped) = (found.operations, found.skipped);
        let empty = found.empty.iter();
        skipped.extend(empty.map(|path| Skipped::new(self.shown(path, true), Reason::EmptyFolder)));
        operations.sort_unstable_by(|a, b| a.path_in_repo().cmp(b.path_in_repo()));
        skipped.sort_unstable_by(|a, b| a.path.cmp(&b.path));
        Ok(Listing { operations, skipped })
    }
}

fn is_git(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name == ".git")
}

fn is_cache(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name == "huggingface")
        && path.parent().and_then(Path::file_name).is_some_and(|parent| parent == ".cache")
}

fn relative(dir: &Path, path: &Path) -> Option<String> {
    let inside = path.strip_prefix(dir).ok()?.to_str()?;
    Some(if MAIN_SEPARATOR == '/' { inside.to_owned() } else { inside.replace(MAIN_SEPARATOR, "/") })
}

#[cfg(test)]
mod tests;
