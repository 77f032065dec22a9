//! [`Recorder`]: keeps what went through it.

use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::{AUTHORIZATION, HeaderValue};
use http::{HeaderMap, Method, Request, Uri};
use http_body_util::BodyExt;
use tower::{Layer, Service};

use crate::layer::Inner;
use crate::{Body, BoxError};

/// One request as it was seen.
///
/// Values of headers that carry credentials are replaced by `***`; that they were there still shows.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Recorded {
    /// The method.
    pub method: Method,
    /// The URI: absolute below the base URI layer.
    pub uri: Uri,
    /// The headers.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: Bytes,
}

impl Recorded {
    /// Reads the body of `request` and gives the record with the request, whose body is then in memory.
    pub(crate) async fn of(request: Request<Body>) -> Result<(Self, Request<Body>), BoxError> {
        let (head, body) = request.into_parts();
        let body = body.collect().await?.to_bytes();
        let mut headers = head.headers.clone();
        for (_, value) in
            headers.iter_mut().filter(|(name, value)| *name == AUTHORIZATION || value.is_sensitive())
        {
            *value = HeaderValue::from_static("***");
        }
        let record = Self { method: head.method.clone(), uri: head.uri.clone(), headers, body: body.clone() };
        Ok((record, Request::from_parts(head, Body::bytes(body))))
    }

    /// Method, path and query in one line: `GET /api/models?limit=2`.
    #[must_use]
    pub fn line(&self) -> String {
        let path = self.uri.path_and_query().map_or("/", |path| path.as_str());
        format!("{} {path}", self.method)
    }

    /// True if it carried a token.
    #[must_use]
    pub fn has_token(&self) -> bool {
        self.headers.contains_key(AUTHORIZATION)
    }

    /// A header as text, if it is there.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// Wraps a service and keeps every request in order. Request bodies are read into memory first.
///
/// ```
/// # use hub_transport::{Transport, testing::{Recorder, Script, reply}};
/// # async fn run() -> Result<(), hub_transport::Error> {
/// let recorder = Recorder::new();
/// let transport = Transport::builder("https://hub.test")
///     .inner_service(Script::new([reply(200)]))
///     .attempt_layer(recorder.layer())
///     .build()?;
/// // ... use the transport ...
/// assert!(recorder.requests().iter().all(|request| request.has_token()));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Default)]
pub struct Recorder {
    seen: Arc<Mutex<Vec<Recorded>>>,
}

impl Recorder {
    /// An empty recorder. Clones share what they recorded.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The layer that records.
    #[must_use]
    pub fn layer(&self) -> RecorderLayer {
        RecorderLayer(self.clone())
    }

    /// All requests so far.
    #[must_use]
    pub fn requests(&self) -> Vec<Recorded> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn push(&self, record: Recorded) {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).push(record);
    }
}

/// See [`Recorder::layer`].
#[derive(Debug, Clone)]
pub struct RecorderLayer(Recorder);

impl<S> Layer<S> for RecorderLayer {
    type Service = Recording<S>;

    fn layer(&self, inner: S) -> Recording<S> {
        Recording { inner, recorder: self.0.clone() }
    }
}

/// The service of [`RecorderLayer`].
#[derive(Debug, Clone)]
pub struct Recording<S> {
    inner: S,
    recorder: Recorder,
}

impl<S: Inner + Sync> Service<Request<Body>> for Recording<S> {
    type Response = S::Response;
    type Error = BoxError;
    type Future = std::pin::Pin<Box<dyn Future<Output = Result<S::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let clone = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, clone);
        let recorder = self.recorder.clone();
        Box::pin(async move {
            let (record, request) = Recorded::of(request).await?;
            recorder.push(record);
            inner.call(request).await
        })
    }
}
