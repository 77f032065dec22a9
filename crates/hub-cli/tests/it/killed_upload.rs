//! Uploads of large folders, killed at many points: the next run goes on.

use std::{
    collections::BTreeMap,
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

use hub_tests::{files_in, noise};

use crate::{
    crash::{SEED, Served, client},
    place::hub,
};

const KILLS: u64 = 12;
const FILES: usize = 40;

fn folder(home: &Path) -> BTreeMap<String, Vec<u8>> {
    let folder = home.join("folder");
    for index in 0..FILES {
        let dir = folder.join(format!("{}", index % 3));
        std::fs::create_dir_all(&dir).unwrap();
        let size = if index % 2 == 0 { 100_000 } else { 700 };
        std::fs::write(dir.join(format!("{index}.bin")), noise(index as u64, size)).unwrap();
    }
    files_in(&folder)
}

fn upload(home: &Path, url: &str, atomic: bool) -> Command {
    let mut command = hub(home);
    command.env("HF_TOKEN", "hf_ada_write").stdout(Stdio::piped()).stderr(Stdio::piped());
    command.args(["--endpoint", url, "--json", "upload-large-folder", "ada/big", "folder"]);
    command.args(["--files-per-commit", "4"]);
    if atomic {
        command.arg("--atomic");
    }
    command
}

async fn killed_uploads(atomic: bool) {
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join("seed.toml"), SEED).unwrap();
    let files = folder(home.path());
    let served = Served::start(home.path());
    let mut killed = 0;
    for round in 0..KILLS {
        let mut child = upload(home.path(), &served.url, atomic).spawn().unwrap();
        tokio::time::sleep(Duration::from_millis(40 + 25 * round)).await;
        if child.try_wait().unwrap().is_none() {
            child.kill().unwrap();
            killed += 1;
        }
        child.wait().unwrap();
    }
    assert!(killed > 0);
    let last = upload(home.path(), &served.url, atomic).output().unwrap();
    assert!(last.status.success(), "{}", String::from_utf8_lossy(&last.stderr));

    let api = client(&served.url);
    let target = tempfile::tempdir().unwrap();
    api.snapshot_download("ada/big").local_dir(target.path()).await.unwrap();
    let mut found = files_in(target.path());
    found.remove(".gitattributes");
    assert!(found == files, "{:?}", found.keys());
    let commits = api.list_repo_commits("ada/big").all().await.unwrap();
    let uploads = commits.iter().filter(|commit| commit.title.starts_with("Upload large folder")).count();
    assert!(uploads >= FILES / 4, "{commits:?}");
    let mut sizes = Vec::new();
    for commit in &commits {
        sizes.push(api.list_repo_files("ada/big").revision(&commit.id).await.unwrap().len());
    }
    let additions = sizes.windows(2).filter(|pair| pair[0] > pair[1]).count();
    assert!(
        additions >= uploads.min(sizes.len() - 1) - usize::from(atomic),
        "a commit adds nothing: {sizes:?}"
    );
    let pulls = api.get_repo_discussions("ada/big").all().await.unwrap();
    assert_eq!(pulls.len(), usize::from(atomic), "{pulls:?}");
    let again = upload(home.path(), &served.url, atomic).output().unwrap();
    let again: serde_json::Value = serde_json::from_slice(&again.stdout).unwrap();
    assert_eq!((again["unchanged"].as_u64(), again["commits"].as_array().map(Vec::len)), (Some(40), Some(0)));
    served.kill();
}

#[tokio::test]
async fn an_upload_that_is_killed_again_and_again_ends_with_every_file_committed_once() {
    killed_uploads(false).await;
}

#[tokio::test]
async fn an_atomic_upload_that_is_killed_again_and_again_ends_with_one_merge() {
    killed_uploads(true).await;
}
