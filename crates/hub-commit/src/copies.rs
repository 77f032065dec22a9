//! What the copies of a commit are: their sources are looked up before anything is sent.

use std::collections::{BTreeMap, HashSet};

use bytes::Bytes;
use http::Request;
use http::response::Parts;
use hub_endpoints::paths_info;
use hub_transport::{Body, CallInfo, Endpoint, Error, ErrorKind, RetryClass, Transfer, Transport, get};
use hub_types::{CommitHash, RepoRef, Revision, TreeEntry, route};
use sha1::Digest;

use hub_types::hex::encode as hex;

use crate::hash::digest::git_blob;
use crate::job::head;
use crate::operation::LfsObject;
use crate::{CommitError, CommitOperation, CommitOperationAdd, CommitOperationCopy, CommitOptions};

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
                let sha256 = hub_types::hex::decode(&lfs.oid).ok_or_else(|| place.unreadable(copy, "sha256", &lfs.oid))?;
                copy.of_object(LfsObject { size: lfs.size, sha256 }).into()
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
    let entries = entries_at(transport, &options.repo, &options.revision, paths).await?;
    Ok(entries.into_iter().map(|entry| entry.path).collect())
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
        let mut again = true;
        loop {
            let content = transport.send(&endpoint).await.map_err(fail)?;
            let mut hash = git_blob(content.len() as u64);
            hash.update(&content);
            let actual = hex(&hash.finalize());
            if actual.eq_ignore_ascii_case(oid) {
                return CommitOperationAdd::copied(copy.path_in_repo(), content);
            }
            if !std::mem::take(&mut again) {
                let message = format!("the content of {path:?} has the git id {actual} and not {oid}, twice");
                let error = Error::new(ErrorKind::Decode, message);
                let error = error.with_hint("is there a proxy that changes what it passes on?");
                let call = CallInfo::new(Content::NAME, endpoint.target(), RetryClass::Read);
                return Err(fail(error.in_call(&call)));
            }
        }
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
            let fail = |source| CommitError::Copy { path: copy.src_path_in_repo().to_owned(), source };
            let (commit, _) = head(transport, &place.repo, &place.revision).await.map_err(fail)?;
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
        for entry in entries_at(transport, &place.repo, &place.revision, &paths).await? {
            found.insert((place.clone(), entry.path.trim_end_matches('/').to_owned()), entry);
        }
    }
    Ok(found)
}

async fn entries_at(
    transport: &Transport,
    repo: &RepoRef,
    revision: &Revision,
    paths: &[String],
) -> Result<Vec<TreeEntry>, CommitError> {
    let first = || paths.first().cloned().unwrap_or_default();
    let entries = paths_info(transport, repo, revision, paths, false).await;
    entries.map_err(|source| CommitError::Copy { path: first(), source })
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CommitOperationDelete, IsFolder};

    #[test]
    fn a_copy_is_alone_unless_something_else_touches_its_target() {
        let copy = CommitOperationCopy::new("x", "a/b").unwrap();
        let delete = |path| CommitOperation::from(CommitOperationDelete::new(path, IsFolder::Auto).unwrap());
        for (other, alone) in [("a/", false), ("a/b", false), ("a/bc", true), ("x", true)] {
            assert_eq!(is_alone(&copy, &[copy.clone().into(), delete(other)]), alone, "{other}");
        }
    }
}
