//! Folders and files.

use http::Method;
use serde_json::{Value, json};

use super::{Browser, html::Html};
use crate::{
    support::{ADA, BOB, WIM, add_files, call, commit, get, hub, lfs_line, upload},
    xet::desk,
};

async fn page(hub: &hub_server::EmbeddedHub, uri: &str) -> Html {
    let page = Browser::anonymous(hub).await.page(uri).await;
    assert_eq!(page.faults(), Vec::<String>::new(), "{uri}");
    page
}

/// Adds a file by LFS, as ada.
async fn add_large(hub: &hub_server::EmbeddedHub, path: &str, content: &[u8]) {
    upload(hub, "ada/demo", content).await;
    commit("ada/demo", &[lfs_line(path, content)]).token(ADA).send(hub).await.json();
}

fn in_base64(path: &str, content: &[u8]) -> Value {
    let content = hub_types::base64::encode(content);
    json!({"key": "file", "value": {"path": path, "content": content, "encoding": "base64"}})
}

#[tokio::test]
async fn a_large_folder_is_shown_in_pages_of_one_commit() {
    let hub = hub();
    let names: Vec<String> = (0..250).map(|number| format!("data/{number:03}.txt")).collect();
    let files: Vec<_> = names.iter().map(|name| (name.as_str(), "x")).collect();
    let first = add_files(&hub, "ada/demo", &files).await;
    let (mut uri, mut seen, mut pages) = (Some("/ada/demo/tree/main/data".to_owned()), Vec::new(), 0);
    while let Some(at) = uri {
        let page = page(&hub, &at).await;
        let rows: Vec<String> = page.texts("th").into_iter().filter(|name| name.ends_with(".txt")).collect();
        assert!(rows.len() <= 100, "{}", rows.len());
        seen.extend(rows);
        let next = page.all("a").find(|link| link.attribute("rel") == Some("next"));
        uri = next.and_then(|link| link.attribute("href")).map(str::to_owned);
        assert!(page.links().contains(&format!("/ada/demo/commit/{first}").as_str()));
        if pages == 0 {
            // What comes meanwhile is not in it.
            add_files(&hub, "ada/demo", &[("data/000a.txt", "y"), ("data/150a.txt", "y")]).await;
        }
        pages += 1;
    }
    let expected: Vec<_> = names.iter().map(|name| name.strip_prefix("data/").unwrap()).collect();
    assert_eq!((seen, pages), (expected.iter().map(|name| (*name).to_owned()).collect(), 3));
    let wrong = Browser::anonymous(&hub).await.get("/ada/demo/tree/main/data?cursor=x").await;
    assert_eq!(wrong.status, 400);
}

#[tokio::test]
async fn entries_say_what_they_are_and_what_changed_them_last() {
    let hub = hub();
    let old =
        add_files(&hub, "ada/demo", &[("a.txt", "12345"), ("sub/README.md", "# Below\n\n[a](../a.txt)")])
            .await;
    add_large(&hub, "big.bin", b"large content").await;
    desk::add(&hub, "ada/demo", "chunks.bin", &[7; 100_000]).await;
    let at = page(&hub, "/ada/demo/tree/main").await;
    let row = |name: &str| {
        let rows = at.texts("tr");
        rows.into_iter()
            .find(|row| row.starts_with(name))
            .unwrap_or_else(|| panic!("no {name}: {}", at.words()))
    };
    assert!(row("a.txt").contains("5 B Change"), "{}", row("a.txt"));
    assert!(row("sub/").starts_with("sub/ Change"), "{}", row("sub/"));
    assert!(row("big.bin").starts_with("big.bin LFS 13 B"), "{}", row("big.bin"));
    assert!(row("chunks.bin").starts_with("chunks.bin Xet 100.0 kB"), "{}", row("chunks.bin"));
    assert!(at.links().contains(&format!("/ada/demo/commit/{old}").as_str()));
    assert!(!at.words().contains("Below"), "the card of the root has a page of its own");
    let below = page(&hub, "/ada/demo/tree/main/sub").await;
    assert!(
        below.texts("h2").contains(&"Below".to_owned())
            && below.links().contains(&"/ada/demo/blob/main/a.txt")
    );
    assert!(!below.links().iter().any(|link| link.contains("/upload/")), "nobody is signed in");
    let of_ada = Browser::signed_in(&hub, ADA).await.page("/ada/demo/tree/main/sub").await;
    assert!(of_ada.links().contains(&"/ada/demo/upload/main?folder=sub"), "{:?}", of_ada.links());
    let at_commit = Browser::signed_in(&hub, ADA).await.page(&format!("/ada/demo/tree/{old}")).await;
    assert!(!at_commit.links().iter().any(|link| link.contains("/upload/")), "a commit never changes");
}

