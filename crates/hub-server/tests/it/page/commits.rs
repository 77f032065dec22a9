//! One commit, two revisions side by side, branches and tags, and likes.

use http::Method;
use serde_json::json;

use super::Browser;
use crate::support::{
    ADA, ADA_READS, BOB, RITA, add_files, call, commit, file_line, get, hub, lfs_line, post, tip, upload,
};

#[tokio::test]
async fn a_commit_says_what_it_changed() {
    let hub = hub();
    let first = tip(&hub, "ada/demo").await;
    let old = add_files(&hub, "ada/demo", &[("d/a.txt", "one\ntwo\n"), ("gone", "x")]).await;
    let lines =
        [file_line("d/a.txt", "one\n<b>\n"), json!({"key": "deletedFile", "value": {"path": "gone"}})];
    let made = commit("ada/demo", &lines).token(ADA).send(&hub).await.json();
    let id = made["commitOid"].as_str().unwrap();
    let browser = Browser::anonymous(&hub).await;
    let page = browser.page(&format!("/ada/demo/commit/{id}")).await;
    assert_eq!(page.faults(), Vec::<String>::new());
    assert_eq!(page.texts("h2"), ["Change"]);
    assert_eq!(page.texts("h3"), ["d/a.txt", "gone"]);
    let shown: Vec<_> = page.all("span").filter(|line| line.attribute("data-n").is_some()).collect();
    let shown: Vec<_> =
        shown.iter().map(|line| (line.attribute("class").unwrap(), line.text.as_str())).collect();
    let expected = [
        ("hunk", "@@ -1,2 +1,2 @@\n"),
        ("same", " one\n"),
        ("removed", "-two\n"),
        ("added", "+<b>\n"),
        ("hunk", "@@ -1,1 +0,0 @@\n"),
        ("removed", "-x (no newline at the end)\n"),
    ];
    assert_eq!(shown, expected);
    let words = page.words();
    assert!(words.contains("2 files changed: 1 line added, 2 lines removed"), "{words}");
    assert!(!words.contains('@') || !words.contains("noreply"), "no e-mail address: {words}");
    let links = page.links();
    assert!(links.contains(&&*format!("/ada/demo/commit/{old}")), "the parent: {links:?}");
    assert!(links.contains(&&*format!("/ada/demo/blob/{id}/d/a.txt")), "{links:?}");
    // The first commit has all its files as new ones.
    let page = browser.page(&format!("/ada/demo/commit/{first}")).await;
    assert!(page.words().contains("the first one") && page.words().contains("new +"), "{}", page.words());
    for missing in ["0123456789012345678901234567890123456789", "none"] {
        assert_eq!(browser.get(&format!("/ada/demo/commit/{missing}")).await.status, 404);
    }
}

#[tokio::test]
async fn large_files_and_binary_ones_are_told_and_not_shown() {
    let hub = hub();
    let (small, large) = (vec![7; 1000], vec![8; 2_500_000]);
    for content in [&small, &large] {
        upload(&hub, "ada/demo", content).await;
    }
    commit("ada/demo", &[lfs_line("w.bin", &small)]).token(ADA).send(&hub).await.json();
    let binary = json!({"key": "file", "value": {"path": "p.png", "content": "AAEC", "encoding": "base64"}});
    let made = commit("ada/demo", &[lfs_line("w.bin", &large), binary]).token(ADA).send(&hub).await.json();
    let id = made["commitOid"].as_str().unwrap();
    let words = Browser::anonymous(&hub).await.page(&format!("/ada/demo/commit/{id}")).await.words();
    assert!(words.contains("In LFS: 1.0 kB → 2.5 MB."), "{words}");
    assert!(words.contains("No text, or longer than 1 MiB."), "{words}");
    assert!(!words.contains("git-lfs.github.com"), "{words}");
}

#[tokio::test]
async fn of_lines_that_are_not_read_no_number_is_told() {
    let hub = hub();
    let id = add_files(&hub, "ada/demo", &[("long.txt", &"line\n".repeat(400_000))]).await;
    let browser = Browser::anonymous(&hub).await;
    let words = browser.page(&format!("/ada/demo/commit/{id}")).await.words();
    assert!(
        words.contains("1 file changed") && !words.contains("0 lines") && !words.contains("+0"),
        "{words}"
    );
}

#[tokio::test]
async fn one_is_not_many() {
    let hub = hub();
    let history = Browser::anonymous(&hub).await.page("/ada/demo/commits/main").await;
    assert!(history.texts("p").contains(&"1 commit".to_owned()), "{}", history.words());
    add_files(&hub, "ada/demo", &[("one.csv", "a,b\n1,2\n")]).await;
    let table = Browser::anonymous(&hub).await.page("/ada/demo/blob/main/one.csv").await;
    assert_eq!(table.texts("caption"), ["1 row"]);
}

