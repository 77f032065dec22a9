//! The way to what no method covers.

use std::fmt::{self, Display};

use bytes::Bytes;
use http::{Method, Request, response::Parts};
use hub_auth::Token;
use hub_transport::{
    Body, Endpoint, Error, PagedEndpoint, RequestBuilder, RetryClass, UseToken, WithoutToken, decode_json,
};
use serde::{Serialize, de::DeserializeOwned};

use crate::{Call, HfApi, Listing, Mode};

/// A request that is put together by hand: method, path and JSON. [`HfApi::request`] sends it.
///
/// `T` is what the response becomes: any type that can be deserialized, or [`serde_json::Value`]. An empty response reads as
/// JSON `null`, so that `()` and `Option` fit.
#[derive(Clone)]
#[must_use = "a request does nothing until it is sent with `HfApi::request`"]
pub struct RequestTo<T> {
    method: Method,
    path: String,
    class: RetryClass,
    query: Vec<(String, String)>,
    body: Option<Bytes>,
    token: WhichToken,
    problem: Option<String>,
    decode: fn(&Parts, &Bytes) -> Result<T, Error>,
}

/// Which token goes along.
#[derive(Clone)]
enum WhichToken {
    /// That of the client.
    Client,
    Own(Token),
    None,
}

impl<T: DeserializeOwned> RequestTo<T> {
    /// A `GET` of a path. It may be sent again freely.
    ///
    /// The path begins with `/` and is percent-encoded already; what is to be encoded can go through
    /// [`encode_segment`](hub_types::route::encode_segment).
    pub fn get(path: impl Into<String>) -> Self {
        Self::new(Method::GET, path, RetryClass::Read)
    }

    /// A request with any method. There is no default for `class`: only the caller knows whether the Hub may be asked twice.
    ///
    /// For the path see [`get`](Self::get).
    pub fn new(method: Method, path: impl Into<String>, class: RetryClass) -> Self {
        Self {
            method,
            path: path.into(),
            class,
            query: Vec::new(),
            body: None,
            token: WhichToken::Client,
            problem: None,
            decode: read,
        }
    }
}

impl<T> RequestTo<T> {
    /// Adds a query parameter; the value is encoded. Repeat it for a parameter with several values.
    pub fn query(mut self, name: &str, value: impl Display) -> Self {
        self.query.push((name.to_owned(), value.to_string()));
        self
    }

    /// Sends `payload` as JSON.
    pub fn json(mut self, payload: &(impl Serialize + ?Sized)) -> Self {
        match serde_json::to_vec(payload) {
            Ok(json) => self.body = Some(json.into()),
            Err(error) => self.fail(format!("the payload cannot be written as JSON: {error}")),
        }
        self
    }

    /// The token of this request, in place of the client's. Python: `token="hf_..."`.
    pub fn token(mut self, token: &str) -> Self {
        match Token::new(token) {
            Ok(token) => self.token = WhichToken::Own(token),
            Err(error) => self.fail(error.to_string()),
        }
        self
    }

    /// Sends no token. Python: `token=False`.
    pub fn no_token(mut self) -> Self {
        self.token = WhichToken::None;
        self
    }

    /// Keeps the first mistake, for when the request is sent.
    fn fail(&mut self, problem: String) {
        self.problem.get_or_insert(problem);
    }

    fn describe(&self) -> String {
        let path = self.path.split(['?', '#']).next().unwrap_or_default();
        format!("{} {path}", self.method)
    }

    fn build(&self) -> Result<Request<Body>, Error> {
        if let Some(problem) = &self.problem {
            return Err(Error::build(problem.clone()));
        }
        if !self.path.starts_with('/') || self.path.starts_with("//") {
            return Err(Error::build(
                "the path of a request begins with one '/'; another Hub is another client's endpoint",
            ));
        }
        // What follows would not be sent, a query neither.
        if self.path.contains('#') {
            return Err(Error::build("the path of a request has no '#'; as part of a name it is %23"));
        }
        let request = RequestBuilder::new(self.method.clone(), &*self.path);
        let request = self.query.iter().fold(request, |request, (name, value)| request.query(name, value));
        let request = match &self.body {
            Some(json) => request.header("content-type", "application/json").body(Body::bytes(json.clone())),
            None => request,
        };
        match &self.token {
            WhichToken::Client => request,
            WhichToken::Own(token) => request.extension(UseToken(token.clone())),
            WhichToken::None => request.extension(WithoutToken),
        }
        .finish()
    }
}

