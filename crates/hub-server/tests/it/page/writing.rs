//! Files that are uploaded in a browser, and what is wrong with a form.

use std::path::Path;

use bytes::Bytes;
use hub_server::{AdminRequest, EmbeddedHub};
use serde_json::{Value, json};
use tower::ServiceExt;

use super::{Browser, html::Html};
use crate::support::{ADA, ADA_READS, BOB, WIM, commit, file_line, get, hub, sha256, tip};

pub(super) const UPLOAD: &str = "/ada/demo/upload/main";
pub(super) const COMMIT: (&str, &str) = ("how", "commit");

/// The files that wait on the disk.
fn waiting(hub: &EmbeddedHub) -> usize {
    std::fs::read_dir(hub.dir().join("lfs/incoming")).unwrap().count()
}

/// The files below a folder.
fn kept(folder: &Path) -> usize {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.map(|path| if path.is_dir() { kept(&path) } else { 1 }).sum()
}

pub(super) async fn tree(hub: &EmbeddedHub, repo: &str, revision: &str) -> Vec<Value> {
    let url = format!("/api/models/{repo}/tree/{revision}?recursive=true");
    get(&url).token(ADA).send(hub).await.json().as_array().unwrap().clone()
}

pub(super) async fn raw(hub: &EmbeddedHub, path: &str) -> Vec<u8> {
    let response = get(path).token(ADA).send(hub).await;
    assert_eq!(response.status, 200, "{path}: {response:?}");
    response.body.to_vec()
}

pub(super) async fn titles(hub: &EmbeddedHub, repo: &str) -> Vec<String> {
    let commits = get(&format!("/api/models/{repo}/commits/main")).token(ADA).send(hub).await.json();
    commits.as_array().unwrap().iter().map(|commit| commit["title"].as_str().unwrap().to_owned()).collect()
}

pub(super) fn problem(page: &Html) -> String {
    let problem = page.elements.iter().find(|element| element.has_class("problem"));
    problem.unwrap_or_else(|| panic!("no problem in {}", page.words())).text.clone()
}

#[tokio::test]
async fn files_become_one_commit_and_large_ones_go_to_lfs() {
    let hub = hub();
    let browser = Browser::signed_in(&hub, ADA).await;
    let before = titles(&hub, "ada/demo").await.len();
    let (binary, large) = ([0, 1, 2, 255].repeat(100), "line\n".repeat(2_200_000));
    let files: &[(&str, &str, &[u8])] = &[
        ("files", "notes.txt", "gr\u{fc}\u{df}e\r\n".as_bytes()),
        ("files", "model.safetensors", b"weights"),
        ("files", "photo.odd", &binary),
        ("files", "set/log.txt", large.as_bytes()),
        ("files", "empty.txt", b""),
        ("files", "", b""),
    ];
    let fields = [("summary", "Add data"), ("description", "All of it"), COMMIT, ("folder", "/data/")];
    let response = browser.send_files(UPLOAD, &fields, files).await;
    let made = response.sees().strip_prefix("/ada/demo/commit/").unwrap().to_owned();
    assert_eq!(made, tip(&hub, "ada/demo").await);
    let titles = titles(&hub, "ada/demo").await;
    assert_eq!((titles[0].as_str(), titles.len()), ("Add data", before + 1));

    let tree = tree(&hub, "ada/demo", "main").await;
    let lfs = |path: &str| {
        let entry =
            tree.iter().find(|entry| entry["path"] == path).unwrap_or_else(|| panic!("{path} in {tree:?}"));
        entry["lfs"]["oid"].as_str().map(str::to_owned)
    };
    assert_eq!((lfs("data/notes.txt"), lfs("data/empty.txt")), (None, None));
    assert_eq!(lfs("data/model.safetensors"), Some(sha256(b"weights")));
    assert_eq!(lfs("data/photo.odd"), Some(sha256(&binary)));
    assert_eq!(lfs("data/set/log.txt"), Some(sha256(large.as_bytes())));
    for (_, name, content) in &files[..1] {
        assert_eq!(raw(&hub, &format!("/ada/demo/resolve/main/data/{name}")).await, *content);
    }
    let link = get("/ada/demo/resolve/main/data/set/log.txt").token(ADA).send(&hub).await;
    let stored = get(&crate::support::path_of(link.header("location").unwrap())).send(&hub).await;
    assert!(stored.body == large.as_bytes());
    assert_eq!(waiting(&hub), 0);
}

