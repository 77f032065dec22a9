//! What the response to a request for a large file says of it besides where it is: its hash, its size, and how it is had by Xet.

use http::{
    HeaderValue, Response, StatusCode,
    header::{ACCEPT, ETAG, HeaderMap, LINK, VARY},
    request::Parts,
};
use hub_types::{
    Revision,
    error_code::{X_LINKED_ETAG, X_LINKED_SIZE},
    route,
};
use hub_xet::{
    MerkleHash,
    wire::{CasRoute, XET_HASH_HEADER},
};
use serde_json::json;

use crate::{Body, api_error::header_text, context::Context, respond, route::cas, store::RepoRecord};

/// The media type by which the JavaScript client asks for what the headers of the redirect say: a browser does not show it those.
const FILE_INFO: &str = "application/vnd.xet-fileinfo+json";

/// A large file as one of a commit.
pub(super) struct Linked {
    pub(super) oid: String,
    pub(super) size: u64,
    /// Its Xet hash, if its chunks can be fetched.
    pub(super) by_xet: Option<MerkleHash>,
    pub(super) commit: String,
}

/// How a large file is had by Xet.
pub(super) struct XetUrls {
    hash: String,
    /// Where a token for its chunks comes from.
    token: String,
    /// What it consists of.
    content: String,
}

impl Linked {
    /// Its hash as a header has it.
    pub(super) fn etag(&self) -> HeaderValue {
        header_text(&format!("\"{}\"", self.oid))
    }

    /// How it is had by Xet; `None` where it is not, or this Hub does not offer Xet.
    pub(super) fn xet_urls(&self, context: &Context, repo: &RepoRecord) -> Option<XetUrls> {
        let hash = self.by_xet.filter(|_| context.hub().offers_xet)?;
        let commit: Revision = self.commit.parse().ok()?;
        let base = cas::base(context.hub().store.xet().instance());
        Some(XetUrls {
            hash: hash.to_string(),
            token: context.absolute(&route::repo(&repo.repo).xet_token(false, &commit)),
            content: context.absolute(&format!("{base}{}", CasRoute::ReconstructionV1(hash))),
        })
    }

    /// Adds to the headers of a response what it is.
    pub(super) fn describe(&self, headers: &mut HeaderMap, urls: Option<&XetUrls>) {
        headers.insert(X_LINKED_ETAG, self.etag());
        headers.insert(X_LINKED_SIZE, HeaderValue::from(self.size));
        if let Some(XetUrls { hash, token, content }) = urls {
            headers.insert(XET_HASH_HEADER, header_text(hash));
            let links = format!("<{token}>; rel=\"xet-auth\", <{content}>; rel=\"xet-reconstruction-info\"");
            headers.insert(LINK, header_text(&links));
        }
    }

    /// The same for who cannot see the headers of a redirect.
    pub(super) fn file_info(&self, urls: &XetUrls) -> Response<Body> {
        let XetUrls { hash, token, content } = urls;
        let info = json!({
            "hash": hash, "refreshUrl": token, "reconstructionUrl": content,
            "etag": format!("\"{}\"", self.oid), "size": self.size,
        });
        let mut response = respond::typed_json(StatusCode::OK, FILE_INFO, &info);
        let headers = response.headers_mut();
        headers.insert(ETAG, self.etag());
        headers.insert(VARY, HeaderValue::from_static("accept"));
        response
    }
}

/// Whether the caller asks for [`Linked::file_info`].
pub(super) fn wants_file_info(parts: &Parts) -> bool {
    let accepted = parts.headers.get_all(ACCEPT).into_iter().filter_map(|value| value.to_str().ok());
    accepted.flat_map(|value| value.split(',')).any(|one| {
        one.split(';').next().is_some_and(|media_type| media_type.trim().eq_ignore_ascii_case(FILE_INFO))
    })
}
