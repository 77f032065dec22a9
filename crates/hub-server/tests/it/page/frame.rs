//! What all pages have in common.

use http::Method;
use hub_server::{EmbeddedHub, Operation, routes};
use serde_json::json;

use super::Browser;
use crate::support::{ADA, BOB, Received, add_files, builder, call, commit, get, hub, post};

/// Whether a path is one of a page: outside the API, git and what clients load.
fn is_page(operation: &Operation) -> bool {
    let path = operation.path;
    let is_for_programs = ["/api/", "/_xet/", "/{id}.git/", "/{id}/resolve/", "/{id}/raw/", "/_page/"];
    !is_for_programs.iter().any(|start| path.starts_with(start))
}

/// A path that is there on [`filled`].
fn example(path: &str) -> String {
    let file = if path.contains("/tree/") { "" } else { "a.txt" };
    let num = if path.ends_with("/{num}/files") { "2" } else { "1" };
    let examples = [
        ("{type}", "models"),
        ("{id}", "ada/demo"),
        ("{user}", "ada"),
        ("{rev}", "main"),
        ("{branch}", "main"),
        ("/{path}", if file.is_empty() { "" } else { "/a.txt" }),
        ("{base..head}", "v1..main"),
        ("{num}", num),
        ("{comment}", "1"),
        ("{lock}", "1"),
        ("{asset}", "style.css"),
        ("{store}", "0"),
    ];
    let path = examples.iter().fold(path.to_owned(), |path, (name, value)| path.replace(name, value));
    // What is left are hashes and parts.
    path.split('/').map(|part| if part.starts_with('{') { "0" } else { part }).collect::<Vec<_>>().join("/")
}

/// A hub where every page has something to show.
async fn filled() -> EmbeddedHub {
    let hub = hub();
    let card = "---\nlicense: mit\ntags: [small]\n---\n# Demo\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```py\nprint(1)\n```\n";
    add_files(&hub, "ada/demo", &[("README.md", card), ("a.txt", "one\n"), ("d/b.csv", "x,y\n1,2\n")]).await;
    let tag = post("/api/models/ada/demo/tag/main", json!({"tag": "v1"}));
    assert_eq!(tag.token(ADA).send(&hub).await.status, 200);
    let discussions = "/api/models/ada/demo/discussions";
    post(discussions, json!({"title": "Words", "description": "*Hello*"})).token(BOB).send(&hub).await.json();
    let change = crate::support::ndjson(&[
        crate::support::header_line("Propose"),
        crate::support::file_line("a.txt", "two\n"),
    ]);
    let proposal = call(Method::POST, "/api/models/ada/demo/commit/main?create_pr=1").token(BOB).body(change);
    proposal.send(&hub).await.json();
    hub
}

#[track_caller]
fn assert_is_guarded(uri: &str, response: &Received) {
    let policy = response.header("content-security-policy").unwrap_or_default();
    for part in ["default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'"] {
        assert!(policy.split(';').any(|one| one.trim() == part), "{uri} lacks {part}: {policy:?}");
    }
    assert!(!policy.contains("unsafe"), "{uri}: {policy}");
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "same-origin"),
        ("vary", "accept, cookie"),
    ] {
        assert_eq!(response.header(name), Some(value), "{uri}");
    }
}

#[tokio::test]
async fn every_page_is_whole_for_everybody_who_may_see_it() {
    let hub = filled().await;
    let browsers = [
        Browser::anonymous(&hub).await,
        Browser::signed_in(&hub, BOB).await,
        Browser::signed_in(&hub, ADA).await,
    ];
    let pages = routes().iter().filter(|operation| operation.method == "GET" && is_page(operation));
    let mut shown = 0;
    for uri in pages.map(|operation| example(operation.path)) {
        for browser in &browsers {
            let response = browser.get(&uri).await;
            assert_is_guarded(&uri, &response);
            let faults = response.html().faults();
            assert!(faults.is_empty(), "{uri}: {faults:#?}");
            shown += usize::from(response.status == 200);
        }
        // Its owner sees them all.
        assert_eq!(browsers[2].get(&uri).await.status, 200, "{uri}");
    }
    assert!(shown > 50, "{shown}");
}

