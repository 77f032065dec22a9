//! Uploads by Xet to the embedded Hub.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use hub_api::{
    HfApi, XetPolicy,
    transport::{Body, testing::Recorder},
};
use hub_server::{EmbeddedHub, Fault};
use hub_tests::{ADA, client_of, files_in, folder_with, hub, noise};

const SIZE: usize = 3_000_000;

/// A client, what it requests, and how many bytes of xorbs it has sent.
struct Watched {
    api: HfApi,
    recorder: Recorder,
    sent: Arc<AtomicU64>,
}

impl Watched {
    /// A client with a folder for what it knows.
    fn new(hub: &EmbeddedHub, known: &std::path::Path, policy: XetPolicy) -> Self {
        let (recorder, sent) = (Recorder::new(), Arc::new(AtomicU64::new(0)));
        let counter = Arc::clone(&sent);
        let count = tower::util::MapRequestLayer::new(move |request: http::Request<Body>| {
            if request.uri().path().contains("/xorbs/") {
                let length = http_body::Body::size_hint(request.body()).exact().unwrap();
                counter.fetch_add(length, Ordering::SeqCst);
            }
            request
        });
        let api = client_of(hub).token(ADA).xet(policy).xet_cache(known);
        let api = api.attempt_layer(count).attempt_layer(recorder.layer()).build().unwrap();
        Self { api, recorder, sent }
    }

    /// Bytes of xorbs since the last time.
    fn sent(&self) -> u64 {
        self.sent.swap(0, Ordering::SeqCst)
    }

    fn count(&self, part: &str) -> usize {
        self.recorder.requests().iter().filter(|request| request.uri.to_string().contains(part)).count()
    }
}

async fn is_there(api: &HfApi, path: &str, content: &[u8]) {
    let target = tempfile::tempdir().unwrap();
    let file = api.hf_hub_download("ada/demo", path).local_dir(target.path()).await.unwrap();
    assert!(std::fs::read(file).unwrap() == content, "{path}");
}

#[tokio::test]
async fn a_folder_goes_by_xet_and_comes_back_by_any_way() {
    let (hub, known) = (hub(), tempfile::tempdir().unwrap());
    let client = Watched::new(&hub, known.path(), XetPolicy::Auto);
    let (a, b) = (noise(1, SIZE), noise(2, 100_000));
    let folder = folder_with(&[
        ("a.bin", &a),
        ("sub/b.bin", &b),
        ("zeros.bin", &[0; 500_000]),
        ("small.txt", b"hello"),
    ]);
    client.api.upload_folder("ada/demo", folder.path()).await.unwrap();
    assert_eq!([client.count("/objects/batch"), client.count("/xorbs/"), client.count("/shards")], [0, 1, 1]);
    for policy in [XetPolicy::Never, XetPolicy::Always] {
        let reader = Watched::new(&hub, known.path(), policy);
        let target = tempfile::tempdir().unwrap();
        reader.api.snapshot_download("ada/demo").local_dir(target.path()).await.unwrap();
        let mut files = files_in(target.path());
        files.remove(".gitattributes");
        assert_eq!(files, files_in(folder.path()));
    }
    assert!(!client.api.upload_folder("ada/demo", folder.path()).await.unwrap().created);
}

#[tokio::test]
async fn of_a_new_version_what_changed_is_sent_whoever_uploads_it() {
    let (hub, known) = (hub(), tempfile::tempdir().unwrap());
    let first = noise(3, SIZE);
    let mut second = first.clone();
    second.splice(1_000_000..1_000_020, noise(4, 5000));
    let client = Watched::new(&hub, known.path(), XetPolicy::Auto);
    client.api.upload_file(first.clone(), "w.bin", "ada/demo").await.unwrap();
    assert!(client.sent() >= SIZE as u64);
    client.api.upload_file(second.clone(), "w.bin", "ada/demo").await.unwrap();
    let sent = client.sent();
    assert!(sent < 400_000, "{sent}");
    is_there(&client.api, "w.bin", &second).await;

    // Somebody who knows nothing asks the Hub.
    let elsewhere = tempfile::tempdir().unwrap();
    let other = Watched::new(&hub, elsewhere.path(), XetPolicy::Auto);
    let third = [&second[..], b"more"].concat();
    other.api.upload_file(third.clone(), "copy.bin", "ada/demo").await.unwrap();
    let sent = other.sent();
    assert!(sent < 400_000 && other.count("/chunks/") > 0, "{sent}");
    is_there(&other.api, "copy.bin", &third).await;
}

#[tokio::test]
async fn what_is_known_of_one_hub_is_not_believed_of_another() {
    let known = tempfile::tempdir().unwrap();
    let content = noise(5, SIZE);
    for _ in 0..2 {
        let hub = hub();
        let client = Watched::new(&hub, known.path(), XetPolicy::Auto);
        client.api.upload_file(content.clone(), "w.bin", "ada/demo").await.unwrap();
        assert!(client.sent() >= SIZE as u64);
        is_there(&client.api, "w.bin", &content).await;
    }
}

#[tokio::test]
async fn a_trouble_of_the_moment_costs_a_repetition() {
    for path in ["/xorbs/", "/shards"] {
        let faults = [Fault::status(503), Fault::status(429), Fault::reset_after(0), Fault::status(401)];
        for fault in faults {
            let (hub, known) = (hub(), tempfile::tempdir().unwrap());
            let client = Watched::new(&hub, known.path(), XetPolicy::Auto);
            hub.fault(fault.on("POST").path(path).times(1));
            let content = noise(6, 500_000);
            client.api.upload_file(content.clone(), "w.bin", "ada/demo").await.unwrap();
            is_there(&client.api, "w.bin", &content).await;
            assert_eq!(client.count(path), 2, "{path}");
        }
    }
}

#[tokio::test]
async fn a_pull_request_is_uploaded_to_by_xet() {
    let (hub, known) = (hub(), tempfile::tempdir().unwrap());
    let bob = client_of(&hub).token(hub_tests::BOB).xet_cache(known.path()).build().unwrap();
    let content = noise(7, 500_000);
    let commit = bob.upload_file(content.clone(), "w.bin", "ada/demo").create_pr(true).await.unwrap();
    let target = tempfile::tempdir().unwrap();
    let download = bob.hf_hub_download("ada/demo", "w.bin").revision(&commit.oid).local_dir(target.path());
    assert!(std::fs::read(download.await.unwrap()).unwrap() == content);
}
