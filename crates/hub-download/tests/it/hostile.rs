//! Servers that say what cannot be, on every way: a typed error, nothing published, and an honest server completes it.

use std::{fs, path::Path};

use hub_download::DownloadError;
use hub_transport::testing::{Step, reply};
use serde_json::json;

use crate::{
    server::{COMMIT, Content, described},
    ways::{Asked, PATH, RequestKind, Way, entry},
};

/// One lie, and what becomes of it.
struct Lie {
    name: &'static str,
    at: RequestKind,
    response: fn(&Content) -> Step,
    /// The error of a download to a disk.
    error: &'static str,
    /// The error of a stream.
    of_stream: &'static str,
}

/// A download that ends well in spite of what was said.
const FINE: &str = "none";

const fn lie(
    at: RequestKind,
    name: &'static str,
    response: fn(&Content) -> Step,
    error: &'static str,
    of_stream: &'static str,
) -> Lie {
    Lie { name, at, response, error, of_stream }
}

fn to(location: &str) -> Step {
    reply(302).header("location", location)
}

fn contents() -> Vec<Lie> {
    let at = |name, response, error, of_stream| lie(RequestKind::Content, name, response, error, of_stream);
    vec![
        at(
            "half, and the end of the connection",
            |c| c.broken(c.bytes.len() / 2),
            "Interrupted",
            "Interrupted",
        ),
        at(
            "half, and a proper end",
            |c| reply(200).text(c.bytes[..c.bytes.len() / 2].to_vec()),
            "Interrupted",
            "Interrupted",
        ),
        at("nothing", |_| reply(200), "Interrupted", "Interrupted"),
        at(
            "a page for people",
            |_| reply(200).text("<html>Please log in</html>"),
            "Interrupted",
            "Interrupted",
        ),
        at(
            "one byte too many",
            |c| reply(200).text([&c.bytes[..], b"x"].concat()),
            "SizeMismatch",
            "WrongResponse",
        ),
        at(
            "one other byte",
            |c| reply(200).text([&c.bytes[1..], b"x"].concat()),
            "HashMismatch",
            "ReadMismatch",
        ),
        at("compressed", |c| c.whole().header("content-encoding", "gzip"), "Protocol", "WrongResponse"),
        at("a range that nobody asked for", |c| c.range("bytes 1-2/3", 1), "Protocol", "WrongResponse"),
        at(
            "a range beyond the end",
            |c| c.range("bytes 0-18446744073709551615/*", 0),
            "Protocol",
            "WrongResponse",
        ),
        at("not there any more", |_| reply(404), "NotFound", "NotFound"),
        at("look in a file", |_| to("file:///etc/passwd"), "Redirect", "Redirect"),
        at("look nowhere", |_| reply(302), "Redirect", "Redirect"),
        at("look here again", |_| to("/ada/demo/resolve/main/d/w.bin"), "Redirect", "Redirect"),
        at("look where all can listen", |_| to("http://storage.test/x"), "Redirect", "Redirect"),
        at("look elsewhere", |_| to("https://storage.test/x"), FINE, FINE),
    ]
}

fn descriptions() -> Vec<Lie> {
    let at = |name, response, error, of_stream| lie(RequestKind::Describe, name, response, error, of_stream);
    vec![
        at("no facts", |_| reply(200), "Metadata", "Metadata"),
        at(
            "a commit that is a path",
            |c| described("../../../../../../../../x", &c.id, 1),
            "Metadata",
            "Metadata",
        ),
        at("a commit in other letters", |c| described("ü", &c.id, 1), "Metadata", "Metadata"),
        at("an etag in other letters", |_| described(COMMIT, "ü", 1), "Metadata", "Metadata"),
        at("a negative size", |c| sized(c, "-1"), "Metadata", "Metadata"),
        at("a size with a point", |c| sized(c, "1e3"), "Metadata", "Metadata"),
        at("a size that no number holds", |c| sized(c, "18446744073709551616"), "Metadata", "Metadata"),
        at("a size that no disk holds", |c| sized(c, "18446744073709551615"), "DiskFull", "Interrupted"),
        at("a size that is too small", |c| sized(c, "10"), "SizeMismatch", "WrongResponse"),
        at("a size that is too large", |c| sized(c, "1000000"), "Interrupted", "Interrupted"),
        at("look here again", |_| to("/ada/demo/resolve/main/d/w.bin"), "Redirect", "Redirect"),
        at("look in a file", |_| to("file:///etc/passwd"), "Redirect", "Redirect"),
        at("an etag that is a path", |c| described(COMMIT, "../../../x", c.bytes.len()), FINE, FINE),
    ]
}

fn sized(content: &Content, size: &str) -> Step {
    let etag = format!("\"{}\"", content.id);
    reply(200).header("x-repo-commit", COMMIT).header("etag", &etag).header("x-linked-size", size)
}

