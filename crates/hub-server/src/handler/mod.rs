//! One file for each kind of request.

pub(crate) mod auth_check;
pub(crate) mod branches;
pub(crate) mod commit;
pub(crate) mod commit_plan;
pub(crate) mod commits;
pub(crate) mod discussion_changes;
pub(crate) mod discussions;
pub(crate) mod duplicate;
pub(crate) mod entries;
pub(crate) mod git;
mod git_files;
pub(crate) mod info;
mod known_tags;
pub(crate) mod lfs;
mod lfs_links;
pub(crate) mod likes;
mod linked;
pub(crate) mod locks;
pub(crate) mod moves;
pub(crate) mod paths_info;
pub(crate) mod preupload;
pub(crate) mod refs;
pub(crate) mod repos;
pub(crate) mod resolve;
pub(crate) mod search;
pub(crate) mod settings;
pub(crate) mod space_templates;
pub(crate) mod spaces;
pub(crate) mod tag_lists;
pub(crate) mod tags;
pub(crate) mod tree;
pub(crate) mod validate_yaml;
pub(crate) mod whoami;
pub(crate) mod xet;

use http::{
    Response, StatusCode,
    header::{CONTENT_TYPE, LINK},
    request::Parts,
};
use hub_types::Timestamp;
use serde::de::DeserializeOwned;

use crate::{
    Body,
    api_error::{ApiError, header_text},
    body::{self, Incoming},
    context::Context,
    respond,
};
use hub_types::query::Query;

/// Most bytes of a JSON body.
const JSON_LIMIT: usize = 1 << 20;

/// Reads a JSON body of at most `limit` bytes.
async fn read_json<T: DeserializeOwned>(body: &mut Incoming, limit: usize) -> Result<T, ApiError> {
    let bytes = body::read_all(body, limit).await?;
    serde_json::from_slice(&bytes).map_err(|error| invalid_json(&error))
}

/// 400 for a body that is not what it should be.
fn invalid_json(error: &serde_json::Error) -> ApiError {
    ApiError::bad_request(format!("Invalid JSON body: {}", hub_types::json_problem(error)))
}

/// Reads a JSON body; an empty one is an empty object.
async fn read_json_or_nothing<T: DeserializeOwned + Default>(body: &mut Incoming) -> Result<T, ApiError> {
    let bytes = body::read_all(body, JSON_LIMIT).await?;
    if bytes.is_empty() {
        return Ok(T::default());
    }
    serde_json::from_slice(&bytes).map_err(|error| invalid_json(&error))
}

/// How many entries of a list are asked for: `limit`, or so many where it is not given, and never more than `most`.
fn page_size(query: &Query, default: usize, most: usize) -> Result<usize, ApiError> {
    match query.number("limit")? {
        Some(0) => Err(ApiError::bad_request("\"limit\" must be at least 1")),
        limit => Ok(limit.unwrap_or(default).min(most)),
    }
}

/// 200 with the text `OK`: nothing else is to be said.
fn done() -> Response<Body> {
    respond::whole(StatusCode::OK, "text/plain; charset=utf-8", "OK")
}

/// The pairs of a body that is a form, by its media type.
fn form(parts: &Parts, body: &[u8]) -> Option<Query> {
    let media_type = parts.headers.get(CONTENT_TYPE)?.to_str().ok()?;
    let is_form = media_type.to_ascii_lowercase().starts_with("application/x-www-form-urlencoded");
    is_form.then(|| Query::parse(body))
}

/// A point in time as the Hub writes it: UTC with milliseconds.
pub(crate) fn timestamp(time: jiff::Timestamp) -> Timestamp {
    Timestamp::new(format!("{time:.3}"))
}

/// Where the picture of an account would be. Clients ask for the key; there are no pictures here.
fn avatar_url(account_key: i64) -> String {
    format!("/avatars/{account_key}.svg")
}

/// Adds the URL of the next page. Always absolute: the JavaScript client knows no other.
fn with_next(mut response: Response<Body>, url: &str) -> Response<Body> {
    response.headers_mut().insert(LINK, header_text(&format!("<{url}>; rel=\"next\"")));
    response
}

/// The URL of the same listing with some parameters changed.
fn next_url(context: &Context, path: &str, changed: &[(&str, String)]) -> String {
    let mut pairs = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in context.query.pairs() {
        if !changed.iter().any(|(changed, _)| changed == &name) {
            pairs.append_pair(name, value);
        }
    }
    for (name, value) in changed {
        pairs.append_pair(name, value);
    }
    context.absolute(&format!("{path}?{}", pairs.finish()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_milliseconds_and_a_z() {
        let time: jiff::Timestamp = "2024-05-06T07:08:09Z".parse().unwrap();
        assert_eq!(timestamp(time).as_str(), "2024-05-06T07:08:09.000Z");
    }
}
