//! [`CommitOperationCopy`]: a file that the Hub has already, put to another path without sending its content.

use std::collections::{BTreeMap, HashSet};

use bytes::Bytes;
use http::Request;
use http::response::Parts;
use hub_transport::{Body, CallInfo, Endpoint, Error, ErrorKind, RetryClass, Transfer, Transport, get};
use hub_types::{CommitHash, RepoRef, Revision, SafeRelPath, TreeEntry, route};
use sha1::Digest;

use crate::digest::{git_blob, hex};
use crate::endpoint::{Head, PathsInfo};
use crate::operation::{content_path, repo_path};
use crate::source::AddSource;
use crate::{CommitError, CommitOperation, CommitOperationAdd, CommitOptions};

/// Paths asked about in one request.
const MAX_PATHS: usize = 500;

/// Copies a file of this repository or another one. Python: `CommitOperationCopy`.
///
/// A file in LFS is copied by its object and nothing of it is moved. Other files, which are small, are downloaded and sent as
/// part of the commit, from the commit that the branch led to when it was looked up and checked against their git ids; those of one commit fit
/// in [`CommitOptions::memory_budget`] together. Between repositories only files outside LFS can be
/// copied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitOperationCopy {
    from: SafeRelPath,
    path: SafeRelPath,
    revision: Option<Revision>,
    repo: Option<RepoRef>,
    /// Set when the source was looked up and is in LFS.
    object: Option<LfsObject>,
}

/// The content of a file in LFS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LfsObject {
    pub(crate) size: u64,
    pub(crate) sha256: [u8; 32],
}

impl CommitOperationCopy {
    /// Copies `src_path_in_repo` to `path_in_repo`, replacing what is there.
    ///
    /// ```
    /// use hub_commit::CommitOperationCopy;
    /// let copy = CommitOperationCopy::new("checkpoints/3/model.bin", "model.bin")?.src_revision("v1".parse()?);
    /// assert_eq!((copy.src_path_in_repo(), copy.path_in_repo()), ("checkpoints/3/model.bin", "model.bin"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`CommitError::InvalidOperation`] for a path that cannot be in a repository.
    pub fn new(src_path_in_repo: &str, path_in_repo: &str) -> Result<Self, CommitError> {
        let (from, path) = (repo_path(src_path_in_repo)?, content_path(path_in_repo)?);
        Ok(Self { from, path, revision: None, repo: None, object: None })
    }

    /// The revision that the file is taken from; that of the commit unless set, and `main` of another repository.
    /// Python: `src_revision`.
    #[must_use]
    pub fn src_revision(mut self, revision: Revision) -> Self {
        self.revision = Some(revision);
        self
    }

    /// The repository that the file is taken from; that of the commit unless set. Python: `src_repo_id`, `src_repo_type`.
    #[must_use]
    pub fn src_repo(mut self, repo: RepoRef) -> Self {
        self.repo = Some(repo);
        self
    }

    /// What is copied, from the root of its repository.
    pub fn src_path_in_repo(&self) -> &str {
        self.from.as_str()
    }

    /// Where the copy goes, from the root of the repository.
    pub fn path_in_repo(&self) -> &str {
        self.path.as_str()
    }

    /// The object of a source in LFS, once it was looked up.
    pub(crate) fn object(&self) -> Option<LfsObject> {
        self.object
    }
}

/// Looks up the sources of all copies. Those in LFS get their object, others become additions; a copy that would change
/// nothing is left out.
pub(crate) async fn resolve(
    transport: &Transport,
    operations: &[CommitOperation],
    options: &CommitOptions,
) -> Result<Vec<CommitOperation>, CommitError> {
    let pins = Pins::look_up(transport, operations, options).await?;
    let found = look_up(transport, operations, options, &pins).await?;
    let mut resolved = Vec::with_capacity(operations.len());
    let mut held = 0;
    for operation in operations {
        let CommitOperation::Copy(copy) = operation else {
            resolved.push(operation.clone());
            continue;
        };
        let place = pins.of(Place::of(copy, options));
        let source = found.get(&(place.clone(), copy.src_path_in_repo().to_owned()));
        let source = source.ok_or_else(|| place.missing(copy))?;
        let there = found.get(&(pins.of(Place::target(options)), copy.path_in_repo().to_owned()));
        if there.is_some_and(|there| is_same(there, source)) && is_alone(copy, operations) {
            continue;
        }
        resolved.push(match &source.lfs {
            _ if !source.is_file() => {
                let from = copy.src_path_in_repo();
                return Err(CommitError::invalid(format!(
                    "{from:?} is not a file: copy its files one by one"
                )));
            }
            Some(_) if place.repo != options.repo => {
                let (from, repo) = (copy.src_path_in_repo(), &place.repo);
                let message =
                    format!("{from:?} of {repo} is in LFS: download it and add it instead of copying it");
                return Err(CommitError::invalid(message));
            }
            Some(lfs) => {
                let sha256 = sha256_of(&lfs.oid).ok_or_else(|| place.unreadable(copy, "sha256", &lfs.oid))?;
                let object = Some(LfsObject { size: lfs.size, sha256 });
                CommitOperationCopy { object, ..(**copy).clone() }.into()
            }
            None => {
                held += source.size;
                let budget = options.memory_budget;
                if held > budget {
                    return Err(CommitError::invalid(format!(
                        "the files to copy that are not in LFS need more than the {budget} bytes of the memory budget: \
                         split the commit, or raise the budget"
                    )));
                }
                place.content(transport, copy, &source.oid).await?.into()
            }
        });
    }
    Ok(resolved)
}

