//! Bytes of a file: asking for them, and whether a response has them.

use std::{ops::Range, time::Duration};

use http::{
    HeaderMap, HeaderValue, Response, StatusCode,
    header::{
        ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, ETAG, HeaderName, IF_RANGE, RANGE,
    },
};
use hub_transport::{Body, CallInfo, RetryClass, Transfer, Transport, get};
use hub_types::{Revision, route};

use crate::{DownloadTimeouts, RemoteFile};

/// How often a transfer that makes no progress is continued.
const FRUITLESS_ATTEMPTS: u32 = 5;

/// Asks for bytes `span` of a file, as the method `name`. `validator` is the etag of a response that broke off.
pub(crate) async fn open(
    transport: &Transport,
    name: &'static str,
    file: &RemoteFile,
    span: &Range<u64>,
    validator: Option<&HeaderValue>,
    timeouts: DownloadTimeouts,
) -> Result<Response<Body>, hub_transport::Error> {
    let revision = Revision::from(file.commit.clone());
    let mut request = get(route::repo(&file.repo).resolve(&revision, file.path.as_str()))
        .header(ACCEPT_ENCODING, "identity")
        .extension(timeouts.of_content())
        .extension(DownloadTimeouts::usual_of_content())
        .extension(Transfer);
    if *span != (0..file.size) {
        let last = if span.end == file.size { String::new() } else { span.end.saturating_sub(1).to_string() };
        request = request.header(RANGE, format!("bytes={}-{last}", span.start));
        if let Some(validator) = validator {
            request = request.header(IF_RANGE, validator.clone());
        }
    }
    transport.open(call(name, file), request.finish()?).await
}

/// The call that asks for a file's content, as errors name it.
pub(crate) fn call(name: &'static str, file: &RemoteFile) -> CallInfo {
    CallInfo::new(name, format!("{} {}", file.repo, file.path), RetryClass::Read)
}

/// The etag of a response; a weak one cannot stand for bytes (RFC 9110, section 13.1.5).
pub(crate) fn strong_etag(headers: &HeaderMap) -> Option<HeaderValue> {
    headers.get(ETAG).filter(|etag| etag.as_bytes().starts_with(b"\"")).cloned()
}

/// Whether the bytes of a response are not those of the file.
pub(crate) fn is_compressed(headers: &HeaderMap) -> bool {
    headers.get(CONTENT_ENCODING).is_some_and(|coding| !coding.as_bytes().eq_ignore_ascii_case(b"identity"))
}

/// Which bytes of a file of `size` bytes a response announces (RFC 9110, section 14.4). `None` if that cannot be told, or it
/// is about a file of another size, or the bytes are compressed.
pub(crate) fn announced(response: &Response<Body>, size: u64) -> Option<Range<u64>> {
    let text =
        |name: HeaderName| response.headers().get(name).map(|value| value.to_str().unwrap_or_default());
    if is_compressed(response.headers()) {
        return None;
    }
    if response.status() == StatusCode::PARTIAL_CONTENT {
        let (span, total) = text(CONTENT_RANGE)?.strip_prefix("bytes ")?.split_once('/')?;
        let (first, last) = span.split_once('-')?;
        let (first, last): (u64, u64) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
        let total: u64 = total.trim().parse().ok()?;
        return (first <= last && last < total && total == size).then(|| first..last + 1);
    }
    let length = text(CONTENT_LENGTH);
    (length.is_none() || length.and_then(|length| length.parse().ok()) == Some(size)).then_some(0..size)
}

/// How long to go on with a transfer that breaks off again and again.
#[derive(Debug, Default)]
pub(crate) struct Interruptions {
    fruitless: u32,
}

impl Interruptions {
    /// How long to wait before the next try; `None` when it is time to give up.
    pub(crate) fn wait(&mut self, made_progress: bool) -> Option<Duration> {
        self.fruitless = if made_progress { 0 } else { self.fruitless + 1 };
        (self.fruitless < FRUITLESS_ATTEMPTS).then(|| Duration::from_millis(500 << self.fruitless.min(4)))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(status: u16, headers: &[(&str, &str)]) -> Option<Range<u64>> {
        let mut response = Response::builder().status(status);
        for (name, value) in headers {
            response = response.header(*name, *value);
        }
        announced(&response.body(Body::empty()).unwrap(), 10)
    }

    #[test]
    fn f94_only_an_exact_response_counts() {
        let range = |text| of(206, &[("content-range", text)]);
        assert_eq!(range("bytes 2-4/10"), Some(2..5));
        assert_eq!(range("bytes 0-9/10"), Some(0..10));
        for wrong in [
            "bytes 0-18446744073709551615/10",
            "bytes 2-4/11",
            "bytes 4-2/10",
            "bytes 2-10/10",
            "bytes 2-4/*",
            "bytes */10",
            "items 2-4/10",
            "",
            "bytes -4/10",
        ] {
            assert_eq!(range(wrong), None, "{wrong}");
        }
        assert_eq!(of(206, &[("content-type", "multipart/byteranges")]), None);
        assert_eq!(of(206, &[("content-range", "bytes 2-4/10"), ("content-encoding", "gzip")]), None);
        assert_eq!(
            of(206, &[("content-range", "bytes 2-4/10"), ("content-encoding", "identity")]),
            Some(2..5)
        );
        assert_eq!(of(200, &[]), Some(0..10));
        assert_eq!(of(200, &[("content-length", "10")]), Some(0..10));
        assert_eq!(of(200, &[("content-length", "9")]), None);
        assert_eq!(of(200, &[("content-encoding", "gzip")]), None);
    }

    proptest! {
        #[test]
        fn any_content_range_is_survived_and_stays_inside_the_file(text in "bytes [0-9*-]{0,8}/?[0-9*]{0,22}") {
            if let Some(span) = of(206, &[("content-range", &text)]) {
                prop_assert!(span.start < span.end && span.end <= 10);
            }
        }
    }

    #[test]
    fn patience_ends_after_five_fruitless_tries_in_a_row() {
        let mut patience = Interruptions::default();
        assert!((0..4).all(|_| patience.wait(false).is_some()));
        assert!(patience.wait(true).is_some());
        assert!((0..4).all(|_| patience.wait(false).is_some()));
        assert_eq!(patience.wait(false), None);
    }
}