#[test]
fn a_link_says_where_it_leads() {
    let world = crate::git::World::new(hub());
    world.clone(Some(ADA), "ada/demo", "clone");
    std::fs::write(world.path("target"), "sub/a.txt").unwrap();
    let target = world.git("clone", &["hash-object", "-w", "../target"]);
    let tip = world.git("clone", &["rev-parse", "HEAD"]);
    for entry in [format!("120000,{},link", target.trim()), format!("160000,{},other", tip.trim())] {
        world.git("clone", &["update-index", "--add", "--cacheinfo", &entry]);
    }
    world.git("clone", &["commit", "-q", "-m", "Links"]);
    world.git("clone", &["push", "-q", "origin", "HEAD:main"]);
    world.runtime.block_on(async {
        let tree = page(&world.hub, "/ada/demo/tree/main").await;
        assert!(tree.links().contains(&"/ada/demo/blob/main/link"), "{:?}", tree.links());
        let link = page(&world.hub, "/ada/demo/blob/main/link").await;
        assert!(link.words().contains("a symbolic link to \"sub/a.txt\""), "{}", link.words());
        assert!(!link.links().iter().any(|link| link.contains("/resolve/")), "{:?}", link.links());
        let other = page(&world.hub, "/ada/demo/blob/main/other").await;
        assert!(other.words().contains("a submodule"), "{}", other.words());
    });
}

#[tokio::test]
async fn a_name_does_not_turn_around_what_is_beside_it() {
    let hub = hub();
    add_files(&hub, "ada/demo", &[("a\u{202e}gpj.exe", "x = 1 \u{2066}\n")]).await;
    for uri in ["/ada/demo/tree/main", "/ada/demo/blob/main/a%E2%80%AEgpj.exe", "/ada/demo/commit/main"] {
        let words = page(&hub, uri).await.words();
        assert!(words.contains("a[U+202E]gpj.exe") && !words.contains('\u{202e}'), "{uri}: {words}");
        assert!(!words.contains('\u{2066}'), "{uri}: {words}");
    }
}

#[tokio::test]
async fn a_new_file_has_a_name_that_is_free() {
    let hub = hub();
    let browser = Browser::signed_in(&hub, ADA).await;
    let offered = async |folder: &str| {
        let tree = browser.page(&format!("/ada/demo/tree/main{folder}")).await;
        let link = tree.links().into_iter().find(|link| link.contains("/edit/")).unwrap().to_owned();
        let editor = browser.page(&link).await;
        assert_eq!(editor.field("text"), Some(""), "{link}");
        assert!(editor.words().contains("New file"), "{}", editor.words());
        link
    };
    assert_eq!(offered("").await, "/ada/demo/edit/main/new.txt");
    add_files(&hub, "ada/demo", &[("new.txt", "x"), ("new-2.txt", "x"), ("sub/new.txt", "x")]).await;
    assert_eq!(offered("").await, "/ada/demo/edit/main/new-3.txt");
    assert_eq!(offered("/sub").await, "/ada/demo/edit/main/sub/new-2.txt");
}

