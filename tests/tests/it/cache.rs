//! Downloads into the cache that the Python client shares.

use std::{fs, path::Path};

use hub_api::{
    DownloadError, Error, ErrorKind, HfApi, NetworkPolicy, RepoRef, RepoType,
    download::{Cache, Cached},
};
use hub_server::{EmbeddedHub, Fault};
use hub_tests::{ADA, ada, client_of, files_in, lfs_hub as hub, noise};
use tempfile::TempDir;

/// A client of `hub` with a cache of its own.
fn with_cache(hub: &EmbeddedHub) -> (HfApi, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let api = client_of(hub).token(ADA).cache_dir(folder.path()).build().unwrap();
    (api, folder)
}

/// From now on every request fails, so that a test fails if anything is sent.
fn cut_off(hub: &EmbeddedHub) {
    for method in ["GET", "HEAD"] {
        hub.fault(Fault::status(500).on(method).path("/").times(1_000));
    }
}

#[tokio::test]
async fn the_layout_is_that_of_the_python_client() {
    let hub = hub();
    let (api, folder) = with_cache(&hub);
    let commit = api.upload_file(&b"hello"[..], "d/a.txt", "ada/demo").await.unwrap().oid;
    let place = api.hf_hub_download("ada/demo", "d/a.txt").await.unwrap();
    let root = folder.path().join("models--ada--demo");
    assert_eq!(place, root.join("snapshots").join(&commit).join("d/a.txt"));
    assert_eq!(fs::read_to_string(root.join("refs/main")).unwrap(), commit);
    let blob = "b6fc4c620b67d95f953a5c1c1230aaab5db5a1b0";
    assert_eq!(fs::read_to_string(root.join("blobs").join(blob)).unwrap(), "hello");
    assert_eq!(fs::read_link(&place).unwrap(), Path::new("../../../blobs").join(blob));
    let tag = fs::read_to_string(folder.path().join("CACHEDIR.TAG")).unwrap();
    assert!(tag.starts_with("Signature: 8a477f597d28d172789f06886806bc55"));
}

#[tokio::test]
async fn what_is_here_is_not_fetched_again() {
    let hub = hub();
    let (api, _folder) = with_cache(&hub);
    let commit = api.upload_file(noise(1, 50_000), "w.bin", "ada/demo").await.unwrap().oid;
    let place = api.hf_hub_download("ada/demo", "w.bin").await.unwrap();
    hub.fault(Fault::status(500).on("GET").path("/").times(1_000));
    assert_eq!(api.hf_hub_download("ada/demo", "w.bin").await.unwrap(), place, "only the HEAD is sent");
    cut_off(&hub);
    let pinned = api.hf_hub_download("ada/demo", "w.bin").revision(&commit);
    assert_eq!(pinned.await.unwrap(), place, "a full commit id needs no request");
}

#[tokio::test]
async fn a_content_of_two_commits_is_kept_once() {
    let hub = hub();
    let (api, folder) = with_cache(&hub);
    api.upload_file(&b"same"[..], "a", "ada/demo").await.unwrap();
    let first = api.hf_hub_download("ada/demo", "a").await.unwrap();
    api.upload_file(&b"other"[..], "b", "ada/demo").await.unwrap();
    let second = api.hf_hub_download("ada/demo", "a").await.unwrap();
    assert_ne!(first, second);
    let blobs = fs::read_dir(folder.path().join("models--ada--demo/blobs")).unwrap();
    assert_eq!(blobs.count(), 1);
}

#[tokio::test]
async fn a_file_that_does_not_exist_is_remembered() {
    let hub = hub();
    let (api, folder) = with_cache(&hub);
    let error = api.hf_hub_download("ada/demo", "nope").await.unwrap_err();
    assert_eq!(error.kind(), Some(ErrorKind::EntryNotFound));
    let repo = RepoRef::new(RepoType::Model, "ada/demo".parse().unwrap());
    let known = |path: &str| {
        Cache::new(folder.path()).find(&repo, &"main".parse().unwrap(), &path.parse().unwrap()).unwrap()
    };
    assert_eq!(known("nope"), Cached::KnownMissing);
    assert_eq!(known("never-asked"), Cached::Unknown);
}

