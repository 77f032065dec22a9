//! Downloading files: checked, continued, published whole.

use std::fs;

use hub_api::{DownloadError, Error, ErrorKind};
use hub_server::Fault;
use hub_tests::{ada, files_in, folder_with, lfs_hub as hub, noise};

#[tokio::test]
async fn a_single_file_lands_at_its_path() {
    let hub = hub();
    let api = ada(&hub);
    for (name, content) in
        [("d/a.txt", b"hello".to_vec()), ("w.bin", noise(1, 300_000)), ("empty", Vec::new())]
    {
        api.upload_file(content.clone(), name, "ada/demo").await.unwrap();
        let target = tempfile::tempdir().unwrap();
        let path = api.hf_hub_download("ada/demo", name).local_dir(target.path()).await.unwrap();
        assert_eq!(path, target.path().canonicalize().unwrap().join(name));
        assert_eq!(fs::read(path).unwrap(), content);
    }
}

#[tokio::test]
async fn a_revision_that_has_passed_is_still_there() {
    let hub = hub();
    let api = ada(&hub);
    let old = api.upload_file(&b"old"[..], "a", "ada/demo").await.unwrap();
    api.upload_file(&b"new"[..], "a", "ada/demo").await.unwrap();
    let target = tempfile::tempdir().unwrap();
    for (revision, content) in [("main", "new"), (&old.oid[..], "old"), ("main", "new")] {
        let path =
            api.hf_hub_download("ada/demo", "a").revision(revision).local_dir(target.path()).await.unwrap();
        assert_eq!(fs::read_to_string(path).unwrap(), content);
    }
}

#[tokio::test]
async fn f15_a_broken_transfer_is_continued_and_not_started_over() {
    let hub = hub();
    let api = ada(&hub);
    let content = noise(2, 400_000);
    api.upload_file(content.clone(), "w.bin", "ada/demo").await.unwrap();
    hub.fault(Fault::reset_after(150_000).on("GET").path("/info/lfs/objects/").times(1));
    let target = tempfile::tempdir().unwrap();
    let path = api.hf_hub_download("ada/demo", "w.bin").local_dir(target.path()).await.unwrap();
    assert_eq!(fs::read(path).unwrap(), content);
}

#[tokio::test]
async fn an_interrupted_download_is_continued_by_the_next_one() {
    let hub = hub();
    let api = ada(&hub);
    let content = noise(3, 400_000);
    api.upload_file(content.clone(), "w.bin", "ada/demo").await.unwrap();
    let target = tempfile::tempdir().unwrap();
    let download = || api.hf_hub_download("ada/demo", "w.bin").local_dir(target.path());
    // A disk that was left with the beginning of the file, as a killed process leaves it.
    let path = download().await.unwrap();
    let partial = {
        fs::remove_file(&path).unwrap();
        hub.fault(Fault::reset_after(100_000).on("GET").path("/info/lfs/objects/").times(1));
        hub.fault(Fault::status(404).on("GET").path("/info/lfs/objects/").times(1));
        download().await.unwrap_err();
        assert!(!path.exists(), "nothing is published before it is complete");
        let notes = target.path().join(".cache/huggingface/download");
        let partial = fs::read_dir(notes)
            .unwrap()
            .map(|e| e.unwrap().path())
            .find(|p| p.extension().is_some_and(|e| e == "incomplete"));
        partial.unwrap()
    };
    let kept = fs::metadata(&partial).unwrap().len();
    assert!(kept > 0 && kept < 400_000, "{kept}");
    assert_eq!(fs::read(download().await.unwrap()).unwrap(), content);
    assert!(!partial.exists());
}

