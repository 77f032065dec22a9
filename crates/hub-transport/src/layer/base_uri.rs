//! [`BaseUriLayer`]: relative requests go to the endpoint.

use std::sync::Arc;
use std::task::{Context, Poll};

use futures_util::future::{Either, Ready, ready};
use http::Request;
use tower::{Layer, Service};

use super::{Inner, ResponseResult};
use crate::{BaseUrl, Body, BoxError, ErrorKind, Failure};

/// Puts the endpoint in front of a relative URI; absolute ones pass untouched.
#[derive(Debug, Clone)]
pub struct BaseUriLayer {
    endpoint: Arc<BaseUrl>,
}

impl BaseUriLayer {
    /// With the endpoint that relative requests go to.
    #[must_use]
    pub fn new(endpoint: BaseUrl) -> Self {
        Self { endpoint: Arc::new(endpoint) }
    }
}

impl<S> Layer<S> for BaseUriLayer {
    type Service = BaseUri<S>;

    fn layer(&self, inner: S) -> BaseUri<S> {
        BaseUri { inner, endpoint: Arc::clone(&self.endpoint) }
    }
}

/// See [`BaseUriLayer`].
#[derive(Debug, Clone)]
pub struct BaseUri<S> {
    inner: S,
    endpoint: Arc<BaseUrl>,
}

impl<S: Inner> Service<Request<Body>> for BaseUri<S> {
    type Response = S::Response;
    type Error = BoxError;
    type Future = Either<Ready<ResponseResult>, S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        if request.uri().scheme().is_none() {
            let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
            match self.endpoint.join(path) {
                Ok(uri) => *request.uri_mut() = uri,
                Err(error) => {
                    let failure = Failure::not_sent(ErrorKind::Build, error.message().to_owned()).permanent();
                    return Either::Left(ready(Err(failure.into())));
                }
            }
        }
        Either::Right(self.inner.call(request))
    }
}
