//! Uploads of large folders, killed at many points: the next run goes on.

use std::{
    collections::{BTreeMap, HashSet},
    hash::{BuildHasher, RandomState},
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

use hub_api::HfApi;
use hub_tests::{files_in, noise};

use crate::{
    crash::{SEED, Served, client},
    place::hub,
};

/// Files of one folder: every other one goes to LFS.
const FILES: usize = 14;
const FILES_PER_COMMIT: usize = 3;
/// No upload is left alone for longer than this, in milliseconds, as long as there are kills to make.
const LONGEST: u64 = 150;

fn folder(home: &Path, number: u64) -> BTreeMap<String, Vec<u8>> {
    let folder = home.join(number.to_string());
    for index in 0..FILES {
        let dir = folder.join(format!("{}", index % 3));
        std::fs::create_dir_all(&dir).unwrap();
        let size = if index % 2 == 0 { 100_000 } else { 700 };
        std::fs::write(dir.join(format!("{index}.bin")), noise(number << 8 | index as u64, size)).unwrap();
    }
    files_in(&folder)
}

fn upload(home: &Path, url: &str, number: u64, atomic: bool) -> Command {
    let mut command = hub(home);
    command.env("HF_TOKEN", "hf_ada_write").stdout(Stdio::piped()).stderr(Stdio::piped());
    command.args(["--endpoint", url, "--json", "upload-large-folder"]);
    command.arg(format!("ada/big-{number}")).arg(number.to_string());
    command.arg(format!("--files-per-commit={FILES_PER_COMMIT}"));
    if atomic {
        command.arg("--atomic");
    }
    command
}

/// Kills uploads at `points` random moments; as often as one ends by itself, another folder goes to another repository.
async fn killed_uploads(points: usize, atomic: bool) {
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join("seed.toml"), SEED).unwrap();
    let served = Served::start(home.path());
    let api = client(&served.url);
    let random = RandomState::new();
    let (mut killed, mut number) = (0, 0);
    while killed < points {
        number += 1;
        let files = folder(home.path(), number);
        let ended = loop {
            let mut child = upload(home.path(), &served.url, number, atomic).spawn().unwrap();
            if killed < points {
                let moment = random.hash_one((number, killed)) % LONGEST;
                tokio::time::sleep(Duration::from_millis(moment)).await;
                if child.try_wait().unwrap().is_none() {
                    child.kill().unwrap();
                    child.wait().unwrap();
                    killed += 1;
                    // What had arrived when the command was killed is dealt with.
                    tokio::time::sleep(Duration::from_millis(40)).await;
                    continue;
                }
            }
            break child.wait_with_output().unwrap();
        };
        assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
        check(&api, number, &files, atomic).await;
        let again = upload(home.path(), &served.url, number, atomic).output().unwrap();
        let again: serde_json::Value = serde_json::from_slice(&again.stdout).unwrap();
        let commits = again["commits"].as_array().map(Vec::len);
        assert_eq!((again["unchanged"].as_u64(), commits), (Some(FILES as u64), Some(0)));
    }
    served.kill();
    nothing_was_sent_twice(&std::fs::read_to_string(home.path().join("serve.log")).unwrap());
}

/// Every file is there, every commit has added something, and one pull request was enough.
async fn check(api: &HfApi, number: u64, files: &BTreeMap<String, Vec<u8>>, atomic: bool) {
    let repo = format!("ada/big-{number}");
    let target = tempfile::tempdir().unwrap();
    api.snapshot_download(&repo).local_dir(target.path()).await.unwrap();
    let mut found = files_in(target.path());
    found.remove(".gitattributes");
    assert!(found == *files, "{:?}", found.keys());
    let commits = api.list_repo_commits(&repo).all().await.unwrap();
    let uploads = commits.iter().filter(|commit| commit.title.starts_with("Upload large folder")).count();
    assert!(uploads >= FILES / FILES_PER_COMMIT, "{commits:?}");
    let mut sizes = Vec::new();
    for commit in &commits {
        sizes.push(api.list_repo_files(&repo).revision(&commit.id).await.unwrap().len());
    }
    let additions = sizes.windows(2).filter(|pair| pair[0] > pair[1]).count();
    assert!(
        additions >= uploads.min(sizes.len() - 1) - usize::from(atomic),
        "a commit adds nothing: {sizes:?}"
    );
    let pulls = api.get_repo_discussions(&repo).all().await.unwrap();
    assert_eq!(pulls.len(), usize::from(atomic), "{pulls:?}");
}

/// No content was taken by the server a second time.
fn nothing_was_sent_twice(log: &str) {
    let stored = log.lines().filter(|line| line.contains("method=PUT") && line.contains("status=200"));
    let mut seen = HashSet::new();
    for line in stored {
        let path = line.split("path=").nth(1).and_then(|rest| rest.split('"').nth(1)).unwrap();
        assert!(seen.insert(path), "sent twice: {path}");
    }
    assert!(seen.len() >= FILES / 2, "the log has no uploads");
}

#[tokio::test]
async fn an_upload_that_is_killed_at_200_points_ends_with_every_file_sent_and_committed_once() {
    killed_uploads(200, false).await;
}

#[tokio::test]
async fn an_atomic_upload_that_is_killed_at_40_points_ends_with_one_merge() {
    killed_uploads(40, true).await;
}
