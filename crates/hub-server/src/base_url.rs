//! Where a caller reaches the hub: the beginning of all addresses in responses.

use std::net::SocketAddr;

use http::{header::HOST, request::Parts};

/// The address that a server listens on and what it speaks there, as an extension of its requests.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ListenAddress {
    pub(crate) address: SocketAddr,
    /// `http` or `https`.
    pub(crate) scheme: &'static str,
}

/// Where the caller reaches the hub: the configured URL, else what the request says. A listening server believes a
/// `Host` header only when it names the machine itself; forwarding headers are never believed.
pub(crate) fn base_url(parts: &Parts, public_url: Option<&str>) -> String {
    if let Some(url) = public_url {
        return url.to_owned();
    }
    let listen = parts.extensions.get::<ListenAddress>();
    if let (Some(authority), None) = (parts.uri.authority(), listen) {
        let scheme = parts.uri.scheme_str().unwrap_or("http");
        return format!("{scheme}://{authority}");
    }
    let scheme = listen.map_or("http", |listen| listen.scheme);
    match (requested_host(parts).filter(|host| is_loopback_authority(host)), listen) {
        (Some(host), _) => format!("{scheme}://{host}"),
        (None, Some(listen)) => format!("{scheme}://{}", listen.address),
        (None, None) => "http://localhost".to_owned(),
    }
}

/// The authority that a request was made to.
pub(crate) fn requested_host(parts: &Parts) -> Option<&str> {
    match parts.uri.authority() {
        Some(authority) => Some(authority.as_str()),
        None => parts.headers.get(HOST)?.to_str().ok(),
    }
}

/// Whether `host[:port]` names the machine itself.
pub(crate) fn is_loopback_authority(authority: &str) -> bool {
    let Ok(authority) = authority.parse::<http::uri::Authority>() else { return false };
    let host = authority.host();
    let address = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
    match address.parse::<std::net::IpAddr>() {
        Ok(address) => address.is_loopback(),
        Err(_) => host.eq_ignore_ascii_case("localhost") || host.to_ascii_lowercase().ends_with(".localhost"),
    }
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    fn parts(uri: &str, host: Option<&str>, listen: Option<&str>) -> Parts {
        let mut request = Request::builder().uri(uri);
        if let Some(host) = host {
            request = request.header(HOST, host);
        }
        if let Some(address) = listen {
            request = request.extension(ListenAddress { address: address.parse().unwrap(), scheme: "http" });
        }
        request.body(()).unwrap().into_parts().0
    }

    #[test]
    fn addresses_in_responses_come_from_the_configuration_or_the_machine_itself() {
        let public = Some("https://hub.example");
        let local = Some("127.0.0.1:80");
        let open = Some("192.0.2.1:80");
        let cases = [
            (parts("/x", Some("evil.example"), open), public, "https://hub.example"),
            (parts("/x", Some("localhost:80"), local), None, "http://localhost:80"),
            (parts("/x", Some("evil.example"), open), None, "http://192.0.2.1:80"),
            (parts("http://evil.example/x", None, open), None, "http://192.0.2.1:80"),
            (parts("http://hub.internal:1/x", None, None), None, "http://hub.internal:1"),
            (parts("/x", None, None), None, "http://localhost"),
        ];
        for (parts, public, expected) in cases {
            assert_eq!(base_url(&parts, public), expected, "{parts:?}");
        }
    }

    #[test]
    fn only_the_machine_itself_is_loopback() {
        for host in ["localhost", "LOCALHOST:80", "a.localhost", "127.0.0.1", "127.9.9.9:1", "[::1]:80"] {
            assert!(is_loopback_authority(host), "{host}");
        }
        for host in
            ["", "evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "0.0.0.0", "[::2]"]
        {
            assert!(!is_loopback_authority(host), "{host}");
        }
    }
}
