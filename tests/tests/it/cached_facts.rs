//! What the cache tells without a file: commits of branches, listings; names of files; folders for assets.

use std::fs;

use hub_api::{DownloadError, Error, ErrorKind, HfApi, NetworkPolicy, transport::testing::Recorder};
use hub_server::EmbeddedHub;
use hub_tests::{ADA, ada, client_of, files_in, lfs_hub as hub, noise};

fn with_cache(hub: &EmbeddedHub, cache: &tempfile::TempDir) -> (HfApi, Recorder) {
    let recorder = Recorder::new();
    let api = client_of(hub).token(ADA).cache_dir(cache.path()).attempt_layer(recorder.layer());
    (api.build().unwrap(), recorder)
}

#[tokio::test]
async fn a_branch_is_resolved_once_and_noted_for_the_time_without_the_hub() {
    let (hub, cache) = (hub(), tempfile::tempdir().unwrap());
    let commit = ada(&hub).upload_file(&b"one"[..], "a", "ada/demo").await.unwrap().oid;
    let (api, recorder) = with_cache(&hub, &cache);
    let main = api.resolve_revision("ada/demo").await.unwrap();
    assert_eq!((main.commit.as_str(), main.to_string()), (commit.as_str(), "main".to_owned()));
    let noted = cache.path().join("models--ada--demo/refs/main");
    assert_eq!(fs::read_to_string(noted).unwrap(), commit);

    // What follows is of that commit, whatever becomes of the branch.
    ada(&hub).upload_file(&b"two"[..], "a", "ada/demo").await.unwrap();
    let place = api.hf_hub_download("ada/demo", "a").revision(&main).await.unwrap();
    assert_eq!(fs::read_to_string(place).unwrap(), "one");
    let sent = recorder.requests().len();
    assert_eq!(api.resolve_revision("ada/demo").resolved(&main).await.unwrap(), main);
    let by_id = api.resolve_revision("ada/demo").revision(&commit).await.unwrap();
    assert_eq!((by_id.commit.as_str(), recorder.requests().len()), (commit.as_str(), sent));

    let offline = client_of(&hub).network(NetworkPolicy::Offline).cache_dir(cache.path()).build().unwrap();
    assert_eq!(offline.resolve_revision("ada/demo").await.unwrap().commit, main.commit);
    assert_eq!(api.resolve_revision("ada/demo").local_files_only(true).await.unwrap().commit, main.commit);
    let error = offline.resolve_revision("ada/demo").revision("v1").await.unwrap_err();
    assert!(matches!(error, Error::Download(DownloadError::Unresolved { .. })), "{error}");
    let error = api.resolve_revision("ada/demo").revision("v1").await.unwrap_err();
    assert_eq!(error.kind(), Some(ErrorKind::RevisionNotFound));
}

#[tokio::test]
async fn what_was_resolved_for_one_repository_is_asked_for_again_of_another() {
    let (hub, cache) = (hub(), tempfile::tempdir().unwrap());
    let writer = ada(&hub);
    writer.create_repo("ada/other").await.unwrap();
    let other = writer.upload_file(&b"x"[..], "a", "ada/other").await.unwrap().oid;
    let (api, _) = with_cache(&hub, &cache);
    let main = api.resolve_revision("ada/demo").await.unwrap();
    let found = api.resolve_revision("ada/other").resolved(&main).await.unwrap();
    assert_eq!((found.commit.as_str(), found.initial.as_str()), (other.as_str(), "main"));
}

#[tokio::test]
async fn the_listing_of_a_snapshot_is_read_back_without_a_request() {
    let (hub, cache) = (hub(), tempfile::tempdir().unwrap());
    ada(&hub).upload_file(&b"hello"[..], "d/a.txt", "ada/demo").await.unwrap();
    ada(&hub).upload_file(noise(1, 50_000), "w.bin", "ada/demo").await.unwrap();
    let (api, recorder) = with_cache(&hub, &cache);
    let error = api.get_cached_repo_tree("ada/demo").await.unwrap_err();
    assert!(matches!(error, Error::Download(DownloadError::NoListing { .. })), "{error}");
    api.snapshot_download("ada/demo").await.unwrap();
    let target = tempfile::tempdir().unwrap();
    api.snapshot_download("ada/demo").local_dir(target.path()).await.unwrap();
    let sent = recorder.requests().len();
    let files = api.get_cached_repo_tree("ada/demo").await.unwrap();
    let paths: Vec<&str> = files.iter().map(|file| file.path.as_str()).collect();
    assert_eq!(paths, [".gitattributes", "d/a.txt", "w.bin"]);
    assert_eq!((files[1].size, files[1].oid.as_str()), (5, "b6fc4c620b67d95f953a5c1c1230aaab5db5a1b0"));
    assert_eq!(files[2].lfs.as_ref().map(|lfs| lfs.size), Some(50_000));
    let in_folder = api.get_cached_repo_tree("ada/demo").local_dir(target.path()).await.unwrap();
    assert_eq!((in_folder, recorder.requests().len()), (files, sent));
}

