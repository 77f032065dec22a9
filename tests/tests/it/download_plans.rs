//! Downloads that are looked at before they are made.

use std::fs;

use hub_api::ErrorKind;
use hub_tests::{ADA, ada, client_of, hub, noise};
use serde_json::json;

#[tokio::test]
async fn a_plan_says_what_the_download_then_does_and_writes_nothing() {
    let hub = hub();
    let writer = ada(&hub);
    writer.upload_file(&b"hello"[..], "d/a.txt", "ada/demo").await.unwrap();
    let commit = writer.upload_file(noise(1, 50_000), "w.bin", "ada/demo").await.unwrap().oid;
    let home = tempfile::tempdir().unwrap();
    let cache = home.path().join("cache");
    let api = client_of(&hub).token(ADA).cache_dir(&cache).build().unwrap();

    let snapshot = || api.snapshot_download("ada/demo").ignore_patterns([".git*"]);
    let before = snapshot().plan().await.unwrap();
    assert!(before.iter().all(|file| file.will_download && !file.is_cached), "{before:?}");
    let paths: Vec<_> = before.iter().map(|file| (file.path.as_str(), file.size)).collect();
    assert_eq!(paths, [("d/a.txt", 5), ("w.bin", 50_000)]);
    assert!(!cache.exists(), "nothing is written");

    let place = api.hf_hub_download("ada/demo", "w.bin").await.unwrap();
    let one = api.hf_hub_download("ada/demo", "w.bin").plan().await.unwrap();
    assert_eq!((one.is_cached, one.will_download, &one.local_path), (true, false, &place));
    let forced = api.hf_hub_download("ada/demo", "w.bin").force_download(true).plan().await.unwrap();
    assert_eq!((forced.is_cached, forced.will_download), (true, true));

    let after = snapshot().plan().await.unwrap();
    let wanted: Vec<_> = after.iter().filter(|file| file.will_download).map(|file| &*file.path).collect();
    assert_eq!(wanted, ["d/a.txt"]);
    let file = json!({"commit_hash": commit, "file_size": 5, "filename": "d/a.txt", "is_cached": false,
                      "local_path": after[0].local_path, "will_download": true});
    assert_eq!(serde_json::to_value(&after[0]).unwrap(), file, "the names are those of Python");
    snapshot().await.unwrap();
    assert!(after.iter().all(|file| file.local_path.is_file()));
}

#[tokio::test]
async fn a_plan_of_a_folder_knows_files_by_their_content() {
    let hub = hub();
    let api = ada(&hub);
    api.upload_file(&b"hello"[..], "a.txt", "ada/demo").await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    for (content, is_here) in [("hello", true), ("HELLO", false), ("other", false), ("hello!", false)] {
        fs::write(folder.path().join("a.txt"), content).unwrap();
        let plan = api.hf_hub_download("ada/demo", "a.txt").local_dir(folder.path()).plan().await.unwrap();
        assert_eq!((plan.is_cached, plan.will_download), (is_here, !is_here), "{content}");
    }
    let plan = api.snapshot_download("ada/demo").local_dir(folder.path()).plan().await.unwrap();
    assert!(plan.iter().all(|file| file.will_download), "{plan:?}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no notes are left");
}

#[tokio::test]
async fn a_plan_of_what_does_not_exist_fails_as_the_download_does() {
    let hub = hub();
    let folder = tempfile::tempdir().unwrap();
    let api = client_of(&hub).token(ADA).cache_dir(folder.path()).build().unwrap();
    let error = api.hf_hub_download("ada/demo", "none").plan().await.unwrap_err();
    assert_eq!(error.kind(), Some(ErrorKind::EntryNotFound));
    let error = api.snapshot_download("ada/none").plan().await.unwrap_err();
    assert_eq!(error.kind(), Some(ErrorKind::RepoNotFound));
    let error = api.snapshot_download("ada/demo").local_files_only(true).plan().await.unwrap_err();
    assert!(error.is_invalid_input(), "{error}");
}
