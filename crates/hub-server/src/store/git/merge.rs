//! Merging one ref into a branch, and what stands against it.

use gix::{
    merge::tree::TreatAsUnresolved, objs::Kind, revision::walk::Sorting,
    traverse::commit::simple::CommitTimeOrder,
};
use jiff::Timestamp;

use super::{
    CommitId, CommitRecord, GitRepo, ObjectId, Signature, parting::Parting, quarantine::Quarantine,
    read::tree_of, refs, stage,
};
use crate::store::{Result, StoreError};

/// What came of a merge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Merged {
    /// The branch has everything now.
    Done {
        /// The new tip of the branch.
        tip: CommitId,
        /// The newest commit that both sides had before.
        base: CommitId,
    },
    /// The branch had everything before.
    Contained {
        /// The newest commit of what was to be merged.
        head: CommitId,
    },
    /// Nothing was changed.
    Conflicts(Conflicts),
}

/// What two sides changed in ways that do not fit together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Conflicts {
    /// At these paths; none means that there is no conflict.
    Paths(Vec<String>),
    /// Everywhere: the two have no commit in common.
    Unrelated,
}

impl GitRepo {
    /// The newest commit that both have; `None` when their histories are unrelated.
    pub(crate) fn merge_base(&self, one: CommitId, two: CommitId) -> Result<Option<CommitId>> {
        let repo = self.open.local()?;
        newest_common(&repo, self.parting(&repo, one, two)?, one, two)
    }

    /// What would keep `head` from being merged into `tip`.
    pub(crate) fn conflicts(&self, tip: CommitId, head: CommitId) -> Result<Conflicts> {
        let repo = self.open.local()?.with_object_memory();
        let parting = self.parting(&repo, tip, head)?;
        match newest_common(&repo, parting, tip, head)? {
            None => Ok(Conflicts::Unrelated),
            Some(base) if base == tip || base == head => Ok(Conflicts::Paths(Vec::new())),
            Some(_) => {
                Ok(Conflicts::Paths(merge_trees(&repo, parting, tip, head)?.err().unwrap_or_default()))
            }
        }
    }

    /// Brings the ref `from` into the branch `into`: by moving the branch forward where that does, else by a commit with two
    /// parents. When this returns, the result is on disk.
    ///
    /// # Errors
    /// `RevisionNotFound` for either ref.
    pub(crate) fn merge(
        &self,
        into: &str,
        from: &str,
        author: &Signature,
        time: Timestamp,
        message: &str,
    ) -> Result<Merged> {
        let _only_commit = self.open.lock_commits();
        let repo = self.open.local()?;
        let find = |name: &str| {
            refs::read(&repo, name)?.ok_or_else(|| StoreError::RevisionNotFound { revision: name.to_owned() })
        };
        let (tip, head) = (find(into)?, find(from)?);
        let parting = self.parting(&repo, tip, head)?;
        let Some(base) = newest_common(&repo, parting, tip, head)? else {
            return Ok(Merged::Conflicts(Conflicts::Unrelated));
        };
        if base == head {
            return Ok(Merged::Contained { head });
        }
        if base == tip {
            self.update_ref(&repo, into, Some(tip), head)?;
            return Ok(Merged::Done { tip: head, base });
        }
        let (tree, objects) = match merge_trees(&repo.clone().with_object_memory(), parting, tip, head)? {
            Ok(merged) => merged,
            Err(paths) => return Ok(Merged::Conflicts(Conflicts::Paths(paths))),
        };
        let mut quarantine = Quarantine::new(self.open.tmp())?;
        for (kind, content) in &objects {
            quarantine.add(&repo, *kind, content)?;
        }
        let commit = stage::encode_commit(author, time, message, tree, vec![tip, head])?;
        let commit = quarantine.add(&repo, Kind::Commit, &commit)?;
        if quarantine.publish(&repo)? {
            self.open.forget_handle();
        }
        self.update_ref(&repo, into, Some(tip), commit)?;
        Ok(Merged::Done { tip: commit, base })
    }

