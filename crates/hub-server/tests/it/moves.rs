//! Repositories that get another name.

use http::Method;
use serde_json::json;

use crate::support::{
    ADA, BOB, Call, RITA, WIM, add_files, batch, call, get, head, hub, path_of, post, upload,
};

fn moving(from: &str, to: &str) -> Call {
    post("/api/repos/move", json!({"fromRepo": from, "toRepo": to, "type": "model"}))
}

#[tokio::test]
async fn the_old_name_answers_307_to_the_same_thing_with_its_query() {
    let hub = hub();
    add_files(&hub, "ada/demo", &[("a b.txt", "hello")]).await;
    assert_eq!(moving("ada/demo", "ada/new").token(ADA).send(&hub).await.status, 200);
    for (path, to) in [
        ("/api/models/ada/demo", "/api/models/ada/new"),
        ("/api/models/ada/demo?blobs=true&x=%2F", "/api/models/ada/new?blobs=true&x=%2F"),
        ("/api/models/ADA/Demo/tree/refs%2Fheads%2Fmain", "/api/models/ada/new/tree/refs%2Fheads%2Fmain"),
        ("/ada/demo/resolve/main/a%20b.txt", "/ada/new/resolve/main/a%20b.txt"),
    ] {
        let response = get(path).send(&hub).await;
        assert_eq!((response.status.as_u16(), response.header("location")), (307, Some(to)), "{path}");
        assert_eq!(get(to).send(&hub).await.status, 200, "{to}");
    }
    let commit = call(Method::POST, "/api/models/ada/demo/commit/main").token(ADA).send(&hub).await;
    assert_eq!(commit.header("location"), Some("/api/models/ada/new/commit/main"));
    assert_eq!(head("/ada/demo/resolve/main/a%20b.txt").send(&hub).await.status, 307);
}

#[tokio::test]
async fn urls_of_large_files_outlive_the_move() {
    let hub = hub();
    let content = [7; 100];
    upload(&hub, "ada/demo", &content).await;
    let object = batch(&hub, ADA, "ada/demo", "download", &content).await;
    let href = path_of(object["actions"]["download"]["href"].as_str().unwrap());
    moving("ada/demo", "ada/new").token(ADA).send(&hub).await;
    assert_eq!(&get(&href).send(&hub).await.body[..], content);
}

#[tokio::test]
async fn an_old_name_tells_a_stranger_nothing_of_a_private_repository() {
    let hub = hub();
    let response = moving("analytical/closed", "analytical/new").token(WIM).send(&hub).await;
    assert_eq!(response.status, 200, "{response:?}");
    let old = "/api/models/analytical/closed";
    assert_eq!(get(old).token(RITA).send(&hub).await.status, 307);
    assert_eq!(get(old).token(BOB).send(&hub).await.error().1, Some("RepoNotFound"));
    assert_eq!(get(old).send(&hub).await.status, 401);
}

#[tokio::test]
async fn a_name_that_is_taken_or_belongs_to_others_is_refused() {
    let hub = hub();
    post("/api/repos/create", json!({"name": "taken"})).token(ADA).send(&hub).await.json();
    let taken = moving("ada/demo", "ada/Taken").token(ADA).send(&hub).await;
    assert_eq!(taken.error(), (409, None, "A model repository called ada/Taken already exists".into()));
    assert_eq!(moving("ada/demo", "bob/demo").token(ADA).send(&hub).await.status, 403);
    assert_eq!(moving("ada/demo", "bob/demo").token(BOB).send(&hub).await.status, 403);
    assert_eq!(moving("ada/none", "ada/x").token(ADA).send(&hub).await.error().1, Some("RepoNotFound"));
    assert_eq!(moving("demo", "ada/x").token(ADA).send(&hub).await.status, 400);
    assert_eq!(get("/api/models/ada/demo").send(&hub).await.status, 200);
}

#[tokio::test]
async fn a_new_repository_of_the_old_name_is_the_one_that_answers() {
    let hub = hub();
    moving("ada/demo", "ada/new").token(ADA).send(&hub).await;
    let made = post("/api/repos/create", json!({"name": "demo"})).token(ADA).send(&hub).await.json();
    assert_eq!(get("/api/models/ada/demo").send(&hub).await.json()["_id"], made["id"]);
    let gone = json!({"name": "demo", "organization": "ada"}).to_string();
    call(Method::DELETE, "/api/repos/delete").token(ADA).body(gone).send(&hub).await;
    assert_eq!(get("/api/models/ada/demo").token(ADA).send(&hub).await.status, 404);
}
