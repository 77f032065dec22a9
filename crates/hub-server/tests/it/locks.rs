//! Locks of files, as git-lfs asks for them.

use hub_server::{EmbeddedHub, OrgRole, TokenRole};
use serde_json::{Value, json};

use crate::support::{BOB, WIM, call, get, post};

const CORA: &str = "hf_cora_writes";

/// Two who write to `analytical/open`.
fn hub() -> EmbeddedHub {
    crate::support::builder()
        .token("cora2", CORA, TokenRole::Write)
        .member("analytical", "cora2", OrgRole::Write)
        .build()
        .unwrap()
}

const LOCKS: &str = "/analytical/open.git/info/lfs/locks";

async fn lock(hub: &EmbeddedHub, token: &str, path: &str) -> (u16, Value) {
    let wish = json!({"path": path, "ref": {"name": "refs/heads/main"}});
    let response = post(LOCKS, wish).token(token).send(hub).await;
    assert_eq!(response.header("content-type"), Some("application/vnd.git-lfs+json"));
    (response.status.as_u16(), response.any_json())
}

#[tokio::test]
async fn a_path_has_one_lock_that_its_owner_ends_and_others_by_force() {
    let hub = hub();
    let (status, made) = lock(&hub, WIM, "a/w.bin").await;
    assert_eq!((status, &made["lock"]["owner"]["name"]), (201, &json!("wim")));
    assert!(made["lock"]["locked_at"].as_str().unwrap().ends_with('Z'), "{made}");
    let (status, again) = lock(&hub, CORA, "a/w.bin").await;
    assert_eq!((status, &again["lock"]["id"]), (409, &made["lock"]["id"]));

    let url = format!("{LOCKS}/{}/unlock", made["lock"]["id"].as_str().unwrap());
    let unlock = async |token, force| {
        post(&url, json!({"force": force, "ref": {"name": "refs/heads/main"}})).token(token).send(&hub).await
    };
    assert_eq!(unlock(CORA, false).await.status, 403);
    assert_eq!(unlock(CORA, true).await.json()["lock"]["path"], "a/w.bin");
    assert_eq!(unlock(WIM, false).await.status, 404);
    assert_eq!(lock(&hub, CORA, "a/w.bin").await.0, 201);
}

#[tokio::test]
async fn locks_are_listed_and_verified_in_pages() {
    let hub = hub();
    for number in 0..5 {
        lock(&hub, if number % 2 == 0 { WIM } else { CORA }, &format!("{number}.bin")).await;
    }
    let paths = |locks: &Value| -> Vec<String> {
        locks.as_array().unwrap().iter().map(|lock| lock["path"].as_str().unwrap().to_owned()).collect()
    };
    let first = get(&format!("{LOCKS}?limit=2")).send(&hub).await.json();
    assert_eq!(paths(&first["locks"]), ["0.bin", "1.bin"]);
    let rest =
        get(&format!("{LOCKS}?cursor={}", first["next_cursor"].as_str().unwrap())).send(&hub).await.json();
    assert_eq!(paths(&rest["locks"]), ["2.bin", "3.bin", "4.bin"]);
    assert!(rest["next_cursor"].is_null());
    let one = get(&format!("{LOCKS}?path=3.bin&refspec=refs/heads/main")).send(&hub).await.json();
    assert_eq!(paths(&one["locks"]), ["3.bin"]);
    let id = one["locks"][0]["id"].as_str().unwrap();
    assert_eq!(paths(&get(&format!("{LOCKS}?id={id}")).send(&hub).await.json()["locks"]), ["3.bin"]);

    let verify = async |body| post(&format!("{LOCKS}/verify"), body).token(WIM).send(&hub).await.json();
    let all = verify(json!({"ref": {"name": "refs/heads/main"}})).await;
    assert_eq!(paths(&all["ours"]), ["0.bin", "2.bin", "4.bin"]);
    assert_eq!(paths(&all["theirs"]), ["1.bin", "3.bin"]);
    let page = verify(json!({"limit": 2})).await;
    let next = verify(json!({"cursor": page["next_cursor"]})).await;
    assert_eq!(
        (paths(&next["ours"]), paths(&next["theirs"])),
        (vec!["2.bin".into(), "4.bin".into()], vec!["3.bin".into()])
    );
}

#[tokio::test]
async fn what_is_no_lock_is_refused() {
    let hub = hub();
    for path in ["", "../x", "/x", "a//b"] {
        assert_eq!(post(LOCKS, json!({"path": path})).token(WIM).send(&hub).await.status, 400, "{path}");
    }
    assert_eq!(post(LOCKS, json!({"path": "x"})).token(BOB).send(&hub).await.status, 403);
    for query in ["limit=0", "limit=-1", "cursor=x", "id=%2B1"] {
        assert_eq!(get(&format!("{LOCKS}?{query}")).send(&hub).await.status, 400, "{query}");
    }
    // The locks of a deleted repository go with it.
    lock(&hub, WIM, "x").await;
    let gone = json!({"name": "open", "organization": "analytical"});
    call(http::Method::DELETE, "/api/repos/delete").body(gone.to_string()).token(WIM).send(&hub).await;
    assert_eq!(get(LOCKS).token(WIM).send(&hub).await.status, 404);
}
