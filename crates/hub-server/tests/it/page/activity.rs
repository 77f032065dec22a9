//! What happened, and who is told of it.

use http::Method;
use hub_server::EmbeddedHub;
use hub_types::{RepoRef, RepoType};
use serde_json::{Value, json};

use super::{Browser, html::Html};
use crate::support::{
    ADA, BOB, RITA, WIM, add_files, call, commit, file_line, header_line, hub, ndjson, post,
};

/// The lines of a feed without their times, newest first.
fn lines(page: &Html) -> Vec<String> {
    let feed = page.all("ol").find(|list| list.has_class("feed"));
    assert!(feed.is_some() || page.words().contains("Nothing"), "{}", page.words());
    let within = |text: &str| feed.is_some_and(|feed| feed.text.contains(text));
    page.texts("p")
        .into_iter()
        .zip(page.all("p"))
        .filter(|(_, p)| within(&p.text))
        .map(|(text, _)| text)
        .collect()
}

async fn ok(hub: &EmbeddedHub, token: &str, path: &str, body: Value) {
    let response = post(path, body).token(token).send(hub).await;
    assert!(response.status.is_success(), "{response:?}");
}

async fn discuss(hub: &EmbeddedHub, token: &str, repo: &str, title: &str, text: &str) {
    let body = json!({"title": title, "description": text});
    ok(hub, token, &format!("/api/models/{repo}/discussions"), body).await;
}

#[tokio::test]
async fn all_that_happens_to_a_repository_is_told() {
    let hub = hub();
    add_files(&hub, "ada/demo", &[("a.txt", "a")]).await;
    discuss(&hub, BOB, "ada/demo", "Why <b>?", "CANARY").await;
    let at = "/api/models/ada/demo/discussions";
    ok(&hub, ADA, &format!("{at}/1/comment"), json!({"comment": "CANARY"})).await;
    ok(&hub, ADA, &format!("{at}/1/status"), json!({"status": "closed"})).await;
    ok(&hub, ADA, &format!("{at}/1/status"), json!({"status": "open"})).await;
    let lines_of_change = [header_line("Better"), file_line("b.txt", "b")];
    let proposal =
        call(Method::POST, "/api/models/ada/demo/commit/main?create_pr=1").body(ndjson(&lines_of_change));
    proposal.token(BOB).send(&hub).await.json();
    ok(&hub, ADA, &format!("{at}/2/merge"), json!({})).await;
    let browser = Browser::anonymous(&hub).await;
    for (path, of) in [("/activity", " in ada/demo"), ("/ada/demo/activity", "")] {
        let page = browser.page(path).await;
        assert_eq!(page.faults(), Vec::<String>::new(), "{path}");
        assert!(!page.words().contains("CANARY"), "{path}");
        let told = lines(&page);
        for line in [
            "ada committed Change",
            "bob opened the discussion #1 Why <b>?",
            "ada commented on the discussion #1 Why <b>?",
            "ada closed the discussion #1 Why <b>?",
            "ada set the discussion #1 Why <b>? to open",
            "bob opened the pull request #2 Better",
            "ada merged the pull request #2 Better",
        ] {
            let line = format!("{line}{of}");
            assert_eq!(told.iter().filter(|one| **one == line).count(), 1, "{line} in {told:#?}");
        }
        assert!(page.links().contains(&"/ada/demo/discussions/1"), "{path}");
        assert!(page.links().iter().any(|link| link.starts_with("/ada/demo/commit/")), "{path}");
    }
    let made = lines(&browser.page("/activity").await);
    for line in ["ada made the model ada/demo", "ada made the dataset ada/nums", "ada made the Space ada/app"]
    {
        assert!(made.contains(&line.to_owned()), "{line} in {made:#?}");
    }
    assert!(lines(&browser.page("/ada/demo/activity").await).contains(&"ada made this model".to_owned()));
}

