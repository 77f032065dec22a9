//! Making a commit: compare-and-swap of a ref, with everything on disk before the ref moves.

use gix::objs::{Kind, WriteTo};
use hub_types::ParentCommit;
use jiff::Timestamp;

use super::{
    Attributes, Change, CommitId, CommitPlan, CommitTarget, GitRepo, ObjectId, Signature,
    attributes::with_lfs_path, object::read_object, quarantine::Quarantine, read::tree_of, refs,
    tree_edit::TreeEdit,
};
use crate::store::{Result, StoreError};

const ATTRIBUTES: &str = ".gitattributes";

/// A commit that is being put together. Dropped without [`Stage::finish`], it leaves nothing.
pub(crate) struct Stage {
    repo: GitRepo,
    /// Looks at the objects that were there when the stage began: a new one that it misses is merely written again.
    seen: gix::Repository,
    quarantine: Quarantine,
    /// What was taken out of the repository before.
    taken: u64,
}

impl GitRepo {
    /// Begins a commit: blobs go to a quarantine, nothing is visible before [`Stage::finish`].
    pub(crate) fn stage(&self) -> Result<Stage> {
        let taken = self.open.taken();
        let mut seen = self.open.local()?;
        seen.objects.refresh_never();
        Ok(Stage { repo: self.clone(), seen, quarantine: Quarantine::new(self.open.tmp())?, taken })
    }
}

impl Stage {
    /// Keeps the content of a file and returns its id.
    pub(crate) fn write_blob(&mut self, content: &[u8]) -> Result<ObjectId> {
        self.quarantine.add(&self.seen, Kind::Blob, content)
    }

    /// Makes the commit: when this returns, it is on disk and the ref points to it; when it fails, nothing changed.
    ///
    /// # Errors
    /// `ParentMismatch`, `RevisionNotFound`, `RefExists`, `InvalidRef`, `EntryNotFound` for deletions, `PathConflict`,
    /// `InvalidPath`, `ObjectMissing`, `TakenOut` when the same commit has to be made once more.
    pub(crate) fn finish(mut self, plan: CommitPlan) -> Result<CommitId> {
        let open = std::sync::Arc::clone(&self.repo.open);
        let _only_commit = open.lock_commits();
        let current = open.local()?;
        // Refused before anything is made for it.
        base(&current, &plan.target)?;
        // From here on nobody moves the ref, a git program that receives a push included.
        let lock = refs::take(&current, plan.target.full_name())?;
        let parent = base(&current, &plan.target)?;
        self.check_complete(&plan)?;
        let root = parent.map(|parent| tree_of(&current, parent)).transpose()?;
        let mut edit = TreeEdit::new(&current, root)?;
        for change in &plan.changes {
            if let Change::Put { blob, .. } = change
                && !self.quarantine.contains(*blob)
            {
                let header = current.try_find_header(*blob).map_err(StoreError::git("look for an object"))?;
                if header.is_none_or(|header| header.kind() != Kind::Blob) {
                    return Err(StoreError::ObjectMissing { id: *blob, expected: "blob" });
                }
            }
            edit.apply(change)?;
        }
        self.add_lfs_rules(&current, &mut edit, &plan.lfs_paths)?;
        let tree = edit.write(&mut |content| self.quarantine.add(&self.seen, Kind::Tree, content))?;
        let parents = parent.into_iter().collect();
        let commit = encode_commit(&plan.author, plan.time, &plan.message, tree, parents)?;
        let id = self.quarantine.add(&self.seen, Kind::Commit, &commit)?;
        // Folders that were there already, too.
        self.check_complete(&plan)?;
        if self.quarantine.publish(&current)? {
            open.forget_handle();
        }
        self.repo.publish_ref(lock, plan.target.full_name(), id)?;
        Ok(id)
    }

