//! The embedded Hub with somebody who writes down what it is asked and what it answers.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, Uri, header::CONTENT_TYPE};
use http_body_util::{BodyExt, Full};
use hub_api::{HfApi, HfApiBuilder, XetPolicy, transport::Body};
use hub_server::{BoxError, EmbeddedHub};
use tower::ServiceExt as _;

/// One request with its response.
#[derive(Debug, Clone)]
pub(crate) struct Exchange {
    /// The method of the client that was running; none for what only prepares.
    pub(crate) by: Option<&'static str>,
    pub(crate) method: Method,
    pub(crate) uri: Uri,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) status: u16,
    pub(crate) response_type: String,
    pub(crate) response: Bytes,
}

/// What was exchanged so far, and who runs.
#[derive(Clone, Default)]
pub(crate) struct Watch(Arc<Mutex<(Option<&'static str>, Vec<Exchange>)>>);

impl Watch {
    /// A client of `hub` that is watched.
    pub(crate) fn client_of(&self, hub: &EmbeddedHub) -> HfApiBuilder {
        let (hub, watch) = (hub.clone(), self.clone());
        let inner_service = tower::service_fn(move |request| watch.clone().pass(hub.clone(), request));
        // The stores of Xet have a protocol of their own.
        let api = HfApi::builder().endpoint("http://hub.localhost").xet(XetPolicy::Never);
        api.inner_service(inner_service).inner_is_private()
    }

    async fn pass(self, hub: EmbeddedHub, request: Request<Body>) -> Result<Response<Full<Bytes>>, BoxError> {
        let (asked, body) = request.into_parts();
        let body = body.collect().await?.to_bytes();
        let by = self.0.lock().unwrap().0;
        let response = hub.oneshot(Request::from_parts(asked.clone(), Full::new(body.clone()))).await?;
        let (head, response) = response.into_parts();
        let response = response.collect().await?.to_bytes();
        let exchange = Exchange {
            by,
            method: asked.method,
            uri: asked.uri,
            headers: asked.headers,
            body,
            status: head.status.as_u16(),
            response_type: head
                .headers
                .get(CONTENT_TYPE)
                .map_or_else(String::new, |value| value.to_str().unwrap().to_owned()),
            response: response.clone(),
        };
        self.0.lock().unwrap().1.push(exchange);
        Ok(Response::from_parts(head, Full::new(response)))
    }

    /// Runs a method of the client; what is exchanged meanwhile counts as its own.
    pub(crate) async fn run<T>(&self, method: &'static str, call: impl IntoFuture<Output = T>) -> T {
        self.0.lock().unwrap().0 = Some(method);
        let outcome = call.await;
        self.0.lock().unwrap().0 = None;
        outcome
    }

    /// Everything so far.
    pub(crate) fn exchanges(&self) -> Vec<Exchange> {
        self.0.lock().unwrap().1.clone()
    }
}

/// A client whose methods are run by [`call!`](crate::call).
pub(crate) struct Client {
    pub(crate) api: HfApi,
    pub(crate) watch: Watch,
}

/// Runs a method of a [`Client`] with setters, under the method's own name, and unwraps what it gives.
#[macro_export]
macro_rules! call {
    ($client:expr, $method:ident($($argument:expr),* $(,)?) $($setters:tt)*) => {
        $crate::try_call!($client, $method($($argument),*) $($setters)*)
            .unwrap_or_else(|error| panic!("{}: {error}", stringify!($method)))
    };
}

/// As [`call!`](crate::call), without unwrapping.
#[macro_export]
macro_rules! try_call {
    ($client:expr, $method:ident($($argument:expr),* $(,)?) $($setters:tt)*) => {
        $client.watch.run(stringify!($method), $client.api.$method($($argument),*) $($setters)*).await
    };
}
