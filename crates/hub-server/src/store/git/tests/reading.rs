//! Reading revisions, files and history.

use hub_types::lfs::Pointer;

use crate::store::{
    EntryKind, StoreError,
    testing::{commit, git, model, temporary},
};

#[test]
fn revisions_are_found_in_the_documented_order() {
    let store = temporary();
    let repo = model(&store, "ada/demo");
    let opened = store.git(&repo).unwrap();
    let first = opened.resolve("main").unwrap();
    let second = commit(&store, &repo, &[("a", Some("1"))]).unwrap();
    let digits = first.to_string();
    git(&store, &repo, &["tag", "light", &digits]);
    git(
        &store,
        &repo,
        &["-c", "user.name=a", "-c", "user.email=a", "tag", "-a", "-m", "x", "annotated", &digits],
    );
    git(&store, &repo, &["branch", "both", &digits]);
    git(&store, &repo, &["tag", "both", &second.to_string()]);
    git(&store, &repo, &["branch", "with/slash", &digits]);
    // A branch that looks like the beginning of another commit's id.
    git(&store, &repo, &["branch", &second.to_string()[..8], &digits]);
    // And one that looks like all of it, which is the commit for git too.
    git(&store, &repo, &["update-ref", &format!("refs/heads/{second}"), &digits]);
    git(&store, &repo, &["tag", "blob", "main:a"]);
    for (revision, expected) in [
        ("main", second),
        ("HEAD", second),
        ("refs/heads/main", second),
        ("refs/tags/annotated", first),
        ("light", first),
        ("annotated", first),
        ("both", first),
        ("with/slash", first),
        (&digits, first),
        (&digits.to_uppercase(), first),
        (&digits[..7], first),
        (&second.to_string()[..8], first),
        (&second.to_string()[..9], second),
        (&second.to_string(), second),
    ] {
        assert_eq!(opened.resolve(revision).unwrap(), expected, "{revision}");
    }
    for missing in [
        "",
        "mai",
        "Main",
        "heads/main",
        "refs/heads",
        "refs/heads/none",
        "blob",
        &digits[..6],
        &"0".repeat(40),
        "../main",
        "main^",
        "main.lock",
        "a b",
    ] {
        let error = opened.resolve(missing).unwrap_err();
        assert!(matches!(error, StoreError::RevisionNotFound { .. }), "{missing}: {error}");
    }
    git(&store, &repo, &["pack-refs", "--all"]);
    assert_eq!(opened.resolve("light").unwrap(), first);
    assert_eq!(opened.resolve("main").unwrap(), second);
    let names: Vec<_> =
        opened.refs().unwrap().into_iter().map(|found| (found.full_name, found.target_commit)).collect();
    assert!(names.is_sorted());
    assert!(
        names.contains(&("refs/heads/both".into(), first))
            && names.contains(&("refs/tags/both".into(), second))
    );
    assert!(names.contains(&("refs/tags/annotated".into(), first)));
    assert!(!names.iter().any(|(name, _)| name == "refs/tags/blob"));
    let third = commit(&store, &repo, &[("b", Some("1"))]).unwrap();
    assert_eq!(opened.resolve("main").unwrap(), third);
}

#[test]
fn folders_are_listed_in_byte_order_with_sizes() {
    let store = temporary();
    let repo = model(&store, "ada/demo");
    let pointer = Pointer::new("a".repeat(64), 1_000_000).to_string();
    let tip = commit(
        &store,
        &repo,
        &[("b.txt", Some("12345")), ("b/c/d", Some("1")), ("b/e", Some("")), ("a.bin", Some(&pointer))],
    )
    .unwrap();
    let opened = store.git(&repo).unwrap();
    let list = |folder: &str, recursive| {
        let entries = opened.list(tip, folder, recursive).unwrap();
        entries.into_iter().map(|entry| (entry.path, entry.size)).collect::<Vec<_>>()
    };
    let size = opened.entry(tip, ".gitattributes").unwrap().unwrap().size;
    let owned = |list: &[(&str, u64)]| {
        list.iter().map(|(path, size)| ((*path).to_owned(), *size)).collect::<Vec<_>>()
    };
    assert_eq!(
        list("", false),
        owned(&[(".gitattributes", size), ("a.bin", 1_000_000), ("b", 0), ("b.txt", 5)])
    );
    assert_eq!(list("b", true), owned(&[("b/c", 0), ("b/c/d", 1), ("b/e", 0)]));
    assert_eq!(list("b/", false), owned(&[("b/c", 0), ("b/e", 0)]));
    for missing in ["b.txt", "none", "b/none"] {
        assert!(
            matches!(opened.list(tip, missing, false), Err(StoreError::EntryNotFound { .. })),
            "{missing}"
        );
    }
    let large = opened.entry(tip, "a.bin").unwrap().unwrap();
    assert_eq!((large.kind, large.pointer_size), (EntryKind::File, Some(pointer.len() as u64)));
    assert_eq!(large.lfs.unwrap().oid, "a".repeat(64));
    assert_eq!(opened.entry(tip, "b").unwrap().unwrap().kind, EntryKind::Directory);
    for none in ["", "B", "b.txt/x", "b/c/d/e"] {
        assert!(opened.entry(tip, none).unwrap().is_none(), "{none}");
    }
    assert_eq!(opened.all_paths(tip).unwrap(), [".gitattributes", "a.bin", "b.txt", "b/c/d", "b/e"]);
}

#[test]
fn objects_of_another_kind_are_missing() {
    let store = temporary();
    let repo = model(&store, "ada/demo");
    let opened = store.git(&repo).unwrap();
    let tip = opened.resolve("main").unwrap();
    assert!(matches!(opened.blob(tip), Err(StoreError::ObjectMissing { .. })));
    let blob = opened.entry(tip, ".gitattributes").unwrap().unwrap().oid;
    assert!(matches!(opened.list(blob, "", false), Err(StoreError::ObjectMissing { .. })));
}

#[test]
fn history_is_newest_first_and_paged() {
    let store = temporary();
    let repo = model(&store, "ada/demo");
    let mut expected: Vec<_> =
        (0..5).map(|number| commit(&store, &repo, &[("a", Some(&number.to_string()))]).unwrap()).collect();
    let opened = store.git(&repo).unwrap();
    expected.reverse();
    let (page, total) = opened.log(expected[0], 1, 2).unwrap();
    assert_eq!(total, 6);
    assert_eq!(page.iter().map(|commit| commit.id).collect::<Vec<_>>(), expected[1..3]);
    assert!(opened.log(expected[0], 6, 2).unwrap().0.is_empty());
}

#[test]
fn each_path_knows_its_last_change() {
    let store = temporary();
    let repo = model(&store, "ada/demo");
    let opened = store.git(&repo).unwrap();
    let initial = opened.resolve("main").unwrap();
    let first = commit(&store, &repo, &[("a", Some("1")), ("d/x", Some("1")), ("d/e/y", Some("1"))]).unwrap();
    let second = commit(&store, &repo, &[("d/e/y", Some("2"))]).unwrap();
    let third = commit(&store, &repo, &[("a", Some("2"))]).unwrap();
    let paths = [".gitattributes", "a", "d", "d/x", "d/e", "d/e/y"].map(str::to_owned);
    let found = opened.last_change(third, &paths).unwrap();
    let ids: Vec<_> = found.iter().map(|(path, commit)| (path.as_str(), commit.id)).collect();
    assert_eq!(
        ids,
        [
            (".gitattributes", initial),
            ("a", third),
            ("d", second),
            ("d/e", second),
            ("d/e/y", second),
            ("d/x", first)
        ]
    );
}
