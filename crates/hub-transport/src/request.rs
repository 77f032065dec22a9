//! Requests as one line: [`get`], [`post`] and their setters.

use std::fmt::Display;

use http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use http::{Extensions, HeaderMap, Method, Request, Uri};
use serde::Serialize;
use url::form_urlencoded::byte_serialize;

use crate::{Body, Error, OneAttempt, Timeouts};

/// A `GET` of a route (`/api/...`, already percent-encoded) or of an absolute URL.
pub fn get(path_or_url: impl Into<String>) -> RequestBuilder {
    RequestBuilder::new(Method::GET, path_or_url)
}

/// A `HEAD`; see [`get`].
pub fn head(path_or_url: impl Into<String>) -> RequestBuilder {
    RequestBuilder::new(Method::HEAD, path_or_url)
}

/// A `POST`; see [`get`].
pub fn post(path_or_url: impl Into<String>) -> RequestBuilder {
    RequestBuilder::new(Method::POST, path_or_url)
}

/// A `PUT`; see [`get`].
pub fn put(path_or_url: impl Into<String>) -> RequestBuilder {
    RequestBuilder::new(Method::PUT, path_or_url)
}

/// A `PATCH`; see [`get`].
pub fn patch(path_or_url: impl Into<String>) -> RequestBuilder {
    RequestBuilder::new(Method::PATCH, path_or_url)
}

/// A `DELETE`; see [`get`].
pub fn delete(path_or_url: impl Into<String>) -> RequestBuilder {
    RequestBuilder::new(Method::DELETE, path_or_url)
}

/// Collects a request; the first mistake is kept and returned by [`RequestBuilder::finish`].
///
/// ```
/// let request = hub_transport::get("/api/models").query("limit", 2).many("filter", ["a", "b c"]).finish()?;
/// assert_eq!(request.uri(), "/api/models?limit=2&filter=a&filter=b+c");
/// # Ok::<(), hub_transport::Error>(())
/// ```
#[derive(Debug)]
#[must_use = "a request does nothing until it is finished and sent"]
pub struct RequestBuilder {
    method: Method,
    url: String,
    headers: HeaderMap,
    extensions: Extensions,
    body: Body,
    error: Option<Error>,
}

impl RequestBuilder {
    /// A request with any method.
    pub fn new(method: Method, path_or_url: impl Into<String>) -> Self {
        Self {
            method,
            url: path_or_url.into(),
            headers: HeaderMap::new(),
            extensions: Extensions::new(),
            body: Body::empty(),
            error: None,
        }
    }

    /// Adds a query parameter; the value is encoded. An empty value is sent as `name=`.
    pub fn query(mut self, name: &str, value: impl Display) -> Self {
        self.url.push(if self.url.contains('?') { '&' } else { '?' });
        self.url.extend(byte_serialize(name.as_bytes()));
        self.url.push('=');
        self.url.extend(byte_serialize(value.to_string().as_bytes()));
        self
    }

    /// Adds a query parameter if there is a value.
    pub fn opt(self, name: &str, value: Option<impl Display>) -> Self {
        match value {
            Some(value) => self.query(name, value),
            None => self,
        }
    }

    /// Adds a query parameter once for each value.
    pub fn many<T: Display>(self, name: &str, values: impl IntoIterator<Item = T>) -> Self {
        values.into_iter().fold(self, |request, value| request.query(name, value))
    }

    /// Adds `name=true` if `on`; nothing otherwise, as the Python client does.
    pub fn flag(self, name: &str, on: bool) -> Self {
        if on { self.query(name, true) } else { self }
    }

    /// Sets a header.
    pub fn header<N, V>(mut self, name: N, value: V) -> Self
    where
        N: TryInto<HeaderName>,
        V: TryInto<HeaderValue>,
    {
        match (name.try_into(), value.try_into()) {
            (Ok(name), Ok(value)) => {
                self.headers.insert(name, value);
            }
            (Err(_), _) => self.fail(Error::build("a header name holds characters that cannot be sent")),
            (Ok(name), Err(_)) => {
                self.fail(Error::build(format!(
                    "the value of header {name} holds characters that cannot be sent"
                )));
            }
        }
        self
    }

