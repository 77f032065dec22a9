//! Uploading files and folders.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use hub_api::{AddSource, CommitOperation, CommitOperationAdd, CommitOperationDelete, IsFolder};
use hub_tests::{ada, files_in, folder_with, lfs_hub as hub, noise};

async fn download(api: &hub_api::HfApi, repo: &str) -> std::collections::BTreeMap<String, Vec<u8>> {
    let target = tempfile::tempdir().unwrap();
    api.snapshot_download(repo).local_dir(target.path()).await.unwrap();
    let mut files = files_in(target.path());
    files.remove(".gitattributes");
    files
}

#[tokio::test]
async fn a_folder_comes_back_as_it_was() {
    let hub = hub();
    let api = ada(&hub);
    let large = noise(1, 3_000_000);
    let folder = folder_with(&[
        ("README.md", b"---\nlicense: mit\n---\n# Demo\n"),
        ("config.json", b"{}"),
        ("empty.txt", b""),
        ("weights/model.safetensors", &large),
        ("a b/ü.txt", b"umlaut"),
        ("deep/er/and/deeper.txt", b"x"),
    ]);
    let commit = api.upload_folder("ada/demo", folder.path()).await.unwrap();
    assert!(commit.created && !commit.recovered);
    assert_eq!(commit.commit_url, format!("http://hub.localhost/ada/demo/commit/{}", commit.oid));
    assert_eq!(download(&api, "ada/demo").await, files_in(folder.path()));
}

#[tokio::test]
async fn the_same_folder_again_makes_no_commit() {
    let hub = hub();
    let api = ada(&hub);
    let folder = folder_with(&[("a.txt", b"hello"), ("w.bin", &noise(2, 5000))]);
    let first = api.upload_folder("ada/demo", folder.path()).await.unwrap();
    let second = api.upload_folder("ada/demo", folder.path()).await.unwrap();
    assert!(first.created && !second.created);
    assert_eq!(first.oid, second.oid);
    assert_eq!(
        api.list_repo_commits("ada/demo").all().await.unwrap().len(),
        2,
        "the initial one and the upload"
    );
}

#[tokio::test]
async fn patterns_choose_what_is_uploaded() {
    let hub = hub();
    let api = ada(&hub);
    let folder =
        folder_with(&[("a.txt", b"1"), ("b/c.txt", b"2"), ("b/d.log", b"3"), (".git/config", b"no")]);
    let upload =
        api.upload_folder("ada/demo", folder.path()).path_in_repo("x").allow_patterns(["*.txt", "*.log"]);
    upload.ignore_patterns(["b/*.log"]).await.unwrap();
    let files = api.list_repo_files("ada/demo").await.unwrap();
    assert_eq!(files, [".gitattributes", "x/a.txt", "x/b/c.txt"]);
}

#[tokio::test]
async fn a_file_may_be_a_path_bytes_or_a_reader() {
    let hub = hub();
    let api = ada(&hub);
    let folder = folder_with(&[("local.txt", b"from a path")]);
    api.upload_file(folder.path().join("local.txt"), "1.txt", "ada/demo").await.unwrap();
    api.upload_file(&b"from bytes"[..], "2.txt", "ada/demo").await.unwrap();
    let mut reader = std::io::Cursor::new(b"from a reader".to_vec());
    reader.set_position(5);
    api.upload_file(AddSource::reader(reader), "3.txt", "ada/demo").await.unwrap();
    let files = download(&api, "ada/demo").await;
    let text = |name: &str| String::from_utf8(files[name].clone()).unwrap();
    assert_eq!([text("1.txt"), text("2.txt"), text("3.txt")], ["from a path", "from bytes", "from a reader"]);
}

#[tokio::test]
async fn one_commit_may_add_and_delete() {
    let hub = hub();
    let api = ada(&hub);
    let folder = folder_with(&[("old.txt", b"1"), ("dir/a", b"2"), ("dir/b", b"3"), ("keep", b"4")]);
    api.upload_folder("ada/demo", folder.path()).await.unwrap();
    let operations: Vec<CommitOperation> = vec![
        CommitOperationAdd::new("new.txt", b"5".to_vec()).unwrap().into(),
        CommitOperationDelete::new("old.txt", IsFolder::File).unwrap().into(),
        CommitOperationDelete::new("dir/", IsFolder::Auto).unwrap().into(),
    ];
    let commit =
        api.create_commit("ada/demo", operations, "Tidy up").commit_description("Why not.").await.unwrap();
    assert_eq!(api.list_repo_files("ada/demo").await.unwrap(), [".gitattributes", "keep", "new.txt"]);
    let head = &api.list_repo_commits("ada/demo").limit(1).all().await.unwrap()[0];
    assert_eq!((head.id.as_str(), head.title.as_str()), (commit.oid.as_str(), "Tidy up"));
    assert_eq!(head.message, "Why not.");
}

