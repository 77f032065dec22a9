//! Branches and tags that come, move and go without a commit of files.

use std::fs;

use gix::objs::{Kind, WriteTo};
use jiff::Timestamp;

use super::{
    CommitId, GitRepo, ObjectId, Signature,
    quarantine::Quarantine,
    read::tree_of,
    refs,
    stage::{encode_commit, signature, text},
};
use crate::store::{Result, StoreError, disk::sync_folder};

/// What a new branch or tag leads to.
#[derive(Debug, Clone)]
pub(crate) enum NewRef {
    /// A commit.
    Commit(CommitId),
    /// A new commit without files and without a parent.
    Empty {
        /// Author and committer.
        author: Signature,
        /// When.
        time: Timestamp,
        /// Title, blank line, text.
        message: String,
    },
    /// An annotated tag of a commit.
    Annotated {
        /// The commit.
        commit: CommitId,
        /// Name of the tag.
        name: String,
        /// Who tags.
        tagger: Signature,
        /// When.
        time: Timestamp,
        /// Text of the tag.
        message: String,
    },
}

impl GitRepo {
    /// Makes a ref. With `overwrite` one that is there is moved.
    ///
    /// # Errors
    /// `RefExists`, `InvalidRef`.
    pub(crate) fn create_ref(&self, full_name: &str, new: NewRef, overwrite: bool) -> Result<()> {
        refs::check_name(full_name)?;
        let _no_commit = self.open.lock_commits();
        let repo = self.open.local()?;
        let old = refs::read(&repo, full_name)?;
        if old.is_some() && !overwrite {
            return Err(StoreError::RefExists { name: full_name.to_owned() });
        }
        let target = match &new {
            NewRef::Commit(commit) | NewRef::Annotated { commit, .. } => Some(*commit),
            NewRef::Empty { .. } => None,
        };
        let id = match new {
            NewRef::Commit(commit) => commit,
            NewRef::Empty { author, time, message } => {
                let mut quarantine = Quarantine::new(self.open.tmp())?;
                let tree = quarantine.add(&repo, Kind::Tree, b"")?;
                let commit = encode_commit(&author, time, &message, tree, Vec::new())?;
                self.publish(&repo, quarantine, Kind::Commit, &commit)?
            }
            NewRef::Annotated { commit, name, tagger, time, message } => {
                let tag = gix::objs::Tag {
                    target: commit,
                    target_kind: Kind::Commit,
                    name: name.into(),
                    tagger: Some(signature(&tagger, time)),
                    message: text(&message).into(),
                    signature: None,
                };
                let mut content = Vec::new();
                tag.write_to(&mut content).map_err(|error| StoreError::InvalidRef {
                    name: full_name.to_owned(),
                    reason: error.to_string(),
                })?;
                self.publish(&repo, Quarantine::new(self.open.tmp())?, Kind::Tag, &content)?
            }
        };
        if let Some(target) = target
            && !repo.has_object(target)
        {
            // It was taken out since it was found.
            return Err(StoreError::RevisionNotFound { revision: target.to_string() });
        }
        self.update_ref(&repo, full_name, old, id)?;
        if old.is_some() {
            self.left_behind();
        }
        Ok(())
    }

    /// Removes a ref; the commits that it led to stay in the repository.
    ///
    /// # Errors
    /// `RevisionNotFound`.
    pub(crate) fn delete_ref(&self, full_name: &str) -> Result<()> {
        let missing = || StoreError::RevisionNotFound { revision: full_name.to_owned() };
        let _no_commit = self.open.lock_commits();
        let repo = self.open.local()?;
        let reference = repo
            .try_find_reference(full_name)
            .map_err(|_| missing())?
            .filter(|reference| reference.name().as_bstr() == full_name)
            .ok_or_else(missing)?;
        reference.delete().map_err(StoreError::git("delete a ref"))?;
        // The folders of `a/b` would be in the way of a branch `a`.
        let path = repo.git_dir().join(full_name);
        let top = repo.git_dir().join("refs");
        let mut folder = path.parent();
        while let Some(here) = folder.filter(|here| here.parent() != Some(top.as_path()) && *here != top) {
            if fs::remove_dir(here).is_err() && here.exists() {
                break;
            }
            folder = here.parent();
        }
        folder.filter(|folder| folder.is_dir()).map_or(Ok(()), sync_folder)?;
        self.moved_to(full_name, None);
        self.left_behind();
        Ok(())
    }

    /// Replaces the history of a branch by one commit with the same files, and returns it.
    ///
    /// # Errors
    /// `RevisionNotFound`.
    pub(crate) fn squash(
        &self,
        full_name: &str,
        author: &Signature,
        time: Timestamp,
        message: &str,
    ) -> Result<CommitId> {
        let _no_commit = self.open.lock_commits();
        let repo = self.open.local()?;
        let old = refs::read(&repo, full_name)?
            .ok_or_else(|| StoreError::RevisionNotFound { revision: full_name.to_owned() })?;
        let commit = encode_commit(author, time, message, tree_of(&repo, old)?, Vec::new())?;
        let id = self.publish(&repo, Quarantine::new(self.open.tmp())?, Kind::Commit, &commit)?;
        self.update_ref(&repo, full_name, Some(old), id)?;
        self.left_behind();
        Ok(id)
    }

