//! Every spelling, and what is refused.

use proptest::prelude::*;

use super::*;

const PRIVATE: &str = "http://box:8080/hub";

/// `[kind ]id[ @revision][ :path]`, to compare with a table.
fn summary(url: &RepoUrl) -> String {
    let mut text = format!("{} {}", url.repo_type(), url.repo_id());
    if let Some(revision) = url.revision() {
        text.push_str(&format!(" @{revision}"));
    }
    if let Some(path) = url.path() {
        text.push_str(&format!(" :{path}"));
    }
    text
}

fn check(rows: &[(&str, &str)], endpoint: &str) {
    for (text, expected) in rows {
        match RepoUrl::parse_with_endpoint(text, endpoint) {
            Ok(url) => assert_eq!(summary(&url), *expected, "{text}"),
            Err(error) => panic!("{error}"),
        }
    }
}

#[test]
fn every_spelling_of_the_public_hub_is_read() {
    #[rustfmt::skip]
    check(&[
        ("https://huggingface.co/mini", "model mini"),
        ("https://huggingface.co/acme/mini", "model acme/mini"),
        ("https://huggingface.co/models/acme/mini", "model acme/mini"),
        ("https://huggingface.co/datasets/acme/nums", "dataset acme/nums"),
        ("https://huggingface.co/spaces/acme/demo", "space acme/demo"),
        ("https://huggingface.co/datasets/nums", "dataset nums"),
        ("https://huggingface.co/dataset/acme/nums", "dataset acme/nums"),
        ("https://huggingface.co/space/acme/demo", "space acme/demo"),
        ("https://huggingface.co/model/acme/mini", "model acme/mini"),
        ("huggingface.co/acme/mini", "model acme/mini"),
        ("hf.co/datasets/acme/nums", "dataset acme/nums"),
        ("hub-ci.huggingface.co/acme/mini", "model acme/mini"),
        ("https://hf.co/acme/mini", "model acme/mini"),
        ("https://hub-ci.huggingface.co/acme/mini", "model acme/mini"),
        ("http://huggingface.co/acme/mini", "model acme/mini"),
        ("HTTPS://HuggingFace.co:443/acme/mini", "model acme/mini"),
        ("https://huggingface.co/mini/", "model mini"),
        ("https://huggingface.co//acme//mini//", "model acme/mini"),
        ("https://huggingface.co/acme/mini?tab=files#top", "model acme/mini"),
        ("https://huggingface.co/acme/mini#a?b", "model acme/mini"),
        ("hf://mini", "model mini"),
        ("hf://acme/mini", "model acme/mini"),
        ("HF://acme/mini/", "model acme/mini"),
        ("hf://models/acme/mini", "model acme/mini"),
        ("hf://model/acme/mini", "model acme/mini"),
        ("hf://datasets/acme/nums", "dataset acme/nums"),
        ("hf://dataset/acme/nums", "dataset acme/nums"),
        ("hf://datasets/nums", "dataset nums"),
        ("hf://spaces/acme/demo", "space acme/demo"),
        ("acme/mini", "model acme/mini"),
        ("mini", "model mini"),
        ("acme/mini/", "model acme/mini"),
        ("dataset/acme/nums", "dataset acme/nums"),
        ("datasets/acme/nums", "dataset acme/nums"),
        ("datasets/nums", "dataset nums"),
        ("spaces/acme/demo", "space acme/demo"),
        ("models/mini", "model mini"),
        ("datasets/my-user/my-dataset", "dataset my-user/my-dataset"),
        ("dataset/nums", "model dataset/nums"),
        ("model", "model model"),
    ], RepoUrl::DEFAULT_ENDPOINT);
}

