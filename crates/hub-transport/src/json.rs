//! JSON responses: decoding with a place to look at when it fails.

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::response::Parts;
use serde::de::DeserializeOwned;

use crate::{Error, ErrorKind, redact};

/// Reads a response as JSON.
///
/// # Errors
///
/// [`ErrorKind::Decode`] if the response is declared as something else than JSON (a login page in between is the usual
/// reason), or if it does not fit `T`: the message then names the path inside the document and the byte offset.
pub fn decode_json<T: DeserializeOwned>(head: &Parts, body: &Bytes) -> Result<T, Error> {
    check_content_type(head)?;
    // Looking at the encoding once is faster than at each text in it.
    let decoded = match std::str::from_utf8(body) {
        Ok(text) => serde_json::from_str(text),
        Err(_) => serde_json::from_slice(body),
    };
    decoded.map_err(|source| misfit(body, source))
}

/// How much a response says that has no result of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    /// Something, such as `OK`: the Hub has carried out the call.
    Said,
    /// Nothing: no body, `null` or `{}`. Something that knows nothing of the Hub would say the same, so that where the call must
    /// not be taken for done by mistake, what it does is looked up.
    Silent,
}

/// Checks the response of a call that has no result of its own: empty, JSON, or a word such as `OK`.
///
/// # Errors
///
/// [`ErrorKind::Decode`] for a page (HTML, by its content type or its beginning) or a body longer than 64 KiB: something
/// between the client and the Hub has spoken, and whether the Hub carried out the call is not known.
pub fn decode_done(head: &Parts, body: &Bytes) -> Result<Done, Error> {
    const LONGEST: usize = 64 * 1024;
    let media = media_type(head);
    let is_page = match media.as_deref() {
        Some("text/html" | "application/xhtml+xml") => true,
        None | Some("application/json") => body.trim_ascii_start().first() == Some(&b'<'),
        // Stores of objects say so in XML.
        Some(_) => false,
    };
    // A document that is said to be JSON and breaks off was not what the server had to say.
    let is_broken = !body.is_empty()
        && media.as_deref() == Some("application/json")
        && serde_json::from_slice::<serde::de::IgnoredAny>(body).is_err();
    match is_page || is_broken || body.len() > LONGEST {
        true => {
            let error = Error::new(
                ErrorKind::Decode,
                "the response is not one of a Hub, so it is not known whether it was done",
            );
            Err(error.with_hint("check the endpoint; a proxy or a login page may be in between"))
        }
        false => match body.trim_ascii() {
            b"" | b"null" | b"{}" => Ok(Done::Silent),
            _ => Ok(Done::Said),
        },
    }
}

fn media_type(head: &Parts) -> Option<String> {
    let value = head.headers.get(CONTENT_TYPE)?.to_str().unwrap_or("an unreadable content type");
    Some(value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase())
}

/// A response without a content type is taken for what was asked for.
pub(crate) fn check_content_type(head: &Parts) -> Result<(), Error> {
    let Some(media) = media_type(head) else { return Ok(()) };
    if media == "application/json" || media == "text/json" || media.ends_with("+json") {
        return Ok(());
    }
    let mut error = Error::new(ErrorKind::Decode, format!("expected JSON but the response is {media}"));
    if media == "text/html" {
        error = error.with_hint("check the endpoint; a proxy or a login page may be in between");
    }
    Err(error)
}

/// Whether a page of a listing is what it should be, as far as its beginning and its end tell.
pub(crate) fn check_array(head: &Parts, body: &Bytes) -> Result<(), Error> {
    check_content_type(head)?;
    let text = body.trim_ascii();
    match (text.first(), text.last()) {
        (Some(b'['), Some(b']')) => Ok(()),
        _ => Err(Error::new(ErrorKind::Decode, "the response is no list, or broke off")),
    }
}

pub(crate) fn misfit(body: &[u8], source: serde_json::Error) -> Error {
    let offset = offset_of(body, source.line(), source.column());
    let path = path_at(body, offset);
    let path = if path.is_empty() { "the top".to_owned() } else { redact::clean(&path, 200) };
    Error::decode(
        format!("the response is not what was expected at {path} (byte {offset} of {})", body.len()),
        source,
    )
}

fn offset_of(body: &[u8], line: usize, column: usize) -> usize {
    let start: usize =
        body.split_inclusive(|byte| *byte == b'\n').take(line.saturating_sub(1)).map(<[u8]>::len).sum();
    (start + column).min(body.len())
}

