//! The style sheet and the script. They are small and part of the program.

use http::{HeaderValue, Response, StatusCode, header::CACHE_CONTROL};
use hub_types::hex;
use sha2::{Digest, Sha256};
use std::sync::LazyLock;

use crate::{Body, api_error::ApiError, context::Context, respond};

struct Asset {
    name: &'static str,
    media_type: &'static str,
    text: &'static str,
    /// Some digits of its hash: a browser keeps it for as long as it has these.
    version: String,
}

static ASSETS: LazyLock<Vec<Asset>> = LazyLock::new(|| {
    let asset = |name, media_type, text: &'static str| {
        let digest = hex::encode(&Sha256::digest(text.as_bytes()));
        Asset { name, media_type, text, version: digest.chars().take(12).collect() }
    };
    vec![
        asset("style.css", "text/css; charset=utf-8", include_str!("assets/style.css")),
        asset("page.js", "text/javascript; charset=utf-8", include_str!("assets/page.js")),
    ]
});

/// The path of an asset, with its version.
pub(super) fn path(name: &str) -> String {
    let version = ASSETS.iter().find(|asset| asset.name == name).map_or("", |asset| &asset.version);
    format!("/_page/{name}?v={version}")
}

/// Sends an asset.
pub(super) fn response(context: &Context, name: &str) -> Result<Response<Body>, ApiError> {
    let asset = ASSETS.iter().find(|asset| asset.name == name).ok_or_else(ApiError::nowhere)?;
    let mut response = respond::whole(StatusCode::OK, asset.media_type, asset.text);
    if context.query.get("v") == Some(&asset.version) {
        let forever = HeaderValue::from_static("public, max-age=31536000, immutable");
        response.headers_mut().insert(CACHE_CONTROL, forever);
    }
    Ok(response)
}
