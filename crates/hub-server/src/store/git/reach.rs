//! Which objects some commits need, and which LFS objects their files lead to.

use std::collections::HashSet;

use gix::objs::{CommitRefIter, Kind, TagRefIter, TreeRefIter};
use hub_types::lfs::Pointer;

use super::{ObjectId, read::POINTER_AT_MOST};
use crate::store::{Result, StoreError};

/// Objects that must stay.
#[derive(Default)]
pub(super) struct Reached {
    pub(super) objects: HashSet<ObjectId>,
    /// Oids of LFS objects.
    pub(super) lfs: HashSet<String>,
}

/// What is done about an object that is not there.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Missing {
    /// The repository is broken: nothing is taken from it.
    IsAnError,
    /// It was nobody's.
    IsSkipped,
}

impl Reached {
    /// Adds objects and all that they lead to. What was added before is not looked at again.
    pub(super) fn add(
        &mut self,
        repo: &gix::Repository,
        tips: impl IntoIterator<Item = ObjectId>,
        missing: Missing,
    ) -> Result<()> {
        let mut open: Vec<ObjectId> = tips.into_iter().collect();
        let read = || StoreError::git("read an object");
        while let Some(id) = open.pop() {
            if self.objects.contains(&id) || id.is_empty_tree() {
                continue;
            }
            let header = repo.try_find_header(id).map_err(read())?;
            let Some(header) = header else {
                if missing == Missing::IsSkipped {
                    continue;
                }
                return Err(StoreError::ObjectMissing { id, expected: "object" });
            };
            self.objects.insert(id);
            let looked_into = header.kind() != Kind::Blob || header.size() <= POINTER_AT_MOST;
            if !looked_into {
                continue;
            }
            let object = repo.try_find_object(id).map_err(read())?;
            let object = object.ok_or(StoreError::ObjectMissing { id, expected: "object" })?;
            let data = object.data.as_slice();
            match object.kind {
                Kind::Blob => {
                    if let Some(pointer) = Pointer::parse(data) {
                        self.lfs.insert(pointer.oid);
                    }
                }
                Kind::Tree => {
                    for entry in TreeRefIter::from_bytes(data, id.kind()) {
                        let entry = entry.map_err(read())?;
                        if !entry.mode.is_commit() {
                            open.push(entry.oid.to_owned());
                        }
                    }
                }
                Kind::Commit => {
                    let mut commit = CommitRefIter::from_bytes(data, id.kind());
                    open.push(commit.tree_id().map_err(read())?);
                    open.extend(CommitRefIter::from_bytes(data, id.kind()).parent_ids());
                }
                Kind::Tag => {
                    open.push(TagRefIter::from_bytes(data, id.kind()).target_id().map_err(read())?);
                }
            }
        }
        Ok(())
    }
}

/// What every ref leads to, tags as they are.
pub(super) fn tips(repo: &gix::Repository) -> Result<Vec<ObjectId>> {
    let platform = repo.references().map_err(StoreError::git("list the refs"))?;
    let mut tips = Vec::new();
    for reference in platform.all().map_err(StoreError::git("list the refs"))? {
        let reference = reference.map_err(StoreError::git("read a ref"))?;
        tips.extend(reference.target().try_id().map(|id| id.to_owned()));
    }
    Ok(tips)
}