#[tokio::test]
async fn one_comes_from_a_path_to_what_it_is_there() {
    let hub = hub();
    add_files(&hub, "ada/demo", &[("a/b c.txt", "x")]).await;
    let branch = call(Method::POST, "/api/models/ada/demo/branch/dev").token(ADA).send(&hub).await;
    assert_eq!(branch.status, 200, "{branch:?}");
    add_files(&hub, "ada/demo", &[("new.txt", "x")]).await;
    let browser = Browser::anonymous(&hub).await;
    for (uri, to) in [
        ("/ada/demo/blob/main/a", "/ada/demo/tree/main/a"),
        ("/ada/demo/tree/main/a/b%20c.txt", "/ada/demo/blob/main/a/b%20c.txt"),
        ("/ada/demo/tree/main/a?at=dev", "/ada/demo/tree/dev/a"),
        ("/ada/demo/blob/main/a/b%20c.txt?at=dev", "/ada/demo/blob/dev/a/b%20c.txt"),
        ("/ada/demo/blob/main/new.txt?at=dev", "/ada/demo/tree/dev"),
        ("/ada/demo/commits/main/a?at=dev", "/ada/demo/commits/dev/a"),
    ] {
        assert_eq!(browser.get(uri).await.sees(), to, "{uri}");
    }
    for uri in [
        "/ada/demo/blob/main/none",
        "/ada/demo/tree/main/none",
        "/ada/demo/tree/none",
        "/ada/demo/blob/main/a/b%20c.txt?at=none",
        "/ada/demo/tree/main?at=a..b",
        "/ada/demo/blob/main/..%2Fx",
        "/ada/demo/commits/none",
    ] {
        assert_eq!(browser.get(uri).await.status, 404, "{uri}");
    }
}

#[tokio::test]
async fn a_text_is_shown_with_lines_that_can_be_linked() {
    let hub = hub();
    let code = "# <b>\ndef f():\n    return '&'\n";
    add_files(&hub, "ada/demo", &[("a.py", code), ("empty.txt", ""), ("a.md", "# Title\n\n*text*")]).await;
    let at = page(&hub, "/ada/demo/blob/main/a.py").await;
    let line = at.all("a").find(|link| link.attribute("id") == Some("L2")).unwrap();
    assert_eq!(line.attribute("href"), Some("#L2"));
    let text = &at.all("pre").next().unwrap().text;
    assert_eq!(text.trim_end(), code.trim_end());
    assert!(at.all("span").any(|span| span.has_class("hl-comment") && span.text == "# <b>"));
    assert!(at.links().contains(&"/ada/demo/raw/main/a.py"));
    assert!(at.links().contains(&"/ada/demo/resolve/main/a.py?download=true"));
    assert!(at.links().contains(&"/ada/demo/commits/main/a.py"));
    assert!(page(&hub, "/ada/demo/blob/main/empty.txt").await.words().contains("The file is empty"));
    let shown = page(&hub, "/ada/demo/blob/main/a.md").await;
    assert!(shown.texts("h2").contains(&"Title".to_owned()), "{:?}", shown.texts("h2"));
    assert!(shown.links().contains(&"/ada/demo/blob/main/a.md?plain=1"));
    let plain = page(&hub, "/ada/demo/blob/main/a.md?plain=1").await;
    assert!(plain.words().contains("*text*"), "{}", plain.words());
    let signed_in = Browser::signed_in(&hub, BOB).await.page("/ada/demo/blob/main/a.py").await;
    assert!(signed_in.links().contains(&"/ada/demo/edit/main/a.py"));
    assert!(signed_in.links().contains(&"/ada/demo/delete/main/a.py"));
}

#[tokio::test]
async fn a_file_is_never_html_of_this_hub() {
    let hub = hub();
    let canary = "<script>alert('canary')</script><img src=x onerror=alert(1)>";
    let svg = "<svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"alert(1)\"><script>alert(1)</script></svg>";
    let names = ["a.html", "a.md", "a.txt", "a.json", "a.csv", "a.xml"];
    let mut files: Vec<_> = names.iter().map(|name| (*name, canary)).collect();
    files.push(("a.svg", svg));
    add_files(&hub, "ada/demo", &files).await;
    for name in names.into_iter().chain(["a.svg"]) {
        for plain in ["", "?plain=1"] {
            // `page` looks at what may run.
            let page = page(&hub, &format!("/ada/demo/blob/main/{name}{plain}")).await;
            assert_eq!(page.all("script").count(), 1, "that of the page: {name}");
        }
    }
}

