//! Reading bodies into memory, within limits.

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;

use crate::{Body, BoxError};

/// The whole body, or `None` if it is longer than `limit` bytes. A body of one frame is not copied.
pub(crate) async fn collect(body: Body, limit: usize) -> Result<Option<Bytes>, BoxError> {
    let (bytes, end) = read(body, limit).await;
    match end {
        End::Whole => Ok(Some(bytes)),
        End::Cut => Ok(None),
        End::Failed(error) => Err(error),
    }
}

/// What can be read of a body, at most `limit` bytes.
pub(crate) async fn beginning(body: Body, limit: usize) -> Bytes {
    read(body, limit).await.0
}

enum End {
    Whole,
    Cut,
    Failed(BoxError),
}

async fn read(mut body: Body, limit: usize) -> (Bytes, End) {
    let mut first = Bytes::new();
    let mut all = BytesMut::new();
    let end = loop {
        let mut data = match body.frame().await {
            None => break End::Whole,
            Some(Err(error)) => break End::Failed(error),
            Some(Ok(frame)) => match frame.into_data() {
                Ok(data) => data,
                Err(_trailers) => continue,
            },
        };
        let room = limit - first.len().max(all.len());
        let cut = data.len() > room;
        data.truncate(room);
        if first.is_empty() {
            first = data;
        } else {
            if all.is_empty() {
                all.extend_from_slice(&first);
            }
            all.extend_from_slice(&data);
        }
        if cut {
            break End::Cut;
        }
    };
    (if all.is_empty() { first } else { all.freeze() }, end)
}

#[cfg(test)]
mod tests {
    use futures_util::stream;
    use http_body::Frame;
    use http_body_util::StreamBody;

    use super::*;

    fn frames(frames: Vec<Result<&'static str, &'static str>>) -> Body {
        let frames = frames.into_iter().map(|frame| frame.map(|text| Frame::data(Bytes::from(text))));
        Body::once(StreamBody::new(stream::iter(frames)))
    }

    #[tokio::test]
    async fn a_body_is_read_up_to_the_limit_and_not_beyond() {
        for (limit, whole) in [(5, true), (6, true), (4, false), (2, false), (0, false)] {
            let body = || frames(vec![Ok("ab"), Ok(""), Ok("cde")]);
            let expected = whole.then(|| Bytes::from("abcde"));
            assert_eq!(collect(body(), limit).await.unwrap(), expected, "limit {limit}");
            assert_eq!(beginning(body(), limit).await, b"abcde"[..limit.min(5)], "limit {limit}");
        }
    }

    #[tokio::test]
    async fn an_error_ends_the_body_and_keeps_its_beginning() {
        assert!(collect(frames(vec![Ok("ab"), Err("reset")]), 9).await.is_err());
        assert_eq!(beginning(frames(vec![Ok("ab"), Ok("c"), Err("reset")]), 9).await, "abc");
    }
}
