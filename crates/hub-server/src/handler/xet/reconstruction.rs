//! `GET /v2/reconstructions/{file}` and what is like it: of which chunks a file consists, and where they are.

use std::{collections::BTreeMap, ops::Range};

use http::{
    HeaderValue, Response, StatusCode,
    header::{CONTENT_RANGE, RANGE},
    request::Parts,
};
use hub_types::range::{self, Part};
use hub_xet::{
    MerkleHash,
    recipe::Reconstruction,
    wire::{BatchReconstruction, ReconstructionV1, ReconstructionV2},
};

use super::fetch::Fetches;
use crate::{
    Body, api_error::ApiError, api_error::header_text, context::Context, respond, route::rights::Access,
};

/// Most terms of a response: some megabytes of JSON. Clients ask for ranges of large files.
const MOST_TERMS: usize = 32 * 1024;
/// Most files that are asked about at once.
const MOST_FILES: usize = 64;

/// The second version: a URL for all ranges of a xorb.
pub(super) async fn second(
    context: &Context,
    parts: &Parts,
    access: Access,
    file: MerkleHash,
) -> Result<Response<Body>, ApiError> {
    let found = find(context, parts, &access, file).await?;
    let fetches = Fetches::new(context, access);
    respond::ok(&ReconstructionV2::new(&found, |xorb, ranges| fetches.url(xorb, ranges)))
}

/// The first version: a URL for each range.
pub(super) async fn first(
    context: &Context,
    parts: &Parts,
    access: Access,
    file: MerkleHash,
) -> Result<Response<Body>, ApiError> {
    let found = find(context, parts, &access, file).await?;
    let fetches = Fetches::new(context, access);
    respond::ok(&ReconstructionV1::new(&found, |xorb, range| fetches.url(xorb, std::slice::from_ref(range))))
}

/// Several files whole; those that the repository has not are left out.
pub(super) async fn several(context: &Context, access: Access) -> Result<Response<Body>, ApiError> {
    let mut files = Vec::new();
    for text in context.query.all("file_id") {
        files.push(text.parse::<MerkleHash>().map_err(|error| ApiError::bad_request(error.to_string()))?);
    }
    if files.len() > MOST_FILES {
        let message = format!("at most {MOST_FILES} files may be asked about at once");
        return Err(ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, message));
    }
    let fetches = Fetches::new(context, access.clone());
    let mut response = BatchReconstruction { files: BTreeMap::new(), fetch_info: BTreeMap::new() };
    let mut left = MOST_TERMS;
    let xet = context.hub().store.xet();
    for file in files {
        let Some(size) = xet.file_size(&access.repo, &file).await? else { continue };
        let found = xet.reconstruction(&file, 0..size, left).await?;
        left = left.saturating_sub(found.terms.len());
        let found =
            ReconstructionV1::new(&found, |xorb, range| fetches.url(xorb, std::slice::from_ref(range)));
        response.files.insert(file, found.terms);
        for (xorb, infos) in found.fetch_info {
            response.fetch_info.entry(xorb).or_default().extend(infos);
        }
    }
    respond::ok(&response)
}

/// `HEAD /v1/files/{file}`: its size as the length.
pub(super) async fn size(
    context: &Context,
    access: Access,
    file: MerkleHash,
) -> Result<Response<Body>, ApiError> {
    let size = context.hub().store.xet().file_size(&access.repo, &file).await?;
    Ok(respond::length_alone(size.ok_or_else(unknown_file)?))
}

async fn find(
    context: &Context,
    parts: &Parts,
    access: &Access,
    file: MerkleHash,
) -> Result<Reconstruction, ApiError> {
    let xet = context.hub().store.xet();
    let size = xet.file_size(&access.repo, &file).await?.ok_or_else(unknown_file)?;
    Ok(xet.reconstruction(&file, wanted(parts, size)?, MOST_TERMS).await?)
}

/// The bytes of a file that are asked for. Of the empty file every range is nothing.
fn wanted(parts: &Parts, size: u64) -> Result<Range<u64>, ApiError> {
    if size == 0 {
        return Ok(0..0);
    }
    match range::parse(parts.headers.get(RANGE).and_then(|range| range.to_str().ok()), size) {
        Part::Whole => Ok(0..size),
        Part::Some(start, end) => Ok(start..end),
        Part::Unsatisfiable => {
            let message = format!("the file has only {size} bytes");
            let unit: HeaderValue = header_text(&format!("bytes */{size}"));
            Err(ApiError::new(StatusCode::RANGE_NOT_SATISFIABLE, message).with_header(CONTENT_RANGE, unit))
        }
    }
}

/// A file of another repository answers like one that is nowhere.
fn unknown_file() -> ApiError {
    ApiError::new(StatusCode::NOT_FOUND, "the repository has no such file by Xet")
}