    /// Puts one more object, and what the quarantine holds, on disk.
    fn publish(
        &self,
        repo: &gix::Repository,
        mut quarantine: Quarantine,
        kind: Kind,
        content: &[u8],
    ) -> Result<ObjectId> {
        let id = quarantine.add(repo, kind, content)?;
        if quarantine.publish(repo)? {
            self.open.forget_handle();
        }
        Ok(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::testing::{author, commit, fsck, git, model, temporary};

    fn annotated(commit: CommitId, message: &str) -> NewRef {
        let time = Timestamp::from_second(2_000_000_000).unwrap();
        NewRef::Annotated { commit, name: "v1".into(), tagger: author(), time, message: message.into() }
    }

    #[test]
    fn branches_and_tags_are_real_ones() {
        let store = temporary();
        let record = model(&store, "ada/demo");
        let tip = commit(&store, &record, &[("a.txt", Some("a"))]).unwrap();
        let repo = store.git(&record).unwrap();
        repo.create_ref("refs/heads/feature/x", NewRef::Commit(tip), false).unwrap();
        repo.create_ref("refs/tags/v1", annotated(tip, "First\n\nLong"), false).unwrap();
        assert_eq!(git(&store, &record, &["cat-file", "-t", "v1"]), "tag\n");
        let shown =
            git(&store, &record, &["for-each-ref", "--format=%(contents)%(taggername)", "refs/tags/v1"]);
        assert_eq!(shown, "First\n\nLong\nada\n");
        assert_eq!(repo.resolve("v1").unwrap(), tip);
        assert_eq!(repo.resolve("feature/x").unwrap(), tip);
        fsck(&store, &record);
    }

    #[test]
    fn a_ref_is_made_once_unless_it_may_be_overwritten() {
        let store = temporary();
        let record = model(&store, "ada/demo");
        let repo = store.git(&record).unwrap();
        let first = repo.resolve("main").unwrap();
        let tip = commit(&store, &record, &[("a.txt", Some("a"))]).unwrap();
        repo.create_ref("refs/heads/x", NewRef::Commit(first), false).unwrap();
        let again = repo.create_ref("refs/heads/x", NewRef::Commit(tip), false);
        assert!(matches!(again, Err(StoreError::RefExists { .. })));
        assert_eq!(repo.resolve("x").unwrap(), first);
        repo.create_ref("refs/heads/x", NewRef::Commit(tip), true).unwrap();
        assert_eq!(repo.resolve("x").unwrap(), tip);
        for bad in ["refs/heads/a..b", "refs/heads/x/y", "refs/heads/", "x"] {
            let refused = repo.create_ref(bad, NewRef::Commit(tip), false);
            assert!(matches!(refused, Err(StoreError::InvalidRef { .. })), "{bad}: {refused:?}");
        }
    }

    #[test]
    fn a_deleted_branch_leaves_its_name_and_its_folder_free() {
        let store = temporary();
        let record = model(&store, "ada/demo");
        let repo = store.git(&record).unwrap();
        let tip = repo.resolve("main").unwrap();
        for name in ["refs/heads/a/b/c", "refs/heads/packed", "refs/tags/t"] {
            repo.create_ref(name, NewRef::Commit(tip), false).unwrap();
        }
        git(&store, &record, &["pack-refs", "--all"]);
        for name in ["refs/heads/a/b/c", "refs/heads/packed", "refs/tags/t"] {
            repo.delete_ref(name).unwrap();
            assert!(matches!(repo.delete_ref(name), Err(StoreError::RevisionNotFound { .. })), "{name}");
        }
        assert_eq!(repo.refs().unwrap().len(), 1);
        repo.create_ref("refs/heads/a", NewRef::Commit(tip), false).unwrap();
        repo.delete_ref("refs/heads/a").unwrap();
        fsck(&store, &record);
    }

    #[test]
    fn a_squashed_branch_has_one_commit_with_the_same_files() {
        let store = temporary();
        let record = model(&store, "ada/demo");
        let tip = commit(&store, &record, &[("a.txt", Some("a"))]).unwrap();
        let repo = store.git(&record).unwrap();
        let time = Timestamp::from_second(2_000_000_000).unwrap();
        let one = repo.squash("refs/heads/main", &author(), time, "All in one").unwrap();
        let (log, total) = repo.log(repo.resolve("main").unwrap(), 0, 9).unwrap();
        assert_eq!((log[0].id, log[0].title.as_str(), total), (one, "All in one", 1));
        assert_eq!(repo.all_paths(one).unwrap(), repo.all_paths(tip).unwrap());
        let missing = repo.squash("refs/heads/none", &author(), time, "x");
        assert!(matches!(missing, Err(StoreError::RevisionNotFound { .. })));
        fsck(&store, &record);
    }

    #[test]
    fn an_empty_branch_has_a_commit_without_files() {
        let store = temporary();
        let record = model(&store, "ada/demo");
        let repo = store.git(&record).unwrap();
        let time = Timestamp::from_second(2_000_000_000).unwrap();
        let new = NewRef::Empty { author: author(), time, message: "initial commit".into() };
        repo.create_ref("refs/heads/empty", new, false).unwrap();
        let tip = repo.resolve("empty").unwrap();
        assert!(repo.all_paths(tip).unwrap().is_empty());
        assert!(repo.commit(tip).unwrap().parents.is_empty());
        fsck(&store, &record);
    }
}
