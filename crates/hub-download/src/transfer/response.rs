//! What a response with the content of a file brings.

use std::ops::Range;

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header::ACCEPT_RANGES};
use http_body_util::BodyExt;
use hub_transport::{Body, Error, ErrorKind};

use crate::RemoteFile;
use crate::transfer::range;

/// The method that errors of a transfer name.
pub(crate) const NAME: &str = "hf_hub_download";

/// Whether the response has the bytes `span` of the file, or else the whole content.
///
/// # Errors
/// Why it can be used for neither.
pub(crate) fn judge(
    response: &Response<Body>,
    span: &Range<u64>,
    file: &RemoteFile,
    validator: Option<&HeaderValue>,
) -> Result<bool, &'static str> {
    let headers = response.headers();
    if range::is_compressed(headers) {
        return Err("the content came compressed, which was not asked for; is there a proxy that does it?");
    }
    if response.status() != StatusCode::PARTIAL_CONTENT {
        return Ok(false);
    }
    if range::announced(response, file.size).as_ref() != Some(span) {
        return Err("the response has another range of bytes than the one that was asked for");
    }
    match (validator, range::strong_etag(headers)) {
        (Some(before), Some(now)) if *before != now => Err("the content changed while it was downloaded"),
        _ => Ok(true),
    }
}

/// Whether the server says that it answers with parts of a blob.
pub(crate) fn has_ranges(response: &Response<Body>) -> bool {
    let said = response.headers().get(ACCEPT_RANGES);
    response.status() == StatusCode::PARTIAL_CONTENT
        || said.is_some_and(|units| units.as_bytes().eq_ignore_ascii_case(b"bytes"))
}

/// What a body gives next.
pub(crate) enum Next {
    Chunk(Bytes),
    End(Option<Error>),
    /// More than was announced; the number of bytes so far.
    Excess(u64),
}

pub(crate) async fn next(body: &mut Body, position: &mut u64, size: u64) -> Next {
    loop {
        return match body.frame().await.map(|frame| frame.map(http_body::Frame::into_data)) {
            Some(Ok(Ok(chunk))) => {
                *position += chunk.len() as u64;
                if *position > size { Next::Excess(*position) } else { Next::Chunk(chunk) }
            }
            Some(Ok(Err(_trailers))) => continue,
            Some(Err(error)) => Next::End(Some(Error::body(error))),
            None if *position < size => {
                Next::End(Some(Error::new(ErrorKind::Interrupted, "the response ended too early")))
            }
            None => Next::End(None),
        };
    }
}