#[tokio::test]
async fn the_rules_that_come_along_decide_and_what_they_leave_out_is_said() {
    let hub = hub();
    let browser = Browser::signed_in(&hub, ADA).await;
    let files: &[(&str, &str, &[u8])] = &[
        ("files", "a.txt", b"a"),
        ("files", "b.log", b"b"),
        ("files", "c.dat", b"c"),
        ("files", ".gitignore", b"*.log\n"),
        ("files", ".gitattributes", b"*.dat filter=lfs diff=lfs merge=lfs -text\n"),
    ];
    let response = browser.send_files(UPLOAD, &[COMMIT], files).await;
    assert_eq!(response.status, 200, "{response:?}");
    let page = response.html();
    assert!(
        page.words().contains("b.log") && page.words().contains("has 4 of the files"),
        "{}",
        page.words()
    );
    assert_eq!(page.faults(), Vec::<String>::new());
    let names = |tree: &[Value]| {
        tree.iter().map(|entry| entry["path"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let tree = self::tree(&hub, "ada/demo", "main").await;
    assert_eq!(names(&tree), [".gitattributes", ".gitignore", "a.txt", "c.dat"]);
    assert_eq!(tree[3]["lfs"]["size"], 1);

    // By now the rule is in the repository.
    let only = browser.send_files(UPLOAD, &[COMMIT], &[("files", "b.log", b"b")]).await;
    assert_eq!(only.status, 400);
    assert!(problem(&only.html()).contains("leave out all"));
    let meant = browser.send_files(UPLOAD, &[COMMIT, ("ignored", "yes")], &[("files", "b.log", b"b")]).await;
    meant.sees();
    assert_eq!(raw(&hub, "/ada/demo/raw/main/b.log").await, b"b");
}

#[tokio::test]
async fn who_may_not_write_proposes() {
    let hub = hub();
    let browser = Browser::signed_in(&hub, BOB).await;
    let before = tip(&hub, "ada/demo").await;
    let page = browser.page(UPLOAD).await;
    assert_eq!(page.field("how"), Some("propose"), "nothing else is offered");
    let file: &[(&str, &str, &[u8])] = &[("files", "a.txt", b"a")];
    assert_eq!(browser.send_files(UPLOAD, &[COMMIT], file).await.status, 403);
    assert_eq!(waiting(&hub), 0);
    let proposed = browser.send_files(UPLOAD, &[("how", "propose")], file).await;
    assert_eq!(proposed.sees(), "/ada/demo/discussions/1");
    assert_eq!(tip(&hub, "ada/demo").await, before);
    assert_eq!(raw(&hub, "/ada/demo/raw/refs%2Fpr%2F1/a.txt").await, b"a");

    // One's own pull request takes more of one's own commits, and nobody else's.
    let own = "/ada/demo/upload/refs%2Fpr%2F1";
    browser.send_files(own, &[COMMIT], &[("files", "b.txt", b"b")]).await.sees();
    assert_eq!(raw(&hub, "/ada/demo/raw/refs%2Fpr%2F1/b.txt").await, b"b");
    let other = Browser::signed_in(&hub, WIM).await;
    assert_eq!(other.get(own).await.status, 403);
    assert_eq!(other.send_files(own, &[COMMIT], file).await.status, 403);

    let reads = Browser::signed_in(&hub, ADA_READS).await;
    assert_eq!(reads.get(UPLOAD).await.status, 403);
    assert_eq!(reads.send_files(UPLOAD, &[COMMIT], file).await.status, 403);
    let nobody = Browser::anonymous(&hub).await;
    assert_eq!(nobody.send_files(UPLOAD, &[COMMIT], file).await.status, 401);
    let stranger = nobody.send_files("/analytical/closed/upload/main", &[COMMIT], file).await;
    assert_eq!(stranger.status, 401);
}

#[tokio::test]
async fn an_upload_that_breaks_off_leaves_nothing() {
    let hub = hub();
    let browser = Browser::signed_in(&hub, ADA).await;
    let before = tip(&hub, "ada/demo").await;
    let files: &[(&str, &str, &[u8])] = &[("files", "a.bin", b"large"), ("files", "b.txt", b"text")];
    let whole = browser.form_with_files(UPLOAD, &[COMMIT], files).request();
    let (parts, body) = whole.into_parts();
    let body = http_body_util::BodyExt::collect(body).await.unwrap().to_bytes();
    for end in [body.len() / 2, body.len() - 30, body.len() - 4] {
        let request = http::Request::from_parts(parts.clone(), http_body_util::Full::new(body.slice(..end)));
        let response = hub.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status(), 400, "after {end} of {} bytes", body.len());
    }
    // The connection is lost.
    let frames =
        vec![Ok(http_body::Frame::data(body.slice(..body.len() - 20))), Err(std::io::Error::other("gone"))];
    let lost = Sized { frames, length: body.len() as u64 };
    let response = hub.clone().oneshot(http::Request::from_parts(parts.clone(), lost)).await.unwrap();
    assert_eq!(response.status(), 400);
    // How much will come must be known before it does.
    let endless = http_body_util::StreamBody::new(futures_util::stream::iter([Ok::<_, std::io::Error>(
        http_body::Frame::data(body.clone()),
    )]));
    let response = hub.clone().oneshot(http::Request::from_parts(parts, endless)).await.unwrap();
    assert_eq!(response.status(), 411);
    assert_eq!((tip(&hub, "ada/demo").await, waiting(&hub)), (before, 0));
    assert_eq!(kept(&hub.dir().join("lfs")), 0, "nothing was kept");
}

/// A body that says its length and fails.
struct Sized {
    frames: Vec<Result<http_body::Frame<Bytes>, std::io::Error>>,
    length: u64,
}

impl http_body::Body for Sized {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<http_body::Frame<Bytes>, std::io::Error>>> {
        let next = (!self.frames.is_empty()).then(|| self.frames.remove(0));
        std::task::Poll::Ready(next)
    }

    fn size_hint(&self) -> http_body::SizeHint {
        http_body::SizeHint::with_exact(self.length)
    }
}

#[tokio::test]
async fn an_upload_without_the_token_of_its_session_is_not_kept() {
    let hub = hub();
    let mut browser = Browser::signed_in(&hub, ADA).await;
    let file: &[(&str, &str, &[u8])] = &[("files", "a.txt", b"a")];
    let own = browser.form_token.clone();
    for token in [Browser::anonymous(&hub).await.form_token, String::new(), "0".repeat(64)] {
        browser.form_token = token;
        assert_eq!(browser.send_files(UPLOAD, &[COMMIT], file).await.status, 403);
    }
    // Later, or once more, it does not count.
    let late = browser.send_files(UPLOAD, &[("form_token", &own), COMMIT], file).await;
    assert_eq!(late.status, 403);
    browser.form_token = own.clone();
    for twice in [("form_token", own.as_str()), ("form_token", "x"), COMMIT] {
        let response = browser.send_files(UPLOAD, &[COMMIT, twice], file).await;
        assert_eq!(response.status, 400, "{twice:?}");
    }
    let other = browser.form_with_files(UPLOAD, &[COMMIT], file).header("sec-fetch-site", "cross-site");
    assert_eq!(other.send(&hub).await.status, 403);
    assert_eq!((titles(&hub, "ada/demo").await.len(), waiting(&hub)), (1, 0));
    browser.send_files(UPLOAD, &[COMMIT], file).await.sees();
}

#[tokio::test]
async fn names_and_numbers_of_files_have_limits() {
    let hub = hub();
    let browser = Browser::signed_in(&hub, ADA).await;
    let cases: [(&str, &[&str]); 7] = [
        ("", &["../a.txt"]),
        ("..", &["a.txt"]),
        ("", &[".git/config"]),
        ("", &["/etc/passwd"]),
        ("", &["a\\b"]),
        ("", &["a.txt", "a.txt"]),
        ("", &["a", "a/b"]),
    ];
    for (folder, names) in cases {
        let files: Vec<(&str, &str, &[u8])> =
            names.iter().map(|name| ("files", *name, b"x".as_slice())).collect();
        let response =
            browser.send_files(UPLOAD, &[COMMIT, ("folder", folder), ("summary", "Mine")], &files).await;
        assert_eq!(response.status, 400, "{folder} {names:?}: {response:?}");
        let page = response.html();
        assert!(!problem(&page).is_empty());
        assert_eq!((page.field("summary"), page.field("folder")), (Some("Mine"), Some(folder)));
    }
    let many: Vec<String> = (0..=1_000).map(|number| format!("{number}.txt")).collect();
    let files: Vec<(&str, &str, &[u8])> =
        many.iter().map(|name| ("files", name.as_str(), b"".as_slice())).collect();
    let response = browser.send_files(UPLOAD, &[COMMIT], &files).await;
    assert!(problem(&response.html()).contains("more than 1000"), "{response:?}");
    assert!(problem(&browser.send_files(UPLOAD, &[COMMIT], &[]).await.html()).contains("Choose a file"));
    assert_eq!((titles(&hub, "ada/demo").await.len(), waiting(&hub)), (1, 0));
    browser.send_files(UPLOAD, &[COMMIT], &files[..1_000]).await.sees();
    let info = get("/api/models/ada/demo").send(&hub).await.json();
    assert_eq!(info["siblings"].as_array().unwrap().len(), 1_001);
}

#[tokio::test]
async fn an_upload_needs_room() {
    let hub = hub();
    let browser = Browser::signed_in(&hub, ADA).await;
    let used =
        hub.administer(&AdminRequest::Quota { account: "ada".into() }).unwrap()["used"].as_u64().unwrap();
    hub.administer(&AdminRequest::SetQuota { account: "ada".into(), bytes: Some(used + 500_000) }).unwrap();
    let large = vec![0; 600_000];
    let response = browser.send_files(UPLOAD, &[COMMIT], &[("files", "a.bin", &large)]).await;
    assert_eq!(response.status, 413);
    assert!(problem(&response.html()).contains("the storage of ada is full"));
    assert_eq!(waiting(&hub), 0);
    let small = vec![0; 300_000];
    browser.send_files(UPLOAD, &[COMMIT], &[("files", "a.bin", &small)]).await.sees();
    // What was held is free again.
    let text = vec![b'a'; 150_000];
    browser.send_files(UPLOAD, &[COMMIT], &[("files", "a.txt", &text)]).await.sees();
}

#[tokio::test]
async fn what_the_api_refuses_is_refused_here_with_its_words() {
    let hub = hub();
    let browser = Browser::signed_in(&hub, ADA).await;
    let card = b"---\nlicense: [\n---\n";
    let response = browser.send_files(UPLOAD, &[COMMIT], &[("files", "README.md", card)]).await;
    assert_eq!(response.status, 400);
    assert!(problem(&response.html()).contains("Invalid metadata in README.md"), "{response:?}");
    for revision in ["v1", &tip(&hub, "ada/demo").await] {
        let tag = "/api/models/ada/demo/tag/main";
        crate::support::post(tag, json!({"tag": "v1"})).token(ADA).send(&hub).await;
        let response = browser.get(&format!("/ada/demo/upload/{revision}")).await;
        assert_eq!(response.status, 422, "{revision}: a commit goes on branches");
    }
    assert_eq!(browser.get("/ada/demo/upload/missing").await.status, 404);
}

#[tokio::test]
async fn what_is_wrong_with_a_form_is_said_in_a_sentence() {
    let hub = hub();
    let browser = Browser::signed_in(&hub, ADA).await;
    let edit = "/ada/demo/edit/main/a.txt";
    let parent = browser.page(edit).await.field("parent").unwrap().to_owned();
    let neither = [("path", "a.txt"), ("text", "x"), ("parent", parent.as_str()), ("how", "zzz")];
    let response = browser.send(edit, &neither).await;
    assert_eq!(response.status, 400);
    assert!(response.html().words().contains("\"how\" must be \"commit\" or \"propose\"."), "{response:?}");
    assert_eq!(response.html().field("text"), Some("x"));
    let nul = [("path", "a.txt"), ("text", "a\0b"), ("parent", parent.as_str()), COMMIT];
    let response = browser.send(edit, &nul).await;
    assert_eq!(response.status, 400);
    assert!(problem(&response.html()).contains("has a NUL in it"), "{response:?}");
    let file: &[(&str, &str, &[u8])] = &[("files", "a.txt", b"a")];
    assert_eq!(browser.send_files(UPLOAD, &[("how", "zzz")], file).await.status, 400);
    let unparted = browser
        .form_with_files(UPLOAD, &[COMMIT], file)
        .header("content-type", "multipart/form-data; boundary=");
    let unparted = unparted.send(&hub).await;
    assert_eq!(unparted.status, 400);
    assert!(unparted.html().words().contains("boundary"), "{unparted:?}");
    assert!(!unparted.html().words().contains("too long"), "{unparted:?}");
    for (folder, name) in [("a//b", "c"), ("..", "a.txt"), ("", "a\\b"), ("", ".git/config")] {
        let refused =
            browser.send_files(UPLOAD, &[COMMIT, ("folder", folder)], &[("files", name, b"x")]).await;
        let said = problem(&refused.html());
        let said = said.trim();
        assert_eq!(said.matches("othing was changed").count(), 1, "{said}");
        assert!(
            said.ends_with('.') && !said.ends_with("..") && said.matches("invalid").count() <= 1,
            "{said}"
        );
    }
}

#[tokio::test]
async fn the_same_file_once_more_is_what_the_api_makes_of_it() {
    let hub = hub();
    let browser = Browser::signed_in(&hub, ADA).await;
    let file: &[(&str, &str, &[u8])] = &[("files", "a.txt", b"a")];
    browser.send_files(UPLOAD, &[COMMIT], file).await.sees();
    let before = titles(&hub, "ada/demo").await.len();
    let same = file_line("a.txt", "a");
    let by_api = commit("ada/demo", &[same]).token(ADA).send(&hub).await;
    let api_makes = titles(&hub, "ada/demo").await.len() - before;
    let by_page = browser.send_files(UPLOAD, &[COMMIT], file).await;
    let page_makes = titles(&hub, "ada/demo").await.len() - before - api_makes;
    assert_eq!((api_makes, page_makes), (1, 1), "{by_api:?} {by_page:?}");
}
