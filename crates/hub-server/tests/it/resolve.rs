//! Files as clients fetch them.

use crate::support::{ADA, add_files, commit, get, head, hub, lfs_line, path_of, sha256, upload};

const ETAG: &str = "\"b6fc4c620b67d95f953a5c1c1230aaab5db5a1b0\"";

#[tokio::test]
async fn a_regular_file_is_answered_with_its_blob_id_and_commit() {
    let hub = hub();
    let sha = add_files(&hub, "ada/demo", &[("d/a b.txt", "hello")]).await;
    for uri in ["/ada/demo/resolve/main/d/a%20b.txt", "/ada/demo/raw/main/d/a%20b.txt"] {
        let response = get(uri).send(&hub).await;
        assert_eq!((response.status.as_u16(), &response.body[..]), (200, b"hello".as_slice()));
        let headers = head(uri).send(&hub).await;
        assert!(headers.body.is_empty());
        for response in [response, headers] {
            assert_eq!(response.header("etag"), Some(ETAG));
            assert_eq!(response.header("x-repo-commit"), Some(sha.as_str()));
            assert_eq!(response.header("content-length"), Some("5"));
            assert_eq!(response.header("accept-ranges"), Some("bytes"));
        }
    }
}

#[tokio::test]
async fn an_lfs_file_is_a_redirect_to_an_absolute_url_with_its_size_and_hash() {
    let hub = hub();
    let content = vec![1_u8; 3000];
    upload(&hub, "ada/demo", &content).await;
    let response = commit("ada/demo", &[lfs_line("w.bin", &content)]).token(ADA).send(&hub).await.json();
    for ask in [get, head] {
        let response_to = ask("/ada/demo/resolve/main/w.bin").send(&hub).await;
        assert_eq!(response_to.status, 302);
        let etag = format!("\"{}\"", sha256(&content));
        assert_eq!(response_to.header("x-linked-etag"), Some(etag.as_str()));
        assert_eq!(response_to.header("x-linked-size"), Some("3000"));
        assert_eq!(response_to.header("x-repo-commit"), response["commitOid"].as_str());
        assert!(!String::from_utf8_lossy(&response_to.body).contains("signature"));
        let location = path_of(response_to.header("location").unwrap());
        let object = get(&location).send(&hub).await;
        assert_eq!(object.body, content);
        assert_eq!(object.header("x-repo-commit"), response["commitOid"].as_str());
    }
}

#[tokio::test]
async fn ranges_are_answered_as_http_has_it() {
    let hub = hub();
    add_files(&hub, "ada/demo", &[("a.txt", "hello")]).await;
    let uri = "/ada/demo/resolve/main/a.txt";
    let cases = [
        ("bytes=0-0", 206, "h", Some("bytes 0-0/5")),
        ("bytes=2-", 206, "llo", Some("bytes 2-4/5")),
        ("bytes=1-99", 206, "ello", Some("bytes 1-4/5")),
        ("bytes=-2", 206, "lo", Some("bytes 3-4/5")),
        ("bytes=0-1,3-4", 200, "hello", None),
        ("lines=1-2", 200, "hello", None),
    ];
    for (range, status, body, content_range) in cases {
        let response = get(uri).header("range", range).send(&hub).await;
        assert_eq!((response.status.as_u16(), &response.body[..]), (status, body.as_bytes()), "{range}");
        assert_eq!(response.header("content-range"), content_range, "{range}");
        assert_eq!(response.header("content-length"), Some(body.len().to_string().as_str()), "{range}");
    }
    let beyond = get(uri).header("range", "bytes=5-").send(&hub).await;
    assert_eq!((beyond.status.as_u16(), beyond.header("content-range")), (416, Some("bytes */5")));
}

