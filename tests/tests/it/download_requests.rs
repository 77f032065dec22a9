//! How many requests downloads need.

use std::fs;

use hub_api::{HfApi, download::Parts, transport::testing::Recorder};
use hub_server::{EmbeddedHub, Fault};
use hub_tests::{ADA, ada, client_of, folder_with, lfs_hub as hub, noise};

struct Watched {
    api: HfApi,
    recorder: Recorder,
    seen: usize,
    folder: tempfile::TempDir,
}

impl Watched {
    fn new(hub: &EmbeddedHub) -> Self {
        let (recorder, folder) = (Recorder::new(), tempfile::tempdir().unwrap());
        let client = client_of(hub).token(ADA).cache_dir(folder.path());
        let api = client.attempt_layer(recorder.layer()).build().unwrap();
        Self { api, recorder, seen: 0, folder }
    }

    /// The requests since the last time that this was asked: methods and paths.
    fn sent(&mut self) -> Vec<String> {
        let requests = self.recorder.requests();
        let lines = requests.iter().skip(self.seen).map(|one| format!("{} {}", one.method, one.uri.path()));
        let lines = lines.collect();
        self.seen = requests.len();
        lines
    }
}

#[tokio::test]
async fn a_file_costs_one_head_and_one_get_and_a_pinned_one_that_is_here_nothing() {
    let hub = hub();
    let commit = ada(&hub).upload_file(&b"hello"[..], "a.txt", "ada/demo").await.unwrap().oid;
    let mut watched = Watched::new(&hub);
    watched.api.hf_hub_download("ada/demo", "a.txt").await.unwrap();
    let head = "HEAD /ada/demo/resolve/main/a.txt".to_owned();
    assert_eq!(watched.sent(), [head.clone(), format!("GET /ada/demo/resolve/{commit}/a.txt")]);
    watched.api.hf_hub_download("ada/demo", "a.txt").await.unwrap();
    assert_eq!(watched.sent(), [head]);
    watched.api.hf_hub_download("ada/demo", "a.txt").revision(&commit).await.unwrap();
    assert_eq!(watched.sent(), [""; 0]);
}

#[tokio::test]
async fn a_snapshot_costs_one_listing_and_one_get_for_each_file() {
    let hub = hub();
    let names: Vec<String> = (0..30).map(|turn| format!("d{}/{turn}.txt", turn % 3)).collect();
    let files: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), name.as_bytes())).collect();
    let source = folder_with(&files);
    let first = ada(&hub).upload_folder("ada/demo", source.path()).await.unwrap().oid;
    let mut watched = Watched::new(&hub);
    let snapshot = || watched.api.snapshot_download("ada/demo").allow_patterns(["*.txt"]);

    let place = snapshot().await.unwrap();
    for name in &names {
        assert_eq!(&fs::read_to_string(place.join(name)).unwrap(), name);
    }
    let again = snapshot().await.unwrap();
    let pinned = snapshot().revision(&first).await.unwrap();
    assert!(again == place && pinned == place);

    let mut sent = watched.sent();
    let info = "GET /api/models/ada/demo/revision/main".to_owned();
    assert_eq!(sent.pop().as_ref(), Some(&info), "a snapshot that is here costs one question; pinned none");
    assert_eq!(sent[..2], [info.clone(), format!("GET /api/models/ada/demo/tree/{first}")]);
    let mut gets = sent.split_off(2);
    let mut expected: Vec<_> =
        names.iter().map(|name| format!("GET /ada/demo/resolve/{first}/{name}")).collect();
    gets.sort_unstable();
    expected.sort_unstable();
    assert_eq!(gets, expected);

    let second = ada(&hub).upload_file(&b"new"[..], "d0/0.txt", "ada/demo").await.unwrap().oid;
    watched.api.snapshot_download("ada/demo").allow_patterns(["*.txt"]).await.unwrap();
    let expected = [
        info,
        format!("GET /api/models/ada/demo/tree/{second}"),
        format!("GET /ada/demo/resolve/{second}/d0/0.txt"),
    ];
    assert_eq!(watched.sent(), expected, "only what changed is fetched");
}

