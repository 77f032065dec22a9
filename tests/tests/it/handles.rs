//! Handles of repositories and files.

use futures_util::TryStreamExt;
use hub_tests::{ada, hub};

#[tokio::test]
async fn a_handle_names_the_repository_and_the_revision_once() {
    let hub = hub();
    let api = ada(&hub);
    let repo = api.dataset("ada/data");
    assert!(!repo.exists().await.unwrap());
    repo.create().await.unwrap();
    let first = repo.file("a.csv").upload(b"1,2").await.unwrap();
    repo.create_branch("dev").await.unwrap();
    repo.at("dev").file("b.csv").upload(b"3,4").await.unwrap();
    assert!(
        !repo.file("b.csv").exists().await.unwrap() && repo.at("dev").file("b.csv").exists().await.unwrap()
    );
    assert_eq!(repo.at("dev").files().await.unwrap(), [".gitattributes", "a.csv", "b.csv"]);

    let chunks: Vec<_> = repo.file("a.csv").read().await.unwrap().try_collect().await.unwrap();
    assert_eq!(chunks.concat(), b"1,2");
    repo.file("a.csv").delete().await.unwrap();
    assert!(repo.at(&first.oid).file("a.csv").exists().await.unwrap(), "the first commit keeps it");
    assert_eq!(repo.commits().all().await.unwrap().len(), 3);
    assert_eq!(repo.refs().await.unwrap().branches.len(), 2);
    repo.delete().await.unwrap();
    assert!(!repo.exists().await.unwrap() && !api.model("ada/data").exists().await.unwrap());
}