#[test]
fn revisions_and_paths_are_kept() {
    #[rustfmt::skip]
    check(&[
        ("https://huggingface.co/acme/mini/tree/main/sub", "model acme/mini @main :sub"),
        ("https://huggingface.co/acme/mini/blob/main/a/b.txt", "model acme/mini @main :a/b.txt"),
        ("https://huggingface.co/acme/mini/resolve/v1/a%20b.txt?download=true", "model acme/mini @v1 :a b.txt"),
        ("https://huggingface.co/acme/mini/raw/main/x", "model acme/mini @main :x"),
        ("https://huggingface.co/acme/mini/blame/main/x", "model acme/mini @main :x"),
        ("https://huggingface.co/datasets/acme/nums/tree/refs%2Fpr%2F1/x", "dataset acme/nums @refs/pr/1 :x"),
        ("https://huggingface.co/datasets/acme/nums/tree/refs/pr/1/x", "dataset acme/nums @refs/pr/1 :x"),
        ("https://huggingface.co/datasets/nums/tree/refs/convert/parquet", "dataset nums @refs/convert/parquet"),
        ("https://huggingface.co/acme/mini/tree/feature%2Fone/x", "model acme/mini @feature/one :x"),
        ("https://huggingface.co/acme/mini/tree", "model acme/mini"),
        ("https://huggingface.co/acme/mini/tree/main/", "model acme/mini @main"),
        ("https://huggingface.co/acme/mini/commit/0a1b2c3", "model acme/mini @0a1b2c3"),
        ("https://huggingface.co/acme/mini/commits/main/sub", "model acme/mini @main :sub"),
        ("https://huggingface.co/acme/mini/discussions", "model acme/mini"),
        ("https://huggingface.co/acme/mini/discussions/3", "model acme/mini @refs/pr/3"),
        ("https://huggingface.co/acme/mini/discussions/3/files", "model acme/mini @refs/pr/3"),
        ("https://huggingface.co/mini/blob/main/x", "model mini @main :x"),
        ("https://huggingface.co/mini/discussions/1", "model mini @refs/pr/1"),
        ("https://huggingface.co/acme/tree/tree/main", "model acme/tree @main"),
        ("https://huggingface.co/dataset/acme/tree/main", "model dataset/acme @main"),
        ("hf://acme/mini@v1", "model acme/mini @v1"),
        ("hf://acme/mini@v1/a/b", "model acme/mini @v1 :a/b"),
        ("hf://mini@v1/a", "model mini @v1 :a"),
        ("hf://datasets/nums@v1", "dataset nums @v1"),
        ("hf://dataset/nums@v1", "model dataset/nums @v1"),
        ("hf://acme/mini@v1@2/x", "model acme/mini @v1@2 :x"),
        ("hf://acme/mini@refs/pr/1/x", "model acme/mini @refs/pr/1 :x"),
        ("hf://acme/mini@refs%2Fpr%2F1/x", "model acme/mini @refs/pr/1 :x"),
        ("hf://acme/mini@refs/heads/x", "model acme/mini @refs/heads/x"),
        ("hf://acme/mini@refs/heads/feature%2Fone/a", "model acme/mini @refs/heads/feature/one :a"),
        ("https://huggingface.co/acme/mini/tree/refs/tags/v1/a", "model acme/mini @refs/tags/v1 :a"),
        ("hf://acme/mini/a@b/c", "model acme/mini @main :a@b/c"),
        ("hf://acme/mini/a%20b?x#y", "model acme/mini @main :a%20b?x#y"),
        ("hf://datasets/acme/nums/tree/main", "dataset acme/nums @main :tree/main"),
    ], RepoUrl::DEFAULT_ENDPOINT);
}

#[test]
fn an_endpoint_with_a_port_and_a_path_has_urls_of_its_own() {
    #[rustfmt::skip]
    check(&[
        ("http://box:8080/hub/acme/mini", "model acme/mini"),
        ("http://BOX:8080/hub/datasets/acme/nums/tree/main/x", "dataset acme/nums @main :x"),
        ("box:8080/hub/acme/mini", "model acme/mini"),
        ("box:8080/hub/acme/mini/blob/main/xy://z", "model acme/mini @main :xy:/z"),
        ("https://hf.co/acme/mini", "model acme/mini"),
        ("hf://acme/mini", "model acme/mini"),
        ("acme/mini", "model acme/mini"),
    ], PRIVATE);
    let url = RepoUrl::parse_with_endpoint("https://hf.co/acme/mini", "HTTP://Box:8080/hub//").unwrap();
    assert_eq!((url.endpoint(), url.url().as_str()), (PRIVATE, "http://box:8080/hub/acme/mini"));
    for elsewhere in
        ["http://box:8080/acme/mini", "http://box/hub/acme/mini", "http://box:8080/hubs/acme/mini"]
    {
        assert!(RepoUrl::parse_with_endpoint(elsewhere, PRIVATE).is_err(), "{elsewhere}");
    }
}

