//! Branches, tags and shortened histories.

use http::Method;
use serde_json::json;

use crate::support::{ADA, Call, add_files, call, get, hub, post, tip};

const DEMO: &str = "/api/models/ada/demo";

fn branch(name: &str, body: serde_json::Value) -> Call {
    post(&format!("{DEMO}/branch/{name}"), body).token(ADA)
}

fn tag(revision: &str, body: serde_json::Value) -> Call {
    post(&format!("{DEMO}/tag/{revision}"), body).token(ADA)
}

fn delete(rest: &str) -> Call {
    call(Method::DELETE, &format!("{DEMO}/{rest}")).token(ADA)
}

/// Names and commits of one list of refs.
async fn listed(hub: &hub_server::EmbeddedHub, list: &str) -> Vec<(String, String)> {
    let refs = get(&format!("{DEMO}/refs")).send(hub).await.json();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let refs = refs[list].as_array().unwrap().iter();
    refs.map(|found| (text(&found["name"]), text(&found["targetCommit"]))).collect()
}

#[tokio::test]
async fn a_branch_begins_at_main_or_where_it_is_told_to() {
    let hub = hub();
    let first = tip(&hub, "ada/demo").await;
    let second = add_files(&hub, "ada/demo", &[("a.txt", "a")]).await;
    branch("now", json!({})).send(&hub).await;
    branch("then", json!({"startingPoint": first[..8]})).send(&hub).await;
    call(Method::POST, &format!("{DEMO}/branch/feature%2Fx")).token(ADA).send(&hub).await;
    let expected = [("feature/x", &second), ("main", &second), ("now", &second), ("then", &first)]
        .map(|(n, c)| (n.into(), c.clone()));
    assert_eq!(listed(&hub, "branches").await, expected);
}

#[tokio::test]
async fn a_branch_that_is_there_is_a_conflict_unless_it_may_be_overwritten() {
    let hub = hub();
    let first = tip(&hub, "ada/demo").await;
    let second = add_files(&hub, "ada/demo", &[("a.txt", "a")]).await;
    let at_first = json!({"startingPoint": first});
    assert_eq!(branch("x", at_first).send(&hub).await.status, 200);
    let again = branch("x", json!({})).send(&hub).await;
    assert_eq!(again.error(), (409, None, "Reference already exists".into()));
    assert_eq!(branch("x", json!({"overwrite": true})).send(&hub).await.status, 200);
    assert!(listed(&hub, "branches").await.contains(&("x".into(), second)));
}

#[tokio::test]
async fn an_empty_branch_has_no_files() {
    let hub = hub();
    assert_eq!(branch("empty", json!({"emptyBranch": true})).send(&hub).await.status, 200);
    assert_eq!(get(&format!("{DEMO}/tree/empty")).send(&hub).await.json(), json!([]));
    let both = branch("y", json!({"emptyBranch": true, "startingPoint": "main"})).send(&hub).await;
    assert_eq!(both.status, 400);
}

#[tokio::test]
async fn names_that_cannot_be_and_revisions_that_are_not_are_refused() {
    let hub = hub();
    let bad = branch("refs%2Fpr%2F5", json!({})).send(&hub).await;
    assert_eq!(bad.error(), (400, None, "Invalid reference for a branch: refs/pr/5".into()));
    for name in ["refs%2Fx%2Fy", "a..b", "a%20b", "HEAD", "-x"] {
        assert_eq!(branch(name, json!({})).send(&hub).await.status, 400, "{name}");
        let body = json!({"tag": name.replace("%2F", "/").replace("%20", " ")});
        assert_eq!(tag("main", body).send(&hub).await.status, 400, "{name}");
    }
    // 255 bytes are a name, but not with the `.lock` that git puts behind it.
    for length in [251, 256, 300, 1025] {
        let name = "r".repeat(length);
        assert_eq!(branch(&name, json!({})).send(&hub).await.status, 400, "{length}");
        assert_eq!(tag("main", json!({"tag": name})).send(&hub).await.status, 400, "{length}");
        let start = branch("x", json!({"startingPoint": name})).send(&hub).await;
        assert_eq!(start.error().1, Some("RevisionNotFound"), "{length}");
        let read = get(&format!("{DEMO}/revision/{name}")).send(&hub).await;
        assert_eq!(read.error().1, Some("RevisionNotFound"), "{length}");
    }
    for name in ["a%20b", "main%5E", "~", "a..b"] {
        let read = get(&format!("{DEMO}/revision/{name}")).send(&hub).await;
        assert_eq!(read.error().1, Some("RevisionNotFound"), "{name}");
    }
    assert_eq!(branch(&"r".repeat(250), json!({})).send(&hub).await.status, 200);
    let missing = branch("x", json!({"startingPoint": "none"})).send(&hub).await;
    assert_eq!(missing.error().1, Some("RevisionNotFound"));
    assert_eq!(tag("none", json!({"tag": "v1"})).send(&hub).await.error().1, Some("RevisionNotFound"));
}

