//! What is on disk, and what a crash leaves.

use std::{fs, thread, time::Instant};

use crate::store::{
    Change,
    testing::{commit, fsck, git, main_branch, model, plan, temporary},
};

#[test]
fn many_files_become_one_pack() {
    const FILES: usize = 5_000;
    let store = temporary();
    let repo = model(&store, "ada/demo");
    let start = Instant::now();
    let mut stage = store.git(&repo).unwrap().stage().unwrap();
    let changes: Vec<_> = (0..FILES)
        .map(|number| {
            let content = format!("{number} ").repeat(1 + number % 1_000);
            let blob = stage.write_blob(content.as_bytes()).unwrap();
            Change::Put { path: format!("{}/{number}.txt", number % 70), blob }
        })
        .collect();
    let tip = stage.finish(plan(main_branch(), changes, "Add many")).unwrap();
    println!("{FILES} files in {:?}", start.elapsed());
    let opened = store.git(&repo).unwrap();
    assert_eq!(opened.all_files(tip).unwrap().len(), FILES + 1);
    let pack = fs::read_dir(store.layout().repo(repo.key).join("objects/pack")).unwrap();
    // One of the first commit, one of this.
    assert_eq!(pack.count(), 4);
    let entry = opened.entry(tip, "1/4971.txt").unwrap().unwrap();
    assert_eq!(opened.blob(entry.oid).unwrap(), "4971 ".repeat(972).into_bytes());
    fsck(&store, &repo);
    commit(&store, &repo, &[("1/4971.txt", None), ("small", Some("1"))]).unwrap();
    fsck(&store, &repo);
}

#[test]
fn the_objects_of_a_commit_stay_readable_on_either_side_of_the_pack_limit() {
    for files in [28, 29, 30, 31, 32, 33] {
        let store = temporary();
        let repo = model(&store, "ada/demo");
        let names: Vec<_> = (0..files).map(|number| format!("{number}")).collect();
        let put: Vec<_> = names.iter().map(|name| (name.as_str(), Some(name.as_str()))).collect();
        let tip = commit(&store, &repo, &put).unwrap();
        let opened = store.git(&repo).unwrap();
        for name in &names {
            let entry = opened.entry(tip, name).unwrap().unwrap();
            assert_eq!(opened.blob(entry.oid).unwrap(), name.as_bytes());
        }
        fsck(&store, &repo);
    }
}

#[test]
fn many_packs_stay_readable() {
    const PACKS: usize = 80;
    let store = temporary();
    let repo = model(&store, "ada/demo");
    let held = store.git(&repo).unwrap();
    for pack in 0..PACKS {
        let names: Vec<_> = (0..40).map(|number| format!("{pack}/{number}")).collect();
        let put: Vec<_> = names.iter().map(|name| (name.as_str(), Some(name.as_str()))).collect();
        commit(&store, &repo, &put).unwrap();
        assert!(held.resolve("main").is_ok());
    }
    assert_eq!(held.all_files(held.resolve("main").unwrap()).unwrap().len(), PACKS * 40 + 1);
    fsck(&store, &repo);
}

#[test]
fn a_stage_that_is_dropped_leaves_nothing() {
    let store = temporary();
    let repo = model(&store, "ada/demo");
    let before = git(&store, &repo, &["count-objects", "-v"]);
    for blobs in [1, 50] {
        let mut stage = store.git(&repo).unwrap().stage().unwrap();
        for number in 0..blobs {
            stage.write_blob(format!("{number}").as_bytes()).unwrap();
        }
    }
    assert_eq!(git(&store, &repo, &["count-objects", "-v"]), before);
    assert_eq!(fs::read_dir(store.dir().join("tmp")).unwrap().count(), 0);
}

/// A process that dies at some point leaves what it had done so far; the steps of a commit are imitated up to each point.
#[test]
fn a_commit_that_is_interrupted_leaves_the_repository_as_it_was() {
    let store = temporary();
    let repo = model(&store, "ada/demo");
    let tip = commit(&store, &repo, &[("kept", Some("1"))]).unwrap();
    let folder = store.layout().repo(repo.key);

    // While objects are written: a quarantine that nobody removes.
    let mut stage = store.git(&repo).unwrap().stage().unwrap();
    for number in 0..40 {
        stage.write_blob(format!("{number}").as_bytes()).unwrap();
    }
    std::mem::forget(stage);
    assert_eq!(fs::read_dir(store.dir().join("tmp")).unwrap().count(), 1);

    // After the objects, with the ref locked and half written.
    let lost = commit(&store, &repo, &[("lost", Some("2"))]).unwrap();
    fs::write(folder.join("refs/heads/main"), format!("{tip}\n")).unwrap();
    fs::write(folder.join("refs/heads/main.lock"), &lost.to_string()[..20]).unwrap();
    // Between a pack and its index.
    let half = folder.join("objects/pack/pack-0000000000000000000000000000000000000000.pack");
    fs::write(&half, "half").unwrap();

    let store = store.reopen();
    let opened = store.git(&repo).unwrap();
    assert_eq!(opened.resolve("main").unwrap(), tip);
    assert_eq!(opened.all_paths(tip).unwrap(), [".gitattributes", "kept"]);
    assert_eq!(fs::read_dir(store.dir().join("tmp")).unwrap().count(), 0);
    assert!(!folder.join("refs/heads/main.lock").exists());
    assert!(!half.exists());
    commit(&store, &repo, &[("lost", Some("2"))]).unwrap();
    fsck(&store, &repo);
}

#[test]
fn readers_see_whole_commits_while_others_write() {
    let store = temporary();
    let repo = model(&store, "ada/demo");
    commit(&store, &repo, &[("a", Some("0")), ("b", Some("0"))]).unwrap();
    thread::scope(|scope| {
        let writer = scope.spawn(|| {
            for number in 1..60 {
                let text = format!("{number}");
                commit(&store, &repo, &[("a", Some(&text)), ("b", Some(&text))]).unwrap();
            }
        });
        while !writer.is_finished() {
            let opened = store.git(&repo).unwrap();
            let tip = opened.resolve("main").unwrap();
            let [a, b] = ["a", "b"].map(|path| opened.entry(tip, path).unwrap().unwrap().oid);
            assert_eq!(a, b);
        }
    });
}
