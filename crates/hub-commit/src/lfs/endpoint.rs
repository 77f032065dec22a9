//! The requests of LFS, as data.

use bytes::Bytes;
use http::response::Parts;
use http::{HeaderMap, Request};
use hub_transport::{
    Body, Endpoint, Error, RetryClass, Transfer, WithoutToken, decode_done, decode_json, post, put,
};
use hub_types::lfs::{self, BatchRequest, BatchResponse};
use hub_types::{RepoRef, route};

use serde::Serialize;

/// `POST /{id}.git/info/lfs/objects/batch`
pub(super) struct Batch<'a> {
    pub(super) repo: &'a RepoRef,
    pub(super) request: BatchRequest,
}

impl Endpoint for Batch<'_> {
    const NAME: &'static str = "lfs_batch";
    type Output = BatchResponse;

    fn class(&self) -> RetryClass {
        RetryClass::Read
    }

    fn target(&self) -> String {
        self.repo.to_string()
    }

    fn request(&self) -> Result<Request<Body>, Error> {
        lfs_post(route::repo(self.repo).lfs_batch(), to_json(&self.request)?, &HeaderMap::new())
    }

    fn decode(&self, head: &Parts, body: Bytes) -> Result<BatchResponse, Error> {
        decode_json(head, &body)
    }
}

fn to_json(value: &impl Serialize) -> Result<Vec<u8>, Error> {
    serde_json::to_vec(value)
        .map_err(|source| Error::build("the payload cannot be written as JSON").with_source(source))
}

fn lfs_post(url: String, body: Vec<u8>, headers: &HeaderMap) -> Result<Request<Body>, Error> {
    let mut request = post(url)
        .header(http::header::ACCEPT, lfs::MEDIA_TYPE)
        .header(http::header::CONTENT_TYPE, lfs::MEDIA_TYPE)
        .body(Body::bytes(body))
        .finish()?;
    request.headers_mut().extend(headers.clone());
    Ok(request)
}

/// A `PUT` of content to a URL that carries its own permission.
pub(super) struct Put<'a> {
    pub(super) target: &'a str,
    pub(super) href: &'a str,
    pub(super) headers: &'a HeaderMap,
    /// A body that can be cloned.
    pub(super) body: &'a (dyn Fn() -> Body + Send + Sync),
}

impl Endpoint for Put<'_> {
    const NAME: &'static str = "lfs_upload";
    /// The `ETag`, if it is there and not empty.
    type Output = Option<String>;

    fn class(&self) -> RetryClass {
        RetryClass::Read
    }

    fn target(&self) -> String {
        self.target.to_owned()
    }

    fn request(&self) -> Result<Request<Body>, Error> {
        let mut request =
            put(self.href).body((self.body)()).extension(Transfer).extension(WithoutToken).finish()?;
        request.headers_mut().extend(self.headers.clone());
        Ok(request)
    }

    fn decode(&self, head: &Parts, body: Bytes) -> Result<Option<String>, Error> {
        decode_done(head, &body)?;
        let etag = head.headers.get(http::header::ETAG).and_then(|value| value.to_str().ok());
        Ok(etag.filter(|etag| !etag.trim_matches('"').is_empty()).map(str::to_owned))
    }
}

/// A `POST` to a URL that an LFS response named: completion of a multipart upload, or verify.
pub(super) struct LfsStep<'a> {
    pub(super) target: &'a str,
    pub(super) href: &'a str,
    pub(super) headers: &'a HeaderMap,
    pub(super) body: Vec<u8>,
    pub(super) class: RetryClass,
    /// Whether the URL asks for the token (verify) or carries its own permission (completion).
    pub(super) with_token: bool,
}

impl Endpoint for LfsStep<'_> {
    const NAME: &'static str = "lfs_confirm";
    type Output = ();

    fn class(&self) -> RetryClass {
        self.class
    }

    fn target(&self) -> String {
        self.target.to_owned()
    }

    fn request(&self) -> Result<Request<Body>, Error> {
        let mut request = lfs_post(self.href.to_owned(), self.body.clone(), self.headers)?;
        if !self.with_token {
            request.extensions_mut().insert(WithoutToken);
        }
        Ok(request)
    }

    fn decode(&self, head: &Parts, body: Bytes) -> Result<(), Error> {
        decode_done(head, &body).map(drop)
    }
}
