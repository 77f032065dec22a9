//! Likes: set, taken back, counted and listed.

use hub_api::{ErrorKind, RepoType, transport::Body};
use hub_server::Fault;
use hub_tests::{ADA, ada, bob, client_of, hub};

#[tokio::test]
async fn likes_are_counted_listed_and_taken_back() {
    let hub = hub();
    let (ada, bob) = (ada(&hub), bob(&hub));
    ada.create_repo("ada/data").repo_type(RepoType::Dataset).await.unwrap();
    hub.fault(Fault::lose_response().on("POST").path("/like"));
    bob.like("ada/demo").await.unwrap();
    bob.like("ada/demo").await.unwrap();
    bob.like("ada/data").repo_type(RepoType::Dataset).await.unwrap();
    ada.like("ada/demo").await.unwrap();
    assert_eq!(ada.model_info("ada/demo").await.unwrap().likes, Some(2));
    let likes = bob.list_liked_repos().await.unwrap();
    assert_eq!((likes.user.as_str(), likes.total), ("bob", 2));
    assert_eq!((&likes.models, &likes.datasets), (&vec!["ada/demo".into()], &vec!["ada/data".into()]));
    assert_eq!(ada.list_liked_repos().user("bob").await.unwrap(), likes);
    let likers = ada.list_repo_likers("ada/demo").all().await.unwrap();
    assert_eq!(likers.iter().map(|liker| &*liker.username).collect::<Vec<_>>(), ["ada", "bob"]);
    bob.unlike("ada/demo").await.unwrap();
    bob.unlike("ada/demo").await.unwrap();
    assert_eq!(bob.list_liked_repos().await.unwrap().total, 1);
}

#[tokio::test]
async fn all_pages_of_likes_are_read() {
    let hub = hub();
    // The client leaves the size of a page to the server.
    let small_pages = tower::util::MapRequestLayer::new(|mut request: http::Request<Body>| {
        let path = request.uri().to_string();
        if path.ends_with("/likes") || path.ends_with("/likers") {
            *request.uri_mut() = format!("{path}?limit=1").parse().unwrap();
        }
        request
    });
    let ada = client_of(&hub).token(ADA).layer(small_pages).build().unwrap();
    ada.create_repo("ada/other").await.unwrap();
    for id in ["ada/demo", "ada/other"] {
        ada.like(id).await.unwrap();
    }
    bob(&hub).like("ada/demo").await.unwrap();
    assert_eq!(ada.list_liked_repos().await.unwrap().models, ["ada/other", "ada/demo"]);
    let likers = ada.blocking().list_repo_likers("ada/demo").all().unwrap();
    assert_eq!(likers.iter().map(|liker| &*liker.username).collect::<Vec<_>>(), ["bob", "ada"]);
}

#[tokio::test]
async fn what_cannot_be_liked_is_an_error() {
    let hub = hub();
    let missing = ada(&hub).like("ada/none").await.unwrap_err();
    assert_eq!(missing.kind(), Some(ErrorKind::RepoNotFound));
    let nobody = client_of(&hub).build().unwrap();
    assert_eq!(nobody.like("ada/demo").await.unwrap_err().status().unwrap(), 401);
    assert_eq!(nobody.list_liked_repos().user("none").await.unwrap_err().kind(), Some(ErrorKind::NotFound));
    assert!(nobody.list_liked_repos().user("").await.unwrap_err().is_invalid_input());
}
