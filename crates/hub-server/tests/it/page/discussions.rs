//! Discussions and pull requests in a browser.

use http::Method;
use hub_server::EmbeddedHub;
use serde_json::{Value, json};

use super::{Browser, html::Html};
use crate::support::{
    ADA, ADA_READS, BOB, WIM, add_files, call, file_line, get, header_line, hub, ndjson, post, tip,
};

const ALL: &str = "/ada/demo/discussions";
const FIRST: &str = "/ada/demo/discussions/1";

/// Opens a discussion in the browser.
async fn open(browser: &Browser<'_>, title: &str, text: &str) {
    let fields = [("title", title), ("description", text)];
    let made = browser.send(&format!("{ALL}/new"), &fields).await;
    assert!(made.sees().starts_with("/ada/demo/discussions/"), "{made:?}");
}

/// Proposes a file as bob.
async fn propose(hub: &EmbeddedHub, path: &str, content: &str) -> String {
    let body = ndjson(&[header_line("Propose it"), file_line(path, content)]);
    let request = call(Method::POST, "/api/models/ada/demo/commit/main?create_pr=1").token(BOB).body(body);
    request.send(hub).await.json()["commitOid"].as_str().unwrap().to_owned()
}

async fn details(hub: &EmbeddedHub, number: u64) -> Value {
    get(&format!("/api/models/ada/demo/discussions/{number}")).token(ADA).send(hub).await.json()
}

#[track_caller]
fn assert_whole(page: &Html) {
    assert_eq!(page.faults(), Vec::<String>::new());
}

fn has_form(page: &Html, to: &str) -> bool {
    page.forms().contains(&to)
}

fn has_button(page: &Html, text: &str) -> bool {
    page.texts("button").iter().any(|button| button == text)
}

#[tokio::test]
async fn a_discussion_is_opened_and_talked_about() {
    let hub = hub();
    let (ada, bob) = (Browser::signed_in(&hub, ADA).await, Browser::signed_in(&hub, BOB).await);
    assert_whole(&bob.page(&format!("{ALL}/new")).await);
    open(&bob, "A <question>", "Is *this* right?\r\n\r\n<script>x</script>").await;
    let page = bob.page(FIRST).await;
    assert_whole(&page);
    assert_eq!(page.texts("h2"), ["A <question> #1"]);
    assert_eq!(page.texts("em"), ["this"]);
    assert_eq!(
        details(&hub, 1).await["events"][0]["data"]["latest"]["raw"],
        "Is *this* right?\n\n<script>x</script>"
    );
    // A comment leads to itself.
    let said = ada.send(&format!("{FIRST}/comment"), &[("comment", "# Yes\n[up](#yes)")]).await;
    let id = details(&hub, 1).await["events"][1]["id"].as_str().unwrap().to_owned();
    assert_eq!(said.sees(), format!("{FIRST}?at={id}#event-{id}"));
    ada.send(&format!("{FIRST}/comment"), &[("comment", "# Yes")]).await;
    let page = ada.page(&format!("{FIRST}?at={id}")).await;
    assert_whole(&page);
    assert!(page.elements.iter().any(|element| element.attribute("id") == Some(&*format!("event-{id}"))));
    // Its owner may do more with it than a stranger, and who opened it may too.
    for (browser, may) in [(&ada, true), (&bob, true), (&Browser::anonymous(&hub).await, false)] {
        let page = browser.page(FIRST).await;
        assert_whole(&page);
        assert_eq!(has_form(&page, &format!("{FIRST}/title")), may);
        assert_eq!((has_button(&page, "Close"), has_button(&page, "Comment")), (may, may));
    }
    let closed = bob.send(&format!("{FIRST}/comment"), &[("comment", ""), ("status", "closed")]).await;
    assert_eq!(closed.status, 303, "{closed:?}");
    let renamed = ada.send(&format!("{FIRST}/title"), &[("title", "An answer")]).await;
    assert_eq!(renamed.status, 303, "{renamed:?}");
    ada.send(&format!("{FIRST}/comment"), &[("comment", "No"), ("status", "open")]).await;
    let page = ada.page(FIRST).await;
    assert_whole(&page);
    let words = page.words();
    for said in [
        "closed this",
        "opened this",
        "changed the title from A <question> to An answer",
        "No",
        "open discussion",
    ] {
        assert!(words.contains(said), "{said}: {words}");
    }
}

