//! Successes that are not the one that was asked for: what proxies, caches and login pages make of a response.

use http::header::{CONTENT_TYPE, LOCATION};
use serde_json::{Map, Value};

use super::reply::Reply;
use super::{Asked, Wrong};

/// Where a redirect to a page to log in leads.
pub(super) const LOGIN: &str = "/login";

/// A web page.
pub(super) fn page() -> Reply {
    Reply::new(200, "text/html; charset=utf-8", "<!doctype html><html><body><h1>Welcome</h1></body></html>")
}

/// What becomes of `reply`. A refusal becomes a success too: that is what makes it wrong.
pub(super) fn success(kind: Wrong, mut reply: Reply, asked: &Asked) -> Reply {
    let head_only = reply.head_only;
    let parsed = if reply.is_json() { serde_json::from_slice::<Value>(&reply.body).ok() } else { None };
    let with = |mut reply: Reply, value: Value| {
        reply.body = value.to_string().into();
        reply
    };
    if reply.status >= 400 {
        reply.status = 200;
    }
    let mut wrong = match (kind, parsed) {
        (Wrong::Html, _) => page(),
        (Wrong::Empty, _) => Reply::new(200, "application/json", ""),
        (Wrong::NoContent, _) => {
            let mut none = Reply::new(204, "application/json", "");
            none.headers.clear();
            none
        }
        (Wrong::CutJson, _) => {
            reply.body = reply.body.slice(..reply.body.len() / 2);
            reply
        }
        (Wrong::NoFields, Some(value)) => with(reply, each_field(value, None)),
        (Wrong::NullFields, Some(value)) => with(reply, each_field(value, Some(Value::Null))),
        (Wrong::NoFields | Wrong::NullFields, None) => page(),
        (Wrong::ContentType, _) => reply.header(CONTENT_TYPE.as_str(), "text/plain".to_owned()),
        (Wrong::LoginPage, _) => redirect(302),
        (Wrong::LoginPage307, _) => redirect(307),
        (Wrong::OtherRepo, Some(value)) if asked.method != http::Method::GET => with(reply, elsewhere(value)),
        (Wrong::OtherRepo, _) => page(),
    };
    wrong.head_only = head_only;
    wrong
}

fn redirect(status: u16) -> Reply {
    let mut reply = page().header(LOCATION.as_str(), LOGIN.to_owned());
    reply.status = status;
    reply
}

/// All fields of the objects at the top gone, or with this value.
fn each_field(value: Value, with: Option<Value>) -> Value {
    match value {
        Value::Object(fields) => {
            let fields = fields.into_iter().filter_map(|(name, _)| Some((name, with.clone()?)));
            Value::Object(fields.collect::<Map<_, _>>())
        }
        Value::Array(items) => items.into_iter().map(|item| each_field(item, with.clone())).collect(),
        other => with.unwrap_or(other),
    }
}

/// What the same call to another repository would have said: other URLs, other commits.
fn elsewhere(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            fields.into_iter().map(|(name, value)| (name, elsewhere(value))).collect::<Map<_, _>>().into()
        }
        Value::Array(items) => items.into_iter().map(elsewhere).collect(),
        Value::String(text) => {
            let is_id = text.len() == 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
            let text = if is_id { "e".repeat(40) } else { other_url(&text) };
            Value::String(text)
        }
        other => other,
    }
}

fn other_url(text: &str) -> String {
    let Some((origin, path)) = text.split_once("://").and_then(|(_, rest)| rest.split_once('/')) else {
        return text.to_owned();
    };
    let scheme = &text[..text.find("://").unwrap_or_default()];
    let mut parts: Vec<&str> = path.split('/').collect();
    let start = usize::from(matches!(parts.first(), Some(&("datasets" | "spaces"))));
    for (at, other) in [(start, "eve"), (start + 1, "other")] {
        if let Some(part) = parts.get_mut(at) {
            *part = other;
        }
    }
    let mut url = format!("{scheme}://{origin}/{}", parts.join("/"));
    // The id of the commit in the URL of a commit.
    if let Some((before, id)) = url.rsplit_once("/commit/")
        && id.len() == 40
    {
        url = format!("{before}/commit/{}", "e".repeat(40));
    }
    url
}
