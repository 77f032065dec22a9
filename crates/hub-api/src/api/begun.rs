//! When a call began, by the clock of the server: what is older than the call was not made by it.

use std::time::{Duration, SystemTime};

use http::{Request, header::DATE};
use http_body_util::BodyExt;
use hub_transport::{Body, CallInfo, Error, RetryClass, Transport};
use serde::de::DeserializeOwned;
use tokio::time::Instant;

/// Reads something, and between which times by the server's own clock the call began.
pub(super) async fn read_with_time<T: DeserializeOwned>(
    transport: &Transport,
    operation: &'static str,
    target: String,
    request: Request<Body>,
    begun: Instant,
) -> Result<(T, Option<(SystemTime, SystemTime)>), Error> {
    let call = CallInfo::new(operation, target, RetryClass::Read);
    let since_begun = || transport.clock().now().saturating_duration_since(begun);
    let at_least = since_begun();
    let response = transport.open(call, request).await?;
    let at_most = since_begun();
    let date = response.headers().get(DATE).and_then(|date| date.to_str().ok());
    let date = date.and_then(|date| httpdate::parse_http_date(date).ok());
    // `Date` counts whole seconds, and was written at some time between the request and the response.
    let began = date.and_then(|date| {
        Some((date.checked_sub(at_most)?, date.checked_add(Duration::from_secs(1))?.checked_sub(at_least)?))
    });
    let body = response.into_body().collect().await.map_err(Error::body)?.to_bytes();
    let found = serde_json::from_slice(&body)
        .map_err(|error| Error::decode("the answer is not what was expected", error))?;
    Ok((found, began))
}
