//! What existing clients rely on and no other file here is about.

use http::Method;
use hub_types::{RepoRef, RepoType};
use serde_json::{Value, json};

use crate::support::{ADA, BOB, add_files, call, get, head, hub, post};

#[tokio::test]
async fn ids_are_found_in_any_case_and_answered_as_they_are_stored() {
    let hub = hub();
    add_files(&hub, "ada/demo", &[("a.txt", "a")]).await;
    for uri in ["/api/models/ADA/Demo", "/api/models/Ada/DEMO/revision/main"] {
        assert_eq!(get(uri).send(&hub).await.json()["id"], "ada/demo", "{uri}");
    }
    assert_eq!(&get("/Ada/Demo/resolve/main/a.txt").send(&hub).await.body[..], b"a");
    // Paths of files are never folded.
    assert_eq!(get("/ada/demo/resolve/main/A.txt").send(&hub).await.status, 404);
}

#[tokio::test]
async fn a_head_request_to_raw_has_the_headers_of_its_get() {
    let hub = hub();
    add_files(&hub, "ada/demo", &[("a.txt", "four")]).await;
    for revision in ["main", "HEAD"] {
        let uri = format!("/ada/demo/raw/{revision}/a.txt");
        let (whole, only) = (get(&uri).send(&hub).await, head(&uri).send(&hub).await);
        assert_eq!((only.status.as_u16(), only.body.len()), (200, 0), "{uri}");
        for name in ["etag", "content-length", "x-repo-commit"] {
            assert!(whole.header(name).is_some(), "{name} of {uri}");
            assert_eq!(only.header(name), whole.header(name), "{name} of {uri}");
        }
    }
}

#[tokio::test]
async fn head_is_a_revision_wherever_one_is_read() {
    let hub = hub();
    for uri in
        ["/api/models/ada/demo/revision/", "/api/models/ada/demo/tree/", "/api/models/ada/demo/commits/"]
    {
        let response = get(&format!("{uri}HEAD")).send(&hub).await.json();
        assert_eq!(response, get(&format!("{uri}main")).send(&hub).await.json(), "{uri}");
    }
    let ask = |revision: &str| {
        post(&format!("/api/models/ada/demo/paths-info/{revision}"), json!({"paths": ["a"]}))
    };
    assert_eq!(ask("HEAD").send(&hub).await.json(), json!([]));
}

#[tokio::test]
async fn paths_info_expands_the_last_commit_and_the_scan() {
    let hub = hub();
    let commit = add_files(&hub, "ada/demo", &[("a.txt", "a")]).await;
    let uri = "/api/models/ada/demo/paths-info/main";
    let ask = |expand: bool| post(uri, json!({"paths": ["a.txt"], "expand": expand}));
    let entry = ask(true).send(&hub).await.json()[0].clone();
    assert_eq!(entry["lastCommit"]["id"], json!(commit));
    assert!(entry["securityFileStatus"].is_object(), "{entry}");
    let entry = ask(false).send(&hub).await.json()[0].clone();
    assert!(entry.get("lastCommit").is_none() && entry.get("securityFileStatus").is_none(), "{entry}");
}

#[tokio::test]
async fn what_clients_parse_as_json_is_never_empty() {
    let hub = hub();
    post("/api/models/ada/demo/discussions", json!({"title": "Title"})).token(ADA).send(&hub).await.json();
    let on_discussion = |action: &str| format!("/api/models/ada/demo/discussions/1/{action}");
    for (method, uri, body) in [
        (Method::POST, "/api/repos/create".to_owned(), json!({"name": "new"})),
        (Method::PUT, "/api/models/ada/demo/settings".to_owned(), json!({"private": false})),
        (Method::POST, on_discussion("comment"), json!({"comment": "x"})),
        (Method::POST, on_discussion("title"), json!({"title": "Other"})),
        (Method::POST, on_discussion("status"), json!({"status": "closed"})),
    ] {
        let response = call(method, &uri).token(ADA).body(body.to_string()).send(&hub).await;
        assert!(response.status.is_success() && response.status != 204, "{uri}: {response:?}");
        assert!(response.any_json().is_object(), "{uri}: {response:?}");
    }
}