/// The paths that copies go to.
pub(crate) fn targets(operations: &[CommitOperation]) -> Vec<String> {
    let copies = operations.iter().filter(|operation| matches!(operation, CommitOperation::Copy(_)));
    copies.map(|copy| copy.path_in_repo().to_owned()).collect()
}

/// Those of `paths` that exist.
pub(crate) async fn existing(
    transport: &Transport,
    paths: &[String],
    options: &CommitOptions,
) -> Result<HashSet<String>, CommitError> {
    let mut found = HashSet::new();
    for paths in paths.chunks(MAX_PATHS) {
        let endpoint = PathsInfo { repo: &options.repo, revision: &options.revision, paths: paths.to_vec() };
        let entries = transport.send(&endpoint).await.map_err(|source| CommitError::Copy {
            path: paths.first().cloned().unwrap_or_default(),
            source,
        })?;
        found.extend(entries.into_iter().map(|entry| entry.path));
    }
    Ok(found)
}

/// A revision of a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Place {
    repo: RepoRef,
    revision: Revision,
}

impl PartialOrd for Place {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Place {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key().cmp(&other.key())
    }
}

impl Place {
    fn key(&self) -> (&str, &str, &str) {
        (self.repo.repo_type.singular(), self.repo.id.as_str(), self.revision.as_str())
    }

    fn target(options: &CommitOptions) -> Self {
        Self { repo: options.repo.clone(), revision: options.revision.clone() }
    }

    fn of(copy: &CommitOperationCopy, options: &CommitOptions) -> Self {
        let repo = copy.repo.clone().unwrap_or_else(|| options.repo.clone());
        let own = repo == options.repo;
        let revision = match &copy.revision {
            Some(revision) => revision.clone(),
            None if own => options.revision.clone(),
            None => Revision::default(),
        };
        Self { repo, revision }
    }

    fn call(&self) -> CallInfo {
        CallInfo::new("get_paths_info", format!("{} at {}", self.repo, self.revision), RetryClass::Read)
    }

    fn missing(&self, copy: &CommitOperationCopy) -> CommitError {
        let path = copy.src_path_in_repo().to_owned();
        let source = Error::new(ErrorKind::EntryNotFound, format!("there is no file {path:?}"));
        CommitError::Copy { path, source: source.in_call(&self.call()) }
    }

    fn unreadable(&self, copy: &CommitOperationCopy, what: &str, id: &str) -> CommitError {
        let source = Error::new(ErrorKind::Decode, format!("{id:?} is no {what}"));
        CommitError::Copy { path: copy.src_path_in_repo().to_owned(), source: source.in_call(&self.call()) }
    }

    /// A file that is not in LFS, as an addition with its content, which must be that of the git blob `oid`. A wrong one is asked
    /// for once more.
    async fn content(
        &self,
        transport: &Transport,
        copy: &CommitOperationCopy,
        oid: &str,
    ) -> Result<CommitOperationAdd, CommitError> {
        let path = copy.src_path_in_repo();
        let fail = |source: Error| CommitError::Copy { path: path.to_owned(), source };
        let endpoint = Content { repo: &self.repo, revision: &self.revision, path };
        for again in [true, false] {
            let content = transport.send(&endpoint).await.map_err(fail)?;
            let mut hash = git_blob(content.len() as u64);
            hash.update(&content);
            let actual = hex(&hash.finalize());
            if actual.eq_ignore_ascii_case(oid) {
                return CommitOperationAdd::new(copy.path_in_repo(), AddSource::from(content.to_vec()));
            }
            if !again {
                let message = format!("the content of {path:?} has the git id {actual} and not {oid}, twice");
                let error = Error::new(ErrorKind::Decode, message);
                let error = error.with_hint("is there a proxy that changes what it passes on?");
                return Err(fail(error.in_call(&CallInfo::new(
                    Content::NAME,
                    endpoint.target(),
                    RetryClass::Read,
                ))));
            }
        }
        Err(CommitError::Stopped("the content of a copy was not asked for".into()))
    }
}

/// The commits that the branches of sources led to, so that what is looked up and what is fetched is of one state.
struct Pins(BTreeMap<Place, Place>);

