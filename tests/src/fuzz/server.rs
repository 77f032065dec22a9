//! What clients send to the embedded Hub.

use std::sync::OnceLock;

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Full};
use hub_server::testing::{card as read_card, ignored_paths, lfs_paths, tags, with_rule};
use hub_server::{EmbeddedHub, Seed};
use hub_types::{
    RepoType, SafeRelPath,
    commit::{CommitBodyError, CommitLine, CommitReader},
    query::Query,
    range::{Part, parse as parse_range},
};
use tokio::runtime::{Builder, Runtime};
use tower::ServiceExt;

use super::text;

pub(super) const COMMIT_WORDS: &[&str] = &[
    "{",
    "}",
    "\n",
    "\"key\":",
    "\"value\":",
    "\"header\"",
    "\"file\"",
    "\"lfsFile\"",
    "\"deletedFile\"",
    "\"deletedFolder\"",
    "\"summary\":",
    "\"path\":",
    "\"content\":",
    "\"encoding\":",
    "\"base64\"",
    "\"utf-8\"",
    "\"oid\":",
    "\"algo\":",
    "null",
    "\"\\u0000\"",
];
pub(super) const CARD_WORDS: &[&str] = &[
    "---\n",
    "\n",
    ": ",
    "- ",
    "tags:",
    "license: ",
    "language:",
    "&a ",
    "*a",
    "<<: ",
    "!!binary ",
    "!!str ",
    "[",
    "]",
    "{",
    "}",
    "|",
    ">",
    "\t",
    "? ",
    "%YAML 1.1\n",
    "...",
    "'",
    "\"",
    "~",
    "yes",
    "1e3",
    "0x10",
    "\u{feff}",
    "#",
];
pub(super) const ATTRIBUTE_WORDS: &[&str] = &[
    "*",
    "**",
    "/",
    "[",
    "]",
    "[!a-",
    "[[:space:]]",
    "\\",
    "!",
    "#",
    "\"",
    " filter=lfs",
    " -filter",
    " !filter",
    " diff=lfs",
    "[attr]",
    "\n",
    "\r\n",
    "*.bin",
    "a/**/b",
    "?",
];
pub(super) const SEED_WORDS: &[&str] = &[
    "[[user]]\n",
    "[[org]]\n",
    "[tags]\n",
    "name = ",
    "tokens = ",
    "role = ",
    "\"",
    "[",
    "]",
    "{",
    "}",
    "\n",
    "\"write\"",
    "=",
    "'''",
    "1979-05-27",
];
pub(super) const PACK_WORDS: &[&str] = &[
    "0000",
    "0001",
    "PACK",
    "ffff",
    "refs/heads/",
    "report-status",
    "\0",
    "0000000000000000000000000000000000000000",
];

const PATHS: [&str; 6] =
    ["a.bin", "README.md", "folder/model.safetensors", "a/b/c/d.txt", "[x]", "\u{e9}.txt"];

pub(super) fn range(data: &[u8]) {
    let Some(header) = text(data) else { return };
    for size in [0, 1, 10, u64::MAX] {
        if let Part::Some(start, end) = parse_range(Some(header), size) {
            assert!(start < end && end <= size, "{start}..{end} of {size}");
        }
    }
}

pub(super) fn query(data: &[u8]) {
    assert!(Query::parse(data).pairs().count() <= data.len().max(1));
}

pub(super) fn commit(data: &[u8]) {
    // Where the network cuts the body makes no difference.
    let size = data.first().map_or(1, |byte| usize::from(*byte) + 1);
    assert_eq!(commit_lines([data]), commit_lines(data.chunks(size)));
}

/// The lines of a commit that can be read, and what is wrong with the next.
fn commit_lines<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> (Vec<String>, Option<String>) {
    let (mut reader, mut found) = (CommitReader::new(), Vec::new());
    let mut take = |line: CommitLine<'_>| {
        found.push(format!("{line:?}"));
        Ok::<_, CommitBodyError>(())
    };
    let pushed = pieces.into_iter().try_for_each(|piece| reader.push(piece, &mut take));
    let end = pushed.and_then(|()| reader.finish(&mut take));
    (found, end.err().map(|error| error.to_string()))
}

pub(super) fn card(data: &[u8]) {
    let Some(readme) = text(data) else { return };
    if let Ok(Some(fields)) = read_card(readme) {
        for kind in RepoType::ALL {
            tags(kind, &fields);
        }
    }
}

pub(super) fn attributes(data: &[u8]) {
    lfs_paths(data, &PATHS);
    ignored_paths(data, &PATHS);
    // A path that is tracked is tracked, whatever stood there before and whatever its name.
    let name = text(data.rsplit(|byte| *byte == b'\n').next().unwrap_or_default());
    if let Some(path) = name.and_then(|name| name.parse::<SafeRelPath>().ok()) {
        let with = with_rule(b"", path.as_str());
        assert_eq!(lfs_paths(&with, &[path.as_str()]), [Some(true)], "{path:?}");
    }
}

pub(super) fn seed(data: &[u8]) {
    let Some(toml) = text(data) else { return };
    let _ = toml.parse::<Seed>();
}

/// A push, through git itself: whatever comes, the Hub answers, and the branch stays where it was or is moved to a commit.
pub(super) fn git_push(data: &[u8]) {
    static HUB: OnceLock<(Runtime, EmbeddedHub)> = OnceLock::new();
    let (runtime, hub) = HUB.get_or_init(|| {
        (Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap(), crate::hub())
    });
    runtime.block_on(async {
        let push = Request::post("/ada/demo.git/git-receive-pack")
            .header("authorization", format!("Bearer {}", crate::ADA))
            .header("content-type", "application/x-git-receive-pack-request")
            .body(Full::new(Bytes::copy_from_slice(data)))
            .unwrap();
        let response = hub.clone().oneshot(push).await.unwrap();
        response.into_body().collect().await.unwrap();
        let tree = Request::get("/api/models/ada/demo/tree/main").body(Full::new(Bytes::new())).unwrap();
        assert_eq!(hub.clone().oneshot(tree).await.unwrap().status(), 200);
    });
}