#[test]
fn what_is_no_url_of_a_repository_is_refused_with_the_reason() {
    #[rustfmt::skip]
    let rows = [
        ("https://other.example/mini", "another host"),
        ("https://huggingface.co:8443/acme/mini", "another host"),
        ("https://huggingface.co.evil.example/acme/mini", "another host"),
        ("https://huggingface.co/acme/mini@rev", "hf://ID@REVISION"),
        ("acme/mini@rev", "hf://ID@REVISION"),
        ("hffs://model/acme/mini", "hf://"),
        ("spaeces/acme/demo", "models/, datasets/ or spaces/"),
        ("datasets/acme/nums/sub", "models/, datasets/ or spaces/"),
        ("https://huggingface.co/acme/mini/sub", "\"sub\" is not a page"),
        ("https://huggingface.co/api/models/acme/mini", "not a page"),
        ("https://huggingface.co/kernels/acme/mini", "\"kernels\" are not supported"),
        ("hf://buckets/acme/things", "\"buckets\" are not supported"),
        ("https://huggingface.co", "no repository"),
        ("https://huggingface.co/datasets", "no repository"),
        ("huggingface.co/", "no repository"),
        ("hf://", "no repository"),
        ("hf://datasets", "no repository"),
        ("hf://acme//mini", "two slashes"),
        ("hf://acme/mini@", "revision"),
        ("hf://acme/mini/../x", "path"),
        ("https://huggingface.co/acme/mini/resolve/main/%2e%2e/x", "path"),
        ("https://huggingface.co/acme/mini/commit/0a1b2c3/x", "behind the commit"),
        ("https://huggingface.co/acme/%ff", "UTF-8"),
        ("https:///acme/mini", "host"),
        ("", "empty"),
        ("/", "empty"),
        ("acme/mini.git", ".git"),
        ("acme/mi ni", "not allowed"),
    ];
    for (text, reason) in rows {
        match RepoUrl::parse(text) {
            Err(error) => assert!(error.to_string().contains(reason), "{text}: {error}"),
            Ok(url) => panic!("{text} is read as {url:?}"),
        }
    }
}

#[test]
fn endpoints_that_cannot_be_one_are_refused() {
    for endpoint in
        ["", "box:8080", "ftp://box", "https://ada:pw@box", "https://box/?q=1", "https://box/#x", "https://"]
    {
        assert!(RepoUrl::parse_with_endpoint("acme/mini", endpoint).is_err(), "{endpoint}");
    }
}

#[test]
fn errors_show_neither_password_nor_query() {
    for text in
        ["https://ada:SECRET@huggingface.co/acme/mini", "https://other.example/acme/mini?sig=SECRET#SECRET"]
    {
        let error = RepoUrl::parse(text).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("SECRET"), "{error:?}");
    }
    let error = RepoUrl::parse_with_endpoint("acme/mini", "https://ada:SECRET@box").unwrap_err();
    assert!(!format!("{error} {error:?}").contains("SECRET"), "{error:?}");
}

#[test]
fn the_printed_forms_are_those_of_python() {
    for (text, web) in [
        ("mini", "https://huggingface.co/mini"),
        ("hf://datasets/acme/nums", "https://huggingface.co/datasets/acme/nums"),
        (
            "hf.co/spaces/acme/demo/blob/refs%2Fpr%2F1/a%20b",
            "https://huggingface.co/spaces/acme/demo/blob/refs%2Fpr%2F1/a%20b",
        ),
        ("hf://acme/mini/sub", "https://huggingface.co/acme/mini/tree/main/sub"),
    ] {
        let url = RepoUrl::parse(text).unwrap();
        assert_eq!((url.to_string(), url.url()), (web.to_owned(), web.to_owned()));
    }
    assert_eq!(
        format!("{:?}", RepoUrl::parse("datasets/acme/nums").unwrap()),
        "RepoUrl('https://huggingface.co/datasets/acme/nums', endpoint='https://huggingface.co', \
         repo_type='dataset', repo_id='acme/nums')"
    );
}

#[test]
fn it_travels_as_a_string() {
    let url = RepoUrl::parse("hf://datasets/acme/nums@v1/a.csv").unwrap();
    let json = serde_json::to_string(&url).unwrap();
    assert_eq!(json, "\"https://huggingface.co/datasets/acme/nums/tree/v1/a.csv\"");
    assert_eq!(serde_json::from_str::<RepoUrl>(&json).unwrap(), url);
    assert!(serde_json::from_str::<RepoUrl>("\"hffs://x\"").is_err());
}

