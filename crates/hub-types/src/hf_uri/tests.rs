//! Every spelling, and what is refused.

use proptest::prelude::*;

use super::*;

const PRIVATE: &str = "http://box:8080/hub";

/// `kind id[ @revision][ :path]`, to compare with a table.
fn summary(uri: &HfUri) -> String {
    let mut text = uri.repo().to_string();
    if let Some(revision) = uri.revision() {
        text.push_str(&format!(" @{revision}"));
    }
    if let Some(path) = uri.path() {
        text.push_str(&format!(" :{path}"));
    }
    text
}

fn check(rows: &[(&str, &str)], endpoint: &str) {
    for (text, expected) in rows {
        match HfUri::parse_with_endpoint(text, endpoint) {
            Ok(uri) => assert_eq!(summary(&uri), *expected, "{text}"),
            Err(error) => panic!("{error}"),
        }
    }
}

#[test]
fn addresses_are_read_as_the_python_library_reads_them() {
    #[rustfmt::skip]
    check(&[
        ("hf://acme/mini", "model acme/mini"),
        ("HF://acme/mini/", "model acme/mini"),
        ("hf://models/acme/mini", "model acme/mini"),
        ("hf://datasets/acme/nums", "dataset acme/nums"),
        ("hf://spaces/acme/app/app.py", "space acme/app :app.py"),
        ("hf://acme/mini/a/b.txt", "model acme/mini :a/b.txt"),
        ("hf://acme/mini/folder/", "model acme/mini :folder"),
        ("hf://acme/mini@v1", "model acme/mini @v1"),
        ("hf://acme/mini@v1/a/b", "model acme/mini @v1 :a/b"),
        ("hf://acme/mini@v1@2/x", "model acme/mini @v1@2 :x"),
        ("hf://acme/mini@refs/pr/10/x", "model acme/mini @refs/pr/10 :x"),
        ("hf://acme/mini@refs%2Fpr%2F10/x", "model acme/mini @refs/pr/10 :x"),
        ("hf://datasets/acme/nums@refs/convert/parquet", "dataset acme/nums @refs/convert/parquet"),
        ("hf://datasets/acme/nums@refs/convert/duckdb.v1-x_y/a", "dataset acme/nums @refs/convert/duckdb.v1-x_y :a"),
        ("hf://acme/mini@refs/heads", "model acme/mini @refs :heads"),
        ("hf://acme/mini@refs/pr/x", "model acme/mini @refs :pr/x"),
        ("hf://acme/mini@feature%2Fone/x", "model acme/mini @feature/one :x"),
        ("hf://acme/mini@100%25/x", "model acme/mini @100% :x"),
        ("hf://acme/mini/a@b/c", "model acme/mini :a@b/c"),
        ("hf://acme/mini/a%20b?x#y", "model acme/mini :a%20b?x#y"),
        ("hf://acme/mini/blob/main/x", "model acme/mini :blob/main/x"),
    ], RepoUrl::DEFAULT_ENDPOINT);
}

/// The Python library reads the branch `refs` here, and takes the rest for a path.
#[test]
fn the_full_name_of_a_branch_or_tag_is_a_revision() {
    #[rustfmt::skip]
    check(&[
        ("hf://acme/mini@refs/heads/x", "model acme/mini @refs/heads/x"),
        ("hf://acme/mini@refs/heads/x/a/b", "model acme/mini @refs/heads/x :a/b"),
        ("hf://acme/mini@refs/tags/v1.0/a", "model acme/mini @refs/tags/v1.0 :a"),
        ("hf://acme/mini@refs/heads/feature%2Fone/a", "model acme/mini @refs/heads/feature/one :a"),
        ("hf://acme/mini@refs%2Fheads%2Ffeature%2Fone/a", "model acme/mini @refs/heads/feature/one :a"),
        ("hf://acme/mini@refs/heads/a+b/c", "model acme/mini @refs/heads/a+b :c"),
        ("hf://acme/mini@%72efs/heads/x", "model acme/mini @refs :heads/x"),
        ("https://huggingface.co/acme/mini/tree/refs/heads/main/sub", "model acme/mini @refs/heads/main :sub"),
        ("https://huggingface.co/acme/mini/blob/refs%2Ftags%2Fv1/a", "model acme/mini @refs/tags/v1 :a"),
    ], RepoUrl::DEFAULT_ENDPOINT);
    for (text, written) in [
        ("hf://acme/mini@refs/heads/x/a", "hf://models/acme/mini@refs/heads/x/a"),
        ("hf://acme/mini@refs/heads/feature%2Fone/a", "hf://models/acme/mini@refs%2Fheads%2Ffeature%2Fone/a"),
    ] {
        assert_eq!(HfUri::parse(text).unwrap().to_string(), written);
    }
}

