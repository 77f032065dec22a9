//! `GET /bytes/{xorb}`: some bytes of a xorb, by a signed URL.

use http::{
    HeaderValue, Response, StatusCode,
    header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, RANGE},
    request::Parts,
};
use hub_xet::{MerkleHash, recipe::FetchRange, wire::SignedUrl};

use crate::{
    Body,
    api_error::{ApiError, header_text},
    context::Context,
    route::{
        cas::{self, CasPath},
        rights::Access,
    },
    signed::{LIFETIME, Purpose, audience, is_still_for, now},
    store::RepoRecord,
};

/// Signs URLs of what a repository's files consist of. Each is good for its ranges of its xorb, and for an hour.
pub(super) struct Fetches {
    context: Context,
    repo: RepoRecord,
    expires: u64,
}

impl Fetches {
    pub(super) fn new(context: &Context, access: Access) -> Self {
        let lifetime = if context.expired_links { 0 } else { LIFETIME.as_secs() };
        Self { context: context.clone(), repo: access.repo, expires: now() + lifetime }
    }

    pub(super) fn url(&self, xorb: &MerkleHash, ranges: &[FetchRange]) -> SignedUrl {
        let hub = self.context.hub();
        let ranges: Vec<String> = ranges
            .iter()
            .map(|range| format!("{}-{}", range.bytes.start, range.bytes.end.saturating_sub(1)))
            .collect();
        let ranges = ranges.join(",");
        let (repo, audience, expires) = (&self.repo.internal_id, audience(&self.repo), self.expires);
        let text = signed_text(xorb, &ranges, repo, audience, expires);
        let signature = hub_types::hex::encode(&hub.signer.sign(Purpose::Fetch, &text));
        let path = format!("{}{}", cas::base(hub.store.xet().instance()), CasPath::Bytes(*xorb));
        let query =
            format!("ranges={ranges}&repo={repo}&for={audience}&expires={expires}&signature={signature}");
        self.context.absolute(&format!("{path}?{query}")).into()
    }
}

fn signed_text(xorb: &MerkleHash, ranges: &str, repo: &str, audience: &str, expires: u64) -> String {
    format!("{xorb}\n{ranges}\n{repo}\n{audience}\n{expires}")
}

/// Sends one of the ranges that a URL is for.
pub(super) async fn bytes(
    context: &Context,
    parts: &Parts,
    xorb: MerkleHash,
) -> Result<Response<Body>, ApiError> {
    let refuse = || ApiError::forbidden("this URL has expired or is not valid, ask for a new one");
    let value = |name| context.query.get(name).unwrap_or_default();
    let (ranges, repo, audience) = (value("ranges"), value("repo"), value("for"));
    let expires: u64 = value("expires").parse().map_err(|_| refuse())?;
    let text = signed_text(&xorb, ranges, repo, audience, expires);
    if !context.hub().signer.has_signed(Purpose::Fetch, &text, value("signature")) || expires <= now() {
        return Err(refuse());
    }
    let range = parts.headers.get(RANGE).and_then(|range| range.to_str().ok()).unwrap_or_default();
    let range = range.trim().strip_prefix("bytes=").unwrap_or_default().trim();
    let (start, end) = match range.split_once('-') {
        Some((start, end)) if ranges.split(',').any(|signed| signed == range) => (start, end),
        _ => return Err(ApiError::forbidden("this URL is for other bytes: send one of its ranges")),
    };
    let (Ok(start), Ok(last)) = (start.parse::<u64>(), end.parse::<u64>()) else { return Err(refuse()) };
    let (repo, audience) = (repo.to_owned(), audience.to_owned());
    let store = context.hub().store.xet();
    let repo = context
        .blocking(move |hub| {
            let found = hub.store.repo_by_internal_id(&repo)?.filter(|repo| is_still_for(repo, &audience));
            let found = found.ok_or_else(refuse)?;
            if found.disabled { Err(ApiError::disabled()) } else { Ok(found.repo) }
        })
        .await?;
    let size = store.xorb_size(&xorb).await?;
    let size = size.ok_or_else(|| ApiError::new(StatusCode::NOT_FOUND, "the xorb does not exist"))?;
    let length = (last + 1).saturating_sub(start);
    let mut response = Response::new(Body::empty());
    if !context.head {
        let content = store.read_xorb(&xorb, start..last + 1).await;
        let content = content.map_err(|error| ApiError::from(error).in_repo(&repo))?;
        *response.body_mut() = Body::stream(length, content);
    }
    *response.status_mut() = StatusCode::PARTIAL_CONTENT;
    let headers = response.headers_mut();
    headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
    headers.insert(CONTENT_RANGE, header_text(&format!("bytes {start}-{last}/{size}")));
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    // The bytes under a URL never change.
    let age = format!("private, max-age={}, immutable", expires.saturating_sub(now()));
    headers.insert(CACHE_CONTROL, header_text(&age));
    Ok(response)
}
