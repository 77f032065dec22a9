//! What a listing says of objects.

use std::time::Instant;

use futures_util::TryStreamExt;
use hub_api::{CommitOperation, CommitOperationAdd};
use hub_object_store::HubObjectStore;
use object_store::{ObjectStore, ObjectStoreExt, path::Path};

use super::{NUMS, client, store};

/// How many objects the measurement lists.
const OBJECTS: usize = 100_000;

#[tokio::test]
async fn objects_have_their_content_id_as_tag_and_the_time_of_a_commit() {
    let (api, store) = store().await;
    store.put(&Path::from("a"), "same".into()).await.unwrap();
    store.put(&Path::from("d/b"), "same".into()).await.unwrap();
    let mut all: Vec<_> = store.list(None).try_collect().await.unwrap();
    all.retain(|meta| meta.location.as_ref() != ".gitattributes");
    assert_eq!(all.iter().map(|meta| meta.location.as_ref()).collect::<Vec<_>>(), ["a", "d/b"]);
    assert_eq!((&all[0].e_tag, all[0].last_modified), (&all[1].e_tag, all[1].last_modified));
    for meta in &all {
        assert_eq!(*meta, store.head(&meta.location).await.unwrap());
    }
    let newest = api.list_repo_commits(NUMS).limit(1).all().await.unwrap();
    let date = newest[0].date.as_str();
    assert_eq!(all[0].last_modified.to_rfc3339()[..19], date[..19]);
    let dated = HubObjectStore::open(&api, NUMS).await.unwrap().file_dates(true);
    let of_each: Vec<_> = dated.list(None).try_collect().await.unwrap();
    assert!(of_each.iter().all(|meta| meta.last_modified <= all[0].last_modified), "{of_each:?}");
}

/// Compares the time of a listing with that of the same listing by the client alone: run it with `--ignored --nocapture`.
#[ignore = "a measurement, not a test"]
#[tokio::test]
async fn a_long_listing_costs_little_more_than_that_of_the_client() {
    let api = client().await;
    let add = |number: usize| {
        let path = format!("data/{:03}/{number}.txt", number / 1000);
        CommitOperation::from(CommitOperationAdd::new(&path, b"x".as_slice()).unwrap())
    };
    let files: Vec<CommitOperation> = (0..OBJECTS).map(add).collect();
    for files in files.chunks(20_000) {
        api.create_commit(NUMS, files.to_vec(), "More").await.unwrap();
    }
    let store = HubObjectStore::open(&api, NUMS).await.unwrap();
    for round in 0..5 {
        let begin = Instant::now();
        let listed = api.list_repo_tree(NUMS).recursive(true).all().await.unwrap();
        let by_client = begin.elapsed();
        let begin = Instant::now();
        let objects: Vec<_> = store.list(None).try_collect().await.unwrap();
        let by_store = begin.elapsed();
        let ratio = by_store.as_secs_f64() / by_client.as_secs_f64();
        println!(
            "{round}: {} entries {by_client:?}; {} objects {by_store:?}; {ratio:.2}",
            listed.len(),
            objects.len()
        );
        assert!(objects.len() > OBJECTS);
    }
}