    /// Makes a ref that leads to `target`.
    ///
    /// # Errors
    /// `RefExists`, `InvalidRef`.
    pub(crate) fn new_ref(&self, full_name: &str, target: CommitId) -> Result<()> {
        refs::check_name(full_name)?;
        let _only_commit = self.open.lock_commits();
        let repo = self.open.local()?;
        if !repo.has_object(target) {
            return Err(StoreError::RevisionNotFound { revision: target.to_string() });
        }
        self.update_ref(&repo, full_name, None, target)
    }

    /// The commits that lead to `head` and to none of `seen`, oldest first.
    pub(crate) fn commits_since(&self, head: CommitId, seen: &[CommitId]) -> Result<Vec<CommitRecord>> {
        let repo = self.open.local()?;
        let ids = since(&repo, head, seen)?.collect::<Result<Vec<_>>>()?;
        ids.into_iter().rev().map(|id| self.commit(id)).collect()
    }

    /// The newest `most` of the commits that lead to `head` and to none of `seen`, newest first, and whether there are more.
    #[cfg(feature = "page")]
    pub(crate) fn newest_since(
        &self,
        head: CommitId,
        seen: &[CommitId],
        most: usize,
    ) -> Result<(Vec<CommitRecord>, bool)> {
        let repo = self.open.local()?;
        let mut ids = since(&repo, head, seen)?.take(most.saturating_add(1)).collect::<Result<Vec<_>>>()?;
        let is_more = ids.len() > most;
        ids.truncate(most);
        Ok((ids.into_iter().map(|id| self.commit(id)).collect::<Result<_>>()?, is_more))
    }
}

/// The commits that lead to `head` and to none of `seen`, newest first.
fn since<'r>(
    repo: &'r gix::Repository,
    head: CommitId,
    seen: &[CommitId],
) -> Result<impl Iterator<Item = Result<CommitId>> + use<'r>> {
    let walk = repo
        .rev_walk([head])
        .with_hidden(seen.iter().copied())
        .sorting(Sorting::ByCommitTime(CommitTimeOrder::NewestFirst))
        .all()
        .map_err(StoreError::git("walk the history"))?;
    Ok(walk.map(|found| Ok(found.map_err(StoreError::git("walk the history"))?.id)))
}

/// The newest commit that two have in common, of which is known where they part.
fn newest_common(
    repo: &gix::Repository,
    parting: Parting,
    tip: CommitId,
    head: CommitId,
) -> Result<Option<CommitId>> {
    Ok(match parting {
        Parting::Contained => Some(head),
        Parting::At(base) => Some(base),
        Parting::Never => None,
        Parting::Unclear => {
            let found = repo.merge_base(tip, head).map_err(StoreError::git("compare two histories"))?;
            found.map(|base| base.detach())
        }
    })
}

/// A tree that is not stored yet, and the objects that storing it takes.
type NewTree = (ObjectId, Vec<(Kind, Vec<u8>)>);

/// The tree of both sides together, or the paths at which they do not fit. `repo` keeps its new objects in memory. Where it is not
/// known where the two part, git looks for it, and makes one of several places.
fn merge_trees(
    repo: &gix::Repository,
    parting: Parting,
    tip: CommitId,
    head: CommitId,
) -> Result<std::result::Result<NewTree, Vec<String>>> {
    let failed = || StoreError::git("merge two commits");
    let options = repo.tree_merge_options().map_err(failed())?;
    let mut merged = match parting {
        Parting::At(base) => {
            let [base, ours, theirs] = [tree_of(repo, base)?, tree_of(repo, tip)?, tree_of(repo, head)?];
            repo.merge_trees(base, ours, theirs, Default::default(), options).map_err(failed())?
        }
        _ => repo.merge_commits(tip, head, Default::default(), options.into()).map_err(failed())?.tree_merge,
    };
    let how = TreatAsUnresolved::git();
    let mut paths: Vec<String> = merged
        .conflicts
        .iter()
        .filter(|conflict| conflict.is_unresolved(how))
        .map(|conflict| conflict.changes_in_resolution().0.location().to_string())
        .collect();
    if !paths.is_empty() {
        paths.sort();
        paths.dedup();
        return Ok(Err(paths));
    }
    let tree = merged.tree.write().map_err(failed())?.detach();
    let objects = repo.objects.reset_object_memory().unwrap_or_default();
    Ok(Ok((tree, objects.iter().map(|(_, (kind, content))| (*kind, content.clone())).collect())))
}
