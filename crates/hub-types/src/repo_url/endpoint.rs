//! The endpoint that URLs are compared with.

use url::Url;

use crate::ParseError;

/// Hosts that name the same repositories as the endpoint does: links are pasted from all of them.
const KNOWN_HOSTS: [&str; 3] = ["huggingface.co", "hf.co", "hub-ci.huggingface.co"];

/// The endpoint in parts, to compare URLs with it.
pub(super) struct Endpoint {
    pub(super) text: String,
    host: (String, Option<u16>),
    prefix: String,
}

/// The Hub that a URL is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hub {
    /// That of the endpoint.
    Own,
    /// The public one, where the endpoint is another.
    Public,
}

impl Endpoint {
    pub(super) fn parse(text: &str) -> Result<Self, ParseError> {
        let fail = |reason: &str| ParseError::new("endpoint", printable(text), reason);
        let url = Url::parse(text).map_err(|error| fail(&error.to_string()))?;
        let host = match url.host_str() {
            Some(host) if matches!(url.scheme(), "http" | "https") => host.to_owned(),
            _ => return Err(fail("it must start with http:// or https:// and name a host")),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(fail("it must not hold a user name or password"));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(fail("it must not have a query or fragment"));
        }
        let prefix = url.path().trim_end_matches('/').to_owned();
        Ok(Self { text: url.as_str().trim_end_matches('/').to_owned(), host: (host, url.port()), prefix })
    }

    /// What stands behind the host of a URL (given without `scheme://`) and behind the endpoint's own path, and the Hub that it
    /// is of.
    pub(super) fn path_of<'a>(&self, scheme: &str, url: &'a str) -> Result<(&'a str, Hub), String> {
        let end = url.find(['/', '?', '#', '\\']).unwrap_or(url.len());
        let (authority, path) = url.split_at(end);
        if authority.contains('@') {
            return Err("it must not hold a user name or password".into());
        }
        let host = Url::parse(&format!("{scheme}://{authority}"))
            .ok()
            .and_then(|url| Some((url.host_str()?.to_owned(), url.port())))
            .ok_or_else(|| format!("{authority:?} is not a host"))?;
        if host == self.host {
            return match path.strip_prefix(&self.prefix) {
                Some(rest) if rest.is_empty() || rest.starts_with(['/', '?', '#']) => Ok((rest, Hub::Own)),
                _ => Err(format!("it is not below the endpoint {}", self.text)),
            };
        }
        match (is_public(&host), is_public(&self.host)) {
            (true, true) => Ok((path, Hub::Own)),
            (true, false) => Ok((path, Hub::Public)),
            (false, _) => Err(format!("it is on another host than the endpoint {}", self.text)),
        }
    }
}

/// Whether a host with its port is one of the public Hub.
fn is_public((host, port): &(String, Option<u16>)) -> bool {
    port.is_none() && KNOWN_HOSTS.contains(&host.as_str())
}

/// The text as an error may show it: no password and no query, which may hold a signature.
pub(super) fn printable(text: &str) -> String {
    let shown = text.split(['?', '#']).next().unwrap_or_default();
    let (scheme, rest) = shown.split_once("://").map_or(("", shown), |(scheme, rest)| (scheme, rest));
    if scheme.is_empty() || scheme.eq_ignore_ascii_case("hf") {
        return shown.to_owned();
    }
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    format!("{scheme}://{host}{path}")
}
