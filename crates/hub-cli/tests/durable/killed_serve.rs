//! `hub serve`, killed instead of some change while clients commit: what it has acknowledged is there.

use futures_util::TryStreamExt;
use hub_api::HfApi;
use hub_tests::{folder_with, noise};

use crate::{
    disk::Chance,
    place::{Served, fsck, number, reopened},
    recorder::{changes, kill_at, watch},
};

/// As many as fit into a minute on two slow cores. The deep lane has 2000.
const KILLS: u64 = 60;
const SEED: u64 = 1;

struct Acknowledged {
    path: String,
    content: Vec<u8>,
    oid: String,
}

/// Uploads small files, large ones and folders, until one fails.
async fn uploads(api: &HfApi, repo: &str, round: u64) -> Vec<Acknowledged> {
    let mut done = Vec::new();
    if api.create_repo(repo).await.is_err() {
        return done;
    }
    for turn in 0..6u64 {
        let seed = round * 100 + turn;
        let text = |seed| format!("{:?}", noise(seed, 200)).into_bytes();
        let (path, content) = match turn % 3 {
            0 => (format!("{turn}.txt"), text(seed)),
            1 => (format!("{turn}.bin"), noise(seed, 60_000)),
            _ => (format!("{turn}-7.txt"), text(seed * 100 + 7)),
        };
        let commit = if turn % 3 == 2 {
            let many: Vec<_> =
                (0..36).map(|file| (format!("{turn}-{file}.txt"), text(seed * 100 + file))).collect();
            let files: Vec<(&str, &[u8])> =
                many.iter().map(|(name, content)| (&**name, &**content)).collect();
            api.upload_folder(repo, folder_with(&files).path()).await
        } else {
            api.upload_file(content.clone(), &path, repo).await
        };
        match commit {
            Ok(commit) => done.push(Acknowledged { path, content, oid: commit.oid }),
            Err(_) => return done,
        }
    }
    done
}

async fn all_there(api: &HfApi, repo: &str, acknowledged: &[Acknowledged], what: &str) {
    if acknowledged.is_empty() {
        return;
    }
    let commits = api.list_repo_commits(repo).all().await.unwrap();
    for Acknowledged { path, content, oid } in acknowledged {
        assert!(commits.iter().any(|commit| commit.id == *oid), "{what}: the commit of {path} is lost");
        let reader = api.read_file(repo, path).revision(oid).await.unwrap();
        let found: Vec<u8> = reader.map_ok(|chunk| chunk.to_vec()).try_concat().await.unwrap();
        assert!(found == *content, "{what}: {path} has another content");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hub_that_is_killed_at_any_change_keeps_every_acknowledged_commit() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path().canonicalize().unwrap();
    let (data, log) = (home.join("data"), home.join("log"));

    // How many changes a whole session makes, on a folder that is there already.
    Served::start(&home, |_| ()).unwrap().kill();
    let served = Served::start(&home, |command| watch(command, &data, &log)).unwrap();
    assert_eq!(uploads(&served.client(), "ada/whole", 0).await.len(), 6);
    served.kill();
    let whole = changes(&log).len() as u64;
    assert!(whole > 200, "only {whole} changes were recorded");
    let (hub, _) = reopened(&data);
    let git = hub.git_dir(&"models/ada/whole".parse().unwrap()).unwrap().unwrap();
    drop(hub);
    fsck(&git, "the whole session");

    let (kills, mut chance) = (number("HUB_DEEP_KILLS", KILLS), Chance(SEED));
    let (mut kept, mut inside) = (0, 0);
    for round in 1..=kills {
        let point = 1 + (chance.next() % whole) as usize;
        let (repo, what) = (format!("ada/r{round}"), format!("seed {SEED}, kill {round} at change {point}"));
        std::fs::remove_file(&log).unwrap();
        let served = Served::start(&home, |command| {
            watch(command, &data, &log);
            kill_at(command, point);
        });
        let acknowledged = match served {
            None => Vec::new(),
            Some(served) => {
                let acknowledged = uploads(&served.client(), &repo, round).await;
                served.kill();
                acknowledged
            }
        };
        assert!(changes(&log).len() < point, "{what}: it was not killed there");
        let (hub, api) = reopened(&data);
        all_there(&api, &repo, &acknowledged, &what).await;
        api.create_repo(&repo).exist_ok(true).await.unwrap();
        let again = api.upload_file(&b"after"[..], "after.txt", &repo).await;
        assert!(again.is_ok(), "{what}: {again:?}");
        let git = hub.git_dir(&format!("models/{repo}").parse().unwrap()).unwrap().unwrap();
        drop((api, hub));
        fsck(&git, &what);
        kept += acknowledged.len();
        inside += usize::from((1..6).contains(&acknowledged.len()));
    }
    println!("{kills} kills among {whole} changes; {kept} acknowledged commits, {inside} sessions broke off");
    assert!(inside as u64 > kills / 4, "only {inside} kills came in the middle");
}
