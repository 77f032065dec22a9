//! The two services: [`Recorder`] goes around the network, [`Player`] in its place.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use http::{
    Request, Response,
    header::{ACCEPT_ENCODING, HeaderValue},
};
use http_body_util::BodyExt;
use hub_api::{
    ErrorKind,
    transport::{Body, BoxError, Failure, HubService},
};
use tower::{Layer, Service, ServiceExt};

use crate::tape::Tape;

type ResponseFuture = Pin<Box<dyn Future<Output = Result<Response<Body>, BoxError>> + Send>>;

/// Writes down what the service below it answers. Whole bodies are in memory: it is for tests, not for large files.
#[derive(Clone)]
pub(crate) struct Recorder(Arc<Tape>);

impl Recorder {
    pub(crate) fn new(tape: Tape) -> Self {
        Self(Arc::new(tape))
    }
}

impl Layer<HubService> for Recorder {
    type Service = Recording;

    fn layer(&self, inner: HubService) -> Recording {
        Recording { inner, tape: Arc::clone(&self.0) }
    }
}

/// The service of a [`Recorder`].
#[derive(Clone)]
pub(crate) struct Recording {
    inner: HubService,
    tape: Arc<Tape>,
}

impl Service<Request<Body>> for Recording {
    type Response = Response<Body>;
    type Error = BoxError;
    type Future = ResponseFuture;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request<Body>) -> ResponseFuture {
        // What is compressed cannot be searched for secrets.
        request.headers_mut().insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        let (inner, tape) = (self.inner.clone(), Arc::clone(&self.tape));
        Box::pin(async move {
            let (method, url) = (request.method().clone(), request.uri().clone());
            let (head, body) = inner.oneshot(request).await?.into_parts();
            let response = Response::from_parts(head, body.collect().await?.to_bytes());
            tape.push(&method, &url, &response)?;
            Ok(response.map(Body::bytes))
        })
    }
}

/// Answers from a tape. What the tape does not have was never sent, and says so.
#[derive(Clone)]
pub(crate) struct Player(Arc<Tape>);

impl Player {
    pub(crate) fn new(tape: Tape) -> Self {
        Self(Arc::new(tape))
    }
}

impl Service<Request<Body>> for Player {
    type Response = Response<Body>;
    type Error = BoxError;
    type Future = ResponseFuture;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> ResponseFuture {
        let response = self.0.response(request.method(), request.uri());
        let missing = format!("the tape has no response to {} {}", request.method(), request.uri().path());
        Box::pin(async move {
            response?.ok_or_else(|| Failure::not_sent(ErrorKind::Offline, missing).permanent().into())
        })
    }
}
