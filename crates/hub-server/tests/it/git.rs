//! git itself as a client, over TCP.

use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
};

use http::Method;
use hub_server::{EmbeddedHub, Server};
use serde_json::json;
use tempfile::TempDir;

use crate::support::{
    ADA, BOB, Call, RITA, Received, WIM, builder, call, commit, file_line, get, head, header_line, hub,
    lfs_line, pointer, post, upload,
};

/// A hub on a port with a thread of its own, and a folder to work in.
pub(crate) struct World {
    pub(crate) hub: EmbeddedHub,
    address: String,
    pub(crate) folder: TempDir,
    pub(crate) runtime: tokio::runtime::Runtime,
}

impl World {
    pub(crate) fn new(hub: EmbeddedHub) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        let server = runtime.block_on(Server::bind(hub.clone(), "127.0.0.1:0")).unwrap();
        let address = server.local_addr().to_string();
        runtime.spawn(server.run(std::future::pending()));
        Self { hub, address, folder: tempfile::tempdir().unwrap(), runtime }
    }

    /// The address of a repository, with the token in it as git sends it.
    fn url(&self, token: Option<&str>, id: &str) -> String {
        let user = token.map(|token| format!("user:{token}@")).unwrap_or_default();
        format!("http://{user}{}/{id}", self.address)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn run(&self, folder: &Path, args: &[&str]) -> Output {
        let mut git = Command::new("git");
        git.env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_CONFIG_GLOBAL", "/dev/null");
        git.env("GIT_TERMINAL_PROMPT", "0").env("HOME", self.folder.path());
        git.args(["-c", "user.name=Ada", "-c", "user.email=ada@example.org"]);
        git.current_dir(folder).args(args).output().unwrap()
    }

    pub(crate) fn git(&self, folder: &str, args: &[&str]) -> String {
        let output = self.run(&self.path(folder), args);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "git {args:?}: {stderr}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// What git says when it fails.
    pub(crate) fn fails(&self, folder: &str, args: &[&str]) -> String {
        let output = self.run(&self.path(folder), args);
        assert!(!output.status.success(), "git {args:?} should fail");
        String::from_utf8_lossy(&output.stderr).into_owned()
    }

    pub(crate) fn clone(&self, token: Option<&str>, id: &str, name: &str) {
        let url = self.url(token, id);
        self.git("", &["clone", "--quiet", &url, name]);
    }

    pub(crate) fn send(&self, call: Call) -> Received {
        self.runtime.block_on(call.send(&self.hub))
    }

    /// Commits a file to `ada/demo` through the API.
    fn commit(&self, path: &str, content: &str) {
        let response = self.send(commit("ada/demo", &[file_line(path, content)]).token(ADA));
        assert_eq!(response.status, 200, "{response:?}");
    }

    /// Writes a file and commits it in a clone.
    pub(crate) fn edit(&self, clone: &str, path: &str, content: &[u8]) -> String {
        std::fs::write(self.path(clone).join(path), content).unwrap();
        self.git(clone, &["add", path]);
        self.git(clone, &["commit", "--quiet", "-m", path]);
        self.git(clone, &["rev-parse", "HEAD"]).trim().to_owned()
    }
}

#[test]
fn a_public_repository_is_cloned_by_anybody_and_fetched_from() {
    let world = World::new(hub());
    world.clone(None, "ada/demo", "clone");
    assert!(world.path("clone/.gitattributes").exists());
    world.clone(None, "datasets/ada/nums.git", "nums");
    world.commit("a.txt", "hello");
    world.git("clone", &["pull", "--quiet"]);
    assert_eq!(std::fs::read(world.path("clone/a.txt")).unwrap(), b"hello");
    world.git("", &["clone", "--quiet", "--depth", "1", &world.url(None, "ada/demo"), "shallow"]);
}

#[test]
fn a_push_is_seen_through_the_api() {
    let world = World::new(hub());
    world.clone(Some(ADA), "ada/demo", "clone");
    let pushed = world.edit("clone", "README.md", b"---\nlicense: mit\n---\nhello");
    world.git("clone", &["push", "--quiet"]);
    assert_eq!(world.send(get("/api/models/ada/demo")).json()["sha"], pushed);
    assert_eq!(world.send(get("/api/models?filter=license:mit")).json()[0]["id"], "ada/demo");
    // And a commit through the API on top of it.
    world.commit("b.txt", "b");
    world.git("clone", &["pull", "--quiet"]);
    assert!(world.path("clone/b.txt").exists());
}

#[test]
fn branches_and_tags_are_pushed_and_deleted() {
    let world = World::new(hub());
    world.clone(Some(ADA), "ada/demo", "clone");
    world.git("clone", &["push", "--quiet", "origin", "HEAD:refs/heads/feature/x", "HEAD:refs/tags/v1"]);
    let refs = || world.send(get("/api/models/ada/demo/refs")).json();
    let names = |kind: &str| -> Vec<String> {
        refs()[kind].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(
        (names("branches"), names("tags")),
        (vec!["feature/x".into(), "main".into()], vec!["v1".into()])
    );
    world.git("clone", &["push", "--quiet", "origin", ":feature/x"]);
    assert_eq!(names("branches"), ["main"]);
    let refused = world.fails("clone", &["push", "--quiet", "origin", ":main"]);
    assert!(refused.contains("deletion of the current branch prohibited"), "{refused}");
}

#[test]
fn a_branch_that_moved_is_replaced_only_by_force() {
    let world = World::new(hub());
    world.clone(Some(ADA), "ada/demo", "one");
    world.clone(Some(ADA), "ada/demo", "two");
    world.edit("one", "a", b"1");
    world.git("one", &["push", "--quiet"]);
    let other = world.edit("two", "a", b"2");
    assert!(world.fails("two", &["push", "--quiet"]).contains("rejected"));
    world.git("two", &["push", "--quiet", "--force"]);
    assert_eq!(world.git("one", &["ls-remote", "origin", "main"]).split('\t').next(), Some(&*other));
}

#[test]
fn a_private_repository_asks_for_a_token() {
    let world = World::new(hub());
    for (token, reads) in [(None, false), (Some(BOB), false), (Some("hf_wrong"), false), (Some(RITA), true)] {
        let url = world.url(token, "analytical/closed");
        let output = world.run(world.folder.path(), &["ls-remote", &url]);
        assert_eq!(output.status.success(), reads, "{token:?}: {output:?}");
    }
}

#[test]
fn only_who_may_write_pushes() {
    let world = World::new(hub());
    for (name, token, pushes) in [("bob", BOB, false), ("rita", RITA, false), ("wim", WIM, true)] {
        world.clone(Some(token), "analytical/open", name);
        world.edit(name, "a.txt", name.as_bytes());
        let output = world.run(&world.path(name), &["push", "--quiet"]);
        assert_eq!(output.status.success(), pushes, "{name}: {output:?}");
    }
}

#[test]
fn pull_requests_are_fetched_and_not_pushed() {
    let world = World::new(hub());
    let proposal = post("/api/models/ada/demo/commit/main?create_pr=1", json!(null))
        .header("content-type", "application/x-ndjson")
        .body(format!("{}\n{}\n", header_line("x"), file_line("p.txt", "p")))
        .token(BOB);
    assert_eq!(world.send(proposal).status, 200);
    world.clone(Some(ADA), "ada/demo", "clone");
    world.git("clone", &["fetch", "--quiet", "origin", "refs/pr/1"]);
    assert_eq!(world.git("clone", &["show", "FETCH_HEAD:p.txt"]), "p");
    let refused = world.fails("clone", &["push", "--quiet", "--force", "origin", "HEAD:refs/pr/1"]);
    assert!(refused.contains("hidden ref") || refused.contains("rejected"), "{refused}");
}

#[test]
fn the_old_name_of_a_repository_leads_git_to_the_new_one() {
    let world = World::new(hub());
    let moved = json!({"fromRepo": "ada/demo", "toRepo": "ada/renamed", "type": "model"});
    assert_eq!(world.send(post("/api/repos/move", moved).token(ADA)).status, 200);
    world.clone(Some(ADA), "ada/demo", "clone");
    world.edit("clone", "a.txt", b"a");
    world.git("clone", &["push", "--quiet"]);
    assert_eq!(world.send(head("/ada/renamed/resolve/main/a.txt")).status, 200);
}

#[test]
fn a_large_push_streams() {
    let world = World::new(hub());
    world.clone(Some(ADA), "ada/demo", "clone");
    let mut state = 1u64;
    let noise: Vec<u8> = std::iter::repeat_with(|| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 56) as u8
    })
    .take(20_000_000)
    .collect();
    let pushed = world.edit("clone", "big.txt", &noise);
    world.git("clone", &["push", "--quiet"]);
    world.clone(None, "ada/demo", "again");
    assert_eq!(world.git("again", &["rev-parse", "HEAD"]).trim(), pushed);
    assert!(std::fs::read(world.path("again/big.txt")).unwrap() == noise);
}

