//! What a commit does, and what it refuses.

use std::{collections::BTreeSet, thread};

use hub_types::ParentCommit;

use crate::store::{
    Change, CommitTarget, Entry, GitRepo, RepoRecord, Store, StoreError,
    testing::{commit, fsck, main_branch, model, plan, temporary},
};

fn paths(git: &GitRepo) -> Vec<String> {
    git.all_paths(git.resolve("main").unwrap()).unwrap()
}

fn content(git: &GitRepo, path: &str) -> Option<String> {
    let entry: Option<Entry> = git.entry(git.resolve("main").unwrap(), path).unwrap();
    entry.map(|entry| String::from_utf8(git.blob(entry.oid).unwrap()).unwrap())
}

fn change(store: &Store, repo: &RepoRecord, target: CommitTarget) -> crate::store::Result<gix::ObjectId> {
    let mut stage = store.git(repo)?.stage()?;
    let blob = stage.write_blob(b"content")?;
    stage.finish(plan(target, vec![Change::Put { path: "file".into(), blob }], "Change"))
}

fn on_branch(full_name: &str, expected: Option<&str>) -> CommitTarget {
    let expected_parent = expected.map(|digits| digits.parse::<ParentCommit>().unwrap());
    CommitTarget::Branch { full_name: full_name.into(), expected_parent, create: false }
}

#[test]
fn files_are_written_replaced_and_deleted() {
    let store = temporary();
    let repo = model(&store, "ada/demo");
    let git = store.git(&repo).unwrap();
    commit(&store, &repo, &[("a.txt", Some("1")), ("dir/deep/b.txt", Some("2"))]).unwrap();
    commit(&store, &repo, &[("a.txt", Some("3")), ("c.txt", Some("2"))]).unwrap();
    assert_eq!(paths(&git), [".gitattributes", "a.txt", "c.txt", "dir/deep/b.txt"]);
    assert_eq!(content(&git, "a.txt").as_deref(), Some("3"));
    assert_eq!(content(&git, "dir/deep/b.txt").as_deref(), Some("2"));
    commit(&store, &repo, &[("dir/deep/b.txt", None), ("a.txt", None)]).unwrap();
    assert_eq!(paths(&git), [".gitattributes", "c.txt"]);
    assert!(git.entry(git.resolve("main").unwrap(), "dir").unwrap().is_none());
    fsck(&store, &repo);
}

#[test]
fn the_last_file_may_go() {
    let store = temporary();
    let repo = model(&store, "ada/demo");
    let tip = commit(&store, &repo, &[(".gitattributes", None)]).unwrap();
    let git = store.git(&repo).unwrap();
    assert!(git.list(tip, "", true).unwrap().is_empty());
    fsck(&store, &repo);
    commit(&store, &repo, &[("a", Some("1"))]).unwrap();
    assert_eq!(paths(&git), ["a"]);
    fsck(&store, &repo);
}

#[test]
fn changes_are_applied_in_order() {
    let store = temporary();
    let repo = model(&store, "ada/demo");
    commit(&store, &repo, &[("name", Some("a file")), ("other/x", Some("x"))]).unwrap();
    commit(
        &store,
        &repo,
        &[
            ("name", None),
            ("name/inside", Some("now a folder")),
            ("other/x", None),
            ("other", Some("now a file")),
        ],
    )
    .unwrap();
    let git = store.git(&repo).unwrap();
    assert_eq!(paths(&git), [".gitattributes", "name/inside", "other"]);
    commit(&store, &repo, &[("other", Some("1")), ("other", Some("2"))]).unwrap();
    assert_eq!(content(&git, "other").as_deref(), Some("2"));
    fsck(&store, &repo);
}

#[test]
fn entries_are_in_the_order_that_git_wants() {
    let store = temporary();
    let repo = model(&store, "ada/demo");
    let names = ["a.b", "a/x", "a0", "a-", "a!", "ab/x", "ä"];
    let files: Vec<_> = names.iter().map(|name| (*name, Some("1"))).collect();
    commit(&store, &repo, &files).unwrap();
    fsck(&store, &repo);
}

#[test]
fn a_refused_commit_changes_nothing() {
    let store = temporary();
    let repo = model(&store, "ada/demo");
    let tip = commit(&store, &repo, &[("file", Some("1")), ("folder/x", Some("2"))]).unwrap();
    let delete = |change: Change| {
        store.git(&repo).unwrap().stage().unwrap().finish(plan(main_branch(), vec![change], "Delete"))
    };
    for change in [
        Change::DeleteEntry { path: "missing".into() },
        Change::DeleteEntry { path: "file/below".into() },
        Change::DeleteFolder { path: "file".into() },
        Change::DeleteFolder { path: "folder/x/".into() },
        Change::DeleteEntry { path: "folder/y".into() },
    ] {
        let error = delete(change).unwrap_err();
        assert!(matches!(error, StoreError::EntryNotFound { .. }), "{error}");
    }
    for path in ["file/below", "folder"] {
        let error = commit(&store, &repo, &[("first", Some("1")), (path, Some("2"))]).unwrap_err();
        assert!(matches!(error, StoreError::PathConflict { .. }), "{error}");
    }
    let deep = vec!["d"; 65].join("/");
    for path in ["", "/a", "a//b", "../a", "a/.", ".git/config", "a/.GIT/x", "a/", &deep] {
        let error = commit(&store, &repo, &[(path, Some("1"))]).unwrap_err();
        assert!(matches!(error, StoreError::InvalidPath { .. }), "{path}: {error}");
    }
    let nowhere = Change::Put { path: "a".into(), blob: gix::ObjectId::from_hex(&[b'a'; 40]).unwrap() };
    assert!(matches!(delete(nowhere), Err(StoreError::ObjectMissing { .. })));
    let tree = Change::Put { path: "a".into(), blob: tip };
    assert!(matches!(delete(tree), Err(StoreError::ObjectMissing { .. })));
    assert_eq!(store.git(&repo).unwrap().resolve("main").unwrap(), tip);
    assert_eq!(std::fs::read_dir(store.dir().join("tmp")).unwrap().count(), 0);
}

