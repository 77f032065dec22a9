//! Finding out whether a change was made although no answer said so.

use std::time::{Duration, SystemTime};

use http::{Request, header::DATE};
use http_body_util::BodyExt;
use hub_transport::{Body, CallInfo, Error, RetryClass, Transport};
use hub_types::Timestamp;
use serde::de::DeserializeOwned;
use tokio::time::Instant;

use crate::{HfApi, api::identity::GetWhoAmI};

/// Tells what this call wrote from what others did, or the same caller before.
#[derive(Debug, Clone, Default)]
pub struct Own {
    me: Option<String>,
    since: Option<SystemTime>,
}

impl Own {
    /// Whether it was written by the caller, and not before the call began. When that is not known, it was not.
    pub(super) fn wrote(&self, author: &str, at: &Timestamp) -> bool {
        let at = at.as_str().parse::<jiff::Timestamp>().ok().map(SystemTime::from);
        self.me.as_deref() == Some(author) && at.zip(self.since).is_some_and(|(at, since)| at >= since)
    }
}

/// Reads something after a call that began at `begun`, and who is asking.
pub(super) async fn look<T: DeserializeOwned>(
    api: &HfApi,
    operation: &'static str,
    target: String,
    request: Request<Body>,
    begun: Instant,
) -> Result<(T, Own), Error> {
    let transport = api.transport().map_err(|error| Error::build(error.to_string()))?;
    let me = transport.send(&GetWhoAmI::default()).await?.name;
    let (found, since) = read(transport, operation, target, request, begun).await?;
    Ok((found, Own { me: Some(me), since }))
}

/// Reads something, and when by the server's own clock the call began.
async fn read<T: DeserializeOwned>(
    transport: &Transport,
    operation: &'static str,
    target: String,
    request: Request<Body>,
    begun: Instant,
) -> Result<(T, Option<SystemTime>), Error> {
    let call = CallInfo::new(operation, target, RetryClass::Read);
    let response = transport.open(call, request).await?;
    let elapsed = transport.clock().now().saturating_duration_since(begun);
    let date = response.headers().get(DATE).and_then(|date| date.to_str().ok());
    let date = date.and_then(|date| httpdate::parse_http_date(date).ok());
    let body = response.into_body().collect().await.map_err(Error::body)?.to_bytes();
    let found = serde_json::from_slice(&body)
        .map_err(|error| Error::decode("the answer is not what was expected", error))?;
    // `Date` counts whole seconds.
    Ok((found, date.and_then(|date| date.checked_sub(elapsed + Duration::from_secs(1)))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_caller_wrote_since_then_is_its_own() {
        let since = "2024-05-06T07:08:09Z".parse::<jiff::Timestamp>().unwrap().into();
        let own = Own { me: Some("ada".into()), since: Some(since) };
        let at = |text: &str| Timestamp::new(text);
        assert!(own.wrote("ada", &at("2024-05-06T07:08:09.000Z")));
        assert!(!own.wrote("bob", &at("2024-05-06T07:08:09.000Z")));
        assert!(!own.wrote("ada", &at("2024-05-06T07:08:08.999Z")));
        assert!(!own.wrote("ada", &at("yesterday")));
        assert!(!Own::default().wrote("ada", &at("2024-05-06T07:08:09.000Z")));
    }
}
