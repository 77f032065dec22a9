//! A Hub that cannot be asked, refuses, or answers something else: what an earlier download kept stands in, as in Python.

use std::{fs, path::Path, time::Duration};

use futures_util::TryStreamExt;
use hub_download::{
    Cache, DownloadError, DownloadOptions, DownloadTimeouts, ReadRequest, ResolveRequest, SnapshotRequest,
    Target, read_file, resolve_revision, snapshot_download,
};
use hub_transport::{
    Transport,
    testing::{Step, reply},
};
use hub_types::{RepoRef, RepoType};
use serde_json::json;

use crate::{
    server::{COMMIT, Content, described},
    ways::{Asked, PATH, RequestKind, Way, entry},
};

const OTHER: &str = "2222222222222222222222222222222222222222";

/// What the Hub answers to the first question, and whether a kept file and a kept snapshot stand in.
struct Row {
    name: &'static str,
    response: fn() -> Step,
    file: bool,
    snapshot: bool,
    /// The error where nothing is kept.
    error: &'static str,
}

fn coded(status: u16, code: &str) -> Step {
    reply(status).header("x-error-code", code)
}

fn said(status: u16, message: &str) -> Step {
    reply(status).header("x-error-message", message)
}

/// `docs/downloads.md` has this table for readers. Measured with huggingface_hub 2.4.0, but for the rows that say otherwise.
fn table() -> Vec<Row> {
    let both = |name, response, error| Row { name, response, file: true, snapshot: true, error };
    let neither = |name, response, error| Row { name, response, file: false, snapshot: false, error };
    vec![
        both("a hidden repository", || reply(401), "RepoNotFound"),
        both(
            "a token that is not known",
            || said(401, "Invalid credentials in Authorization header"),
            "Unauthorized",
        ),
        both("a gate", || coded(401, "GatedRepo"), "GatedRepo"),
        both("a gate for somebody known", || coded(403, "GatedRepo"), "GatedRepo"),
        both("no permission", || reply(403), "Forbidden"),
        both("a disabled repository", || said(403, "Access to this resource is disabled."), "DisabledRepo"),
        both("no repository", || coded(404, "RepoNotFound"), "RepoNotFound"),
        both("not there, without a reason", || reply(404), "NotFound"),
        both("a bad request", || reply(400), "BadRequest"),
        both("a conflict", || reply(409), "Conflict"),
        both("gone", || reply(410), "NotFound"),
        both("a status that nobody knows", || reply(418), "Other"),
        both("too many requests", || reply(429).header("retry-after", "100"), "RateLimited"),
        both("legal reasons", || reply(451), "Other"),
        both("a broken server", || reply(500), "Unreachable"),
        both("a gateway without a server", || reply(502), "Unreachable"),
        both("a busy server", || reply(503), "Unreachable"),
        both("a gateway that gave up", || reply(504), "Unreachable"),
        both("a proxy that asks for a password", || reply(407), "Unreachable"),
        both("no connection", Step::not_sent, "Unreachable"),
        both("no response", Step::pending, "Unreachable"),
        // Python's snapshots fail here.
        both(
            "a page for people",
            || reply(200).header("content-type", "text/html").text("<html>"),
            "Metadata",
        ),
        // Python fails here.
        both("a connection that ends", Step::maybe_processed, "Unreachable"),
        both("a circle", || reply(302).header("location", "?"), "Redirect"),
        // The Hub has spoken.
        neither("no such revision", || coded(404, "RevisionNotFound"), "RevisionNotFound"),
        Row {
            name: "no such file",
            response: || coded(404, "EntryNotFound"),
            file: false,
            snapshot: true,
            error: "EntryNotFound",
        },
    ]
}

fn repo() -> RepoRef {
    RepoRef::new(RepoType::Model, "ada/demo".parse().unwrap())
}

fn name(error: &DownloadError) -> String {
    match error {
        DownloadError::Transport(error) => format!("{:?}", error.kind()),
        other => format!("{other:?}").split([' ', '(']).next().unwrap().to_owned(),
    }
}