#[test]
fn pages_that_a_browser_shows_are_addresses() {
    #[rustfmt::skip]
    check(&[
        ("https://huggingface.co/acme/mini", "model acme/mini"),
        ("https://hf.co/datasets/acme/nums", "dataset acme/nums"),
        ("huggingface.co/acme/mini", "model acme/mini"),
        ("hf.co/acme/mini/tree/main/sub", "model acme/mini @main :sub"),
        ("https://huggingface.co/datasets/acme/nums/blob/main/a/b.txt", "dataset acme/nums @main :a/b.txt"),
        ("https://huggingface.co/acme/mini/resolve/v1/a%20b.txt?download=true", "model acme/mini @v1 :a b.txt"),
        ("https://huggingface.co/acme/mini/raw/main/x#L3", "model acme/mini @main :x"),
        ("https://huggingface.co/acme/mini/tree/feature%2Fone/x", "model acme/mini @feature/one :x"),
        ("https://huggingface.co/acme/mini/tree/refs%2Fpr%2F1", "model acme/mini @refs/pr/1"),
        ("https://huggingface.co/acme/mini/discussions/12", "model acme/mini @refs/pr/12"),
        ("https://huggingface.co/acme/mini/tree/refs/pr/1/x", "model acme/mini @refs/pr/1 :x"),
    ], RepoUrl::DEFAULT_ENDPOINT);
    #[rustfmt::skip]
    check(&[
        ("http://box:8080/hub/datasets/acme/nums/blob/main/x", "dataset acme/nums @main :x"),
        ("box:8080/hub/acme/mini", "model acme/mini"),
        ("box:8080/hub/acme/mini/blob/main/xy://z", "model acme/mini @main :xy:/z"),
        ("http://box:8080/hub/acme/mini/blob/main/xy://z", "model acme/mini @main :xy:/z"),
        ("hf://acme/mini/x", "model acme/mini :x"),
    ], PRIVATE);
}

#[test]
fn what_is_no_address_is_refused_with_the_reason() {
    #[rustfmt::skip]
    let rows = [
        ("acme/mini", "begin with hf://"),
        ("datasets/acme/nums", "begin with hf://"),
        ("", "begin with hf://"),
        ("ftp://acme/mini", "https://, http:// or hf://"),
        ("hf://", "no repository"),
        ("hf:///", "no repository"),
        ("hf:///acme/mini", "two slashes"),
        ("hf://acme//mini", "two slashes"),
        ("hf://acme/mini//x", "two slashes"),
        ("hf://mini", "NAMESPACE/NAME"),
        ("hf://mini@v1/x/y", "NAMESPACE/NAME"),
        ("hf://datasets/nums", "NAMESPACE/NAME"),
        ("hf://datasets", "no repository"),
        ("hf://dataset/acme/nums", "write hf://datasets/"),
        ("hf://model/acme", "write hf://models/"),
        ("hf://buckets/acme/things/x", "not supported"),
        ("hf://kernel/acme/things", "not supported"),
        ("hf://acme/mini@", "no revision"),
        ("hf://acme/mini@/x", "no revision"),
        ("hf://acme/mini@a..b", "in the revision"),
        ("hf://acme/mini@%ff", "UTF-8"),
        ("hf://acme/mini/../x", "in the path"),
        ("hf://acme/mini/.git/config", "in the path"),
        ("hf://acme/mi ni", "in the id"),
        ("https://huggingface.co/mini", "NAMESPACE/NAME"),
        ("https://huggingface.co/acme/mini/settings", "not a page"),
        ("https://other.example/acme/mini", "another host"),
    ];
    for (text, reason) in rows {
        match HfUri::parse(text) {
            Err(error) => assert!(error.to_string().contains(reason), "{text}: {error}"),
            Ok(uri) => panic!("{text} is read as {uri:?}"),
        }
    }
}

#[test]
fn a_page_of_another_hub_is_refused_also_if_that_is_the_public_one() {
    for (text, endpoint) in [
        ("https://huggingface.co/acme/mini", PRIVATE),
        ("hf.co/acme/mini/tree/main", PRIVATE),
        ("http://box:8080/acme/mini", PRIVATE),
        ("http://box:8080/hub/acme/mini", RepoUrl::DEFAULT_ENDPOINT),
    ] {
        let error = HfUri::parse_with_endpoint(text, endpoint).unwrap_err().to_string();
        assert!(error.contains(endpoint) || error.contains("begin with hf://"), "{error}");
    }
    assert!(HfUri::parse_with_endpoint("https://hf.co/acme/mini", "https://hub-ci.huggingface.co").is_ok());
}