#[tokio::test]
async fn a_commit_of_very_much_is_cut_and_the_whole_is_named() {
    let hub = hub();
    let names: Vec<String> = (0..150).map(|number| format!("f{number:03}")).collect();
    let text = "line\n".repeat(100);
    let files: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), text.as_str())).collect();
    let id = add_files(&hub, "ada/demo", &files).await;
    let browser = Browser::anonymous(&hub).await;
    let response = browser.get(&format!("/ada/demo/commit/{id}")).await;
    assert!(response.body.len() < 400_000, "{}", response.body.len());
    let page = response.html();
    assert!(page.words().contains("150 files changed: at least 10,000 lines added"), "{}", page.words());
    assert_eq!(page.texts("h3").len(), 100);
    let shown = page.all("span").filter(|line| line.has_class("added")).count();
    assert_eq!(shown, 2000);
    let raw = page.links().into_iter().find(|link| link.starts_with("/api/")).unwrap().to_owned();
    assert_eq!(get(&raw).send(&hub).await.text().matches("\n+line").count(), 15_000);
}

#[tokio::test]
async fn two_revisions_are_compared_as_the_api_does() {
    let hub = hub();
    post("/api/models/ada/demo/branch/side", json!({})).token(ADA).send(&hub).await;
    post("/api/models/ada/demo/tag/main", json!({"tag": "v1"})).token(ADA).send(&hub).await;
    let id = add_files(&hub, "ada/demo", &[("new.txt", "new\n")]).await;
    let browser = Browser::anonymous(&hub).await;
    let page = browser.page("/ada/demo/compare/side..main").await;
    assert_eq!(page.faults(), Vec::<String>::new());
    assert_eq!(page.texts("h3"), ["Commits", "Changes", "new.txt"]);
    assert!(page.links().contains(&&*format!("/ada/demo/commit/{id}")));
    let options = page.texts("option");
    assert_eq!(options, ["main", "side", "v1", "main", "side", "v1"]);
    let selected = page.all("option").filter(|one| one.attribute("selected").is_some());
    assert_eq!(selected.map(|one| one.text.as_str()).collect::<Vec<_>>(), ["side", "main"]);
    // The other way round it has no commits, and the file goes.
    let back = browser.page("/ada/demo/compare/main..side").await;
    assert!(back.words().contains("side has no commit that main does not have"), "{}", back.words());
    assert!(back.words().contains("deleted"), "{}", back.words());
    // The form leads to the page of its own.
    let chosen = browser.get("/ada/demo/compare/main..side?from=v1&to=refs%2Fpr%2F1").await;
    assert_eq!(chosen.sees(), "/ada/demo/compare/v1..refs%2Fpr%2F1");
    let missing = browser.get("/ada/demo/compare/v1..refs%2Fpr%2F1").await;
    assert_eq!(missing.status, 404);
    assert_eq!(missing.html().faults(), Vec::<String>::new());
    assert!(missing.html().words().contains("refs/pr/1"), "one can choose again");
}

#[tokio::test]
async fn branches_and_tags_are_made_and_deleted_by_who_may_write() {
    let hub = hub();
    let ada = Browser::signed_in(&hub, ADA).await;
    let page = ada.page("/ada/demo/refs").await;
    assert_eq!(page.faults(), Vec::<String>::new());
    assert_eq!(
        page.forms().iter().filter(|to| to.contains("/refs/delete")).count(),
        0,
        "not the default one"
    );
    let made = ada.send("/ada/demo/refs/create-branch", &[("branch", "dev/x"), ("start", "")]).await;
    assert_eq!(made.sees(), "/ada/demo/refs");
    let fields = [("tag", "v1"), ("revision", "dev/x"), ("message", "First")];
    assert_eq!(ada.send("/ada/demo/refs/create-tag", &fields).await.sees(), "/ada/demo/refs");
    let refs = get("/api/models/ada/demo/refs").send(&hub).await.json();
    assert_eq!((&refs["branches"][0]["name"], &refs["tags"][0]["name"]), (&json!("dev/x"), &json!("v1")));
    let page = ada.page("/ada/demo/refs").await;
    assert_eq!(page.faults(), Vec::<String>::new());
    for link in ["/ada/demo/tree/dev%2Fx", "/ada/demo/tree/v1", "/ada/demo/compare/main..dev%2Fx"] {
        assert!(page.links().contains(&link), "{link}: {:?}", page.links());
    }
    // What is refused is told, and stays in the form.
    for (uri, fields, status) in [
        ("create-branch", &[("branch", "dev/x")] as &[_], 409),
        ("create-branch", &[("branch", "a b")], 400),
        ("create-branch", &[("branch", "new"), ("start", "nowhere")], 404),
        ("create-tag", &[("tag", "v1"), ("revision", "main")], 409),
        ("delete-branch", &[("branch", "nowhere")], 404),
    ] {
        let response = ada.send(&format!("/ada/demo/refs/{uri}"), fields).await;
        assert_eq!(response.status, status, "{uri} {fields:?}");
        let page = response.html();
        assert_eq!(page.faults(), Vec::<String>::new());
        let typed = if uri.starts_with("create") { fields[0].1 } else { "" };
        let field = page.all("input").find(|input| input.attribute("id") == Some(fields[0].0)).unwrap();
        assert_eq!(field.attribute("value"), Some(typed), "{uri}");
        assert!(page.elements.iter().any(|element| element.has_class("problem")), "{uri}");
    }
    let default = ada.send("/ada/demo/refs/delete-branch", &[("branch", "main")]).await;
    assert_eq!(default.status, 403);
    assert_eq!(ada.send("/ada/demo/refs/delete-tag", &[("tag", "v1")]).await.sees(), "/ada/demo/refs");
    assert_eq!(
        ada.send("/ada/demo/refs/delete-branch", &[("branch", "dev/x")]).await.sees(),
        "/ada/demo/refs"
    );
    let refs = get("/api/models/ada/demo/refs").send(&hub).await.json();
    assert_eq!((refs["branches"].as_array().unwrap().len(), &refs["tags"]), (1, &json!([])));
    // Others see no forms, and may send none.
    for token in [BOB, ADA_READS] {
        let other = Browser::signed_in(&hub, token).await;
        let forms: Vec<_> =
            other.page("/ada/demo/refs").await.forms().into_iter().map(str::to_owned).collect();
        assert!(!forms.iter().any(|to| to.contains("/refs/")), "{forms:?}");
        assert_eq!(other.send("/ada/demo/refs/create-branch", &[("branch", "b")]).await.status, 403);
    }
}