#[tokio::test]
async fn tables_and_json_are_shown_in_rows_and_lines() {
    let hub = hub();
    let rows: String = (0..300).map(|number| format!("{number},<b>\n")).collect();
    let csv = format!("id,\"the name\"\n{rows}");
    let json = format!("{{\"a\":[1.10,\"{}\"]}}", "x".repeat(300));
    add_files(&hub, "ada/demo", &[("a.csv", &csv), ("a.json", &json)]).await;
    let at = page(&hub, "/ada/demo/blob/main/a.csv").await;
    assert!(at.texts("th").contains(&"the name".to_owned()), "{:?}", at.texts("th"));
    assert_eq!(at.texts("td").iter().filter(|cell| *cell == "<b>").count(), 100);
    assert!(at.words().contains("The first 100 rows"), "{}", at.words());
    assert!(page(&hub, "/ada/demo/blob/main/a.csv?plain=1").await.words().contains("0,<b>"));
    let text = page(&hub, "/ada/demo/blob/main/a.json").await;
    assert!(text.all("pre").next().unwrap().text.contains("\n    1.10,\n"), "{}", text.words());
    // The head of a large one.
    add_large(&hub, "large.csv", csv.as_bytes()).await;
    assert!(page(&hub, "/ada/demo/blob/main/large.csv").await.words().contains("The first 100 rows"));
}

fn safetensors() -> Vec<u8> {
    let json = br#"{"w": {"dtype": "BF16", "shape": [2, 3], "data_offsets": [0, 12]}, "__metadata__": {"format": "pt"}}"#;
    [&(json.len() as u64).to_le_bytes()[..], json, &[0; 12]].concat()
}

fn gguf() -> Vec<u8> {
    let mut head = b"GGUF\x03\0\0\0\0\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0".to_vec();
    head.extend(b"\x0c\0\0\0\0\0\0\0general.name\x08\0\0\0\x06\0\0\0\0\0\0\0canary");
    head
}

#[tokio::test]
async fn the_heads_of_weights_are_shown_wherever_they_are_kept() {
    let hub = hub();
    let lines = [in_base64("git.safetensors", &safetensors()), in_base64("git.gguf", &gguf())];
    commit("ada/demo", &lines).token(ADA).send(&hub).await.json();
    add_large(&hub, "lfs.safetensors", &safetensors()).await;
    add_large(&hub, "lfs.gguf", &gguf()).await;
    let chunked = [gguf(), vec![1; 1000]].concat();
    desk::add(&hub, "ada/demo", "xet.gguf", &chunked).await;
    let has = |at: &Html, name: &str, text: &str| at.texts(name).iter().any(|found| found == text);
    for name in ["git.safetensors", "lfs.safetensors"] {
        let at = page(&hub, &format!("/ada/demo/blob/main/{name}")).await;
        let cells = ["BF16", "[2, 3]", "12 B"].iter().all(|cell| has(&at, "td", cell));
        assert!(has(&at, "th", "w") && cells, "{name}: {}", at.words());
        assert!(has(&at, "dt", "Parameters of BF16") && has(&at, "dd", "6"), "{name}: {}", at.words());
    }
    for name in ["git.gguf", "lfs.gguf", "xet.gguf"] {
        let at = page(&hub, &format!("/ada/demo/blob/main/{name}")).await;
        assert!(has(&at, "th", "general.name") && has(&at, "td", "canary"), "{name}: {}", at.words());
    }
    let words = page(&hub, "/ada/demo/blob/main/xet.gguf").await.words();
    assert!(words.contains("Xet") && words.contains("LFS (sha256)"), "{words}");
    add_large(&hub, "broken.safetensors", b"\xff\xff\xff\xff\0\0\0\0{}").await;
    add_large(&hub, "broken.gguf", b"no weights at all").await;
    for name in ["broken.safetensors", "broken.gguf"] {
        let at = page(&hub, &format!("/ada/demo/blob/main/{name}")).await;
        assert!(at.words().contains("Its head is not shown"), "{name}: {}", at.words());
    }
}

