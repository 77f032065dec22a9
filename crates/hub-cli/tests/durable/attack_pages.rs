//! The pages of `hub serve` under attack, beside an honest caller as in [`crate::attack`]. HUB_DEEP_PAGES is how often the heaviest
//! pages are asked for.

use crate::{
    attack::{Target, attacked, change},
    place::number,
};

/// As many as two slow cores answer in some seconds. The deep lane has 10,000.
const PAGES: u64 = 200;
/// As Chromium sends a form of a page.
const FORM: &str = "Accept: text/html\r\nOrigin: http://127.0.0.1\r\nSec-Fetch-Site: same-origin\r\n\
                    Content-Type: application/x-www-form-urlencoded\r\n";
const FILES: &str = "Accept: text/html\r\nOrigin: http://127.0.0.1\r\nSec-Fetch-Site: same-origin\r\n\
                     Content-Type: multipart/form-data; boundary=edge\r\n";
const HTML: &str = "Accept: text/html\r\n";

/// What the forms of ada carry. Who comes with a token instead of a cookie has the form of nobody's session.
async fn form_token(target: &Target) -> String {
    let (status, page) = target.send(250, "GET /login", HTML, b"").await;
    assert_eq!(status, 200, "{page}");
    let (_, rest) = page.split_once("name=\"form_token\" value=\"").unwrap();
    rest.split('"').next().unwrap().to_owned()
}