#[tokio::test]
async fn names_of_files_are_names_and_each_has_to_be_there() {
    let (hub, cache) = (hub(), tempfile::tempdir().unwrap());
    for path in ["data[v1]/f.txt", "datav/f.txt", "weights/a.bin", "weights/d/b.bin", "weights2/c.bin"] {
        ada(&hub).upload_file(path.as_bytes().to_vec(), path, "ada/demo").await.unwrap();
    }
    let (api, recorder) = with_cache(&hub, &cache);
    let missing = api.snapshot_download("ada/demo").names(["weights/a.bin", "no.txt", "none/"]).await;
    let Err(Error::Download(DownloadError::NotInRevision { missing, .. })) = missing else {
        panic!("{missing:?}")
    };
    assert_eq!(missing, ["no.txt", "none/"]);
    let fetched = recorder.requests().iter().filter(|one| one.uri.path().contains("/resolve/")).count();
    assert_eq!(fetched, 0, "nothing is fetched");

    let folder = api.snapshot_download("ada/demo").names(["data[v1]/f.txt", "weights/"]).await.unwrap();
    let files: Vec<String> = files_in(&folder).into_keys().collect();
    assert_eq!(files, ["data[v1]/f.txt", "weights/a.bin", "weights/d/b.bin"]);
    let offline = client_of(&hub).network(NetworkPolicy::Offline).cache_dir(cache.path()).build().unwrap();
    assert_eq!(offline.snapshot_download("ada/demo").names(["weights/"]).await.unwrap(), folder);
    let error = offline.snapshot_download("ada/demo").names(["weights2/c.bin"]).await.unwrap_err();
    assert!(error.to_string().contains("weights2/c.bin is missing"), "{error}");
}

#[tokio::test]
async fn assets_have_a_folder_of_their_own() {
    let (hub, assets) = (hub(), tempfile::tempdir().unwrap());
    let api = client_of(&hub).assets_dir(assets.path()).build().unwrap();
    let place =
        api.cached_assets_path("datasets").namespace("ada/squad").subfolder("extracted").await.unwrap();
    assert!(place.is_dir() && place == assets.path().join("datasets/ada--squad/extracted"));
    let place = api.cached_assets_path("datasets").await.unwrap();
    assert_eq!(place, assets.path().join("datasets/default/default"));
    let error = client_of(&hub).build().unwrap().cached_assets_path("datasets").await.unwrap_err();
    assert!(error.is_invalid_input() && error.to_string().contains("assets_dir"), "{error}");
}

#[tokio::test]
async fn a_missing_branch_is_made_for_an_upload_that_can_be_made_and_for_no_other() {
    let hub = hub();
    let api = ada(&hub);
    let branches = async || {
        let refs = api.list_repo_refs("ada/demo").await.unwrap();
        refs.branches.into_iter().map(|branch| branch.name).collect::<Vec<_>>()
    };
    let nowhere = std::path::Path::new("/no/such/file");
    let call = api.upload_file(nowhere, "a", "ada/demo").revision("dev").create_missing_branch(true);
    call.await.unwrap_err();
    assert_eq!(branches().await, ["main"]);
    api.upload_file(&b"x"[..], "a", "ada/demo").revision("dev").await.unwrap_err();
    let plan = api.upload_file(&b"x"[..], "a", "ada/demo").revision("dev").create_missing_branch(true).plan();
    assert_eq!(plan.await.unwrap().totals().add, 1);
    assert_eq!(branches().await, ["main"], "a plan makes nothing");
    for content in [&b"x"[..], &b"y"[..]] {
        let call = api.upload_file(content.to_vec(), "a", "ada/demo").revision("dev");
        call.create_missing_branch(true).await.unwrap();
    }
    let mut found = branches().await;
    found.sort_unstable();
    assert_eq!(found, ["dev", "main"]);
    assert!(api.file_exists("ada/demo", "a").revision("dev").await.unwrap());
    assert!(!api.file_exists("ada/demo", "a").await.unwrap());
}
