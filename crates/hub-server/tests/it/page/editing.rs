//! Text files that are edited, renamed and deleted in a browser.

use http::Method;
use serde_json::json;

use super::{
    Browser,
    html::Html,
    writing::{COMMIT, UPLOAD, problem, raw, titles, tree},
};
use crate::support::{ADA, BOB, CORA, WIM, add_files, builder, call, commit, file_line, get, hub, tip};

/// The text in the editor.
fn text(page: &Html) -> &str {
    page.field("text").unwrap()
}

/// Saves a text as a commit, over the commit that the editor shows.
async fn save(browser: &Browser<'_>, uri: &str, path: &str, text: &str) -> crate::support::Received {
    let editor = browser.page(uri).await;
    let parent = editor.field("parent").unwrap().to_owned();
    browser.send(uri, &[("path", path), ("text", text), ("parent", &parent), COMMIT]).await
}

#[tokio::test]
async fn a_text_is_edited_and_its_ends_of_lines_stay() {
    let hub = hub();
    let dos = "one\r\ntwo\r\n";
    add_files(&hub, "ada/demo", &[("unix.txt", "\none\ntwo\n"), ("dos.txt", dos), ("open.txt", "one")]).await;
    let browser = Browser::signed_in(&hub, ADA).await;
    let editor = browser.page("/ada/demo/edit/main/unix.txt").await;
    assert_eq!(text(&editor), "\none\ntwo\n");
    assert_eq!(editor.faults(), Vec::<String>::new());
    for (name, typed, after) in [
        ("unix.txt", "\r\none\r\nthree\r\n", "\none\nthree\n"),
        ("dos.txt", "one\r\nthree", "one\r\nthree\r\n"),
        ("open.txt", "one\r\ntwo", "one\ntwo"),
        ("new/file.txt", "first", "first\n"),
    ] {
        let response = save(&browser, &format!("/ada/demo/edit/main/{name}"), name, typed).await;
        assert!(response.sees().starts_with("/ada/demo/commit/"));
        let content = raw(&hub, &format!("/ada/demo/raw/main/{name}")).await;
        assert_eq!(String::from_utf8(content).unwrap(), after, "{name}");
    }
    assert_eq!(titles(&hub, "ada/demo").await[..2], ["Create new/file.txt", "Update open.txt"]);
    let again = save(&browser, "/ada/demo/edit/main/open.txt", "open.txt", "one\r\ntwo").await;
    assert_eq!(again.status, 400);
    assert!(problem(&again.html()).contains("Nothing was changed"));
}

#[tokio::test]
async fn lines_that_were_not_changed_end_as_they_did() {
    let hub = hub();
    add_files(&hub, "ada/demo", &[("mixed.txt", "one\r\ntwo\nthree\r\n")]).await;
    let browser = Browser::signed_in(&hub, ADA).await;
    let typed = "one\r\nzwei\r\nthree\r\nfour\r\n";
    save(&browser, "/ada/demo/edit/main/mixed.txt", "mixed.txt", typed).await.sees();
    let content = raw(&hub, "/ada/demo/raw/main/mixed.txt").await;
    assert_eq!(String::from_utf8(content).unwrap(), "one\r\nzwei\r\nthree\r\nfour\r\n");
    add_files(&hub, "ada/demo", &[("mixed.txt", "one\ntwo\r\nthree\n")]).await;
    save(&browser, "/ada/demo/edit/main/mixed.txt", "mixed.txt", "one\r\ntwo\r\ndrei").await.sees();
    let content = raw(&hub, "/ada/demo/raw/main/mixed.txt").await;
    assert_eq!(String::from_utf8(content).unwrap(), "one\ntwo\r\ndrei\r\n");
}

#[tokio::test]
async fn an_empty_file_is_edited_too() {
    let hub = hub();
    add_files(&hub, "ada/demo", &[("empty.txt", "")]).await;
    let browser = Browser::signed_in(&hub, ADA).await;
    let page = browser.page("/ada/demo/blob/main/empty.txt").await;
    assert!(page.links().contains(&"/ada/demo/edit/main/empty.txt"), "{:?}", page.links());
    save(&browser, "/ada/demo/edit/main/empty.txt", "empty.txt", "full").await.sees();
}

#[tokio::test]
async fn nobody_overwrites_what_somebody_else_has_changed_meanwhile() {
    let hub = hub();
    add_files(&hub, "ada/demo", &[("a.txt", "one\n"), ("b.txt", "b\n")]).await;
    let browser = Browser::signed_in(&hub, ADA).await;
    let uri = "/ada/demo/edit/main/a.txt";
    let parent = browser.page(uri).await.field("parent").unwrap().to_owned();
    let save = async |parent: &str, text: &str| {
        browser
            .send(uri, &[("path", "a.txt"), ("text", text), ("parent", parent), ("summary", "Mine"), COMMIT])
            .await
    };
    // Another file is in nobody's way.
    add_files(&hub, "ada/demo", &[("b.txt", "changed\n")]).await;
    save(&parent, "two\r\n").await.sees();
    let response = save(&parent, "three <b>\r\n").await;
    assert_eq!(response.status, 412);
    let page = response.html();
    assert!(problem(&page).contains("changed since you began"), "{}", page.words());
    assert_eq!((text(&page), page.field("summary")), ("three <b>\n", Some("Mine")));
    assert_eq!(raw(&hub, "/ada/demo/raw/main/a.txt").await, b"two\n");
    // Who saves again means it.
    let now = page.field("parent").unwrap();
    assert_eq!(now, tip(&hub, "ada/demo").await);
    save(now, "three <b>\r\n").await.sees();
    assert_eq!(raw(&hub, "/ada/demo/raw/main/a.txt").await, b"three <b>\n");
    let gone = commit("ada/demo", &[json!({"key": "deletedFile", "value": {"path": "a.txt"}})]);
    gone.token(ADA).send(&hub).await.json();
    assert_eq!(save(now, "four").await.status, 412);
    for parent in ["", "main", "0000000000000000000000000000000000000000", "../.."] {
        assert!([400, 412].contains(&save(parent, "four").await.status.as_u16()), "{parent}");
    }
}