fn honest(content: &Content) -> Asked {
    let content = content.clone();
    Asked::new(move |asked| asked.honest(&content))
}

fn failing(response: fn() -> Step) -> Asked {
    Asked::new(move |_| response())
}

async fn read(transport: &Transport, folder: &Path) -> Result<Vec<u8>, DownloadError> {
    let wanted = ReadRequest::new(repo(), PATH.parse().unwrap()).cache(Cache::new(folder));
    Ok(read_file(transport, wanted).await?.try_collect::<Vec<_>>().await?.concat())
}

async fn get(way: Way, transport: &Transport, folder: &Path) -> Result<Vec<u8>, DownloadError> {
    match way {
        Way::Stream => read(transport, folder).await,
        way => way.download(transport, folder).await,
    }
}

#[tokio::test(start_paused = true)]
async fn when_the_hub_does_not_answer_or_refuses_what_is_kept_stands_in_as_in_python() {
    for row in table() {
        for way in Way::ALL {
            let what = format!("{way:?}: {}", row.name);
            let (folder, content) = (tempfile::tempdir().unwrap(), Content::new(1_000));
            let first = if way == Way::Stream { Way::File } else { way };
            first.download(&honest(&content).transport, folder.path()).await.unwrap();
            let server = failing(row.response);
            let start = tokio::time::Instant::now();
            let outcome = get(way, &server.transport, folder.path()).await;
            let waited = start.elapsed();
            if if way.is_snapshot() { row.snapshot } else { row.file } {
                assert!(
                    outcome.unwrap_or_else(|error| panic!("{what}: {error:?}")) == content.bytes,
                    "{what}"
                );
                assert!(row.name == "a circle" || server.requests().len() == 1, "{what}: asked once");
                assert!(waited <= Duration::from_secs(10), "{what}: {waited:?}");
            } else {
                assert_eq!(name(&outcome.unwrap_err()), row.error, "{what}");
            }
            // Where nothing is kept it is asked as often as ever, and the error is what the Hub said.
            let empty = tempfile::tempdir().unwrap();
            let error = get(way, &failing(row.response).transport, empty.path()).await.unwrap_err();
            let expected = match row.error {
                "Metadata" if way.is_snapshot() => "Decode",
                other => other,
            };
            assert_eq!(name(&error), expected, "{what}, nothing kept: {error:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_commit_that_is_noted_stands_in_where_the_hub_cannot_be_asked_and_not_where_it_refuses() {
    let (folder, content) = (tempfile::tempdir().unwrap(), Content::new(1_000));
    Way::File.download(&honest(&content).transport, folder.path()).await.unwrap();
    for row in table() {
        let wanted = ResolveRequest::new(repo()).cache(Cache::new(folder.path()));
        let found = resolve_revision(&failing(row.response).transport, wanted).await;
        let commit = found.ok().map(|found| found.commit.to_string());
        assert_eq!(commit.as_deref(), (row.error == "Unreachable").then_some(COMMIT), "{}", row.name);
    }
}

#[tokio::test(start_paused = true)]
async fn a_response_about_a_file_without_commit_or_etag_is_none_and_what_is_kept_stands_in() {
    for headers in [&[("etag", "\"x\"")][..], &[("x-repo-commit", COMMIT)], &[]] {
        for way in [Way::File, Way::FileToFolder, Way::Stream] {
            let (folder, content) = (tempfile::tempdir().unwrap(), Content::new(1_000));
            let first = if way == Way::Stream { Way::File } else { way };
            first.download(&honest(&content).transport, folder.path()).await.unwrap();
            let stripped = Asked::new(move |_| {
                headers.iter().fold(reply(200).header("content-length", "1000"), |step, (name, value)| {
                    step.header(name, value)
                })
            });
            let found = get(way, &stripped.transport, folder.path()).await;
            assert!(found.unwrap() == content.bytes, "{way:?} {headers:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_forced_is_never_what_is_kept() {
    let (folder, content) = (tempfile::tempdir().unwrap(), Content::new(1_000));
    Way::Snapshot.download(&honest(&content).transport, folder.path()).await.unwrap();
    let options = DownloadOptions::new().force_download(true);
    let error = snapshot(&failing(|| reply(503)).transport, folder.path(), options).await.unwrap_err();
    assert_eq!(name(&error), "Server");
}

#[tokio::test(start_paused = true)]
async fn how_long_the_hub_may_take_is_a_setting() {
    for way in Way::ALL.into_iter().filter(|way| *way != Way::Stream) {
        for seconds in [1, 25] {
            let (folder, content) = (tempfile::tempdir().unwrap(), Content::new(1_000));
            way.download(&honest(&content).transport, folder.path()).await.unwrap();
            let timeouts = DownloadTimeouts::new().metadata(Duration::from_secs(seconds));
            let options = DownloadOptions::new().timeouts(timeouts);
            let start = tokio::time::Instant::now();
            let server = failing(Step::pending);
            let found = way.download_with(&server.transport, folder.path(), options).await;
            assert!(found.unwrap() == content.bytes);
            assert_eq!(start.elapsed().as_secs(), seconds, "{way:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_content_that_does_not_come_is_asked_for_again_after_the_time_that_was_set() {
    for seconds in [2, 10] {
        let (folder, content) = (tempfile::tempdir().unwrap(), Content::new(1_000));
        let (told, silent) = (content.clone(), std::sync::Arc::new(std::sync::atomic::AtomicBool::new(true)));
        let server = Asked::new(move |asked| match asked {
            RequestKind::Content if silent.swap(false, std::sync::atomic::Ordering::SeqCst) => {
                Step::pending()
            }
            asked => asked.honest(&told),
        });
        let timeouts = DownloadTimeouts::new().content(Duration::from_secs(seconds));
        let options = DownloadOptions::new().timeouts(timeouts);
        let start = tokio::time::Instant::now();
        let found = Way::File.download_with(&server.transport, folder.path(), options).await;
        assert!(found.unwrap() == content.bytes);
        let waited = start.elapsed().as_secs();
        assert!((seconds..seconds + 2).contains(&waited), "{waited} s of {seconds}");
    }
}

async fn snapshot(
    transport: &Transport,
    folder: &Path,
    options: DownloadOptions,
) -> Result<std::path::PathBuf, DownloadError> {
    let wanted = SnapshotRequest::new(repo(), Target::Cache(Cache::new(folder))).options(options);
    snapshot_download(transport, wanted).await
}

#[tokio::test(start_paused = true)]
async fn an_older_snapshot_does_not_stand_in_for_a_commit_that_the_hub_has_named() {
    let (folder, content) = (tempfile::tempdir().unwrap(), Content::new(1_000));
    Way::Snapshot.download(&honest(&content).transport, folder.path()).await.unwrap();
    let moved = |commit: &'static str| {
        Asked::new(move |asked| match asked {
            RequestKind::Head => reply(200).json(&json!({ "sha": commit })),
            _ => reply(500),
        })
    };
    let error =
        snapshot(&moved(OTHER).transport, folder.path(), DownloadOptions::default()).await.unwrap_err();
    assert!(matches!(error, DownloadError::Unreachable { .. }), "{error}");
    // The same commit, whose listing is not here any more: one file may be all that there is of it.
    fs::remove_file(folder.path().join(format!("models--ada--demo/trees/{COMMIT}.json"))).unwrap();
    let error =
        snapshot(&moved(COMMIT).transport, folder.path(), DownloadOptions::default()).await.unwrap_err();
    assert!(matches!(error, DownloadError::Unreachable { .. }), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_snapshot_without_a_listing_is_no_reason_to_ask_less_often() {
    let (folder, content) = (tempfile::tempdir().unwrap(), Content::new(1_000));
    Way::File.download(&honest(&content).transport, folder.path()).await.unwrap();
    let server = failing(|| reply(503));
    let found = snapshot(&server.transport, folder.path(), DownloadOptions::default()).await.unwrap();
    assert!(found.ends_with(COMMIT) && server.requests().len() == 5, "{}", server.requests().len());
}

#[tokio::test(start_paused = true)]
async fn a_broken_download_leaves_a_snapshot_that_is_known_to_be_incomplete() {
    let (folder, content) = (tempfile::tempdir().unwrap(), Content::new(1_000));
    Way::File.download(&honest(&content).transport, folder.path()).await.unwrap();
    let other = Content::new(300_000);
    let broken = Asked::new(move |asked| match asked {
        RequestKind::Listing => reply(200).json(&[entry(PATH, &content), entry("other.bin", &other)]),
        RequestKind::Content => other.broken(10),
        asked => asked.honest(&content),
    });
    let error = Way::Snapshot.download(&broken.transport, folder.path()).await.unwrap_err();
    assert_eq!(name(&error), "Interrupted");
    let error = snapshot(&failing(|| reply(503)).transport, folder.path(), DownloadOptions::default())
        .await
        .unwrap_err();
    let DownloadError::IncompleteSnapshot { missing, .. } = &error else { panic!("{error:?}") };
    assert_eq!(missing, &["other.bin"]);
}

#[tokio::test(start_paused = true)]
async fn a_folder_that_nothing_was_downloaded_to_stands_in_for_no_repository() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(PATH);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(&file, "somebody else's").unwrap();
    for way in [Way::FileToFolder, Way::SnapshotToFolder] {
        let outcome = way.download(&failing(|| reply(401)).transport, folder.path()).await;
        assert!(outcome.is_err(), "{way:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_snapshot_that_is_known_to_lack_a_file_is_not_taken_for_whole() {
    let (folder, content) = (tempfile::tempdir().unwrap(), Content::new(1_000));
    let told = content.clone();
    let two = Asked::new(move |asked| match asked {
        RequestKind::Listing => reply(200).json(&[entry(PATH, &told), entry("other.bin", &told)]),
        asked => asked.honest(&told),
    });
    let place = Way::Snapshot.download(&two.transport, folder.path()).await;
    assert!(place.unwrap() == content.bytes);
    let root = folder.path().join("models--ada--demo/snapshots").join(COMMIT);
    fs::remove_file(root.join("other.bin")).unwrap();
    let offline = DownloadOptions::new().local_files_only(true);
    for (options, asks) in [(offline.clone(), false), (DownloadOptions::new(), true)] {
        let error = snapshot(&failing(|| reply(403)).transport, folder.path(), options).await.unwrap_err();
        let DownloadError::IncompleteSnapshot { missing, folder, source, .. } = &error else {
            panic!("{error:?}")
        };
        assert_eq!((missing.as_slice(), folder), (&["other.bin".to_owned()][..], &root), "{error}");
        assert_eq!(source.is_some(), asks);
    }
    // Who does not want it has all.
    let wanted = SnapshotRequest::new(repo(), Target::Cache(Cache::new(folder.path())));
    let wanted = wanted.filter(|path| path == PATH).options(offline);
    assert_eq!(snapshot_download(&failing(|| reply(500)).transport, wanted).await.unwrap(), root);
}

#[tokio::test(start_paused = true)]
async fn a_folder_with_nothing_but_notes_is_no_snapshot() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join(".cache/huggingface")).unwrap();
    let error = Way::SnapshotToFolder.download(&failing(|| reply(503)).transport, folder.path()).await;
    assert!(matches!(error, Err(DownloadError::Unreachable { .. })), "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn what_is_kept_of_a_commit_is_given_without_a_question() {
    let (folder, content) = (tempfile::tempdir().unwrap(), Content::new(1_000));
    Way::File.download(&honest(&content).transport, folder.path()).await.unwrap();
    let server = Asked::new(|_| described(COMMIT, "x", 1));
    let wanted = ReadRequest::new(repo(), PATH.parse().unwrap());
    let wanted = wanted.revision(COMMIT.parse().unwrap()).cache(Cache::new(folder.path()));
    let chunks: Vec<_> = read_file(&server.transport, wanted).await.unwrap().try_collect().await.unwrap();
    assert!(chunks.concat() == content.bytes && server.requests().is_empty());
}
