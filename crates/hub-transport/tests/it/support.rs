//! What the tests share.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::response::Parts;
use http::{Method, Request};
use hub_auth::Token;
use hub_transport::testing::Script;
use hub_transport::{
    Body, CallInfo, Endpoint, Error, RequestBuilder, RetryClass, RetryConfig, Rng, Transport,
    TransportBuilder,
};

pub const TOKEN: &str = "hf_canaryCanaryCanaryCanaryCanary";
pub const HUB: &str = "https://hub.test";
pub const CLASSES: [RetryClass; 4] =
    [RetryClass::Read, RetryClass::Set, RetryClass::Ambiguous, RetryClass::Append];

/// An exchange with everything open; its output is the body as text.
#[derive(Clone)]
pub struct Ask {
    pub method: Method,
    pub url: String,
    pub class: RetryClass,
    pub body: Option<Bytes>,
}

impl Ask {
    pub fn new(method: Method, url: impl Into<String>, class: RetryClass) -> Self {
        Self { method, url: url.into(), class, body: None }
    }

    pub fn get(url: impl Into<String>) -> Self {
        Self::new(Method::GET, url, RetryClass::Read)
    }

    pub fn post(url: impl Into<String>, class: RetryClass) -> Self {
        Self { body: Some(Bytes::from_static(b"payload")), ..Self::new(Method::POST, url, class) }
    }
}

impl Endpoint for Ask {
    const NAME: &'static str = "ask";
    type Output = String;

    fn class(&self) -> RetryClass {
        self.class
    }

    fn target(&self) -> String {
        "model ada/demo".into()
    }

    fn request(&self) -> Result<Request<Body>, Error> {
        let body = self.body.clone().map_or_else(Body::empty, Body::bytes);
        RequestBuilder::new(self.method.clone(), &self.url).body(body).finish()
    }

    fn decode(&self, _: &Parts, body: Bytes) -> Result<String, Error> {
        Ok(String::from_utf8_lossy(&body).into_owned())
    }
}

pub fn token() -> Arc<Token> {
    Arc::new(Token::new(TOKEN).unwrap())
}

/// A transport with a token and waits that do not slow a test down.
pub fn quick(endpoint: &str) -> TransportBuilder {
    let retry = RetryConfig::new()
        .first_wait(Duration::from_millis(2))
        .longest_wait(Duration::from_millis(10))
        .budget_floor(1000);
    Transport::builder(endpoint).token_source(token()).retry(retry)
}

/// The standard stack over a script.
pub fn over(script: &Script) -> Transport {
    Transport::builder(HUB).token_source(token()).inner_service(script.clone()).build().unwrap()
}

pub fn call(class: RetryClass) -> CallInfo {
    CallInfo::new("ask", "model ada/demo", class)
}

/// Always the same number.
#[derive(Debug)]
pub struct Fixed(pub u64);

impl Rng for Fixed {
    fn next_u64(&self) -> u64 {
        self.0
    }
}
