//! `hub serve` under a mixed load whose callers sometimes go away: it does not grow, and every commit is accounted for.
//!
//! Of a hundred calls eighty ask, fifteen read files, four upload large files and one a small file; one of a hundred is dropped in
//! the middle, of the uploads one of ten. HUB_DEEP_SOAK is the number of calls.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use futures_util::TryStreamExt;
use hub_api::{Error, HfApi};
use hub_tests::{ADA, cancel::polled_at_most, noise};

use crate::{
    disk::Chance,
    place::{Served, fsck, number, reopened},
};

/// As many as two slow cores do in half a minute. The deep lane has 1,800,000.
const CALLS: u64 = 4_000;
const ROUNDS: u64 = 8;
const CALLERS: u64 = 8;
const REPOS: u64 = 4;
const SEED: u64 = 1;
/// Nothing waits for it: it ends a test that would hang.
const REST: Duration = Duration::from_secs(60);
/// What an allocator may keep for itself, in KiB.
const SLACK: u64 = 32 * 1024;
/// The most that the server may ever hold, in KiB.
pub(crate) const MOST: u64 = 256 * 1024;

/// What a process holds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Held {
    /// Resident memory and its peak, in KiB.
    memory: u64,
    pub(crate) peak: u64,
    /// Open files and sockets, without those of the database.
    pub(crate) handles: usize,
}