fn pieces() -> impl Strategy<Value = String> {
    let words = [
        "https://",
        "hf://",
        "http://",
        "huggingface.co",
        "hf.co",
        "box:8080",
        "hub",
        "datasets",
        "dataset",
        "models",
        "spaces",
        "acme",
        "mini",
        "tree",
        "blob",
        "commit",
        "discussions",
        "refs",
        "pr",
        "1",
        "main",
        "@",
        "/",
        "//",
        "?",
        "#",
        "%2F",
        "%",
        "..",
        ".",
        "é",
        "\u{0}",
        "\\",
        ":",
    ];
    prop::collection::vec(prop::sample::select(words.to_vec()), 0..12).prop_map(|words| words.concat())
}

/// A name that is neither a kind nor a page: those have more than one reading.
fn name() -> impl Strategy<Value = String> {
    "[a-zA-Z0-9_]{1,12}".prop_filter("an ambiguous word", |name| {
        RepoType::from_word(name).is_none() && !is_page(name) && !RepoType::is_unsupported(name)
    })
}

proptest! {
    #[test]
    fn parsing_never_panics(text in ".{0,80}", pieces in pieces()) {
        for endpoint in [RepoUrl::DEFAULT_ENDPOINT, PRIVATE, text.as_str()] {
            let _ = RepoUrl::parse_with_endpoint(&text, endpoint);
            let _ = RepoUrl::parse_with_endpoint(&pieces, endpoint);
        }
    }

    #[test]
    fn what_is_printed_is_read_back(
        endpoint in prop::sample::select(vec![RepoUrl::DEFAULT_ENDPOINT, PRIVATE, "http://[::1]:9", "https://hub.example"]),
        kind in prop::sample::select(RepoType::ALL.to_vec()),
        namespace in prop::option::of(name()),
        name in name(),
        revision in prop::option::of("[^/\\pC][^\\pC]{0,20}[^/\\pC]"),
        path in prop::option::of(".{1,30}"),
        file in any::<bool>(),
    ) {
        let id = namespace.map_or(name.clone(), |namespace| format!("{namespace}/{name}"));
        let page = if file { Page::Blob } else { Page::Tree };
        if let Ok(place) = Place::new(kind, id, revision, path, page) {
            let url = RepoUrl { endpoint: endpoint.to_owned(), place };
            prop_assert_eq!(RepoUrl::parse_with_endpoint(&url.to_string(), endpoint).unwrap(), url);
        }
    }

    #[test]
    fn all_spellings_of_a_repository_are_equal(kind in prop::sample::select(RepoType::ALL.to_vec()), ns in name(), name in name()) {
        let (plural, singular, prefix) = (kind.plural(), kind.singular(), kind.url_prefix());
        let expected = RepoUrl::new(RepoUrl::DEFAULT_ENDPOINT, RepoRef::new(kind, RepoId::new(&ns, &name).unwrap())).unwrap();
        for spelling in [
            format!("https://huggingface.co/{prefix}{ns}/{name}"),
            format!("https://hf.co/{plural}/{ns}/{name}/"),
            format!("hf.co/{singular}/{ns}/{name}?x=y"),
            format!("hf://{plural}/{ns}/{name}"),
            format!("hf://{prefix}{ns}/{name}"),
            format!("{singular}/{ns}/{name}"),
            format!("{prefix}{ns}/{name}"),
        ] {
            prop_assert_eq!(&RepoUrl::parse(&spelling).unwrap(), &expected, "{}", spelling);
        }
    }
}

#[test]
fn a_kind_is_nobodys_name_and_a_url_is_read_as_what_it_was_made_from() {
    for text in ["hf://models/datasets/ada/nums@v1/a.csv", "hf://datasets@v1/a.csv", "models/spaces/ada"] {
        let error = RepoUrl::parse(text).unwrap_err().to_string();
        assert!(error.contains("is a kind of repositories"), "{error}");
    }
    for text in ["hf://dataset@main/ada/nums", "hf://model@v1", "hf://space@v1/a/b/c"] {
        let url = RepoUrl::parse(text).unwrap();
        assert_eq!(RepoUrl::parse(&url.to_string()).unwrap(), url, "{text}");
    }
}