#[tokio::test]
async fn without_the_hub_the_cache_answers_with_what_it_knows() {
    let hub = hub();
    let (api, folder) = with_cache(&hub);
    api.upload_file(&b"hello"[..], "a", "ada/demo").await.unwrap();
    let place = api.hf_hub_download("ada/demo", "a").await.unwrap();
    let snapshot = api.snapshot_download("ada/demo").await.unwrap();
    let offline = client_of(&hub).network(NetworkPolicy::Offline).cache_dir(folder.path()).build().unwrap();
    assert_eq!(offline.hf_hub_download("ada/demo", "a").await.unwrap(), place);
    assert_eq!(offline.snapshot_download("ada/demo").await.unwrap(), snapshot);
    assert_eq!(api.hf_hub_download("ada/demo", "a").local_files_only(true).await.unwrap(), place);
    let error = offline.hf_hub_download("ada/demo", "b").await.unwrap_err();
    assert!(matches!(error, Error::Download(DownloadError::Unreachable { .. })), "{error}");
    let error = api.hf_hub_download("ada/demo", "b").local_files_only(true).await.unwrap_err();
    assert!(matches!(error, Error::Download(DownloadError::LocalEntryNotFound { .. })), "{error}");
    assert!(error.to_string().contains("model ada/demo b at main"), "{error}");
}

#[tokio::test]
async fn without_the_hub_a_folder_answers_with_the_files_that_stand_in_it() {
    let hub = hub();
    let (api, folder) = with_cache(&hub);
    api.upload_file(&b"hello"[..], "a", "ada/demo").await.unwrap();
    let place = api.hf_hub_download("ada/demo", "a").local_dir(folder.path()).await.unwrap();
    let offline = client_of(&hub).network(NetworkPolicy::Offline).build().unwrap();
    let found = offline.hf_hub_download("ada/demo", "a").local_dir(folder.path()).await.unwrap();
    assert_eq!(found, place);
    let error = offline.hf_hub_download("ada/demo", "b").local_dir(folder.path()).await.unwrap_err();
    assert!(matches!(error, Error::Download(DownloadError::Unreachable { .. })), "{error}");
}

#[tokio::test]
async fn a_snapshot_is_the_whole_commit() {
    let hub = hub();
    let (api, folder) = with_cache(&hub);
    for (path, content) in [("a", b"1".to_vec()), ("d/e/f.txt", b"2".to_vec()), ("w.bin", noise(2, 9_000))] {
        api.upload_file(content, path, "ada/demo").await.unwrap();
    }
    let place = api.snapshot_download("ada/demo").ignore_patterns(["*.gitattributes"]).await.unwrap();
    let files = files_in(&place);
    assert_eq!(files.keys().collect::<Vec<_>>(), ["a", "d/e/f.txt", "w.bin"]);
    assert_eq!(files["w.bin"], noise(2, 9_000));
    assert!(place.starts_with(folder.path()));
}

#[tokio::test]
async fn an_interrupted_download_goes_on_where_it_was() {
    let hub = hub();
    let (api, folder) = with_cache(&hub);
    let content = noise(3, 400_000);
    api.upload_file(content.clone(), "w.bin", "ada/demo").await.unwrap();
    hub.fault(Fault::reset_after(100_000).on("GET").path("/info/lfs/objects/").times(1));
    hub.fault(Fault::status(404).on("GET").path("/info/lfs/objects/").times(1));
    api.hf_hub_download("ada/demo", "w.bin").await.unwrap_err();
    let info = Cache::new(folder.path()).scan().unwrap();
    assert!(
        info.repos[0].incomplete > 0 && info.repos[0].revisions.iter().all(|one| one.files.is_empty()),
        "nothing is published: {info:?}"
    );
    let place = api.hf_hub_download("ada/demo", "w.bin").await.unwrap();
    assert_eq!(fs::read(place).unwrap(), content);
    assert_eq!(Cache::new(folder.path()).scan().unwrap().repos[0].incomplete, 0);
}