#[test]
fn without_git_the_response_says_so() {
    let hub = builder().git_program("/nowhere/git").build().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let response = runtime.block_on(get("/ada/demo/info/refs?service=git-upload-pack").send(&hub));
    assert_eq!(response.status, 501);
    assert!(response.any_json()["error"].as_str().unwrap().contains("git is not installed"), "{response:?}");
}

/// A push by hand, whose git waits in front of the work until the caller is gone.
#[test]
fn a_push_whose_caller_goes_away_is_finished_and_noticed() {
    /// A pack without objects: the commit is there already.
    const PACK: &[u8] = b"PACK\0\0\0\x02\0\0\0\0\x02\x9d\x08\x82\x3b\xd8\xa8\xea\xb5\x10\xad\x6a\xc7\x5c\x82\x3c\xfd\x3e\xd3\x1e";
    let folder = tempfile::tempdir().unwrap();
    let (began, go) = (folder.path().join("began"), folder.path().join("go"));
    let program = folder.path().join("git");
    let script = format!(
        "#!/bin/sh\ncase $PATH_INFO in */git-receive-pack) touch '{}'; while ! [ -e '{}' ]; do sleep 0.01; done;; esac\nexec git \"$@\"\n",
        began.display(),
        go.display()
    );
    std::fs::write(&program, script).unwrap();
    std::fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let world = World::new(builder().git_program(&program).build().unwrap());
    world.clone(Some(ADA), "ada/demo", "clone");
    let old = world.git("clone", &["rev-parse", "HEAD"]).trim().to_owned();
    let line = |old: &str, new: &str, name: &str| format!("{old} {new} {name}\0report-status");
    world.commit("a.txt", "a");
    let new = world.send(get("/api/models/ada/demo")).json()["sha"].as_str().unwrap().to_owned();
    // Back to the old commit, so that the listing has to change too.
    let line = line(&new, &old, "refs/heads/main");
    let mut body = format!("{:04x}{line}0000", line.len() + 4).into_bytes();
    body.extend_from_slice(PACK);
    let push = call(Method::POST, "/ada/demo.git/git-receive-pack")
        .header("content-type", "application/x-git-receive-pack-request")
        .token(ADA)
        .body(body);
    world.runtime.block_on(async {
        let waiting = async {
            while !began.exists() {
                tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            }
        };
        tokio::select! {
            response = push.send(&world.hub) => panic!("{response:?}"),
            () = waiting => {}
        }
    });
    std::fs::write(&go, "").unwrap();
    let listed = || world.send(get("/api/models?full=true&search=ada/demo")).json()[0]["sha"].clone();
    for _ in 0..500 {
        if listed() == old {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    assert_eq!(listed(), old);
}

/// Pushes and commits on one branch at the same time.
#[test]
fn pushes_and_commits_never_lose_each_other() {
    const PUSHES: usize = 12;
    const COMMITS: usize = 60;
    let world = World::new(hub());
    for name in ["one", "two"] {
        world.clone(Some(ADA), "ada/demo", name);
    }
    let push = |name: &str| {
        for number in 0..PUSHES {
            world.edit(name, &format!("{name}-{number}"), b"pushed");
            while !world.run(&world.path(name), &["push", "--quiet"]).status.success() {
                world.git(name, &["pull", "--quiet", "--rebase"]);
            }
        }
    };
    let commits = || {
        for number in 0..COMMITS {
            world.commit(&format!("api-{number}"), "committed");
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(|| push("one"));
        scope.spawn(|| push("two"));
        scope.spawn(commits);
    });
    world.clone(None, "ada/demo", "check");
    let files = std::fs::read_dir(world.path("check")).unwrap().count();
    assert_eq!(files, 2 * PUSHES + COMMITS + 2, "all files, .git and .gitattributes");
    let count = world.git("check", &["rev-list", "--count", "HEAD"]);
    assert_eq!(count.trim(), (2 * PUSHES + COMMITS + 1).to_string());
    let repo = world.hub.dir().join("repos/01/1.git");
    let fsck = world.run(&repo, &["fsck", "--full", "--strict"]);
    assert!(fsck.status.success(), "{fsck:?}");
}

#[test]
fn a_pushed_file_that_leads_to_no_lfs_content_is_refused_and_named() {
    let world = World::new(hub());
    world.clone(Some(ADA), "ada/demo", "clone");
    let content = b"large content".to_vec();
    world.runtime.block_on(upload(&world.hub, "ada/demo", &content));
    let oid = lfs_line("w.bin", &content)["value"]["oid"].as_str().unwrap().to_owned();
    let before = world.git("clone", &["rev-parse", "HEAD"]);
    for (name, wrong) in [("none", pointer(&"a".repeat(64), 12)), ("size", pointer(&oid, content.len() + 1))]
    {
        world.edit("clone", "good.txt", name.as_bytes());
        std::fs::create_dir_all(world.path("clone/sub")).unwrap();
        world.edit("clone", "sub/w.bin", &wrong);
        world.edit("clone", "noise.bin", b"\0\n\xff");
        let said = world.fails("clone", &["push", "--quiet", "origin", "HEAD", "HEAD:refs/heads/other"]);
        assert!(said.contains("LFS pointer pointed to a file that does not exist: \"sub/w.bin\""), "{said}");
        let refs = world.send(get("/api/models/ada/demo/refs")).json();
        assert_eq!(refs["branches"].as_array().unwrap().len(), 1, "{refs}");
        assert_eq!(refs["branches"][0]["targetCommit"], before.trim());
        world.git("clone", &["reset", "--quiet", "--hard", before.trim()]);
    }
    // Nor to what is lost on the disk, until it came again.
    world.edit("clone", "w.bin", &pointer(&oid, content.len()));
    std::fs::remove_file(world.hub.dir().join("lfs/objects").join(&oid[..2]).join(&oid[2..4]).join(&oid))
        .unwrap();
    let said = world.fails("clone", &["push", "--quiet"]);
    assert!(said.contains("does not exist: \"w.bin\""), "{said}");
    world.runtime.block_on(upload(&world.hub, "ada/demo", &content));
    world.edit("clone", "like.txt", b"version https://git-lfs.github.com/spec/v1\nno pointer\n");
    world.git("clone", &["push", "--quiet"]);
    assert_eq!(world.send(get("/ada/demo/resolve/main/w.bin")).status, 302);
    world.git("clone", &["push", "--quiet", "origin", "HEAD:refs/heads/x", "HEAD:refs/tags/v1"]);
    world.git("clone", &["push", "--quiet", "origin", ":x", ":refs/tags/v1"]);
}

#[test]
fn a_pushed_card_whose_metadata_cannot_be_read_is_refused_as_in_a_commit_through_the_api() {
    let world = World::new(hub());
    world.clone(Some(ADA), "ada/demo", "clone");
    let broken = "---\nlicense: [mit\n---\nhello";
    let by_api = world.send(commit("ada/demo", &[file_line("README.md", broken)]).token(ADA));
    let (status, _, message) = by_api.error();
    assert!(status == 400 && message.starts_with("Invalid metadata in README.md: "), "{message}");
    let before = world.git("clone", &["rev-parse", "HEAD"]);
    world.edit("clone", "README.md", broken.as_bytes());
    let said = world.fails("clone", &["push", "--quiet", "origin", "HEAD:main", "HEAD:refs/heads/other"]);
    assert!(
        said.contains(message.lines().next().unwrap()) && said.contains("pre-receive hook declined"),
        "{said}"
    );
    let refs = world.send(get("/api/models/ada/demo/refs")).json();
    assert_eq!(refs["branches"].as_array().unwrap().len(), 1, "{refs}");
    assert_eq!(refs["branches"][0]["targetCommit"], before.trim());

    // A tag is no card of the repository, and below the tip of a branch nobody reads it.
    world.git("clone", &["push", "--quiet", "origin", "HEAD:refs/tags/broken"]);
    world.edit("clone", "README.md", b"---\nlicense: mit\n---\nhello");
    world.git("clone", &["push", "--quiet"]);
    assert_eq!(world.send(get("/api/models/ada/demo")).json()["cardData"]["license"], "mit");
    // What was there before does not keep anybody from pushing something else.
    let repo = world.hub.dir().join("repos/01/1.git");
    assert!(world.run(&repo, &["update-ref", "refs/heads/old", "refs/tags/broken"]).status.success());
    world.git("clone", &["checkout", "--quiet", "-b", "old", "HEAD^"]);
    world.edit("clone", "a.txt", b"a");
    world.git("clone", &["push", "--quiet", "origin", "old"]);
    // A folder of that name is none.
    world.git("clone", &["checkout", "--quiet", "--orphan", "folder"]);
    world.git("clone", &["rm", "--quiet", "-rf", "."]);
    std::fs::create_dir_all(world.path("clone/README.md")).unwrap();
    world.edit("clone", "README.md/x", broken.as_bytes());
    world.git("clone", &["push", "--quiet", "origin", "folder"]);
    let left = std::fs::read_dir(world.hub.dir().join("tmp")).unwrap().count();
    assert_eq!(left, 0, "nothing of a push stays");
}