#[tokio::test]
async fn no_response_about_a_discussion_has_an_author_that_is_null() {
    fn authors(value: &Value, found: &mut Vec<Value>) {
        match value {
            Value::Array(items) => items.iter().for_each(|item| authors(item, found)),
            Value::Object(fields) => {
                found.extend(fields.get("author").cloned());
                fields.values().for_each(|field| authors(field, found));
            }
            _ => {}
        }
    }
    let hub = hub();
    let uri = "/api/models/ada/demo/discussions";
    // A pull request can be opened by anybody who is signed in.
    post(uri, json!({"title": "Title", "pullRequest": true})).token(BOB).send(&hub).await.json();
    for uri in [uri, "/api/models/ada/demo/discussions/1"] {
        let mut found = Vec::new();
        authors(&get(uri).send(&hub).await.json(), &mut found);
        assert!(!found.is_empty() && found.iter().all(|author| author["name"] == "bob"), "{uri}: {found:?}");
    }
}

#[tokio::test]
async fn links_to_the_next_page_are_absolute() {
    let hub = hub();
    add_files(&hub, "ada/demo", &[("a.txt", "a"), ("b.txt", "b")]).await;
    for uri in [
        "/api/models?limit=1",
        "/api/models/ada/demo/tree/main?limit=1",
        "/api/models/ada/demo/commits/main?limit=1",
    ] {
        let response = get(uri).send(&hub).await;
        let link = response.header("link").unwrap_or_else(|| panic!("{uri} has no next page"));
        assert!(link.starts_with("<http"), "{uri}: {link}");
        assert!(link.ends_with("; rel=\"next\""), "{uri}: {link}");
    }
}

#[tokio::test]
async fn lfs_urls_are_answered_with_and_without_the_suffix() {
    let hub = hub();
    let body = json!({"operation": "download", "objects": []});
    for uri in ["/ada/demo.git/info/lfs/objects/batch", "/ada/demo/info/lfs/objects/batch"] {
        assert_eq!(post(uri, body.clone()).token(ADA).send(&hub).await.status, 200, "{uri}");
    }
}

#[tokio::test]
async fn the_size_of_a_folder_is_that_of_all_files_below_it() {
    let hub = hub();
    let before = get("/api/models/ada/demo/treesize/main").send(&hub).await.json()["size"].as_u64().unwrap();
    add_files(&hub, "ada/demo", &[("d/a.txt", "four"), ("d/e/b.txt", "three"), ("c.txt", "x")]).await;
    let size = get("/api/models/ada/demo/treesize/main/d").send(&hub).await.json();
    assert_eq!(size, json!({"path": "d", "size": 9}));
    let all = get("/api/models/ada/demo/treesize/main").send(&hub).await.json();
    assert_eq!(all, json!({"path": "", "size": before + 10}));
    let missing = get("/api/models/ada/demo/treesize/main/none").send(&hub).await;
    assert_eq!((missing.status.as_u16(), missing.header("x-error-code")), (404, Some("EntryNotFound")));
}

#[tokio::test]
async fn a_disabled_repository_says_so_to_all_who_see_it() {
    let hub = hub();
    add_files(&hub, "ada/demo", &[("a.txt", "a")]).await;
    let demo = RepoRef::new(RepoType::Model, "ada/demo".parse().unwrap());
    hub.disable(&demo, true).unwrap();
    for uri in ["/api/models/ada/demo", "/ada/demo/resolve/main/a.txt", "/ada/demo.git/info/refs"] {
        for token in [None, Some(ADA), Some(BOB)] {
            let response = get(uri).maybe_token(token).send(&hub).await;
            assert_eq!(response.status, 403, "{uri} {token:?}");
            assert_eq!(response.header("x-error-message"), Some("Access to this resource is disabled."));
        }
    }
    hub.disable(&demo, false).unwrap();
    assert_eq!(get("/api/models/ada/demo").send(&hub).await.status, 200);
}

#[tokio::test]
async fn two_revisions_are_compared_as_git_does() {
    let hub = hub();
    let old = add_files(&hub, "ada/demo", &[("a.txt", "one\n")]).await;
    add_files(&hub, "ada/demo", &[("a.txt", "two\n")]).await;
    let response = get(&format!("/api/models/ada/demo/compare/{old}..main")).send(&hub).await;
    let diff = String::from_utf8(response.body.to_vec()).unwrap();
    assert!(diff.starts_with("diff --git a/a.txt b/a.txt") && diff.contains("-one\n+two\n"), "{diff}");
    let missing = get("/api/models/ada/demo/compare/none..main").send(&hub).await;
    assert_eq!(missing.error().1, Some("RevisionNotFound"));
}
