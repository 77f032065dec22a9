//! `POST /api/validate-yaml`: the check of a card before it is committed. Clients ask it for every `README.md`.

use http::{Response, StatusCode, request::Parts};
use hub_types::{RepoType, ValidateYamlRequest, ValidateYamlResponse, error_code::ErrorItem};

use super::form;
use crate::{
    Body,
    api_error::ApiError,
    body::{self, Incoming},
    card::{self, Card},
    respond,
};

/// The text of a card travels in it, so it is larger than other JSON bodies.
const LIMIT: usize = 16 << 20;

/// Says what is wrong with a card: 200 with warnings, or 400 with errors.
pub(crate) async fn validate(parts: Parts, body: &mut Incoming) -> Result<Response<Body>, ApiError> {
    let bytes = body::read_all(body, LIMIT).await?;
    let request = match form(&parts, &bytes) {
        Some(form) => ValidateYamlRequest::new(form.get("content").unwrap_or_default())
            .repo_type(form.get("repoType").map(str::to_owned)),
        None => serde_json::from_slice(&bytes).map_err(|error| super::invalid_json(&error))?,
    };
    let response = ValidateYamlResponse::new();
    let response = match card::parse(&request.content) {
        Card::Fields(_) => {
            let kind = request.repo_type.as_deref().and_then(RepoType::from_word);
            let problems = card::problems(kind, &request.content);
            response.errors(problems.into_iter().map(ErrorItem::new).collect::<Vec<_>>())
        }
        Card::Missing => response.warnings([ErrorItem::new("empty or missing yaml metadata in repo card")]),
        Card::Broken(reason) => response.errors([ErrorItem::new(format!("Invalid YAML metadata: {reason}"))]),
    };
    let status = if response.errors.is_empty() { StatusCode::OK } else { StatusCode::BAD_REQUEST };
    Ok(respond::json(status, &response))
}