    /// Sends the pairs as a form (`application/x-www-form-urlencoded`), with names and values encoded.
    pub fn form(mut self, pairs: &[(&str, &str)]) -> Self {
        let encode = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
        let pairs: Vec<_> =
            pairs.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
        let kind = HeaderValue::from_static("application/x-www-form-urlencoded");
        self.headers.insert(CONTENT_TYPE, kind);
        self.body = Body::bytes(pairs.join("&"));
        self
    }

    /// Sends `payload` as JSON.
    pub fn json(mut self, payload: &(impl Serialize + ?Sized)) -> Self {
        match serde_json::to_vec(payload) {
            Ok(json) => {
                self.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
                self.body = Body::bytes(json);
            }
            Err(source) => {
                self.fail(Error::build("the payload cannot be written as JSON").with_source(source))
            }
        }
        self
    }

    /// With limits the request is sent once and within them: for a question that something else can answer too.
    pub fn once_within(self, limits: Option<Timeouts>) -> Self {
        match limits {
            Some(limits) => self.extension(limits).extension(OneAttempt),
            None => self,
        }
    }

    /// Sends `body`.
    pub fn body(mut self, body: Body) -> Self {
        self.body = body;
        self
    }

    /// Sets a per-request option: [`Timeouts`](crate::Timeouts), [`RedirectMode`](crate::RedirectMode), or any type that
    /// a layer of yours reads.
    pub fn extension<T: Clone + Send + Sync + 'static>(mut self, option: T) -> Self {
        self.extensions.insert(option);
        self
    }

    /// The finished request. Its URI is relative (`/api/...`) unless an absolute URL was given.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Build`](crate::ErrorKind::Build): a URL, header or payload that cannot be sent.
    pub fn finish(self) -> Result<Request<Body>, Error> {
        if let Some(error) = self.error {
            return Err(error);
        }
        let absolute = self.url.starts_with("http://") || self.url.starts_with("https://");
        let url = if absolute || self.url.starts_with('/') { self.url } else { format!("/{}", self.url) };
        let uri = Uri::try_from(url)
            .map_err(|source| Error::build("the URL of the request is not a URL").with_source(source))?;
        let mut request = Request::new(self.body);
        *request.method_mut() = self.method;
        *request.uri_mut() = uri;
        *request.headers_mut() = self.headers;
        *request.extensions_mut() = self.extensions;
        Ok(request)
    }

    fn fail(&mut self, error: Error) {
        self.error.get_or_insert(error);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    #[test]
    fn unset_and_false_parameters_are_left_out() {
        let request = get("api/models")
            .opt("author", None::<&str>)
            .opt("search", Some(""))
            .flag("full", false)
            .flag("config", true)
            .finish()
            .unwrap();
        assert_eq!(request.uri(), "/api/models?search=&config=true");
    }

    #[test]
    fn parameters_are_encoded_and_join_an_existing_query() {
        let request = get("https://h.test/x?cursor=a%3D").query("q", "ü&=+ ").finish().unwrap();
        assert_eq!(request.uri(), "https://h.test/x?cursor=a%3D&q=%C3%BC%26%3D%2B+");
    }

    #[test]
    fn the_first_mistake_is_reported_at_the_end() {
        for builder in
            [get("/x").header("a b", "1"), get("/x").header("a", "1\n2"), get("/a b"), get("/x\r\ny")]
        {
            assert_eq!(builder.query("x", 1).finish().unwrap_err().kind(), ErrorKind::Build);
        }
    }

    #[test]
    fn json_sets_the_content_type() {
        let request = post("/x").json(&serde_json::json!({"a": 1})).finish().unwrap();
        assert_eq!(request.headers()[CONTENT_TYPE], "application/json");
        assert_eq!(request.body().as_bytes().unwrap(), r#"{"a":1}"#);
    }
}
