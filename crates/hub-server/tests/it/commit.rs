//! Commits: what they make, and what they refuse without a trace.

use base64::{Engine, engine::general_purpose::STANDARD};
use http::Method;
use hub_server::EmbeddedHub;
use serde_json::{Value, json};

use crate::support::{
    ADA, BOB, Call, add_files, batch, call, commit, file_line, get, header_line, hub, lfs_line, ndjson, post,
    tip, upload,
};

fn raw_commit(body: impl Into<bytes::Bytes>) -> Call {
    call(Method::POST, "/api/models/ada/demo/commit/main").token(ADA).body(body)
}

fn with_parent(parent: &str, file: &str) -> Call {
    let header =
        json!({"key": "header", "value": {"summary": "S", "description": "", "parentCommit": parent}});
    raw_commit(ndjson(&[header, file_line(file, file)]))
}

async fn text(hub: &EmbeddedHub, path: &str) -> Option<String> {
    let response = get(&format!("/ada/demo/resolve/main/{path}")).send(hub).await;
    (response.status == 200).then(|| String::from_utf8(response.body.to_vec()).unwrap())
}

async fn count(hub: &EmbeddedHub) -> usize {
    let response = get("/api/models/ada/demo/commits/main").send(hub).await;
    response.header("x-total-count").unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_commit_adds_replaces_and_deletes_in_order() {
    let hub = hub();
    let lines = [
        json!({"key": "file", "value": {"path": "b.txt", "content": STANDARD.encode("bytes"), "encoding": "base64"}}),
        json!({"key": "file", "value": {"path": "u.txt", "content": "grüße"}}),
        file_line("d/x.txt", "x"),
        file_line("d/y.txt", "y"),
    ];
    let response = commit("ada/demo", &lines).token(ADA).send(&hub).await.json();
    let oid = response["commitOid"].as_str().unwrap();
    assert_eq!(response["success"], true);
    assert_eq!(response["commitUrl"], format!("http://localhost/ada/demo/commit/{oid}"));
    assert!(response.get("pullRequestUrl").is_none());
    assert_eq!(tip(&hub, "ada/demo").await, oid);
    assert_eq!(text(&hub, "b.txt").await.as_deref(), Some("bytes"));
    assert_eq!(text(&hub, "u.txt").await.as_deref(), Some("grüße"));

    let lines = [
        json!({"key": "deletedFolder", "value": {"path": "d/"}}),
        file_line("d/z.txt", "z"),
        json!({"key": "deletedFile", "value": {"path": "b.txt"}}),
        json!({"key": "deletedEntry", "value": {"path": "u.txt"}}),
    ];
    commit("ada/demo", &lines).token(ADA).send(&hub).await.json();
    let tree = get("/api/models/ada/demo/tree/main?recursive=1").send(&hub).await.json();
    let paths: Vec<_> = tree.as_array().unwrap().iter().map(|e| e["path"].as_str().unwrap()).collect();
    assert_eq!(paths, [".gitattributes", "d", "d/z.txt"]);
}

#[tokio::test]
async fn the_last_line_needs_no_line_feed_and_empty_lines_mean_nothing() {
    let hub = hub();
    let body = format!("{}\n\n{}", header_line("Title"), file_line("a.txt", "a"));
    raw_commit(body).send(&hub).await.json();
    assert_eq!(text(&hub, "a.txt").await.as_deref(), Some("a"));
}

#[tokio::test]
async fn the_author_is_the_owner_of_the_token() {
    let hub = hub();
    add_files(&hub, "ada/demo", &[("a.txt", "a")]).await;
    let commits = get("/api/models/ada/demo/commits/main").send(&hub).await.json();
    assert_eq!(commits[0]["authors"], json!([{"user": "ada"}]));
    let git = std::process::Command::new("git")
        .args(["log", "-1", "--format=%ae %ce", "main"])
        .env("GIT_DIR", hub.dir().join("repos/01/1.git"))
        .output()
        .unwrap();
    let mail = "ada@users.noreply.localhost";
    assert_eq!(String::from_utf8(git.stdout).unwrap().trim(), format!("{mail} {mail}"));
}

#[tokio::test]
async fn a_stale_parent_answers_412_and_changes_nothing() {
    let hub = hub();
    let old = tip(&hub, "ada/demo").await;
    let new = add_files(&hub, "ada/demo", &[("a.txt", "a")]).await;
    let response = with_parent(&old, "b.txt").send(&hub).await;
    let message =
        "The branch was updated since you opened this page. Please refresh and try again.".to_owned();
    assert_eq!(response.error(), (412, None, message));
    assert_eq!(tip(&hub, "ada/demo").await, new);
    for parent in [new.as_str(), &tip(&hub, "ada/demo").await[..6]] {
        let response = with_parent(&parent[..5], "c.txt").send(&hub).await;
        assert!(response.status == 200 || response.status == 412);
    }
    let head = tip(&hub, "ada/demo").await;
    with_parent(&head[..5], "d.txt").send(&hub).await.json();
}

#[tokio::test]
async fn deleting_what_is_not_there_is_an_entry_not_found() {
    let hub = hub();
    for line in [
        json!({"key": "deletedFile", "value": {"path": "none.txt"}}),
        json!({"key": "deletedFolder", "value": {"path": "none/"}}),
        json!({"key": "deletedEntry", "value": {"path": "none"}}),
    ] {
        let response = commit("ada/demo", &[file_line("a", "a"), line]).token(ADA).send(&hub).await;
        assert_eq!((response.status.as_u16(), response.header("x-error-code")), (404, Some("EntryNotFound")));
        assert!(response.error().2.contains("none"));
    }
    assert_eq!(count(&hub).await, 1);
}

#[tokio::test]
async fn commits_go_to_branches_and_nothing_else() {
    let hub = hub();
    let sha = tip(&hub, "ada/demo").await;
    for revision in ["none", sha.as_str(), "refs%2Ftags%2Fv1", "refs%2Fpr%2F9"] {
        let uri = format!("/api/models/ada/demo/commit/{revision}");
        let response = call(Method::POST, &uri).token(ADA).body(ndjson(&[header_line("x")])).send(&hub).await;
        assert_eq!(
            (response.status.as_u16(), response.header("x-error-code")),
            (404, Some("RevisionNotFound")),
            "{revision}"
        );
    }
}

#[tokio::test]
async fn what_is_no_commit_is_refused_whole() {
    let hub = hub();
    let file = file_line("a.txt", "a");
    let many = |lines: &[Value]| ndjson(lines);
    let cases = [
        ("no header", many(std::slice::from_ref(&file))),
        ("two headers", many(&[header_line("a"), header_line("b")])),
        ("empty summary", many(&[header_line(" ")])),
        ("empty body", String::new()),
        ("no json", format!("{}\n{{", header_line("a"))),
        ("unknown key", many(&[header_line("a"), json!({"key": "magic", "value": {}})])),
        (
            "bad base64",
            many(&[
                header_line("a"),
                json!({"key": "file", "value": {"path": "x", "content": "!", "encoding": "base64"}}),
            ]),
        ),
        (
            "unknown encoding",
            many(&[
                header_line("a"),
                json!({"key": "file", "value": {"path": "x", "content": "", "encoding": "rot13"}}),
            ]),
        ),
        ("unsafe path", many(&[header_line("a"), file_line("../x", "")])),
        ("git's folder", many(&[header_line("a"), file_line("d/.GIT/config", "")])),
        ("file in a file", many(&[header_line("a"), file_line(".gitattributes/x", "")])),
        ("bad card", many(&[header_line("a"), file_line("README.md", "---\na: [1\n---\n")])),
        ("bad parent", many(&[json!({"key": "header", "value": {"summary": "a", "parentCommit": "zz"}})])),
        (
            "bad oid",
            many(&[
                header_line("a"),
                json!({"key": "lfsFile", "value": {"path": "x", "algo": "sha256", "oid": "AB"}}),
            ]),
        ),
    ];
    for (name, body) in cases {
        let response = raw_commit(body).send(&hub).await;
        assert_eq!(response.status, 400, "{name}: {response:?}");
    }
    assert_eq!(count(&hub).await, 1);
}

#[tokio::test]
async fn a_file_above_10_mib_belongs_into_lfs() {
    let hub = hub();
    for size in [(10 << 20) + 1, 13 << 20] {
        let content = STANDARD.encode(vec![b'x'; size]);
        let line = json!({"key": "file", "value": {"path": "x", "content": content, "encoding": "base64"}});
        let response = raw_commit(ndjson(&[header_line("a"), line])).send(&hub).await;
        assert!(response.error().2.contains("files larger than 10 MiB"), "{response:?}");
        assert_eq!(response.status, 400);
    }
    let content = STANDARD.encode(vec![b'x'; 10 << 20]);
    let line = json!({"key": "file", "value": {"path": "x", "content": content, "encoding": "base64"}});
    raw_commit(ndjson(&[header_line("a"), line])).send(&hub).await.json();
}

#[tokio::test]
async fn text_that_is_a_pointer_to_nothing_is_no_file() {
    let hub = hub();
    let content = b"large content".to_vec();
    let oid = lfs_line("w.bin", &content)["value"]["oid"].as_str().unwrap().to_owned();
    let pointer =
        |size: usize| format!("version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize {size}\n");
    let refused =
        commit("ada/demo", &[file_line("w.bin", &pointer(content.len()))]).token(ADA).send(&hub).await;
    assert_eq!(refused.status, 400);
    assert!(refused.error().2.contains("LFS pointer pointed to a file that does not exist"), "{refused:?}");
    upload(&hub, "ada/demo", &content).await;
    let wrong = commit("ada/demo", &[file_line("w.bin", &pointer(1))]).token(ADA).send(&hub).await;
    assert_eq!(wrong.status, 400, "its size is another");
    commit("ada/demo", &[file_line("w.bin", &pointer(content.len()))]).token(ADA).send(&hub).await.json();
    let similar = "version https://git-lfs.github.com/spec/v1\nno pointer\n";
    commit("ada/demo", &[file_line("x.txt", similar)]).token(ADA).send(&hub).await.json();
}

#[tokio::test]
async fn an_lfs_file_needs_its_object_in_this_repository_with_its_size() {
    let hub = hub();
    let content = b"large content".to_vec();
    let missing = commit("ada/demo", &[lfs_line("w.bin", &content)]).token(ADA).send(&hub).await;
    assert_eq!(missing.status, 400);
    assert!(missing.error().2.contains("LFS pointer pointed to a file that does not exist"));
    upload(&hub, "datasets/ada/nums", &content).await;
    let elsewhere = commit("ada/demo", &[lfs_line("w.bin", &content)]).token(ADA).send(&hub).await;
    assert_eq!(elsewhere.status, 400, "known only from another repository");
    upload(&hub, "ada/demo", &content).await;
    let mut wrong = lfs_line("w.bin", &content);
    wrong["value"]["size"] = json!(content.len() + 1);
    assert_eq!(commit("ada/demo", &[wrong.clone()]).token(ADA).send(&hub).await.status, 400);
    wrong["value"].as_object_mut().unwrap().remove("size");
    commit("ada/demo", &[wrong]).token(ADA).send(&hub).await.json();
    let raw = get("/ada/demo/raw/main/w.bin").send(&hub).await;
    assert!(raw.body.starts_with(b"version https://git-lfs.github.com/spec/v1\noid sha256:"));
}

#[tokio::test]
async fn an_lfs_file_that_no_rule_covers_gets_one_in_the_same_commit() {
    let hub = hub();
    let content = b"content".to_vec();
    upload(&hub, "ada/demo", &content).await;
    let before = text(&hub, ".gitattributes").await.unwrap();
    commit("ada/demo", &[lfs_line("covered.bin", &content)]).token(ADA).send(&hub).await.json();
    assert_eq!(text(&hub, ".gitattributes").await.unwrap(), before);
    commit("ada/demo", &[lfs_line("my data", &content)]).token(ADA).send(&hub).await.json();
    let expected = format!("{before}my[[:space:]]data filter=lfs diff=lfs merge=lfs -text\n");
    assert_eq!(text(&hub, ".gitattributes").await.unwrap(), expected);
}

#[tokio::test]
async fn a_pull_request_leaves_the_branch_alone() {
    let hub = hub();
    let before = tip(&hub, "ada/demo").await;
    let lines = [header_line("Fix"), file_line("a.txt", "a")];
    let open =
        || call(Method::POST, "/api/models/ada/demo/commit/main?create_pr=1").body(ndjson(&lines)).token(BOB);
    let response = open().send(&hub).await.json();
    assert_eq!(response["pullRequestUrl"], "http://localhost/ada/demo/discussions/1");
    assert_eq!(open().send(&hub).await.json()["pullRequestUrl"], "http://localhost/ada/demo/discussions/2");
    assert_eq!(tip(&hub, "ada/demo").await, before);
    let info = get("/api/models/ada/demo/revision/refs%2Fpr%2F1").send(&hub).await.json();
    assert_eq!(info["sha"], response["commitOid"]);
}

#[tokio::test]
async fn the_author_of_a_pull_request_adds_to_it_and_others_do_not() {
    let hub = hub();
    let open = call(Method::POST, "/api/models/ada/demo/commit/main?create_pr=1")
        .body(ndjson(&[header_line("Fix")]));
    open.token(BOB).send(&hub).await.json();
    let more = |token: &str, name: &str| {
        let body = ndjson(&[header_line("More"), file_line(name, "x")]);
        call(Method::POST, "/api/models/ada/demo/commit/refs%2Fpr%2F1").token(token).body(body)
    };
    assert_eq!(more(BOB, "b").send(&hub).await.status, 200);
    assert_eq!(more(ADA, "a").send(&hub).await.status, 200, "those who write to the repository may too");
    assert_eq!(more(crate::support::RITA, "r").send(&hub).await.status, 403);
}

#[tokio::test]
async fn a_pull_request_may_start_from_an_older_commit() {
    let hub = hub();
    let old = tip(&hub, "ada/demo").await;
    add_files(&hub, "ada/demo", &[("a.txt", "a")]).await;
    let header = json!({"key": "header", "value": {"summary": "S", "description": "D", "parentCommit": old}});
    let uri = "/api/models/ada/demo/commit/main?create_pr=1";
    let body = ndjson(&[header, file_line("b.txt", "b")]);
    call(Method::POST, uri).token(ADA).body(body).send(&hub).await.json();
    let tree = get("/api/models/ada/demo/tree/refs%2Fpr%2F1").send(&hub).await.json();
    let paths: Vec<_> = tree.as_array().unwrap().iter().map(|e| e["path"].as_str().unwrap()).collect();
    assert_eq!(paths, [".gitattributes", "b.txt"]);
}

#[tokio::test]
async fn commits_at_the_same_time_are_all_kept() {
    let hub = hub();
    let commits = (0..16).map(|n| {
        let hub = hub.clone();
        async move { add_files(&hub, "ada/demo", &[(&format!("f{n}"), "x")]).await }
    });
    futures_util::future::join_all(commits).await;
    assert_eq!(count(&hub).await, 17);
    let tree = get("/api/models/ada/demo/tree/main").send(&hub).await.json();
    assert_eq!(tree.as_array().unwrap().len(), 17);
}

#[tokio::test]
async fn a_body_that_breaks_off_commits_nothing() {
    use tower::ServiceExt;
    let hub = hub();
    let good = format!("{}\n{}\n", header_line("x"), file_line("a.txt", "a"));
    let pieces = futures_util::stream::iter([
        Ok(http_body::Frame::data(bytes::Bytes::from(good))),
        Err(std::io::Error::other("the file changed")),
    ]);
    let request = http::Request::post("/api/models/ada/demo/commit/main")
        .header("authorization", format!("Bearer {ADA}"))
        .body(http_body_util::StreamBody::new(pieces))
        .unwrap();
    assert_eq!(hub.clone().oneshot(request).await.unwrap().status(), 400);
    assert_eq!(count(&hub).await, 1);
}

#[tokio::test]
async fn an_inline_file_is_taken_where_lfs_was_advised() {
    let hub = hub();
    add_files(&hub, "ada/demo", &[("w.bin", "small")]).await;
    assert_eq!(text(&hub, "w.bin").await.as_deref(), Some("small"));
    assert!(batch(&hub, ADA, "ada/demo", "upload", b"small").await.get("actions").is_some());
    let info =
        post("/api/models/ada/demo/paths-info/main", json!({"paths": ["w.bin"]})).send(&hub).await.json();
    assert!(info[0].get("lfs").is_none());
}
