//! Names and URLs that people and servers give.

use std::path::{Component, Path};

use hub_types::{CommitHash, HfUri, RepoId, RepoUrl, Revision, SafeRelPath, route};

use super::text;

pub(super) const URL_WORDS: &[&str] = &[
    "https://",
    "http://",
    "hf://",
    "huggingface.co",
    "hub.localhost:8080",
    "datasets/",
    "spaces/",
    "models/",
    "/tree/main",
    "/blob/",
    "/resolve/",
    "@refs/pr/1",
    "@",
    ":",
    "//",
    "..",
    "%2F",
    "%2e%2e",
    "?",
    "#",
    "user:pw@",
    "[::1]",
    "\u{202e}",
    "\0",
];
pub(super) const PATH_WORDS: &[&str] = &[
    "/",
    "\\",
    "..",
    ".",
    ".git",
    "GIT~1",
    ".git\u{200c}",
    "C:",
    "CON",
    "NUL.txt",
    "a",
    "\u{e9}",
    "e\u{301}",
    "\0",
    "\n",
    " ",
    "~",
    ":$DATA",
];
pub(super) const REVISION_WORDS: &[&str] = &[
    "main",
    "refs/",
    "heads/",
    "refs/pr/",
    "@{",
    "..",
    ".lock",
    "~1",
    "^",
    "%2F",
    "/",
    "\\",
    "\0",
    "0123456789abcdef",
];
pub(super) const ROUTE_WORDS: &[&str] = &[
    "/",
    "api",
    "models",
    "datasets",
    "spaces",
    "commit",
    "preupload",
    "tree",
    "resolve",
    "main",
    "refs%2Fpr%2F1",
    ".git",
    "info/lfs",
    "objects/batch",
    "discussions",
    "comment",
    "merge",
    "%",
    "%2F",
    "%00",
    "..",
    "//",
    "git-upload-pack",
    "revision",
];

pub(super) fn repo_url(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let Ok(url) = RepoUrl::parse(text) else { return };
    same_place(&url);
}

/// What a URL was read as is what its own text is read as.
fn same_place(url: &RepoUrl) {
    let text = url.url();
    let again = RepoUrl::parse_with_endpoint(&text, url.endpoint())
        .unwrap_or_else(|error| panic!("{text:?}: {error}"));
    assert_eq!(
        (again.repo(), again.revision(), again.path()),
        (url.repo(), url.revision(), url.path()),
        "{text:?}"
    );
}

pub(super) fn hf_path(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let text = format!("hf://{text}");
    if let Ok(uri) = HfUri::parse(&text) {
        assert_eq!(HfUri::parse(&uri.to_string()).unwrap(), uri, "{text:?}");
    }
    let Ok(url) = RepoUrl::parse_with_endpoint(&text, "https://hub.example") else { return };
    assert_eq!(url.endpoint(), "https://hub.example", "{text:?}");
    assert!(url.url().starts_with("https://hub.example/"), "{text:?}");
    let id = url.repo_id().to_string();
    assert_eq!(id.parse::<RepoId>().unwrap(), *url.repo_id());
    same_place(&url);
}

pub(super) fn rel_path(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let _ = SafeRelPath::from_user(text);
    let Ok(path) = text.parse::<SafeRelPath>() else { return };
    assert_eq!(path.as_str(), text);
    let Ok(place) = path.under(Path::new("/root")) else { return };
    let inside = place.strip_prefix("/root").unwrap();
    assert!(inside.components().all(|part| matches!(part, Component::Normal(_))), "{text:?}");
    assert_eq!(inside.components().count(), path.segments().count(), "{text:?}");
    assert!(!inside.components().any(|part| part.as_os_str().eq_ignore_ascii_case(".git")), "{text:?}");
}

pub(super) fn revision(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let _ = text.parse::<CommitHash>();
    let Ok(revision) = text.parse::<Revision>() else { return };
    let encoded = revision.encoded();
    assert!(!encoded.contains(['/', '?', '#', ' ']), "{encoded:?}");
    if let Some(commit) = revision.as_commit() {
        assert!(commit.as_str().eq_ignore_ascii_case(text));
    }
    let _ = revision.pull_request_number();
}

pub(super) fn route(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let _ = route::parse(text);
    let renamed = route::renamed(text, &"new/name".parse().unwrap());
    assert!(renamed.is_none_or(|path| path.contains("new/name")), "{text:?}");
}
