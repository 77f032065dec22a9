//! What comes by Xet is kept once for all repositories of a cache.

use std::{fs, path::PathBuf};

use hub_download::{Cache, DownloadOptions, FileRequest, XetPolicy, hf_hub_download};
use hub_transport::testing::reply;
use hub_types::{RepoRef, RepoType};

use crate::{
    server::{COMMIT, Content, Place, described, targets},
    xet_hub::{Asked, Served, XetHub, noise},
};

const SIZE: usize = 1_000_000;

fn in_cache() -> Place {
    targets().next().unwrap()
}

/// The blob of `w.bin` in a repository.
fn blob(place: &Place, repo: &str, content: &Content) -> PathBuf {
    place.folder.path().join(format!("models--ada--{repo}/blobs")).join(&content.id)
}

/// The contents of the store.
fn entries(place: &Place) -> Vec<PathBuf> {
    let shared = Cache::new(place.folder.path()).scan().unwrap().shared;
    shared.into_iter().map(|blob| blob.path).collect()
}

#[tokio::test]
async fn what_one_repository_has_another_takes_without_a_byte() {
    let (content, place) = (Content::of(noise(1, SIZE)), in_cache());
    let hub = XetHub::honest(&content);
    hub.download(&place).await.unwrap();
    let fetched = hub.fetched();
    let found = hub.download_of("ada/other", &place, XetPolicy::Auto).await.unwrap();
    assert!(found == content.bytes);
    assert_eq!((hub.fetched(), hub.gets()), (fetched, vec![]));
    let [entry] = entries(&place).try_into().unwrap();
    for repo in ["demo", "other"] {
        let link = fs::read_link(blob(&place, repo, &content)).unwrap();
        assert_eq!(link.file_name(), entry.file_name());
    }
    let info = Cache::new(place.folder.path()).scan().unwrap();
    assert_eq!(info.warnings, [""; 0]);
    assert_eq!((info.size_on_disk, info.repos[0].size_on_disk), (SIZE as u64, SIZE as u64));
}

#[tokio::test]
async fn a_download_adds_the_line_of_a_link_that_the_manifest_lacks() {
    let (content, place) = (Content::of(noise(7, SIZE)), in_cache());
    let hub = XetHub::honest(&content);
    hub.download(&place).await.unwrap();
    let [entry] = entries(&place).try_into().unwrap();
    let manifest = entry.with_extension("refs");
    let line = fs::read_to_string(&manifest).unwrap();
    assert_eq!(line, format!("models--ada--demo/blobs/{}\n", content.id));
    for there in ["", "models--ada--gone/blobs/x\n", &line] {
        fs::write(&manifest, there).unwrap();
        assert!(hub.download(&place).await.unwrap() == content.bytes);
        let other = there.trim_end_matches(&line);
        assert_eq!(fs::read_to_string(&manifest).unwrap(), format!("{other}{line}"));
    }
    // Also where nothing needs to be asked.
    fs::write(&manifest, "").unwrap();
    let repo = RepoRef::new(RepoType::Model, "ada/demo".parse().unwrap());
    let wanted = FileRequest::new(repo, "w.bin".parse().unwrap(), place.target.clone());
    let wanted = wanted.revision(COMMIT.parse().unwrap());
    let local = wanted.clone().options(DownloadOptions::new().local_files_only(true));
    hf_hub_download(&hub.transport(), local).await.unwrap();
    assert_eq!(fs::read_to_string(&manifest).unwrap(), "", "it only looks");
    hf_hub_download(&hub.transport(), wanted).await.unwrap();
    assert_eq!(fs::read_to_string(&manifest).unwrap(), line);
    assert!(hub.gets().is_empty());
}

#[tokio::test]
async fn switched_off_or_without_xet_each_repository_keeps_its_own() {
    let content = Content::of(noise(2, SIZE));
    let (shared, mut off) = (in_cache(), in_cache());
    let hub = XetHub::honest(&content);
    hub.download(&shared).await.unwrap();
    // What is there is not taken by a client without Xet, nor is anything put there.
    hub.download_of("ada/plain", &shared, XetPolicy::Never).await.unwrap();
    assert_eq!(hub.gets().len(), 1);
    assert!(!blob(&shared, "plain", &content).is_symlink());

    off.options = off.options.clone().shared_blobs(false);
    hub.download(&off).await.unwrap();
    assert!(!blob(&off, "demo", &content).is_symlink() && !off.folder.path().join("blobs").exists());
}