#[cfg(not(windows))]
#[tokio::test]
async fn names_that_git_takes_are_taken_whatever_windows_says_of_files() {
    let hub = hub();
    let names = ["<x>", "a\"b", "a|b", "con", "nul", "COM1", "x.", "aux/deep", "deep/<y>"];
    for name in names {
        let encoded = hub_types::route::encode_segment(name);
        let made = branch(&encoded, json!({})).send(&hub).await;
        // The name ends in a dot: git itself refuses that.
        let expected = if name == "x." { 400 } else { 200 };
        assert_eq!(made.status, expected, "{name}: {made:?}");
        let tagged = tag("main", json!({"tag": name})).send(&hub).await;
        assert_eq!(tagged.status, expected, "{name}: {tagged:?}");
        if expected == 200 {
            let read = get(&format!("{DEMO}/revision/{encoded}")).send(&hub).await;
            assert_eq!(read.status, 200, "{name}: {read:?}");
            let below = branch(&format!("{encoded}%2Fbelow"), json!({})).send(&hub).await;
            assert_eq!(below.status, 400, "{name}: {below:?}");
        }
    }
    let above = branch("deep", json!({})).send(&hub).await;
    assert!(above.error().2.contains("deep/<y> is there"), "{above:?}");
    let listed = listed(&hub, "branches").await;
    for name in names.iter().filter(|name| **name != "x.") {
        assert!(listed.iter().any(|(known, _)| known == name), "{name} in {listed:?}");
        let encoded = hub_types::route::encode_segment(name);
        assert_eq!(delete(&format!("branch/{encoded}")).send(&hub).await.status, 200, "{name}");
        assert_eq!(delete(&format!("tag/{encoded}")).send(&hub).await.status, 200, "{name}");
    }
}

#[tokio::test]
async fn a_branch_is_deleted_but_main_is_not() {
    let hub = hub();
    branch("a%2Fb", json!({})).send(&hub).await;
    assert_eq!(delete("branch/a%2Fb").send(&hub).await.status, 200);
    assert_eq!(delete("branch/a%2Fb").send(&hub).await.error().1, Some("RevisionNotFound"));
    assert_eq!(branch("a", json!({})).send(&hub).await.status, 200);
    let main = delete("branch/main").send(&hub).await;
    assert_eq!(main.error(), (403, None, "Cannot delete refs/heads/main".into()));
}

#[tokio::test]
async fn a_tag_names_a_commit_with_or_without_a_message() {
    let hub = hub();
    let first = tip(&hub, "ada/demo").await;
    let second = add_files(&hub, "ada/demo", &[("a.txt", "a")]).await;
    assert_eq!(tag("main", json!({"tag": "v2", "message": "Second"})).send(&hub).await.status, 200);
    assert_eq!(tag(&first, json!({"tag": "v1"})).send(&hub).await.status, 200);
    assert_eq!(listed(&hub, "tags").await, [("v1".into(), first), ("v2".into(), second.clone())]);
    let info = get(&format!("{DEMO}/revision/v2")).send(&hub).await.json();
    assert_eq!(info["sha"], second);
    let again = tag("main", json!({"tag": "v1"})).send(&hub).await;
    assert_eq!(again.error(), (409, None, "Reference already exists".into()));
}

#[tokio::test]
async fn a_branch_and_a_tag_may_share_a_name_and_are_deleted_apart() {
    let hub = hub();
    branch("x", json!({})).send(&hub).await;
    assert_eq!(delete("tag/x").send(&hub).await.error().1, Some("RevisionNotFound"));
    tag("main", json!({"tag": "x"})).send(&hub).await;
    assert_eq!(delete("tag/x").send(&hub).await.status, 200);
    assert!(listed(&hub, "tags").await.is_empty());
    assert_eq!(listed(&hub, "branches").await.len(), 2);
}

#[tokio::test]
async fn a_squashed_branch_has_one_commit_and_the_same_files() {
    let hub = hub();
    add_files(&hub, "ada/demo", &[("a.txt", "a")]).await;
    let before = get(&format!("{DEMO}/tree/main")).send(&hub).await.json();
    let squash = |branch: &str, body| post(&format!("{DEMO}/super-squash/{branch}"), body).token(ADA);
    let response = squash("main", json!({"message": "One\n\ntext"})).send(&hub).await.json();
    let commits = get(&format!("{DEMO}/commits/main")).send(&hub).await.json();
    assert_eq!(commits.as_array().unwrap().len(), 1);
    assert_eq!((&commits[0]["id"], &commits[0]["title"]), (&response["commitId"], &json!("One")));
    assert_eq!(get(&format!("{DEMO}/tree/main")).send(&hub).await.json(), before);
    assert_eq!(squash("none", json!({})).send(&hub).await.error().1, Some("RevisionNotFound"));
    let proposal = json!({"title": "Less history", "description": "", "pullRequest": true});
    post(&format!("{DEMO}/discussions"), proposal).token(ADA).send(&hub).await.json();
    let proposed = squash("refs%2Fpr%2F1", json!({})).send(&hub).await.json();
    let commits = get(&format!("{DEMO}/commits/refs%2Fpr%2F1")).send(&hub).await.json();
    assert_eq!((&commits[0]["id"], commits.as_array().unwrap().len()), (&proposed["commitId"], 1));
    assert_eq!(squash("refs%2Ftags%2Fv1", json!({})).send(&hub).await.status, 400);
    assert_eq!(squash("main", json!({"message": "x".repeat(501)})).send(&hub).await.status, 400);
}
