//! Checking what was downloaded, and mending it.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use hub_api::{
    DownloadError, Error, HfApi, download::Verification, transport::testing::Recorder, types::progress::Event,
};
use hub_server::{EmbeddedHub, Fault};
use hub_tests::{ADA, ada, client_of, files_in, hub, noise};

const SMALL: &str = "b6fc4c620b67d95f953a5c1c1230aaab5db5a1b0";

/// A Hub with three files, and a client with all of them in its cache.
async fn downloaded() -> (EmbeddedHub, HfApi, tempfile::TempDir, PathBuf) {
    let hub = hub();
    let writer = ada(&hub);
    for (path, content) in
        [("a.txt", b"hello".to_vec()), ("d/b.txt", b"2".to_vec()), ("w.bin", noise(1, 200_000))]
    {
        writer.upload_file(content, path, "ada/demo").await.unwrap();
    }
    let folder = tempfile::tempdir().unwrap();
    let api = client_of(&hub).token(ADA).cache_dir(folder.path()).build().unwrap();
    let snapshot = api.snapshot_download("ada/demo").await.unwrap();
    (hub, api, folder, snapshot)
}

/// Changes one byte of a file, wherever its link leads.
fn spoil(place: &Path) {
    let mut content = fs::read(place).unwrap();
    content[0] ^= 1;
    fs::write(place, content).unwrap();
}

fn paths(found: &Verification) -> Vec<&str> {
    found.mismatches.iter().map(|mismatch| mismatch.path.as_str()).collect()
}

#[tokio::test]
async fn what_was_downloaded_is_right() {
    let (hub, api, _folder, snapshot) = downloaded().await;
    let commit = ada(&hub).model_info("ada/demo").await.unwrap().sha.unwrap();
    ada(&hub).upload_file(&b"new"[..], "new", "ada/demo").await.unwrap();
    let found = api.verify_repo_checksums("ada/demo").await.unwrap();
    assert!(found.is_ok() && found.missing.is_empty() && found.extra.is_empty(), "{found:?}");
    assert_eq!((found.checked, &found.commit, &found.folder), (4, &commit, &snapshot));

    let target = tempfile::tempdir().unwrap();
    api.snapshot_download("ada/demo").local_dir(target.path()).await.unwrap();
    let found = api.verify_repo_checksums("ada/demo").local_dir(target.path()).await.unwrap();
    assert!(found.is_ok() && found.missing.is_empty() && found.extra.is_empty(), "{found:?}");
    assert_eq!(found.checked, 5, "a folder is compared with what the branch is now");
}

#[tokio::test]
async fn wrong_missing_and_extra_files_are_told_apart() {
    let (_hub, api, _folder, snapshot) = downloaded().await;
    spoil(&snapshot.join("a.txt"));
    spoil(&snapshot.join("w.bin"));
    fs::remove_file(snapshot.join("d/b.txt")).unwrap();
    fs::write(snapshot.join("d/extra"), "x").unwrap();
    let found = api.verify_repo_checksums("ada/demo").await.unwrap();
    assert_eq!((paths(&found), found.checked), (vec!["a.txt", "w.bin"], 3));
    assert_eq!(
        (&found.missing[..], &found.extra[..]),
        (&["d/b.txt".to_owned()][..], &["d/extra".to_owned()][..])
    );
    assert_eq!((found.mismatches[0].expected.as_str(), found.mismatches[0].algorithm), (SMALL, "git-sha1"));
    assert_eq!(found.mismatches[1].algorithm, "sha256");
    assert_ne!(found.mismatches[0].actual, SMALL);
    assert!(!found.is_ok() && found.repaired.is_empty());
    let text = serde_json::to_value(&found).unwrap();
    assert_eq!((&text["missing_paths"][0], &text["checked_count"]), (&"d/b.txt".into(), &3.into()));
}

