//! What somebody wrote, and could not be saved: it is there to be sent again.

use hub_server::{AdminRequest, EmbeddedHub, TokenRole};

use super::{Browser, html::Html};
use crate::support::{ADA, add_files, call, get, hub, tip};

const EDIT: &str = "/ada/demo/edit/main/a.txt";
const WRITTEN: &str = "hours of work\r\n<b>\r\n";

/// A browser whose token can be ended.
pub(super) async fn with_a_token_of_its_own(hub: &EmbeddedHub) -> Browser<'_> {
    let create = AdminRequest::CreateToken {
        user: "ada".into(),
        name: "phone".into(),
        role: TokenRole::Write,
        valid_for: None,
    };
    let token = hub.administer(&create).unwrap()["token"].as_str().unwrap().to_owned();
    Browser::signed_in(hub, &token).await
}

pub(super) fn end_it(hub: &EmbeddedHub) {
    hub.administer(&AdminRequest::RevokeToken { user: "ada".into(), name: "phone".into() }).unwrap();
}

/// What is in the form that sends it again.
fn kept(page: &Html, action: &str, field: &str) -> Option<String> {
    assert_eq!(page.faults(), Vec::<String>::new());
    assert!(page.forms().contains(&action), "{:?}", page.forms());
    page.field(field).map(|text| text.replace("\r\n", "\n"))
}

#[tokio::test]
async fn who_is_signed_out_meanwhile_keeps_the_text_and_sends_it_after_signing_in() {
    let hub = hub();
    add_files(&hub, "ada/demo", &[("a.txt", "one\n")]).await;
    let mut browser = with_a_token_of_its_own(&hub).await;
    let parent = browser.page(EDIT).await.field("parent").unwrap().to_owned();
    let fields = [("path", "a.txt"), ("text", WRITTEN), ("parent", &*parent), ("how", "commit")];
    end_it(&hub);
    let refused = browser.send(EDIT, &fields).await;
    assert_eq!(refused.status, 401);
    let page = refused.html();
    assert_eq!(kept(&page, EDIT, "text").as_deref(), Some("hours of work\n<b>\n"));
    assert_eq!(page.field("parent"), Some(&*parent));
    assert!(page.links().contains(&"/login"), "{:?}", page.links());

    // Signed in again, the form is still one of nobody.
    let own = page.field("form_token").unwrap().to_owned();
    browser = Browser::signed_in(&hub, ADA).await;
    let of_this_session = std::mem::replace(&mut browser.form_token, own);
    let once_more = browser.send(EDIT, &fields).await;
    assert_eq!(once_more.status, 403);
    let page = once_more.html();
    assert_eq!(kept(&page, EDIT, "text").as_deref(), Some("hours of work\n<b>\n"));
    assert_eq!(
        page.elements.iter().rev().find_map(|it| {
            (it.attribute("name") == Some("form_token")).then(|| it.attribute("value").unwrap())
        }),
        Some(&*of_this_session)
    );
    browser.form_token = of_this_session;
    browser.send(EDIT, &fields).await.sees();
    let saved = get("/ada/demo/raw/main/a.txt").send(&hub).await;
    assert_eq!(saved.text(), "hours of work\n<b>\n");
}

#[tokio::test]
async fn a_comment_and_a_discussion_are_kept() {
    let hub = hub();
    let browser = with_a_token_of_its_own(&hub).await;
    browser.send("/ada/demo/discussions/new", &[("title", "Title"), ("description", "x")]).await.sees();
    end_it(&hub);
    for (uri, fields) in [
        ("/ada/demo/discussions/1/comment", &[("comment", WRITTEN)][..]),
        ("/ada/demo/discussions/1/comment", &[("comment", WRITTEN), ("status", "closed")]),
        ("/ada/demo/discussions/1/merge", &[("comment", WRITTEN)]),
        ("/ada/demo/discussions/new", &[("title", "A title"), ("description", WRITTEN)]),
    ] {
        let refused = browser.send(uri, fields).await;
        assert_eq!(refused.status, 401, "{uri}");
        for (name, value) in fields {
            let expected = value.replace("\r\n", "\n");
            assert_eq!(kept(&refused.html(), uri, name), Some(expected), "{uri} {name}");
        }
    }
}

#[tokio::test]
async fn a_text_outlives_its_branch() {
    let hub = hub();
    add_files(&hub, "ada/demo", &[("a.txt", "one\n")]).await;
    let browser = Browser::signed_in(&hub, ADA).await;
    browser.send("/ada/demo/refs/create-branch", &[("branch", "x"), ("start", "main")]).await.sees();
    let uri = "/ada/demo/edit/x/a.txt";
    let parent = browser.page(uri).await.field("parent").unwrap().to_owned();
    browser.send("/ada/demo/refs/delete-branch", &[("branch", "x")]).await.sees();
    let fields = [("path", "a.txt"), ("text", WRITTEN), ("parent", &*parent), ("how", "commit")];
    let gone = browser.send(uri, &fields).await;
    assert_eq!(gone.status, 404);
    assert_eq!(kept(&gone.html(), uri, "text").as_deref(), Some("hours of work\n<b>\n"));
}

#[tokio::test]
async fn nothing_is_kept_for_another_site_and_no_secret_is_shown() {
    let hub = hub();
    let before = tip(&hub, "ada/demo").await;
    let browser = Browser::signed_in(&hub, ADA).await;
    let form = browser.form(EDIT, &[("path", "a.txt"), ("text", "of somebody else"), ("how", "commit")]);
    let foreign = form.header("sec-fetch-site", "cross-site").send(&hub).await;
    assert_eq!(foreign.status, 403);
    assert!(!foreign.text().contains("of somebody else"));
    let nobody = Browser::anonymous(&hub).await;
    for (uri, fields) in [
        ("/spaces/ada/app/settings/add-secret", &[("key", "KEY"), ("value", "the canary")][..]),
        ("/login", &[("token", "the canary")]),
        ("/settings/tokens", &[("name", "the canary")]),
    ] {
        let refused = nobody.send(uri, fields).await;
        assert_eq!(refused.status, 401, "{uri}");
        assert!(!refused.text().contains("the canary"), "{uri}");
    }
    let json = call(http::Method::POST, EDIT).body("{}").send(&hub).await;
    assert!(json.header("content-type").unwrap().starts_with("application/json"), "{json:?}");
    assert_eq!(tip(&hub, "ada/demo").await, before);
}