    /// Refuses a commit when what it needs was there when the stage began and is gone. The caller holds the commit lock.
    fn check_complete(&self, plan: &CommitPlan) -> Result<()> {
        if self.repo.open.taken() == self.taken {
            return Ok(());
        }
        let lacks = match &self.repo.watcher {
            Some(watcher) => watcher.lacks(&plan.lfs_objects)?,
            None => Vec::new(),
        };
        if lacks.is_empty() && self.quarantine.is_still_there(&self.repo.open.local()?) {
            Ok(())
        } else {
            Err(StoreError::TakenOut)
        }
    }

    /// Large files must stay large when the repository is cloned and committed to with git.
    fn add_lfs_rules(
        &mut self,
        repo: &gix::Repository,
        edit: &mut TreeEdit<'_>,
        paths: &[String],
    ) -> Result<()> {
        if paths.is_empty() {
            return Ok(());
        }
        let before = match edit.blob_at(ATTRIBUTES)? {
            Some(blob) => match self.quarantine.read(blob)? {
                Some(content) => content,
                None => read_object(repo, blob, Kind::Blob)?,
            },
            None => Vec::new(),
        };
        let rules = Attributes::parse(&before);
        let missing = paths.iter().filter(|path| rules.is_lfs(path) != Some(true));
        let after = missing.fold(before.clone(), |content, path| with_lfs_path(&content, path));
        if after != before {
            let blob = self.quarantine.add(&self.seen, Kind::Blob, &after)?;
            edit.apply(&Change::Put { path: ATTRIBUTES.to_owned(), blob })?;
        }
        Ok(())
    }
}

/// The parent of a commit; none on a branch that begins with it.
fn base(repo: &gix::Repository, target: &CommitTarget) -> Result<Option<CommitId>> {
    refs::check_name(target.full_name())?;
    let tip = refs::read(repo, target.full_name())?;
    match target {
        CommitTarget::Branch { full_name, expected_parent, create } => {
            if tip.is_none() && !create {
                return Err(StoreError::RevisionNotFound { revision: full_name.clone() });
            }
            check_parent(full_name, tip, expected_parent.as_ref())?;
            Ok(tip)
        }
        CommitTarget::NewRef { full_name, .. } if tip.is_some() => {
            Err(StoreError::RefExists { name: full_name.clone() })
        }
        CommitTarget::NewRef { base, .. } => Ok(Some(*base)),
    }
}

fn check_parent(full_name: &str, tip: Option<CommitId>, expected: Option<&ParentCommit>) -> Result<()> {
    match (tip, expected) {
        (Some(actual), Some(expected)) if !actual.to_string().starts_with(expected.as_str()) => {
            Err(StoreError::ParentMismatch { actual })
        }
        (None, Some(_)) => Err(StoreError::RevisionNotFound { revision: full_name.to_owned() }),
        _ => Ok(()),
    }
}

/// The bytes of a commit.
pub(super) fn encode_commit(
    author: &Signature,
    time: Timestamp,
    message: &str,
    tree: ObjectId,
    parents: Vec<CommitId>,
) -> Result<Vec<u8>> {
    let author = signature(author, time);
    let message = text(message);
    let commit = gix::objs::Commit {
        tree,
        parents: parents.into(),
        author: author.clone(),
        committer: author,
        encoding: None,
        message: message.into(),
        extra_headers: Vec::new(),
    };
    let mut content = Vec::new();
    commit.write_to(&mut content).map_err(StoreError::git("write a commit"))?;
    Ok(content)
}

/// A message as git takes it: no NUL byte, and a newline at the end.
pub(super) fn text(message: &str) -> String {
    let mut message = message.replace('\0', "");
    if !message.ends_with('\n') {
        message.push('\n');
    }
    message
}

/// Names and URLs without the characters that would end them in a commit.
pub(super) fn signature(author: &Signature, time: Timestamp) -> gix::actor::Signature {
    let clean = |text: &str, otherwise: &str| {
        let text: String = text.chars().filter(|c| !c.is_control() && !matches!(c, '<' | '>')).collect();
        match text.trim() {
            "" => otherwise.to_owned(),
            text => text.to_owned(),
        }
    };
    gix::actor::Signature {
        name: clean(&author.name, "unknown").into(),
        email: clean(&author.email, "unknown").into(),
        time: gix::date::Time::new(time.as_second(), 0),
    }
}
