//! [`HubService`]: the one erased service type, and [`erase`], which makes it from anything that speaks HTTP.

use bytes::Bytes;
use http::{Request, Response};
use tower::util::BoxCloneSyncService;
use tower::{Service, ServiceExt};

use crate::{Body, BoxError};

/// A cloneable service that answers one HTTP request. Every layer and every extension point ends in this type.
pub type HubService = BoxCloneSyncService<Request<Body>, Response<Body>, BoxError>;

/// Turns any cloneable service over [`Body`] into a [`HubService`].
///
/// The response body may be of any type whose data is [`Bytes`]; its errors and the service's are boxed. A service that
/// is not `Clone + Sync` can be wrapped in `tower::buffer::Buffer` by its owner. A closure will do:
///
/// ```
/// use hub_transport::{Body, BoxError, erase};
/// let service = tower::service_fn(|_: http::Request<Body>| async {
///     Ok::<_, BoxError>(http::Response::new(Body::bytes("hello")))
/// });
/// let erased = erase(service);
/// # drop(erased);
/// ```
pub fn erase<S, B>(service: S) -> HubService
where
    S: Service<Request<Body>, Response = Response<B>> + Clone + Send + Sync + 'static,
    S::Future: Send + 'static,
    S::Error: Into<BoxError> + 'static,
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    BoxCloneSyncService::new(
        service.map_response(map_body::<B> as fn(_) -> _).map_err(into_box::<S::Error> as fn(_) -> _),
    )
}

fn map_body<B>(response: Response<B>) -> Response<Body>
where
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    response.map(Body::once)
}

fn into_box<E: Into<BoxError>>(error: E) -> BoxError {
    error.into()
}
