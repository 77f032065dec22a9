//! Pushes that are too large in some way, and what stored ones of that kind are answered with.

use std::{
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Command, Output, Stdio},
};

use serde_json::json;

use crate::{
    git::World,
    support::{ADA, get, hub, post},
};

/// Commits a file below `depth` folders in a repository, on its own, and gives the commit.
fn deep_commit(world: &World, folder: &Path, depth: usize) -> String {
    let one = |args: &[&str]| {
        let output = world.run(folder, args);
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    let mut entry = format!("100644 blob {}\tf", one(&["hash-object", "-w", "--stdin"]));
    let mut mktree = Command::new("git")
        .args(["mktree", "--batch"])
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = mktree.stdin.take().unwrap();
    let mut trees = BufReader::new(mktree.stdout.take().unwrap()).lines();
    let mut tree = String::new();
    for _ in 0..=depth {
        write!(stdin, "{entry}\n\n").unwrap();
        stdin.flush().unwrap();
        tree = trees.next().unwrap().unwrap();
        entry = format!("040000 tree {tree}\td");
    }
    drop(stdin);
    mktree.wait().unwrap();
    one(&["commit-tree", &tree, "-m", "Deep"])
}

#[test]
fn a_push_makes_no_branch_and_no_tag_that_is_named_like_a_commit() {
    let world = World::new(hub());
    world.clone(Some(ADA), "ada/demo", "clone");
    let clone = world.path("clone");
    let push = |target: &str| world.run(&clone, &["push", "--quiet", "origin", &format!("HEAD:{target}")]);
    let digits = "a".repeat(40);
    for name in ["@", "HEAD", "refs/heads/x", digits.as_str(), &digits.to_uppercase()] {
        for folder in ["refs/heads", "refs/tags"] {
            let output = push(&format!("{folder}/{name}"));
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(!output.status.success() && said.contains("stands for something else"), "{name}: {said}");
        }
    }
    for name in [&digits[1..], "abc", "main2", "HEAD2", "x/@"] {
        assert!(push(&format!("refs/heads/{name}")).status.success(), "{name}");
    }
}

#[test]
fn a_push_that_is_too_deep_too_long_or_too_large_is_refused() {
    let world = World::new(hub());
    world.clone(Some(ADA), "ada/demo", "clone");
    let clone = world.path("clone");
    let push = |commit: &str| {
        let target = format!("{commit}:refs/heads/x");
        world.run(&clone, &["-c", "core.maxTreeDepth=20000", "push", "--quiet", "--force", "origin", &target])
    };
    let refused = |output: Output, why: &str| {
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && said.contains(why), "{why}: {said}");
    };
    refused(push(&deep_commit(&world, &clone, 9000)), "rejected");
    refused(push(&deep_commit(&world, &clone, 64)), "folders may be nested 64 deep at most");
    assert!(push(&deep_commit(&world, &clone, 63)).status.success());
    // All of it but one folder is there by now.
    refused(push(&deep_commit(&world, &clone, 64)), "folders may be nested 64 deep at most");
    let long = vec!["n".repeat(200); 21].join("/");
    let blob = world.git("clone", &["rev-parse", "HEAD:.gitattributes"]);
    world.git("clone", &["update-index", "--add", "--cacheinfo", &format!("100644,{},{long}", blob.trim())]);
    world.git("clone", &["commit", "--quiet", "-m", "Long"]);
    refused(push("HEAD"), "more than 4096 bytes");
    world.git("clone", &["reset", "--quiet", "--hard", "origin/main"]);
    world.edit("clone", "zeros.bin", &vec![0; (32 << 20) + 1]);
    refused(push("HEAD"), "larger than 32 MiB");
    world.git("clone", &["reset", "--quiet", "--hard", "origin/main"]);
    for (name, why) in [
        ("a\\b", "a control character or a backslash"),
        ("a\tb", "a control character or a backslash"),
        (&"n".repeat(256), "more than 255 bytes"),
    ] {
        world.git(
            "clone",
            &["update-index", "--add", "--cacheinfo", &format!("100644,{},d/{name}", blob.trim())],
        );
        world.git("clone", &["commit", "--quiet", "-m", "Odd"]);
        refused(push("HEAD"), why);
        world.git("clone", &["reset", "--quiet", "--hard", "origin/main"]);
    }
    let branches = world.send(get("/api/models/ada/demo/refs")).json();
    assert_eq!(branches["branches"].as_array().unwrap().len(), 2, "main, and what was small enough");
}

/// What an older version let through, or somebody put there by hand.
#[test]
fn a_tree_that_is_far_too_deep_harms_nothing_but_itself() {
    let world = World::new(hub());
    let repo = world.hub.dir().join("repos/01/1.git");
    let commit = deep_commit(&world, &repo, 9000);
    assert!(world.run(&repo, &["update-ref", "refs/heads/deep", &commit]).status.success());
    for uri in [
        "/api/models/ada/demo/revision/deep",
        "/api/models/ada/demo/revision/deep?blobs=1",
        "/api/models/ada/demo/treesize/deep",
    ] {
        let response = world.send(get(uri));
        let (status, _, message) = response.error();
        assert!(status == 400 && message.contains("more than 4096 bytes"), "{uri}: {response:?}");
    }
    let page = world.send(get("/api/models/ada/demo/tree/deep?recursive=1"));
    assert_eq!(page.json().as_array().unwrap().len(), 1000, "a page reads what it shows");
    let d = vec!["d"; 2000].join("/");
    let body = json!({"paths": [d], "expand": true});
    let found = world.send(post("/api/models/ada/demo/paths-info/deep", body)).json();
    assert_eq!(found[0]["lastCommit"]["title"], "Deep");
    assert_eq!(world.send(get("/api/models/ada/demo/tree/deep?expand=1")).json()[0]["path"], "d");
    world.send(get("/api/models/ada/demo/compare/main..deep"));
    assert_eq!(world.send(get("/api/models/ada/demo")).status, 200);
}

/// Thirty folders, each of which has the next ten times.
#[test]
fn a_tree_that_holds_itself_many_times_is_not_listed() {
    let world = World::new(hub());
    let repo = world.hub.dir().join("repos/01/1.git");
    let mut entry = String::new();
    let mut tree = String::new();
    for level in 0..30 {
        let file = world.folder.path().join("entries");
        let entries: String = (0..10).map(|number| format!("{entry}{number}\n")).collect();
        std::fs::write(&file, if level == 0 { String::new() } else { entries }).unwrap();
        let mut git = Command::new("git");
        let made =
            git.arg("mktree").current_dir(&repo).stdin(std::fs::File::open(&file).unwrap()).output().unwrap();
        tree = String::from_utf8(made.stdout).unwrap().trim().to_owned();
        entry = format!("040000 tree {tree}\t");
    }
    let commit = world.run(&repo, &["commit-tree", &tree, "-m", "Bomb"]);
    let commit = String::from_utf8(commit.stdout).unwrap();
    assert!(world.run(&repo, &["update-ref", "refs/heads/bomb", commit.trim()]).status.success());
    for uri in ["/api/models/ada/demo/revision/bomb", "/api/models/ada/demo/compare/main..bomb"] {
        let response = world.send(get(uri));
        assert!(response.error().0 == 400 && response.error().2.contains("1000000"), "{uri}: {response:?}");
    }
}
