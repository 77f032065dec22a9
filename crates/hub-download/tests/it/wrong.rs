//! Contents that are not what was announced.

use hub_download::DownloadError;
use hub_transport::testing::reply;

use crate::{
    server::{COMMIT, Content, described, places},
    ways::{Asked, RequestKind, Way},
};

#[tokio::test(start_paused = true)]
async fn f95_wrong_bytes_are_fetched_once_more_and_never_published() {
    for (place, content) in places() {
        let mut rot = content.bytes.clone();
        rot[500] ^= 1;
        let wrong = || reply(200).text(rot.clone());
        let error = place.download([content.head(), wrong(), wrong()]).await.0.unwrap_err();
        assert!(
            matches!(&error, DownloadError::HashMismatch { expected, actual, .. } if *expected == content.id && actual != expected),
            "{error}"
        );
        place.assert_empty();
        let (outcome, requests) = place.download([content.head(), wrong(), content.whole()]).await;
        assert_eq!(std::fs::read(outcome.unwrap()).unwrap(), content.bytes);
        assert_eq!(requests.len(), 2);
    }
}

#[tokio::test(start_paused = true)]
async fn rot_in_what_an_earlier_download_left_is_found_too() {
    for (place, content) in places().filter(|(_, content)| content.bytes.len() > 100_000) {
        let steps = [content.head(), content.broken(200_000), reply(404)];
        place.download(steps).await.0.unwrap_err();
        assert_eq!(place.partial(), Some(200_000));
        spoil(place.folder.path());
        let steps = [content.head(), content.rest(200_000), content.whole()];
        let (outcome, _) = place.download(steps).await;
        assert_eq!(std::fs::read(outcome.unwrap()).unwrap(), content.bytes);
    }
}

/// Changes a byte in each partial file.
fn spoil(folder: &std::path::Path) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            spoil(&path);
        } else if path.extension().is_some_and(|ending| ending == "incomplete") {
            let mut bytes = std::fs::read(&path).unwrap();
            bytes[100] ^= 1;
            std::fs::write(&path, bytes).unwrap();
        }
    }
}

#[tokio::test(start_paused = true)]
async fn where_nobody_knows_a_hash_the_size_decides() {
    for (place, content) in places() {
        let described = described(crate::server::COMMIT, "v1", content.bytes.len());
        let (outcome, _) = place.download([described, reply(404), content.whole()]).await;
        assert_eq!(std::fs::read(outcome.unwrap()).unwrap(), content.bytes);
    }
}

#[tokio::test(start_paused = true)]
async fn a_proxy_that_changes_the_etag_does_not_keep_the_content_from_being_checked() {
    for (etag, asks) in [("{}-gzip", false), ("{};gz", false), ("0", true), ("", true)] {
        for way in [Way::File, Way::FileToFolder] {
            let (content, folder) = (Content::new(1_000), tempfile::tempdir().unwrap());
            let (told, etag) = (content.clone(), etag.replace("{}", &content.id));
            let wrong = Asked::new(move |asked| match asked {
                RequestKind::Describe => described(COMMIT, &etag, 1_000),
                RequestKind::Content => reply(200).text(vec![7; 1_000]),
                asked => asked.honest(&told),
            });
            let error = way.download(&wrong.transport, folder.path()).await.unwrap_err();
            assert!(matches!(error, DownloadError::HashMismatch { .. }), "{error}");
            let confirmed =
                wrong.requests().iter().any(|request| request.uri.path().contains("/paths-info/"));
            assert_eq!(confirmed, asks);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_length_that_cannot_be_that_of_the_hash_is_asked_for_elsewhere() {
    let (content, folder) = (Content::new(1_000), tempfile::tempdir().unwrap());
    let told = content.clone();
    let server = Asked::new(move |asked| match asked {
        RequestKind::Describe => described(COMMIT, &told.id, 0),
        asked => asked.honest(&told),
    });
    assert!(Way::File.download(&server.transport, folder.path()).await.unwrap() == content.bytes);
    // What is kept stands in where nobody says the length.
    let told = content.clone();
    let server = Asked::new(move |asked| match asked {
        RequestKind::Describe => described(COMMIT, &told.id, 0),
        _ => reply(500),
    });
    assert!(Way::File.download(&server.transport, folder.path()).await.unwrap() == content.bytes);
    let error = Way::File.download(&server.transport, tempfile::tempdir().unwrap().path()).await.unwrap_err();
    assert!(matches!(error, DownloadError::Metadata { .. }), "{error}");
}