impl Held {
    pub(crate) fn by(process: u32) -> Self {
        let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
        let kib = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
            line.trim().trim_end_matches("kB").trim().parse().unwrap()
        };
        // Connections to the database are kept for the next ones, up to a number.
        let is_database = |file: &PathBuf| file.to_string_lossy().contains("/hub.db");
        let handles = open_files(process).into_iter().filter(|file| !is_database(file)).count();
        Self { memory: kib("VmRSS:"), peak: kib("VmHWM:"), handles }
    }

    /// As soon as no connection of the last round is open any more.
    pub(crate) async fn at_rest(process: u32, handles: usize) -> Self {
        let started = Instant::now();
        loop {
            let held = Self::by(process);
            if held.handles <= handles {
                return held;
            }
            assert!(
                started.elapsed() < REST,
                "{held:?} does not come down to {handles} handles: {:?}",
                open_files(process)
            );
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

/// What the open files of a process are.
fn open_files(process: u32) -> Vec<PathBuf> {
    let files = fs::read_dir(format!("/proc/{process}/fd")).unwrap();
    files.filter_map(|file| fs::read_link(file.ok()?.path()).ok()).collect()
}

/// What callers know of their commits, by repository.
#[derive(Default)]
struct Commits {
    /// Titles of all that were begun.
    begun: BTreeSet<(String, String)>,
    /// Repository, title, content and id of those that were acknowledged.
    acknowledged: Vec<(String, String, Vec<u8>, String)>,
}

async fn upload(
    api: &HfApi,
    commits: &Mutex<Commits>,
    repo: &str,
    title: &str,
    content: Vec<u8>,
) -> Result<(), Error> {
    commits.lock().unwrap().begun.insert((repo.to_owned(), title.to_owned()));
    let commit = api.upload_file(content.clone(), title, repo).commit_message(title).await?;
    commits.lock().unwrap().acknowledged.push((repo.to_owned(), title.to_owned(), content, commit.oid));
    Ok(())
}

async fn ask(api: &HfApi, repo: &str, what: u64) -> Result<(), Error> {
    match what % 6 {
        0 => api.model_info(repo).await.map(drop),
        1 => api.list_repo_tree(repo).all().await.map(drop),
        2 => api.list_repo_commits(repo).limit(20).all().await.map(drop),
        3 => api.get_paths_info(repo, ["base.txt", "none"]).await.map(drop),
        4 => api.list_repo_refs(repo).await.map(drop),
        _ => api.list_models().author("ada").all().await.map(drop),
    }
}

async fn read(api: &HfApi, repo: &str, chance: u64) -> Result<(), Error> {
    let file = api.read_file(repo, if chance.is_multiple_of(3) { "base.txt" } else { "base.bin" });
    let reader = if chance.is_multiple_of(2) {
        file.range(10_000..10_000 + chance % 90_000).await
    } else {
        file.await
    }?;
    let read: u64 = reader
        .map_ok(|chunk| chunk.len() as u64)
        .try_fold(0, async |sum, more| Ok(sum + more))
        .await
        .unwrap();
    assert!(read > 0);
    Ok(())
}

/// One caller's part of a round.
async fn calls(api: HfApi, seed: u64, count: u64, commits: Arc<Mutex<Commits>>) {
    let mut chance = Chance(seed);
    for call in 0..count {
        let (repo, title) = (format!("ada/soak{}", chance.next() % REPOS), format!("{seed}-{call}"));
        let (kind, what) = (chance.next() % 100, chance.next());
        let work = async {
            match kind {
                0..80 => ask(&api, &repo, what).await,
                80..95 => read(&api, &repo, what).await,
                95..99 => upload(&api, &commits, &repo, &title, noise(what, 300_000)).await,
                _ => upload(&api, &commits, &repo, &title, format!("{what}").into_bytes()).await,
            }
        };
        let one_in = if kind < 95 { 100 } else { 10 };
        let limit = if chance.next().is_multiple_of(one_in) { 1 + chance.next() % 30 } else { u64::MAX };
        if let Some(Err(error)) = polled_at_most(usize::try_from(limit).unwrap_or(usize::MAX), work).await {
            panic!("seed {SEED}, {title}, kind {kind} on {repo}: {error:?}");
        }
    }
}

fn client(served: &Served, caller: u64) -> HfApi {
    let xet = if caller.is_multiple_of(2) { hub_api::XetPolicy::Auto } else { hub_api::XetPolicy::Never };
    HfApi::builder().endpoint(&served.url).token(ADA).xet(xet).build().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hub_under_load_does_not_grow_and_every_commit_is_accounted_for() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path().canonicalize().unwrap();
    let served = Served::start(&home, |_| ()).unwrap();
    let commits = Arc::new(Mutex::new(Commits::default()));
    let first = client(&served, 0);
    for repo in 0..REPOS {
        let repo = format!("ada/soak{repo}");
        first.create_repo(&repo).await.unwrap();
        upload(&first, &commits, &repo, "base.bin", noise(repo.len() as u64, 1_000_000)).await.unwrap();
        upload(&first, &commits, &repo, "base.txt", vec![b'a'; 200_000]).await.unwrap();
    }
    drop(first);

    let calls_each = number("HUB_DEEP_SOAK", CALLS).div_ceil(ROUNDS * CALLERS);
    let mut handles = usize::MAX;
    let mut rounds: Vec<Held> = Vec::new();
    for round in 0..ROUNDS {
        let callers: Vec<_> = (0..CALLERS)
            .map(|caller| {
                let seed = SEED * 10_000 + round * CALLERS + caller;
                tokio::spawn(calls(client(&served, caller), seed, calls_each, Arc::clone(&commits)))
            })
            .collect();
        for caller in callers {
            caller.await.unwrap();
        }
        let held = Held::at_rest(served.process(), handles).await;
        // The first round opens what stays open: the database and the packs of the repositories.
        handles = handles.min(held.handles + 16);
        rounds.push(held);
    }
    println!("{} calls: {rounds:?}", calls_each * ROUNDS * CALLERS);
    let early = rounds[..3].iter().map(|held| held.memory).max().unwrap();
    let last = rounds[rounds.len() - 1];
    assert!(last.memory <= early + SLACK, "it grew from {early} KiB to {} KiB: {rounds:?}", last.memory);
    assert!(last.peak <= MOST, "{rounds:?}");
    served.kill();
    let commits = std::mem::take(&mut *commits.lock().unwrap());
    check(&home.join("data"), &commits).await;
}

/// Every acknowledged commit is there once, and no other than those that were begun.
async fn check(data: &Path, commits: &Commits) {
    let (hub, api) = reopened(data);
    for number in 0..REPOS {
        let repo = format!("ada/soak{number}");
        let history = api.list_repo_commits(&repo).all().await.unwrap();
        let titles: BTreeSet<_> = history.iter().map(|commit| (repo.clone(), commit.title.clone())).collect();
        assert_eq!(titles.len(), history.len(), "{repo}: a commit is there twice");
        let unknown: Vec<_> = titles.difference(&commits.begun).map(|(_, title)| title).collect();
        assert_eq!(unknown, ["initial commit"], "{repo}");
        for (_, title, content, oid) in commits.acknowledged.iter().filter(|(at, ..)| *at == repo) {
            assert!(history.iter().any(|commit| commit.id == *oid), "{repo}: {title} is lost");
            let reader = api.read_file(&repo, title).revision(oid).await.unwrap();
            let found: Vec<u8> = reader.map_ok(|chunk| chunk.to_vec()).try_concat().await.unwrap();
            assert!(found == *content, "{repo}: {title} has another content");
        }
    }
    drop((api, hub));
    let repositories = repositories(&data.join("repos"));
    assert_eq!(repositories.len() as u64, REPOS);
    repositories.iter().for_each(|git| fsck(git, "soak"));
    println!("{} commits were begun, {} acknowledged", commits.begun.len(), commits.acknowledged.len());
}

/// The bare repositories below a folder.
fn repositories(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.extension() {
            Some(_) => found.push(path),
            None => found.extend(repositories(&path)),
        }
    }
    found
}
