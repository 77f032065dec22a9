//! The contents that repositories of a cache share, from the first download to the last deletion.

use std::{
    fs,
    path::{Path, PathBuf},
};

use hub_api::{
    DownloadError, Error, HfApi, NetworkPolicy, RepoRef, RepoType, XetPolicy,
    download::{Cache, CachePart},
    transport::testing::Recorder,
};
use hub_server::EmbeddedHub;
use hub_tests::{ADA, ada, client_of, hub, noise};

const SIZE: usize = 300_000;

/// A Hub on which two repositories have the same large file, and a client that has both in its cache.
struct Scene {
    hub: EmbeddedHub,
    api: HfApi,
    recorder: Recorder,
    cache: tempfile::TempDir,
    content: Vec<u8>,
}

impl Scene {
    async fn new() -> Self {
        let (hub, content) = (hub(), noise(1, SIZE));
        let writer = ada(&hub);
        writer.create_repo("ada/other").await.unwrap();
        for repo in ["ada/demo", "ada/other"] {
            writer.upload_file(content.clone(), "w.bin", repo).await.unwrap();
        }
        let (recorder, cache) = (Recorder::new(), tempfile::tempdir().unwrap());
        let api = client_of(&hub).token(ADA).cache_dir(cache.path()).xet(XetPolicy::Always);
        let api = api.attempt_layer(recorder.layer()).build().unwrap();
        let scene = Self { hub, api, recorder, cache, content };
        for repo in ["ada/demo", "ada/other"] {
            scene.api.snapshot_download(repo).await.unwrap();
        }
        scene
    }

    fn cache(&self) -> Cache {
        Cache::new(self.cache.path())
    }

    /// The one content of the store.
    fn entry(&self) -> PathBuf {
        let [blob] = self.cache().scan().unwrap().shared.try_into().unwrap();
        blob.path
    }

    fn offline(&self) -> HfApi {
        let api = client_of(&self.hub).network(NetworkPolicy::Offline);
        api.cache_dir(self.cache.path()).build().unwrap()
    }
}

fn model(id: &str) -> RepoRef {
    RepoRef::new(RepoType::Model, id.parse().unwrap())
}

fn overwrite(path: &Path, content: &[u8]) {
    fs::remove_file(path).unwrap();
    fs::write(path, content).unwrap();
}

#[tokio::test]
async fn the_second_repository_costs_no_bytes_and_both_are_read_offline() {
    let scene = Scene::new().await;
    let requests = scene.recorder.requests();
    assert_eq!(requests.iter().filter(|one| one.uri.path().contains("/xet-read-token/")).count(), 1);
    for repo in ["ada/demo", "ada/other"] {
        let place = scene.offline().hf_hub_download(repo, "w.bin").await.unwrap();
        assert!(place.starts_with(scene.cache.path()) && fs::read(&place).unwrap() == scene.content);
        let folder = scene.offline().snapshot_download(repo).await.unwrap();
        assert_eq!(folder.join("w.bin"), place);
        let found = scene.api.verify_repo_checksums(repo).await.unwrap();
        assert!(found.is_ok() && found.missing.is_empty() && found.checked == 2, "{found:?}");
    }
}

#[tokio::test]
async fn a_damaged_content_is_found_and_one_repair_mends_all_repositories() {
    let scene = Scene::new().await;
    let (entry, mut wrong) = (scene.entry(), scene.content.clone());
    wrong[77] ^= 1;
    overwrite(&entry, &wrong);
    for repo in ["ada/demo", "ada/other"] {
        let found = scene.api.verify_repo_checksums(repo).await.unwrap();
        assert_eq!(found.mismatches.len(), 1, "{found:?}");
    }
    let lines = || {
        let manifest = fs::read_to_string(entry.with_extension("refs")).unwrap();
        let mut lines: Vec<String> = manifest.lines().map(ToOwned::to_owned).collect();
        lines.sort_unstable();
        lines
    };
    let users = lines();
    assert_eq!(users.len(), 2);
    let found = scene.api.verify_repo_checksums("ada/demo").repair(true).await.unwrap();
    assert_eq!((found.repaired, found.mismatches), (vec!["w.bin".to_owned()], vec![]));
    assert!(fs::read(&entry).unwrap() == scene.content);
    assert_eq!(lines(), users, "each has one line");
    let found = scene.api.verify_repo_checksums("ada/other").await.unwrap();
    assert!(found.is_ok() && found.missing.is_empty(), "{found:?}");
}

#[tokio::test]
async fn a_content_that_is_gone_is_named_offline_and_by_a_check() {
    let scene = Scene::new().await;
    fs::remove_file(scene.entry()).unwrap();
    // Also where no listing tells of the file.
    for listed in [true, false] {
        if !listed {
            fs::remove_dir_all(scene.cache.path().join("models--ada--demo/trees")).unwrap();
        }
        let error = scene.offline().snapshot_download("ada/demo").await.unwrap_err();
        let Error::Download(DownloadError::IncompleteSnapshot { missing, .. }) = &error else {
            panic!("{error:?}")
        };
        assert_eq!(missing, &["w.bin"]);
        let local = scene.api.snapshot_download("ada/demo").local_files_only(true).await.unwrap_err();
        assert!(local.to_string().contains("w.bin is missing"), "{local}");
    }
    let found = scene.api.verify_repo_checksums("ada/other").await.unwrap();
    assert_eq!(found.missing, ["w.bin"]);
    let found = scene.api.verify_repo_checksums("ada/other").repair(true).await.unwrap();
    assert_eq!(found.repaired, ["w.bin"]);
    scene.offline().snapshot_download("ada/demo").await.unwrap();
}

#[tokio::test]
async fn the_content_goes_with_its_last_repository() {
    let scene = Scene::new().await;
    let (cache, entry) = (scene.cache(), scene.entry());
    cache.scan().unwrap().delete([CachePart::Repo(model("ada/demo"))]).execute(&cache).unwrap();
    assert!(entry.exists());
    let place = scene.offline().hf_hub_download("ada/other", "w.bin").await.unwrap();
    assert!(fs::read(place).unwrap() == scene.content);
    let plan = cache.scan().unwrap().delete([CachePart::Repo(model("ada/other"))]);
    assert!(plan.freed >= SIZE as u64);
    plan.execute(&cache).unwrap();
    assert!(!entry.exists());
    assert_eq!(cache.scan().unwrap().size_on_disk, 0);
}

#[tokio::test]
async fn a_client_that_shares_nothing_keeps_its_own_file_and_stays_correct() {
    let scene = Scene::new().await;
    let api = client_of(&scene.hub).token(ADA).cache_dir(scene.cache.path()).shared_blobs(false);
    let api = api.xet(XetPolicy::Always).build().unwrap();
    let place = api.hf_hub_download("ada/demo", "w.bin").force_download(true).await.unwrap();
    let info = scene.cache().scan().unwrap();
    let shared: Vec<bool> = info
        .revisions()
        .flat_map(|(_, revision)| &revision.files)
        .filter(|file| file.path == "w.bin")
        .map(|file| file.shared.is_some())
        .collect();
    assert_eq!(shared, [false, true], "of ada/demo and of ada/other");
    assert!(fs::read(place).unwrap() == scene.content);
    // The line in the manifest that is wrong now keeps nothing.
    let plan = info.delete([CachePart::Repo(model("ada/other"))]);
    plan.execute(&scene.cache()).unwrap();
    assert!(scene.cache().scan().unwrap().shared.is_empty());
}