#[tokio::test]
async fn what_happens_in_private_is_told_to_members() {
    let hub = hub();
    commit("analytical/closed", &[file_line("a.txt", "a")]).token(WIM).send(&hub).await.json();
    discuss(&hub, WIM, "analytical/closed", "Whisper", "x").await;
    for (token, told) in [(None, false), (Some(BOB), false), (Some(ADA), false), (Some(RITA), true)] {
        let browser = Browser::of(&hub, token).await;
        let page = browser.page("/activity").await;
        let names = page.words().contains("analytical/closed") || page.words().contains("Whisper");
        assert_eq!(names, told, "{token:?}");
        let status = match token {
            Some(RITA) => 200,
            Some(_) => 404,
            None => 401,
        };
        assert_eq!(browser.get("/analytical/closed/activity").await.status, status, "{token:?}");
    }
}

#[tokio::test]
async fn of_a_gated_repository_titles_are_told() {
    let hub = hub();
    let settings = call(Method::PUT, "/api/models/analytical/open/settings")
        .body(json!({"gated": "manual"}).to_string());
    settings.header("content-type", "application/json").token(WIM).send(&hub).await.json();
    commit("analytical/open", &[file_line("CANARY.txt", "CANARY")]).token(WIM).send(&hub).await.json();
    discuss(&hub, WIM, "analytical/open", "A title", "CANARY").await;
    for (token, may_read) in [(None, false), (Some(BOB), false), (Some(RITA), true)] {
        let browser = Browser::of(&hub, token).await;
        for path in ["/activity", "/analytical/open/activity"] {
            let page = browser.page(path).await;
            assert!(page.words().contains("committed Change") && page.words().contains("A title"), "{path}");
            assert!(!page.words().contains("CANARY"), "{path} for {token:?}");
            let leads = page.links().iter().any(|link| link.contains("/commit/"));
            assert_eq!(leads, may_read, "{path} for {token:?}");
        }
    }
}

#[tokio::test]
async fn of_a_repository_that_is_switched_off_nothing_is_told() {
    let hub = hub();
    add_files(&hub, "ada/demo", &[("a.txt", "a")]).await;
    discuss(&hub, BOB, "ada/demo", "Why", "x").await;
    hub.disable(&RepoRef::new(RepoType::Model, "ada/demo".parse().unwrap()), true).unwrap();
    let browser = Browser::signed_in(&hub, ADA).await;
    let told = lines(&browser.page("/activity").await);
    assert!(!told.is_empty() && !told.iter().any(|line| line.contains("ada/demo")), "{told:?}");
    assert_eq!(browser.get("/ada/demo/activity").await.status, 403);
}

#[tokio::test]
async fn the_pages_of_a_feed_tell_everything_once() {
    let hub = hub();
    for number in 0..120 {
        discuss(&hub, BOB, "ada/demo", &format!("T{number:03}"), "x").await;
    }
    let browser = Browser::anonymous(&hub).await;
    for path in ["/activity", "/ada/demo/activity"] {
        let mut told = Vec::new();
        let mut next = Some(path.to_owned());
        while let Some(current) = next {
            let page = browser.page(&current).await;
            let found = lines(&page);
            assert!(found.len() <= 50, "{current}: {}", found.len());
            told.extend(found.into_iter().filter(|line| line.contains("opened the discussion")));
            let older = page.all("a").find(|link| link.attribute("rel") == Some("next"));
            next = older.and_then(|link| link.attribute("href")).map(str::to_owned);
        }
        assert_eq!(told.len(), 120, "{path}");
        let first = told.first().unwrap();
        assert!(first.contains("T119"), "{first}");
        told.sort();
        told.dedup();
        assert_eq!(told.len(), 120, "{path}");
        for wrong in ["x", "1-2", "9-9-9-9"] {
            assert_eq!(browser.get(&format!("{path}?before={wrong}")).await.status, 400, "{wrong}");
        }
    }
}