#[tokio::test]
async fn a_repair_fetches_what_is_wrong_or_missing_and_nothing_else() {
    let (hub, _, folder, snapshot) = downloaded().await;
    let recorder = Recorder::new();
    let api = client_of(&hub).token(ADA).cache_dir(folder.path()).attempt_layer(recorder.layer());
    let api = api.build().unwrap();
    let right = files_in(&snapshot);
    spoil(&snapshot.join("w.bin"));
    fs::remove_file(snapshot.join("d/b.txt")).unwrap();
    let found = api.verify_repo_checksums("ada/demo").repair(true).await.unwrap();
    assert!(found.is_ok() && found.missing.is_empty(), "{found:?}");
    assert_eq!(found.repaired, ["d/b.txt", "w.bin"]);
    assert_eq!(files_in(&snapshot), right);
    let asked: Vec<_> = recorder.requests().iter().map(|request| request.line()).collect();
    assert!(!asked.iter().any(|line| line.ends_with("/a.txt")), "{asked:?}");
    assert!(api.verify_repo_checksums("ada/demo").await.unwrap().is_ok());
}

#[tokio::test]
async fn a_wrong_content_does_not_survive_a_repair_that_fails() {
    let (hub, api, folder, snapshot) = downloaded().await;
    let blob = snapshot.join("a.txt").canonicalize().unwrap();
    assert_eq!(blob.file_name().unwrap(), SMALL);
    spoil(&blob);
    hub.fault(Fault::status(404).on("GET").path("/resolve/").times(100));
    api.verify_repo_checksums("ada/demo").repair(true).await.unwrap_err();
    assert!(!blob.exists(), "nobody takes it for the right one");
    drop(folder);
}

#[tokio::test]
async fn a_link_to_another_content_is_mended_and_that_content_stays() {
    let (_hub, api, _folder, snapshot) = downloaded().await;
    let other = fs::read_link(snapshot.join("w.bin")).unwrap();
    fs::remove_file(snapshot.join("a.txt")).unwrap();
    std::os::unix::fs::symlink(other, snapshot.join("a.txt")).unwrap();
    let found = api.verify_repo_checksums("ada/demo").await.unwrap();
    assert_eq!(paths(&found), ["a.txt"]);
    let found = api.verify_repo_checksums("ada/demo").repair(true).await.unwrap();
    assert!(found.is_ok() && found.missing.is_empty(), "{found:?}");
    assert_eq!(fs::read_to_string(snapshot.join("a.txt")).unwrap(), "hello");
    assert_eq!(fs::read(snapshot.join("w.bin")).unwrap(), noise(1, 200_000));
}

#[tokio::test]
async fn a_link_that_leads_out_of_the_cache_is_no_file_of_the_repository() {
    let (_hub, api, _folder, snapshot) = downloaded().await;
    let outside = tempfile::NamedTempFile::new().unwrap();
    fs::write(outside.path(), "hello").unwrap();
    fs::remove_file(snapshot.join("a.txt")).unwrap();
    std::os::unix::fs::symlink(outside.path(), snapshot.join("a.txt")).unwrap();
    assert_eq!(api.verify_repo_checksums("ada/demo").await.unwrap().missing, ["a.txt"]);
    let found = api.verify_repo_checksums("ada/demo").repair(true).await.unwrap();
    assert_eq!((found.repaired, found.missing.len()), (vec!["a.txt".to_owned()], 0));
    assert_eq!(fs::read_to_string(outside.path()).unwrap(), "hello");
}