#[tokio::test]
async fn of_other_large_files_nothing_but_the_pointer_is_shown() {
    let hub = hub();
    add_large(&hub, "a.txt", b"the canary sings").await;
    add_large(&hub, "model.bin", b"\x80\x02canary").await;
    add_large(&hub, "README.md", b"# canary").await;
    for name in ["a.txt", "model.bin", "README.md"] {
        let at = page(&hub, &format!("/ada/demo/blob/main/{name}")).await;
        assert!(!at.words().contains("canary"), "{name}: {}", at.words());
        assert!(at.words().contains("LFS (sha256)") && at.words().contains("can be downloaded"), "{name}");
        assert!(!at.links().iter().any(|link| link.contains("/raw/")), "the pointer is no content: {name}");
    }
    assert!(page(&hub, "/ada/demo/blob/main/model.bin").await.words().contains("pickle"));
    let bytes = in_base64("a.dat", &[0, 1, 2, 255]);
    commit("ada/demo", &[bytes]).token(ADA).send(&hub).await.json();
    assert!(page(&hub, "/ada/demo/blob/main/a.dat").await.words().contains("no text in UTF-8"));
}

#[tokio::test]
async fn images_are_fetched_by_the_browser_and_not_by_the_page() {
    let hub = hub();
    let svg = in_base64("drawn.svg", b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>");
    commit("ada/demo", &[in_base64("a b.png", b"\x89PNG\r\n"), svg]).token(ADA).send(&hub).await.json();
    add_large(&hub, "large.webp", b"RIFFxxxxWEBP").await;
    for (name, source) in [
        ("a%20b.png", "/ada/demo/resolve/main/a%20b.png"),
        ("large.webp", "/ada/demo/resolve/main/large.webp"),
        ("drawn.svg", "/ada/demo/resolve/main/drawn.svg"),
    ] {
        let at = page(&hub, &format!("/ada/demo/blob/main/{name}")).await;
        let image = at.all("img").next().unwrap();
        assert_eq!(image.attribute("src"), Some(source));
        assert!(!image.attribute("alt").unwrap().is_empty());
    }
    let browser = Browser::signed_in(&hub, ADA).await;
    let drawn = browser.page("/ada/demo/blob/main/drawn.svg").await;
    for link in ["/ada/demo/blob/main/drawn.svg?plain=1", "/ada/demo/edit/main/drawn.svg"] {
        assert!(drawn.links().contains(&link), "{:?}", drawn.links());
    }
    let source = browser.page("/ada/demo/blob/main/drawn.svg?plain=1").await;
    assert!(source.words().contains("http://www.w3.org/2000/svg"), "{}", source.words());
}

#[tokio::test]
async fn of_a_gated_repository_names_are_shown_and_contents_are_not() {
    let hub = hub();
    let lines =
        [crate::support::file_line("sub/README.md", "canary"), crate::support::file_line("a.txt", "canary")];
    let committed = commit("analytical/open", &lines).token(WIM).send(&hub).await;
    assert_eq!(committed.status, 200, "{committed:?}");
    let settings = call(Method::PUT, "/api/models/analytical/open/settings").body(r#"{"gated":"auto"}"#);
    assert_eq!(settings.token(WIM).send(&hub).await.status, 200);
    let stranger = Browser::signed_in(&hub, BOB).await;
    let folder = stranger.page("/analytical/open/tree/main/sub").await;
    assert!(
        folder.words().contains("README.md 6 B") && !folder.words().contains("canary"),
        "{}",
        folder.words()
    );
    assert!(!folder.links().iter().any(|link| link.contains("/blob/") || link.contains("/commit/")));
    assert_eq!(stranger.get("/analytical/open/blob/main/a.txt").await.status, 403);
    let member = Browser::signed_in(&hub, WIM).await;
    assert!(
        member.page("/analytical/open/tree/main/sub").await.texts("article").contains(&"canary".to_owned())
    );
    // An API client is told as before.
    let client = get("/analytical/open/blob/main/a.txt").send(&hub).await;
    assert_eq!(client.status, 404, "{client:?}");
}