impl RequestTo<()> {
    /// Does not look at the body of the response, whatever it is.
    pub fn ignore_response(mut self) -> Self {
        self.decode = |_, _| Ok(());
        self
    }
}

/// Reads a response, an empty one as `null`.
fn read<T: DeserializeOwned>(head: &Parts, body: &Bytes) -> Result<T, Error> {
    if body.is_empty()
        && let Ok(nothing) = serde_json::from_value(serde_json::Value::Null)
    {
        return Ok(nothing);
    }
    decode_json(head, body)
}

/// Without query, payload and token.
impl<T> fmt::Debug for RequestTo<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let request = format_args!("{} ({:?})", self.describe(), self.class);
        f.debug_tuple("RequestTo").field(&request).finish()
    }
}

impl<T: Send> Endpoint for RequestTo<T> {
    const NAME: &'static str = "request";
    type Output = T;

    fn class(&self) -> RetryClass {
        self.class
    }

    fn target(&self) -> String {
        self.describe()
    }

    fn request(&self) -> Result<Request<Body>, Error> {
        self.build()
    }

    fn decode(&self, head: &Parts, body: Bytes) -> Result<T, Error> {
        (self.decode)(head, &body)
    }
}

impl<T: DeserializeOwned + Send> PagedEndpoint for RequestTo<T> {
    const NAME: &'static str = "request_pages";
    type Item = T;

    fn target(&self) -> String {
        self.describe()
    }

    fn request(&self) -> Result<Request<Body>, Error> {
        if self.method != Method::GET {
            return Err(Error::build("only what a GET answers can be read page by page"));
        }
        self.build()
    }
}

impl<M: Mode> HfApi<M> {
    /// Sends a request that no method makes, through the same transport: token, retries, limits and errors are those of
    /// every other call.
    ///
    /// It takes a [`RequestTo`] (method, path and JSON), or any [`Endpoint`] of your own.
    ///
    /// ```
    /// use hub_api::{HfApi, RequestTo, transport::RetryClass};
    /// use serde_json::{Value, json};
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let hub = hub_server::EmbeddedHub::temporary().token("ada", "hf_ada", hub_server::TokenRole::Write).build()?;
    /// # let api = HfApi::builder().endpoint("http://hub.local").token("hf_ada").inner_service(hub).inner_is_private().build()?;
    /// # api.create_repo("ada/demo").await?;
    /// // What comes back decides what is read: a type of yours, or any JSON.
    /// let info: Value = api.request(RequestTo::get("/api/models/ada/demo").query("expand", "sha")).await?;
    /// assert_eq!(info["id"], "ada/demo");
    ///
    /// // A request that changes something says whether it may be sent twice. This one sets a value.
    /// let gate = RequestTo::new(http::Method::PUT, "/api/models/ada/demo/settings", RetryClass::Set);
    /// let settings: Value = api.request(gate.json(&json!({"gated": "manual"}))).await?;
    /// assert_eq!(settings["gated"], "manual");
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// Those of the transport, classified as everywhere; [`ErrorKind::Build`](crate::ErrorKind::Build) before anything is
    /// sent when a [`RequestTo`] names another host, or its token or payload cannot be sent. An [`Endpoint`] of your own may
    /// lead to another host: the token does not go along.
    pub fn request<E: Endpoint + 'static>(&self, endpoint: E) -> Call<E, M> {
        self.call(endpoint)
    }

    /// The same for a listing whose pages are chained by `Link` headers. `T` of a [`RequestTo`] is one entry.
    ///
    /// # Errors
    /// As for [`request`](Self::request), when the listing is read; a [`RequestTo`] has to be a `GET`.
    pub fn request_pages<E: PagedEndpoint + 'static>(&self, endpoint: E) -> Listing<E, M> {
        self.listing(endpoint)
    }
}
