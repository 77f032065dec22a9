//! A response before it is sent.

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, DATE};
use http::{HeaderMap, HeaderValue, Method, Response};
use hub_types::error_code::{X_ERROR_CODE, X_ERROR_MESSAGE};
use serde_json::{Value, json};

use super::body::{End, FaultyBody};
use super::{Asked, Trouble, wrong};

/// A response, before anything goes wrong with it.
#[derive(Debug, Clone)]
pub struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// How it ends after half of its body; `None`: it has all of it.
    cut: Option<End>,
    /// A response to HEAD: its headers speak of a body that it has not.
    pub(crate) head_only: bool,
}

/// Why a request is not carried out.
#[derive(Debug)]
pub(crate) struct Refusal {
    status: u16,
    code: Option<&'static str>,
    body: Value,
}

impl Refusal {
    pub(crate) fn new(status: u16, error: &str) -> Self {
        Self { status, code: None, body: json!({ "error": error }) }
    }

    pub(crate) fn coded(status: u16, code: &'static str, error: &str) -> Self {
        Self { code: Some(code), ..Self::new(status, error) }
    }

    pub(crate) fn with(mut self, key: &str, value: String) -> Self {
        self.body[key] = value.into();
        self
    }

    pub(crate) fn no_repo() -> Self {
        Self::coded(404, "RepoNotFound", "Repository not found")
    }

    pub(crate) fn no_revision(revision: &str) -> Self {
        Self::coded(404, "RevisionNotFound", &format!("Invalid rev id: {revision}"))
    }

    pub(crate) fn no_entry(path: &str) -> Self {
        Self::coded(404, "EntryNotFound", &format!("{path} does not exist"))
    }
}

impl From<Refusal> for Reply {
    fn from(refusal: Refusal) -> Self {
        let mut reply = Self::json(&refusal.body);
        reply.status = refusal.status;
        if let Some(code) = refusal.code {
            let message = refusal.body["error"].as_str().unwrap_or_default().to_owned();
            reply = reply.header(X_ERROR_CODE, code.to_owned()).header(X_ERROR_MESSAGE, message);
        }
        reply
    }
}

impl Reply {
    pub(crate) fn new(status: u16, content_type: &'static str, body: impl Into<Bytes>) -> Self {
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(content_type))]);
        Self { status, headers, body: body.into(), cut: None, head_only: false }
    }

    pub(crate) fn json(value: &Value) -> Self {
        Self::new(200, "application/json; charset=utf-8", value.to_string())
    }

    pub(crate) fn refused(status: u16, error: &str) -> Self {
        let reply = Self::from(Refusal::new(status, error));
        if status == 429 { reply.header("retry-after", "1".to_owned()) } else { reply }
    }

    /// A response that another Hub made.
    pub(crate) fn of(status: u16, headers: HeaderMap, body: Bytes, method: &Method) -> Self {
        Self { status, headers, body, cut: None, head_only: false }.for_method(method)
    }

    pub(crate) fn header(mut self, name: &'static str, value: String) -> Self {
        self.headers.insert(name, HeaderValue::try_from(value).unwrap());
        self
    }

    pub(crate) fn is_json(&self) -> bool {
        let content_type = self.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        content_type.is_some_and(|content_type| content_type.contains("json"))
    }

    /// The response with something wrong in it.
    pub(crate) fn spoiled(mut self, trouble: &Trouble, asked: &Asked) -> Self {
        match trouble {
            Trouble::Short => self.cut = Some(End::Quiet),
            Trouble::Broken => self.cut = Some(End::Reset),
            Trouble::Halt => self.cut = Some(End::Never),
            Trouble::Corrupt => {
                let mut body = self.body.to_vec();
                let at = if self.is_json() { 0 } else { body.len() / 2 };
                if let Some(byte) = body.get_mut(at) {
                    *byte ^= 0xA5;
                }
                self.body = body.into();
            }
            Trouble::Wrong(kind) => return wrong::success(*kind, self, asked),
            _ => {}
        }
        self
    }

    /// With the header `Date`, where there is one.
    pub(crate) fn into_response(mut self, date: Option<&str>) -> Response<FaultyBody> {
        let length = self.body.len();
        if self.head_only {
            self.body = Bytes::new();
        }
        let half = self.body.slice(..self.body.len() / 2);
        let body = match self.cut {
            Some(end) if !self.head_only => FaultyBody::cut(half, length as u64, end),
            _ => FaultyBody::whole(self.body),
        };
        let mut response = Response::builder().status(self.status).body(body).unwrap();
        let headers = response.headers_mut();
        headers.extend(self.headers);
        if self.status != 204 && !headers.contains_key(CONTENT_LENGTH) {
            headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
        }
        if let Some(date) = date
            && !headers.contains_key(DATE)
        {
            headers.insert(DATE, HeaderValue::from_str(date).unwrap());
        }
        response
    }

    pub(crate) fn for_method(mut self, method: &Method) -> Self {
        self.head_only = *method == Method::HEAD;
        self
    }
}
