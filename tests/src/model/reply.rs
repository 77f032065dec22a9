//! A response before it is sent.

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, DATE};
use http::{HeaderValue, Method, Response};
use hub_types::error_code::{X_ERROR_CODE, X_ERROR_MESSAGE};
use serde_json::{Value, json};

use super::body::{End, ModelBody};
use super::{Asked, Trouble, wrong};

/// A response.
#[derive(Debug, Clone)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Bytes,
    /// How it ends after half of its body; `None`: it has all of it.
    cut: Option<End>,
    /// A response to HEAD: its headers speak of a body that it has not.
    pub(super) head_only: bool,
}

/// Why a request is not carried out.
#[derive(Debug)]
pub(super) struct Refusal {
    status: u16,
    code: Option<&'static str>,
    body: Value,
}

impl Refusal {
    pub(super) fn new(status: u16, error: &str) -> Self {
        Self { status, code: None, body: json!({ "error": error }) }
    }

    pub(super) fn coded(status: u16, code: &'static str, error: &str) -> Self {
        Self { code: Some(code), ..Self::new(status, error) }
    }

    pub(super) fn with(mut self, key: &str, value: String) -> Self {
        self.body[key] = value.into();
        self
    }

    pub(super) fn no_repo() -> Self {
        Self::coded(404, "RepoNotFound", "Repository not found")
    }

    pub(super) fn no_revision(revision: &str) -> Self {
        Self::coded(404, "RevisionNotFound", &format!("Invalid rev id: {revision}"))
    }

    pub(super) fn no_entry(path: &str) -> Self {
        Self::coded(404, "EntryNotFound", &format!("{path} does not exist"))
    }
}

impl From<Refusal> for Reply {
    fn from(refusal: Refusal) -> Self {
        let mut reply = Self::json(&refusal.body);
        reply.status = refusal.status;
        if let Some(code) = refusal.code {
            reply.headers.push((X_ERROR_CODE, code.to_owned()));
            let message = refusal.body["error"].as_str().unwrap_or_default().to_owned();
            reply.headers.push((X_ERROR_MESSAGE, message));
        }
        reply
    }
}

impl Reply {
    pub(super) fn new(status: u16, content_type: &'static str, body: impl Into<Bytes>) -> Self {
        let headers = vec![(CONTENT_TYPE.as_str(), content_type.to_owned())];
        Self { status, headers, body: body.into(), cut: None, head_only: false }
    }

    pub(super) fn json(value: &Value) -> Self {
        Self::new(200, "application/json; charset=utf-8", value.to_string())
    }

    pub(super) fn refused(status: u16, error: &str) -> Self {
        let reply = Self::from(Refusal::new(status, error));
        if status == 429 { reply.header("retry-after", "1".to_owned()) } else { reply }
    }

    pub(super) fn header(mut self, name: &'static str, value: String) -> Self {
        self.headers.retain(|(other, _)| *other != name);
        self.headers.push((name, value));
        self
    }

    pub(super) fn is_json(&self) -> bool {
        self.headers.iter().any(|(name, value)| *name == CONTENT_TYPE.as_str() && value.contains("json"))
    }

    /// The response with something wrong in it.
    pub(super) fn spoiled(mut self, trouble: &Trouble, asked: &Asked) -> Self {
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
    pub(super) fn into_response(mut self, date: Option<&str>) -> Response<ModelBody> {
        let length = self.body.len();
        if self.head_only {
            self.body = Bytes::new();
        }
        let half = self.body.slice(..self.body.len() / 2);
        let body = match self.cut {
            Some(end) if !self.head_only => ModelBody::cut(half, length as u64, end),
            _ => ModelBody::whole(self.body),
        };
        let mut response = Response::builder().status(self.status).body(body).unwrap();
        let headers = response.headers_mut();
        for (name, value) in self.headers {
            headers.append(name, HeaderValue::from_str(&value).unwrap());
        }
        if self.status != 204 && !headers.contains_key(CONTENT_LENGTH) {
            headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
        }
        if let Some(date) = date {
            headers.insert(DATE, HeaderValue::from_str(date).unwrap());
        }
        response
    }

    pub(super) fn for_method(mut self, method: &Method) -> Self {
        self.head_only = *method == Method::HEAD;
        self
    }
}