impl Pins {
    async fn look_up(
        transport: &Transport,
        operations: &[CommitOperation],
        options: &CommitOptions,
    ) -> Result<Self, CommitError> {
        let mut pins = BTreeMap::new();
        for operation in operations {
            let CommitOperation::Copy(copy) = operation else { continue };
            let place = Place::of(copy, options);
            if place.revision.as_commit().is_some() || pins.contains_key(&place) {
                continue;
            }
            let head = Head { repo: &place.repo, revision: &place.revision };
            let fail = |source| CommitError::Copy { path: copy.src_path_in_repo().to_owned(), source };
            let (commit, _) = transport.send(&head).await.map_err(fail)?;
            let commit: CommitHash =
                commit.parse().map_err(|_| place.unreadable(copy, "commit id", &commit))?;
            let pinned = Place { repo: place.repo.clone(), revision: commit.into() };
            pins.insert(place, pinned);
        }
        Ok(Self(pins))
    }

    /// The same place at a commit, if it is pinned.
    fn of(&self, place: Place) -> Place {
        self.0.get(&place).cloned().unwrap_or(place)
    }
}

/// `GET /{id}/resolve/{rev}/{path}`: the content of a file that is small.
struct Content<'a> {
    repo: &'a RepoRef,
    revision: &'a Revision,
    path: &'a str,
}

impl Endpoint for Content<'_> {
    const NAME: &'static str = "hf_hub_download";
    type Output = Bytes;

    fn class(&self) -> RetryClass {
        RetryClass::Read
    }

    fn target(&self) -> String {
        format!("{} at {}", self.repo, self.revision)
    }

    fn request(&self) -> Result<Request<Body>, Error> {
        get(route::repo(self.repo).resolve(self.revision, self.path)).extension(Transfer).finish()
    }

    fn decode(&self, _: &Parts, body: Bytes) -> Result<Bytes, Error> {
        Ok(body)
    }
}

/// The entries of all sources and targets, by place and path.
async fn look_up(
    transport: &Transport,
    operations: &[CommitOperation],
    options: &CommitOptions,
    pins: &Pins,
) -> Result<BTreeMap<(Place, String), TreeEntry>, CommitError> {
    let mut wanted: BTreeMap<Place, Vec<String>> = BTreeMap::new();
    for operation in operations {
        let CommitOperation::Copy(copy) = operation else { continue };
        wanted.entry(pins.of(Place::of(copy, options))).or_default().push(copy.src_path_in_repo().to_owned());
        wanted.entry(pins.of(Place::target(options))).or_default().push(copy.path_in_repo().to_owned());
    }
    let mut found = BTreeMap::new();
    for (place, mut paths) in wanted {
        paths.sort_unstable();
        paths.dedup();
        for paths in paths.chunks(MAX_PATHS) {
            let endpoint = PathsInfo { repo: &place.repo, revision: &place.revision, paths: paths.to_vec() };
            let entries = transport.send(&endpoint).await.map_err(|source| CommitError::Copy {
                path: paths.first().cloned().unwrap_or_default(),
                source,
            })?;
            for entry in entries {
                found.insert((place.clone(), entry.path.trim_end_matches('/').to_owned()), entry);
            }
        }
    }
    Ok(found)
}

fn is_same(there: &TreeEntry, source: &TreeEntry) -> bool {
    there.is_file()
        && there.lfs.is_some() == source.lfs.is_some()
        && there.content_id() == source.content_id()
}

/// Whether no other operation touches the target.
fn is_alone(copy: &CommitOperationCopy, operations: &[CommitOperation]) -> bool {
    let target = copy.path_in_repo();
    let touches =
        |path: &str| target.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    operations.iter().filter(|operation| touches(operation.path_in_repo())).count() == 1
}

fn sha256_of(oid: &str) -> Option<[u8; 32]> {
    let mut sha256 = [0; 32];
    if oid.len() != 64 || !oid.is_ascii() {
        return None;
    }
    for (at, byte) in sha256.iter_mut().enumerate() {
        *byte = u8::from_str_radix(oid.get(2 * at..2 * at + 2)?, 16).ok()?;
    }
    Some(sha256)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CommitOperationDelete, IsFolder};

    #[test]
    fn paths_that_cannot_be_in_a_repository_are_refused() {
        for (from, to) in
            [("", "a"), ("a", ""), ("../a", "b"), ("a", ".git/x"), ("a", ".cache/x"), ("a//b", "c")]
        {
            let refused = CommitOperationCopy::new(from, to);
            assert!(matches!(refused, Err(CommitError::InvalidOperation(_))), "{from:?} {to:?}");
        }
    }

    #[test]
    fn a_copy_is_alone_unless_something_else_touches_its_target() {
        let copy = CommitOperationCopy::new("x", "a/b").unwrap();
        let delete = |path| CommitOperation::from(CommitOperationDelete::new(path, IsFolder::Auto).unwrap());
        for (other, alone) in [("a/", false), ("a/b", false), ("a/bc", true), ("x", true)] {
            assert_eq!(is_alone(&copy, &[copy.clone().into(), delete(other)]), alone, "{other}");
        }
    }

    #[test]
    fn an_id_of_an_object_is_64_hexadecimal_digits() {
        assert_eq!(sha256_of(&"aB".repeat(32)), Some([0xab; 32]));
        for wrong in ["", "ab", &"zz".repeat(32), &"é".repeat(32)] {
            assert_eq!(sha256_of(wrong), None, "{wrong}");
        }
    }
}
