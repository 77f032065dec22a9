//! URLs that a response names: which of them are used.

use std::net::IpAddr;

use http::Uri;
use hub_transport::{BaseUrl, Origin};

/// The URL to use for one that a response of the Hub at `endpoint` named, of a store of contents: that of the mirror for one of the
/// public Hub, see [`BaseUrl::mirrored`].
///
/// # Errors
/// Why it is not used, as the end of a sentence (`is not a URL`): it is no absolute `https` URL (`http` is taken from an `http`
/// endpoint and for loopback hosts), it carries a user name, or it lies inside a machine's own network, with which a public endpoint
/// has no business.
pub fn server_url(endpoint: &BaseUrl, url: &str) -> Result<String, &'static str> {
    let uri = Uri::try_from(url).map_err(|_| "is not a URL")?;
    let (url, uri) = match endpoint.mirrored(&uri) {
        Some(uri) => (uri.to_string(), uri),
        None => (url.to_owned(), uri),
    };
    let origin = Origin::of(&uri).ok_or("is not an absolute URL")?;
    if uri.authority().is_some_and(|authority| authority.as_str().contains('@')) {
        return Err("carries a user name");
    }
    if !origin.is_https() && endpoint.origin().is_https() && !origin.is_loopback() {
        return Err("is not encrypted, but the endpoint is");
    }
    if &origin != endpoint.origin() && is_link_local(origin.host()) {
        return Err("is in a network of its own");
    }
    Ok(url)
}

fn is_link_local(host: &str) -> bool {
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    match bare.parse() {
        Ok(IpAddr::V4(ip)) => ip.is_link_local(),
        Ok(IpAddr::V6(ip)) => ip.is_unicast_link_local() || ip.is_unique_local(),
        Err(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base(text: &str) -> BaseUrl {
        text.parse().unwrap()
    }

    #[test]
    fn urls_are_used_unless_they_are_a_way_in_or_out() {
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
        for (endpoint, url, expected) in table {
            assert_eq!(server_url(endpoint, url).is_ok(), expected, "{url}");
        }
    }

    #[test]
    fn a_mirror_is_used_in_place_of_the_public_hub() {
        let mirror = base("https://hub.example/m");
        let table = [
            ("https://huggingface.co/a/b?x=1", "https://hub.example/m/a/b?x=1"),
            ("https://huggingface.co.evil.example/a", "https://huggingface.co.evil.example/a"),
        ];
        for (url, expected) in table {
            assert_eq!(server_url(&mirror, url).unwrap(), expected);
        }
        let url = "https://huggingface.co/a";
        assert_eq!(server_url(&base("https://huggingface.co"), url).unwrap(), url);
    }
}
