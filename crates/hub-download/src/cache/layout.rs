//! Where things are in the cache: names only, nothing is read or written.
//!
//! ```text
//! CACHE/.locks/models--ada--demo/ETAG.lock
//! CACHE/models--ada--demo/blobs/ETAG                 blobs, named by their hash
//!                         refs/main                  the commit that a branch or tag led to
//!                         snapshots/COMMIT/a/b.txt   link to ../../../../blobs/ETAG
//!                         trees/COMMIT.json          all files of a commit, with size and hash
//!                         .no_exist/COMMIT/a/b.txt   empty: the commit is known not to have it
//!                         .xet/ETAG                  of which chunks a blob consists, if it came by Xet; only this client's
//! ```

use std::path::{Path, PathBuf};

use hub_types::{CommitHash, ParseError, RepoRef, RepoType, Revision, SafeRelPath};

use crate::ContentId;

/// The places of one repository in a cache folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RepoFolder {
    cache: PathBuf,
    root: PathBuf,
    locks: PathBuf,
}

impl RepoFolder {
    pub(crate) fn new(cache: &Path, repo: &RepoRef) -> Self {
        let name = folder_name(repo);
        Self { cache: cache.to_owned(), root: cache.join(&name), locks: cache.join(".locks").join(name) }
    }

    /// The folder of the cache.
    pub(crate) fn cache(&self) -> &Path {
        &self.cache
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn blobs(&self) -> PathBuf {
        self.root.join("blobs")
    }

    /// The recipes of blobs.
    pub(crate) fn recipes(&self) -> PathBuf {
        self.root.join(".xet")
    }

    /// The recipe of a blob.
    pub(crate) fn recipe(&self, id: &ContentId) -> PathBuf {
        self.recipes().join(id.file_name())
    }

    /// A blob. The name has letters and digits only, whatever the server sent.
    pub(crate) fn blob(&self, id: &ContentId) -> PathBuf {
        self.blobs().join(id.file_name())
    }

    pub(crate) fn lock(&self, id: &ContentId) -> PathBuf {
        self.locks.join(format!("{}.lock", id.file_name()))
    }

    /// The note of all files of a commit.
    pub(crate) fn tree(&self, commit: &CommitHash) -> PathBuf {
        self.trees().join(format!("{commit}.json"))
    }

    fn trees(&self) -> PathBuf {
        self.root.join("trees")
    }

    /// The folders in which something is made before it gets its name.
    pub(crate) fn scratch(&self) -> [PathBuf; 4] {
        [self.root.clone(), self.blobs(), self.recipes(), self.trees()]
    }

    /// The folders of commits.
    pub(crate) fn snapshots(&self) -> PathBuf {
        self.root.join("snapshots")
    }

    pub(crate) fn snapshot(&self, commit: &CommitHash) -> PathBuf {
        self.snapshots().join(commit.as_str())
    }

    /// A file of a commit.
    ///
    /// # Errors
    /// When this system cannot store the name.
    pub(crate) fn pointer(&self, commit: &CommitHash, path: &SafeRelPath) -> Result<PathBuf, ParseError> {
        path.under(&self.snapshot(commit))
    }

    /// The note that a commit has no such file.
    pub(crate) fn missing(&self, commit: &CommitHash, path: &SafeRelPath) -> Result<PathBuf, ParseError> {
        path.under(&self.root.join(".no_exist").join(commit.as_str()))
    }

    /// The note of the commit that a branch or tag led to. A revision with slashes is a path.
    pub(crate) fn reference(&self, revision: &Revision) -> Result<PathBuf, ParseError> {
        revision.as_str().parse::<SafeRelPath>()?.under(&self.root.join("refs"))
    }
}

/// `models--ada--demo`. Ids have no `--`, so that no two are the same.
pub(crate) fn folder_name(repo: &RepoRef) -> String {
    format!("{}--{}", repo.repo_type.plural(), repo.id.as_str().replace('/', "--"))
}

/// `model/ada/demo`: what people call a repository in a cache.
pub(crate) fn cache_id(repo: &RepoRef) -> String {
    format!("{}/{}", repo.repo_type, repo.id)
}

/// Reads what [`folder_name`] writes.
pub(crate) fn repo_of(folder: &str) -> Option<RepoRef> {
    let (kind, id) = folder.split_once("--")?;
    let kind = [RepoType::Model, RepoType::Dataset, RepoType::Space]
        .into_iter()
        .find(|repo_type| repo_type.plural() == kind)?;
    Some(RepoRef::new(kind, id.replacen("--", "/", 1).parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_named_as_python_names_them_and_read_back() {
        for (kind, id, folder) in [
            (RepoType::Model, "ada/demo", "models--ada--demo"),
            (RepoType::Model, "gpt2", "models--gpt2"),
            (RepoType::Dataset, "ada/a.b-c_d", "datasets--ada--a.b-c_d"),
            (RepoType::Space, "ada/app", "spaces--ada--app"),
        ] {
            let repo = RepoRef::new(kind, id.parse().unwrap());
            assert_eq!(folder_name(&repo), folder);
            assert_eq!(repo_of(folder), Some(repo));
        }
        for other in ["models", "tmp--x", ".locks", "models--", "models--a--b--c"] {
            assert_eq!(repo_of(other), None, "{other}");
        }
    }

    #[test]
    fn f75_an_etag_cannot_name_a_file_elsewhere() {
        let repo = RepoRef::new(RepoType::Model, "ada/demo".parse().unwrap());
        let folder = RepoFolder::new(Path::new("cache"), &repo);
        for etag in ["../../x", "/etc/passwd", "", "C:\\x", &"a".repeat(4096)] {
            let blob = folder.blob(&ContentId::from_etag(etag));
            assert_eq!(blob.parent(), Some(Path::new("cache/models--ada--demo/blobs")), "{etag}");
        }
    }

    #[test]
    fn a_revision_with_slashes_is_a_path_below_refs() {
        let repo = RepoRef::new(RepoType::Model, "ada/demo".parse().unwrap());
        let folder = RepoFolder::new(Path::new("cache"), &repo);
        let place = folder.reference(&"refs/pr/1".parse().unwrap()).unwrap();
        assert_eq!(place, Path::new("cache/models--ada--demo/refs/refs/pr/1"));
    }
}
