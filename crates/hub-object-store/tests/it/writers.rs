//! One commit is shown, and others who write are neither missed nor overwritten.

use futures_util::{StreamExt, stream};
use hub_api::{RepoRef, types::CommitHash};
use hub_object_store::HubObjectStore;
use object_store::{Error, GetOptions, ObjectStore, ObjectStoreExt, PutMode, UpdateVersion, path::Path};

use super::{NUMS, client, store};

fn at(text: &str) -> Path {
    Path::parse(text).unwrap()
}

async fn text(store: &HubObjectStore, path: &str) -> String {
    let bytes = store.get(&at(path)).await.unwrap().bytes().await.unwrap();
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[tokio::test]
async fn a_store_shows_the_commit_that_it_was_opened_at_until_it_is_told() {
    let (api, store) = store().await;
    api.upload_file(&b"1"[..], "", "hf://datasets/ada/nums/a.txt").await.unwrap();
    let opened = HubObjectStore::open(&api, NUMS).await.unwrap();
    assert!(matches!(store.head(&at("a.txt")).await, Err(Error::NotFound { .. })));
    assert_eq!(text(&opened, "a.txt").await, "1");
    assert_eq!(store.refresh().await.unwrap(), opened.commit());
    assert_eq!(text(&store, "a.txt").await, "1");
    let meta = store.head(&at("a.txt")).await.unwrap();
    assert_eq!((meta.size, meta.version), (1, Some(opened.commit())));
}

#[tokio::test]
async fn an_object_can_be_read_as_it_was() {
    let (_, store) = store().await;
    let first = store.put(&at("a.txt"), "one".into()).await.unwrap();
    store.put(&at("a.txt"), "two".into()).await.unwrap();
    let old = GetOptions::new().with_version(first.version.clone());
    let old = store.get_opts(&at("a.txt"), old).await.unwrap().bytes().await.unwrap();
    assert_eq!((&old[..], text(&store, "a.txt").await.as_str()), (&b"one"[..], "two"));
    let wrong = GetOptions::new().with_version(Some("v1"));
    assert!(store.get_opts(&at("a.txt"), wrong).await.unwrap_err().to_string().contains("commit id"));
}

#[tokio::test]
async fn an_update_sees_what_was_written_by_other_means() {
    let (api, store) = store().await;
    let version = store.put(&at("a.txt"), "one".into()).await.unwrap();
    let path = at("a.txt");
    let update =
        |version: UpdateVersion| store.put_opts(&path, "mine".into(), PutMode::Update(version).into());
    // Another file has changed: that is no other version of this one.
    api.upload_file(&b"x"[..], "", "hf://datasets/ada/nums/b.txt").await.unwrap();
    let version = update(version.into()).await.unwrap();
    api.upload_file(&b"theirs"[..], "", "hf://datasets/ada/nums/a.txt").await.unwrap();
    let refused = update(version.clone().into()).await.unwrap_err();
    assert!(matches!(refused, Error::Precondition { .. }), "{refused}");
    let by_version = UpdateVersion { e_tag: None, version: version.version };
    assert!(matches!(update(by_version).await, Err(Error::Precondition { .. })));
    store.refresh().await.unwrap();
    assert_eq!(text(&store, "a.txt").await, "theirs");
}

#[tokio::test]
async fn two_stores_that_create_the_same_object_make_one() {
    let api = client().await;
    let mut stores = Vec::new();
    for _ in 0..4 {
        stores.push(HubObjectStore::open(&api, NUMS).await.unwrap());
    }
    let path = at("lock");
    let tries = stores.iter().map(|store| store.put_opts(&path, "x".into(), PutMode::Create.into()));
    let done: Vec<_> = stream::iter(tries).buffer_unordered(4).collect().await;
    assert_eq!(done.iter().filter(|done| done.is_ok()).count(), 1);
    let others = done.iter().filter(|done| matches!(done, Err(Error::AlreadyExists { .. }))).count();
    assert_eq!(others, 3, "{done:?}");
}

#[tokio::test]
async fn many_deletions_are_one_commit_and_so_is_a_rename() {
    let (api, store) = store().await;
    for name in ["a", "b", "c"] {
        store.put(&at(&format!("d/{name}")), name.into()).await.unwrap();
    }
    let commits = || async { api.list_repo_commits("hf://datasets/ada/nums").all().await.unwrap().len() };
    let before = commits().await;
    let paths = ["d/a", "none", "d/b"].map(|path| Ok(at(path)));
    let deleted: Vec<_> = store.delete_stream(stream::iter(paths).boxed()).collect().await;
    assert!(deleted[0].is_ok() && deleted[2].is_ok(), "{deleted:?}");
    assert!(matches!(deleted[1], Err(Error::NotFound { .. })), "{deleted:?}");
    assert_eq!(commits().await, before + 1);
    store.rename(&at("d/c"), &at("e/c")).await.unwrap();
    assert_eq!(commits().await, before + 2);
    store.rename(&at("e/c"), &at("e/c")).await.unwrap();
    assert_eq!(text(&store, "e/c").await, "c");
}

#[tokio::test]
async fn a_store_at_a_commit_is_read_only() {
    let (api, store) = store().await;
    store.put(&at("a"), "1".into()).await.unwrap();
    let fixed = HubObjectStore::open(&api, format!("{NUMS}@{}", store.commit())).await.unwrap();
    assert_eq!(text(&fixed, "a").await, "1");
    assert!(fixed.commit().parse::<CommitHash>().is_ok());
    for refused in [
        fixed.put(&at("b"), "1".into()).await.map(drop),
        fixed.delete(&at("a")).await,
        fixed.copy(&at("a"), &at("b")).await,
        fixed.put_multipart(&at("b")).await.map(drop),
    ] {
        let error = refused.unwrap_err();
        assert!(matches!(error, Error::NotSupported { .. }), "{error}");
    }
}

#[tokio::test]
async fn an_address_names_the_repository_the_revision_and_the_object() {
    let (api, store) = store().await;
    store.put(&at("d/a.txt"), "1".into()).await.unwrap();
    api.create_branch(NUMS, "dev").await.unwrap();
    let (dev, path) = HubObjectStore::parse(&api, &format!("{NUMS}@dev/d/a.txt")).await.unwrap();
    assert_eq!((path.as_ref(), dev.repo().to_string().as_str()), ("d/a.txt", "dataset ada/nums"));
    dev.put(&path, "2".into()).await.unwrap();
    store.refresh().await.unwrap();
    assert_eq!((text(&store, "d/a.txt").await, text(&dev, "d/a.txt").await), ("1".into(), "2".into()));
    assert!(dev.to_string().starts_with("HubObjectStore(hf://datasets/ada/nums@"), "{dev}");
    let refused = HubObjectStore::open(&api, format!("{NUMS}/d/a.txt")).await.unwrap_err();
    assert!(refused.to_string().contains("HubObjectStore::parse"), "{refused}");
    for missing in ["hf://datasets/ada/none", "hf://datasets/ada/nums@none"] {
        assert!(
            matches!(HubObjectStore::open(&api, missing).await, Err(Error::NotFound { .. })),
            "{missing}"
        );
    }
    let repo: RepoRef = "datasets/ada/nums".parse().unwrap();
    assert_eq!(HubObjectStore::at(&api, repo, None).await.unwrap().commit(), store.commit());
}
