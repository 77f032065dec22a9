//! From what a client calls a revision to a commit.

use gix::odb::store::prefix::lookup;
use hub_types::Revision;

use super::{CommitId, GitRepo, refs};
use crate::store::{Result, StoreError};

/// The shortest abbreviation of a commit id that is taken, in digits.
const SHORTEST_ID: usize = 7;

impl GitRepo {
    /// The commit of a revision: full ref, branch, tag, commit id (40 digits, or 7 and more that are unique), `HEAD`.
    ///
    /// # Errors
    /// `RevisionNotFound`.
    pub(crate) fn resolve(&self, revision: &str) -> Result<CommitId> {
        self.resolve_in(&self.open.local()?, revision)
    }

    /// As [`GitRepo::resolve`], with an open handle. A whole id is that commit whatever branches are called, as in git.
    pub(super) fn resolve_in(&self, repo: &gix::Repository, revision: &str) -> Result<CommitId> {
        let missing = || StoreError::RevisionNotFound { revision: revision.to_owned() };
        // What cannot be the name of a ref is not looked for on the disk.
        revision.parse::<Revision>().map_err(|_| missing())?;
        let whole = if revision.len() == 40 { by_id(repo, revision)? } else { None };
        let found = match revision {
            _ if whole.is_some() => whole,
            "HEAD" => refs::read(repo, &self.default_branch()?)?,
            full if full.starts_with("refs/") => refs::read(repo, full)?,
            short => match refs::read(repo, &format!("refs/heads/{short}"))? {
                Some(branch) => Some(branch),
                None => match refs::read(repo, &format!("refs/tags/{short}"))? {
                    Some(tag) => Some(tag),
                    None => by_id(repo, short)?,
                },
            },
        };
        found.ok_or_else(missing)
    }
}

fn by_id(repo: &gix::Repository, digits: &str) -> Result<Option<CommitId>> {
    if digits.len() < SHORTEST_ID || digits.len() > 40 || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Ok(None);
    }
    let candidate = if digits.len() == 40 {
        CommitId::from_hex(digits.as_bytes()).ok()
    } else {
        let prefix =
            gix::hash::Prefix::from_hex(digits).map_err(StoreError::git("read an abbreviated id"))?;
        let found: Option<lookup::Outcome> =
            repo.objects.lookup_prefix(prefix, None).map_err(StoreError::git("look for a commit"))?;
        // Two objects may share the digits; then it is no name for either.
        found.and_then(std::result::Result::ok)
    };
    let Some(id) = candidate else { return Ok(None) };
    let object = repo.try_find_object(id).map_err(StoreError::git("read an object"))?;
    Ok(object.and_then(|object| object.peel_to_commit().ok()).map(|commit| commit.id))
}
