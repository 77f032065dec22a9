//! The file: one exchange a line, as JSON, without secrets.

use std::{
    collections::{HashMap, VecDeque},
    fs::File,
    io::{BufRead, BufReader, Write},
    sync::{Mutex, PoisonError},
};

use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, Uri};
use hub_api::transport::{Body, BoxError};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;

/// What stands where a secret stood.
const HIDDEN: &str = "hidden";
/// Headers of responses that are not kept.
const SECRET_HEADERS: [&str; 2] = ["set-cookie", "www-authenticate"];

/// One response, and what it is the response to. Of the request neither headers nor body are kept.
#[derive(Serialize, Deserialize)]
pub(crate) struct Exchange {
    method: String,
    url: String,
    status: u16,
    headers: Vec<(String, String)>,
    /// In base64.
    body: String,
}

/// The exchanges of a client, in the order in which they were answered.
pub(crate) enum Tape {
    /// A tape that is being written.
    Recording(Mutex<File>),
    /// A tape that is being read: the responses that are left, by method and URL.
    Playing(Mutex<HashMap<(String, String), VecDeque<Exchange>>>),
}

impl Tape {
    /// A new tape; what the file held before is gone.
    pub(crate) fn create(path: &str) -> Result<Self, BoxError> {
        Ok(Self::Recording(Mutex::new(File::create(path)?)))
    }

    /// A tape that was recorded before.
    pub(crate) fn open(path: &str) -> Result<Self, BoxError> {
        let mut responses = HashMap::<_, VecDeque<_>>::new();
        for line in BufReader::new(File::open(path)?).lines() {
            let exchange: Exchange = serde_json::from_str(&line?)?;
            let key = (exchange.method.clone(), exchange.url.clone());
            responses.entry(key).or_default().push_back(exchange);
        }
        Ok(Self::Playing(Mutex::new(responses)))
    }

    /// Adds an exchange.
    pub(crate) fn push(
        &self,
        method: &Method,
        url: &Uri,
        response: &Response<Bytes>,
    ) -> Result<(), BoxError> {
        let Self::Recording(file) = self else { return Err("this tape is being read".into()) };
        let exchange = Exchange {
            method: method.to_string(),
            url: without_secrets(&url.to_string()),
            status: response.status().as_u16(),
            headers: kept_headers(response.headers()),
            body: BASE64_STANDARD.encode(clean_body(response.body())),
        };
        let mut line = serde_json::to_vec(&exchange)?;
        line.push(b'\n');
        Ok(file.lock().unwrap_or_else(PoisonError::into_inner).write_all(&line)?)
    }

    /// The next response to this request, if the tape has one. The last one is given again and again.
    pub(crate) fn response(&self, method: &Method, url: &Uri) -> Result<Option<Response<Body>>, BoxError> {
        let Self::Playing(responses) = self else { return Err("this tape is being written".into()) };
        let mut responses = responses.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (method.to_string(), without_secrets(&url.to_string()));
        let Some(left) = responses.get_mut(&key) else { return Ok(None) };
        if left.len() > 1 {
            return left.pop_front().as_ref().map(Exchange::response).transpose();
        }
        left.front().map(Exchange::response).transpose()
    }
}

impl Exchange {
    fn response(&self) -> Result<Response<Body>, BoxError> {
        let mut response = Response::builder().status(self.status);
        for (name, value) in &self.headers {
            response = response.header(name.parse::<HeaderName>()?, HeaderValue::from_str(value)?);
        }
        Ok(response.body(Body::bytes(BASE64_STANDARD.decode(&self.body)?))?)
    }
}

/// Headers that are text and not secret, with URLs cleaned.
fn kept_headers(headers: &HeaderMap) -> Vec<(String, String)> {
    headers
        .iter()
        .filter(|(name, value)| !SECRET_HEADERS.contains(&name.as_str()) && !value.is_sensitive())
        .filter_map(|(name, value)| Some((name.to_string(), without_secrets(value.to_str().ok()?))))
        .collect()
}

/// JSON goes in with the URLs in it cleaned, everything else as it is.
fn clean_body(body: &Bytes) -> Bytes {
    let Ok(mut json) = serde_json::from_slice::<Value>(body) else { return body.clone() };
    let before = json.clone();
    clean(&mut json);
    if json == before { body.clone() } else { json.to_string().into() }
}

fn clean(json: &mut Value) {
    match json {
        Value::String(text) => *text = without_secrets(text),
        Value::Array(items) => items.iter_mut().for_each(clean),
        Value::Object(fields) => {
            for (key, value) in fields {
                if key.eq_ignore_ascii_case("authorization") || key.to_lowercase().contains("token") {
                    *value = HIDDEN.into();
                } else {
                    clean(value);
                }
            }
        }
        _ => {}
    }
}

/// A URL without the values of a query that grants access; any other text as it is.
///
/// A query is taken for one as soon as one of its names says so, and then loses all values: which of them the signature
/// covers is the server's business. Cleaned URLs are also what a tape is searched by.
fn without_secrets(text: &str) -> String {
    let Ok(mut url) = Url::parse(text) else { return text.to_owned() };
    let grants = |name: &str| {
        ["signature", "token", "credential", "x-amz-", "x-goog-", "policy", "key-pair-id"]
            .iter()
            .any(|word| name.to_lowercase().contains(word))
    };
    if !url.query_pairs().any(|(name, _)| grants(&name)) {
        return text.to_owned();
    }
    let names: Vec<String> = url.query_pairs().map(|(name, _)| name.into_owned()).collect();
    url.query_pairs_mut().clear().extend_pairs(names.iter().map(|name| (name.as_str(), HIDDEN)));
    url.into()
}
