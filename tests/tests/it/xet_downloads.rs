//! Downloads by Xet from the embedded Hub.

use std::{fs, path::Path};

use hub_api::{
    HfApi, XetPolicy,
    download::{Cache, ContentId},
    transport::testing::Recorder,
};
use hub_server::{EmbeddedHub, Fault, TokenRole};
use hub_tests::{ADA, ada, client_of, hub, noise};
use sha2::Digest;

/// Enough that Xet is worth it.
const SIZE: usize = 17_000_000;
/// Paths of the store's bytes, which carry their own permission.
const BYTES: &str = "/bytes/";

/// A client that knows what it has uploaded, so that only what is new is sent.
fn uploader(hub: &EmbeddedHub, known: &Path) -> HfApi {
    client_of(hub).token(ADA).xet_cache(known).build().unwrap()
}

/// A client whose requests are watched, with a cache of its own.
struct Client {
    api: HfApi,
    recorder: Recorder,
    cache: tempfile::TempDir,
}

impl Client {
    fn new(hub: &EmbeddedHub) -> Self {
        let (recorder, cache) = (Recorder::new(), tempfile::tempdir().unwrap());
        let builder = client_of(hub).token(ADA).cache_dir(cache.path()).attempt_layer(recorder.layer());
        Self { api: builder.build().unwrap(), recorder, cache }
    }

    async fn download(&self) -> Vec<u8> {
        fs::read(self.api.hf_hub_download("ada/demo", "w.bin").await.unwrap()).unwrap()
    }

    /// How many requests with `GET` had this in their path.
    fn gets(&self, text: &str) -> usize {
        let requests = self.recorder.requests();
        requests.iter().filter(|one| one.method == "GET" && one.uri.path().contains(text)).count()
    }

    /// Bytes of xorbs that were asked for.
    fn fetched(&self) -> u64 {
        let len = |range: &str| {
            let (first, last) = range.trim_start_matches("bytes=").split_once('-').unwrap();
            last.parse::<u64>().unwrap() + 1 - first.parse::<u64>().unwrap()
        };
        let requests = self.recorder.requests();
        let bytes = requests.iter().filter(|one| one.uri.path().contains(BYTES));
        bytes
            .map(|one| {
                assert!(!one.has_token(), "a signed URL is its own permission");
                len(one.header("range").unwrap())
            })
            .sum()
    }
}

fn is_whole(cache: &Path, content: &[u8]) -> bool {
    let info = Cache::new(cache).scan().unwrap();
    let file = &info.repos[0].revisions[0].files[0];
    let id = ContentId::from_etag(&hub_types::hex::encode(&sha2::Sha256::digest(content)));
    info.warnings.is_empty() && id.matches_file(&file.blob).unwrap() == Some(true)
}

#[tokio::test]
async fn a_file_comes_by_xet_and_a_new_version_fetches_what_changed() {
    let hub = hub();
    let (old, known) = (noise(1, SIZE), tempfile::tempdir().unwrap());
    let api = uploader(&hub, known.path());
    api.upload_file(old.clone(), "w.bin", "ada/demo").await.unwrap();
    let client = Client::new(&hub);
    assert!(client.download().await == old);
    assert_eq!((client.gets("/resolve/"), client.gets("/xet-read-token/")), (0, 1));
    let first = client.fetched();
    assert!((SIZE as u64..SIZE as u64 + 10_000).contains(&first), "{first}");
    assert!(is_whole(client.cache.path(), &old));

    let mut new = old.clone();
    for place in [1_000_000, 9_000_000] {
        new[place..place + 500].copy_from_slice(&noise(place as u64, 500));
    }
    api.upload_file(new.clone(), "w.bin", "ada/demo").await.unwrap();
    assert!(client.download().await == new);
    assert_eq!(client.gets("/resolve/"), 0);
    let second = client.fetched() - first;
    assert!(second < 600_000, "{second} bytes were fetched for two changes");

    // Without a cache there is nothing to copy from, and in a folder of one's own there is no recipe.
    let other = Client::new(&hub);
    let folder = tempfile::tempdir().unwrap();
    let path = other.api.hf_hub_download("ada/demo", "w.bin").local_dir(folder.path()).await.unwrap();
    assert!(fs::read(path).unwrap() == new);
    assert!(other.fetched() >= SIZE as u64);
}

#[tokio::test]
async fn a_snapshot_comes_by_xet_with_one_token_for_all_files() {
    let hub = hub();
    let content = noise(2, SIZE);
    for name in ["w.bin", "copy.bin"] {
        ada(&hub).upload_file(content.clone(), name, "ada/demo").await.unwrap();
    }
    let client = Client::new(&hub);
    let folder = client.api.snapshot_download("ada/demo").await.unwrap();
    assert!(["w.bin", "copy.bin"].iter().all(|name| fs::read(folder.join(name)).unwrap() == content));
    // The Hub's own small files come by GET.
    assert_eq!((client.gets(".bin"), client.gets("/xet-read-token/")), (0, 1));
}

#[tokio::test]
async fn f97_faults_on_the_way_change_nothing_in_what_arrives() {
    let hub = hub();
    let content = noise(3, SIZE);
    ada(&hub).upload_file(content.clone(), "w.bin", "ada/demo").await.unwrap();
    type Row = (&'static str, fn() -> Fault, bool);
    let faults: [Row; 9] = [
        ("a body that breaks off", || Fault::reset_after(5_000_000).on("GET").path(BYTES), true),
        ("a body that is too short", || Fault::truncate_after(5_000_000).on("GET").path(BYTES), true),
        ("URLs that have expired", || Fault::expire_links().path("/reconstructions/"), true),
        ("a token that has expired", || Fault::expire_links().path("/xet-read-token/"), true),
        ("a token that is refused", || Fault::status(401).path("/reconstructions/"), true),
        ("a response that is lost", || Fault::lose_response().path("/reconstructions/"), true),
        ("a CAS that does not want it", || Fault::status(400).path("/reconstructions/"), false),
        ("a CAS without the second version", || Fault::status(404).path("/v2/reconstructions/"), true),
        ("a Hub that gives no token", || Fault::status(403).path("/xet-read-token/"), false),
    ];
    for (what, fault, by_xet) in faults {
        let client = Client::new(&hub);
        hub.fault(fault());
        assert!(client.download().await == content, "{what}");
        assert_eq!(client.gets("/resolve/") == 0, by_xet, "{what}");
    }
}

#[tokio::test]
async fn who_wants_no_xet_and_a_hub_without_it_use_plain_get() {
    let content = noise(4, SIZE);
    let with = hub();
    ada(&with).upload_file(content.clone(), "w.bin", "ada/demo").await.unwrap();
    let without = EmbeddedHub::temporary().token("ada", ADA, TokenRole::Write).repo("ada/demo").xet(false);
    let without = without.build().unwrap();
    ada(&without).upload_file(content.clone(), "w.bin", "ada/demo").await.unwrap();
    for (hub, policy) in [(&with, XetPolicy::Never), (&without, XetPolicy::Always)] {
        let folder = tempfile::tempdir().unwrap();
        let recorder = Recorder::new();
        let builder = client_of(hub).token(ADA).xet(policy).cache_dir(folder.path());
        let api = builder.attempt_layer(recorder.layer()).build().unwrap();
        let path = api.hf_hub_download("ada/demo", "w.bin").await.unwrap();
        assert!(fs::read(path).unwrap() == content);
        assert!(recorder.requests().iter().all(|one| !one.uri.path().contains("xet")));
    }
}
