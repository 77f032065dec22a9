//! `ETag` and `If-None-Match` (RFC 9110, sections 8.8.3 and 13.1.2) of responses that are made from commits and rows.

use http::{
    HeaderMap, Response, StatusCode,
    header::{ETAG, IF_NONE_MATCH},
    request::Parts,
};
use sha2::{Digest, Sha256};

use crate::{Body, api_error::header_text, context::Context};

/// Whether the headers of a request say that the caller has what has this tag.
pub(crate) fn names(headers: &HeaderMap, tag: &str) -> bool {
    let values = headers.get_all(IF_NONE_MATCH).into_iter().filter_map(|value| value.to_str().ok());
    let mut named = values.flat_map(|value| value.split(',')).map(str::trim);
    named.any(|one| one == "*" || one.strip_prefix("W/").unwrap_or(one) == tag)
}

/// What tells whether a response is the one that a client has.
pub(crate) struct Validator {
    hasher: Sha256,
    known: HeaderMap,
}

/// The tag of a response.
pub(crate) struct Tag(String);

impl Validator {
    /// Begins with everything that a request says about its response.
    pub(crate) fn of(context: &Context, parts: &Parts) -> Self {
        let asked = parts.uri.path_and_query().map_or("/", |asked| asked.as_str());
        let mut known = HeaderMap::new();
        for value in parts.headers.get_all(IF_NONE_MATCH) {
            known.append(IF_NONE_MATCH, value.clone());
        }
        Self { hasher: Sha256::new(), known }.with(&*context.base).with(asked)
    }

    /// Adds something that the response is made from.
    pub(crate) fn with(mut self, part: impl AsRef<[u8]>) -> Self {
        let part = part.as_ref();
        self.hasher.update((part.len() as u64).to_be_bytes());
        self.hasher.update(part);
        self
    }

    /// The tag, and whether the client has that response already.
    pub(crate) fn tag(self) -> (Tag, bool) {
        let digest = hub_types::hex::encode(&self.hasher.finalize());
        let tag = format!("\"{}\"", digest.get(..40).unwrap_or(&digest));
        let is_known = names(&self.known, &tag);
        (Tag(tag), is_known)
    }
}

impl Tag {
    /// 304: the client has it.
    pub(crate) fn not_modified(&self) -> Response<Body> {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        self.on(response)
    }

    /// Puts the tag on a response.
    pub(crate) fn on(&self, mut response: Response<Body>) -> Response<Body> {
        response.headers_mut().insert(ETAG, header_text(&self.0));
        response
    }
}
