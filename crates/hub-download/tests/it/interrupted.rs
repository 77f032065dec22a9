//! Transfers that end too early, and answers to the request for the rest.

use hub_download::DownloadError;
use hub_transport::{
    ErrorKind,
    testing::{Recorded, reply},
};

use crate::server::places;

const KEPT: usize = 700;

fn ranges(requests: &[Recorded]) -> Vec<Option<&str>> {
    requests.iter().map(|request| request.header("range")).collect()
}

fn kind(error: &DownloadError) -> Option<ErrorKind> {
    error.as_transport().map(hub_transport::Error::kind)
}

#[tokio::test(start_paused = true)]
async fn f15_a_reset_in_the_body_is_continued_where_it_was_and_for_the_same_content_only() {
    for (place, content) in places() {
        let size = content.bytes.len();
        let steps = [
            content.head(),
            content.broken(KEPT),
            content.range(&format!("bytes {KEPT}-{}/{size}", size - 1), KEPT).broken(),
        ];
        let (outcome, requests) = place.download(steps).await;
        assert_eq!(std::fs::read(outcome.unwrap()).unwrap(), content.bytes);
        assert_eq!(ranges(&requests), [None, Some("bytes=700-")]);
        assert_eq!(requests[1].header("if-range"), Some("\"storage\""));
        assert!(requests.iter().all(|request| request.header("accept-encoding") == Some("identity")));
    }
}

#[tokio::test(start_paused = true)]
async fn f16_f18_a_body_that_ends_early_is_never_published() {
    for broken in [false, true] {
        for (place, content) in places() {
            let nothing = |first: usize| {
                let size = content.bytes.len();
                let response =
                    reply(206).header("content-range", &format!("bytes {first}-{}/{size}", size - 1));
                if broken { response.broken() } else { response }
            };
            let first = reply(200).text(content.bytes[..KEPT].to_vec());
            let first = if broken { first.broken() } else { first };
            let steps = [content.head(), first].into_iter().chain((0..5).map(|_| nothing(KEPT)));
            let (outcome, requests) = place.download(steps).await;
            let error = outcome.unwrap_err();
            assert_eq!(kind(&error), Some(ErrorKind::Interrupted), "{error}");
            assert!(error.to_string().contains("ada/demo"), "{error}");
            assert_eq!(requests.len(), 6);
            // The next download goes on with what a partial file keeps.
            let kept = place.partial();
            let (rest, from) = match kept {
                Some(kept) => (content.rest(KEPT), Some(kept)),
                None => (content.whole(), None),
            };
            assert_eq!(kept.is_some(), content.bytes.len() > 100_000);
            let (outcome, requests) = place.download([content.head(), rest]).await;
            assert_eq!(std::fs::read(outcome.unwrap()).unwrap(), content.bytes);
            assert_eq!(ranges(&requests), [from.map(|first| format!("bytes={first}-")).as_deref()]);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn f17_more_bytes_than_announced_are_refused_and_nothing_stays() {
    for (place, content) in places() {
        let longer = [content.bytes.as_slice(), b"x"].concat();
        let (outcome, _) = place.download([content.head(), reply(200).text(longer)]).await;
        let error = outcome.unwrap_err();
        let expected = content.bytes.len() as u64;
        assert!(
            matches!(error, DownloadError::SizeMismatch { expected: e, actual, .. } if e == expected && actual > e),
            "{error}"
        );
        place.assert_empty();
    }
}

#[tokio::test(start_paused = true)]
async fn f29_a_range_that_cannot_be_had_starts_the_file_over_once() {
    for (place, content) in places() {
        let steps = [content.head(), content.broken(KEPT), reply(416), content.whole()];
        let (outcome, requests) = place.download(steps).await;
        assert_eq!(std::fs::read(outcome.unwrap()).unwrap(), content.bytes);
        assert_eq!(ranges(&requests), [None, Some("bytes=700-"), None]);
    }
    for (place, content) in places() {
        let steps = [content.head(), content.broken(KEPT), reply(416), content.broken(KEPT), reply(416)];
        let error = place.download(steps).await.0.unwrap_err();
        assert_eq!(kind(&error), Some(ErrorKind::RangeNotSatisfiable), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn f94_a_response_for_another_range_or_another_content_starts_the_file_over() {
    for (place, content) in places() {
        let (last, size) = (content.bytes.len() - 1, content.bytes.len());
        let right = format!("bytes {KEPT}-{last}/{size}");
        let wrong = [
            content.range(&format!("bytes {}-{last}/{size}", KEPT + 1), KEPT + 1),
            content.range(&format!("bytes {KEPT}-{last}/{}", size + 1), KEPT),
            content.range("bytes */*", KEPT),
            content.range("nonsense", KEPT),
            reply(206).text(content.bytes[KEPT..].to_vec()),
            reply(206).header("content-range", &right).header("etag", "\"other\"").text("x"),
            content.range(&right, KEPT).header("content-encoding", "gzip"),
        ];
        for response in wrong {
            let place = place.another();
            let steps = [content.head(), content.broken(KEPT), response, content.whole()];
            let (outcome, requests) = place.download(steps).await;
            assert_eq!(std::fs::read(outcome.unwrap()).unwrap(), content.bytes);
            assert_eq!(ranges(&requests), [None, Some("bytes=700-"), None]);
        }
        // The whole content is a good response too.
        let (outcome, requests) =
            place.download([content.head(), content.broken(KEPT), content.whole()]).await;
        assert_eq!(std::fs::read(outcome.unwrap()).unwrap(), content.bytes);
        assert_eq!(ranges(&requests), [None, Some("bytes=700-")]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_always_answers_for_another_range_is_given_up() {
    for (place, content) in places() {
        let wrong = || content.range("bytes 1-2/3", 1);
        let steps = [content.head()].into_iter().chain((0..5).map(|_| wrong()));
        let error = place.download(steps).await.0.unwrap_err();
        assert_eq!(kind(&error), Some(ErrorKind::Protocol), "{error}");
        place.assert_empty();
    }
}
