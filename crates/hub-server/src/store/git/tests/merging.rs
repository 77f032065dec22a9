//! Merging and comparing, checked against git itself.

use std::collections::BTreeMap;

use crate::store::{
    Change, CommitTarget, Conflicts, Merged, RepoRecord, Store,
    testing::{author, commit, fsck, git, model, plan, temporary},
};

type Files<'a> = &'a [(&'a str, Option<&'a str>)];

/// Commits to `refs/pr/1`, which is made where `main` is when it is not there.
fn propose(store: &Store, repo: &RepoRecord, files: Files<'_>) {
    let git = store.git(repo).unwrap();
    let full_name = "refs/pr/1".to_owned();
    if git.resolve(&full_name).is_err() {
        git.new_ref(&full_name, git.resolve("main").unwrap()).unwrap();
    }
    let mut stage = git.stage().unwrap();
    let changes = files
        .iter()
        .map(|(path, content)| match content {
            Some(content) => {
                Change::Put { path: (*path).into(), blob: stage.write_blob(content.as_bytes()).unwrap() }
            }
            None => Change::DeleteEntry { path: (*path).into() },
        })
        .collect();
    let target = CommitTarget::Branch { full_name, expected_parent: None, create: false };
    stage.finish(plan(target, changes, "Propose")).unwrap();
}

fn merge(store: &Store, repo: &RepoRecord) -> Merged {
    let time = "2033-06-01T00:00:00Z".parse().unwrap();
    store.git(repo).unwrap().merge("refs/heads/main", "refs/pr/1", &author(), time, "Merge it").unwrap()
}

fn files(store: &Store, repo: &RepoRecord) -> BTreeMap<String, String> {
    let git = store.git(repo).unwrap();
    let entries = git.all_files(git.resolve("main").unwrap()).unwrap();
    entries
        .into_iter()
        .filter(|entry| entry.path != ".gitattributes")
        .map(|entry| (entry.path, String::from_utf8(git.blob(entry.oid).unwrap()).unwrap()))
        .collect()
}

fn conflicts(store: &Store, repo: &RepoRecord) -> Conflicts {
    let git = store.git(repo).unwrap();
    git.conflicts(git.resolve("main").unwrap(), git.resolve("refs/pr/1").unwrap()).unwrap()
}

const TEN: &str = "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n";

#[test]
fn a_branch_that_has_not_moved_is_moved_forward() {
    let store = temporary();
    let repo = model(&store, "ada/demo");
    let base = store.git(&repo).unwrap().resolve("main").unwrap();
    propose(&store, &repo, &[("a", Some("1"))]);
    let head = store.git(&repo).unwrap().resolve("refs/pr/1").unwrap();
    assert_eq!(merge(&store, &repo), Merged::Done { tip: head, base });
    assert_eq!(store.git(&repo).unwrap().resolve("main").unwrap(), head);
    assert_eq!(merge(&store, &repo), Merged::Contained { head });
    fsck(&store, &repo);
}

#[test]
fn changes_of_both_sides_come_together_also_in_one_file() {
    let store = temporary();
    let repo = model(&store, "ada/demo");
    commit(&store, &repo, &[("f", Some(TEN)), ("gone", Some("x"))]).unwrap();
    propose(&store, &repo, &[("f", Some(&TEN.replace("1\n2", "one\n2"))), ("d/new", Some("n"))]);
    commit(&store, &repo, &[("f", Some(&TEN.replace("9", "nine"))), ("gone", None)]).unwrap();
    assert_eq!(conflicts(&store, &repo), Conflicts::Paths(vec![]));
    let before = store.git(&repo).unwrap().resolve("main").unwrap();
    let Merged::Done { tip, .. } = merge(&store, &repo) else { panic!("not merged") };
    let expected = [("d/new", "n".to_owned()), ("f", TEN.replace("1\n2", "one\n2").replace("9", "nine"))];
    assert_eq!(files(&store, &repo), expected.map(|(path, text)| (path.to_owned(), text)).into());
    let made = store.git(&repo).unwrap().commit(tip).unwrap();
    assert_eq!((made.title.as_str(), made.parents.len(), made.parents[0]), ("Merge it", 2, before));
    fsck(&store, &repo);
}