/// Which value of a JSON text a byte belongs to, as `siblings[3].size`. Only the text before `end` is looked at.
fn path_at(body: &[u8], end: usize) -> String {
    enum Level {
        Array(usize),
        Object { key: String, in_value: bool },
    }
    let mut levels: Vec<Level> = Vec::new();
    let mut bytes = body.get(..end).unwrap_or(body).iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        match byte {
            b'[' => levels.push(Level::Array(0)),
            b'{' => levels.push(Level::Object { key: String::new(), in_value: false }),
            // The offset of a misfit is that of the closing bracket itself when a field is missing: stay inside.
            b']' | b'}' if bytes.peek().is_some() => {
                levels.pop();
            }
            b',' => match levels.last_mut() {
                Some(Level::Array(index)) => *index += 1,
                Some(Level::Object { in_value, .. }) => *in_value = false,
                None => {}
            },
            b':' => {
                if let Some(Level::Object { in_value, .. }) = levels.last_mut() {
                    *in_value = true;
                }
            }
            b'"' => {
                let mut text = Vec::new();
                while let Some(byte) = bytes.next().filter(|byte| *byte != b'"') {
                    text.push(byte);
                    if byte == b'\\' {
                        text.extend(bytes.next());
                    }
                }
                if let Some(Level::Object { key, in_value: false }) = levels.last_mut() {
                    *key = String::from_utf8_lossy(&text).into_owned();
                }
            }
            _ => {}
        }
    }
    let mut path = String::new();
    for level in levels {
        match level {
            Level::Array(index) => path.push_str(&format!("[{index}]")),
            Level::Object { key, .. } if key.is_empty() => {}
            Level::Object { key, .. } => {
                if !path.is_empty() {
                    path.push('.');
                }
                path.push_str(&key);
            }
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    struct Info {
        #[expect(dead_code, reason = "only the error is looked at")]
        siblings: Vec<Sibling>,
    }

    #[derive(Debug, Deserialize)]
    struct Sibling {
        #[expect(dead_code, reason = "only the error is looked at")]
        size: u64,
    }

    fn head(content_type: Option<&'static str>) -> Parts {
        let mut response = http::Response::new(());
        if let Some(value) = content_type {
            response.headers_mut().insert(CONTENT_TYPE, http::HeaderValue::from_static(value));
        }
        response.into_parts().0
    }

    #[test]
    fn f40_a_misfit_names_the_place() {
        let cases = [
            (r#"{"id":"x","siblings":[{"size":1},{"size":"big, \" {"}]}"#, "siblings[1].size"),
            ("{\"a\":1,\n\"siblings\":[{}]}", "siblings[0]"),
            (r#"{"siblings":[{"size":1"#, "siblings[0].size"),
            ("nonsense", "the top"),
        ];
        for (text, place) in cases {
            let error = decode_json::<Info>(&head(None), &Bytes::from(text)).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Decode);
            assert!(error.to_string().contains(&format!("at {place} (byte")), "{error}");
        }
    }

    #[test]
    fn f40_a_page_of_a_listing_begins_and_ends_as_a_list() {
        for (body, fits) in [("[]", true), (" [1, 2]\n", true), ("", false), ("{}", false), ("[1, 2", false)]
        {
            assert_eq!(check_array(&head(None), &Bytes::from(body)).is_ok(), fits, "{body:?}");
        }
    }

    #[test]
    fn f39_another_content_type_is_refused_even_if_the_body_would_fit() {
        let body = Bytes::from("[]");
        for fine in [None, Some("application/json; charset=utf-8"), Some("application/vnd.git-lfs+json")] {
            decode_json::<Vec<u8>>(&head(fine), &body).unwrap();
        }
        let error = decode_json::<Vec<u8>>(&head(Some("text/html; charset=utf-8")), &body).unwrap_err();
        assert!(error.to_string().contains("login page"), "{error}");
    }

    #[test]
    fn f39_a_page_is_no_sign_that_something_was_done() {
        let json = Some("application/json");
        for (kind, body) in [(None, ""), (json, "{}"), (json, ""), (None, "OK"), (Some("text/plain"), "OK")] {
            decode_done(&head(kind), &Bytes::from(body)).unwrap();
        }
        for (kind, body) in
            [(Some("text/html"), ""), (None, "\n<!doctype html>"), (json, "{\"a\":"), (json, "<html>")]
        {
            let error = decode_done(&head(kind), &Bytes::from(body)).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Decode, "{kind:?} {body}");
        }
    }

    #[test]
    fn f40_deep_nesting_is_an_error_and_not_a_crash() {
        let deep = Bytes::from("[".repeat(100_000));
        decode_json::<serde_json::Value>(&head(None), &deep).unwrap_err();
    }

    proptest! {
        #[test]
        fn f40_any_bytes_decode_or_fail_without_panic(body in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = decode_json::<Info>(&head(None), &Bytes::from(body));
        }
    }
}