#[tokio::test]
async fn f95_wrong_bytes_of_the_right_length_are_never_published() {
    let hub = hub();
    let api = ada(&hub);
    api.upload_file(noise(4, 50_000), "w.bin", "ada/demo").await.unwrap();
    // Rot on the server's disk: the object has another content than its name says.
    let object = find(hub.dir(), 50_000);
    fs::write(&object, noise(5, 50_000)).unwrap();
    let target = tempfile::tempdir().unwrap();
    let error = api.hf_hub_download("ada/demo", "w.bin").local_dir(target.path()).await.unwrap_err();
    assert!(matches!(error, Error::Download(DownloadError::HashMismatch { .. })), "{error}");
    assert!(!target.path().join("w.bin").exists());
}

fn find(dir: &std::path::Path, size: u64) -> std::path::PathBuf {
    let mut folders = vec![dir.join("lfs")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            match entry.metadata().unwrap() {
                metadata if metadata.is_dir() => folders.push(entry.path()),
                metadata if metadata.len() == size => return entry.path(),
                _ => {}
            }
        }
    }
    panic!("no object of {size} bytes");
}

#[tokio::test]
async fn files_that_are_there_are_not_fetched_again() {
    let hub = hub();
    let api = ada(&hub);
    let folder = folder_with(&[("a.txt", b"hello"), ("w.bin", &noise(6, 50_000))]);
    api.upload_folder("ada/demo", folder.path()).await.unwrap();
    let target = tempfile::tempdir().unwrap();
    api.snapshot_download("ada/demo").local_dir(target.path()).await.unwrap();
    // From now on no content can be had: only what is there already can satisfy the second download.
    hub.fault(Fault::status(404).on("GET").path("/resolve/").times(1000));
    api.snapshot_download("ada/demo").local_dir(target.path()).await.unwrap();
    let changed = fs::File::create(target.path().join("a.txt")).unwrap();
    changed.set_modified(std::time::SystemTime::now() + std::time::Duration::from_secs(60)).unwrap();
    api.snapshot_download("ada/demo").local_dir(target.path()).await.unwrap_err();
}

#[tokio::test]
async fn patterns_choose_what_is_downloaded() {
    let hub = hub();
    let api = ada(&hub);
    let folder = folder_with(&[("a.txt", b"1"), ("b/c.txt", b"2"), ("b/d.log", b"3")]);
    api.upload_folder("ada/demo", folder.path()).await.unwrap();
    let target = tempfile::tempdir().unwrap();
    let download = api.snapshot_download("ada/demo").local_dir(target.path()).allow_patterns(["*.txt"]);
    download.ignore_patterns(["a*"]).await.unwrap();
    assert_eq!(files_in(target.path()).into_keys().collect::<Vec<_>>(), ["b/c.txt"]);
}

#[tokio::test]
async fn what_is_not_there_is_named() {
    let hub = hub();
    let api = ada(&hub);
    let target = tempfile::tempdir().unwrap();
    let download = |repo: &str, file: &str| api.hf_hub_download(repo, file).local_dir(target.path());
    let cases = [
        (download("ada/none", "a").await, ErrorKind::RepoNotFound),
        (download("ada/demo", "a").await, ErrorKind::EntryNotFound),
        (download("ada/demo", "a").revision("v9").await, ErrorKind::RevisionNotFound),
    ];
    for (outcome, kind) in cases {
        assert_eq!(outcome.unwrap_err().kind(), Some(kind));
    }
    assert_eq!(files_in(target.path()).len(), 0);
}

#[tokio::test]
async fn f89_a_progress_callback_that_panics_breaks_no_download() {
    let hub = hub();
    let api = ada(&hub);
    api.upload_file(noise(1, 50_000), "w.bin", "ada/demo").await.unwrap();
    let target = tempfile::tempdir().unwrap();
    let panics = |_: &hub_api::types::progress::Event<'_>| panic!("a mistake of the caller");
    api.snapshot_download("ada/demo").local_dir(target.path()).progress(panics).await.unwrap();
    let file = api.hf_hub_download("ada/demo", "w.bin").local_dir(target.path()).force_download(true);
    let place = file.progress(panics).await.unwrap();
    assert!(std::fs::read(place).unwrap() == noise(1, 50_000));
}