#[tokio::test]
async fn a_file_is_renamed_and_deleted() {
    let hub = hub();
    add_files(&hub, "ada/demo", &[("a.txt", "one\n"), ("b.txt", "b\n"), ("d/c.txt", "c\n")]).await;
    let browser = Browser::signed_in(&hub, ADA).await;
    let uri = "/ada/demo/edit/main/a.txt";
    assert_eq!(save(&browser, uri, "b.txt", "one\r\n").await.status, 409);
    assert_eq!(save(&browser, uri, "../x", "one\r\n").await.status, 400);
    assert_eq!(save(&browser, uri, "weights.bin", "one\r\n").await.status, 422, "its rules are for LFS");
    save(&browser, uri, "e/a.txt", "one\r\n").await.sees();
    assert_eq!(titles(&hub, "ada/demo").await[0], "Rename a.txt to e/a.txt");
    let paths = async || {
        let tree = tree(&hub, "ada/demo", "main").await;
        let files = tree.iter().filter(|entry| entry["type"] == "file");
        files.map(|entry| entry["path"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(paths().await, [".gitattributes", "b.txt", "d/c.txt", "e/a.txt"]);

    for (path, words) in [("b.txt", "The file"), ("d", "The folder with everything in it")] {
        let uri = format!("/ada/demo/delete/main/{path}");
        let page = browser.page(&uri).await;
        assert!(page.words().contains(words), "{}", page.words());
        assert_eq!(page.faults(), Vec::<String>::new());
        let parent = page.field("parent").unwrap();
        browser.send(&uri, &[("parent", parent), COMMIT]).await.sees();
    }
    assert_eq!(paths().await, [".gitattributes", "e/a.txt"]);
    assert_eq!(browser.get("/ada/demo/delete/main/b.txt").await.status, 404);
    let uri = "/ada/demo/delete/main/e/a.txt";
    let parent = browser.page(uri).await.field("parent").unwrap().to_owned();
    add_files(&hub, "ada/demo", &[("e/a.txt", "changed\n")]).await;
    assert_eq!(browser.send(uri, &[("parent", &parent), COMMIT]).await.status, 412);
    let bob = Browser::signed_in(&hub, BOB).await;
    assert_eq!(bob.send(uri, &[("parent", &parent), COMMIT]).await.status, 403);
    let proposed = bob.send(uri, &[("parent", &parent), ("how", "propose")]).await;
    assert_eq!(proposed.sees(), "/ada/demo/discussions/1");
}

#[tokio::test]
async fn what_is_no_text_and_what_one_may_not_read_is_not_edited() {
    let hub = builder().repo("analytical/gated").build().unwrap();
    let files = [("a.txt", "secret words\n")];
    let lines: Vec<_> = files.iter().map(|(path, content)| file_line(path, content)).collect();
    commit("analytical/gated", &lines).token(WIM).send(&hub).await.json();
    let settings = call(Method::PUT, "/api/models/analytical/gated/settings").body(r#"{"gated":"auto"}"#);
    settings.token(WIM).send(&hub).await.json();
    let uri = "/analytical/gated/edit/main/a.txt";
    let stranger = Browser::signed_in(&hub, BOB).await;
    let parent = get("/api/models/analytical/gated").token(BOB).send(&hub).await.json();
    let parent = parent["sha"].as_str().unwrap().to_owned();
    let typed = [("path", "a.txt"), ("text", "mine"), ("parent", parent.as_str()), ("how", "propose")];
    for response in [stranger.get(uri).await, stranger.send(uri, &typed).await] {
        assert_eq!(response.status, 403);
        assert!(!response.text().contains("secret words"));
    }
    // Files may be proposed by those who do not see the others.
    let blind = stranger.send_files(
        "/analytical/gated/upload/main",
        &[("how", "propose")],
        &[("files", "b.txt", b"b")],
    );
    assert_eq!(blind.await.sees(), "/analytical/gated/discussions/1");
    assert_eq!(Browser::signed_in(&hub, CORA).await.get(uri).await.status, 200, "a member proposes");

    let browser = Browser::signed_in(&hub, ADA).await;
    let long = vec![b'a'; (1 << 20) + 1];
    let odd: &[(&str, &str, &[u8])] = &[
        ("files", "large.bin", b"x"),
        ("files", "d/long.txt", &long),
        ("files", "latin.txt", b"gr\xfc\xdfe in Latin-1, which is no UTF-8"),
        ("files", "mac.txt", b"a\rb\r"),
    ];
    browser.send_files(UPLOAD, &[COMMIT], odd).await.sees();
    for path in ["large.bin", "d/long.txt", "latin.txt", "mac.txt", "d"] {
        assert_eq!(browser.get(&format!("/ada/demo/edit/main/{path}")).await.status, 422, "{path}");
    }
    for path in ["..%2Fx", ".git/config", "a%00b"] {
        assert_eq!(browser.get(&format!("/ada/demo/edit/main/{path}")).await.status, 400, "{path}");
    }
    let parent = tip(&hub, "ada/demo").await;
    let long = "a".repeat((1 << 20) + 1);
    let typed = [("path", "new.txt"), ("text", &long), ("parent", &parent), COMMIT];
    assert_eq!(browser.send("/ada/demo/edit/main/new.txt", &typed).await.status, 413);
}