#[tokio::test]
async fn what_is_refused_is_told_and_stays_in_the_form() {
    let hub = hub();
    let bob = Browser::signed_in(&hub, BOB).await;
    let short = bob
        .send(&format!("{ALL}/new"), &[("title", "ab"), ("description", "long"), ("pull_request", "on")])
        .await;
    assert_eq!(short.status, 400);
    let page = short.html();
    assert_whole(&page);
    assert_eq!((page.field("title"), page.field("description")), (Some("ab"), Some("long")));
    let boxes: Vec<_> =
        page.all("input").filter(|input| input.attribute("type") == Some("checkbox")).collect();
    assert!(boxes[0].attribute("checked").is_some());
    open(&bob, "Title", "").await;
    let empty = bob.send(&format!("{FIRST}/comment"), &[("comment", "")]).await;
    assert_eq!(empty.status, 400);
    assert!(empty.html().words().contains("A comment must not be empty"));
    let title = bob.send(&format!("{FIRST}/title"), &[("title", "x")]).await;
    assert_eq!((title.status.as_u16(), title.html().field("title")), (400, Some("x")));
    assert_whole(&title.html());
    let long = "y".repeat(65_537);
    let long = bob.send(&format!("{FIRST}/comment"), &[("comment", &long)]).await;
    assert_eq!((long.status.as_u16(), long.html().field("comment").map(str::len)), (400, Some(65_537)));
    // Who may not write at all may not here.
    let reader = Browser::signed_in(&hub, ADA_READS).await;
    assert!(!reader.page(FIRST).await.forms().iter().any(|to| to.starts_with(FIRST)));
    assert_eq!(reader.send(&format!("{FIRST}/comment"), &[("comment", "x")]).await.status, 403);
    assert_eq!(reader.get(&format!("{ALL}/new")).await.status, 403);
    let nobody = Browser::anonymous(&hub).await;
    assert_eq!(nobody.send(&format!("{FIRST}/comment"), &[("comment", "x")]).await.status, 401);
    assert_eq!(nobody.get(&format!("{ALL}/7")).await.status, 404);
}

#[tokio::test]
async fn a_comment_is_edited_by_its_author_and_hidden_for_good() {
    let hub = hub();
    let (ada, bob) = (Browser::signed_in(&hub, ADA).await, Browser::signed_in(&hub, BOB).await);
    open(&bob, "Title", "First").await;
    let id = details(&hub, 1).await["events"][0]["id"].as_str().unwrap().to_owned();
    let (edit, hide) = (format!("{FIRST}/comment/{id}/edit"), format!("{FIRST}/comment/{id}/hide"));
    let form = format!("{FIRST}?edit={id}");
    assert!(bob.page(FIRST).await.links().contains(&&*form));
    assert!(!ada.page(FIRST).await.links().contains(&&*form), "it is not hers");
    let page = bob.page(&form).await;
    assert_whole(&page);
    assert_eq!(page.field("comment"), Some("First"));
    assert_eq!(ada.get(&form).await.status, 403);
    assert_eq!(ada.send(&edit, &[("comment", "Mine")]).await.status, 403);
    let empty = bob.send(&edit, &[("comment", "")]).await;
    assert_eq!((empty.status.as_u16(), empty.html().field("comment")), (400, Some("")));
    assert_eq!(bob.send(&edit, &[("comment", "Second")]).await.status, 303);
    let words = bob.page(FIRST).await.words();
    assert!(words.contains("Second") && words.contains("edited") && !words.contains("First"), "{words}");
    // Its owner hides it.
    assert!(has_form(&ada.page(FIRST).await, &hide));
    assert_eq!(ada.send(&hide, &[]).await.status, 303);
    let page = bob.page(FIRST).await;
    assert_whole(&page);
    assert!(page.words().contains("This comment was hidden by ada."), "{}", page.words());
    assert!(!page.words().contains("Second") && !has_form(&page, &hide));
}