#[test]
fn a_conflict_is_named_and_changes_nothing() {
    let store = temporary();
    let repo = model(&store, "ada/demo");
    commit(&store, &repo, &[("f", Some(TEN)), ("w", Some("1")), ("ok", Some("1"))]).unwrap();
    propose(&store, &repo, &[("f", Some("ours\n")), ("w", None), ("ok", Some("2")), ("both", Some("a"))]);
    commit(&store, &repo, &[("f", Some("theirs\n")), ("w", Some("2")), ("both", Some("b"))]).unwrap();
    let before = store.git(&repo).unwrap().resolve("main").unwrap();
    let expected = Conflicts::Paths(["both", "f", "w"].map(String::from).to_vec());
    assert_eq!(conflicts(&store, &repo), expected);
    assert_eq!(merge(&store, &repo), Merged::Conflicts(expected));
    assert_eq!(store.git(&repo).unwrap().resolve("main").unwrap(), before);
    fsck(&store, &repo);
}

#[test]
fn large_files_conflict_as_a_whole_and_are_taken_from_the_side_that_changed_them() {
    let pointer = |digit: &str| {
        let oid = digit.repeat(64);
        format!("version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize 1{digit}\n")
    };
    let (old, one, two) = (pointer("0"), pointer("1"), pointer("2"));
    let store = temporary();
    let repo = model(&store, "ada/demo");
    commit(&store, &repo, &[("both.bin", Some(&old)), ("ours.bin", Some(&old))]).unwrap();
    propose(&store, &repo, &[("both.bin", Some(&one)), ("ours.bin", Some(&one))]);
    commit(&store, &repo, &[("both.bin", Some(&two))]).unwrap();
    assert_eq!(conflicts(&store, &repo), Conflicts::Paths(vec!["both.bin".into()]));
    propose(&store, &repo, &[("both.bin", Some(&two))]);
    assert!(matches!(merge(&store, &repo), Merged::Done { .. }));
    let git = store.git(&repo).unwrap();
    let entry = git.entry(git.resolve("main").unwrap(), "ours.bin").unwrap().unwrap();
    assert_eq!(entry.lfs.unwrap().oid, "1".repeat(64));
    fsck(&store, &repo);
}

#[test]
fn a_merge_of_many_files_is_complete_on_disk() {
    let store = temporary();
    let repo = model(&store, "ada/demo");
    let names: Vec<String> = (0..50).map(|n| format!("d{n}/f")).collect();
    let all: Vec<_> = names.iter().map(|name| (name.as_str(), Some(TEN))).collect();
    commit(&store, &repo, &all).unwrap();
    let (first, last) = (TEN.replace("1\n2", "one\n2"), TEN.replace("9", "nine"));
    let with = |text| names.iter().map(move |name| (name.as_str(), Some(text))).collect::<Vec<_>>();
    propose(&store, &repo, &with(first.as_str()));
    commit(&store, &repo, &with(last.as_str())).unwrap();
    assert!(matches!(merge(&store, &repo), Merged::Done { .. }));
    assert_eq!(files(&store, &repo).len(), 50);
    fsck(&store, &repo);
}

#[test]
fn only_commits_that_are_new_are_counted_oldest_first() {
    let store = temporary();
    let repo = model(&store, "ada/demo");
    let git = store.git(&repo).unwrap();
    let base = git.resolve("main").unwrap();
    propose(&store, &repo, &[("a", Some("1"))]);
    let one = git.resolve("refs/pr/1").unwrap();
    propose(&store, &repo, &[("a", Some("2"))]);
    let two = git.resolve("refs/pr/1").unwrap();
    let ids = |seen: &[gix::ObjectId]| -> Vec<_> {
        git.commits_since(two, seen).unwrap().into_iter().map(|commit| commit.id).collect()
    };
    assert_eq!((ids(&[base]), ids(&[one]), ids(&[two])), (vec![one, two], vec![two], vec![]));
}

