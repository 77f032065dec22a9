//! The requests that end in a token.

use std::time::Duration;

use bytes::Bytes;
use http::{Request, StatusCode, response::Parts};
use hub_auth::{AuthError, Token};
use hub_transport::{
    Body, DefaultTimeouts, Endpoint, Error, ErrorKind, Origin, RedirectMode, RequestBuilder, RetryClass,
    Timeouts, Transport,
};
use serde_json::{Map, Value};

/// The most that a response with a token may hold, in bytes.
const MAX_RESPONSE: usize = 256 * 1024;

/// The time limit of the whole exchange, retries included, unless the client sets one.
const LIMIT: Duration = Duration::from_secs(60);

/// One request for a token; its output is the JSON object that came back.
pub(super) struct Ask {
    /// What is asked for, for errors: "a token for this run".
    pub(super) what: &'static str,
    pub(super) class: RetryClass,
    pub(super) request: Box<dyn Fn() -> RequestBuilder + Send + Sync>,
    /// The token that goes along, in its own header.
    pub(super) bearer: Option<Token>,
}

impl Endpoint for Ask {
    const NAME: &'static str = "token";
    type Output = Map<String, Value>;

    fn class(&self) -> RetryClass {
        self.class
    }

    /// The error that this becomes names it.
    fn target(&self) -> String {
        String::new()
    }

    fn request(&self) -> Result<Request<Body>, Error> {
        let timeouts = DefaultTimeouts(Timeouts::new().total(LIMIT));
        let request = (self.request)()
            .header("accept", "application/json")
            .extension(RedirectMode::Never)
            .extension(timeouts);
        let mut request = request.finish()?;
        if let Some(token) = &self.bearer {
            let mut value = http::HeaderValue::try_from(format!("Bearer {}", token.reveal()))
                .map_err(|_| Error::build("the token cannot stand in a header"))?;
            value.set_sensitive(true);
            request.headers_mut().insert(http::header::AUTHORIZATION, value);
        }
        Ok(request)
    }

    /// Errors say what is wrong and never what was there: it may be a token.
    fn decode(&self, head: &Parts, body: Bytes) -> Result<Map<String, Value>, Error> {
        if head.status != StatusCode::OK {
            let message = format!("status {} instead of a token", head.status.as_u16());
            return Err(Error::new(ErrorKind::Redirect, message));
        }
        if body.len() > MAX_RESPONSE {
            return Err(Error::new(ErrorKind::TooLarge, "the response is too large for one with a token"));
        }
        match serde_json::from_slice(&body) {
            Ok(Value::Object(fields)) => Ok(fields),
            _ => Err(Error::new(ErrorKind::Decode, "what came back is no JSON object with a token")),
        }
    }
}

/// Why no token came: whether it is of use to ask again, and the text for people.
pub(super) struct Refused {
    /// What the server calls it, for example `invalid_grant`.
    pub(super) reason: Option<String>,
    pub(super) error: AuthError,
}

/// Sends the request, if nobody on the way can read it. Servers repeat in errors what they were sent, so that all `secrets` are taken out of the text, and the cause is
/// not kept.
pub(super) async fn send(
    transport: &Transport,
    ask: Ask,
    secrets: &[&str],
) -> Result<Map<String, Value>, Refused> {
    let what = ask.what;
    if !is_protected(transport, &ask) {
        return Err(Refused { reason: None, error: AuthError::Unprotected { what } });
    }
    transport.send(&ask).await.map_err(|error| {
        let reason = error.server_message().and_then(reason_in);
        let mut text = format!("{what} could not be had: {error}");
        for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
            text = text.replace(secret, "***");
        }
        Refused { reason, error: AuthError::other(text) }
    })
}

/// Whether nobody on the way can read the request, or this was allowed.
fn is_protected(transport: &Transport, ask: &Ask) -> bool {
    let other = ask.request().ok().and_then(|request| Origin::of(request.uri()));
    let other = other.filter(|origin| origin != transport.endpoint().origin());
    other.map_or(transport.is_protected(), |origin| origin.is_protected())
}

/// The code of an error of OAuth, if the server said one of those that matter.
fn reason_in(message: &str) -> Option<String> {
    let known = ["invalid_grant", "invalid_client", "unauthorized_client"];
    known.into_iter().find(|code| message.contains(code)).map(str::to_owned)
}