#[tokio::test]
async fn who_asks_for_no_page_gets_none() {
    let hub = filled().await;
    for operation in routes() {
        let uri = example(operation.path);
        for accept in ["", "*/*", "application/json", "application/vnd.git-lfs+json", "application/xhtml+xml"]
        {
            let method = Method::from_bytes(operation.method.as_bytes()).unwrap();
            for media_type in ["application/json", "application/x-www-form-urlencoded"] {
                let mut request = call(method.clone(), &uri).header("content-type", media_type);
                request = request.header("sec-fetch-site", "same-origin");
                if !accept.is_empty() {
                    request = request.header("accept", accept);
                }
                let response = request.send(&hub).await;
                let text = response.text().to_ascii_lowercase();
                let is_html = response.header("content-type").is_some_and(|it| it.contains("html"));
                assert!(!is_html && !text.contains("<html"), "{method} {uri} for {accept:?}: {response:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_page_that_the_browser_has_is_not_sent_again() {
    let hub = filled().await;
    let browser = Browser::signed_in(&hub, ADA).await;
    for uri in ["/", "/models", "/ada/demo", "/ada/demo/tree/main", "/ada/demo/blob/main/a.txt"] {
        let first = browser.get(uri).await;
        let tag = first.header("etag").unwrap_or_else(|| panic!("{uri} has no tag")).to_owned();
        let again = browser.call(Method::GET, uri).header("if-none-match", &tag).send(&hub).await;
        assert_eq!((again.status.as_u16(), again.body.len()), (304, 0), "{uri}");
        assert_is_guarded(uri, &again);
        let head = browser.call(Method::HEAD, uri).send(&hub).await;
        assert_eq!((head.status.as_u16(), head.header("etag")), (200, Some(&*tag)), "{uri}");
        // Somebody else has another page.
        let other = Browser::anonymous(&hub).await.call(Method::GET, uri).header("if-none-match", &tag);
        assert_eq!(other.send(&hub).await.status, 200, "{uri}");
    }
    let tag = browser.get("/ada/demo/tree/main").await.header("etag").unwrap().to_owned();
    commit("ada/demo", &[crate::support::file_line("new.txt", "x")]).token(ADA).send(&hub).await.json();
    let changed = browser.call(Method::GET, "/ada/demo/tree/main").header("if-none-match", &tag);
    assert_eq!(changed.send(&hub).await.status, 200);
}

#[tokio::test]
async fn what_goes_wrong_is_a_page_with_the_id_of_the_request() {
    let hub = filled().await;
    let (anonymous, bob) = (Browser::anonymous(&hub).await, Browser::signed_in(&hub, BOB).await);
    for (browser, uri, status) in [
        (&anonymous, "/analytical/closed", 401),
        (&bob, "/analytical/closed", 404),
        (&bob, "/ada/missing", 404),
        (&bob, "/nobody", 404),
        (&bob, "/ada/demo/tree/missing", 404),
        (&bob, "/ada/demo/tree/a..b", 404),
        (&bob, "/ada/demo/blob/main/missing.txt", 404),
        (&bob, "/ada/demo/resolve/main/missing.txt", 404),
        (&bob, "/ada/demo/discussions/99", 404),
        (&bob, "/ada/demo/nothing/here", 404),
        (&bob, "/ada/demo/settings", 403),
        (&bob, "/models?sort=nonsense", 400),
    ] {
        let response = browser.get(uri).await;
        assert_eq!(response.status, status, "{uri}: {response:?}");
        assert_is_guarded(uri, &response);
        assert_eq!(response.header("www-authenticate"), None, "{uri}");
        let page = response.html();
        assert_eq!(page.faults(), Vec::<String>::new(), "{uri}");
        let id = response.header("x-request-id").unwrap();
        assert!(page.texts("code").iter().any(|code| code == id), "{uri}: {page:?}");
        let offers = page.links().iter().any(|link| link.starts_with("/login"));
        assert_eq!(offers, status == 401, "{uri}");
    }
    let sent = bob.send("/ada/demo", &[]).await;
    assert_eq!((sent.status.as_u16(), sent.header("allow")), (405, Some("GET, HEAD")));
}

#[tokio::test]
async fn a_hub_without_pages_answers_a_browser_as_it_answers_programs() {
    let hub = builder().pages(false).build().unwrap();
    add_files(&hub, "ada/demo", &[("a.txt", "one\n")]).await;
    for operation in routes() {
        let uri = example(operation.path);
        let method = Method::from_bytes(operation.method.as_bytes()).unwrap();
        let request = call(method.clone(), &uri).header("accept", super::ACCEPT);
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let response = request.header("sec-fetch-site", "same-origin").send(&hub).await;
        let is_html = response.header("content-type").is_some_and(|it| it.contains("html"));
        assert!(!is_html && response.header("set-cookie").is_none(), "{method} {uri}: {response:?}");
        if is_page(operation) {
            assert!(matches!(response.status.as_u16(), 404 | 405), "{method} {uri}: {response:?}");
        }
    }
    let file = get("/ada/demo/resolve/main/a.txt").header("accept", super::ACCEPT).send(&hub).await;
    assert_eq!(file.text(), "one\n");
}

#[tokio::test]
async fn style_and_script_are_kept_by_the_browser() {
    let hub = hub();
    let browser = Browser::anonymous(&hub).await;
    let page = browser.page("/login").await;
    let style = page.all("link").find(|link| link.attribute("rel") == Some("stylesheet"));
    let script = page.all("script").next().and_then(|script| script.attribute("src"));
    for (uri, media_type) in [
        (style.and_then(|link| link.attribute("href")).unwrap(), "text/css; charset=utf-8"),
        (script.unwrap(), "text/javascript; charset=utf-8"),
    ] {
        let asset = call(Method::GET, uri).header("accept", "*/*").send(&hub).await;
        assert_eq!((asset.status.as_u16(), asset.header("content-type")), (200, Some(media_type)), "{uri}");
        assert_eq!(asset.header("cache-control"), Some("public, max-age=31536000, immutable"), "{uri}");
        assert_is_guarded(uri, &asset);
    }
    assert_eq!(browser.get("/_page/other.css").await.status, 404);
}