#[tokio::test]
async fn a_pull_request_is_looked_at_and_merged() {
    let hub = hub();
    add_files(&hub, "ada/demo", &[("a.txt", "one\n")]).await;
    let id = propose(&hub, "a.txt", "two\n").await;
    let (ada, bob) = (Browser::signed_in(&hub, ADA).await, Browser::signed_in(&hub, BOB).await);
    let page = ada.page(FIRST).await;
    assert_whole(&page);
    assert!(has_button(&page, "Merge into main"));
    for link in
        [&*format!("{FIRST}/files"), &format!("/ada/demo/commit/{id}"), "/ada/demo/upload/refs%2Fpr%2F1"]
    {
        assert!(page.links().contains(&link), "{link}: {:?}", page.links());
    }
    let commands = page.all("pre").find(|pre| pre.attribute("id") == Some("commands")).unwrap();
    assert!(commands.text.contains("/ada/demo refs/pr/1:pr/1\n"), "{}", commands.text);
    assert!(commands.text.contains("hub download ada/demo --revision refs/pr/1"), "{}", commands.text);
    assert!(commands.text.contains("hub upload ada/demo . --revision refs/pr/1"), "{}", commands.text);
    assert!(!commands.text.contains("git push"), "pull requests take no push: {}", commands.text);
    // Who proposed it may add to it, and not merge it.
    let page = bob.page(FIRST).await;
    assert!(!has_button(&page, "Merge into main") && page.words().contains("It has no conflicts with main."));
    assert!(page.links().contains(&"/ada/demo/upload/refs%2Fpr%2F1"));
    assert_eq!(bob.send(&format!("{FIRST}/merge"), &[]).await.status, 403);
    let files = bob.page(&format!("{FIRST}/files")).await;
    assert_whole(&files);
    let lines: Vec<_> = files.all("span").filter(|line| line.attribute("data-n").is_some()).collect();
    let lines: Vec<_> = lines.iter().map(|line| line.text.as_str()).collect();
    assert_eq!(lines, ["@@ -1,1 +1,1 @@\n", "-one\n", "+two\n"]);
    let merged = ada.send(&format!("{FIRST}/merge"), &[("comment", "Thanks")]).await;
    assert!(merged.sees().starts_with(&format!("{FIRST}?at=")), "{merged:?}");
    assert_eq!(tip(&hub, "ada/demo").await, id);
    let page = ada.page(FIRST).await;
    assert_whole(&page);
    let words = page.words();
    for said in ["merged pull request", "Thanks", "merged this", "committed", "Propose it"] {
        assert!(words.contains(said), "{said}: {words}");
    }
    assert!(!has_button(&page, "Merge into main") && !has_button(&page, "Close"));
    let files = bob.page(&format!("{FIRST}/files")).await;
    assert!(files.words().contains("+two"), "what it changed is still shown");
}

#[tokio::test]
async fn a_draft_is_opened_and_conflicts_are_named() {
    let hub = hub();
    let (ada, bob) = (Browser::signed_in(&hub, ADA).await, Browser::signed_in(&hub, BOB).await);
    let fields = [("title", "A draft"), ("description", ""), ("pull_request", "on")];
    assert_eq!(bob.send(&format!("{ALL}/new"), &fields).await.sees(), FIRST);
    let page = bob.page(FIRST).await;
    assert_whole(&page);
    assert!(page.words().contains("draft pull request") && has_button(&page, "Open for merging"));
    let empty = bob.page(&format!("{FIRST}/files")).await;
    assert!(empty.words().contains("0 files changed"), "{}", empty.words());
    let body = ndjson(&[header_line("More"), file_line("a.txt", "theirs")]);
    let url = "/api/models/ada/demo/commit/refs%2Fpr%2F1";
    call(Method::POST, url).token(BOB).body(body).send(&hub).await.json();
    add_files(&hub, "ada/demo", &[("a.txt", "ours")]).await;
    bob.send(&format!("{FIRST}/comment"), &[("comment", ""), ("status", "open")]).await;
    let page = ada.page(FIRST).await;
    assert_whole(&page);
    assert!(page.words().contains("conflicts with main in a.txt"), "{}", page.words());
    assert!(!has_button(&page, "Merge into main"));
    let refused = ada.send(&format!("{FIRST}/merge"), &[]).await;
    assert_eq!(refused.status, 409);
    assert!(
        refused.html().words().contains("conflicts with its branch in a.txt"),
        "{}",
        refused.html().words()
    );
    // A discussion has no files.
    open(&bob, "Words", "").await;
    assert_eq!(bob.get(&format!("{ALL}/2/files")).await.status, 404);
}

#[tokio::test]
async fn the_list_is_filtered_and_comes_in_pages() {
    let hub = hub();
    for number in 1..=32 {
        let body = json!({"title": format!("Title {number}")});
        post("/api/models/ada/demo/discussions", body).token(BOB).send(&hub).await.json();
    }
    propose(&hub, "a.txt", "x").await;
    post("/api/models/ada/demo/discussions/1/status", json!({"status": "closed"}))
        .token(ADA)
        .send(&hub)
        .await
        .json();
    let browser = Browser::anonymous(&hub).await;
    let titles = |page: &Html| {
        let links = page
            .all("a")
            .filter(|link| link.attribute("href").is_some_and(|to| to.starts_with("/ada/demo/discussions/")));
        links.map(|link| link.text.clone()).collect::<Vec<_>>()
    };
    let first = browser.page(ALL).await;
    assert_whole(&first);
    assert_eq!((titles(&first).len(), &*titles(&first)[0]), (30, "Propose it"));
    assert!(first.words().contains("32 found"), "without the closed one: {}", first.words());
    let next = first.links().into_iter().find(|link| link.contains("p=1")).unwrap().to_owned();
    assert_eq!(titles(&browser.page(&next).await), ["Title 3", "Title 2"]);
    for (query, found) in [
        ("status=closed", vec!["Title 1"]),
        ("type=pull_request", vec!["Propose it"]),
        ("type=pull_request&author=BOB", vec!["Propose it"]),
        ("author=ada&status=all", vec![]),
        ("type=&status=closed", vec!["Title 1"]),
    ] {
        let page = browser.page(&format!("{ALL}?{query}")).await;
        assert_whole(&page);
        assert_eq!(titles(&page), found, "{query}");
    }
    for wrong in ["type=issue", "status=maybe", "p=x", "p=-1"] {
        assert_eq!(browser.get(&format!("{ALL}?{wrong}")).await.status, 400, "{wrong}");
    }
    let beyond = browser.page(&format!("{ALL}?p=18446744073709551615")).await;
    assert_eq!(titles(&beyond), Vec::<String>::new());
}

