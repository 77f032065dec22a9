//! Uploads of large folders, killed at many points: the next run goes on.
//!
//! A point is a request of the upload, not a time: the Hub lets so many pass, and holds all that come then, or their responses,
//! until the program is dead. Which requests these are follows from [`SEED`].

use std::{
    collections::BTreeMap,
    path::Path,
    process::{Output, Stdio},
    sync::{Arc, Mutex},
    time::Duration,
};

use hub_api::{HfApi, commit::PlanEntry, types::preupload::UploadMode};
use hub_server::{EmbeddedHub, Fault, TokenRole};
use hub_tests::{ADA, ada, files_in, noise};
use tokio::{
    net::{TcpListener, TcpStream},
    process::Command,
    task::JoinSet,
};

use crate::place::{hub, serve};

/// Where the kills come follows from this.
const SEED: u64 = 16;
/// Files of one folder: every other one goes to LFS.
const FILES: usize = 14;
const FILES_PER_COMMIT: usize = 3;
/// How many of them go to LFS, each in one request.
const LARGE: usize = FILES / 2;
/// An upload is killed at one of its first so many requests, as long as there are kills to make.
const LATEST: u64 = 16;

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
    command.env("HF_TOKEN", ADA).env("HF_HUB_DISABLE_XET", "1").stdout(Stdio::piped()).stderr(Stdio::piped());
    command.args(["--endpoint", url, "--json", "upload-large-folder"]);
    command.arg(format!("ada/big-{number}")).arg(number.to_string());
    command.arg(format!("--files-per-commit={FILES_PER_COMMIT}"));
    if atomic {
        command.arg("--atomic");
    }
    command.into()
}

/// Opens the Hub once nothing of the one before is at work any more.
async fn open(data: &Path) -> EmbeddedHub {
    loop {
        match EmbeddedHub::open(data).token("ada", ADA, TokenRole::Write).build() {
            Err(error) if error.to_string().contains("is in use") => {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            opened => return opened.unwrap(),
        }
    }
}

/// How many of the large files of a folder the Hub has not.
async fn missing(api: &HfApi, folder: &Path, number: u64) -> usize {
    match api.upload_folder(format!("ada/big-{number}"), folder).plan().await {
        Ok(plan) => {
            let is_sent = |entry: &&PlanEntry| entry.mode == Some(UploadMode::Lfs) && !entry.stored;
            plan.entries().iter().filter(is_sent).count()
        }
        Err(error) => {
            assert!(error.is_not_found(), "{error}");
            LARGE
        }
    }
}

/// An address that stays, for Hubs that come and go: a client's notes about an upload are about one address.
struct Front {
    url: String,
    behind: Arc<Mutex<String>>,
    _passing: JoinSet<()>,
}

impl Front {
    async fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let behind = Arc::new(Mutex::new(String::new()));
        let (mut passing, to) = (JoinSet::new(), Arc::clone(&behind));
        passing.spawn(async move {
            let mut connections = JoinSet::new();
            loop {
                let (mut client, _) = listener.accept().await.unwrap();
                let url = to.lock().unwrap().clone();
                connections.spawn(async move {
                    if let Ok(mut server) = TcpStream::connect(url.trim_start_matches("http://")).await {
                        let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
                    }
                });
            }
        });
        Self { url, behind, _passing: passing }
    }

    fn leads_to(&self, url: String) {
        *self.behind.lock().unwrap() = url;
    }
}

/// A number below `limit`.
fn random(state: &mut u64, limit: u64) -> u64 {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*state >> 33) % limit
}

/// Kills uploads at `points` requests; as often as one ends by itself, another folder goes to another repository.
async fn killed_uploads(points: usize, atomic: bool) {
    let home = tempfile::tempdir().unwrap();
    let data = home.path().join("data");
    let (mut state, front) = (SEED, Front::new().await);
    let (mut killed, mut number) = (0, 0);
    while killed < points {
        number += 1;
        let files = folder(home.path(), number);
        loop {
            let served = open(&data).await;
            // Content that the Hub has is not sent again: one upload more would fail.
            let missing = missing(&ada(&served), &home.path().join(number.to_string()), number).await;
            served.fault(Fault::status(400).on("PUT").skip(missing).times(usize::MAX));
            let (before, responses) = (random(&mut state, LATEST), random(&mut state, 2) == 1);
            let (hold, held) = if responses { Fault::hold_response() } else { Fault::hold() };
            if killed < points {
                served.fault(hold.skip(usize::try_from(before).unwrap()).times(usize::MAX));
            }
            let (server, url) = serve(&served).await;
            front.leads_to(url);
            let mut child = upload(home.path(), &front.url, number, atomic).spawn().unwrap();
            let has_ended = tokio::select! {
                () = held.reached() => false,
                status = child.wait() => { status.unwrap(); true }
            };
            if has_ended {
                held.release();
                let at = format!("seed {SEED}, folder {number}, after {killed} kills");
                ended_well(&child.wait_with_output().await.unwrap(), &at);
                check(&ada(&served), number, &files, atomic).await;
                let again = upload(home.path(), &front.url, number, atomic).output().await.unwrap();
                ended_well(&again, &at);
                let again: serde_json::Value = serde_json::from_slice(&again.stdout).unwrap();
                let commits = again["commits"].as_array().map(Vec::len);
                assert_eq!((again["unchanged"].as_u64(), commits), (Some(FILES as u64), Some(0)), "{at}");
                server.abort();
                break;
            }
            child.kill().await.unwrap();
            killed += 1;
            server.abort();
            let _ = server.await;
        }
    }
}

fn ended_well(output: &Output, at: &str) {
    assert!(output.status.success(), "{at}: {}", String::from_utf8_lossy(&output.stderr));
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

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_is_killed_at_200_points_ends_with_every_file_sent_and_committed_once() {
    killed_uploads(200, false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_atomic_upload_that_is_killed_at_40_points_ends_with_one_merge() {
    killed_uploads(40, true).await;
}