#[tokio::test]
async fn f83_a_commit_without_its_link_is_healed() {
    let hub = hub();
    let (api, _folder) = with_cache(&hub);
    api.upload_file(&b"hello"[..], "a", "ada/demo").await.unwrap();
    let place = api.hf_hub_download("ada/demo", "a").await.unwrap();
    fs::remove_file(&place).unwrap();
    hub.fault(Fault::status(500).on("GET").path("/").times(1_000));
    api.hf_hub_download("ada/demo", "a").await.unwrap();
    assert_eq!(fs::read_to_string(place).unwrap(), "hello");
}

#[tokio::test]
async fn f84_sixteen_downloads_of_one_file_at_once_fetch_it_once() {
    let hub = hub();
    let (api, _folder) = with_cache(&hub);
    api.upload_file(noise(4, 200_000), "w.bin", "ada/demo").await.unwrap();
    // The second transfer would be refused.
    hub.fault(Fault::latency(std::time::Duration::ZERO).on("GET").path("/info/lfs/objects/").times(1));
    hub.fault(Fault::status(404).on("GET").path("/info/lfs/objects/").times(100));
    let downloads = (0..16).map(|_| api.hf_hub_download("ada/demo", "w.bin").into_future());
    for place in futures_util::future::join_all(downloads).await {
        assert_eq!(fs::read(place.unwrap()).unwrap(), noise(4, 200_000));
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_link_out_of_the_cache_is_no_file_of_it() {
    let hub = hub();
    let (api, folder) = with_cache(&hub);
    let commit = api.upload_file(&b"hello"[..], "a", "ada/demo").await.unwrap().oid;
    let secret = tempfile::NamedTempFile::new().unwrap();
    let snapshot = folder.path().join("models--ada--demo/snapshots").join(&commit);
    fs::create_dir_all(&snapshot).unwrap();
    std::os::unix::fs::symlink(secret.path(), snapshot.join("a")).unwrap();
    let place = api.hf_hub_download("ada/demo", "a").revision(&commit).await.unwrap();
    assert_eq!(fs::read_to_string(place).unwrap(), "hello");
    assert_eq!(fs::read_to_string(secret.path()).unwrap(), "");
}

#[tokio::test]
async fn deleting_a_commit_leaves_what_others_need() {
    let hub = hub();
    let (api, folder) = with_cache(&hub);
    let cache = Cache::new(folder.path());
    api.upload_file(&b"kept"[..], "a", "ada/demo").await.unwrap();
    let old = api.upload_file(&b"old"[..], "b", "ada/demo").await.unwrap().oid;
    api.snapshot_download("ada/demo").await.unwrap();
    let new = api.upload_file(&b"new!"[..], "b", "ada/demo").await.unwrap().oid;
    let place = api.snapshot_download("ada/demo").await.unwrap();

    let info = cache.scan().unwrap();
    let refs: Vec<_> = info.repos[0].revisions.iter().map(|r| (r.commit.as_str(), r.refs.len())).collect();
    let mut expected = [(old.as_str(), 0), (new.as_str(), 1)];
    expected.sort_unstable();
    assert_eq!(refs, expected);
    let plan = info.prune();
    assert_eq!(plan.freed, 3, "only the old content of b");
    plan.execute(&cache).unwrap();
    assert_eq!(fs::read_to_string(place.join("a")).unwrap(), "kept");
    assert_eq!(fs::read_to_string(place.join("b")).unwrap(), "new!");
    assert!(cache.scan().unwrap().warnings.is_empty());

    let commit = new.parse().unwrap();
    let repo = RepoRef::new(RepoType::Model, "ada/demo".parse().unwrap());
    cache.scan().unwrap().delete_revisions([(&repo, &commit)]).execute(&cache).unwrap();
    assert_eq!(cache.scan().unwrap().repos, []);
    let absent = cache.scan().unwrap().delete_revisions([(&repo, &commit)]);
    assert!(absent.is_empty() && absent.missing == [format!("model/ada/demo@{new}")]);
}

#[tokio::test]
async fn without_any_folder_a_download_says_what_to_set() {
    let error = ada(&hub()).hf_hub_download("ada/demo", "a").await.unwrap_err();
    assert!(error.is_invalid_input() && error.to_string().contains("cache_dir"), "{error}");
}
