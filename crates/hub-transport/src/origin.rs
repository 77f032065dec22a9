//! [`Origin`], which decides where a token may go.

use std::fmt;
use std::net::IpAddr;

use http::Uri;

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

pub(crate) fn parts(uri: &Uri) -> Option<(bool, &str, u16)> {
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

#[cfg(test)]
mod tests {
    use super::*;

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