#[test]
fn a_commit_for_another_parent_is_refused() {
    let store = temporary();
    let repo = model(&store, "ada/demo");
    let first = store.git(&repo).unwrap().resolve("main").unwrap().to_string();
    let second = change(&store, &repo, on_branch("refs/heads/main", Some(&first))).unwrap();
    let error = change(&store, &repo, on_branch("refs/heads/main", Some(&first))).unwrap_err();
    assert!(matches!(error, StoreError::ParentMismatch { actual } if actual == second));
    let prefix = &second.to_string()[..7];
    change(&store, &repo, on_branch("refs/heads/main", Some(prefix))).unwrap();
    fsck(&store, &repo);
}

#[test]
fn a_branch_must_exist_unless_it_may_be_created() {
    let store = temporary();
    let repo = model(&store, "ada/demo");
    for expected in [None, Some("abcdef0")] {
        let error = change(&store, &repo, on_branch("refs/heads/dev", expected)).unwrap_err();
        assert!(matches!(error, StoreError::RevisionNotFound { .. }), "{error}");
    }
    let target =
        CommitTarget::Branch { full_name: "refs/heads/dev/x".into(), expected_parent: None, create: true };
    let tip = change(&store, &repo, target).unwrap();
    let git = store.git(&repo).unwrap();
    assert_eq!(git.resolve("dev/x").unwrap(), tip);
    assert!(git.commit(tip).unwrap().parents.is_empty());
    fsck(&store, &repo);
}

#[test]
fn a_new_ref_starts_at_its_base_and_is_new() {
    let store = temporary();
    let repo = model(&store, "ada/demo");
    let git = store.git(&repo).unwrap();
    let base = git.resolve("main").unwrap();
    commit(&store, &repo, &[("later", Some("1"))]).unwrap();
    let target = CommitTarget::NewRef { full_name: "refs/pr/1".into(), base };
    let tip = change(&store, &repo, target.clone()).unwrap();
    assert_eq!(git.resolve("refs/pr/1").unwrap(), tip);
    assert_eq!(git.commit(tip).unwrap().parents, [base]);
    assert_eq!(git.all_paths(tip).unwrap(), [".gitattributes", "file"]);
    assert!(matches!(change(&store, &repo, target), Err(StoreError::RefExists { .. })));
    let on_top = change(&store, &repo, on_branch("refs/pr/1", None)).unwrap();
    assert_eq!(git.commit(on_top).unwrap().parents, [tip]);
    fsck(&store, &repo);
}

#[test]
fn refs_that_git_refuses_are_refused() {
    let store = temporary();
    let repo = model(&store, "ada/demo");
    let base = store.git(&repo).unwrap().resolve("main").unwrap();
    for name in [
        "main",
        "HEAD",
        "refs/heads/..",
        "refs/heads/a b",
        "refs/heads/main/x",
        "refs/heads/x.lock",
        "refs/../x",
        "refs/heads",
    ] {
        let error = change(&store, &repo, CommitTarget::NewRef { full_name: name.into(), base }).unwrap_err();
        assert!(matches!(error, StoreError::InvalidRef { .. }), "{name}: {error}");
    }
}

#[test]
fn concurrent_commits_are_all_kept() {
    const THREADS: usize = 8;
    const EACH: usize = 6;
    let store = temporary();
    let repo = model(&store, "ada/demo");
    thread::scope(|scope| {
        for thread in 0..THREADS {
            let (store, repo) = (&store, &repo);
            scope.spawn(move || {
                for number in 0..EACH {
                    commit(store, repo, &[(&format!("{thread}/{number}"), Some("content"))]).unwrap();
                }
            });
        }
    });
    let git = store.git(&repo).unwrap();
    let tip = git.resolve("main").unwrap();
    let (log, total) = git.log(tip, 0, usize::MAX).unwrap();
    assert_eq!(total, THREADS * EACH + 1);
    assert!(log.iter().all(|commit| commit.parents.len() <= 1));
    let expected: BTreeSet<String> =
        (0..THREADS).flat_map(|thread| (0..EACH).map(move |number| format!("{thread}/{number}"))).collect();
    let found: BTreeSet<String> = paths(&git).into_iter().filter(|path| path != ".gitattributes").collect();
    assert_eq!(found, expected);
    fsck(&store, &repo);
}

#[test]
fn names_and_messages_cannot_break_a_commit() {
    let store = temporary();
    let repo = model(&store, "ada/demo");
    let mut plan = plan(main_branch(), Vec::new(), "Title\n\nText with a \0 byte\nand more");
    plan.author.name = "Ada <x>\n".into();
    plan.author.email = " <>".into();
    let tip = store.git(&repo).unwrap().stage().unwrap().finish(plan).unwrap();
    let record = store.git(&repo).unwrap().commit(tip).unwrap();
    assert_eq!((record.author.as_str(), record.email.as_str()), ("Ada x", "unknown"));
    assert_eq!((record.title.as_str(), record.message.as_str()), ("Title", "Text with a  byte\nand more"));
    fsck(&store, &repo);
}
