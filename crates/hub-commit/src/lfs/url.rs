//! Which URLs of an LFS response are used, and which of their headers are sent.

use std::collections::BTreeMap;
use std::net::IpAddr;

use http::header::{AUTHORIZATION, CONTENT_LENGTH, HOST, HeaderName, HeaderValue, TRANSFER_ENCODING};
use http::{HeaderMap, Uri};
use hub_transport::{BaseUrl, Origin};
use hub_types::lfs::CHUNK_SIZE;

use crate::CommitError;

/// The URL to use for `href`: that of the mirror for one of the public Hub, see [`BaseUrl::mirrored`].
///
/// # Errors
/// [`CommitError::MalformedUpload`] for what is not an absolute `https` URL (`http` is taken from an `http` endpoint and
/// for loopback hosts), and for URLs inside a machine's own network that a public endpoint has no business with.
pub(super) fn usable(endpoint: &BaseUrl, href: &str) -> Result<String, CommitError> {
    let shown = href.split('?').next().unwrap_or_default();
    let refuse = |reason: &str| CommitError::malformed(format!("the upload URL {shown:?} {reason}"));
    let uri = Uri::try_from(href).map_err(|_| refuse("is not a URL"))?;
    let (href, uri) = match endpoint.mirrored(&uri) {
        Some(uri) => (uri.to_string(), uri),
        None => (href.to_owned(), uri),
    };
    let origin = Origin::of(&uri).ok_or_else(|| refuse("is not an absolute URL"))?;
    if uri.authority().is_some_and(|authority| authority.as_str().contains('@')) {
        return Err(refuse("carries a user name"));
    }
    if !origin.is_https() && endpoint.origin().is_https() && !origin.is_loopback() {
        return Err(refuse("is not encrypted, but the endpoint is"));
    }
    if &origin != endpoint.origin() && is_link_local(origin.host()) {
        return Err(refuse("is in a network of its own"));
    }
    Ok(href)
}

fn is_link_local(host: &str) -> bool {
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    match bare.parse() {
        Ok(IpAddr::V4(ip)) => ip.is_link_local(),
        Ok(IpAddr::V6(ip)) => ip.is_unicast_link_local() || ip.is_unique_local(),
        Err(_) => false,
    }
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
    fn addresses_are_used_unless_they_are_a_way_in_or_out() {
        let (public, local) = (base("https://huggingface.co"), base("http://127.0.0.1:9"));
        let table = [
            (&public, "https://store.example/x?sig=1", true),
            (&public, "http://store.example/x", false),
            (&public, "http://127.0.0.1:8080/x", true),
            (&public, "https://169.254.169.254/latest/meta-data", false),
            (&public, "https://[fd00::1]/x", false),
            (&public, "https://user:pw@store.example/x", false),
            (&public, "/relative", false),
            (&public, "ftp://store.example/x", false),
            (&public, "not a url", false),
            (&local, "http://store.example/x", true),
            (&local, "http://127.0.0.1:9/x", true),
        ];
        for (endpoint, href, expected) in table {
            assert_eq!(usable(endpoint, href).is_ok(), expected, "{href}");
        }
        let error = usable(&public, "http://store.example/x?sig=secret").unwrap_err().to_string();
        assert!(!error.contains("secret"), "{error}");
    }

    #[test]
    fn a_mirror_is_used_in_place_of_the_public_hub() {
        let mirror = base("https://hub.example/m");
        let table = [
            ("https://huggingface.co/a/b?x=1", "https://hub.example/m/a/b?x=1"),
            ("https://huggingface.co.evil.example/a", "https://huggingface.co.evil.example/a"),
        ];
        for (href, expected) in table {
            assert_eq!(usable(&mirror, href).unwrap(), expected);
        }
        let href = "https://huggingface.co/a";
        assert_eq!(usable(&base("https://huggingface.co"), href).unwrap(), href);
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