#[test]
fn what_is_meant_as_something_else_is_no_address() {
    for text in
        ["acme/mini", "mini", "", "./a/b/c", "/a/b", "datasets/acme/nums", "a/b/x://y", "box:8080/acme"]
    {
        assert_eq!(HfUri::parse_if_address(text, PRIVATE).unwrap(), None, "{text}");
    }
    let found = HfUri::parse_if_address("box:8080/hub/acme/mini", PRIVATE).unwrap().unwrap();
    assert_eq!(summary(&found), "model acme/mini");
    for text in
        ["s3://bucket/x", "hf://acme", "https://huggingface.co/acme/mini", "hf.co/acme/mini/tree/main"]
    {
        assert!(HfUri::parse_if_address(text, PRIVATE).is_err(), "{text}");
    }
}

#[test]
fn an_endless_address_is_refused_before_it_is_read() {
    let error = HfUri::parse(&format!("hf://acme/mini/{}", "a/".repeat(1 << 20))).unwrap_err();
    assert!(error.reason().contains("8192 bytes") && error.input().len() < 200, "{error}");
}

#[test]
fn what_was_said_besides_must_agree() {
    let uri = HfUri::parse("hf://datasets/acme/nums@v1/x").unwrap();
    let revision = |text: &str| Some(text.parse::<Revision>().unwrap());
    assert_eq!(uri.agreed_revision(None).unwrap(), revision("v1"));
    assert_eq!(uri.agreed_revision(revision("v1")).unwrap(), revision("v1"));
    let error = uri.agreed_revision(revision("main")).unwrap_err().to_string();
    assert!(error.contains("the revision v1, and main"), "{error}");
    assert!(uri.check_type(RepoType::Dataset).is_ok());
    assert!(uri.check_type(RepoType::Model).unwrap_err().to_string().contains("names a dataset"));
}

#[test]
fn a_branch_that_is_called_refs_is_read_back_whatever_is_behind_it() {
    let repo = HfUri::parse("hf://acme/mini").unwrap();
    let uri = repo.with_revision("refs".parse::<Revision>().unwrap());
    let uri = uri.with_path("pr/1".parse::<SafeRelPath>().unwrap());
    assert_eq!(HfUri::parse(&uri.to_string()).unwrap(), uri);
}

#[test]
fn it_travels_as_a_string() {
    let uri = HfUri::parse("hf://acme/mini@refs/pr/1/a").unwrap();
    let json = serde_json::to_string(&uri).unwrap();
    assert_eq!(json, "\"hf://models/acme/mini@refs/pr/1/a\"");
    assert_eq!(serde_json::from_str::<HfUri>(&json).unwrap(), uri);
    assert!(serde_json::from_str::<HfUri>("\"acme/mini\"").is_err());
}

fn pieces() -> impl Strategy<Value = String> {
    let words = [
        "hf://",
        "https://",
        "huggingface.co",
        "datasets",
        "dataset",
        "buckets",
        "acme",
        "mini",
        "tree",
        "refs",
        "pr",
        "convert",
        "1",
        "main",
        "@",
        "/",
        "//",
        "?",
        "#",
        "%2F",
        "%",
        "%ff",
        "..",
        ".",
        "é",
        "\u{0}",
        "\\",
        ":",
    ];
    prop::collection::vec(prop::sample::select(words.to_vec()), 0..12).prop_map(|words| words.concat())
}

proptest! {
    #[test]
    fn reading_never_panics_and_what_is_read_is_written_and_read_again(text in ".{0,80}", pieces in pieces()) {
        for text in [text, pieces.clone(), format!("hf://acme/mini{pieces}")] {
            if let Ok(uri) = HfUri::parse_with_endpoint(&text, PRIVATE) {
                prop_assert_eq!(HfUri::parse(&uri.to_string()).unwrap(), uri, "{}", text);
            }
        }
    }

    #[test]
    fn what_is_written_is_read_back(
        kind in prop::sample::select(RepoType::ALL.to_vec()),
        namespace in "[a-zA-Z0-9_]{3,12}x",
        name in "[a-zA-Z0-9_]{1,12}",
        revision in prop::option::of(prop_oneof!["[^/\\pC][^\\pC]{0,20}[^/\\pC]", "refs/(pr|convert|heads|tags)/[a-z0-9/.%+]{1,6}"]),
        path in prop::option::of(".{1,30}"),
    ) {
        prop_assume!(RepoType::from_word(&namespace).is_none());
        let revision = revision.and_then(|text| text.parse::<Revision>().ok());
        let path = path.and_then(|text| text.parse::<SafeRelPath>().ok());
        let repo = RepoRef::new(kind, RepoId::new(&namespace, &name).unwrap());
        let uri = HfUri::new(repo).unwrap().with_revision(revision).with_path(path);
        prop_assert_eq!(HfUri::parse(&uri.to_string()).unwrap(), uri);
    }
}