fn listings() -> Vec<Lie> {
    let at = |name, response, error| lie(RequestKind::Listing, name, response, error, FINE);
    vec![
        lie(
            RequestKind::Head,
            "a commit that is a path",
            |_| reply(200).json(&json!({"sha": "../../x"})),
            "Decode",
            FINE,
        ),
        lie(RequestKind::Head, "no commit", |_| reply(200).json(&json!({})), "NoCommit", FINE),
        at("a name that leads out", |c| listed(&[entry("../x", c), entry(PATH, c)]), "Decode"),
        at("a name below git's folder", |c| listed(&[entry(PATH, c), entry(".git/config", c)]), "Decode"),
        at("a negative size", |c| listed(&[with_size(PATH, c, json!(-1))]), "Decode"),
        at("a size with a point", |c| listed(&[with_size(PATH, c, json!(1.5))]), "Decode"),
        at("a size that no disk holds", |c| listed(&[with_size(PATH, c, json!(u64::MAX))]), "DiskFull"),
        at(
            "sizes that no number holds",
            |c| listed(&[with_size(PATH, c, json!(u64::MAX)), with_size("x", c, json!(u64::MAX))]),
            "DiskFull",
        ),
        at("a size that is too small", |c| listed(&[with_size(PATH, c, json!(10))]), "SizeMismatch"),
        at("a size that is too large", |c| listed(&[with_size(PATH, c, json!(1_000_000))]), "Interrupted"),
        at("no list", |_| reply(200).json(&json!({"error": "no"})), "Decode"),
        at("half of a list", |_| reply(200).text("[{\"type\":\"file\","), "Decode"),
        at("names that are no text", |_| reply(200).text(&b"[{\"path\":\"\xff\"}]"[..]), "Decode"),
        at("a page for people", |_| reply(200).text("<html>Please log in</html>"), "Decode"),
        at("a next page that is this one", |c| linked(c, "/api/models/ada/demo/tree/x"), "Redirect"),
        at("a next page elsewhere", |c| linked(c, "https://storage.test/x"), "Redirect"),
        at("a next page in a file", |c| linked(c, "file:///etc/passwd"), "Redirect"),
        at("a next page that is no URL", |c| linked(c, "https://[::1"), "Redirect"),
        at("look elsewhere", |_| to("file:///etc/passwd"), "Redirect"),
    ]
}

fn listed(entries: &[serde_json::Value]) -> Step {
    reply(200).json(entries)
}

fn linked(content: &Content, next: &str) -> Step {
    listed(&[entry(PATH, content)]).header("link", &format!("<{next}>; rel=\"next\""))
}

fn with_size(path: &str, content: &Content, size: serde_json::Value) -> serde_json::Value {
    let mut entry = entry(path, content);
    entry["size"] = size.clone();
    entry["lfs"]["size"] = size;
    entry
}

/// The name of an error's variant, or of the kind of a failed exchange.
fn name(error: &DownloadError) -> String {
    match error {
        DownloadError::Transport(error) => format!("{:?}", error.kind()),
        other => format!("{other:?}").split([' ', '(']).next().unwrap().to_owned(),
    }
}

/// Fails if a blob is below the folder that was not whole; what was begun may stay to be continued.
fn assert_nothing_published(folder: &Path, what: &str) {
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        let own = [".lock", ".incomplete", ".gitignore", "CACHEDIR.TAG", ".json", ".doubtful"];
        if path.is_dir() && !path.is_symlink() {
            assert_nothing_published(&path, what);
        } else if !own.iter().any(|end| name.ends_with(end)) && !path.ends_with("refs/main") {
            panic!("{what}: {} was published", path.display());
        }
    }
}

async fn tell(lie: &Lie, way: Way, size: usize) {
    let what = format!("{way:?} of {size} bytes, {:?}: {}", lie.at, lie.name);
    let (outer, content) = (tempfile::tempdir().unwrap(), Content::new(size));
    let folder = outer.path().join("inner");
    let (at, response, told) = (lie.at, lie.response, content.clone());
    let server = Asked::new(move |asked| if asked == at { response(&told) } else { asked.honest(&told) });
    let outcome = way.download(&server.transport, &folder).await;
    let expected = if way == Way::Stream { lie.of_stream } else { lie.error };
    match outcome {
        Ok(found) => assert!(expected == FINE && found == content.bytes, "{what}: {} bytes", found.len()),
        Err(error) => {
            assert_eq!(name(&error), expected, "{what}: {error:?}");
            assert_nothing_published(&folder, &what);
        }
    }
    for request in server.requests() {
        assert_eq!(request.has_token(), request.uri.host() == Some("hub.test"), "{what}: {}", request.uri);
    }
    let inside = usize::from(way != Way::Stream && folder.exists());
    assert_eq!(fs::read_dir(outer.path()).unwrap().count(), inside, "{what}");
    let honest = content.clone();
    let server = Asked::new(move |asked| asked.honest(&honest));
    assert!(way.download(&server.transport, &folder).await.unwrap() == content.bytes, "{what}");
}

async fn tell_all(lies: Vec<Lie>) {
    for lie in lies {
        for way in Way::ALL.into_iter().filter(|way| lie.at.is_on(*way)) {
            // Through memory and through a partial file.
            for size in [1_000, 300_000] {
                tell(&lie, way, size).await;
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_wrong_content_is_not_published_on_any_way() {
    tell_all(contents()).await;
}

#[tokio::test(start_paused = true)]
async fn a_wrong_description_of_a_file_is_refused_on_any_way() {
    tell_all(descriptions()).await;
}

#[tokio::test(start_paused = true)]
async fn a_wrong_commit_or_listing_is_refused_and_does_not_stay() {
    tell_all(listings()).await;
}
