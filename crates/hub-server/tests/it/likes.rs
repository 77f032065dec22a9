//! Likes: set, taken back, counted and listed.

use http::Method;
use serde_json::json;

use crate::support::{ADA, BOB, WIM, call, get, hub, path_of};

async fn like(hub: &hub_server::EmbeddedHub, repo: &str, token: &str) {
    let response = call(Method::POST, &format!("/api/{repo}/like")).token(token).send(hub).await;
    assert_eq!(response.status, 200, "{response:?}");
}

#[tokio::test]
async fn a_like_counts_once_in_info_and_is_taken_back() {
    let hub = hub();
    let likes = async || get("/api/models/ada/demo").send(&hub).await.json()["likes"].clone();
    assert_eq!(likes().await, 0);
    like(&hub, "models/ada/demo", BOB).await;
    like(&hub, "models/ada/demo", BOB).await;
    like(&hub, "models/ada/demo", ADA).await;
    assert_eq!(likes().await, 2);
    for _ in 0..2 {
        let response = call(Method::DELETE, "/api/models/ada/demo/like").token(BOB).send(&hub).await;
        assert_eq!(response.status, 200);
    }
    assert_eq!(likes().await, 1);
}

#[tokio::test]
async fn the_likes_of_a_user_come_in_pages_newest_first() {
    let hub = hub();
    for repo in ["models/ada/demo", "datasets/ada/nums", "spaces/ada/app"] {
        like(&hub, repo, BOB).await;
    }
    let first = get("/api/users/Bob/likes?limit=2").send(&hub).await;
    let page = first.json();
    let shown: Vec<_> = page.as_array().unwrap().iter().map(|like| like["repo"].clone()).collect();
    assert_eq!(
        shown,
        [json!({"name": "ada/app", "type": "space"}), json!({"name": "ada/nums", "type": "dataset"})]
    );
    assert!(page[0]["createdAt"].as_str().unwrap().ends_with('Z'));
    let link = first.header("link").unwrap();
    let next = link.strip_prefix('<').unwrap().split('>').next().unwrap();
    let last = get(&path_of(next)).send(&hub).await;
    assert_eq!(last.json()[0]["repo"]["name"], "ada/demo");
    assert_eq!(last.header("link"), None);
    assert_eq!(get("/api/users/bob/likes?cursor=x").send(&hub).await.status, 400);
    for nobody in ["nobody", "analytical"] {
        assert_eq!(get(&format!("/api/users/{nobody}/likes")).send(&hub).await.status, 404);
    }
}

#[tokio::test]
async fn private_repositories_are_not_among_the_likes() {
    let hub = hub();
    like(&hub, "models/analytical/closed", WIM).await;
    assert_eq!(get("/api/users/wim/likes").token(WIM).send(&hub).await.json(), json!([]));
}

#[tokio::test]
async fn those_who_like_a_repository_are_listed() {
    let hub = hub();
    like(&hub, "models/ada/demo", ADA).await;
    like(&hub, "models/ada/demo", BOB).await;
    let likers = get("/api/models/ada/demo/likers").send(&hub).await.json();
    let names: Vec<_> = likers.as_array().unwrap().iter().map(|user| user["user"].clone()).collect();
    assert_eq!(names, ["bob", "ada"]);
    assert_eq!((&likers[0]["fullname"], &likers[0]["type"]), (&json!("bob"), &json!("user")));
}