#[tokio::test]
async fn a_folder_is_mended_and_what_is_not_the_repositorys_stays() {
    let (_hub, api, _folder, _) = downloaded().await;
    let target = tempfile::tempdir().unwrap();
    api.snapshot_download("ada/demo").local_dir(target.path()).await.unwrap();
    let right = files_in(target.path());
    spoil(&target.path().join("a.txt"));
    fs::remove_file(target.path().join("w.bin")).unwrap();
    fs::write(target.path().join("mine"), "x").unwrap();
    let verify = || api.verify_repo_checksums("ada/demo").local_dir(target.path());
    let found = verify().await.unwrap();
    assert_eq!((paths(&found), &found.missing[..]), (vec!["a.txt"], &["w.bin".to_owned()][..]));
    assert_eq!(found.extra, ["mine"], "the notes of the download are not counted");
    let found = verify().repair(true).await.unwrap();
    assert_eq!((found.repaired.len(), found.is_ok(), found.extra.len()), (2, true, 1));
    fs::remove_file(target.path().join("mine")).unwrap();
    assert_eq!(files_in(target.path()), right);
}

#[tokio::test]
async fn a_wrong_listing_in_the_cache_is_not_believed_and_is_mended() {
    let (_hub, api, folder, snapshot) = downloaded().await;
    let commit = snapshot.file_name().unwrap().to_str().unwrap();
    let listing = folder.path().join(format!("models--ada--demo/trees/{commit}.json"));
    let text = fs::read_to_string(&listing).unwrap();
    fs::write(&listing, text.replace(SMALL, &"0".repeat(40))).unwrap();
    spoil(&snapshot.join("a.txt"));
    let found = api.verify_repo_checksums("ada/demo").repair(true).await.unwrap();
    assert_eq!((found.is_ok(), found.repaired), (true, vec!["a.txt".to_owned()]));
    assert_eq!(fs::read_to_string(snapshot.join("a.txt")).unwrap(), "hello");
    assert_eq!(fs::read_to_string(&listing).unwrap(), text);
}

#[tokio::test]
async fn what_was_never_downloaded_cannot_be_verified() {
    let (_hub, api, _folder, _) = downloaded().await;
    let error = api.verify_repo_checksums("ada/demo").revision("other").await.unwrap_err();
    assert!(matches!(error, Error::Download(DownloadError::LocalEntryNotFound { .. })), "{error}");
}

#[tokio::test]
async fn a_check_says_how_far_each_file_is_and_a_repair_what_it_fetches() {
    let (_hub, api, _folder, snapshot) = downloaded().await;
    let verify = async |repair: bool| {
        let heard = Arc::new(Mutex::new(Vec::new()));
        let told = Arc::clone(&heard);
        let call = api.verify_repo_checksums("ada/demo").repair(repair).progress(move |event: &Event<'_>| {
            told.lock().unwrap().push(match event {
                Event::Started { files, bytes } => format!("{files} files, {bytes} bytes"),
                Event::File { phase, path, position, total } => {
                    format!("{phase:?} {path} {position}/{total}")
                }
                other => format!("{other:?}"),
            });
        });
        call.await.unwrap();
        let heard = heard.lock().unwrap();
        heard.clone()
    };
    let sizes = [("a.txt", 5), ("d/b.txt", 1), ("w.bin", 200_000)];
    let attributes = fs::read(snapshot.join(".gitattributes")).unwrap().len();
    let heard = verify(false).await;
    assert_eq!(heard[0], format!("4 files, {} bytes", 200_006 + attributes));
    for (path, size) in sizes {
        let last = heard.iter().rfind(|line| line.contains(path)).unwrap();
        assert_eq!(*last, format!("Hashing {path} {size}/{size}"));
    }
    assert_eq!(heard.last().unwrap(), "Finished");

    spoil(&snapshot.join("w.bin"));
    fs::remove_file(snapshot.join("a.txt")).unwrap();
    let heard = verify(true).await;
    let at = |wanted: &str| {
        heard.iter().position(|line| line == wanted).unwrap_or_else(|| panic!("{wanted}: {heard:?}"))
    };
    let repair = at("2 files, 200005 bytes");
    assert!(at("Hashing a.txt 5/5") < repair, "a missing file is done at once");
    assert!(repair < at("Downloading w.bin 200000/200000"), "{heard:?}");
    assert_eq!(heard.last().unwrap(), "Finished");
    assert_eq!(heard.iter().filter(|line| *line == "Finished").count(), 1);
}
