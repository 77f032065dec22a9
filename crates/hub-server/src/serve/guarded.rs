//! What stands between a connection and the hub.

use std::{
    net::IpAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Instant,
};

use http::{
    HeaderMap, Request, Response, StatusCode, Version,
    header::{AUTHORIZATION, HOST},
    request::Parts,
};
use tower::Service;

use super::{metrics::Metrics, oversight::Oversight, probes, probes::Probed};
use crate::{
    Body, BoxError, EmbeddedHub,
    api_error::ApiError,
    base_url::{ListenAddress, is_loopback_authority, requested_host},
    body,
    embedded_hub::PeerAddress,
    limits::activity::Activity,
    refused,
};

/// Bytes of all headers of a request.
pub(super) const MAX_HEADER_BYTES: u32 = 64 << 10;

/// The hub behind a port: requests are told the address, and refused when they are meant for another host.
#[derive(Clone)]
pub(super) struct Guarded {
    pub(super) hub: EmbeddedHub,
    pub(super) listen: ListenAddress,
    pub(super) public_host: Option<Arc<str>>,
    /// Who is at the other end.
    pub(super) peer: IpAddr,
    /// Whether that is a proxy whose word about others counts.
    pub(super) is_proxy: bool,
    pub(super) activity: Arc<Activity>,
    pub(super) metrics: Arc<Metrics>,
    pub(super) oversight: Arc<Oversight>,
}

impl Guarded {
    /// Whose request it is: the other end, or whom a proxy speaks for.
    fn caller(&self, headers: &HeaderMap) -> IpAddr {
        let last = headers.get_all("x-forwarded-for").iter().next_back();
        let named = last.and_then(|it| it.to_str().ok()?.rsplit(',').next()?.trim().parse().ok());
        named.filter(|_| self.is_proxy).unwrap_or(self.peer)
    }

    fn takes(&self, authority: &str) -> bool {
        let host = authority.parse::<http::uri::Authority>();
        let is_public = match (&self.public_host, &host) {
            (Some(public), Ok(authority)) => authority.host().eq_ignore_ascii_case(public),
            _ => false,
        };
        is_public || is_loopback_authority(authority)
    }

    /// Why a request is not handed on, whatever it is about.
    fn refusal(&self, parts: &Parts) -> Option<ApiError> {
        // hyper's own limit is the size of a buffer that may hold more than it was asked for.
        let header_bytes: usize =
            parts.headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
        if header_bytes > MAX_HEADER_BYTES as usize {
            let message = format!("the headers are larger than {MAX_HEADER_BYTES} bytes");
            return Some(ApiError::new(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, message));
        }
        // Whatever is before this server may have looked at another one than this server would (RFC 9112, section 3.2).
        for name in [HOST, AUTHORIZATION] {
            if parts.headers.get_all(&name).iter().nth(1).is_some() {
                return Some(ApiError::bad_request(format!("the request has the header {name} twice")));
            }
        }
        if parts.version == Version::HTTP_11 && !parts.headers.contains_key(HOST) {
            return Some(ApiError::bad_request("the request has no header Host"));
        }
        if self.listen.address.ip().is_loopback() {
            let header = parts.headers.get(HOST).map(|host| host.to_str().unwrap_or_default());
            let ours = [requested_host(parts), header].into_iter().flatten().all(|host| self.takes(host));
            if !ours || requested_host(parts).is_none() {
                let message =
                    "this hub listens for the machine itself only: the Host of the request is another one";
                return Some(ApiError::new(StatusCode::MISDIRECTED_REQUEST, message));
            }
        }
        None
    }

    fn refuse(&self, parts: &Parts, error: ApiError, started: Instant) -> Response<Body> {
        let response = refused::logged(self.hub.inner(), parts, error, started);
        self.metrics.answered(&parts.method, response.status(), started.elapsed());
        response
    }
}

impl Service<Request<hyper::body::Incoming>> for Guarded {
    type Response = Response<Body>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, BoxError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<hyper::body::Incoming>) -> Self::Future {
        let (mut parts, body) = request.into_parts();
        let (answering, started) = (self.activity.request(), Instant::now());
        parts.extensions.insert(self.listen);
        if let Some(error) = self.refusal(&parts) {
            let response = self.refuse(&parts, error, started).map(|body| answering.body(body));
            let mut body = body::erase(body);
            return Box::pin(async move {
                body::drain(&mut body).await;
                Ok(response)
            });
        }
        let caller = self.caller(&parts.headers);
        parts.extensions.insert(PeerAddress(caller));
        let (mut server, method) = (self.clone(), parts.method.clone());
        Box::pin(async move {
            let probed = Probed { hub: &server.hub, metrics: &server.metrics, oversight: &server.oversight };
            let response = match probes::response(probed, server.peer, &parts).await {
                Some(response) => response,
                None => server.oversight.answer(&mut server.hub, (parts, body), caller).await?,
            };
            server.metrics.answered(&method, response.status(), started.elapsed());
            let metrics = Arc::clone(&server.metrics);
            Ok(response.map(|body| answering.body(body.watched(move |_| metrics.broke_off()))))
        })
    }
}
