//! [`BaseUrl`]: the endpoint all relative requests go to, and [`Origin`], which decides where a token may go.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use http::Uri;
use url::Url;

use crate::Error;

/// Hosts of the public Hub. A mirror may pass its answers on unchanged; they then mean the mirror.
const PUBLIC: [&str; 2] = ["huggingface.co", "hub-ci.huggingface.co"];

/// The public Hub.
pub const DEFAULT_ENDPOINT: &str = "https://huggingface.co";

/// Scheme, host and port: what a credential is bound to.
///
/// Hosts are compared without case; a missing port is the one of the scheme.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Origin {
    https: bool,
    host: String,
    port: u16,
}

impl Origin {
    /// The origin of an absolute `http` or `https` URI, `None` for any other.
    #[must_use]
    pub fn of(uri: &Uri) -> Option<Self> {
        let (https, host, port) = parts(uri)?;
        Some(Self { https, host: host.to_ascii_lowercase(), port })
    }

    /// True if `uri` is absolute and has this origin.
    #[must_use]
    pub fn covers(&self, uri: &Uri) -> bool {
        parts(uri).is_some_and(|(https, host, port)| {
            https == self.https && port == self.port && host.eq_ignore_ascii_case(&self.host)
        })
    }

    /// True for `https`.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.https
    }

    /// Host in lower case; an IPv6 address stands in brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Port, explicit or that of the scheme.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// True if nobody on the way can read what is sent there: `https`, or this machine.
    #[must_use]
    pub fn is_protected(&self) -> bool {
        self.https || self.is_loopback()
    }

    /// True if the host is `localhost` or a loopback address.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.host)
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, usual) = if self.https { ("https", 443) } else { ("http", 80) };
        write!(f, "{scheme}://{}", self.host)?;
        if self.port == usual { Ok(()) } else { write!(f, ":{}", self.port) }
    }
}

fn parts(uri: &Uri) -> Option<(bool, &str, u16)> {
    let https = match uri.scheme_str()? {
        "https" => true,
        "http" => false,
        _ => return None,
    };
    let host = uri.host()?;
    let port = match uri.port_u16() {
        Some(port) => port,
        None if has_broken_port(uri, host) => return None,
        None if https => 443,
        None => 80,
    };
    Some((https, host, port))
}

/// `http::Uri` takes any text for a port and then says that there is none.
fn has_broken_port(uri: &Uri, host: &str) -> bool {
    let authority = uri.authority().map_or("", |authority| authority.as_str());
    let bare = authority.rsplit_once('@').map_or(authority, |(_, bare)| bare);
    !matches!(bare.get(host.len()..), Some("" | ":"))
}

pub(crate) fn same_origin(a: &Uri, b: &Uri) -> bool {
    match (parts(a), parts(b)) {
        (Some((s1, h1, p1)), Some((s2, h2, p2))) => s1 == s2 && p1 == p2 && h1.eq_ignore_ascii_case(h2),
        _ => false,
    }
}

pub(crate) fn is_loopback(host: &str) -> bool {
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    bare.eq_ignore_ascii_case("localhost") || bare.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// A parsed endpoint: an origin and an optional path in front of every route, without a slash at its end.
///
/// ```
/// let base: hub_transport::BaseUrl = "https://hub.example.org/mirror/".parse()?;
/// assert_eq!(base.to_string(), "https://hub.example.org/mirror");
/// assert_eq!(base.join("/api/models?limit=2")?, "https://hub.example.org/mirror/api/models?limit=2");
/// # Ok::<(), hub_transport::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseUrl {
    origin: Origin,
    text: String,
}

impl BaseUrl {
    /// The origin that the token is bound to.
    #[must_use]
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The endpoint as text, without a slash at its end.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// True for [`DEFAULT_ENDPOINT`].
    #[must_use]
    pub fn is_default(&self) -> bool {
        self.text == DEFAULT_ENDPOINT
    }

    /// The same address at this endpoint, if `uri` is one of the public Hub and this is another: a mirror may pass on what the
    /// Hub says of the next page, or of where a content goes, unchanged. `None` for every other address, also for one with a
    /// user name. Path and query are taken as they are.
    #[must_use]
    pub fn mirrored(&self, uri: &Uri) -> Option<Uri> {
        let origin = Origin::of(uri)?;
        let is_public = origin.https && origin.port == 443 && PUBLIC.contains(&origin.host());
        let has_user = uri.authority()?.as_str().contains('@');
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        (is_public && !has_user && origin != self.origin).then(|| self.join(path).ok()).flatten()
    }