#[tokio::test]
async fn a_hash_that_only_the_hub_says_puts_nothing_where_others_take_it() {
    let (content, place) = (Content::new(300_000), in_cache());
    let head = described(COMMIT, &content.id, content.bytes.len()).header("x-xet-hash", &"ab".repeat(32));
    place.download([head, content.whole()]).await.0.unwrap();
    assert!(!blob(&place, "demo", &content).is_symlink() && entries(&place).is_empty());

    // Also where Xet brings a part, and plain GET the rest.
    let content = Content::of(noise(3, 3_000_000));
    let hub = XetHub::with(&content, |asked, _| match asked {
        Asked::Reconstruction(_, range) if range.start > 1_000_000 => Served::Status(404),
        _ => Served::Honest,
    });
    assert!(hub.download(&place).await.unwrap() == content.bytes);
    assert_eq!(hub.gets().len(), 1);
    assert!(entries(&place).is_empty());
}

#[tokio::test]
async fn a_small_file_is_taken_after_one_question() {
    let (content, place) = (Content::of(noise(4, 50_000)), in_cache());
    // Another client has put it there.
    let hash = "cd".repeat(32);
    let entry = place.folder.path().join("blobs/cd").join(&hash);
    fs::create_dir_all(entry.parent().unwrap()).unwrap();
    fs::write(place.folder.path().join("blobs/.huggingface-shared-blobs"), "1\n").unwrap();
    fs::write(&entry, &content.bytes).unwrap();
    let head = || described(COMMIT, &content.id, content.bytes.len()).header("x-xet-hash", &hash);
    let (found, gets) = place.download([head()]).await;
    assert!(gets.is_empty() && fs::read(found.unwrap()).unwrap() == content.bytes);
    let refs = fs::read_to_string(entry.with_file_name(format!("{hash}.refs"))).unwrap();
    assert_eq!(refs, format!("models--ada--demo/blobs/{}\n", content.id));

    // One of another size is none.
    let other = in_cache();
    let entry = other.folder.path().join("blobs/cd").join(&hash);
    fs::create_dir_all(entry.parent().unwrap()).unwrap();
    fs::write(other.folder.path().join("blobs/.huggingface-shared-blobs"), "1\n").unwrap();
    fs::write(&entry, "short").unwrap();
    other.download([head(), content.whole()]).await.0.unwrap();
    assert_eq!(fs::read_to_string(&entry).unwrap(), "short");
}

#[tokio::test]
async fn a_forced_download_replaces_what_all_repositories_have() {
    let (content, mut place) = (Content::of(noise(5, SIZE)), in_cache());
    let hub = XetHub::honest(&content);
    for repo in ["ada/demo", "ada/other"] {
        hub.download_of(repo, &place, XetPolicy::Always).await.unwrap();
    }
    let [entry] = entries(&place).try_into().unwrap();
    fs::remove_file(&entry).unwrap();
    fs::write(&entry, vec![0; SIZE]).unwrap();
    place.options = place.options.clone().force_download(true);
    hub.download(&place).await.unwrap();
    let other = fs::read(blob(&place, "other", &content)).unwrap();
    assert!(other == content.bytes && entries(&place) == [entry]);
}

#[tokio::test]
async fn a_link_whose_content_is_gone_is_downloaded_again_and_heals_the_others() {
    let (content, place) = (Content::of(noise(6, SIZE)), in_cache());
    let hub = XetHub::honest(&content);
    for repo in ["ada/demo", "ada/other"] {
        hub.download_of(repo, &place, XetPolicy::Always).await.unwrap();
    }
    let [entry] = entries(&place).try_into().unwrap();
    fs::remove_file(&entry).unwrap();
    assert_eq!(Cache::new(place.folder.path()).scan().unwrap().warnings.len(), 2);
    assert!(hub.download(&place).await.unwrap() == content.bytes);
    assert!(fs::read(blob(&place, "other", &content)).unwrap() == content.bytes);
}

#[tokio::test]
async fn a_head_without_a_length_is_completed_by_the_listing() {
    let (content, place) = (Content::new(1_000), in_cache());
    let head = reply(200).header("x-repo-commit", COMMIT).header("etag", &format!("\"{}\"", content.id));
    let listed = serde_json::json!([{
        "type": "file", "oid": "1".repeat(40), "size": 1_000, "path": "w.bin",
        "lfs": {"oid": content.id, "size": 1_000}
    }]);
    let found = place.download([head, reply(200).json(&listed), content.whole()]).await.0.unwrap();
    assert!(fs::read(found).unwrap() == content.bytes);
}

#[tokio::test]
async fn a_repository_whose_git_uses_sha256_is_downloaded_as_any_other() {
    use sha2::Digest;
    let commit = "ab".repeat(32);
    for place in targets() {
        let blob = sha2::Sha256::new_with_prefix("blob 6\0").chain_update("hello\n").finalize();
        let id: String = blob.iter().map(|byte| format!("{byte:02x}")).collect();
        let found = place.download([described(&commit, &id, 6), reply(200).text("hello\n")]).await.0.unwrap();
        assert_eq!(fs::read_to_string(&found).unwrap(), "hello\n");
        let wrong = described(&commit, &"cd".repeat(32), 6);
        let again = [wrong, reply(200).text("hello\n"), reply(200).text("hello\n")];
        place.another().download(again).await.0.unwrap_err();
    }
}
