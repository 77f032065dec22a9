//! Helpers for the tests of the store.

use std::{
    ops::Deref,
    process::Command,
    sync::atomic::{AtomicI64, Ordering},
};

use hub_types::{RepoRef, RepoType};
use jiff::Timestamp;

pub(super) use super::database::engine_of_tests::on_sqlite;
use super::{Change, CommitId, CommitPlan, CommitTarget, NewRepo, RepoRecord, Result, Signature, Store};

/// A store in a folder of its own, removed on drop.
pub(crate) struct Temporary {
    store: Store,
    dir: tempfile::TempDir,
}

impl Deref for Temporary {
    type Target = Store;

    fn deref(&self) -> &Store {
        &self.store
    }
}

impl Temporary {
    /// Closes the store and keeps its folder.
    pub(crate) fn close(self) -> tempfile::TempDir {
        self.dir
    }

    /// Closes the store and opens it again.
    pub(crate) fn reopen(self) -> Self {
        drop(self.store);
        Self { store: Store::open(self.dir.path(), None).unwrap(), dir: self.dir }
    }
}

pub(crate) fn temporary() -> Temporary {
    let dir = tempfile::tempdir().unwrap();
    Temporary { store: Store::open(dir.path(), None).unwrap(), dir }
}

pub(crate) fn author() -> Signature {
    Signature { name: "ada".into(), email: "ada@users.noreply.localhost".into() }
}

pub(crate) fn new_repo(repo_type: RepoType, id: &str) -> NewRepo {
    NewRepo {
        repo: RepoRef::new(repo_type, id.parse().unwrap()),
        private: false,
        sdk: None,
        creator: 1,
        author: author(),
        lfs_multipart_threshold: None,
    }
}

pub(crate) fn model(store: &Store, id: &str) -> RepoRecord {
    store.create_repo(new_repo(RepoType::Model, id)).unwrap()
}

/// Each commit is a second later than the one before.
pub(crate) fn plan(target: CommitTarget, changes: Vec<Change>, message: &str) -> CommitPlan {
    static SECOND: AtomicI64 = AtomicI64::new(2_000_000_000);
    let time = Timestamp::from_second(SECOND.fetch_add(1, Ordering::SeqCst)).unwrap();
    CommitPlan {
        target,
        changes,
        lfs_paths: Vec::new(),
        lfs_objects: Vec::new(),
        author: author(),
        time,
        message: message.into(),
    }
}

pub(crate) fn main_branch() -> CommitTarget {
    CommitTarget::Branch { full_name: "refs/heads/main".into(), expected_parent: None, create: false }
}

/// Commits files to `main`: `Some` writes, `None` deletes.
pub(crate) fn commit(store: &Store, repo: &RepoRecord, files: &[(&str, Option<&str>)]) -> Result<CommitId> {
    let mut stage = store.git(repo)?.stage()?;
    let mut changes = Vec::new();
    for (path, content) in files {
        changes.push(match content {
            Some(content) => {
                Change::Put { path: (*path).into(), blob: stage.write_blob(content.as_bytes())? }
            }
            None => Change::DeleteEntry { path: (*path).into() },
        });
    }
    stage.finish(plan(main_branch(), changes, "Change files"))
}

/// Lets git check every object and ref.
pub(crate) fn fsck(store: &Store, repo: &RepoRecord) {
    let output = git(store, repo, &["fsck", "--full", "--strict", "--no-dangling"]);
    assert!(
        !output.contains("error") && !output.contains("warning") && !output.contains("missing"),
        "{output}"
    );
}

/// Runs git in a repository and returns what it prints on both channels; fails when git does.
pub(crate) fn git(store: &Store, repo: &RepoRecord, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_SYSTEM", "/dev/null")
        .arg("--git-dir")
        .arg(store.layout().repo(repo.key))
        .args(arguments)
        .output()
        .unwrap();
    let text =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "git {arguments:?}: {text}");
    text
}