    /// `route`, a path with an optional query, under this endpoint. The path is taken as it is: already encoded.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Build`](crate::ErrorKind::Build) if the result is not a URI.
    pub fn join(&self, route: &str) -> Result<Uri, Error> {
        let slash = if route.starts_with('/') { "" } else { "/" };
        Uri::try_from(format!("{}{slash}{route}", self.text)).map_err(|source| {
            Error::build(format!(
                "{:?} is not a path of the Hub",
                route.chars().take(200).collect::<String>()
            ))
            .with_source(source)
        })
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for BaseUrl {
    type Err = Error;

    /// Reads an endpoint such as `https://huggingface.co` or `http://127.0.0.1:8080/hub`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Build`](crate::ErrorKind::Build) for another scheme than `http` and `https`, a missing host, a user
    /// or password, a query or a fragment.
    fn from_str(text: &str) -> Result<Self, Error> {
        // The text itself is not repeated where it may hold a password.
        let wrong = |why: &str| {
            Error::build(format!("the endpoint is not usable: {why}"))
                .with_hint(format!("write it like {DEFAULT_ENDPOINT} or http://127.0.0.1:8080"))
        };
        let url = Url::parse(text.trim()).map_err(|error| wrong(&error.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(wrong(&format!("the scheme {:?} is neither http nor https", url.scheme())));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(wrong("it holds a user name or a password; give a token instead"));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(wrong("it holds a query or a fragment"));
        }
        let text = url.as_str().trim_end_matches('/').to_owned();
        let uri = Uri::try_from(text.as_str()).map_err(|error| wrong(&error.to_string()))?;
        let origin = Origin::of(&uri).ok_or_else(|| wrong("it has no host"))?;
        Ok(Self { origin, text })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_are_normalised() {
        let cases = [
            ("https://huggingface.co", "https://huggingface.co", "https://huggingface.co"),
            ("https://HuggingFace.co:443/", "https://huggingface.co", "https://huggingface.co"),
            (" http://127.0.0.1:8080/hub// ", "http://127.0.0.1:8080/hub", "http://127.0.0.1:8080"),
            ("http://[::1]:9000", "http://[::1]:9000", "http://[::1]:9000"),
        ];
        for (text, whole, origin) in cases {
            let base: BaseUrl = text.parse().unwrap();
            assert_eq!((base.as_str(), base.origin().to_string().as_str()), (whole, origin), "{text}");
        }
    }

    #[test]
    fn endpoints_with_secrets_queries_or_other_schemes_are_refused_without_repeating_them() {
        for text in
            ["https://u:hunter2@h/", "ftp://h", "h", "https://h?hunter2", "https://h#hunter2", "", "local:x"]
        {
            let error = text.parse::<BaseUrl>().unwrap_err();
            assert!(!format!("{error}{error:?}").contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        let origin = Origin::of(&Uri::from_static("https://hub.example")).unwrap();
        let cases = [
            ("https://hub.example/x", true),
            ("https://HUB.example:443/x", true),
            ("http://hub.example/x", false),
            ("https://hub.example:8443/x", false),
            ("https://hub.example.evil/x", false),
            ("https://hub.example./x", false),
            ("https://hub.example@evil/x", false),
            ("https://hub.example:99999x/x", false),
            ("https://hub.example:/x", true),
            ("/x", false),
        ];
        for (uri, expected) in cases {
            assert_eq!(origin.covers(&uri.parse().unwrap()), expected, "{uri}");
        }
    }

    #[test]
    fn what_a_mirror_says_of_the_public_hub_means_the_mirror_by_origin_and_not_by_text() {
        let mirror: BaseUrl = "https://hub.example/m".parse().unwrap();
        let at = |base: &BaseUrl, uri: &str| base.mirrored(&uri.parse().unwrap()).map(|uri| uri.to_string());
        for (uri, expected) in [
            ("https://huggingface.co/a/b?x=%2F&y", Some("https://hub.example/m/a/b?x=%2F&y")),
            ("https://HuggingFace.co:443/a", Some("https://hub.example/m/a")),
            ("https://huggingface.co", Some("https://hub.example/m/")),
            ("https://hub-ci.huggingface.co/a", Some("https://hub.example/m/a")),
            ("https://huggingface.co.evil.example/a", None),
            ("https://huggingface.co@evil.example/a", None),
            ("https://ada@huggingface.co/a", None),
            ("https://huggingface.co:8443/a", None),
            ("http://huggingface.co/a", None),
            ("https://evil.example/https://huggingface.co/a", None),
            ("https://cdn-lfs.huggingface.co/a", None),
            ("/a", None),
        ] {
            assert_eq!(at(&mirror, uri).as_deref(), expected, "{uri}");
        }
        let public: BaseUrl = DEFAULT_ENDPOINT.parse().unwrap();
        assert_eq!(at(&public, "https://huggingface.co/a"), None);
    }

    #[test]
    fn loopback_is_recognised_by_value() {
        for (host, expected) in [
            ("localhost", true),
            ("127.9.9.9", true),
            ("[::1]", true),
            ("127.0.0.1.evil", false),
            ("10.0.0.1", false),
        ] {
            assert_eq!(is_loopback(host), expected, "{host}");
        }
    }
}
