//! The history of a repository.

use std::{collections::BTreeMap, sync::Arc};

use gix::{
    bstr::{BString, ByteSlice},
    objs::TreeRefIter,
    revision::walk::Sorting,
    traverse::commit::simple::CommitTimeOrder,
};
use jiff::Timestamp;

use super::{
    CommitId, CommitRecord, GitRepo, ObjectId, history::History, look_back::LookBack, object::read_object,
    read::tree_of,
};
use crate::store::{Result, StoreError};

/// So many commits are looked at for one whose history is known.
const LOOKED_BACK: usize = 256;

impl GitRepo {
    /// One commit.
    pub(crate) fn commit(&self, commit: CommitId) -> Result<CommitRecord> {
        record(&self.open.local()?, commit)
    }

    /// Commits that lead to `commit`, newest first, and how many there are in all.
    pub(crate) fn log(
        &self,
        commit: CommitId,
        skip: usize,
        limit: usize,
    ) -> Result<(Vec<CommitRecord>, usize)> {
        let repo = self.open.local()?;
        let history = self.history(&repo, commit)?;
        let page = history.iter().rev().skip(skip).take(limit);
        Ok((page.map(|id| record(&repo, *id)).collect::<Result<_>>()?, history.len()))
    }

    /// The commits that lead to one, oldest first.
    pub(super) fn history(&self, repo: &gix::Repository, tip: CommitId) -> Result<History> {
        if let Some(known) = self.open.histories().get(tip) {
            return Ok(known);
        }
        // The history of a commit with one parent, which is older, is that of the parent and itself.
        let mut newer = vec![tip];
        let mut here = record(repo, tip)?;
        while newer.len() < LOOKED_BACK
            && let [parent] = here.parents.as_slice()
        {
            let before = record(repo, *parent)?;
            if before.time > here.time {
                break;
            }
            if let Some(known) = self.open.histories().get(before.id) {
                let mut history = Vec::clone(&known);
                history.extend(newer.into_iter().rev());
                let history = Arc::new(history);
                self.open.histories().keep(&history, Some(before.id));
                return Ok(history);
            }
            newer.push(before.id);
            here = before;
        }
        let walk = repo
            .rev_walk([tip])
            .sorting(Sorting::ByCommitTime(CommitTimeOrder::NewestFirst))
            .all()
            .map_err(StoreError::git("walk the history"))?;
        let mut history = walk
            .map(|found| Ok(found.map_err(StoreError::git("walk the history"))?.id))
            .collect::<Result<Vec<_>>>()?;
        history.reverse();
        let history = Arc::new(history);
        self.open.histories().keep(&history, None);
        Ok(history)
    }

    /// For each path that exists at `commit`, the newest commit that changed it, also by a change below a folder.
    ///
    /// Follows first parents: what came with a merge was changed by the merge.
    pub(crate) fn last_change(
        &self,
        commit: CommitId,
        paths: &[String],
    ) -> Result<BTreeMap<String, CommitRecord>> {
        self.last_change_within(commit, paths, &mut LookBack::whole())
    }

    /// As [`GitRepo::last_change`], looking back no further than `most` allows: what was changed before is left out.
    pub(crate) fn last_change_within(
        &self,
        commit: CommitId,
        paths: &[String],
        most: &mut LookBack,
    ) -> Result<BTreeMap<String, CommitRecord>> {
        let repo = self.open.local()?;
        let mut wanted: Vec<&str> = paths.iter().map(String::as_str).collect();
        let mut found = BTreeMap::new();
        let mut here = record(&repo, commit)?;
        while !wanted.is_empty() && most.commits > 0 {
            most.commits -= 1;
            let parent = here.parents.first().map(|parent| record(&repo, *parent)).transpose()?;
            let tree = tree_of(&repo, here.id)?;
            let parent_tree = parent.as_ref().map(|parent| tree_of(&repo, parent.id)).transpose()?;
            let mut changed = Vec::new();
            let is_whole = changes(&repo, (Some(tree), parent_tree), &wanted, &mut changed, most)?;
            wanted.retain(|path| !changed.contains(path));
            for path in changed {
                found.insert(path.to_owned(), here.clone());
            }
            match parent {
                Some(parent) if is_whole => here = parent,
                _ => break,
            }
        }
        Ok(found)
    }
}

/// Collects those of `paths` that differ between two versions of a folder. False if more would have been read than is allowed.
fn changes<'p>(
    repo: &gix::Repository,
    (new, old): (Option<ObjectId>, Option<ObjectId>),
    paths: &[&'p str],
    changed: &mut Vec<&'p str>,
    most: &mut LookBack,
) -> Result<bool> {
    // Both versions of a folder, and the paths below it, whose first bytes lead there.
    let mut open = vec![(new, old, 0, paths.to_vec())];
    while let Some((new, old, skip, paths)) = open.pop() {
        if new == old {
            continue;
        }
        if !most.allows(repo, [new, old].into_iter().flatten())? {
            return Ok(false);
        }
        let (new, old) = (names(repo, new)?, names(repo, old)?);
        let mut below: BTreeMap<&str, Vec<&'p str>> = BTreeMap::new();
        for path in paths {
            let rest = path.get(skip..).unwrap_or_default();
            match rest.split_once('/') {
                Some((folder, _)) => below.entry(folder).or_default().push(path),
                None if new.get(rest.as_bytes()) != old.get(rest.as_bytes()) => changed.push(path),
                None => {}
            }
        }
        for (folder, paths) in below {
            let tree = |names: &BTreeMap<BString, (bool, ObjectId)>| {
                names.get(folder.as_bytes()).filter(|(is_tree, _)| *is_tree).map(|(_, id)| *id)
            };
            open.push((tree(&new), tree(&old), skip + folder.len() + 1, paths));
        }
    }
    Ok(true)
}

fn names(repo: &gix::Repository, tree: Option<ObjectId>) -> Result<BTreeMap<BString, (bool, ObjectId)>> {
    let Some(tree) = tree else { return Ok(BTreeMap::new()) };
    let data = read_object(repo, tree, gix::objs::Kind::Tree)?;
    TreeRefIter::from_bytes(&data, repo.object_hash())
        .map(|entry| {
            let entry = entry.map_err(StoreError::git("read a folder"))?;
            Ok((entry.filename.to_owned(), (entry.mode.is_tree(), entry.oid.to_owned())))
        })
        .collect()
}

pub(super) fn record(repo: &gix::Repository, id: CommitId) -> Result<CommitRecord> {
    let data = read_object(repo, id, gix::objs::Kind::Commit)?;
    let commit = gix::objs::CommitRef::from_bytes(&data, repo.object_hash())
        .map_err(StoreError::git("read a commit"))?;
    let author = commit.author().map_err(StoreError::git("read the author of a commit"))?.trim();
    let seconds = commit.time().map_err(StoreError::git("read the time of a commit"))?.seconds;
    let text = commit.message.to_str_lossy();
    let (title, message) = text.split_once('\n').unwrap_or((&text, ""));
    Ok(CommitRecord {
        id,
        title: title.trim_end().to_owned(),
        message: message.trim_start_matches(['\n', '\r']).trim_end().to_owned(),
        author: author.name.to_str_lossy().into_owned(),
        email: author.email.to_str_lossy().into_owned(),
        time: Timestamp::from_second(seconds).unwrap_or(Timestamp::UNIX_EPOCH),
        parents: commit.parents().collect(),
    })
}
