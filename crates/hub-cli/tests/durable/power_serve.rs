//! The power fails under `hub serve`: what it has acknowledged is there, and its repositories are whole.

use std::{collections::HashSet, path::PathBuf};

use futures_util::TryStreamExt;
use hub_api::HfApi;
use hub_tests::{folder_with, noise};

use crate::{
    disk::{Disk, Image},
    place::{Served, fsck, reopened},
    power::fails_after_each_change,
    recorder::watch,
};

const DEMO: &str = "ada/demo";

/// What the server has said is done.
enum Done {
    Repo,
    /// A commit, and a file in it.
    Commit {
        oid: String,
        path: &'static str,
        content: Vec<u8>,
    },
    Branch,
    Discussion,
}

async fn are_there(api: &HfApi, done: &[Done], what: &str) {
    let commits = match done {
        [] => Vec::new(),
        _ => api.list_repo_commits(DEMO).all().await.unwrap_or_else(|error| panic!("{what}: {error}")),
    };
    for (from_last, done) in done.iter().rev().enumerate() {
        match done {
            Done::Repo => {}
            Done::Commit { oid, path, content } => {
                assert!(
                    commits.iter().any(|commit| commit.id == *oid),
                    "{what}: the commit of {path} is lost"
                );
                // What is older was looked at after changes before.
                if from_last > 2 {
                    continue;
                }
                let reader = api.read_file(DEMO, *path).revision(oid).await;
                let reader = reader.unwrap_or_else(|error| panic!("{what}: {path} is lost: {error}"));
                let found: Vec<u8> = reader.map_ok(|chunk| chunk.to_vec()).try_concat().await.unwrap();
                assert!(found == *content, "{what}: {path} has another content");
            }
            Done::Branch => {
                assert!(api.revision_exists(DEMO, "feature").await.unwrap(), "{what}: the branch is lost");
            }
            Done::Discussion => {
                assert!(api.get_discussion_details(DEMO, 1).await.is_ok(), "{what}: the discussion is lost");
            }
        }
    }
}

/// A session of the server from its first start, in which everything is written that it writes.
async fn work(api: &HfApi, mut acknowledge: impl FnMut(Done)) {
    api.create_repo(DEMO).await.unwrap();
    acknowledge(Done::Repo);
    let (small, large) = (b"hello".to_vec(), noise(1, 60_000));
    let oid = api.upload_file(small.clone(), "a.txt", DEMO).await.unwrap().oid;
    acknowledge(Done::Commit { oid, path: "a.txt", content: small });
    let oid = api.upload_file(large.clone(), "w.bin", DEMO).await.unwrap().oid;
    acknowledge(Done::Commit { oid, path: "w.bin", content: large });
    // So many that they become a pack.
    let many: Vec<(String, Vec<u8>)> =
        (0..40u64).map(|n| (format!("many/{n}.txt"), noise(n, 300).map_text())).collect();
    let files: Vec<(&str, &[u8])> = many.iter().map(|(name, content)| (&**name, &**content)).collect();
    let oid = api.upload_folder(DEMO, folder_with(&files).path()).await.unwrap().oid;
    acknowledge(Done::Commit { oid, path: "many/7.txt", content: many[7].1.clone() });
    api.create_branch(DEMO, "feature").await.unwrap();
    acknowledge(Done::Branch);
    api.create_discussion(DEMO, "A topic").await.unwrap();
    acknowledge(Done::Discussion);
    let oid = api.delete_file("many/3.txt", DEMO).await.unwrap().oid;
    acknowledge(Done::Commit { oid, path: "many/7.txt", content: many[7].1.clone() });
}

trait MapText {
    /// The same as text, which goes into commits and not to LFS.
    fn map_text(self) -> Vec<u8>;
}

impl MapText for Vec<u8> {
    fn map_text(self) -> Vec<u8> {
        format!("{self:?}").into_bytes()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_power_failure_at_any_change_of_the_hub_loses_nothing_that_was_acknowledged() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path().canonicalize().unwrap();
    let (data, log) = (home.join("data"), home.join("log"));
    let before = Disk::of(&data);
    let served = Served::start(&home, |command| watch(command, &data, &log)).unwrap();
    let (mut done, mut given) = (Vec::new(), Vec::new());
    work(&served.client(), |what| {
        done.push(what);
        given.push(std::fs::metadata(&log).unwrap().len() as usize);
    })
    .await;
    served.kill();

    let mut checked: HashSet<Image> = HashSet::new();
    // SQLite makes the index of its log anew.
    let ignored = |path: &std::path::Path| path == std::path::Path::new("hub.db-shm");
    fails_after_each_change(before, &data, &log, &given, ignored, async |left| {
        let (hub, api) = reopened(left.folder);
        are_there(&api, &done[..left.acknowledged], &left.what).await;
        let git = PathBuf::from("repos/01/1.git");
        let repo: Image = left.image.clone().into_iter().filter(|(path, _)| path.starts_with(&git)).collect();
        let is_new = checked.insert(repo);
        if is_new {
            api.create_repo(DEMO).exist_ok(true).await.unwrap();
            let commit = api.upload_file(&b"after"[..], "after.txt", DEMO).await;
            assert!(commit.is_ok(), "{}: {commit:?}", left.what);
        }
        drop((api, hub));
        if is_new {
            fsck(&left.folder.join(git), &left.what);
        }
    })
    .await;
}
