//! Which URLs of an LFS response are used, and which of their headers are sent.

use std::collections::BTreeMap;

use http::header::{AUTHORIZATION, CONTENT_LENGTH, HOST, HeaderName, HeaderValue, TRANSFER_ENCODING};
use http::{HeaderMap, Uri};
use hub_endpoints::server_url;
use hub_transport::BaseUrl;
use hub_types::lfs::CHUNK_SIZE;

use crate::CommitError;

/// The URL to use for `href`: see [`server_url`].
///
/// # Errors
/// [`CommitError::MalformedUpload`] for what is not used.
pub(super) fn usable(endpoint: &BaseUrl, href: &str) -> Result<String, CommitError> {
    server_url(endpoint, href).map_err(|reason| {
        let shown = href.split('?').next().unwrap_or_default();
        CommitError::malformed(format!("the upload URL {shown:?} {reason}"))
    })
}

/// The headers that an action asks for: not those of the multipart description, not those that belong to the HTTP client,
/// and no credential of the server's choice towards the endpoint itself.
pub(super) fn headers(endpoint: &BaseUrl, href: &str, wanted: &BTreeMap<String, String>) -> HeaderMap {
    let at_home = Uri::try_from(href).is_ok_and(|uri| endpoint.origin().covers(&uri));
    let mut headers = HeaderMap::new();
    for (name, value) in wanted {
        if name == CHUNK_SIZE || name.bytes().all(|byte| byte.is_ascii_digit()) {
            continue;
        }
        let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), HeaderValue::from_str(value)) else {
            tracing::warn!("an upload header that cannot be sent is left out");
            continue;
        };
        let reserved = [HOST, CONTENT_LENGTH, TRANSFER_ENCODING].contains(&name);
        if !(reserved || at_home && name == AUTHORIZATION) {
            headers.insert(name, value);
        }
    }
    headers
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base(text: &str) -> BaseUrl {
        text.parse().unwrap()
    }

    #[test]
    fn a_refused_url_is_named_without_its_query() {
        let public = base("https://huggingface.co");
        let error = usable(&public, "http://store.example/x?sig=secret").unwrap_err().to_string();
        assert!(error.contains("http://store.example/x") && !error.contains("secret"), "{error}");
    }

    #[test]
    fn headers_of_the_client_and_of_the_multipart_description_are_not_sent() {
        let wanted = [
            ("chunk_size", "5"),
            ("00001", "https://x"),
            ("Host", "evil"),
            ("Content-Length", "0"),
            ("Authorization", "Basic x"),
            ("X-Store", "1"),
            ("bad name", "1"),
        ];
        let wanted = wanted.into_iter().map(|(k, v)| (k.to_owned(), v.to_owned())).collect();
        let home = base("https://hub.example");
        let names = |href| {
            let mut names: Vec<_> =
                headers(&home, href, &wanted).keys().map(|name| name.as_str().to_owned()).collect();
            names.sort();
            names
        };
        assert_eq!(names("https://store.example/x"), ["authorization", "x-store"]);
        assert_eq!(names("https://hub.example/x"), ["x-store"]);
    }
}