#[tokio::test]
async fn a_range_is_for_the_content_that_the_caller_knows() {
    let hub = hub();
    add_files(&hub, "ada/demo", &[("a.txt", "hello")]).await;
    for (condition, status) in [(ETAG, 206), ("\"another\"", 200), ("W/\"b6fc\"", 200)] {
        let ask =
            get("/ada/demo/resolve/main/a.txt").header("range", "bytes=2-").header("if-range", condition);
        assert_eq!(ask.send(&hub).await.status, status, "{condition}");
    }
}

#[tokio::test]
async fn an_empty_file_has_no_range() {
    let hub = hub();
    add_files(&hub, "ada/demo", &[("empty", "")]).await;
    let whole = get("/ada/demo/resolve/main/empty").send(&hub).await;
    assert_eq!((whole.status.as_u16(), whole.header("content-length")), (200, Some("0")));
    assert_eq!(get("/ada/demo/resolve/main/empty").header("range", "bytes=0-").send(&hub).await.status, 416);
}

#[tokio::test]
async fn what_is_not_a_file_is_not_found() {
    let hub = hub();
    add_files(&hub, "ada/demo", &[("d/a.txt", "a")]).await;
    for path in ["d", "d/", "none", "a/../d/a.txt", "d//a.txt", ".git/config", "%2e%2e/x"] {
        let response = get(&format!("/ada/demo/resolve/main/{path}")).send(&hub).await;
        assert_eq!(
            (response.status.as_u16(), response.header("x-error-code")),
            (404, Some("EntryNotFound")),
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_revision_may_be_a_branch_a_commit_or_head() {
    let hub = hub();
    let old = add_files(&hub, "ada/demo", &[("a.txt", "old")]).await;
    add_files(&hub, "ada/demo", &[("a.txt", "new")]).await;
    for (revision, text) in [("main", "new"), ("HEAD", "new"), (&old[..], "old"), (&old[..7], "old")] {
        let response = get(&format!("/ada/demo/resolve/{revision}/a.txt?download=true")).send(&hub).await;
        assert_eq!(&response.body[..], text.as_bytes(), "{revision}");
        assert!(response.header("content-disposition").unwrap().starts_with("attachment"));
    }
}

#[tokio::test]
async fn datasets_and_spaces_have_their_prefix() {
    let hub = hub();
    for uri in ["/datasets/ada/nums/resolve/main/.gitattributes", "/spaces/ada/app/resolve/main/README.md"] {
        assert_eq!(get(uri).send(&hub).await.status, 200, "{uri}");
    }
}

#[tokio::test]
async fn a_large_file_keeps_its_name_where_it_is_redirected_to() {
    let hub = hub();
    let content = vec![1_u8; 3000];
    upload(&hub, "ada/demo", &content).await;
    commit("ada/demo", &[lfs_line("d/gr\u{fc}n w.bin", &content)]).token(ADA).send(&hub).await.json();
    let uri = "/ada/demo/resolve/main/d/gr%C3%BCn%20w.bin";
    for (query, how) in [("", "inline"), ("?download=true", "attachment")] {
        let redirect = get(&format!("{uri}{query}")).send(&hub).await;
        let location = path_of(redirect.header("location").unwrap());
        let object = get(&location).send(&hub).await;
        assert_eq!(object.body, content);
        let expected = format!("{how}; filename*=UTF-8''gr%C3%BCn%20w.bin");
        assert_eq!(object.header("content-disposition"), Some(expected.as_str()));
        for changed in [
            location.replace("w.bin", "w.exe"),
            location.replace("inline", "attachment").replace("download", "x"),
            location.replace(&format!("&disposition={how}"), ""),
            location.replace("&filename=gr%C3%BCn%20w.bin", ""),
        ] {
            if changed != location {
                assert_eq!(get(&changed).send(&hub).await.status, 403, "{changed}");
            }
        }
    }
}

#[tokio::test]
async fn a_file_that_came_by_xet_keeps_its_name_too() {
    let hub = hub();
    let content = vec![7; 100_000];
    crate::xet::desk::add(&hub, "ada/demo", "chunks.bin", &content).await;
    let redirect = get("/ada/demo/resolve/main/chunks.bin?download=true").send(&hub).await;
    assert!(redirect.header("x-xet-hash").is_some(), "{redirect:?}");
    let object = get(&path_of(redirect.header("location").unwrap())).send(&hub).await;
    assert_eq!(object.header("content-disposition"), Some("attachment; filename*=UTF-8''chunks.bin"));
    assert!(object.body == content);
}

#[tokio::test]
async fn a_picture_is_a_picture_and_runs_nothing() {
    let hub = hub();
    let svg = "<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>";
    add_files(&hub, "ada/demo", &[("x.SVG", svg), ("x.html", svg), ("svg", svg)]).await;
    upload(&hub, "ada/demo", svg.as_bytes()).await;
    commit("ada/demo", &[lfs_line("large.svg", svg.as_bytes())]).token(ADA).send(&hub).await.json();
    let small = get("/ada/demo/resolve/main/x.SVG").send(&hub).await;
    let redirect = get("/ada/demo/resolve/main/large.svg").send(&hub).await;
    let large = get(&path_of(redirect.header("location").unwrap())).send(&hub).await;
    for picture in [small, large] {
        assert_eq!(picture.header("content-type"), Some("image/svg+xml"));
        assert_eq!(
            picture.header("content-security-policy"),
            Some("sandbox; default-src 'none'; style-src 'unsafe-inline'")
        );
        assert_eq!(picture.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(picture.body, svg.as_bytes());
    }
    for text in ["resolve/main/x.html", "resolve/main/svg", "raw/main/x.SVG"] {
        let response = get(&format!("/ada/demo/{text}")).send(&hub).await;
        assert_eq!(response.header("content-type"), Some("text/plain; charset=utf-8"), "{text}");
        assert_eq!(response.header("content-security-policy"), None, "{text}");
    }
}

#[tokio::test]
async fn a_file_that_the_caller_has_is_not_sent_again() {
    let hub = hub();
    let content = vec![1_u8; 3000];
    upload(&hub, "ada/demo", &content).await;
    commit("ada/demo", &[lfs_line("w.bin", &content)]).token(ADA).send(&hub).await.json();
    let sha = add_files(&hub, "ada/demo", &[("a.txt", "hello")]).await;
    let redirect = get("/ada/demo/resolve/main/w.bin").send(&hub).await;
    let object = path_of(redirect.header("location").unwrap());
    for uri in ["/ada/demo/resolve/main/a.txt", "/ada/demo/raw/main/a.txt", &object] {
        let first = get(uri).send(&hub).await;
        let tag = first.header("etag").unwrap().to_owned();
        for known in [tag.clone(), format!("W/{tag}"), format!("\"x\", {tag}"), "*".to_owned()] {
            for ask in [get, head] {
                let again = ask(uri).header("if-none-match", &known).header("range", "bytes=1-");
                let again = again.send(&hub).await;
                assert_eq!((again.status.as_u16(), again.body.len()), (304, 0), "{uri} {known}");
                assert_eq!(again.header("content-length"), None, "{uri}: none is not its length");
                for name in ["etag", "x-repo-commit", "content-disposition"] {
                    assert_eq!(again.header(name), first.header(name), "{uri} {name}");
                }
            }
        }
        let other = get(uri).header("if-none-match", "\"other\"").send(&hub).await;
        assert_eq!((other.status.as_u16(), other.body), (200, first.body), "{uri}");
    }
    let asked = get("/ada/demo/resolve/main/a.txt").send(&hub).await;
    assert_eq!(asked.header("x-repo-commit"), Some(sha.as_str()));
    // Who knows the file learns where it is all the same.
    let tag = redirect.header("etag").unwrap();
    let moved = get("/ada/demo/resolve/main/w.bin").header("if-none-match", tag).send(&hub).await;
    assert_eq!(moved.status, 302);
}