#[test]
fn a_diff_is_what_git_writes() {
    let store = temporary();
    let repo = model(&store, "ada/demo");
    let old = commit(
        &store,
        &repo,
        &[
            ("edited", Some(TEN)),
            ("deleted", Some("a\nb\n")),
            ("no-newline", Some("a\nb")),
            ("binary.dat", Some("a\0b")),
            ("same", Some("x")),
            ("twice", Some(&TEN.repeat(4))),
        ],
    )
    .unwrap();
    let new = commit(
        &store,
        &repo,
        &[
            ("edited", Some(&TEN.replace("5\n", "five\nfive and a half\n"))),
            ("deleted", None),
            ("no-newline", Some("a\nc")),
            ("binary.dat", Some("a\0c")),
            ("new/empty", Some("")),
            ("new/one line", Some("one")),
            ("grüße", Some("x\n")),
            ("twice", Some(&format!("first\n{}last\n", TEN.repeat(4)))),
        ],
    )
    .unwrap();
    let ours = store.git(&repo).unwrap().diff(old, new).unwrap();
    let range = format!("{old}..{new}");
    let theirs = git(&store, &repo, &["diff", "--full-index", "--no-renames", &range]);
    // git also writes the line above each hunk that looks like the head of a function.
    let plain = |text: &str| {
        let hunk = |line: &str| {
            line.starts_with("@@").then(|| line.find(" @@").map(|end| line[..end + 3].to_owned()))
        };
        text.lines().map(|line| hunk(line).flatten().unwrap_or(line.to_owned())).collect::<Vec<_>>()
    };
    assert_eq!(plain(&ours), plain(&theirs));
}

#[cfg(feature = "page")]
#[test]
fn the_first_changes_are_those_that_there_is_room_for() {
    use crate::store::DiffLimits;

    let store = temporary();
    let repo = model(&store, "ada/demo");
    let first = store.git(&repo).unwrap().resolve("main").unwrap();
    let files = [("a", Some("12345")), ("b", Some("1234567890")), ("c", Some("12345")), ("d", Some("1"))];
    let tip = commit(&store, &repo, &files).unwrap();
    let open = store.git(&repo).unwrap();
    let all = DiffLimits { files: 9, text: 1 << 20, read: 1 << 20 };
    let of = |old, limits| open.first_changes(old, tip, limits).unwrap();
    let whole = of(Some(first), all);
    assert_eq!((whole.text, whole.files, whole.uncounted), (open.diff(first, tip).unwrap(), 4, false));
    let files = of(Some(first), DiffLimits { files: 2, ..all });
    assert_eq!((files.text.matches("diff --git").count(), files.files), (2, 4));
    // What is too long is passed over, and what is shorter is read.
    let read = of(Some(first), DiffLimits { read: 11, ..all }).text;
    let has = |text: &str| ["+++ b/a", "+++ b/b", "+++ b/c", "+++ b/d"].map(|name| text.contains(name));
    assert_eq!((has(&read), read.matches("diff --git").count()), ([true, false, true, true], 4));
    let text = of(Some(first), DiffLimits { text: 150, ..all }).text;
    assert_eq!((has(&text), text.matches("diff --git").count()), ([true, false, false, false], 4));
    // Without an older commit everything is new.
    let new = of(None, all);
    assert!(new.text.contains("+++ b/.gitattributes") && new.files == 5, "{}", new.text);
}

#[cfg(feature = "page")]
#[test]
fn the_newest_commits_come_first_and_no_more_than_wanted() {
    let store = temporary();
    let repo = model(&store, "ada/demo");
    let base = store.git(&repo).unwrap().resolve("main").unwrap();
    let made: Vec<_> =
        ["1", "2", "3"].map(|text| commit(&store, &repo, &[("a", Some(text))]).unwrap()).into();
    let git = store.git(&repo).unwrap();
    let ids = |most| {
        let (commits, is_more) = git.newest_since(made[2], &[base], most).unwrap();
        (commits.into_iter().map(|commit| commit.id).collect::<Vec<_>>(), is_more)
    };
    assert_eq!(ids(3), (vec![made[2], made[1], made[0]], false));
    assert_eq!(ids(2), (vec![made[2], made[1]], true));
    assert_eq!(git.newest_since(base, &[made[2]], 9).unwrap(), (Vec::new(), false));
}
