//! When a call began, by the clock of the server: what is older than the call was not made by it.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{Request, header::DATE, response::Parts};
use hub_transport::{Body, Endpoint, Error, RetryClass, Transport};
use tokio::time::Instant;

/// An endpoint, with the time at which the server says that it responded.
struct Dated<'a, E>(&'a E);

impl<E: Endpoint> Endpoint for Dated<'_, E> {
    const NAME: &'static str = E::NAME;
    type Output = (E::Output, Option<SystemTime>);

    fn class(&self) -> RetryClass {
        self.0.class()
    }

    fn target(&self) -> String {
        self.0.target()
    }

    fn request(&self) -> Result<Request<Body>, Error> {
        self.0.request()
    }

    fn decode(&self, head: &Parts, body: Bytes) -> Result<Self::Output, Error> {
        let date = head.headers.get(DATE).and_then(|date| date.to_str().ok());
        let date = date.and_then(|date| httpdate::parse_http_date(date).ok());
        Ok((self.0.decode(head, body)?, date))
    }
}

/// Reads something, and between which times by the server's own clock the call began.
pub(super) async fn read_with_time<E: Endpoint>(
    transport: &Transport,
    endpoint: &E,
    begun: Instant,
) -> Result<(E::Output, Option<(SystemTime, SystemTime)>), Error> {
    let since_begun = || transport.clock().now().saturating_duration_since(begun);
    let at_least = since_begun();
    let (found, date) = transport.send(&Dated(endpoint)).await?;
    let at_most = since_begun();
    // `Date` counts whole seconds, and was written at some time between the request and the response.
    let began = date.and_then(|date| {
        Some((date.checked_sub(at_most)?, date.checked_add(Duration::from_secs(1))?.checked_sub(at_least)?))
    });
    Ok((found, began))
}