#[tokio::test]
async fn refs_come_in_pages() {
    let hub = hub();
    for number in 0..105 {
        let uri = format!("/api/models/ada/demo/branch/b{number:03}");
        post(&uri, json!({})).token(ADA).send(&hub).await;
    }
    let browser = Browser::anonymous(&hub).await;
    let first = browser.page("/ada/demo/refs").await;
    let next = first.links().into_iter().find(|link| link.contains("branches=")).unwrap().to_owned();
    assert_eq!(next, "/ada/demo/refs?branches=b099#branches");
    let second = browser.page(next.trim_end_matches("#branches")).await;
    let names = |page: &super::html::Html| {
        let rows = page.all("th").filter(|head| head.attribute("scope") == Some("row"));
        rows.map(|row| row.text.trim().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!((names(&first).len(), names(&second).len()), (100, 6));
    assert_eq!(names(&second).last().map(|name| name.starts_with("main")), Some(true));
    // So many are written, and not chosen from.
    for number in 105..201 {
        let uri = format!("/api/models/ada/demo/branch/b{number:03}");
        post(&uri, json!({})).token(ADA).send(&hub).await;
    }
    let page = browser.page("/ada/demo/compare/b000..main").await;
    assert_eq!(
        (page.all("select").count(), page.field("from"), page.field("to")),
        (0, Some("b000"), Some("main"))
    );
    assert_eq!(page.faults(), Vec::<String>::new());
}

#[tokio::test]
async fn what_a_gated_repository_has_in_its_files_is_for_its_members() {
    let hub = hub();
    let lines = [file_line("a.txt", "CANARY\n")];
    let made = commit("analytical/open", &lines).token(crate::support::WIM).send(&hub).await.json();
    let id = made["commitOid"].as_str().unwrap();
    let gated = call(Method::PUT, "/api/models/analytical/open/settings")
        .header("content-type", "application/json")
        .body(json!({"gated": "auto"}).to_string());
    gated.token(crate::support::WIM).send(&hub).await.json();
    let (rita, bob) = (Browser::signed_in(&hub, RITA).await, Browser::signed_in(&hub, BOB).await);
    let (commit, compare) =
        (format!("/analytical/open/commit/{id}"), format!("/analytical/open/compare/{id}..main"));
    for uri in [&commit, &compare] {
        assert_eq!(rita.get(uri).await.status, 200, "{uri}");
        let response = bob.get(uri).await;
        assert_eq!(response.status, 403, "{uri}");
        assert!(!response.text().contains("CANARY"));
    }
    assert!(rita.page(&commit).await.words().contains("CANARY"));
    let raw = |page: &super::html::Html| page.links().iter().any(|link| link.starts_with("/api/"));
    assert!(!raw(&rita.page(&commit).await), "a browser could not read it");
    let refs = bob.page("/analytical/open/refs").await;
    assert!(!refs.links().iter().any(|link| link.contains("/commit/") || link.contains("/compare/")));
    assert_eq!(refs.faults(), Vec::<String>::new());
}

#[tokio::test]
async fn a_like_comes_and_goes() {
    let hub = hub();
    let bob = Browser::signed_in(&hub, BOB).await;
    for (like, likes) in [("yes", 1), ("yes", 1), ("no", 0)] {
        assert_eq!(bob.send("/ada/demo/like", &[("like", like)]).await.sees(), "/ada/demo");
        assert_eq!(get("/api/models/ada/demo").send(&hub).await.json()["likes"], likes, "{like}");
    }
    assert_eq!(bob.send("/ada/demo/like", &[("like", "maybe")]).await.status, 400);
    assert_eq!(Browser::anonymous(&hub).await.send("/ada/demo/like", &[("like", "yes")]).await.status, 401);
}