fn part(name: &str, content: &str) -> String {
    format!("--edge\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{content}\r\n")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn forms_that_do_not_come_keep_nobody_from_work() {
    attacked("slow forms", async |target| {
        let mut open = Vec::new();
        for from in 0..100 {
            for (path, more) in [("/login", FORM), ("/logout", FORM), ("/ada/demo/upload/main", FILES)] {
                let head =
                    target.head(&format!("POST {path}"), &format!("{more}Content-Length: 4000000\r\n"));
                open.push(target.begin(from, format!("{head}--").as_bytes()).await);
            }
        }
        open
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn forms_of_which_all_but_the_end_comes_take_little_memory() {
    attacked("forms without an end", async |target| {
        let length = 4_000_000;
        let mut form =
            target.head("POST /login", &format!("{FORM}Content-Length: {length}\r\n")).into_bytes();
        form.resize(form.len() + length - 1, b'a');
        let mut open = Vec::new();
        for from in 0..150 {
            open.push(target.begin(from, &form).await);
        }
        open
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_tries_many_tokens_keeps_nobody_from_signing_in() {
    attacked("many sign-ins", async |target| {
        let token = form_token(&target).await;
        for attempt in 0..number("HUB_DEEP_PAGES", PAGES) {
            let form = format!("form_token={token}&token=hf_{attempt:032}&back=%2F");
            let (status, text) =
                target.send(usize::try_from(attempt).unwrap(), "POST /login", FORM, form.as_bytes()).await;
            assert!(matches!(status, 401 | 429), "{text}");
            assert!(!text.to_ascii_lowercase().contains("set-cookie"), "{text}");
        }
        let form = format!("form_token={token}&token={}&back=%2Fada", hub_tests::ADA);
        let (status, text) = target.send(0, "POST /login", FORM, form.as_bytes()).await;
        assert_eq!(status, 303, "{text}");
        Vec::new()
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn huge_forms_are_refused_before_they_fill_the_memory() {
    attacked("huge forms", async |target| {
        let token = form_token(&target).await;
        let long = "a".repeat(64 << 20);
        let many: String = (0..300_000).map(|field| format!("&f{field}=1")).collect();
        for (from, form) in [format!("form_token={token}&token={long}"), format!("form_token={token}{many}")]
            .iter()
            .enumerate()
        {
            for path in ["/login", "/ada/demo/discussions/new", "/ada/demo/edit/main/honest.txt"] {
                let (status, text) = target.send(from, &format!("POST {path}"), FORM, form.as_bytes()).await;
                assert!(matches!(status, 0 | 400 | 401 | 413), "{path}: {text}");
            }
        }
        let begin = part("form_token", &token);
        let head_without_end = format!("{begin}--edge\r\nContent-Disposition: form-data; name=\"{long}");
        let fields: String = (0..200_000).map(|field| part(&format!("f{field}"), "1")).collect();
        for (from, form) in [
            part("form_token", &long),
            format!("{begin}{}", part("summary", &long)),
            format!("{begin}{fields}--edge--\r\n"),
            head_without_end,
            long,
        ]
        .iter()
        .enumerate()
        {
            let (status, text) =
                target.send(from, "POST /ada/demo/upload/main", FILES, form.as_bytes()).await;
            assert!(matches!(status, 0 | 400 | 403 | 413), "{from}: {text}");
        }
        Vec::new()
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_heaviest_pages_keep_nobody_from_work() {
    attacked("heavy pages", async |target| {
        for (from, path) in heavy(&target).await.iter().enumerate() {
            let (status, text) = target.send(from, &format!("GET {path}"), HTML, b"").await;
            assert_eq!(status, 200, "{path}: {text}");
            assert!(text.len() < 4 << 20, "{path} has {} bytes", text.len());
        }
        let paths = heavy_paths();
        let mut asked = 0;
        let all = number("HUB_DEEP_PAGES", PAGES);
        while asked < all {
            let ask = |from: usize| {
                let (target, path) = (&target, paths[from % paths.len()]);
                async move {
                    let (status, text) = target.send(from, &format!("GET {path}"), HTML, b"").await;
                    assert!(matches!(status, 200 | 429 | 503), "{path}: {text}");
                }
            };
            let from = usize::try_from(asked).unwrap();
            futures_util::future::join_all((from..from + 8).map(ask)).await;
            asked += 8;
        }
        Vec::new()
    })
    .await;
}

const fn heavy_paths() -> [&'static str; 9] {
    [
        "/ada/demo",
        "/ada/demo/tree/main/many",
        "/ada/demo/blob/main/README.md",
        "/ada/demo/blob/main/code.py",
        "/ada/demo/blob/main/long.py",
        "/ada/demo/blob/main/wide.csv",
        "/ada/demo/blob/main/large.txt",
        "/ada/demo/discussions/1/files",
        "/ada/demo/compare/main..refs%2Fpr%2F1",
    ]
}

/// Makes what is slow to show, and gives where it is shown.
async fn heavy(target: &Target) -> [&'static str; 9] {
    // Text that is dear to many readers of Markdown: nested, and with many beginnings that have no end.
    let markdown = [
        "> ".repeat(5_000),
        "[".repeat(20_000),
        "*a **b _c ".repeat(10_000),
        "`a ``b ".repeat(5_000),
        "[a](b \"".repeat(5_000),
        format!("{}\n{}\n", "|a".repeat(2_000), "|-".repeat(2_000)),
        "- ".repeat(2_000),
        "<b>".repeat(10_000),
    ]
    .join("\n\n");
    // Colours take a program that is not optimised sixty times as long.
    let code: String =
        (0..300).map(|line| format!("value_{line} = [\"{line}\", {{'a': {line}}}]\n")).collect();
    let lines: String = (0..9_000).map(|line| format!("line {line} of many\n")).collect();
    let long = "\"\\\"' (((".repeat(60_000);
    let wide: String = (0..200).map(|row| format!("{}\n", format!("\"{row},\",").repeat(500))).collect();
    for (from, (name, content)) in [
        ("README.md", &markdown),
        ("code.py", &code),
        ("lines.txt", &lines),
        ("long.py", &long),
        ("wide.csv", &wide),
    ]
    .into_iter()
    .enumerate()
    {
        let (status, text) = target.commit(from, &change(name, content)).await;
        assert_eq!(status, 200, "{name}: {text}");
    }
    let many: String = (0..2_000)
        .map(|file| {
            let value =
                serde_json::json!({"path": format!("many/{file}.txt"), "content": "x", "encoding": "utf-8"});
            format!("{}\n", serde_json::json!({"key": "file", "value": value}))
        })
        .collect();
    let header = serde_json::json!({"key": "header", "value": {"summary": "many", "description": ""}});
    let (status, text) = target.commit(9, &format!("{header}\n{many}")).await;
    assert_eq!(status, 200, "{text}");
    let other: String = lines.lines().rev().map(|line| format!("{line}\n")).collect();
    let proposal = change("lines.txt", &other);
    let line = "POST /api/models/ada/demo/commit/main?create_pr=1";
    let (status, text) =
        target.send(10, line, "Content-Type: application/x-ndjson\r\n", proposal.as_bytes()).await;
    assert_eq!(status, 200, "{text}");
    heavy_paths()
}
