//! Listings page by page.

use std::fmt::Debug;

use hub_api::{Error, Listing, Source, transport::testing::Recorder};
use hub_tests::{ada, client_of, hub};

/// What the pages hold, one list for each.
async fn pages<O>(listing: Listing<O>) -> Vec<Vec<O::Item>>
where
    O: Source,
    O::Item: Debug + 'static,
{
    let mut found = Vec::new();
    let mut page = Some(listing.page().await.unwrap());
    while let Some(this) = page {
        let mut items = Vec::new();
        let (entries, next) = split(this).await;
        items.extend(entries.into_iter().map(Result::unwrap));
        found.push(items);
        page = next;
    }
    found
}

async fn split<T: Send + Debug + 'static>(
    mut page: hub_api::Page<T>,
) -> (Vec<Result<T, Error>>, Option<hub_api::Page<T>>) {
    let items = std::mem::take(&mut page.items);
    (items, page.next().await.unwrap())
}

#[tokio::test]
async fn every_entry_is_on_one_page_and_pages_are_as_long_as_asked() {
    let hub = hub();
    let api = ada(&hub);
    for name in ["a", "b", "c", "d"] {
        api.create_repo(format!("ada/{name}")).await.unwrap();
    }
    let all: Vec<_> = api.list_models().all().await.unwrap().into_iter().map(|model| model.id).collect();
    let paged: Vec<_> = pages(api.list_models()).await.into_iter().flatten().map(|model| model.id).collect();
    assert_eq!(paged, all);
    let first: Vec<_> = pages(api.list_models().limit(2)).await;
    assert_eq!(first.iter().map(Vec::len).collect::<Vec<_>>(), [2]);
}

#[tokio::test]
async fn a_page_is_asked_for_when_it_is_wanted() {
    let hub = hub();
    let plain = ada(&hub);
    // More than one page of entries.
    let files = (0..1100)
        .map(|n| hub_api::CommitOperationAdd::new(&format!("{n:04}.txt"), b"x".to_vec()).unwrap().into());
    plain.create_commit("ada/demo", files, "Many files").await.unwrap();
    let recorder = Recorder::new();
    let api = client_of(&hub).token(hub_tests::ADA).attempt_layer(recorder.layer()).build().unwrap();

    let first = api.list_repo_tree("ada/demo").page().await.unwrap();
    assert_eq!(recorder.requests().len(), 1);
    let (items, next) = split(first).await;
    assert!(!items.is_empty() && next.is_some());
    assert_eq!(recorder.requests().len(), 2);
    let (more, next) = split(next.unwrap()).await;
    assert_eq!((items.len() + more.len(), next.is_none()), (1101, true));
    assert_eq!(recorder.requests().len(), 2);

    let limited = pages(api.list_repo_tree("ada/demo").limit(items.len() + 1)).await;
    assert_eq!(limited.iter().map(Vec::len).collect::<Vec<_>>(), [items.len(), 1]);
}

#[tokio::test]
async fn a_limit_of_nothing_is_an_empty_page_without_a_request() {
    let recorder = Recorder::new();
    let api = client_of(&hub()).attempt_layer(recorder.layer()).build().unwrap();
    assert!(api.list_models().limit(0).page().await.unwrap().items.is_empty());
    assert!(api.get_repo_discussions("ada/demo").limit(0).page().await.unwrap().items.is_empty());
    assert_eq!(recorder.requests().len(), 0);
}

#[tokio::test]
async fn discussions_come_in_pages_too() {
    let hub = hub();
    let api = ada(&hub);
    for title in ["one one", "two two", "three three"] {
        api.create_discussion("ada/demo", title).await.unwrap();
    }
    let numbers = |pages: Vec<Vec<hub_api::types::Discussion>>| -> Vec<u64> {
        pages.into_iter().flatten().map(|discussion| discussion.num).collect()
    };
    assert_eq!(numbers(pages(api.get_repo_discussions("ada/demo")).await), [3, 2, 1]);
    assert_eq!(numbers(pages(api.get_repo_discussions("ada/demo").limit(2)).await), [3, 2]);
}

#[tokio::test]
async fn a_page_of_a_missing_repository_is_an_error() {
    let error = ada(&hub()).list_repo_tree("ada/none").page().await.unwrap_err();
    assert_eq!(error.kind(), Some(hub_api::ErrorKind::RepoNotFound));
}

#[test]
fn blocking_pages_are_the_same() {
    let hub = hub();
    let api = ada(&hub).blocking();
    let page = api.list_models().page().unwrap();
    assert_eq!(page.items.len(), 1);
    assert!(page.next().unwrap().is_none());
}
