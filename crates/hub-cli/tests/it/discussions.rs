//! `hub discussions`

use crate::place::{Place, me};

#[test]
fn a_pull_request_is_opened_looked_at_and_merged() {
    let place = Place::new();
    let id = &format!("{}/demo", me(&place));
    place.ok(&["repos", "create", id]);
    let num =
        place.ok(&["discussions", "create", id, "--title", "Add a file", "--body", "why", "--pr", "--quiet"]);
    assert_eq!(num.trim(), "1");
    std::fs::write(place.home.path().join("a.txt"), "hello\n").unwrap();
    place.ok(&["upload", id, "a.txt", "a.txt", "--revision", "refs/pr/1"]);
    assert_eq!(place.ok(&["discussions", "list", id, "-k", "pull_request", "-s", "draft", "--quiet"]), "1\n");
    assert_eq!(place.ok(&["discussions", "list", id, "-s", "merged"]), "");
    place.fails(&["discussions", "merge", id, "1"], 2);
    place.ok(&["discussions", "reopen", id, "1", "--yes"]);
    let diff = place.ok(&["discussions", "diff", id, "1"]);
    assert!(diff.starts_with("diff --git a/a.txt b/a.txt\n") && diff.ends_with("+hello\n"), "{diff}");
    place.ok(&["discussions", "merge", id, "1", "--yes", "--comment", "thanks"]);
    let info = place.ok(&["discussions", "info", id, "1"]);
    assert!(
        info.starts_with("1  pull request  merged  Add a file") && info.contains("    thanks\n"),
        "{info}"
    );
    let listed = place.ok(&["models", "list", id, "--quiet"]);
    assert_eq!(listed, ".gitattributes\na.txt\n");
}

#[test]
fn a_discussion_is_answered_renamed_and_closed() {
    let place = Place::new();
    let id = &format!("{}/data", me(&place));
    let of = |args: &[&str]| {
        let all = [&["discussions"], args, &["--repo-type", "dataset"]].concat();
        place.ok(&all)
    };
    place.ok(&["repos", "create", id, "--repo-type", "dataset"]);
    let url = of(&["create", id, "--title", "A question"]);
    assert!(url.trim().ends_with(&format!("/datasets/{id}/discussions/1")), "{url}");
    std::fs::write(place.home.path().join("text.md"), "from a file").unwrap();
    let comment = of(&["comment", id, "1", "--body-file", "text.md", "--quiet"]);
    of(&["edit", id, "1", comment.trim(), "--body", "changed"]);
    of(&["rename", id, "1", "A response"]);
    of(&["close", id, "1", "--yes"]);
    let info: serde_json::Value = serde_json::from_str(&of(&["info", id, "1", "--json"])).unwrap();
    assert_eq!((&info["title"], &info["status"]), (&"A response".into(), &"closed".into()));
    assert_eq!(info["events"][1]["data"]["latest"]["raw"], "changed");
    let list: serde_json::Value = serde_json::from_str(&of(&["list", id, "-s", "all", "--json"])).unwrap();
    assert_eq!((list.as_array().unwrap().len(), &list[0]["num"]), (1, &1.into()));
    place.fails(&["discussions", "diff", id, "1", "--type", "dataset"], 2);
    place.fails(&["discussions", "comment", id, "1", "--type", "dataset"], 2);
    place.fails(&["discussions", "info", id, "7", "--type", "dataset"], 3);
    assert_eq!(place.run(&["discussions", "info", id, "0"]).status.code(), Some(2));
}