#[tokio::test]
async fn a_long_discussion_comes_in_pages_that_lead_to_each_other() {
    let hub = hub();
    let bob = Browser::signed_in(&hub, BOB).await;
    open(&bob, "Title", "Comment 0").await;
    for number in 1..=120 {
        let body = json!({"comment": format!("Comment {number}")});
        let url = "/api/models/ada/demo/discussions/1/comment";
        assert_eq!(post(url, body).token(BOB).send(&hub).await.status, 201);
    }
    let first = bob.page(FIRST).await;
    assert_whole(&first);
    assert!(first.words().contains("Comment 99 ") && !first.words().contains("Comment 100 "));
    assert!(first.links().contains(&"/ada/demo/discussions/1?from=100"));
    let newest =
        first.elements.iter().position(|it| it.attribute("href") == Some("/ada/demo/discussions/1?at=end"));
    let events = first.elements.iter().position(|it| it.has_class("events"));
    assert!(newest < events && newest.is_some(), "the newest can be gone to before all is read");
    let second = bob.page(&format!("{FIRST}?from=100")).await;
    assert!(second.words().contains("Comment 100 ") && second.words().contains("Comment 120 "));
    assert!(second.links().contains(&"/ada/demo/discussions/1?from=0"));
    let latest = bob.page(&format!("{FIRST}?at=end")).await;
    assert!(latest.words().contains("Comment 120 ") && latest.words().contains("Comment 21 "));
    assert_eq!(bob.get(&format!("{FIRST}?from=x")).await.status, 400);
}

#[tokio::test]
async fn a_page_of_the_longest_comments_has_its_size() {
    let hub = hub();
    let bob = Browser::signed_in(&hub, BOB).await;
    open(&bob, "Title", "x").await;
    for sign in ["🦀", "<", "\"", "|", "*a*", "# a\n", "[a](b)", "&amp;"] {
        let text: String = sign.chars().cycle().take(65_536).collect();
        let body = json!({"comment": text});
        let url = "/api/models/ada/demo/discussions/1/comment";
        assert_eq!(post(url, body).token(BOB).send(&hub).await.status, 201, "{sign}");
    }
    let mut next = Some(FIRST.to_owned());
    let mut pages = 0;
    while let Some(uri) = next {
        let response = bob.get(&uri).await;
        assert!(response.body.len() < 300_000, "{uri}: {}", response.body.len());
        let links: Vec<_> = response.html().links().into_iter().map(str::to_owned).collect();
        let number = |link: &str| link.rsplit_once("from=").and_then(|(_, at)| at.parse::<u64>().ok());
        let here = number(&uri).unwrap_or(0);
        next = links.into_iter().find(|link| number(link).is_some_and(|at| at > here));
        pages += 1;
    }
    assert!(pages >= 8, "{pages}");
}

#[tokio::test]
async fn a_gated_repository_shows_no_changes_to_strangers() {
    let hub = hub();
    let body = ndjson(&[header_line("Change"), file_line("a.txt", "CANARY")]);
    let url = "/api/models/analytical/open/commit/main?create_pr=1";
    call(Method::POST, url).token(WIM).body(body).send(&hub).await.json();
    let gated = call(Method::PUT, "/api/models/analytical/open/settings")
        .header("content-type", "application/json")
        .body(json!({"gated": "auto"}).to_string());
    gated.token(WIM).send(&hub).await.json();
    let (wim, bob) = (Browser::signed_in(&hub, WIM).await, Browser::signed_in(&hub, BOB).await);
    let first = "/analytical/open/discussions/1";
    let files = format!("{first}/files");
    assert!(wim.page(&files).await.words().contains("CANARY"));
    let response = bob.get(&files).await;
    assert_eq!(response.status, 403);
    assert!(!response.text().contains("CANARY"));
    let page = bob.page(first).await;
    assert_whole(&page);
    assert!(!page.links().iter().any(|link| link.ends_with("/files") || link.contains("/commit/")));
    // What is private is not there.
    let hidden = "/analytical/closed/discussions";
    assert_eq!(bob.get(hidden).await.status, 404);
    assert_eq!(wim.get(hidden).await.status, 200);
}
