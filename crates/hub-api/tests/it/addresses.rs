//! Addresses in place of ids, over an embedded Hub.

use hub_api::{Error, HfApi, RepoType};
use hub_server::{EmbeddedHub, TokenRole};

const NUMS: &str = "hf://datasets/ada/nums";

fn client() -> HfApi {
    let hub = EmbeddedHub::temporary().token("ada", "hf_ada", TokenRole::Write).build().unwrap();
    let api = HfApi::builder().endpoint("http://hub.local").token("hf_ada").inner_service(hub);
    api.inner_is_private().build().unwrap()
}

/// The dataset with `a.txt` and `d/b.txt`, and the branch `dev` on which `d/b.txt` is another.
async fn nums() -> HfApi {
    let api = client();
    api.create_repo(NUMS).await.unwrap();
    api.upload_file(&b"a"[..], "", "hf://datasets/ada/nums/a.txt").await.unwrap();
    api.upload_file(&b"b"[..], "d/b.txt", NUMS).await.unwrap();
    api.create_branch(NUMS, "dev").await.unwrap();
    api.upload_file(&b"dev"[..], "", "hf://datasets/ada/nums@dev/d/b.txt").await.unwrap();
    api
}

#[tokio::test]
async fn the_kind_the_revision_and_the_path_of_an_address_count() {
    let api = nums().await;
    let size = |address: String| {
        let api = api.clone();
        async move { api.read_file(address, "").await.unwrap().size() }
    };
    assert_eq!(size(format!("{NUMS}/d/b.txt")).await, 1);
    assert_eq!(size(format!("{NUMS}@dev/d/b.txt")).await, 3);
    assert_eq!(size("http://hub.local/datasets/ada/nums/blob/dev/d/b.txt".to_owned()).await, 3);
    let below = api.list_repo_tree(format!("{NUMS}@dev/d")).all().await.unwrap();
    assert_eq!(below.iter().map(|entry| entry.path.as_str()).collect::<Vec<_>>(), ["d/b.txt"]);
    assert_eq!(api.repo_info(format!("{NUMS}@dev")).await.unwrap().repo_type(), RepoType::Dataset);
    assert!(api.file_exists(format!("{NUMS}/d/b.txt"), "").await.unwrap());
    let folder = tempfile::tempdir().unwrap();
    api.snapshot_download(format!("{NUMS}@dev/d")).local_dir(folder.path()).await.unwrap();
    assert_eq!(std::fs::read_to_string(folder.path().join("d/b.txt")).unwrap(), "dev");
    assert!(!folder.path().join("a.txt").exists());
    api.delete_file("", format!("{NUMS}@dev/d/b.txt")).await.unwrap();
    assert!(!api.file_exists(format!("{NUMS}@dev/d/b.txt"), "").await.unwrap());
}

#[tokio::test]
async fn what_contradicts_an_address_is_refused_and_nothing_is_sent() {
    let api = nums().await;
    let said = |error: Error| {
        assert!(error.is_invalid_input(), "{error}");
        error.to_string()
    };
    let error = api.list_repo_files(format!("{NUMS}@dev")).revision("main").await.unwrap_err();
    assert!(said(error).contains("the revision dev, and main"));
    let error = api.repo_info(NUMS).repo_type(RepoType::Space).await.unwrap_err();
    assert!(said(error).contains("names a dataset, and a space"));
    let error = api.model_info(NUMS).await.unwrap_err();
    assert!(said(error).contains("names a dataset, and a model"));
    let error = api.read_file(format!("{NUMS}/a.txt"), "d/b.txt").await.unwrap_err();
    assert!(said(error).contains("names a path already"));
    let error = api.delete_repo(format!("{NUMS}@dev")).await.unwrap_err();
    assert!(said(error).contains("the repository alone"));
    let error = api.repo_info("https://huggingface.co/datasets/ada/nums").await.unwrap_err();
    assert!(said(error).contains("on another host than the endpoint http://hub.local"));
}
