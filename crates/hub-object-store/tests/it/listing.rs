//! What a listing says of objects.

use futures_util::TryStreamExt;
use hub_object_store::HubObjectStore;
use object_store::{ObjectStore, ObjectStoreExt, path::Path};

use super::{NUMS, store};

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