#[tokio::test]
async fn the_listing_is_kept_in_the_form_of_the_python_client_and_a_spoiled_one_is_asked_for_again() {
    let hub = hub();
    let source = folder_with(&[("a.txt", b"hello"), ("w.bin", &noise(1, 9_000))]);
    let commit = ada(&hub).upload_folder("ada/demo", source.path()).await.unwrap().oid;
    let mut watched = Watched::new(&hub);
    let snapshot = || watched.api.snapshot_download("ada/demo").revision(&commit);
    snapshot().await.unwrap();

    let kept = watched.folder.path().join(format!("models--ada--demo/trees/{commit}.json"));
    let tree: serde_json::Value = serde_json::from_slice(&fs::read(&kept).unwrap()).unwrap();
    assert_eq!(tree["format_version"], 1);
    let text = &tree["files"]["a.txt"];
    assert!(text["size"] == 5 && text.get("lfs_sha256").is_none(), "{text}");
    assert_eq!(text["blob_id"], "b6fc4c620b67d95f953a5c1c1230aaab5db5a1b0");
    let large = &tree["files"]["w.bin"];
    assert!(large["lfs_size"] == 9_000 && large["lfs_sha256"].as_str().unwrap().len() == 64, "{large}");

    let hostile = r#"{"format_version":1,"files":{"../x":{"size":1,"blob_id":"b6fc4c620b67d95f953a5c1c1230aaab5db5a1b0"}}}"#;
    for spoiled in ["", "{", r#"{"format_version":2,"files":{}}"#, hostile] {
        fs::write(&kept, spoiled).unwrap();
        snapshot().await.unwrap();
        assert_eq!(serde_json::from_slice::<serde_json::Value>(&fs::read(&kept).unwrap()).unwrap(), tree);
    }
    fs::remove_file(&kept).unwrap();
    drop(watched.sent());

    let folder = tempfile::tempdir().unwrap();
    for requests in [4, 0] {
        watched.api.snapshot_download("ada/demo").revision(&commit).local_dir(folder.path()).await.unwrap();
        let sent = watched.sent();
        assert_eq!(sent.iter().filter(|line| !line.contains("/info/lfs/")).count(), requests, "{sent:?}");
    }
    assert!(folder.path().join(format!(".cache/huggingface/trees/{commit}.json")).is_file());
}

#[tokio::test(start_paused = true)]
async fn a_worker_has_four_small_files_under_way_and_a_single_one_only_one() {
    let hub = hub();
    let names: Vec<String> = (0..20).map(|turn| format!("{turn}.txt")).collect();
    let files: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), name.as_bytes())).collect();
    ada(&hub).upload_folder("ada/demo", folder_with(&files).path()).await.unwrap();
    for (workers, at_once) in [(1, 1), (2, 8)] {
        let (hold, held) = Fault::hold();
        hub.fault(hold.on("GET").path("/resolve/").times(at_once + 1));
        let (api, folder) = (ada(&hub), tempfile::tempdir().unwrap());
        let target = folder.path().to_owned();
        let call = api.snapshot_download("ada/demo").local_dir(target).max_workers(workers);
        let download = tokio::spawn(call.into_future());
        for _ in 0..at_once {
            held.reached().await;
        }
        // Time passes only when nobody has anything to do.
        let one_more = tokio::time::timeout(std::time::Duration::from_millis(100), held.reached()).await;
        assert!(one_more.is_err(), "more than {at_once} at once");
        held.release();
        download.await.unwrap().unwrap();
        assert_eq!(hub_tests::files_in(folder.path()).len(), names.len() + 1);
    }
}

#[tokio::test]
async fn a_large_file_is_divided_only_where_more_than_one_connection_is_allowed() {
    let hub = hub();
    let content = noise(5, 3_000_000);
    ada(&hub).upload_file(content.clone(), "w.bin", "ada/demo").await.unwrap();
    for (connections, divided) in [(1, false), (4, true)] {
        let mut watched = Watched::new(&hub);
        let parts = Parts::new().connections(connections).bytes(64 * 1024);
        let path = watched.api.hf_hub_download("ada/demo", "w.bin").parts(parts).await.unwrap();
        assert!(fs::read(path).unwrap() == content);
        let transfers = watched.sent().iter().filter(|line| line.contains("/info/lfs/objects/")).count();
        assert_eq!(transfers > 2, divided, "{transfers}");
        assert!(divided || transfers == 1);
    }
}