#[tokio::test]
async fn files_and_folders_are_deleted_by_name() {
    let hub = hub();
    let api = ada(&hub);
    let folder = folder_with(&[("a", b"1"), ("d/b", b"2"), ("d/e/c", b"3")]);
    api.upload_folder("ada/demo", folder.path()).await.unwrap();
    api.delete_file("a", "ada/demo").await.unwrap();
    api.delete_folder("d/e", "ada/demo").await.unwrap();
    assert_eq!(api.list_repo_files("ada/demo").await.unwrap(), [".gitattributes", "d/b"]);
    let error = api.delete_file("a", "ada/demo").await.unwrap_err();
    assert!(error.is_not_found(), "{error}");
}

#[tokio::test]
async fn large_objects_go_in_parts_where_the_server_asks_for_it() {
    let hub = hub();
    let api = ada(&hub);
    create_in_parts(&api, 1_000_000).await;
    let folder = folder_with(&[("w.bin", &noise(3, 3_500_001)), ("exact.bin", &noise(4, 2_000_000))]);
    api.upload_folder("ada/parts", folder.path()).await.unwrap();
    assert_eq!(download(&api, "ada/parts").await, files_in(folder.path()));
}

/// Makes the model `ada/parts`, whose larger LFS objects go in parts of `size` bytes.
async fn create_in_parts(api: &hub_api::HfApi, size: u64) {
    let transport = api.transport().unwrap();
    let id = "ada/parts".parse().unwrap();
    let request = hub_api::types::CreateRepoRequest::new(hub_api::RepoType::Model, &id);
    let request = request.lfs_multipart_threshold(size);
    let call = hub_api::transport::CallInfo::new(
        "create_repo",
        "ada/parts",
        hub_api::transport::RetryClass::Ambiguous,
    );
    let request = hub_api::transport::post("/api/repos/create").json(&request).finish().unwrap();
    transport.open(call, request).await.unwrap();
}

#[tokio::test]
async fn f78_sizes_around_the_part_size_make_the_right_parts() {
    let hub = hub();
    let puts = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&puts);
    let count = tower::util::MapRequestLayer::new(move |request: http::Request<hub_api::transport::Body>| {
        counter.fetch_add(usize::from(request.method() == http::Method::PUT), Ordering::SeqCst);
        request
    });
    let api = hub_tests::client_of(&hub).token(hub_tests::ADA).attempt_layer(count).build().unwrap();
    create_in_parts(&api, 1000).await;
    for (size, parts) in [(0, 0), (1, 1), (999, 1), (1000, 1), (1001, 2), (2999, 3), (3000, 3), (3001, 4)] {
        puts.store(0, Ordering::SeqCst);
        api.upload_file(noise(size as u64, size), "w.bin", "ada/parts").await.unwrap();
        assert_eq!(puts.load(Ordering::SeqCst), parts, "{size} bytes");
        assert!(download(&api, "ada/parts").await["w.bin"] == noise(size as u64, size), "{size} bytes");
    }
}

#[tokio::test]
async fn a_folder_can_delete_what_it_no_longer_has() {
    let hub = hub();
    let api = ada(&hub);
    let old = folder_with(&[("a.txt", b"1"), ("b/c.txt", b"2"), ("b/d.log", b"3"), ("e.txt", b"4")]);
    api.upload_folder("ada/demo", old.path()).path_in_repo("x").await.unwrap();
    api.upload_file(&b"outside"[..], "out.txt", "ada/demo").await.unwrap();
    let new = folder_with(&[("a.txt", b"1"), ("e.txt", b"new")]);
    let upload = api.upload_folder("ada/demo", new.path()).path_in_repo("x").delete_patterns(["*.txt"]);
    let commit = upload.await.unwrap();
    let files = api.list_repo_files("ada/demo").await.unwrap();
    assert_eq!(files, [".gitattributes", "out.txt", "x/a.txt", "x/b/d.log", "x/e.txt"]);
    assert_eq!(api.list_repo_commits("ada/demo").all().await.unwrap()[0].id, commit.oid);
}
